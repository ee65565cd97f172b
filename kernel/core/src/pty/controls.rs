//! What both sides can set and ask: attributes, size, who is in the foreground, and the side of the programs itself.

use alloc::sync::Arc;
use core::task::{Context, Poll};
use pollux_shell::{
    env::{Attributes, Job, Result, Signal, WindowSize},
    errno::Errno,
};

use super::{Programs, Shared, Slave, ldisc::Outcome};

impl Shared {
    pub(super) fn open_slave(self: &Arc<Self>) -> Result<Arc<Slave>> {
        let mut state = self.state.lock();
        if !state.master_open {
            return Err(Errno::EIO);
        }
        if let Programs::Open(slave) = &state.programs
            && let Some(slave) = slave.upgrade()
        {
            return Ok(slave);
        }
        let slave = Arc::new(Slave { shared: self.clone() });
        state.programs = Programs::Open(Arc::downgrade(&slave));
        Ok(slave)
    }

    pub(super) fn set_size(&self, size: WindowSize) {
        let job = {
            let mut state = self.state.lock();
            if core::mem::replace(&mut state.size, size) == size {
                return;
            }
            state.foreground.clone()
        };
        self.resized.wake_all();
        if let Some(job) = job {
            job.signal(Signal::Winch);
        }
    }

    pub(super) fn attributes(&self) -> Attributes {
        self.state.lock().ldisc.attributes()
    }

    pub(super) fn set_attributes(&self, attributes: Attributes) {
        let mut guard = self.state.lock();
        let state = &mut *guard;
        let outcome = state.ldisc.set_attributes(attributes, &mut state.output);
        let shows = state.output.is_ready();
        state.timer = None;
        drop(guard);
        self.input_room.wake_all(); // how much room there is depends on the mode
        self.input_ready.wake_all(); // and so does how much a reader waits for
        if shows {
            self.output_ready.wake_all();
        }
        if outcome == Outcome::Released {
            self.output_room.wake_all();
        }
    }

    pub(super) fn size(&self) -> WindowSize {
        self.state.lock().size
    }

    pub(super) fn written(&self) -> u64 {
        self.state.lock().written
    }

    pub(super) fn poll_resized(&self, cx: &mut Context<'_>, last: WindowSize) -> Poll<WindowSize> {
        let state = self.state.lock();
        if state.size != last {
            return Poll::Ready(state.size);
        }
        self.resized.register(cx.waker());
        Poll::Pending
    }

    pub(super) fn set_foreground(&self, job: Option<Arc<dyn Job>>) {
        let old = core::mem::replace(&mut self.state.lock().foreground, job);
        drop(old); // outside the lock: it may be the last handle of a job
    }
}
