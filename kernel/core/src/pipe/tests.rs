//! Pipes against a model, by hand, and under two threads.

use super::*;
use crate::testing::{Woken, now, pending};
use alloc::{collections::VecDeque, vec, vec::Vec};
use core::future::poll_fn;
use embedded_io_async::{BufRead, Error, ErrorKind, Read, Write};
use proptest::prelude::*;
use std::thread;

/// Runs a future on this thread, which sleeps while it waits.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    struct Unpark(thread::Thread);
    impl alloc::task::Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Arc::new(Unpark(thread::current())).into();
    let mut cx = Context::from_waker(&waker);
    let mut future = core::pin::pin!(future);
    loop {
        match future.as_mut().poll(&mut cx) {
            Poll::Ready(value) => return value,
            Poll::Pending => thread::park(),
        }
    }
}

/// A generator of sizes and bytes that is the same in every run.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }
}

/// The byte at a position of the stream: no part of the stream is like another part nearby.
fn byte_at(position: u64) -> u8 {
    (position.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8
}

fn stress(capacity: usize, total: u64, most: usize) {
    let (mut reader, mut writer) = pipe(capacity).unwrap();
    let writing = thread::spawn(move || {
        let mut sizes = Numbers(0x1234_5678);
        let mut position = 0;
        while position < total {
            let size = (1 + sizes.below(most) as u64).min(total - position);
            let bytes: Vec<u8> = (position..position + size).map(byte_at).collect();
            block_on(writer.write_all(&bytes)).unwrap();
            position += size;
        }
    });
    let mut sizes = Numbers(0x8765_4321);
    let mut buf = vec![0; most];
    let mut position = 0;
    loop {
        let size = 1 + sizes.below(most);
        let n = block_on(reader.read(&mut buf[..size])).unwrap();
        if n == 0 {
            break;
        }
        for byte in &buf[..n] {
            assert_eq!(*byte, byte_at(position), "byte {position}");
            position += 1;
        }
    }
    assert_eq!(position, total, "the end came early");
    writing.join().unwrap();
}

/// Small rings make both sides wait all the time: a lost wake hangs here.
#[test]
fn two_threads_pass_every_byte_through_small_pipes() {
    stress(1, 20_000, 3);
    stress(7, 100_000, 16);
    stress(4096, 2_000_000, 6000);
}

#[test]
fn two_threads_pass_every_byte_through_a_pipe_that_grows() {
    stress(CAPACITY, 8_000_000, 100_000);
    for seed in 0..50 {
        stress(FIRST + 1 + seed, 30_000, 9000);
    }
}

#[test]
fn several_writers_and_readers_share_the_ends() {
    let (reader, writer) = files().unwrap();
    const EACH: u64 = 300_000;
    let writers: Vec<_> = (1..=2u8)
        .map(|value| {
            let writer = writer.clone();
            thread::spawn(move || {
                let mut left = EACH as usize;
                while left > 0 {
                    let chunk = vec![value; left.min(5000)];
                    left -= block_on(poll_fn(|cx| writer.poll_write(cx, &chunk))).unwrap();
                }
            })
        })
        .collect();
    drop(writer);
    let readers: Vec<_> = (0..2)
        .map(|_| {
            let reader = reader.clone();
            thread::spawn(move || {
                let (mut sum, mut buf) = (0u64, [0; 3000]);
                loop {
                    match block_on(poll_fn(|cx| reader.poll_read(cx, &mut buf))).unwrap() {
                        0 => return sum,
                        n => sum += buf[..n].iter().map(|&byte| u64::from(byte)).sum::<u64>(),
                    }
                }
            })
        })
        .collect();
    writers.into_iter().for_each(|writer| writer.join().unwrap());
    let sum: u64 = readers.into_iter().map(|reader| reader.join().unwrap()).sum();
    assert_eq!(sum, EACH + 2 * EACH);
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
    reader.follow();
    let mut got = vec![0; bytes.len()];
    assert_eq!(now(reader.read(&mut got)), Ok(FIRST));
    assert_eq!(now(reader.read(&mut got[FIRST..])), Ok(100));
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
        assert_eq!(writer.ring.capacity().get(), FIRST);
    }
}

#[derive(Clone, Debug)]
enum Step {
    Write(usize),
    Read(usize),
    CloseRead,
    CloseWrite,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        20 => (0..9000usize).prop_map(Step::Write),
        20 => (0..9000usize).prop_map(Step::Read),
        1 => Just(Step::CloseRead),
        1 => Just(Step::CloseWrite),
    ]
}

proptest! {
    /// Whatever the order: the bytes are those of a queue, and every call that waited is woken as soon
    /// as it need not wait any more.
    #[test]
    fn is_a_queue_with_two_ends(
        capacity in prop_oneof![1..20usize, Just(FIRST), FIRST + 1..3 * FIRST],
        steps in proptest::collection::vec(step(), 1..80),
    ) {
        let (reader, writer) = pipe(capacity).unwrap();
        let (mut reader, mut writer) = (Some(reader), Some(writer));
        let mut model = VecDeque::new();
        let mut next = 0u64;
        let (mut reader_waits, mut writer_waits): (Option<Woken>, Option<Woken>) = (None, None);
        for step in steps {
            match step {
                Step::Write(len) => {
                    let Some(writer) = &mut writer else { continue };
                    let bytes: Vec<u8> = (next..next + len as u64).map(byte_at).collect();
                    let woken = Woken::new();
                    match writer.poll_write(&mut woken.context(), &bytes) {
                        Poll::Ready(Ok(n)) => {
                            prop_assert!(n > 0 || len == 0);
                            prop_assert!(n == len || len > capacity.min(PIPE_BUF), "a short write is not split");
                            model.extend(&bytes[..n]);
                            next += n as u64;
                            writer_waits = None;
                            if n > 0 && let Some(waiter) = reader_waits.take() {
                                prop_assert_eq!(waiter.count(), 1, "bytes must wake the reader");
                            }
                        }
                        Poll::Ready(Err(error)) => {
                            prop_assert_eq!(error, Errno::EPIPE);
                            prop_assert!(reader.is_none());
                        }
                        Poll::Pending => {
                            let needed = if len <= PIPE_BUF { len.min(capacity) } else { 1 };
                            prop_assert!(reader.is_some() && model.len() + needed > capacity);
                            writer_waits = Some(woken);
                        }
                    }
                }
                Step::Read(len) => {
                    let Some(reader) = &mut reader else { continue };
                    let mut buf = vec![0; len];
                    let woken = Woken::new();
                    match reader.poll_read(&mut woken.context(), &mut buf) {
                        Poll::Ready(n) => {
                            let n = n.unwrap();
                            let expected: Vec<u8> = model.drain(..n).collect();
                            prop_assert_eq!(&buf[..n], &expected[..]);
                            prop_assert!(n > 0 || len == 0 || (writer.is_none() && model.is_empty()));
                            reader_waits = None;
                            if n > 0 && let Some(waiter) = writer_waits.take() {
                                prop_assert_eq!(waiter.count(), 1, "room must wake the writer");
                            }
                        }
                        Poll::Pending => {
                            prop_assert!(writer.is_some() && model.is_empty());
                            reader_waits = Some(woken);
                        }
                    }
                }
                Step::CloseRead => {
                    reader = None;
                    reader_waits = None;
                    if let Some(waiter) = writer_waits.take() {
                        prop_assert_eq!(waiter.count(), 1, "closing must wake the writer");
                    }
                }
                Step::CloseWrite => {
                    writer = None;
                    writer_waits = None;
                    if let Some(waiter) = reader_waits.take() {
                        prop_assert_eq!(waiter.count(), 1, "closing must wake the reader");
                    }
                }
            }
        }
    }
}
