//! When a read without canonical mode is satisfied: the four cases of MIN and TIME (POSIX.1-2024 XBD 11.1.7).
//!
//! | | TIME > 0 | TIME = 0 |
//! |---|---|---|
//! | MIN > 0 | so many bytes, or the time since the last byte is over | so many bytes |
//! | MIN = 0 | a byte, or the time since the read began is over | at once |
//!
//! A read is a poll function and keeps nothing between two polls, so the timer is the terminal's. It belongs to the
//! task whose waker it was made with; for another one it begins anew.

use alloc::boxed::Box;
use core::{
    future::Future,
    pin::Pin,
    task::{Context, Waker},
    time::Duration,
};
use pollux_executor::Sleep;

use super::State;

/// The timer of a read that waits.
pub struct Timer {
    sleep: Pin<Box<Sleep>>,
    /// How many bytes there were when it began.
    waiting: usize,
    reader: Waker,
}

/// Whether a read of at most `len` bytes has what it waits for; if not, and a time bounds it, the task is woken
/// when that is over.
pub fn is_satisfied(state: &mut State, cx: &mut Context<'_>, len: usize) -> bool {
    if state.ldisc.modes().contains(pollux_shell::env::Modes::ICANON) {
        return state.ldisc.is_readable();
    }
    let characters = state.ldisc.attributes().characters;
    let (min, time) = (usize::from(characters.min), Duration::from_millis(100) * u32::from(characters.time));
    let waiting = state.ldisc.waiting();
    // After the last byte that will ever come, what there is must do.
    if waiting >= min.clamp(1, len) || (waiting > 0 && !state.master_open) {
        return true;
    }
    let Some(jobs) = state.jobs.as_ref().filter(|_| !time.is_zero()) else { return min == 0 };
    if min > 0 && waiting == 0 {
        return false; // the time begins with the first byte
    }
    let current =
        state.timer.take().filter(|timer| timer.waiting == waiting && timer.reader.will_wake(cx.waker()));
    let mut timer = current.unwrap_or_else(|| Timer {
        sleep: Box::pin(jobs.executor().sleep(time)),
        waiting,
        reader: cx.waker().clone(),
    });
    if timer.sleep.as_mut().poll(cx).is_ready() {
        return true;
    }
    state.timer = Some(timer);
    false
}

/// Whether a read has what it waits for, however much it asks for. One that waits for more bytes than one is left in doubt.
pub fn is_surely_satisfied(state: &State) -> bool {
    if state.ldisc.modes().contains(pollux_shell::env::Modes::ICANON) {
        return state.ldisc.is_readable() || !state.master_open;
    }
    let min = usize::from(state.ldisc.attributes().characters.min);
    (state.ldisc.waiting() >= min.max(1)) || !state.master_open
}
