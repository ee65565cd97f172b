//! A pipe beside a queue, under random programs of everything that can be done to its ends.

use super::*;
use alloc::collections::VecDeque;
use pollux_shell::splice::poll_splice;
use proptest::prelude::*;

/// A way to move bytes.
#[derive(Clone, Copy, Debug)]
enum Way {
    Copy,
    InPlace,
    /// Writing: a loan. Reading: in place, and only half of each piece is used.
    Loan,
    Vectored,
}

#[derive(Clone, Debug)]
enum Step {
    Write(Way, usize),
    Read(Way, usize),
    /// Moves what can be moved into a second pipe and out of it again, in place at both ends.
    Splice(usize),
    SetCapacity(u32),
    CloseRead,
    CloseWrite,
}

fn way() -> impl Strategy<Value = Way> {
    prop_oneof![Just(Way::Copy), Just(Way::InPlace), Just(Way::Loan), Just(Way::Vectored)]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        20 => (way(), 0..9000usize).prop_map(|(way, len)| Step::Write(way, len)),
        20 => (way(), 0..9000usize).prop_map(|(way, len)| Step::Read(way, len)),
        4 => (0..9000usize).prop_map(Step::Splice),
        2 => (12..15u32).prop_map(Step::SetCapacity),
        1 => Just(Step::CloseRead),
        1 => Just(Step::CloseWrite),
    ]
}

fn write(end: &dyn File, cx: &mut Context<'_>, way: Way, bytes: &[u8]) -> Poll<Result<usize>> {
    let (first, second) = bytes.split_at(bytes.len() / 3);
    let mut filled = 0;
    match way {
        Way::Copy => end.poll_write(cx, bytes),
        Way::Loan => end.poll_write_loan(cx, &Bytes::copy_from_slice(bytes)),
        Way::Vectored => end.poll_write_vectored(cx, &[first, second]),
        Way::InPlace => end.poll_write_in_place(cx, bytes.len(), &mut |_, grant| {
            grant.copy_from_slice(&bytes[filled..filled + grant.len()]);
            filled += grant.len();
            Poll::Ready(Ok(grant.len()))
        }),
    }
}

fn read(end: &dyn File, cx: &mut Context<'_>, way: Way, most: usize) -> Poll<Result<Vec<u8>>> {
    let mut got = vec![0; most];
    let n = match way {
        Way::Copy => end.poll_read(cx, &mut got),
        Way::Vectored => {
            let (first, second) = got.split_at_mut(most / 3);
            end.poll_read_vectored(cx, &mut [first, second])
        }
        Way::InPlace | Way::Loan => {
            got.clear();
            end.poll_read_in_place(cx, most, &mut |_, piece| {
                let len = piece.bytes.len();
                let used = if matches!(way, Way::Loan) { len.div_ceil(2) } else { len };
                got.extend_from_slice(&piece.bytes[..used]);
                Poll::Ready(Ok(used))
            })
        }
    };
    n.map(|n| {
        let n = n?;
        got.truncate(n);
        Ok(got)
    })
}

/// A pipe, the queue that it is compared with, and who waits at its ends.
struct Beside {
    reader: Option<Arc<dyn File>>,
    writer: Option<Arc<dyn File>>,
    model: VecDeque<u8>,
    next: u64,
    reader_waits: Option<Woken>,
    writer_waits: Option<Woken>,
    /// What the pipe was asked to hold, and whether that was ever changed.
    capacity: usize,
    changed: bool,
}

impl Beside {
    fn wrote(&mut self, bytes: &[u8]) {
        self.model.extend(bytes);
        self.next += bytes.len() as u64;
        self.writer_waits = None;
        if !bytes.is_empty()
            && let Some(waiter) = self.reader_waits.take()
        {
            assert_eq!(waiter.count(), 1, "bytes must wake the reader");
        }
    }

    fn got(&mut self, bytes: &[u8], most: usize) {
        let expected: Vec<u8> = self.model.drain(..bytes.len()).collect();
        assert!(bytes == expected, "the bytes differ");
        let at_end = self.writer.is_none() && self.model.is_empty();
        assert!(!bytes.is_empty() || most == 0 || at_end, "an end that is none");
        self.reader_waits = None;
        // A writer that waits for room for a loan, or for all of a short write, may have to wait on.
        if self.model.is_empty()
            && !bytes.is_empty()
            && let Some(waiter) = self.writer_waits.take()
        {
            assert!(waiter.count() > 0, "room must wake the writer");
        }
    }

    fn write(&mut self, way: Way, len: usize) {
        let Some(writer) = self.writer.clone() else { return };
        let bytes: Vec<u8> = (self.next..self.next + len as u64).map(byte_at).collect();
        let woken = Woken::new();
        match write(&*writer, &mut woken.context(), way, &bytes) {
            Poll::Ready(Ok(n)) => {
                assert!(n > 0 || len == 0);
                let whole = len <= self.capacity.min(PIPE_BUF) && !self.changed;
                assert!(n == len || !whole, "a short write is not split");
                self.wrote(&bytes[..n]);
            }
            Poll::Ready(Err(error)) => {
                assert_eq!(error, Errno::EPIPE);
                assert!(self.reader.is_none());
            }
            Poll::Pending => {
                assert!(self.reader.is_some(), "nobody reads");
                let loan = matches!(way, Way::Loan) && len >= LOAN_MIN;
                let needed = if len <= PIPE_BUF { len.min(self.capacity) } else { 1 };
                let full = loan || self.changed || self.model.len() + needed > self.capacity;
                assert!(full && !self.model.is_empty(), "there is room");
                self.writer_waits = Some(woken);
            }
        }
    }

    fn read(&mut self, way: Way, most: usize) {
        let Some(reader) = self.reader.clone() else { return };
        let woken = Woken::new();
        match read(&*reader, &mut woken.context(), way, most) {
            Poll::Ready(bytes) => self.got(&bytes.unwrap(), most),
            Poll::Pending => self.waits_for_bytes(woken),
        }
    }

    fn waits_for_bytes(&mut self, woken: Woken) {
        assert!(self.writer.is_some() && self.model.is_empty(), "there are bytes, or there is the end");
        self.reader_waits = Some(woken);
    }

    fn splice(&mut self, most: usize) {
        let Some(reader) = self.reader.clone() else { return };
        let (far, near) = files().unwrap();
        let woken = Woken::new();
        let polled = poll_splice(&*reader, &*near, &mut woken.context(), most);
        match polled.expect("pipes work in place") {
            Poll::Ready(n) => {
                let n = n.unwrap();
                let bytes = if n == 0 {
                    Vec::new()
                } else {
                    now(poll_fn(|cx| read(&*far, cx, Way::Copy, n))).unwrap()
                };
                assert_eq!(bytes.len(), n, "less came out than went in");
                self.got(&bytes, most);
            }
            Poll::Pending => self.waits_for_bytes(woken),
        }
    }
}

proptest! {
    /// Whatever the order and the ways: the bytes are those of a queue, and every call that waited is woken as
    /// soon as it need not wait any more.
    #[test]
    fn is_a_queue_with_two_ends(
        capacity in prop_oneof![1..20usize, Just(FIRST), FIRST + 1..3 * FIRST],
        steps in proptest::collection::vec(step(), 1..80),
    ) {
        let (reader, writer) = pipe(capacity).unwrap();
        let mut pipe = Beside {
            reader: Some(Arc::new(ReadEnd::new(reader))),
            writer: Some(Arc::new(WriteEnd::new(writer))),
            model: VecDeque::new(),
            next: 0,
            reader_waits: None,
            writer_waits: None,
            capacity,
            changed: false,
        };
        for step in steps {
            match step {
                Step::Write(way, len) => pipe.write(way, len),
                Step::Read(way, most) => pipe.read(way, most),
                Step::Splice(most) => pipe.splice(most),
                Step::SetCapacity(log) => {
                    if let Some(end) = &pipe.writer {
                        prop_assert_eq!(end.set_pipe_capacity(1 << log), Ok(1 << log));
                        (pipe.capacity, pipe.changed) = (1 << log, true);
                    }
                }
                Step::CloseRead => {
                    pipe.reader = None;
                    pipe.reader_waits = None;
                    if let Some(waiter) = pipe.writer_waits.take() {
                        prop_assert!(waiter.count() > 0, "closing must wake the writer");
                    }
                }
                Step::CloseWrite => {
                    pipe.writer = None;
                    pipe.writer_waits = None;
                    if let Some(waiter) = pipe.reader_waits.take() {
                        prop_assert_eq!(waiter.count(), 1, "closing must wake the reader");
                    }
                }
            }
        }
    }
}
