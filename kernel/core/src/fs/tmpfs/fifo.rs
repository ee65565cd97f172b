//! Pipes with names (POSIX.1-2024 XSH open, pipe): an inode that leads to a pipe while somebody has it open.
//!
//! ## Opening
//!
//! Who opens for reading counts as a reader from then on, and waits until a writer has come; the same the other way
//! round. So two who wait for each other both find the other. That a writer *has come* is what a reader waits for, not
//! that one is there: it may have written and gone before the reader runs again.
//!
//! Who gives up waiting is a reader (a writer) no longer: the claim is taken back when it is dropped. And the first poll
//! of an open that has to wait claims nothing, for there are callers that only ask whether it can be had at once
//! ([`System::try_open`]): a claim of theirs, taken back at once, would let another one's open succeed.
//!
//! The pipe, with what is in it, goes when nobody has it open.
//!
//! [`System::try_open`]: pollux_shell::env::System::try_open

use alloc::{boxed::Box, sync::Arc};
use core::{any::Any, future::poll_fn, task::Poll};
use pollux_executor::{sync::WakerSet, yield_now};
use pollux_shell::env::{Changes, FileType, Metadata, OpenFlags, Result};

use super::{Head, Tmpfs};
use crate::{
    asked::Asked,
    fs::{
        Lock,
        inode::{Answer, Inode, Opened, now},
    },
    pipe::{self, ReadEnd, WriteEnd},
    waits::Wait,
};

/// A pipe with a name.
pub(in crate::fs) struct Fifo {
    pub(super) head: Head,
    state: Lock<State>,
    /// Who waits for a reader or a writer.
    waiting: WakerSet,
}

#[derive(Default)]
struct State {
    pipe: Option<(Arc<ReadEnd>, Arc<WriteEnd>)>,
    readers: Count,
    writers: Count,
}

/// Those who have an end open.
#[derive(Clone, Copy, Default)]
struct Count {
    now: u32,
    /// How many there ever were.
    ever: u64,
}

impl Count {
    fn add(&mut self) {
        self.now += 1;
        self.ever += 1;
    }
}

impl Fifo {
    pub(super) fn new(fs: Arc<Tmpfs>, mode: u16) -> Result<Arc<Self>> {
        let head = Head::new(fs, 1, mode)?;
        Ok(Arc::new(Self { head, state: Lock::default(), waiting: WakerSet::new() }))
    }

    pub(super) fn stat(&self) -> Metadata {
        self.head.metadata(FileType::Pipe)
    }

    /// Whether an open like this succeeds at once.
    fn is_met(&self, flags: OpenFlags) -> bool {
        let state = self.state.lock();
        match (flags.contains(OpenFlags::READ), flags.contains(OpenFlags::WRITE)) {
            (true, false) => state.writers.now > 0,
            (false, true) => state.readers.now > 0,
            _ => true,
        }
    }

    /// Becomes a reader, a writer or both.
    fn claim(self: Arc<Self>, flags: OpenFlags) -> Result<(Opening, Count)> {
        let (reads, writes) = (flags.contains(OpenFlags::READ), flags.contains(OpenFlags::WRITE));
        let (opening, partners) = {
            let mut state = self.state.lock();
            let (read, write) = match &state.pipe {
                Some(pipe) => pipe.clone(),
                None => state.pipe.insert(pipe::parts()?).clone(),
            };
            let partners = if reads { state.writers } else { state.readers };
            if reads {
                state.readers.add();
                read.set_open(true);
            }
            if writes {
                state.writers.add();
                write.set_open(true);
            }
            let (read, write) = (reads.then_some(read), writes.then_some(write));
            (Opening { fifo: self.clone(), read, write }, partners)
        };
        self.waiting.wake_all();
        Ok((opening, partners))
    }

    /// Takes a claim back.
    fn leave(&self, reads: bool, writes: bool) {
        let gone = {
            let mut state = self.state.lock();
            state.readers.now -= u32::from(reads);
            state.writers.now -= u32::from(writes);
            if let Some((read, write)) = &state.pipe {
                if reads && state.readers.now == 0 {
                    read.set_open(false);
                }
                if writes && state.writers.now == 0 {
                    write.set_open(false);
                }
            }
            if state.readers.now + state.writers.now == 0 { state.pipe.take() } else { None }
        };
        drop(gone); // outside the lock
    }

    async fn open_end(self: Arc<Self>, flags: OpenFlags) -> Result<Opened> {
        if !self.is_met(flags) {
            yield_now().await; // see the module's text
        }
        let both = flags.contains(OpenFlags::READ | OpenFlags::WRITE);
        let (opening, before) = self.claim(flags)?;
        let fifo = &opening.fifo;
        let has_come = || {
            let state = fifo.state.lock();
            let partners = if opening.read.is_some() { state.writers } else { state.readers };
            both || partners.now > 0 || partners.ever > before.ever
        };
        poll_fn(|cx| {
            if !has_come() {
                fifo.waiting.register(cx.waker());
                if !has_come() {
                    opening.awaited().tell_of(cx, fifo);
                    return Poll::Pending;
                }
            }
            Poll::Ready(())
        })
        .await;
        Ok(Opened::Fifo(opening))
    }
}

impl Asked for Fifo {
    fn is_there(&self, wait: Wait) -> Option<bool> {
        let state = self.state.try_lock()?;
        match wait {
            Wait::PipeWriter(_) => Some(state.writers.now > 0),
            Wait::PipeReader(_) => Some(state.readers.now > 0),
            _ => None,
        }
    }
}

impl Inode for Fifo {
    fn kind(&self) -> FileType {
        FileType::Pipe
    }

    fn number(&self) -> u64 {
        self.head.number
    }

    fn metadata(&self) -> Metadata {
        self.stat()
    }

    fn open(self: Arc<Self>, flags: OpenFlags) -> Answer<'static, Opened> {
        Answer::Right(Box::pin(self.open_end(flags)))
    }

    fn change(&self, changes: &Changes) -> Answer<'_, ()> {
        self.head.change(changes);
        now(Ok(()))
    }

    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }
}

/// One end of a pipe with a name, or both, for as long as this lives.
pub struct Opening {
    fifo: Arc<Fifo>,
    /// The end that may be read, if it was opened for that.
    pub read: Option<Arc<ReadEnd>>,
    /// The end that may be written.
    pub write: Option<Arc<WriteEnd>>,
}

impl Opening {
    /// What an open waits for.
    fn awaited(&self) -> Wait {
        match (&self.read, &self.write) {
            (Some(end), _) => Wait::PipeWriter(end.number()),
            (None, end) => Wait::PipeReader(end.as_ref().map_or(0, |end| end.number())),
        }
    }

    /// What `fstat` tells.
    pub fn metadata(&self) -> Metadata {
        self.fifo.stat()
    }

    /// Notes that something was read.
    pub fn note_access(&self) {
        self.fifo.head.note_access();
    }

    /// Notes that something was written.
    pub fn touch(&self) {
        self.fifo.head.touch();
    }
}

impl Drop for Opening {
    fn drop(&mut self) {
        self.fifo.leave(self.read.is_some(), self.write.is_some());
        self.read.iter().for_each(|end| end.tell_closed());
        self.write.iter().for_each(|end| end.tell_closed());
    }
}
