//! `/host`: archives as the `tar` crate writes them, and hostile ones.

use super::*;
use crate::fs::{
    archive::{self, ArchiveError},
    inode::Node,
};
use pollux_shell::env::{FileType, SeekFrom};
use proptest::prelude::*;
use tar::{Builder, EntryType, Header};

fn header(kind: EntryType, size: usize) -> Header {
    let mut header = Header::new_ustar();
    header.set_entry_type(kind);
    header.set_size(size as u64);
    header.set_mode(0o640);
    header.set_mtime(1234);
    header
}

/// An archive of files; a path that ends with a slash is a directory.
pub(super) fn pack(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut tar = Builder::new(Vec::new());
    for (path, data) in files {
        let kind = if path.ends_with('/') { EntryType::Directory } else { EntryType::Regular };
        tar.append_data(&mut header(kind, data.len()), path, *data).unwrap();
    }
    tar.into_inner().unwrap()
}

/// A header with any bytes for its path, which the `tar` crate would refuse.
fn raw(path: &[u8], kind: EntryType, size: u64) -> Vec<u8> {
    let mut header = header(kind, 0);
    header.set_size(size);
    header.as_ustar_mut().unwrap().name[..path.len()].copy_from_slice(path);
    header.set_cksum();
    header.as_bytes().to_vec()
}

fn unpack(bytes: Vec<u8>) -> core::result::Result<Node, ArchiveError> {
    archive::root(Arc::<[u8]>::from(bytes), || 1 << 20, || Duration::from_secs(100))
}

fn mount(bytes: Vec<u8>) -> Vfs {
    Vfs::new("archive", unpack(bytes).unwrap())
}

#[test]
fn files_and_directories() {
    let big: Vec<u8> = (0..100_000u32).map(|n| n as u8).collect();
    let vfs = mount(pack(&[("a", b"one"), ("dir/", b""), ("dir/deep/er/b", &big), ("empty", b"")]));
    assert_eq!(vfs.names("/").unwrap(), ["a", "dir", "empty"]);
    assert_eq!(vfs.names("/dir/deep").unwrap(), ["er"]);
    assert_eq!(vfs.get("/a").unwrap(), b"one");
    assert_eq!(vfs.get("/empty").unwrap(), b"");
    assert_eq!(vfs.get("/dir/deep/../deep/er/b").unwrap(), big);
    let stat = |path: &str| now(vfs.stat(path.into())).unwrap();
    assert_eq!((stat("/a").kind, stat("/a").size, stat("/a").mode), (FileType::Regular, 3, 0o640));
    assert_eq!(stat("/a").modified, Duration::from_secs(1234));
    assert_eq!((stat("/dir").kind, stat("/dir").links, stat("/dir").mode), (FileType::Directory, 3, 0o640));
    assert_eq!(stat("/dir/deep").mode, 0o755, "not listed, so as directories usually are");
    let open = vfs.open_at("/a", READ).unwrap();
    assert_eq!(open.seek(SeekFrom::End(-2)), Ok(1));
    assert_eq!(read_all(&*open).unwrap(), b"ne");
}

#[test]
fn long_names() {
    let prefixed = std::format!("{}/{}", "p".repeat(90), "n".repeat(90));
    let long = std::format!("{}/{}/{}", "x".repeat(200), "y".repeat(200), "z".repeat(255));
    let vfs = mount(pack(&[(&prefixed, b"ustar prefix"), (&long, b"gnu long name"), ("after", b"!")]));
    assert_eq!(vfs.get(&std::format!("/{prefixed}")).unwrap(), b"ustar prefix");
    assert_eq!(vfs.get(&std::format!("/{long}")).unwrap(), b"gnu long name");
    assert_eq!(vfs.get("/after").unwrap(), b"!");
}

#[test]
fn pax_records() {
    let mut tar = Builder::new(Vec::new());
    let long = "q".repeat(180);
    tar.append_pax_extensions([("path", long.as_bytes()), ("mtime", b"99.5"), ("comment", b"a=b\nc")])
        .unwrap();
    tar.append_data(&mut header(EntryType::Regular, 3), "short", b"pax".as_slice()).unwrap();
    tar.append_data(&mut header(EntryType::Regular, 1), "next", b"n".as_slice()).unwrap();
    let vfs = mount(tar.into_inner().unwrap());
    assert_eq!(vfs.names("/").unwrap(), ["next", &long], "the records are for one member only");
    assert_eq!(vfs.get(&std::format!("/{long}")).unwrap(), b"pax");
    assert_eq!(now(vfs.stat(std::format!("/{long}").as_str().into())).unwrap().modified.as_secs(), 99);
}

#[test]
fn the_later_of_two_counts_and_hard_links_have_the_data() {
    let mut tar = Builder::new(pack(&[("a", b"old"), ("a", b"new")])[..2048].to_vec());
    tar.append_link(&mut header(EntryType::Link, 0), "dir/link", "a").unwrap();
    tar.append_link(&mut header(EntryType::Symlink, 0), "soft", "a").unwrap();
    tar.append_link(&mut header(EntryType::Link, 0), "broken", "no").unwrap();
    let vfs = mount(tar.into_inner().unwrap());
    assert_eq!(vfs.get("/a").unwrap(), b"new");
    assert_eq!(vfs.get("/dir/link").unwrap(), b"new");
    assert_eq!(vfs.names("/").unwrap(), ["a", "dir", "soft"]);
    assert!(vfs.stat_at("/a").unwrap().is_same_file(&vfs.stat_at("/dir/link").unwrap()));
    assert_eq!(now(vfs.read_link(name("/soft"))).unwrap(), "a");
    assert_eq!(vfs.get("/soft").unwrap(), b"new");
    assert_eq!(vfs.lstat_at("/soft").unwrap().modified.as_secs(), 1234);
}

#[test]
fn what_is_changed_is_copied_and_the_archive_stays() {
    let bytes: Arc<[u8]> = Arc::from(pack(&[("dir/a", &[b'a'; 10_000]), ("b", b"bee")]));
    let mount = || {
        let root = archive::root(bytes.clone(), || 1 << 20, || Duration::from_secs(100)).unwrap();
        Vfs::new("archive", root)
    };
    let vfs = mount();
    let file = vfs.open_at("/dir/a", READ | WRITE).unwrap();
    file.seek(SeekFrom::Start(5000)).unwrap();
    write_all(&*file, b"new").unwrap();
    assert_eq!(vfs.stat_at("/dir/a").unwrap().modified.as_secs(), 100);
    let mut expected = [b'a'; 10_000];
    expected[5000..5003].copy_from_slice(b"new");
    assert_eq!(vfs.get("/dir/a").unwrap(), expected);
    vfs.rename_at("/b", "/dir/c").unwrap();
    vfs.put("/dir/new", b"new").unwrap();
    assert_eq!(vfs.names("/dir").unwrap(), ["a", "c", "new"]);
    let fresh = mount();
    assert_eq!(
        (fresh.get("/dir/a").unwrap(), fresh.get("/b").unwrap()),
        (vec![b'a'; 10_000], b"bee".to_vec())
    );
}

#[test]
fn paths_that_lead_out_are_left_out() {
    let mut bytes = Vec::new();
    for path in
        [b"../up".as_slice(), b"a/../../up", b"/absolute", b"..", b"good", b"good/below", b"./also//good"]
    {
        bytes.extend(raw(path, EntryType::Regular, 0));
    }
    bytes.extend(raw(b"good", EntryType::Directory, 0));
    bytes.extend(raw(b"device", EntryType::Char, 0));
    bytes.extend(raw(b"./", EntryType::Directory, 0));
    let vfs = mount(bytes);
    assert_eq!(vfs.names("/").unwrap(), ["also", "good"]);
    assert_eq!(vfs.names("/also").unwrap(), ["good"]);
    assert_eq!(now(vfs.stat(name("/good"))).unwrap().kind, FileType::Regular);
}

#[test]
fn a_directory_has_no_data_whatever_size_its_header_says() {
    let mut bytes = raw(b"dir", EntryType::Directory, 4096);
    bytes.extend(raw(b"dir/file", EntryType::Regular, 0));
    assert_eq!(mount(bytes).names("/dir").unwrap(), ["file"]);
}

#[test]
fn damage_is_named() {
    let error = |bytes: Vec<u8>| unpack(bytes).err();
    assert_eq!(error(Vec::new()), None, "nothing at all is an empty archive");
    assert_eq!(error(vec![0; 1024]), None);
    assert_eq!(error(vec![b'x'; 512]), Some(ArchiveError::NotAHeader(0)));
    assert_eq!(error(vec![b'x'; 100]), Some(ArchiveError::Truncated(0)));
    let good = pack(&[("a", &[1; 600]), ("b", b"2")]);
    assert_eq!(error(good[..512 + 300].to_vec()), Some(ArchiveError::Truncated(0)));
    assert_eq!(error(good[..512 + 1024 + 10].to_vec()), Some(ArchiveError::Truncated(1536)));
    assert_eq!(error(good[..512 + 600].to_vec()), None, "padding may be missing at the end");
    for size in [1, u64::MAX >> 1, (1 << 33) - 1] {
        assert_eq!(error(raw(b"a", EntryType::Regular, size)), Some(ArchiveError::Truncated(0)), "{size}");
    }
    let mut long = raw(b"././@LongLink", EntryType::GNULongName, 512);
    long.extend([b'n'; 512]);
    assert_eq!(error(long), Some(ArchiveError::Truncated(0)), "a name without its member");
    for records in [
        b"3 path".as_slice(),
        b"99999999999999999999 a=b\n",
        b"2 \n",
        b"9 path=ab",
        b"x a=b\n",
        b"0 a=b\n",
        b"1 a=b\n",
    ] {
        let mut bytes = raw(b"pax", EntryType::XHeader, records.len() as u64);
        bytes.extend(records);
        bytes.resize(1024, 0);
        assert_eq!(error(bytes), Some(ArchiveError::BadNumber(0)), "{:?}", BStr::new(records));
    }
}

proptest! {
    /// Whatever the bytes are, reading ends, with an error or with a tree that can be read.
    #[test]
    fn no_bytes_make_it_panic(
        mut damage in proptest::collection::vec((0usize..6000, any::<u8>(), any::<bool>()), 0..8),
        cut in 0usize..6000,
    ) {
        let long = "l".repeat(150);
        let mut bytes = pack(&[("a", &[1; 600]), (&long, b"long"), ("d/", b""), ("d/e", b"2")]);
        let mut tar = Builder::new(Vec::new());
        tar.append_pax_extensions([("path", b"other".as_slice()), ("size", b"3")]).unwrap();
        tar.append_data(&mut header(EntryType::Regular, 3), "short", b"pax".as_slice()).unwrap();
        bytes.truncate(bytes.len() - 1024);
        bytes.extend(tar.into_inner().unwrap());
        damage.retain(|&(at, ..)| at < bytes.len());
        for &(at, byte, mend) in &damage {
            bytes[at] = byte;
            // With a right checksum, so that damage reaches what comes after that check.
            let block = at / 512 * 512;
            if mend {
                let mut header = Header::from_byte_slice(&bytes[block..block + 512]).clone();
                header.set_cksum();
                bytes[block..block + 512].copy_from_slice(header.as_bytes());
            }
        }
        if cut % 3 == 0 {
            bytes.truncate(cut);
        }
        if let Ok(root) = unpack(bytes) {
            let vfs = Vfs::new("archive", root);
            for name in vfs.names("/").unwrap() {
                let path = BString::from([b"/".as_slice(), &name].concat());
                let stat = now(vfs.stat(path.as_ref())).unwrap();
                if stat.kind == FileType::Regular {
                    let data = read_all(&*now(vfs.open(path.as_ref(), READ, 0)).unwrap()).unwrap();
                    prop_assert_eq!(data.len() as u64, stat.size);
                }
            }
        }
    }
}
