//! Pipes with names: who waits for whom, and what is left when somebody goes.

use super::*;
use crate::testing::{Woken, pending};
use Errno::*;
use core::{future::Future, pin::Pin, task::Poll};
use pollux_shell::env::FileType;
use std::boxed::Box;

const BOTH: OpenFlags = READ.union(WRITE);

fn fifo() -> Vfs {
    let vfs = tree();
    now(vfs.mkfifo("/p".into(), 0o640)).unwrap();
    vfs
}

type Opening<'a> = Pin<Box<dyn Future<Output = Result<Arc<dyn File>>> + 'a>>;

/// An open that has been polled until it waits for the other end.
struct Waiting<'a> {
    open: Opening<'a>,
    woken: Woken,
}

impl<'a> Waiting<'a> {
    fn new(vfs: &'a Vfs, flags: OpenFlags) -> Self {
        let mut waiting = Self { open: Box::pin(vfs.open("/p".into(), flags, 0o644)), woken: Woken::new() };
        assert!(waiting.poll().is_pending());
        assert_eq!(waiting.woken.count(), 1, "before it waits it lets others go first");
        assert!(waiting.poll().is_pending());
        assert_eq!(waiting.woken.count(), 1, "now it waits");
        waiting
    }

    fn poll(&mut self) -> Poll<Result<Arc<dyn File>>> {
        self.open.as_mut().poll(&mut self.woken.context())
    }

    fn opened(mut self) -> Arc<dyn File> {
        match self.poll() {
            Poll::Ready(file) => file.unwrap(),
            Poll::Pending => panic!("it still waits"),
        }
    }
}

/// Both ends.
fn open_both(vfs: &Vfs) -> (Arc<dyn File>, Arc<dyn File>) {
    let reader = Waiting::new(vfs, READ);
    let writer = vfs.open_at("/p", WRITE).unwrap();
    (reader.opened(), writer)
}

fn reads_nothing_yet(file: &dyn File) {
    pending(poll_fn(|cx| file.poll_read(cx, &mut [0; 8])));
}

#[test]
fn it_has_a_name_like_any_file() {
    let vfs = fifo();
    let told = vfs.stat_at("/p").unwrap();
    assert_eq!((told.kind, told.mode, told.size, told.links), (FileType::Pipe, 0o640, 0, 1));
    vfs.link_at("/p", "/q").unwrap();
    assert!(vfs.stat_at("/q").unwrap().is_same_file(&told));
    vfs.put("/file", b"x").unwrap();
    vfs.rename_at("/q", "/file").unwrap();
    assert!(vfs.stat_at("/file").unwrap().is_same_file(&told), "it takes the place of a file");
    vfs.mkdir_at("/dir").unwrap();
    assert_eq!(vfs.rename_at("/p", "/dir"), Err(EISDIR));
    assert_eq!(vfs.rename_at("/dir", "/p"), Err(ENOTDIR));
    vfs.unlink_at("/p").unwrap();
    assert_eq!(vfs.stat_at("/file").unwrap().links, 1);
    assert_eq!(now(vfs.mkfifo("/file".into(), 0o600)), Err(EEXIST));
    assert_eq!(now(vfs.mkfifo("/none/p".into(), 0o600)), Err(ENOENT));
    assert_eq!(now(vfs.mkfifo("/p/".into(), 0o600)), Err(ENOENT));
    assert_eq!(vfs.open_at("/file", READ | DIRECTORY).err(), Some(ENOTDIR));
    assert_eq!(vfs.open_at("/file", WRITE | CREATE | EXCL).err(), Some(EEXIST));
}

#[test]
fn each_end_waits_for_the_other() {
    let vfs = fifo();
    for (first, second) in [(READ, WRITE), (WRITE | CREATE | TRUNC, READ)] {
        let waiting = Waiting::new(&vfs, first);
        let other = vfs.open_at("/p", second).unwrap();
        assert_eq!(waiting.woken.count(), 2, "it is woken");
        let (a, b) = (waiting.opened(), other);
        let (reader, writer) = if first == READ { (a, b) } else { (b, a) };
        write_all(&*writer, b"through").unwrap();
        drop(writer);
        assert_eq!(read_all(&*reader).unwrap(), b"through");
        assert_eq!(write(&*reader, b"x"), Err(EBADF));
    }
    assert_eq!(vfs.stat_at("/p").unwrap().modified, Duration::from_secs(100));
}

#[test]
fn for_both_it_does_not_wait() {
    let vfs = fifo();
    let both = vfs.open_at("/p", BOTH).unwrap();
    write_all(&*both, b"to myself").unwrap();
    let mut buf = [0; 20];
    assert_eq!(read(&*both, &mut buf), Ok(9));
    reads_nothing_yet(&*both); // it is a writer itself, so there is no end
    let reader = vfs.open_at("/p", READ).unwrap();
    write_all(&*both, b"x").unwrap();
    assert_eq!(read(&*reader, &mut buf), Ok(1));
}

#[test]
fn a_writer_that_has_come_and_gone_was_there() {
    let vfs = fifo();
    let reader = Waiting::new(&vfs, READ);
    let writer = vfs.open_at("/p", WRITE).unwrap();
    write_all(&*writer, b"short").unwrap();
    drop(writer);
    let reader = reader.opened();
    assert_eq!(read_all(&*reader).unwrap(), b"short");
}

#[test]
fn an_open_that_is_given_up_leaves_no_trace() {
    let vfs = fifo();
    drop(Waiting::new(&vfs, WRITE));
    let reader = Waiting::new(&vfs, READ); // it would not wait if a writer had been left
    drop(reader);
    drop(Waiting::new(&vfs, WRITE));
    // Asking whether it can be had at once must not let another one's open succeed.
    let mut waiting = Waiting::new(&vfs, READ);
    pending(vfs.open("/p".into(), READ, 0));
    assert!(waiting.poll().is_pending());
    drop(waiting);
    let mut waiting = Waiting::new(&vfs, WRITE);
    pending(vfs.open("/p".into(), WRITE, 0));
    assert!(waiting.poll().is_pending());
}

#[test]
fn the_end_comes_with_the_last_writer_and_may_be_followed_by_more() {
    let vfs = fifo();
    let (reader, first) = open_both(&vfs);
    let second = vfs.open_at("/p", WRITE).unwrap();
    write_all(&*first, b"a").unwrap();
    drop(first);
    let mut buf = [0; 8];
    assert_eq!(read(&*reader, &mut buf), Ok(1));
    let woken = Woken::new();
    assert!(reader.poll_read(&mut woken.context(), &mut buf).is_pending());
    drop(second);
    assert_eq!((woken.count(), read(&*reader, &mut buf)), (1, Ok(0)));
    let third = vfs.open_at("/p", WRITE).unwrap();
    reads_nothing_yet(&*reader);
    write_all(&*third, b"again").unwrap();
    drop(third);
    assert_eq!(read_all(&*reader).unwrap(), b"again");
}

#[test]
fn nobody_reads_any_more() {
    let vfs = fifo();
    let (reader, writer) = open_both(&vfs);
    let second = vfs.open_at("/p", READ).unwrap();
    drop(reader);
    assert_eq!(write(&*writer, b"kept"), Ok(4), "there is still a reader");
    while now(poll_fn(|cx| Poll::Ready(writer.poll_write(cx, &[0; 4096])))).is_ready() {}
    let woken = Woken::new();
    assert!(writer.poll_write(&mut woken.context(), b"x").is_pending(), "it is full");
    drop(second);
    assert_eq!((woken.count(), write(&*writer, b"x")), (1, Err(EPIPE)));
    // Who comes later finds what was written, for the writer has kept the pipe.
    let third = vfs.open_at("/p", READ).unwrap();
    let mut buf = [0; 4];
    assert_eq!((read(&*third, &mut buf), &buf), (Ok(4), b"kept"));
    drop((third, writer));
    let (reader, writer) = open_both(&vfs);
    drop(writer);
    assert_eq!(read_all(&*reader).unwrap(), b"", "the pipe went with its last user");
}

#[test]
fn it_works_without_its_name_and_keeps_its_mount() {
    let vfs = fifo();
    let root = root(|| 1 << 20, || Duration::ZERO).unwrap();
    now(vfs.mount("/m".into(), NewMount::new("tmpfs", root))).unwrap();
    now(vfs.mkfifo("/m/p".into(), 0o600)).unwrap();
    let both = vfs.open_at("/m/p", BOTH).unwrap();
    assert_eq!(both.path().unwrap(), "/m/p");
    assert_eq!(now(vfs.unmount("/m".into())), Err(EBUSY));
    vfs.unlink_at("/m/p").unwrap();
    write_all(&*both, b"on").unwrap();
    assert_eq!(read(&*both, &mut [0; 8]), Ok(2));
    assert_eq!(both.metadata().unwrap().links, 0);
    drop(both);
    now(vfs.unmount("/m".into())).unwrap();
}
