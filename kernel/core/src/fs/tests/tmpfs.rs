//! Data in files of a tmpfs, and what it does when it is full.

use super::*;
use core::sync::atomic::{AtomicU64, Ordering};
use pollux_shell::env::SeekFrom;

#[test]
fn data_stays_until_the_last_description_is_closed() {
    let vfs = tree_of(8 * 4096);
    let text = [7; 5 * 4096];
    vfs.put("/file", &text).unwrap();
    let open = vfs.open_at("/file", READ | WRITE).unwrap();
    vfs.unlink_at("/file").unwrap();
    assert_eq!(vfs.get("/file"), Err(Errno::ENOENT));
    assert_eq!(open.metadata().unwrap().links, 0);
    assert_eq!(read_all(&*open).unwrap(), text);
    assert_eq!(vfs.put("/other", &text), Err(Errno::ENOSPC), "the data is still there");
    drop(open);
    vfs.put("/other", &text).unwrap();
}

#[test]
fn a_file_that_is_replaced_by_rename_stays_open() {
    let vfs = tree();
    vfs.put("/old", b"old").unwrap();
    vfs.put("/new", b"new").unwrap();
    let open = vfs.open_at("/old", READ).unwrap();
    vfs.rename_at("/new", "/old").unwrap();
    assert_eq!(read_all(&*open).unwrap(), b"old");
    assert_eq!(open.metadata().unwrap().links, 0);
    assert_eq!(vfs.get("/old").unwrap(), b"new");
    assert_eq!(vfs.names("/").unwrap(), ["old"]);
}

#[test]
fn appending_writes_go_to_the_end_whatever_others_write() {
    let vfs = tree();
    let a = vfs.open_at("/log", WRITE | CREATE | APPEND).unwrap();
    let b = vfs.open_at("/log", READ | WRITE | APPEND).unwrap();
    for (file, text) in [(&a, b"one "), (&b, b"two "), (&a, b"3hr ")] {
        write_all(&**file, text).unwrap();
    }
    a.seek(SeekFrom::Start(0)).unwrap();
    write_all(&*a, b"four").unwrap();
    assert_eq!(a.seek(SeekFrom::Current(0)), Ok(16), "the offset follows the write");
    assert_eq!(vfs.get("/log").unwrap(), b"one two 3hr four");
}

#[test]
fn every_description_has_its_offset() {
    let vfs = tree();
    vfs.put("/file", b"0123456789").unwrap();
    let (a, b) = (vfs.open_at("/file", READ).unwrap(), vfs.open_at("/file", READ | WRITE).unwrap());
    let mut buf = [0; 4];
    assert_eq!(read(&*a, &mut buf), Ok(4));
    assert_eq!(b.seek(SeekFrom::End(-2)), Ok(8));
    write_all(&*b, b"xyz").unwrap();
    assert_eq!(read(&*a, &mut buf), Ok(4));
    assert_eq!(&buf, b"4567");
    assert_eq!(read(&*a, &mut buf), Ok(3));
    assert_eq!(&buf[..3], b"xyz");
    assert_eq!(read(&*a, &mut buf), Ok(0));
    assert_eq!(a.seek(SeekFrom::Start(100)), Ok(100));
    assert_eq!(read(&*a, &mut buf), Ok(0), "past the end is the end");
    assert_eq!(a.seek(SeekFrom::Current(-101)), Err(Errno::EINVAL));
    assert_eq!(a.seek(SeekFrom::Start(1 << 63)), Err(Errno::EINVAL));
    assert_eq!(a.seek(SeekFrom::Current(0)), Ok(100), "a seek that fails changes nothing");
}

#[test]
fn truncation_leaves_no_old_data_behind() {
    let vfs = tree();
    vfs.put("/file", &[9; 10_000]).unwrap();
    let open = vfs.open_at("/file", WRITE | TRUNC).unwrap();
    assert_eq!(open.metadata().unwrap().size, 0);
    open.seek(SeekFrom::Start(5000)).unwrap();
    write_all(&*open, b"x").unwrap();
    let data = vfs.get("/file").unwrap();
    assert_eq!(data.len(), 5001);
    assert!(data[..5000].iter().all(|&byte| byte == 0));
}

#[test]
fn a_full_file_system() {
    let vfs = tree_of(64 * 1024);
    let error = vfs.put("/big", &[1; 100_000]).unwrap_err();
    assert_eq!(error, Errno::ENOSPC);
    let kept = vfs.get("/big").unwrap();
    assert!(kept.len() > 56_000 && kept.iter().all(|&byte| byte == 1), "{}", kept.len());
    let full = (0..1000).find_map(|n| vfs.mkdir_at(&std::format!("/{n}")).err());
    assert_eq!(full, Some(Errno::ENOSPC), "empty directories take space too");
    vfs.unlink_at("/big").unwrap();
    vfs.put("/big", &kept).unwrap();
}

#[test]
fn the_limit_is_asked_anew_and_a_lower_one_lets_files_go() {
    let limit = Arc::new(AtomicU64::new(1 << 20));
    let asked = limit.clone();
    let fs = root(move || asked.load(Ordering::Relaxed), || Duration::ZERO).unwrap();
    let vfs = Vfs::new("tmpfs", fs);
    vfs.put("/a", &[1; 50_000]).unwrap();
    limit.store(10_000, Ordering::Relaxed);
    assert_eq!(vfs.put("/b", b"x"), Err(Errno::ENOSPC));
    vfs.open_at("/a", WRITE | TRUNC).unwrap();
    vfs.put("/b", b"x").unwrap();
}

#[test]
fn links_and_times() {
    let time = Arc::new(AtomicU64::new(0));
    let clock = time.clone();
    let fs = root(|| 1 << 20, move || Duration::from_secs(clock.load(Ordering::Relaxed))).unwrap();
    let vfs = Vfs::new("tmpfs", fs);
    let stat = |path: &str| now(vfs.stat(path.into())).unwrap();
    let at = |second| time.store(second, Ordering::Relaxed);
    at(1);
    vfs.mkdir_at("/dir").unwrap();
    vfs.mkdir_at("/dir/sub").unwrap();
    assert_eq!((stat("/").links, stat("/dir").links, stat("/dir/sub").links), (3, 3, 2));
    at(2);
    vfs.rename_at("/dir/sub", "/sub").unwrap();
    assert_eq!((stat("/").links, stat("/dir").links), (4, 2));
    assert_eq!(stat("/dir").modified.as_secs(), 2);
    at(3);
    vfs.rename_at("/sub", "/dir").unwrap();
    assert_eq!(stat("/").links, 3);
    vfs.put("/file", b"x").unwrap();
    at(4);
    let open = vfs.open_at("/file", WRITE).unwrap();
    assert_eq!(stat("/file").modified.as_secs(), 3, "opening is no change");
    write_all(&*open, b"y").unwrap();
    assert_eq!((stat("/file").modified.as_secs(), stat("/file").links), (4, 1));
}

#[test]
fn nothing_can_be_made_in_a_directory_that_is_gone() {
    use crate::fs::inode::NewNode;
    let root = root(|| 1 << 20, || Duration::ZERO).unwrap();
    let gone = now(root.create(name("gone"), NewNode::Directory, 0o755)).unwrap();
    let file = now(root.create(name("file"), NewNode::File, 0o644)).unwrap();
    now(root.rmdir(name("gone"))).unwrap();
    assert_eq!(now(gone.create(name("x"), NewNode::File, 0o644)).err(), Some(Errno::ENOENT));
    assert_eq!(now(root.rename(name("file"), &gone, name("x"))), Err(Errno::ENOENT));
    assert_eq!(now(root.lookup(name("file"))).unwrap().number(), file.number());
}

#[test]
fn threads_that_rename_and_remove_never_lock_each_other_out() {
    let vfs = tree_of(16 << 20);
    let paths = ["/a", "/b", "/a/b", "/b/a", "/a/b/a", "/b/a/b"];
    std::thread::scope(|scope| {
        for start in 0..4 {
            let vfs = &vfs;
            scope.spawn(move || {
                for step in 0..3000 {
                    let (from, to) = (paths[(step * 7 + start) % 6], paths[(step * 5 + start * 3) % 6]);
                    // Any of these may fail: the others are at it too. What counts is that all end.
                    let _ = vfs.mkdir_at(from);
                    let _ = vfs.rename_at(from, to);
                    let _ = vfs.rmdir_at(to);
                }
            });
        }
    });
    // The tree is whole: everything that can be found can be removed.
    for path in paths.iter().rev().chain(&paths) {
        let _ = vfs.rmdir_at(path);
    }
    for path in ["/a", "/b"] {
        let _ = vfs.rmdir_at(path);
    }
    let left = vfs.names("/").unwrap();
    let root = now(vfs.stat(name("/"))).unwrap();
    assert_eq!(root.links as usize, 2 + left.len(), "{left:?}");
}

#[test]
fn files_are_cut_and_extended() {
    let vfs = tree();
    vfs.put("/file", &[7; 10_000]).unwrap();
    let open = vfs.open_at("/file", READ | WRITE).unwrap();
    assert_eq!(open.metadata().unwrap().blocks, 24);
    open.set_len(5000).unwrap();
    open.set_len(1 << 20).unwrap();
    let stat = vfs.stat_at("/file").unwrap();
    assert_eq!((stat.size, stat.blocks), (1 << 20, 16), "the end is a hole");
    let data = vfs.get("/file").unwrap();
    assert!(data[..5000].iter().all(|&byte| byte == 7) && data[5000..].iter().all(|&byte| byte == 0));
    assert_eq!(open.set_len(u64::MAX), Err(Errno::EFBIG));
    assert_eq!(vfs.open_at("/file", READ).unwrap().set_len(0), Err(Errno::EINVAL));
}

#[test]
fn reading_is_noted_once_after_each_change() {
    let time = Arc::new(AtomicU64::new(0));
    let clock = time.clone();
    let fs = root(|| 1 << 20, move || Duration::from_secs(clock.fetch_add(1, Ordering::Relaxed))).unwrap();
    let vfs = Vfs::new("tmpfs", fs);
    vfs.put("/file", b"x").unwrap();
    let stat = || vfs.stat_at("/file").unwrap();
    vfs.get("/file").unwrap();
    let first = stat().accessed;
    assert!(first > stat().modified);
    vfs.get("/file").unwrap();
    assert_eq!(stat().accessed, first);
    let changed = stat().changed;
    vfs.link_at("/file", "/second").unwrap();
    assert!(stat().changed > changed);
    vfs.get("/file").unwrap();
    assert!(stat().accessed > first);
}

#[test]
fn a_list_of_names_is_of_one_moment() {
    let vfs = tree();
    for n in 0..100 {
        vfs.put(&std::format!("/{n}"), b"").unwrap();
    }
    let entries = now(vfs.read_dir(name("/"))).unwrap();
    for (n, entry) in entries.iter().enumerate() {
        vfs.unlink_at(&std::format!("/{}", entry.name)).unwrap();
        vfs.put(&std::format!("/new{n}"), b"").unwrap();
    }
    let mut names: Vec<_> = entries.iter().map(|entry| entry.name.clone()).collect();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), 100, "each once, whatever happened meanwhile");
    assert_eq!(vfs.names("/").unwrap().len(), 100);
}
