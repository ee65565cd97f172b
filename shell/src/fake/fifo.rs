//! The fake's pipes with names.

use alloc::{sync::Arc, vec::Vec};
use core::{
    future::poll_fn,
    sync::atomic::Ordering::Relaxed,
    task::{Context, Poll, Waker},
};
use spin::Mutex;

use super::{
    Shared,
    node::Node,
    pipe::{ReadEnd, WriteEnd, parts},
};
use crate::{
    env::{File, Fill, Metadata, OpenFlags, Result, Take},
    errno::Errno,
};

/// How many have an end open, and how many ever had.
type Count = (usize, usize);

#[derive(Default)]
pub(super) struct Fifo {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    pipe: Option<(Arc<ReadEnd>, Arc<WriteEnd>)>,
    readers: Count,
    writers: Count,
    waiting: Vec<Waker>,
}

struct Open {
    fifo: Arc<Fifo>,
    node: Arc<Node>,
    read: Option<Arc<ReadEnd>>,
    write: Option<Arc<WriteEnd>>,
}

/// Opens it, when there is somebody at the other end.
pub(super) async fn open(
    fifo: &Arc<Fifo>,
    node: Arc<Node>,
    flags: OpenFlags,
    shared: &Arc<Shared>,
) -> Arc<dyn File> {
    let (reads, writes) = (flags.contains(OpenFlags::READ), flags.contains(OpenFlags::WRITE));
    let (open, before, woken) = {
        let mut state = fifo.state.lock();
        let capacity = shared.pipe_capacity.load(Relaxed);
        let (read, write) = state.pipe.get_or_insert_with(|| parts(capacity, shared)).clone();
        let before = (state.readers, state.writers);
        if reads {
            state.readers = (before.0.0 + 1, before.0.1 + 1);
            read.set_open(true);
        }
        if writes {
            state.writers = (before.1.0 + 1, before.1.1 + 1);
            write.set_open(true);
        }
        let (read, write) = (reads.then_some(read), writes.then_some(write));
        (Open { fifo: fifo.clone(), node, read, write }, before, core::mem::take(&mut state.waiting))
    };
    woken.into_iter().for_each(Waker::wake);
    poll_fn(|cx| {
        let mut state = fifo.state.lock();
        let met = match (reads, writes) {
            (true, false) => state.writers.0 > 0 || state.writers.1 > before.1.1,
            (false, true) => state.readers.0 > 0 || state.readers.1 > before.0.1,
            _ => true,
        };
        if met {
            return Poll::Ready(());
        }
        state.waiting.push(cx.waker().clone());
        Poll::Pending
    })
    .await;
    Arc::new(open)
}

impl Drop for Open {
    fn drop(&mut self) {
        let mut state = self.fifo.state.lock();
        if let Some(end) = &self.read {
            state.readers.0 -= 1;
            end.set_open(state.readers.0 > 0);
        }
        if let Some(end) = &self.write {
            state.writers.0 -= 1;
            end.set_open(state.writers.0 > 0);
        }
        if state.readers.0 + state.writers.0 == 0 {
            state.pipe = None;
        }
    }
}

impl Open {
    fn reader(&self) -> Result<&ReadEnd> {
        self.read.as_deref().ok_or(Errno::EBADF)
    }

    fn writer(&self) -> Result<&WriteEnd> {
        self.write.as_deref().ok_or(Errno::EBADF)
    }
}

impl File for Open {
    fn poll_read(&self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<Result<usize>> {
        self.reader()?.poll_read(cx, buf)
    }

    fn poll_write(&self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<Result<usize>> {
        self.writer()?.poll_write(cx, buf)
    }

    fn reads_in_place(&self) -> bool {
        self.read.is_some()
    }

    fn poll_read_in_place(&self, cx: &mut Context<'_>, most: usize, take: Take<'_>) -> Poll<Result<usize>> {
        self.reader()?.poll_read_in_place(cx, most, take)
    }

    fn writes_in_place(&self) -> bool {
        self.write.is_some()
    }

    fn poll_write_in_place(&self, cx: &mut Context<'_>, most: usize, fill: Fill<'_>) -> Poll<Result<usize>> {
        self.writer()?.poll_write_in_place(cx, most, fill)
    }

    fn metadata(&self) -> Result<Metadata> {
        Ok(self.node.metadata())
    }
}
