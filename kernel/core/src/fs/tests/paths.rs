//! One line for every way in which a call on a path can fail.

use super::*;
use Errno::*;

/// A directory with a file in it, an empty directory, a file.
fn sample() -> Vfs {
    let vfs = tree();
    vfs.mkdir_at("/dir").unwrap();
    vfs.put("/dir/inner", b"inner").unwrap();
    vfs.mkdir_at("/empty").unwrap();
    vfs.put("/file", b"data").unwrap();
    vfs
}

#[test]
fn open() {
    let long = String::from("/") + &"n".repeat(256);
    let deep = "/dir/..".repeat(600);
    let cases: &[(&str, OpenFlags, Option<Errno>)] = &[
        ("/file", READ, None),
        ("//dir///inner", READ, None),
        ("/dir/./../file", READ, None),
        ("/../../file", READ, None), // above the root is the root
        ("/dir", READ, None),
        ("/dir/", READ | DIRECTORY, None),
        ("/", READ | DIRECTORY, None),
        ("/dir/.", READ, None),
        ("/dir/..", READ, None),
        ("", READ, Some(ENOENT)),
        ("file", READ, Some(EINVAL)),
        ("/no", READ, Some(ENOENT)),
        ("/no/file", READ | WRITE | CREATE, Some(ENOENT)),
        ("/no/../file", READ, Some(ENOENT)), // every component has to be there
        ("/file/x", READ, Some(ENOTDIR)),
        ("/file/../file", READ, Some(ENOTDIR)),
        ("/file/.", READ, Some(ENOTDIR)),
        ("/file/..", READ, Some(ENOTDIR)),
        ("/file/", READ, Some(ENOTDIR)),
        ("/file/", WRITE | CREATE, Some(ENOTDIR)),
        ("/file", READ | DIRECTORY, Some(ENOTDIR)),
        ("/new/", WRITE | CREATE, Some(EISDIR)),
        ("/dir", WRITE, Some(EISDIR)),
        ("/dir", READ | CREATE, Some(EISDIR)),
        ("/", WRITE | CREATE, Some(EISDIR)),
        ("/dir/..", WRITE, Some(EISDIR)),
        ("/file", WRITE | CREATE | EXCL, Some(EEXIST)),
        ("/dir", WRITE | CREATE | EXCL, Some(EEXIST)),
        ("/", READ | CREATE | EXCL, Some(EEXIST)),
        ("/file", READ | TRUNC, Some(EINVAL)),
        ("/new", WRITE | CREATE | DIRECTORY, Some(EINVAL)),
        (&long, WRITE | CREATE, Some(ENAMETOOLONG)),
        (&long[..256], READ, Some(ENOENT)), // 255 bytes are a name
        (&deep, READ, Some(ENAMETOOLONG)),
        (&deep[..3500], READ, None),
    ];
    for (path, flags, error) in cases {
        let vfs = sample();
        assert_eq!(vfs.open_at(path, *flags).err(), *error, "{path:.40} {flags:?}");
    }
}

#[test]
fn mkdir_unlink_rmdir() {
    type Call = fn(&Vfs, &str) -> Result<()>;
    let (mkdir, unlink, rmdir): (Call, Call, Call) = (Vfs::mkdir_at, Vfs::unlink_at, Vfs::rmdir_at);
    let cases: &[(&str, Call, &str, Option<Errno>)] = &[
        ("mkdir", mkdir, "/new", None),
        ("mkdir", mkdir, "/new//", None),
        ("mkdir", mkdir, "/dir", Some(EEXIST)),
        ("mkdir", mkdir, "/file", Some(EEXIST)),
        ("mkdir", mkdir, "/", Some(EEXIST)),
        ("mkdir", mkdir, "/dir/.", Some(EEXIST)),
        ("mkdir", mkdir, "/no/new", Some(ENOENT)),
        ("mkdir", mkdir, "/file/new", Some(ENOTDIR)),
        ("unlink", unlink, "/file", None),
        ("unlink", unlink, "/no", Some(ENOENT)),
        ("unlink", unlink, "/file/", Some(ENOTDIR)),
        ("unlink", unlink, "/file/x", Some(ENOTDIR)),
        ("unlink", unlink, "/empty", Some(EISDIR)),
        ("unlink", unlink, "/", Some(EISDIR)),
        ("unlink", unlink, "/dir/.", Some(EISDIR)),
        ("unlink", unlink, "/no/..", Some(ENOENT)),
        ("rmdir", rmdir, "/empty", None),
        ("rmdir", rmdir, "/empty/", None),
        ("rmdir", rmdir, "/dir", Some(ENOTEMPTY)),
        ("rmdir", rmdir, "/file", Some(ENOTDIR)),
        ("rmdir", rmdir, "/no", Some(ENOENT)),
        ("rmdir", rmdir, "/", Some(EBUSY)),
        ("rmdir", rmdir, "/empty/.", Some(EINVAL)),
        ("rmdir", rmdir, "/empty/..", Some(ENOTEMPTY)),
    ];
    for (what, call, path, error) in cases {
        assert_eq!(call(&sample(), path).err(), *error, "{what} {path}");
    }
}

#[test]
fn rename() {
    let cases: &[(&str, &str, Option<Errno>)] = &[
        ("/file", "/new", None),
        ("/file", "/dir/inner", None),
        ("/file", "/file", None),
        ("/dir", "/empty", None),
        ("/dir/", "/new/", None),
        ("/dir", "/dir", None),
        ("/empty", "/dir/empty", None),
        ("/no", "/new", Some(ENOENT)),
        ("/file", "/no/new", Some(ENOENT)),
        ("/file", "/file/new", Some(ENOTDIR)),
        ("/file/", "/new", Some(ENOTDIR)),
        ("/file", "/new/", Some(ENOTDIR)),
        ("/dir", "/file", Some(ENOTDIR)),
        ("/file", "/empty", Some(EISDIR)),
        ("/empty", "/dir", Some(ENOTEMPTY)),
        ("/dir/inner", "/dir", Some(EISDIR)),
        ("/dir", "/dir/sub", Some(EINVAL)),
        ("/dir", "/dir/inner", Some(EINVAL)),
        ("/", "/new", Some(EBUSY)),
        ("/dir", "/", Some(EBUSY)),
        ("/dir/.", "/new", Some(EINVAL)),
        ("/dir", "/empty/..", Some(EINVAL)),
    ];
    for (from, to, error) in cases {
        assert_eq!(sample().rename_at(from, to).err(), *error, "{from} -> {to}");
    }
}

#[test]
fn a_directory_onto_the_one_that_it_is_in() {
    let vfs = tree();
    for path in ["/a", "/a/b", "/a/b/c"] {
        vfs.mkdir_at(path).unwrap();
    }
    assert_eq!(vfs.rename_at("/a/b", "/a"), Err(ENOTEMPTY), "its lock is held already");
    assert_eq!(vfs.rename_at("/a/b/c", "/a"), Err(ENOTEMPTY));
    assert_eq!(vfs.rename_at("/a", "/a/b/c/d"), Err(EINVAL));
    vfs.rename_at("/a/b/c", "/top").unwrap();
    vfs.rename_at("/a", "/top/a").unwrap();
    assert_eq!(vfs.rename_at("/top", "/top/a/b/top"), Err(EINVAL), "parents follow a rename");
}

#[test]
fn access_modes() {
    let vfs = sample();
    let mut buf = [0; 4];
    let reader = vfs.open_at("/file", READ).unwrap();
    assert_eq!(write(&*reader, b"x"), Err(EBADF));
    let writer = vfs.open_at("/file", WRITE).unwrap();
    assert_eq!(read(&*writer, &mut buf), Err(EBADF));
    let dir = vfs.open_at("/dir", READ).unwrap();
    assert_eq!(read(&*dir, &mut buf), Err(EISDIR));
    assert_eq!(write(&*dir, b"x"), Err(EBADF));
    assert_eq!(dir.metadata().unwrap().kind, pollux_shell::env::FileType::Directory);
}

#[test]
fn times_are_set() {
    let vfs = sample();
    let time = Duration::from_millis(1_234_567);
    for path in ["/file", "/dir/"] {
        now(vfs.change(name(path), &Changes::times(time, time), true)).unwrap();
        assert_eq!(now(vfs.stat(name(path))).unwrap().modified, time);
    }
    assert_eq!(now(vfs.change(name("/no"), &Changes::times(time, time), true)), Err(ENOENT));
    assert_eq!(now(vfs.change(name("/file/"), &Changes::times(time, time), true)), Err(ENOTDIR));
}
