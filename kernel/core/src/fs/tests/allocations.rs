//! How often opening and reading allocate.

use super::*;
use allocation_counter::measure;

#[test]
fn opening_a_file_allocates_its_description_and_reading_it_nothing() {
    let vfs = tree();
    for path in ["/a", "/a/b", "/a/b/c"] {
        vfs.mkdir_at(path).unwrap();
    }
    vfs.put("/a/b/c/file", &[1; 10_000]).unwrap();
    let mut file = None;
    let opened = measure(|| file = vfs.open_at("/a/b/../b/c/file", READ | WRITE).ok());
    assert_eq!(opened.count_total, 1, "one Arc");
    let file = file.unwrap();
    let mut buf = [0; 4096];
    let moved = measure(|| while read(&*file, &mut buf).unwrap() > 0 {});
    assert_eq!(moved.count_total, 0);
    let stat = measure(|| assert_eq!(now(vfs.stat(name("/a/b/c/file"))).unwrap().size, 10_000));
    assert_eq!(stat.count_total, 0);
}
