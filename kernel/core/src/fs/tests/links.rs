//! Links of both kinds, and what walks remember of them.

use super::*;
use Errno::*;
use pollux_shell::env::FileType;

fn sample() -> Vfs {
    let vfs = tree();
    vfs.mkdir_at("/dir").unwrap();
    vfs.put("/dir/file", b"data").unwrap();
    vfs.symlink_at("file", "/dir/relative").unwrap();
    vfs.symlink_at("/dir/file", "/absolute").unwrap();
    vfs.symlink_at("dir", "/way").unwrap();
    vfs.symlink_at("nowhere", "/dangling").unwrap();
    vfs.symlink_at("loop2", "/loop1").unwrap();
    vfs.symlink_at("loop1", "/loop2").unwrap();
    vfs.symlink_at("dir/..//dir/", "/odd").unwrap();
    vfs
}

#[test]
fn paths_lead_through_links() {
    let vfs = sample();
    for path in [
        "/dir/relative",
        "/absolute",
        "/way/file",
        "/way/relative",
        "/way/../absolute",
        "/odd/file",
        "/odd/../way/./relative",
    ] {
        assert_eq!(vfs.get(path).unwrap(), b"data", "{path}");
        assert_eq!(vfs.get(path).unwrap(), b"data", "{path}, remembered");
    }
    let stat = |path: &str| vfs.stat_at(path).map(|found| found.kind);
    let lstat = |path: &str| vfs.lstat_at(path).map(|found| found.kind);
    assert_eq!((stat("/way"), lstat("/way")), (Ok(FileType::Directory), Ok(FileType::Symlink)));
    assert_eq!(lstat("/way/"), Ok(FileType::Directory), "a slash asks for what it leads to");
    assert_eq!(stat("/odd"), Ok(FileType::Directory));
    assert_eq!((stat("/dangling"), lstat("/dangling")), (Err(ENOENT), Ok(FileType::Symlink)));
    assert_eq!(
        (stat("/loop1"), stat("/loop1/x"), lstat("/loop1")),
        (Err(ELOOP), Err(ELOOP), Ok(FileType::Symlink))
    );
    assert_eq!(stat("/absolute/"), Err(ENOTDIR));
    assert_eq!(vfs.lstat_at("/absolute").unwrap().size, 9);
    assert_eq!(now(vfs.read_link(name("/odd"))).unwrap(), "dir/..//dir/");
    assert_eq!(now(vfs.read_link(name("/dir"))), Err(EINVAL));
    assert_eq!(vfs.names("/way").unwrap(), ["file", "relative"]);
}

#[test]
fn forty_links_and_no_more() {
    let vfs = tree();
    vfs.put("/0", b"end").unwrap();
    for n in 0..41 {
        vfs.symlink_at(&std::format!("{n}"), &std::format!("/{}", n + 1)).unwrap();
    }
    assert_eq!(vfs.get("/40").unwrap(), b"end");
    assert_eq!(vfs.get("/41"), Err(ELOOP));
}

#[test]
fn what_opens_and_makes_through_links() {
    let vfs = sample();
    assert_eq!(vfs.open_at("/absolute", READ | OpenFlags::NOFOLLOW).err(), Some(ELOOP));
    assert!(vfs.open_at("/way/file", READ | OpenFlags::NOFOLLOW).is_ok(), "only the last component counts");
    assert_eq!(vfs.open_at("/dangling", WRITE | CREATE | EXCL).err(), Some(EEXIST));
    vfs.put("/dangling", b"made").unwrap();
    assert_eq!(vfs.get("/nowhere").unwrap(), b"made");
    assert_eq!(vfs.mkdir_at("/loop1"), Err(EEXIST));
    assert_eq!(vfs.mkdir_at("/way/new"), Ok(()));
    assert_eq!(vfs.names("/dir").unwrap(), ["file", "new", "relative"]);
    for (target, path, error) in [
        ("", "/new", ENOENT),
        ("a\0b", "/new", EINVAL),
        ("x", "/way", EEXIST),
        ("x", "/new/", ENOENT),
        ("x", "/no/new", ENOENT),
        (&"x".repeat(4096), "/new", ENAMETOOLONG),
    ] {
        assert_eq!(vfs.symlink_at(target, path), Err(error), "{path}");
    }
}

#[test]
fn names_are_removed_and_moved_not_what_they_lead_to() {
    let vfs = sample();
    assert_eq!(vfs.rmdir_at("/way"), Err(ENOTDIR));
    assert_eq!(vfs.unlink_at("/way/"), Err(ENOTDIR));
    vfs.rename_at("/way", "/path").unwrap();
    assert_eq!(vfs.get("/path/file").unwrap(), b"data");
    vfs.rename_at("/path", "/absolute").unwrap();
    assert_eq!(vfs.get("/absolute/file").unwrap(), b"data", "a link took the place of another");
    vfs.unlink_at("/absolute").unwrap();
    assert_eq!(vfs.get("/dir/file").unwrap(), b"data");
    assert_eq!(vfs.rename_at("/dir", "/odd"), Err(ENOTDIR));
    assert_eq!(vfs.rename_at("/odd", "/dir"), Err(EISDIR));
}

#[test]
fn a_file_with_two_names() {
    let vfs = sample();
    vfs.link_at("/dir/file", "/second").unwrap();
    assert!(vfs.stat_at("/second").unwrap().is_same_file(&vfs.stat_at("/dir/file").unwrap()));
    assert_eq!(vfs.stat_at("/second").unwrap().links, 2);
    vfs.put("/second", b"other").unwrap();
    assert_eq!(vfs.get("/dir/file").unwrap(), b"other");
    assert_eq!(vfs.rename_at("/second", "/dir/file"), Ok(()), "nothing is done");
    assert_eq!(vfs.stat_at("/second").unwrap().links, 2);
    vfs.unlink_at("/dir/file").unwrap();
    assert_eq!(
        (vfs.get("/second").unwrap().as_slice(), vfs.stat_at("/second").unwrap().links),
        (&b"other"[..], 1)
    );
    vfs.link_at("/dangling", "/too").unwrap();
    assert_eq!(vfs.lstat_at("/too").unwrap().links, 2, "a link of a link is not followed");
    for (from, to, error) in [
        ("/dir", "/new", EPERM),
        ("/second", "/dir", EEXIST),
        ("/second", "/second", EEXIST),
        ("/no", "/new", ENOENT),
        ("/second", "/new/", ENOENT),
        ("/second/", "/new", ENOTDIR),
    ] {
        assert_eq!(vfs.link_at(from, to), Err(error), "{from} {to}");
    }
}

#[test]
fn what_walks_remember_is_true_after_changes() {
    let vfs = sample();
    vfs.mkdir_at("/dir/sub").unwrap();
    vfs.put("/dir/sub/x", b"old").unwrap();
    assert_eq!(vfs.get("/dir/sub/x").unwrap(), b"old");
    vfs.rename_at("/dir/sub", "/dir/away").unwrap();
    assert_eq!(vfs.get("/dir/sub/x"), Err(ENOENT));
    vfs.mkdir_at("/dir/sub").unwrap();
    vfs.put("/dir/sub/x", b"new").unwrap();
    assert_eq!(vfs.get("/dir/sub/x").unwrap(), b"new");
    // A link on the way that leads elsewhere.
    assert_eq!(vfs.get("/way/sub/x").unwrap(), b"new");
    vfs.mkdir_at("/other").unwrap();
    vfs.unlink_at("/way").unwrap();
    assert_eq!(vfs.get("/way/sub/x"), Err(ENOENT));
    vfs.symlink_at("other", "/way").unwrap();
    assert_eq!(vfs.get("/way/sub/x"), Err(ENOENT));
    vfs.rename_at("/dir/sub", "/way/sub").unwrap();
    assert_eq!(vfs.get("/way/sub/x").unwrap(), b"new");
    // Something mounted on the way.
    let fs = root(|| 1 << 20, || Duration::ZERO).unwrap();
    assert_eq!(vfs.get("/other/sub/x").unwrap(), b"new");
    now(vfs.mount(name("/other"), NewMount::new("tmpfs", fs))).unwrap();
    assert_eq!(vfs.get("/other/sub/x"), Err(ENOENT));
    now(vfs.unmount(name("/other"))).unwrap();
    assert_eq!(vfs.get("/other/sub/x").unwrap(), b"new");
}

#[test]
fn a_directory_that_is_gone_is_gone_for_walks_too() {
    let vfs = sample();
    vfs.mkdir_at("/dir/sub").unwrap();
    assert_eq!(vfs.stat_at("/dir/sub/x").err(), Some(ENOENT));
    vfs.rmdir_at("/dir/sub").unwrap();
    assert_eq!(vfs.put("/dir/sub/x", b""), Err(ENOENT));
    assert_eq!(vfs.stat_at("/dir/sub/.").err(), Some(ENOENT));
    assert_eq!(vfs.stat_at("/dir/sub/..").err(), Some(ENOENT));
}

#[test]
fn permissions_owners_and_times_are_kept() {
    let vfs = sample();
    let changes = Changes { mode: Some(0o4751), uid: Some(7), gid: Some(8), ..Changes::default() };
    now(vfs.change(name("/absolute"), &changes, true)).unwrap();
    let stat = vfs.stat_at("/dir/file").unwrap();
    assert_eq!((stat.mode, stat.uid, stat.gid), (0o4751, 7, 8));
    let times = Changes::times(Duration::from_secs(1), Duration::from_secs(2));
    now(vfs.change(name("/absolute"), &times, false)).unwrap();
    let link = vfs.lstat_at("/absolute").unwrap();
    assert_eq!((link.accessed.as_secs(), link.modified.as_secs(), link.changed.as_secs()), (1, 2, 100));
    assert_eq!(vfs.stat_at("/dir/file").unwrap().modified.as_secs(), 100);
    assert_eq!(now(vfs.change(name("/absolute"), &Changes::mode(0), false)), Err(EOPNOTSUPP));
    now(vfs.mkdir(name("/private"), 0o700)).unwrap();
    assert_eq!(vfs.stat_at("/private").unwrap().mode, 0o700);
    drop(now(vfs.open(name("/private/f"), WRITE | CREATE, 0o600)).unwrap());
    assert_eq!(vfs.stat_at("/private/f").unwrap().mode, 0o600);
}
