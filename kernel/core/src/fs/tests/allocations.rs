//! How often opening and reading allocate.

use super::*;
use allocation_counter::measure;

#[test]
fn opening_and_reading_a_file_again_allocates_nothing() {
    let vfs = tree();
    for path in ["/a", "/a/b", "/a/b/c"] {
        vfs.mkdir_at(path).unwrap();
    }
    vfs.put("/a/b/c/file", &[1; 10_000]).unwrap();
    let mut file = None;
    let opened = measure(|| file = vfs.open_at("/a/b/../b/c/file", READ | WRITE).ok());
    assert!(opened.count_total <= 5, "the description, its path, and what the walk remembers: {opened:?}");
    let file = file.unwrap();
    let mut buf = [0; 4096];
    let moved = measure(|| while read(&*file, &mut buf).unwrap() > 0 {});
    assert_eq!(moved.count_total, 0);
    // Closed, it is used again: whatever the file, and wherever it is.
    drop(file);
    vfs.put("/a/other", b"x").unwrap();
    let again = measure(|| {
        for path in ["/a/b/../b/c/file", "/a/other", "/a/b/../b/c/file"] {
            let file = vfs.open_at(path, READ).unwrap();
            assert!(read(&*file, &mut buf).unwrap() > 0);
        }
    });
    assert_eq!(again.count_total, 0, "{again:?}");
    let stat = measure(|| assert_eq!(now(vfs.stat(name("/a/b/c/file"))).unwrap().size, 10_000));
    assert_eq!(stat.count_total, 0);
}

#[test]
fn what_waits_to_be_used_again_keeps_no_data_that_has_no_name() {
    let vfs = tree_of(64 << 10);
    let data = [1; 40_000];
    for _ in 0..3 {
        vfs.put("/file", &data).unwrap();
        assert_eq!(vfs.get("/file").unwrap(), data);
        vfs.unlink_at("/file").unwrap();
        // Open while it loses its name, then closed.
        vfs.put("/file", &data).unwrap();
        let open = vfs.open_at("/file", READ).unwrap();
        vfs.unlink_at("/file").unwrap();
        drop(open);
        vfs.put("/new", &data).unwrap();
        vfs.put("/old", b"").unwrap();
        vfs.rename_at("/old", "/new").unwrap();
    }
    assert!(vfs.mounts()[0].space.unwrap().used < 4096, "{:?}", vfs.mounts());
}
