//! Pipes between threads: every byte arrives, whichever way it takes. A lost wake hangs here.

use super::*;
use std::thread;

/// Runs a future on this thread, which sleeps while it waits.
pub(super) fn block_on<T>(future: impl Future<Output = T>) -> T {
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
pub(super) struct Numbers(pub u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }
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

/// Every way in against every way out, through an end that others share too.
#[test]
fn two_threads_pass_every_byte_in_every_way() {
    const TOTAL: u64 = 3_000_000;
    let (reader, writer) = files().unwrap();
    let writing = thread::spawn(move || {
        let mut sizes = Numbers(0xfeed);
        let mut position = 0;
        while position < TOTAL {
            let size = (1 + sizes.below(30_000) as u64).min(TOTAL - position);
            let bytes: Vec<u8> = (position..position + size).map(byte_at).collect();
            let way = sizes.below(40);
            if way == 0 {
                writer.set_pipe_capacity(1 << (12 + sizes.below(6))).unwrap();
            }
            let lent = Bytes::from(bytes.clone());
            let n = block_on(poll_fn(|cx| match way % 4 {
                0 => writer.poll_write(cx, &bytes),
                1 => writer.poll_write_loan(cx, &lent),
                2 => writer.poll_write_vectored(cx, &[&bytes[..bytes.len() / 3], &bytes[bytes.len() / 3..]]),
                _ => {
                    let mut filled = 0;
                    writer.poll_write_in_place(cx, bytes.len(), &mut |_, grant| {
                        grant.copy_from_slice(&bytes[filled..filled + grant.len()]);
                        filled += grant.len();
                        Poll::Ready(Ok(grant.len()))
                    })
                }
            }));
            position += n.unwrap() as u64;
        }
    });
    let mut sizes = Numbers(0xbeef);
    let mut position = 0;
    let mut check = |bytes: &[u8]| {
        for byte in bytes {
            assert_eq!(*byte, byte_at(position), "byte {position}");
            position += 1;
        }
    };
    let (mut buf, mut second) = (vec![0; 30_000], vec![0; 500]);
    loop {
        let size = 1 + sizes.below(30_000);
        let n = match sizes.below(3) {
            0 => {
                let n = block_on(poll_fn(|cx| reader.poll_read(cx, &mut buf[..size]))).unwrap();
                check(&buf[..n]);
                n
            }
            1 => block_on(poll_fn(|cx| {
                reader.poll_read_in_place(cx, size, &mut |_, piece| {
                    let used = piece.bytes.len().div_ceil(2);
                    check(&piece.bytes[..used]);
                    Poll::Ready(Ok(used))
                })
            }))
            .unwrap(),
            _ => {
                let n = block_on(poll_fn(|cx| {
                    reader.poll_read_vectored(cx, &mut [&mut buf[..size], &mut second])
                }))
                .unwrap();
                check(&buf[..n.min(size)]);
                check(&second[..n.saturating_sub(size)]);
                n
            }
        };
        if n == 0 {
            break;
        }
    }
    assert_eq!(position, TOTAL, "the end came early");
    writing.join().unwrap();
}

/// The turns: who works in place, and who waits for it, on several threads at one end.
#[test]
fn a_crowd_at_both_ends_loses_no_turn() {
    const EACH: usize = 100_000;
    let (reader, writer) = files().unwrap();
    let writers: Vec<_> = (0..3)
        .map(|_| {
            let writer = writer.clone();
            thread::spawn(move || {
                let mut left = EACH;
                while left > 0 {
                    left -= block_on(poll_fn(|cx| {
                        writer.poll_write_in_place(cx, left.min(700), &mut |_, grant| {
                            grant.fill(1);
                            Poll::Ready(Ok(grant.len()))
                        })
                    }))
                    .unwrap();
                }
            })
        })
        .collect();
    drop(writer);
    let readers: Vec<_> = (0..3)
        .map(|_| {
            let reader = reader.clone();
            thread::spawn(move || {
                let mut sum = 0usize;
                while block_on(poll_fn(|cx| {
                    reader.poll_read_in_place(cx, 900, &mut |_, piece| {
                        sum += piece.bytes.iter().map(|&byte| usize::from(byte)).sum::<usize>();
                        Poll::Ready(Ok(piece.bytes.len()))
                    })
                }))
                .unwrap()
                    > 0
                {}
                sum
            })
        })
        .collect();
    writers.into_iter().for_each(|writer| writer.join().unwrap());
    assert_eq!(readers.into_iter().map(|reader| reader.join().unwrap()).sum::<usize>(), 3 * EACH);
}
