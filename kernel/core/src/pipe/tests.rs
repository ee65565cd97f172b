//! Pipes against a model, by hand, and under two threads.

#[cfg(debug_assertions)]
mod lost;
mod model;
mod owned;
mod threads;

use super::*;
use crate::testing::{Woken, now, pending};
use alloc::{vec, vec::Vec};
use core::{
    future::poll_fn,
    task::{Context, Poll},
};
use embedded_io_async::{BufRead, Error, ErrorKind, Read, Write};

/// The byte at a position of the stream: no part of the stream is like another part nearby.
fn byte_at(position: u64) -> u8 {
    (position.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8
}

#[test]
fn a_sleeping_reader_is_woken_once_per_transfer() {
    let (mut reader, mut writer) = pipe(CAPACITY).unwrap();
    let woken = Woken::new();
    let mut buf = [0; 10_000];
    assert!(reader.poll_read(&mut woken.context(), &mut buf).is_pending());
    assert_eq!(now(writer.write(&[7; 10_000])), Ok(10_000));
    assert_eq!(woken.count(), 1);
    assert_eq!(now(writer.write(&[7; 100])), Ok(100));
    assert_eq!(woken.count(), 1, "the reader is awake already");
}

#[test]
fn a_full_pipe_holds_its_capacity_and_wakes_the_writer_when_read() {
    for capacity in [1, 100, FIRST, CAPACITY] {
        let (mut reader, mut writer) = pipe(capacity).unwrap();
        let woken = Woken::new();
        let mut held = 0;
        while let Poll::Ready(n) = writer.poll_write(&mut woken.context(), &[1; PIPE_BUF + 1]) {
            held += n.unwrap();
        }
        // While it grows, what the first ring held is on its way besides.
        let most = if capacity > FIRST { capacity + FIRST } else { capacity };
        assert_eq!(held, most);
        assert_eq!(now(reader.read(&mut [0; 1])), Ok(1));
        assert_eq!(woken.count(), 1, "capacity {capacity}");
    }
}

/// The race in which the writer fills the first ring and grows just after the reader found it empty.
#[test]
fn the_reader_leaves_no_byte_in_the_first_ring() {
    let (mut reader, mut writer) = pipe(CAPACITY).unwrap();
    let bytes: Vec<u8> = (0..FIRST as u64 + 100).map(byte_at).collect();
    assert_eq!(now(writer.write(&bytes)), Ok(bytes.len()));
    let mut got = vec![0; bytes.len()];
    assert_eq!(now(reader.read(&mut got)), Ok(FIRST + 100), "both rings in one read");
    assert!(got == bytes, "the bytes differ");
}

#[test]
fn the_end_comes_after_everything_that_was_written() {
    let (mut reader, mut writer) = pipe(CAPACITY).unwrap();
    now(writer.write_all(&[1; 5000])).unwrap();
    drop(writer);
    let mut got = 0;
    let mut buf = [0; 1000];
    loop {
        match now(reader.read(&mut buf)).unwrap() {
            0 => break,
            n => got += n,
        }
    }
    assert_eq!(got, 5000);
    assert_eq!(now(reader.read(&mut buf)), Ok(0), "and stays");
}

#[test]
fn closing_wakes_the_other_end() {
    let (mut reader, writer) = pipe(CAPACITY).unwrap();
    let woken = Woken::new();
    assert!(reader.poll_read(&mut woken.context(), &mut [0; 1]).is_pending());
    drop(writer);
    assert_eq!(woken.count(), 1);
    assert_eq!(now(reader.read(&mut [0; 1])), Ok(0));

    let (reader, mut writer) = pipe(10).unwrap();
    let woken = Woken::new();
    while writer.poll_write(&mut woken.context(), &[0; 100]).is_ready() {}
    drop(reader);
    assert_eq!(woken.count(), 1);
    assert_eq!(now(writer.write(b"x")), Err(IoError(Errno::EPIPE)));
    assert_eq!(IoError(Errno::EPIPE).kind(), ErrorKind::BrokenPipe);
}

#[test]
fn ends_are_open_until_the_last_handle_is_gone() {
    let (reader, writer) = files().unwrap();
    let second = writer.clone();
    drop(writer);
    let mut buf = [0; 4];
    pending(poll_fn(|cx| reader.poll_read(cx, &mut buf)));
    drop(second);
    assert_eq!(now(poll_fn(|cx| reader.poll_read(cx, &mut buf))), Ok(0));
}

#[test]
fn the_wrong_end_is_a_bad_descriptor() {
    let (reader, writer) = files().unwrap();
    assert_eq!(now(poll_fn(|cx| reader.poll_write(cx, b"x"))), Err(Errno::EBADF));
    assert_eq!(now(poll_fn(|cx| writer.poll_read(cx, &mut [0]))), Err(Errno::EBADF));
}

#[test]
fn empty_buffers_never_wait() {
    let (mut reader, mut writer) = pipe(1).unwrap();
    assert_eq!(now(reader.read(&mut [])), Ok(0));
    assert_eq!(now(writer.write(b"x")), Ok(1));
    assert_eq!(now(writer.write(b"")), Ok(0));
}

#[test]
fn reading_in_place_frees_room_when_consumed() {
    let (mut reader, mut writer) = pipe(8).unwrap();
    now(writer.write_all(b"12345678")).unwrap();
    assert_eq!(now(reader.fill_buf()), Ok(&b"12345678"[..]));
    let woken = Woken::new();
    assert!(writer.poll_write(&mut woken.context(), b"9").is_pending());
    reader.consume(3);
    assert_eq!(woken.count(), 1);
    assert_eq!(now(reader.fill_buf()), Ok(&b"45678"[..]));
    reader.consume(5);
    drop(writer);
    assert_eq!(now(reader.fill_buf()), Ok(&b""[..]));
}

#[test]
fn a_cancelled_read_takes_no_bytes() {
    let (mut reader, mut writer) = pipe(CAPACITY).unwrap();
    pending(reader.read(&mut [0; 4]));
    now(writer.write_all(b"abc")).unwrap();
    let mut buf = [0; 4];
    assert_eq!(now(reader.read(&mut buf)), Ok(3));
    assert_eq!(&buf[..3], b"abc");
}

#[test]
fn a_thousand_pipes_with_a_little_in_each() {
    let pipes: Vec<_> = (0..1000).map(|_| pipe(CAPACITY).unwrap()).collect();
    for (_, writer) in &pipes {
        assert_eq!(writer.ring_capacity(), FIRST);
    }
}

#[test]
fn a_write_in_place_reads_as_any_other_and_wakes_once() {
    let (reader, writer) = files().unwrap();
    let woken = Woken::new();
    assert!(reader.poll_read(&mut woken.context(), &mut [0; 1]).is_pending());
    let mut next = 0;
    let n = now(poll_fn(|cx| {
        writer.poll_write_in_place(cx, 10_000, &mut |_, grant| {
            grant.iter_mut().for_each(|byte| {
                *byte = byte_at(next);
                next += 1;
            });
            Poll::Ready(Ok(grant.len()))
        })
    }));
    assert_eq!(n, Ok(10_000), "over the end of the first ring");
    assert_eq!(woken.count(), 1);
    let mut got = Vec::new();
    let n = now(poll_fn(|cx| {
        reader.poll_read_in_place(cx, 9000, &mut |_, piece| {
            got.extend_from_slice(piece.bytes);
            Poll::Ready(Ok(piece.bytes.len()))
        })
    }));
    assert_eq!(n, Ok(9000));
    assert!(got.iter().enumerate().all(|(at, byte)| *byte == byte_at(at as u64)), "the bytes differ");
}

#[test]
fn what_is_not_used_in_place_stays() {
    let (reader, writer) = files().unwrap();
    assert_eq!(now(poll_fn(|cx| writer.poll_write(cx, b"abcdef"))), Ok(6));
    let refuse = |answer: Poll<Result<usize>>| {
        let mut polled = None;
        let mut read = core::pin::pin!(poll_fn(|cx| {
            polled = Some(reader.poll_read_in_place(cx, 6, &mut |_, _| answer));
            Poll::Ready(())
        }));
        now(read.as_mut());
        polled.unwrap()
    };
    assert!(refuse(Poll::Pending).is_pending());
    assert_eq!(refuse(Poll::Ready(Err(Errno::EIO))), Poll::Ready(Err(Errno::EIO)));
    assert_eq!(refuse(Poll::Ready(Ok(2))), Poll::Ready(Ok(2)));
    let mut buf = [0; 8];
    assert_eq!(now(poll_fn(|cx| reader.poll_read(cx, &mut buf))), Ok(4));
    assert_eq!(&buf[..4], b"cdef");
}

#[test]
fn a_loan_arrives_in_its_place_and_uncopied() {
    let (reader, writer) = files().unwrap();
    let lent = Bytes::from(vec![7; LOAN_MIN]);
    assert_eq!(now(poll_fn(|cx| writer.poll_write(cx, b"before"))), Ok(6));
    assert_eq!(now(poll_fn(|cx| writer.poll_write_loan(cx, &lent))), Ok(LOAN_MIN));
    assert_eq!(now(poll_fn(|cx| writer.poll_write(cx, b"after"))), Ok(5));
    let mut pieces = Vec::new();
    let n = now(poll_fn(|cx| {
        reader.poll_read_in_place(cx, usize::MAX, &mut |_, piece| {
            pieces.push((piece.bytes.len(), piece.loan()));
            Poll::Ready(Ok(piece.bytes.len()))
        })
    }));
    assert_eq!(n, Ok(6 + LOAN_MIN + 5));
    let [(6, None), (LOAN_MIN, Some(kept)), (5, None)] = &pieces[..] else { panic!("{pieces:?}") };
    assert_eq!(kept.as_ptr(), lent.as_ptr(), "the bytes were copied");
}

#[test]
fn who_owns_an_end_works_in_place_and_lends() {
    let (mut reader, mut writer) = pipe(CAPACITY).unwrap();
    let woken = Woken::new();
    assert!(reader.poll_read(&mut woken.context(), &mut [0; 1]).is_pending());
    now(writer.grant()).unwrap()[..3].copy_from_slice(b"abc");
    writer.commit(3);
    assert_eq!(woken.count(), 1);
    let lent = Bytes::from(vec![7; LOAN_MIN]);
    assert_eq!(now(poll_fn(|cx| writer.poll_write_loan(cx, &lent))), Ok(LOAN_MIN));
    assert!(reader.take_loan().is_none(), "other bytes come first");
    assert_eq!(now(reader.fill_buf()), Ok(&b"abc"[..]));
    reader.consume(3);
    assert_eq!(reader.take_loan().map(|loan| loan.as_ptr()), Some(lent.as_ptr()));
    assert!(reader.take_loan().is_none());
    drop(reader);
    assert_eq!(now(writer.grant()).err(), Some(Errno::EPIPE));
}

#[test]
fn few_bytes_are_copied_instead_of_lent() {
    let (reader, writer) = files().unwrap();
    assert_eq!(now(poll_fn(|cx| writer.poll_write_loan(cx, &Bytes::from_static(b"few")))), Ok(3));
    let mut lent = true;
    let n = now(poll_fn(|cx| {
        reader.poll_read_in_place(cx, 100, &mut |_, piece| {
            lent = piece.lent.is_some();
            Poll::Ready(Ok(piece.bytes.len()))
        })
    }));
    assert_eq!((n, lent), (Ok(3), false));
}

#[test]
fn loans_wait_for_room_and_are_dropped_with_the_reader() {
    let (reader, writer) = files().unwrap();
    let lent = Bytes::from(vec![7; CAPACITY / 2]);
    let woken = Woken::new();
    for _ in 0..2 * LOANS {
        assert_eq!(now(poll_fn(|cx| writer.poll_write_loan(cx, &lent))), Ok(CAPACITY / 2));
    }
    assert!(writer.poll_write_loan(&mut woken.context(), &lent).is_pending());
    assert_eq!(now(poll_fn(|cx| reader.poll_read(cx, &mut [0; CAPACITY / 2]))), Ok(CAPACITY / 2));
    assert_eq!(woken.count(), 1);
    assert_eq!(now(poll_fn(|cx| writer.poll_write_loan(cx, &lent))), Ok(CAPACITY / 2));
    drop(reader);
    assert!(lent.is_unique(), "the pipe still holds it");
    assert_eq!(now(poll_fn(|cx| writer.poll_write_loan(cx, &lent))), Err(Errno::EPIPE));
}

#[test]
fn several_buffers_are_one_transfer() {
    let (reader, writer) = files().unwrap();
    let woken = Woken::new();
    assert!(reader.poll_read(&mut woken.context(), &mut [0; 1]).is_pending());
    assert_eq!(now(poll_fn(|cx| writer.poll_write_vectored(cx, &[b"ab", b"", b"cdefg"]))), Ok(7));
    assert_eq!(woken.count(), 1);
    let (mut first, mut second) = ([0; 3], [0; 10]);
    let n = now(poll_fn(|cx| reader.poll_read_vectored(cx, &mut [&mut first, &mut [], &mut second])));
    assert_eq!((n, &first, &second[..4]), (Ok(7), b"abc", &b"defg"[..]));
}

#[test]
fn several_short_buffers_go_in_together_or_wait() {
    let (mut reader, mut writer) = pipe(8).unwrap();
    assert_eq!(now(writer.write(b"12345")), Ok(5));
    let write = WriteEnd::new(writer);
    let woken = Woken::new();
    assert!(write.poll_write_vectored(&mut woken.context(), &[b"ab", b"cd"]).is_pending());
    assert_eq!(now(reader.read(&mut [0; 1])), Ok(1));
    assert_eq!(woken.count(), 1);
    assert_eq!(now(poll_fn(|cx| write.poll_write_vectored(cx, &[b"ab", b"cd"]))), Ok(4));
}

#[test]
fn the_capacity_can_be_set_and_nothing_is_lost() {
    let (reader, writer) = files().unwrap();
    assert_eq!(reader.pipe_capacity(), Ok(CAPACITY));
    assert_eq!(writer.set_pipe_capacity(MAX_CAPACITY + 1), Err(Errno::EPERM));
    assert_eq!(writer.set_pipe_capacity(usize::MAX), Err(Errno::EINVAL));
    assert_eq!(writer.set_pipe_capacity(200_000), Ok(262_144));
    assert_eq!(reader.pipe_capacity(), Ok(262_144));
    let bytes: Vec<u8> = (0..600_000).map(byte_at).collect();
    let mut sent = 0;
    while let Poll::Ready(n) = writer.poll_write(&mut Woken::new().context(), &bytes[sent..]) {
        sent += n.unwrap();
    }
    assert_eq!(sent, FIRST + 262_144);
    assert_eq!(reader.set_pipe_capacity(1), Ok(FIRST));
    let (mut got, mut buf) = (0, vec![0; 50_000]);
    while got < bytes.len() {
        let n = now(poll_fn(|cx| reader.poll_read(cx, &mut buf))).unwrap();
        assert!(buf[..n] == bytes[got..got + n], "the bytes differ");
        got += n;
        if let Poll::Ready(n) = writer.poll_write(&mut Woken::new().context(), &bytes[sent..]) {
            sent += n.unwrap();
        }
    }
    let full = now(poll_fn(|cx| writer.poll_write(cx, &bytes))).unwrap();
    assert_eq!(full, FIRST, "it holds no more than it shall now");
}

#[test]
fn a_turn_is_waited_for_and_never_while_one_sleeps() {
    let (reader, writer) = files().unwrap();
    let (other, waits) = (Woken::new(), Woken::new());
    // In the midst of a write in place somebody else wants to write.
    let n = now(poll_fn(|cx| {
        writer.poll_write_in_place(cx, 1, &mut |_, grant| {
            assert!(writer.poll_write(&mut other.context(), b"x").is_pending());
            grant[0] = b'1';
            Poll::Ready(Ok(1))
        })
    }));
    assert_eq!((n, other.count()), (Ok(1), 1), "whoever waits for the turn is woken");
    // Who waits inside for something else leaves the turn to others.
    assert!(writer.poll_write_in_place(&mut waits.context(), 1, &mut |_, _| Poll::Pending).is_pending());
    assert_eq!(now(poll_fn(|cx| writer.poll_write(cx, b"2"))), Ok(1));
    let mut buf = [0; 4];
    assert_eq!(now(poll_fn(|cx| reader.poll_read(cx, &mut buf))), Ok(2));
    assert_eq!(&buf[..2], b"12");
}
