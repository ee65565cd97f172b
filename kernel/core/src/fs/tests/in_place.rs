//! Files that are read where their data lies, and lend it.

use super::{archive::pack, *};
use crate::{fs::archive, pipe, testing::Woken};
use core::task::{Context, Poll};
use pollux_shell::{
    env::{Piece, SeekFrom},
    splice::poll_splice,
};

/// Reads in place; the answer of `take` to each piece.
fn read_in_place(
    file: &dyn File,
    most: usize,
    mut take: impl FnMut(&mut Context<'_>, Piece<'_>) -> Poll<Result<usize>>,
) -> Poll<Result<usize>> {
    file.poll_read_in_place(&mut Woken::new().context(), most, &mut take)
}

fn all_of(piece: Piece<'_>) -> Poll<Result<usize>> {
    Poll::Ready(Ok(piece.bytes.len()))
}

/// Everything from one file to another, by the short way.
fn splice_all(from: &dyn File, to: &dyn File) -> usize {
    let mut spliced = 0;
    loop {
        let polled = poll_splice(from, to, &mut Woken::new().context(), usize::MAX);
        match polled.expect("there is a short way") {
            Poll::Ready(Ok(0)) => return spliced,
            Poll::Ready(n) => spliced += n.unwrap(),
            Poll::Pending => panic!("nobody reads, {spliced} bytes on"),
        }
    }
}

#[test]
fn a_pipe_gets_an_archives_data_uncopied_and_keeps_it_through_a_write() {
    let bytes = Arc::<[u8]>::from(pack(&[("file", &[1; 100_000])]));
    let vfs = Vfs::new("archive", archive::root(bytes.clone(), || 1 << 20, || Duration::ZERO).unwrap());
    let file = vfs.open_at("/file", READ | WRITE).unwrap();
    let (mut reader, writer) = pipe::pipe(pipe::CAPACITY).unwrap();
    assert_eq!(splice_all(&*file, &pipe::WriteEnd::new(writer)), 100_000);
    file.seek(SeekFrom::Start(0)).unwrap();
    write_all(&*file, &[2; 100_000]).unwrap();
    file.set_len(0).unwrap();
    let loan = reader.take_loan().expect("it was lent, not copied");
    assert!(bytes.as_ptr_range().contains(&loan.as_ptr()), "it lies in the archive");
    assert_eq!(loan, [1; 100_000][..]);
}

#[test]
fn who_keeps_what_was_read_in_place_has_it_through_a_write() {
    let vfs = tree();
    vfs.put("/file", &[1; 3 * 4096 + 100]).unwrap();
    let file = vfs.open_at("/file", READ | WRITE).unwrap();
    let mut loans = Vec::new();
    let taken = read_in_place(&*file, usize::MAX, |_, piece| {
        loans.extend(piece.loan());
        all_of(piece)
    });
    assert_eq!(taken, Poll::Ready(Ok(3 * 4096 + 100)));
    file.seek(SeekFrom::Start(0)).unwrap();
    write_all(&*file, &[2; 3 * 4096 + 100]).unwrap();
    file.set_len(0).unwrap();
    assert_eq!(loans.iter().map(|loan| loan.len()).collect::<Vec<_>>(), [4096, 4096, 4096, 100]);
    assert!(loans.iter().all(|loan| loan.iter().all(|&byte| byte == 1)));
    // A pipe has rather a copy of a frame than the frame.
    vfs.put("/file", &[3; 5000]).unwrap();
    file.seek(SeekFrom::Start(0)).unwrap();
    let (mut reader, writer) = pipe::pipe(pipe::CAPACITY).unwrap();
    assert_eq!(splice_all(&*file, &pipe::WriteEnd::new(writer)), 5000);
    assert!(reader.take_loan().is_none());
}

#[test]
fn what_is_not_taken_stays_and_the_offset_goes_as_far_as_was_taken() {
    let vfs = tree();
    let data: Vec<u8> = (0..9000).map(|n| (n / 50) as u8).collect();
    vfs.put("/file", &data).unwrap();
    let file = vfs.open_at("/file", READ).unwrap();
    // A piece and half of the next.
    let mut calls = 0;
    let taken = read_in_place(&*file, usize::MAX, |_, piece| {
        calls += 1;
        Poll::Ready(Ok(if calls == 1 { piece.bytes.len() } else { 1000 }))
    });
    assert_eq!((taken, file.seek(SeekFrom::Current(0))), (Poll::Ready(Ok(5096)), Ok(5096)));
    // Who waits or fails takes nothing.
    assert!(read_in_place(&*file, 100, |_, _| Poll::Pending).is_pending());
    assert_eq!(
        read_in_place(&*file, 100, |_, _| Poll::Ready(Err(Errno::EPIPE))),
        Poll::Ready(Err(Errno::EPIPE))
    );
    assert_eq!(read_all(&*file).unwrap(), data[5096..]);
    assert_eq!(read_in_place(&*file, 100, |_, _| panic!("nothing is left")), Poll::Ready(Ok(0)));
    let write_only = vfs.open_at("/file", WRITE).unwrap();
    assert!(!write_only.reads_in_place());
    assert_eq!(
        read_in_place(&*write_only, 100, |_, _| panic!("not to be read")),
        Poll::Ready(Err(Errno::EBADF))
    );
}

#[test]
fn two_transfers_never_get_the_same_bytes_and_who_waits_is_woken() {
    let vfs = tree();
    vfs.put("/file", b"abcdef").unwrap();
    let file = vfs.open_at("/file", READ | WRITE).unwrap();
    let (reads, writes) = (Woken::new(), Woken::new());
    let taken = read_in_place(&*file, 3, |_, piece| {
        let mut buf = [0; 3];
        assert!(file.poll_read(&mut reads.context(), &mut buf).is_pending());
        assert!(file.poll_write(&mut writes.context(), b"x").is_pending());
        assert!(read_in_place(&*file, 1, |_, _| panic!("it is taken")).is_pending());
        all_of(piece)
    });
    assert_eq!((taken, reads.count(), writes.count()), (Poll::Ready(Ok(3)), 1, 1));
    let mut buf = [0; 2];
    assert_eq!((read(&*file, &mut buf), &buf), (Ok(2), b"de"));
    assert_eq!(write(&*file, b"F"), Ok(1));
    // Seeking does not wait, and what it says counts.
    file.seek(SeekFrom::Start(0)).unwrap();
    let taken = read_in_place(&*file, 2, |_, piece| {
        file.seek(SeekFrom::Start(4)).unwrap();
        all_of(piece)
    });
    assert_eq!(taken, Poll::Ready(Ok(2)));
    assert_eq!(read_all(&*file).unwrap(), b"eF");
}

#[test]
fn a_file_into_itself_has_no_short_way() {
    let vfs = tree();
    vfs.put("/file", &[7; 5000]).unwrap();
    let file = vfs.open_at("/file", READ | WRITE).unwrap();
    assert!(poll_splice(&*file, &*file, &mut Woken::new().context(), 100).is_none());
    // By two descriptions it has, also when a part of it goes over another one.
    let other = vfs.open_at("/file", WRITE).unwrap();
    other.seek(SeekFrom::Start(2000)).unwrap();
    write_all(&*file, &(0..3000).map(|n| (n / 20) as u8).collect::<Vec<_>>()).unwrap();
    file.seek(SeekFrom::Start(0)).unwrap();
    let moved = poll_splice(&*file, &*other, &mut Woken::new().context(), 3000);
    assert_eq!(moved, Some(Poll::Ready(Ok(3000))));
    let expected: Vec<u8> = (0..2000).chain(0..3000).map(|n| (n / 20) as u8).collect();
    assert_eq!(vfs.get("/file").unwrap(), expected);
}
