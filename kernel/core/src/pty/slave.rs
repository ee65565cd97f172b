//! The side of a terminal where the programs are: an open file with terminal controls.

use alloc::sync::Arc;
use core::{
    future::poll_fn,
    task::{Context, Poll, ready},
};
use pollux_executor::budget;
use pollux_shell::{
    env::{Attributes, File, FileType, Job, Metadata, Modes, Result, Signal, Terminal, WindowSize},
    errno::Errno,
};

use bstr::BString;
use pollux_trace::trace;

use super::{Programs, Shared, output::LIMIT, timed};
use crate::{
    jobs::{Jobs, Use},
    waits::Wait,
};

/// Dropping the last handle lets the master read the rest of the output and then its end.
pub struct Slave {
    pub(super) shared: Arc<Shared>,
}

impl Slave {
    /// Gives it timers and job control. Those that `/dev/ptmx` makes have both.
    pub fn set_jobs(&self, jobs: &Arc<Jobs>) {
        self.shared.state.lock().jobs = Some(jobs.clone());
    }

    /// Ready when the task that calls may go on: it is no stage of a job in the background of this terminal.
    fn poll_use(&self, cx: &mut Context<'_>, signal: Signal) -> Poll<Result<()>> {
        let (jobs, foreground) = {
            let state = self.shared.state.lock();
            (state.jobs.clone(), state.foreground.clone())
        };
        let this = core::ptr::from_ref(self).cast();
        match jobs.map_or(Use::Free, |jobs| jobs.may_use(this, foreground.as_ref(), signal)) {
            Use::Free => Poll::Ready(Ok(())),
            Use::Refused => Poll::Ready(Err(Errno::EIO)),
            Use::Stopped => {
                // Held until the job goes on.
                cx.waker().wake_by_ref();
                Poll::Pending
            }
        }
    }

    /// Waits until the console has taken all output (`tcdrain`), or has hung up.
    pub async fn drain(&self) {
        poll_fn(|cx| {
            let state = self.shared.state.lock();
            if state.output.is_empty() || !state.master_open {
                return Poll::Ready(());
            }
            self.shared.output_room.register(cx.waker());
            self.shared.waits(Wait::Screen).tell_of(cx, &self.shared);
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
        ready!(self.poll_use(cx, Signal::Ttin))?;
        let mut guard = self.shared.state.lock();
        let state = &mut *guard;
        if !state.master_open && !state.ldisc.is_readable() {
            return Poll::Ready(Ok(0));
        }
        if !timed::is_satisfied(state, cx, buf.len()) {
            self.shared.input_ready.register(cx.waker());
            self.shared.waits(Wait::Keys).tell_of(cx, &self.shared);
            return Poll::Pending;
        }
        ready!(budget::charge(cx));
        state.timer = None;
        let had_room = state.ldisc.has_room();
        let n = state.ldisc.read(buf).unwrap_or(0);
        state.ldisc.control_flow(&mut state.output);
        let has_room = state.ldisc.has_room();
        let more = state.ldisc.is_readable();
        let shows = state.output.is_ready();
        drop(guard);
        if has_room && !had_room {
            self.shared.input_room.wake_all();
        }
        if more {
            self.shared.input_ready.wake_all(); // another reader may have the next line
        }
        if shows {
            self.shared.output_ready.wake_all();
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
        if state.ldisc.modes().contains(Modes::TOSTOP) {
            drop(guard);
            ready!(self.poll_use(cx, Signal::Ttou))?;
            guard = self.shared.state.lock();
        }
        let state = &mut *guard;
        if state.output.len() >= LIMIT {
            self.shared.output_room.register(cx.waker());
            self.shared.waits(Wait::Screen).tell_of(cx, &self.shared);
            return Poll::Pending;
        }
        ready!(budget::charge(cx));
        let n = state.output.write(state.ldisc.modes(), buf);
        state.written += n as u64;
        let held = state.output.is_held();
        drop(guard);
        trace!(PtyOut, self.shared.number.unwrap_or(u32::MAX), n);
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
    fn attributes(&self) -> Attributes {
        self.shared.attributes()
    }

    fn set_attributes(&self, attributes: Attributes) {
        self.shared.set_attributes(attributes);
    }

    fn size(&self) -> WindowSize {
        self.shared.size()
    }

    fn written(&self) -> u64 {
        self.shared.written()
    }

    fn set_size(&self, size: WindowSize) {
        self.shared.set_size(size);
    }

    fn poll_resized(&self, cx: &mut Context<'_>, last: WindowSize) -> Poll<WindowSize> {
        self.shared.poll_resized(cx, last)
    }

    fn set_foreground(&self, job: Option<Arc<dyn Job>>) {
        self.shared.set_foreground(job);
    }

    fn lead(&self, leader: Arc<dyn Job>) {
        let old = {
            let mut state = self.shared.state.lock();
            (state.leader.replace(leader.clone()), state.foreground.replace(leader))
        };
        drop(old); // outside the lock: they may be the last handles of jobs
    }

    fn poll_change(&self, cx: &mut Context<'_>) -> Poll<Result<()>> {
        self.poll_use(cx, Signal::Ttou)
    }

    fn name(&self) -> BString {
        match self.shared.number {
            Some(number) => alloc::format!("/dev/pts/{number}").into(),
            None => "/dev/console".into(),
        }
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
            // Unless it has been opened again since the last handle went.
            if let Programs::Open(slave) = &state.programs
                && core::ptr::eq(slave.as_ptr(), self)
            {
                state.programs = Programs::Gone;
                state.output.hold(false); // nobody is left to type START for
            }
        }
        self.shared.output_ready.wake_all();
        self.shared.input_room.wake_all();
    }
}
