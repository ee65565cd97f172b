//! `/dev`.

use super::*;
use crate::fs::dev::DevFs;
use pollux_shell::env::FileType;

fn devices() -> (Vfs, Arc<DevFs>, Arc<Fake>) {
    let machine = Arc::new(Fake::default());
    let dev = DevFs::new(machine.clone());
    let vfs = tree();
    now(vfs.mount(name("/dev"), NewMount::new("devfs", dev.clone()))).unwrap();
    (vfs, dev, machine)
}

#[test]
fn endless_devices() {
    let (vfs, ..) = devices();
    let mut buf = vec![1; 100_000];
    let open = |path| vfs.open_at(path, READ | WRITE).unwrap();
    assert_eq!(read(&*open("/dev/null"), &mut buf), Ok(0));
    assert_eq!(write(&*open("/dev/null"), &buf), Ok(100_000));
    assert_eq!(read(&*open("/dev/zero"), &mut buf), Ok(100_000), "the whole buffer at once");
    assert!(buf.iter().all(|&byte| byte == 0));
    assert_eq!(write(&*open("/dev/full"), b"x"), Err(Errno::ENOSPC));
    assert_eq!(read(&*open("/dev/full"), &mut buf[..5]), Ok(5));
    for path in ["/dev/random", "/dev/urandom"] {
        let count = read(&*open(path), &mut buf).unwrap();
        assert!(count > 0 && buf[..count].iter().all(|&byte| byte == 0x5a), "{path}");
    }
    let reader = vfs.open_at("/dev/null", READ).unwrap();
    assert_eq!(write(&*reader, b"x"), Err(Errno::EBADF));
    let writer = vfs.open_at("/dev/zero", WRITE | CREATE | TRUNC).unwrap();
    assert_eq!(read(&*writer, &mut buf), Err(Errno::EBADF));
}

#[test]
fn the_log_does_not_move_under_a_reader() {
    let (vfs, _, machine) = devices();
    *machine.log.lock() = "first\nsecond\n".into();
    let open = vfs.open_at("/dev/kmsg", READ).unwrap();
    let mut buf = [0; 6];
    assert_eq!(read(&*open, &mut buf), Ok(6));
    *machine.log.lock() = "second\nthird\n".into(); // the oldest line had to go
    assert_eq!(read_all(&*open).unwrap(), b"second\n");
    assert_eq!(vfs.get("/dev/kmsg").unwrap(), b"second\nthird\n");
}

#[test]
fn registered_devices() {
    let (vfs, dev, machine) = devices();
    let other = DevFs::new(machine);
    let tty: crate::fs::dev::Factory =
        Arc::new(move || now(Vfs::new("d", other.clone()).open(name("/zero"), READ, 0)));
    dev.register(name("tty"), tty.clone()).unwrap();
    dev.register(name("gone"), Arc::new(|| Err(Errno::ENXIO))).unwrap();
    assert_eq!(read(&*vfs.open_at("/dev/tty", READ).unwrap(), &mut [1; 3]), Ok(3));
    assert_eq!(vfs.open_at("/dev/gone", READ).err(), Some(Errno::ENXIO));
    dev.register(name("gone"), tty.clone()).unwrap();
    assert!(vfs.open_at("/dev/gone", READ).is_ok());
    for bad in ["", ".", "..", "pts/0", &"n".repeat(256)] {
        assert_eq!(dev.register(name(bad), tty.clone()), Err(Errno::EINVAL), "{bad}");
    }
    let mut inodes: Vec<_> =
        now(vfs.read_dir(name("/dev"))).unwrap().iter().map(|e| e.metadata.inode).collect();
    inodes.sort();
    inodes.dedup();
    assert_eq!(inodes.len(), 8, "numbers are unique");
    let stat = now(vfs.stat(name("/dev/tty"))).unwrap();
    assert_eq!((stat.kind, stat.mode), (FileType::CharDevice, 0o666));
}

#[test]
fn names_are_fixed() {
    let (vfs, ..) = devices();
    assert_eq!(vfs.put("/dev/new", b"x"), Err(Errno::EROFS));
    assert_eq!(vfs.mkdir_at("/dev/new"), Err(Errno::EROFS));
    assert_eq!(vfs.mkdir_at("/dev/null"), Err(Errno::EEXIST));
    assert_eq!(vfs.unlink_at("/dev/null"), Err(Errno::EROFS));
    assert_eq!(vfs.unlink_at("/dev/no"), Err(Errno::ENOENT));
    assert_eq!(vfs.rmdir_at("/dev/null"), Err(Errno::ENOTDIR));
    assert_eq!(vfs.rename_at("/dev/null", "/dev/void"), Err(Errno::EROFS));
    assert_eq!(vfs.open_at("/dev/null/x", READ).err(), Some(Errno::ENOTDIR));
}
