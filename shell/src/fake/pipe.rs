//! The fake's pipes: a byte queue with a small capacity, end of file and broken pipe. Work in place happens outside the
//! lock, on bytes that are nowhere else meanwhile.

use alloc::{collections::VecDeque, sync::Arc, vec::Vec};
use core::task::{Context, Poll, Waker, ready};
use spin::Mutex;

use super::Shared;
use crate::{
    env::{File, FileType, Fill, Metadata, Piece, Result, Take},
    errno::Errno,
};

#[derive(Default)]
struct State {
    bytes: VecDeque<u8>,
    reader_gone: bool,
    writer_gone: bool,
    waiting: Vec<Waker>,
}

impl State {
    fn wait(&mut self, cx: &Context<'_>) {
        if !self.waiting.iter().any(|waker| waker.will_wake(cx.waker())) {
            self.waiting.push(cx.waker().clone());
        }
    }
}

struct Pipe {
    state: Mutex<State>,
    capacity: usize,
    shared: Arc<Shared>,
}

impl Pipe {
    /// Changes the state, then wakes everyone who waits for a change, outside the lock.
    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let (result, waiting) = {
            let mut state = self.state.lock();
            (change(&mut state), core::mem::take(&mut state.waiting))
        };
        waiting.into_iter().for_each(Waker::wake);
        result
    }
}

pub(super) struct ReadEnd(Arc<Pipe>);
pub(super) struct WriteEnd(Arc<Pipe>);

/// The ends of a pipe that nobody has open yet.
pub(super) fn parts(capacity: usize, shared: &Arc<Shared>) -> (Arc<ReadEnd>, Arc<WriteEnd>) {
    let state = Mutex::new(State { reader_gone: true, writer_gone: true, ..State::default() });
    let pipe = Arc::new(Pipe { state, capacity, shared: shared.clone() });
    (Arc::new(ReadEnd(pipe.clone())), Arc::new(WriteEnd(pipe)))
}

impl ReadEnd {
    pub fn set_open(&self, open: bool) {
        self.0.change(|state| state.reader_gone = !open);
    }
}

impl WriteEnd {
    pub fn set_open(&self, open: bool) {
        self.0.change(|state| state.writer_gone = !open);
    }
}

pub(super) fn pipe(capacity: usize, shared: &Arc<Shared>) -> (Arc<dyn File>, Arc<dyn File>) {
    let pipe = Arc::new(Pipe { state: Mutex::default(), capacity, shared: shared.clone() });
    (Arc::new(ReadEnd(pipe.clone())), Arc::new(WriteEnd(pipe)))
}

impl Drop for ReadEnd {
    fn drop(&mut self) {
        self.0.change(|state| state.reader_gone = true);
    }
}

impl Drop for WriteEnd {
    fn drop(&mut self) {
        self.0.change(|state| state.writer_gone = true);
    }
}

fn metadata() -> Metadata {
    Metadata::new(FileType::Pipe, 0o600)
}

impl ReadEnd {
    /// Waits for bytes or the end, unless nothing is `wanted`.
    fn poll_ready(&self, cx: &mut Context<'_>, wanted: usize) -> Poll<()> {
        ready!(self.0.shared.charge(cx));
        let mut state = self.0.state.lock();
        if state.bytes.is_empty() && !state.writer_gone && wanted > 0 {
            state.wait(cx);
            return Poll::Pending;
        }
        Poll::Ready(())
    }
}

impl WriteEnd {
    /// Waits for room, unless nothing is `wanted`; how much there is.
    fn poll_room(&self, cx: &mut Context<'_>, wanted: usize) -> Poll<Result<usize>> {
        ready!(self.0.shared.charge(cx));
        let mut state = self.0.state.lock();
        if state.reader_gone {
            return Poll::Ready(Err(Errno::EPIPE));
        }
        if state.bytes.len() == self.0.capacity && wanted > 0 {
            state.wait(cx);
            return Poll::Pending;
        }
        Poll::Ready(Ok(self.0.capacity - state.bytes.len()))
    }
}

impl File for ReadEnd {
    fn poll_read(&self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<Result<usize>> {
        ready!(self.poll_ready(cx, buf.len()));
        Poll::Ready(Ok(self.0.change(|state| {
            let n = buf.len().min(state.bytes.len());
            buf.iter_mut().zip(state.bytes.drain(..n)).for_each(|(to, from)| *to = from);
            n
        })))
    }

    fn poll_write(&self, _: &mut Context<'_>, _: &[u8]) -> Poll<Result<usize>> {
        Poll::Ready(Err(Errno::EBADF))
    }

    fn reads_in_place(&self) -> bool {
        true
    }

    fn lends(&self) -> bool {
        true
    }

    fn poll_read_in_place(&self, cx: &mut Context<'_>, most: usize, take: Take<'_>) -> Poll<Result<usize>> {
        ready!(self.poll_ready(cx, most));
        let mut bytes = core::mem::take(&mut self.0.state.lock().bytes);
        let first = bytes.as_slices().0;
        let piece = Piece { bytes: &first[..most.min(first.len())], lent: None };
        let answer = if piece.bytes.is_empty() { Poll::Ready(Ok(0)) } else { take(cx, piece) };
        if let Poll::Ready(Ok(used)) = answer {
            bytes.drain(..used);
        }
        let restore = |state: &mut State| {
            bytes.append(&mut state.bytes);
            state.bytes = bytes;
        };
        match answer {
            Poll::Ready(Ok(1..)) => self.0.change(restore),
            _ => restore(&mut self.0.state.lock()),
        }
        answer
    }

    fn metadata(&self) -> Result<Metadata> {
        Ok(metadata())
    }
}

impl File for WriteEnd {
    fn poll_read(&self, _: &mut Context<'_>, _: &mut [u8]) -> Poll<Result<usize>> {
        Poll::Ready(Err(Errno::EBADF))
    }

    fn poll_write(&self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<Result<usize>> {
        let n = buf.len().min(ready!(self.poll_room(cx, buf.len()))?);
        self.0.change(|state| state.bytes.extend(&buf[..n]));
        Poll::Ready(Ok(n))
    }

    fn writes_in_place(&self) -> bool {
        true
    }

    fn poll_write_in_place(&self, cx: &mut Context<'_>, most: usize, fill: Fill<'_>) -> Poll<Result<usize>> {
        let room = most.min(ready!(self.poll_room(cx, most))?);
        if room == 0 {
            return Poll::Ready(Ok(0));
        }
        let mut grant = alloc::vec![0xa5; room];
        let answer = fill(cx, &mut grant);
        if let Poll::Ready(Ok(filled @ 1..)) = answer {
            self.0.change(|state| state.bytes.extend(&grant[..filled]));
        }
        answer
    }

    fn metadata(&self) -> Result<Metadata> {
        Ok(metadata())
    }
}
