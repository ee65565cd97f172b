//! The side of a terminal where the programs are: an open file with terminal controls.

use alloc::sync::Arc;
use core::{
    future::poll_fn,
    task::{Context, Poll, ready},
};
use pollux_executor::budget;
use pollux_shell::{
    env::{File, FileType, Job, Metadata, Modes, Result, Signal, Terminal, WindowSize},
    errno::Errno,
};

use super::{Shared, ldisc::Outcome, output::LIMIT};

/// Dropping the last handle lets the master read the rest of the output and then its end.
pub struct Slave {
    pub(super) shared: Arc<Shared>,
}

impl Slave {
    /// Waits until the console has taken all output (`tcdrain`), or has hung up.
    pub async fn drain(&self) {
        poll_fn(|cx| {
            let state = self.shared.state.lock();
            if state.output.is_empty() || !state.master_open {
                return Poll::Ready(());
            }
            self.shared.output_room.register(cx.waker());
            Poll::Pending
        })
        .await
    }
}

impl File for Slave {
    fn poll_read(&self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<Result<usize>> {
        if buf.is_empty() {
            return Poll::Ready(Ok(0));
        }
        let mut guard = self.shared.state.lock();
        let state = &mut *guard;
        if !state.ldisc.is_readable() {
            if !state.master_open {
                return Poll::Ready(Ok(0));
            }
            self.shared.input_ready.register(cx.waker());
            return Poll::Pending;
        }
        ready!(budget::charge(cx));
        let had_room = state.ldisc.has_room();
        let n = state.ldisc.read(buf).unwrap_or(0);
        let has_room = state.ldisc.has_room();
        let more = state.ldisc.is_readable();
        drop(guard);
        if has_room && !had_room {
            self.shared.input_room.wake_all();
        }
        if more {
            self.shared.input_ready.wake_all(); // another reader may have the next line
        }
        Poll::Ready(Ok(n))
    }

    fn poll_write(&self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<Result<usize>> {
        let mut guard = self.shared.state.lock();
        let state = &mut *guard;
        if !state.master_open {
            return Poll::Ready(Err(Errno::EIO));
        }
        if buf.is_empty() {
            return Poll::Ready(Ok(0));
        }
        if state.output.len() >= LIMIT {
            self.shared.output_room.register(cx.waker());
            return Poll::Pending;
        }
        ready!(budget::charge(cx));
        let n = state.output.write(state.ldisc.modes(), buf);
        let held = state.output.is_held();
        drop(guard);
        if !held {
            self.shared.output_ready.wake_all();
        }
        Poll::Ready(Ok(n))
    }

    fn metadata(&self) -> Result<Metadata> {
        Ok(Metadata::new(FileType::CharDevice, 0o620))
    }

    fn terminal(&self) -> Option<&dyn Terminal> {
        Some(self)
    }
}

impl Terminal for Slave {
    fn modes(&self) -> Modes {
        self.shared.state.lock().ldisc.modes()
    }

    fn set_modes(&self, modes: Modes) {
        let mut guard = self.shared.state.lock();
        let state = &mut *guard;
        let outcome = state.ldisc.set_modes(modes, &mut state.output);
        drop(guard);
        self.shared.input_room.wake_all(); // how much room there is depends on the mode
        match outcome {
            Outcome::Readable => self.shared.input_ready.wake_all(),
            Outcome::Released => {
                self.shared.input_ready.wake_all();
                self.shared.output_ready.wake_all();
                self.shared.output_room.wake_all();
            }
            Outcome::Nothing | Outcome::Signal(_) => {}
        }
    }

    fn size(&self) -> WindowSize {
        self.shared.state.lock().size
    }

    fn set_foreground(&self, job: Option<Arc<dyn Job>>) {
        let old = core::mem::replace(&mut self.shared.state.lock().foreground, job);
        drop(old); // outside the lock: it may be the last handle of a job
    }

    fn signal_foreground(&self, signal: Signal) {
        let job = self.shared.state.lock().foreground.clone();
        if let Some(job) = job {
            job.signal(signal);
        }
    }
}

impl Drop for Slave {
    fn drop(&mut self) {
        {
            let mut state = self.shared.state.lock();
            state.slave_open = false;
            state.output.hold(false); // nobody is left to type XON for
        }
        self.shared.output_ready.wake_all();
        self.shared.input_room.wake_all();
    }
}
