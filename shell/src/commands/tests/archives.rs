//! `tar` and the host's `tar`: each reads what the other writes. And archives that are damaged or mean harm.

use super::*;
use crate::{
    env::{FileType, System},
    ustar::{self, Kind, Member},
};
use alloc::format;
use bstr::BString;
use std::{
    fs,
    path::PathBuf,
    process::{Command as HostCommand, Stdio},
};

/// A directory of the host that goes when this does.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("pollux-tar-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn tar(&self, args: &[&str], stdin: Stdio) -> Vec<u8> {
        let output = HostCommand::new("tar").args(args).current_dir(&self.0).stdin(stdin).output().unwrap();
        assert!(output.status.success(), "tar {args:?}: {}", output.stderr.as_bstr());
        output.stdout
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn host_has_tar() -> bool {
    let found =
        HostCommand::new("tar").arg("--version").output().is_ok_and(|out| out.stdout.contains_str("GNU"));
    if !found {
        std::eprintln!("SKIPPED: the host has no GNU tar to compare with");
    }
    found
}

/// Names of all lengths at which something changes in a header.
fn names() -> Vec<String> {
    let mut names: Vec<String> = [1, 99, 100, 101, 200, 255].iter().map(|n| "n".repeat(*n)).collect();
    for (dirs, name) in [(100, 90), (155, 100), (156, 100), (150, 101), (250, 250)] {
        names.push(format!("{}/{}", "d".repeat(dirs), "f".repeat(name)));
    }
    names.push("odd \u{e4}\u{4e2d} name".into());
    names
}

#[test]
fn the_host_reads_what_we_write() {
    if !host_has_tar() {
        return;
    }
    let sys = FakeSystem::new();
    for (at, name) in names().iter().enumerate() {
        sys.set_file(&format!("/w/{name}"), name.repeat(at * 7));
    }
    sys.block_on(sys.link("/w/n".into(), "/w/zzz".into())).unwrap();
    sys.block_on(sys.symlink("t".repeat(150).as_str().into(), "/w/long-link".into())).unwrap();
    let packed = Run::new(&sys, "tar").args(["cf", "-", "-C", "/w", "."]).run();
    assert_eq!((packed.status, packed.error_text().as_str()), (0, ""));
    assert_eq!(packed.stdout.len() % 10_240, 0);
    let scratch = Scratch::new("ours");
    fs::write(scratch.0.join("ours.tar"), &packed.stdout).unwrap();
    scratch.tar(&["xf", "ours.tar"], Stdio::null());
    for (at, name) in names().iter().enumerate() {
        assert_eq!(fs::read_to_string(scratch.0.join(name)).unwrap(), name.repeat(at * 7), "{name}");
    }
    let link = fs::read_link(scratch.0.join("long-link")).unwrap();
    assert_eq!(link.to_str().unwrap(), "t".repeat(150));
    assert_eq!(fs::read(scratch.0.join("zzz")).unwrap(), fs::read(scratch.0.join("n")).unwrap());
}

#[test]
fn we_read_what_the_host_writes() {
    if !host_has_tar() {
        return;
    }
    let scratch = Scratch::new("theirs");
    let dir = scratch.0.join("w");
    for (at, name) in names().iter().enumerate() {
        fs::create_dir_all(dir.join(name).parent().unwrap()).unwrap();
        fs::write(dir.join(name), name.repeat(at * 7)).unwrap();
    }
    std::os::unix::fs::symlink("t".repeat(150), dir.join("long-link")).unwrap();
    fs::hard_link(dir.join("n"), dir.join("zzz")).unwrap();
    for format in ["gnu", "pax"] {
        let archive = scratch.tar(&["-c", "-C", "w", "--format", format, "."], Stdio::null());
        let sys = FakeSystem::new();
        sys.make_dir("/o");
        let unpacked = Run::new(&sys, "tar").args(["-x", "-C", "/o"]).stdin(&archive).run();
        assert_eq!((unpacked.status, unpacked.error_text().as_str()), (0, ""), "{format}");
        for (at, name) in names().iter().enumerate() {
            let data = sys.file(&format!("/o/{name}")).unwrap();
            assert_eq!(data.as_bstr(), name.repeat(at * 7), "{format} {name}");
        }
        let target = sys.block_on(sys.read_link("/o/long-link".into())).unwrap();
        assert_eq!(target, "t".repeat(150).as_str());
        let stat = |path: &str| sys.block_on(sys.stat(path.into())).unwrap();
        assert!(stat("/o/zzz").is_same_file(&stat("/o/n")), "{format}");
    }
}

/// A member with data, as a whole number of blocks.
fn packed(path: &str, kind: Kind<'_>, data: &[u8]) -> Vec<u8> {
    let path = path.as_bytes().into();
    let member = Member { path, kind, mode: 0o644, uid: 0, gid: 0, modified_s: 5 };
    let mut bytes = ustar::write(&member, data.len() as u64);
    bytes.extend_from_slice(data);
    bytes.resize(bytes.len().next_multiple_of(ustar::BLOCK), 0);
    bytes
}

#[test]
fn nothing_is_unpacked_elsewhere() {
    let sys = FakeSystem::new();
    sys.set_file("/safe", "safe");
    sys.make_dir("/o");
    let link = |target: &'static [u8]| Kind::Symlink(target.into());
    let archive = [
        packed("../up", Kind::File, b"x"),
        packed("a/../../up", Kind::File, b"x"),
        packed("/absolute", Kind::File, b"inside"),
        packed("way", link(b"/"), b""),
        packed("way/safe", Kind::File, b"harm"),
        packed("direct", link(b"/safe"), b""),
        packed("direct", Kind::File, b"a file of its own"),
        packed("hard", Kind::HardLink(b"way/safe".into()), b""),
        packed("hard2", Kind::HardLink(b"../safe".into()), b""),
        packed("device", Kind::Other(b'3'), b""),
        packed("last", Kind::File, b"came through"),
    ]
    .concat();
    let unpacked = Run::new(&sys, "tar").args(["-x", "-C", "/o"]).stdin(&archive).run();
    assert_eq!(unpacked.status, 2);
    let file = |path: &str| sys.file(path).map(BString::from);
    assert_eq!((file("/safe"), file("/up")), (Some("safe".into()), None));
    assert_eq!((file("/absolute"), file("/o/absolute")), (None, Some("inside".into())));
    assert_eq!(file("/o/direct"), Some("a file of its own".into()));
    assert_eq!((file("/o/hard"), file("/o/hard2")), (None, None));
    assert_eq!(file("/o/last"), Some("came through".into()));
    let lines = unpacked.error_text().lines().count();
    assert_eq!(lines, 7, "one for the slash, six left out:\n{}", unpacked.error_text());
    let device = sys.block_on(sys.lstat("/o/device".into()));
    assert!(device.is_err() && sys.block_on(sys.lstat("/o/way".into())).unwrap().kind == FileType::Symlink);
}

#[test]
fn damage_is_told_with_its_place() {
    let good = [packed("a", Kind::File, &[b'a'; 600]), packed("b", Kind::File, b"b")].concat();
    let list = |bytes: &[u8]| {
        let finished = Run::new(&FakeSystem::new(), "tar").args(["t"]).stdin(bytes).run();
        (finished.text(), finished.error_text(), finished.status)
    };
    assert_eq!(list(&good), ("a\nb\n".into(), String::new(), 0), "the end may be missing");
    assert_eq!(list(b""), (String::new(), String::new(), 0));
    for (bytes, place) in [
        (&good[..700], "at byte 700: the archive ends in the middle of a file"),
        (&good[..2048 - 100], "at byte 1948: the archive ends in the middle of a member"),
        (&[b'x'; 600][..], "at byte 0: this does not look like a tar archive"),
        (&good[2..], "at byte 0: this does not look like a tar archive"),
    ] {
        let (_, error, status) = list(bytes);
        assert_eq!((error, status), (format!("tar: {place}\n"), 2));
    }
}

#[test]
fn an_archive_is_read_as_it_comes_and_to_its_end() {
    let sys = FakeSystem::new();
    sys.set_file("/w/big", [b'b'; 50_000]);
    sys.set_file("/w/small", "small");
    let itself = run(&sys, "tar -cf /w/t -C /w .", b"");
    assert_eq!(
        (itself.status, itself.error_text().as_str()),
        (0, "tar: ./t: this is the archive; it is left out\n")
    );
    check(&sys, &[("tar -tf /w/t", "", "./\n./big\n./small\n", 0), ("rm /w/t", "", "", 0)]);
    check(
        &sys,
        &[
            ("tar -cf /t -C / w", "", "", 0),
            ("tar -tf /t", "", "w/\nw/big\nw/small\n", 0),
            ("tar -xOf /t w/small", "", "small", 0),
            ("tar -c", "", "!there is nothing to be packed", 2),
            ("tar -cx", "", "!one of -c, -x and -t", 2),
            ("tar -cz x", "", "!invalid option -- 'z'", 2),
            ("tar -xf /none", "", "!tar: /none: No such file or directory\n", 2),
            ("tar -cf /dev/full -C /w small", "", "!tar: cannot write the archive: No space left", 2),
        ],
    );
}
