//! Reading into buffers that the reader gives away: by one copy, in order, and nothing lost with a future.

use super::{
    threads::{Numbers, block_on},
    *,
};
use core::{future::Future, pin::pin};
use std::thread;

fn give(reader: &mut Reader, size: usize) -> *const u8 {
    let buf = vec![0; size];
    let at = buf.as_ptr();
    reader.offer(buf).unwrap();
    at
}

fn read_owned(reader: &mut Reader, mut buf: Vec<u8>) -> (Vec<u8>, usize) {
    let n = now(reader.read_owned(&mut buf)).unwrap();
    (buf, n)
}

#[test]
fn a_large_write_goes_straight_into_the_buffer_of_a_reader_that_sleeps() {
    let (mut reader, mut writer) = pipe(CAPACITY).unwrap();
    let woken = Woken::new();
    let mut got = vec![0; 10_000];
    let at = got.as_ptr();
    let mut reading = alloc::boxed::Box::pin(reader.read_owned(&mut got));
    assert!(reading.as_mut().poll(&mut woken.context()).is_pending());
    assert_eq!(now(writer.write(&[7; 9000])), Ok(9000));
    assert_eq!(woken.count(), 1);
    let n = now(reading).unwrap();
    assert_eq!((got.as_ptr(), n, got.len()), (at, 9000, 10_000));
    assert!(got[..n].iter().all(|&byte| byte == 7));
    assert_eq!(writer.ring_capacity(), FIRST, "the ring was not used");
}

#[test]
fn the_writer_fills_all_buffers_and_then_waits_for_more() {
    let (mut reader, mut writer) = pipe(CAPACITY).unwrap();
    let (first, second) = (give(&mut reader, 8000), give(&mut reader, 8000));
    let woken = Woken::new();
    // More than one holds goes into both.
    assert_eq!(now(poll_fn(|cx| writer.poll_write(cx, &[1; 12_000]))), Ok(12_000));
    assert!(writer.poll_write(&mut woken.context(), &[2; 5000]).is_pending(), "one copy or none too many");
    let (mut got, n) = read_owned(&mut reader, vec![0; 8000]);
    assert_eq!((got.as_ptr(), n, woken.count()), (first, 8000, 1));
    assert_eq!(now(poll_fn(|cx| writer.poll_write(cx, &[2; 5000]))), Ok(5000));
    let n = now(reader.read_owned(&mut got)).unwrap();
    assert_eq!((got.as_ptr(), n), (second, 4000));
    let n = now(reader.read_owned(&mut got)).unwrap();
    assert_eq!((n, got[0]), (5000, 2));
}

#[test]
fn short_writes_go_through_the_ring_and_keep_their_place() {
    let (mut reader, mut writer) = pipe(CAPACITY).unwrap();
    let given = give(&mut reader, 6000);
    assert_eq!(now(writer.write(b"short")), Ok(5));
    assert_eq!(now(writer.write(&[1; 6000])), Ok(6000), "behind it, through the ring");
    let (got, n) = read_owned(&mut reader, vec![0; 100]);
    assert_eq!((got.as_ptr(), n, &got[..6]), (given, 6000, &b"short\x01"[..]));
    let mut rest = [0; 10];
    assert_eq!(now(reader.read(&mut rest)), Ok(5));
    // Before and after a buffer that was filled.
    assert_eq!(now(writer.write(&[3; 100])), Ok(100));
    assert_eq!(now(reader.read(&mut [0; 100])), Ok(100));
    assert_eq!(now(writer.write(&[4; 5000])), Ok(100), "as much as the buffer holds");
    assert_eq!(now(writer.write(b"after")), Ok(5));
    let (mut got, n) = read_owned(&mut reader, vec![0; 7]);
    assert_eq!((n, got[0]), (100, 4));
    let n = now(reader.read_owned(&mut got)).unwrap();
    assert_eq!(&got[..n], b"after");
}

#[test]
fn a_write_that_is_never_split_does_not_go_into_a_buffer_that_is_too_small() {
    let (mut reader, mut writer) = pipe(CAPACITY).unwrap();
    give(&mut reader, 100);
    assert_eq!(now(writer.write(&[1; PIPE_BUF])), Ok(PIPE_BUF));
    assert_eq!(read_owned(&mut reader, vec![0; 10]).1, 100);
    assert_eq!(now(reader.read(&mut [0; 2 * PIPE_BUF])), Ok(PIPE_BUF - 100));
}

#[test]
fn a_loan_before_filled_buffers_comes_first() {
    let (mut reader, mut writer) = pipe(CAPACITY).unwrap();
    let lent = Bytes::from(vec![5; 6000]);
    assert_eq!(now(poll_fn(|cx| writer.poll_write_loan(cx, &lent))), Ok(6000));
    give(&mut reader, 5000);
    assert_eq!(now(writer.write(&[6; 5000])), Ok(5000));
    let mut got = Vec::new();
    for size in [5000, 5000, 5000, 5000] {
        let (buf, n) = read_owned(&mut reader, vec![0; size]);
        got.extend_from_slice(&buf[..n]);
        if got.len() == 11_000 {
            break;
        }
    }
    assert!(got[..6000].iter().all(|&byte| byte == 5) && got[6000..].iter().all(|&byte| byte == 6));
    assert_eq!(got.len(), 11_000);
}

#[test]
fn a_future_that_is_dropped_loses_nothing() {
    let (mut reader, mut writer) = pipe(CAPACITY).unwrap();
    let mut given = vec![0; 5000];
    pending(reader.read_owned(&mut given));
    assert!(given.is_empty(), "the pipe has it");
    // Its buffer is filled, and read in other ways.
    assert_eq!(now(writer.write(&(0..5000).map(byte_at).collect::<Vec<_>>())), Ok(5000));
    let mut got = vec![0; 1000];
    assert_eq!(now(reader.read(&mut got)), Ok(1000));
    got.extend_from_slice(now(reader.fill_buf()).unwrap());
    reader.consume(1500);
    got.truncate(2500);
    let n = now(reader.read_owned(&mut given)).unwrap();
    got.extend_from_slice(&given[..n]);
    assert!(got == (0..5000).map(byte_at).collect::<Vec<_>>(), "the bytes differ");
    // Without any buffer there is one for what came through the ring.
    assert_eq!(now(writer.write(b"ring")), Ok(4));
    let (got, n) = read_owned(&mut reader, Vec::new());
    assert_eq!(&got[..n], b"ring");
    drop(writer);
    assert_eq!(read_owned(&mut reader, vec![0; 10]), (vec![0; 10], 0), "the end gives it back");
    assert_eq!(reader.offer(Vec::new()), Err(Errno::EINVAL));
}

#[test]
fn the_end_and_a_reader_that_goes_are_seen() {
    let (mut reader, mut writer) = pipe(CAPACITY).unwrap();
    give(&mut reader, 5000);
    assert_eq!(now(writer.write(&[1; 5000])), Ok(5000));
    let woken = Woken::new();
    assert!(writer.poll_write(&mut woken.context(), &[1; 5000]).is_pending());
    drop(reader);
    assert_eq!(woken.count(), 1);
    assert_eq!(now(writer.write(&[1; 5000])).map_err(|error| error.0), Err(Errno::EPIPE));
}

/// Every size, loans between, other ways to read between, and futures that are dropped while they wait. A lost wake hangs
/// here.
#[test]
fn two_threads_pass_every_byte_into_buffers_that_were_given() {
    let total: u64 = if cfg!(miri) { 100_000 } else { 3_000_000 };
    let (mut reader, mut writer) = pipe(CAPACITY).unwrap();
    let writing = thread::spawn(move || {
        let mut sizes = Numbers(0xace);
        let mut position = 0;
        while position < total {
            let most = if sizes.below(4) == 0 { 300 } else { 40_000 };
            let size = (1 + sizes.below(most) as u64).min(total - position);
            let bytes: Vec<u8> = (position..position + size).map(byte_at).collect();
            let lent = Bytes::from(bytes.clone());
            let n = match sizes.below(8) {
                0 => block_on(poll_fn(|cx| writer.poll_write_loan(cx, &lent))),
                _ => block_on(poll_fn(|cx| writer.poll_write(cx, &bytes))),
            };
            position += n.unwrap() as u64;
        }
    });
    let mut sizes = Numbers(0xdad);
    let mut position = 0;
    let mut check = |bytes: &[u8]| {
        for byte in bytes {
            assert_eq!(*byte, byte_at(position), "byte {position}");
            position += 1;
        }
    };
    let mut buf = vec![0; 20_000];
    loop {
        let size = 1 + sizes.below(20_000);
        let n = match sizes.below(8) {
            0 => {
                let n = block_on(reader.read(&mut buf[..size])).unwrap();
                check(&buf[..n]);
                n
            }
            1 => {
                let mut given = vec![0; size];
                // Polled once, then dropped.
                let polled = pin!(reader.read_owned(&mut given)).poll(&mut Woken::new().context());
                let Poll::Ready(n) = polled else { continue };
                let n = n.unwrap();
                check(&given[..n]);
                n
            }
            _ => {
                let mut given = vec![0; size];
                let n = block_on(reader.read_owned(&mut given)).unwrap();
                check(&given[..n]);
                n
            }
        };
        if n == 0 {
            break;
        }
    }
    assert_eq!(position, total, "the end came early");
    writing.join().unwrap();
}
