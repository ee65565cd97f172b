//! The side of a terminal where the person is: keys in, screen out.

use alloc::sync::Arc;
use core::{
    future::poll_fn,
    task::{Context, Poll, ready},
};
use pollux_executor::budget;
use pollux_shell::{
    env::{Job, Result, Signal, WindowSize},
    errno::Errno,
};
use pollux_trace::trace;

use super::{Programs, Shared, Slave, output::LOW_WATER};
use crate::waits::Wait;

/// How many keys are taken between two looks at the rest of the world.
const KEYS_AT_ONCE: usize = 256;

/// Dropping it hangs up: programs read end of file, writing fails, and the foreground job gets
/// [`Signal::Hup`].
pub struct Master {
    pub(super) shared: Arc<Shared>,
}

impl Master {
    /// The side of the programs: the handle that they have, or a new one. `EIO` when the master is gone.
    pub fn open_slave(&self) -> Result<Arc<Slave>> {
        self.shared.open_slave()
    }

    /// Types `keys`. Waits while the program that should read them does not; `EIO` when no slave is left.
    pub async fn write_input(&self, keys: &[u8]) -> Result<()> {
        let mut typed = 0;
        while typed < keys.len() {
            typed += poll_fn(|cx| self.poll_input(cx, &keys[typed..])).await?;
        }
        Ok(())
    }

    /// Takes what is to be shown, at least one byte; 0 when no slave is left and all has been shown.
    pub async fn read_output(&self, buf: &mut [u8]) -> usize {
        poll_fn(|cx| self.poll_output(cx, buf)).await
    }

    /// See [`Self::write_input`]; says how many keys were taken.
    pub fn poll_input(&self, cx: &mut Context<'_>, keys: &[u8]) -> Poll<Result<usize>> {
        let mut guard = self.shared.state.lock();
        let state = &mut *guard;
        if matches!(state.programs, Programs::Gone) {
            return Poll::Ready(Err(Errno::EIO));
        }
        // Where there is no room, a key that signals is still found: it throws away what was typed before it.
        let skipped = if state.ldisc.has_room() { Some(0) } else { state.ldisc.next_signal(keys) };
        let Some(skipped) = skipped.filter(|_| !keys.is_empty()) else {
            if keys.is_empty() {
                return Poll::Ready(Ok(0));
            }
            self.shared.input_room.register(cx.waker());
            self.shared.waits(Wait::KeysRead).tell_of(cx, &self.shared);
            return Poll::Pending;
        };
        ready!(budget::charge(cx));
        let keys = &keys[skipped..];
        let fed = state.ldisc.feed_all(&keys[..keys.len().min(KEYS_AT_ONCE)], &mut state.output);
        let job = if fed.signal.is_some() { state.foreground.clone() } else { None };
        let shows = state.output.is_ready();
        drop(guard);
        if fed.readable {
            self.shared.input_ready.wake_all();
        }
        if shows {
            self.shared.output_ready.wake_all();
        }
        if fed.signal.is_some() || fed.released {
            self.shared.output_room.wake_all();
        }
        if fed.signal.is_some() {
            self.shared.input_room.wake_all(); // what was typed ahead is gone
        }
        if let (Some(job), Some(signal)) = (job, fed.signal) {
            job.signal(signal);
        }
        trace!(PtyIn, self.shared.number.unwrap_or(u32::MAX), skipped + fed.taken);
        Poll::Ready(Ok(skipped + fed.taken))
    }

    /// See [`Self::read_output`].
    pub fn poll_output(&self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<usize> {
        let mut guard = self.shared.state.lock();
        let state = &mut *guard;
        if state.output.is_empty() && matches!(state.programs, Programs::Gone) {
            return Poll::Ready(0);
        }
        if !buf.is_empty() && !state.output.is_ready() {
            self.shared.output_ready.register(cx.waker());
            self.shared.waits(Wait::Output).tell_of(cx, &self.shared);
            return Poll::Pending;
        }
        ready!(budget::charge(cx));
        let before = state.output.len();
        let n = state.output.take(buf);
        let left = state.output.len();
        drop(guard);
        if (left <= LOW_WATER && before > LOW_WATER) || left == 0 {
            self.shared.output_room.wake_all();
        }
        Poll::Ready(n)
    }

    /// Tells programs the size of the window from now on, and that it has changed.
    pub fn set_size(&self, size: WindowSize) {
        self.shared.set_size(size);
    }

    /// Sends a signal to the foreground job, if there is one.
    pub fn signal_foreground(&self, signal: Signal) {
        let job: Option<Arc<dyn Job>> = self.shared.state.lock().foreground.clone();
        if let Some(job) = job {
            job.signal(signal);
        }
    }
}

impl Drop for Master {
    fn drop(&mut self) {
        let (foreground, leader) = {
            let mut state = self.shared.state.lock();
            state.master_open = false;
            state.output.clear();
            (state.foreground.take(), state.leader.take())
        };
        self.shared.input_ready.wake_all();
        self.shared.output_room.wake_all();
        for job in foreground.into_iter().chain(leader) {
            job.signal(Signal::Hup);
            job.signal(Signal::Cont); // a stopped one hears of it as well
        }
    }
}
