//! The fake's pipes: a byte queue with a small capacity, end of file and broken pipe.

use alloc::{collections::VecDeque, sync::Arc, vec::Vec};
use core::task::{Context, Poll, Waker, ready};
use spin::Mutex;

use super::Shared;
use crate::{
    env::{File, FileType, Metadata, Result},
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

struct ReadEnd(Arc<Pipe>);
struct WriteEnd(Arc<Pipe>);

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

impl File for ReadEnd {
    fn poll_read(&self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<Result<usize>> {
        ready!(self.0.shared.charge(cx));
        {
            let mut state = self.0.state.lock();
            if state.bytes.is_empty() && !state.writer_gone && !buf.is_empty() {
                state.wait(cx);
                return Poll::Pending;
            }
        }
        Poll::Ready(Ok(self.0.change(|state| {
            let n = buf.len().min(state.bytes.len());
            buf.iter_mut().zip(state.bytes.drain(..n)).for_each(|(to, from)| *to = from);
            n
        })))
    }

    fn poll_write(&self, _: &mut Context<'_>, _: &[u8]) -> Poll<Result<usize>> {
        Poll::Ready(Err(Errno::EBADF))
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
        ready!(self.0.shared.charge(cx));
        {
            let mut state = self.0.state.lock();
            if state.reader_gone {
                return Poll::Ready(Err(Errno::EPIPE));
            }
            if state.bytes.len() == self.0.capacity && !buf.is_empty() {
                state.wait(cx);
                return Poll::Pending;
            }
        }
        Poll::Ready(Ok(self.0.change(|state| {
            let n = buf.len().min(self.0.capacity - state.bytes.len());
            state.bytes.extend(&buf[..n]);
            n
        })))
    }

    fn metadata(&self) -> Result<Metadata> {
        Ok(metadata())
    }
}
