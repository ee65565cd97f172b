//! Everything that was seen of a running guest, and waiting for more.

use std::{
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use crate::{channel, verdict::Exit};

/// What the guest and QEMU have said so far.
#[derive(Debug, Default)]
pub struct Seen {
    /// Every byte of the console.
    pub console: Vec<u8>,
    /// Everything that came over the channel.
    pub events: Vec<channel::Event>,
    /// The reason of QEMU's SHUTDOWN event.
    pub shutdown: Option<String>,
    /// How QEMU ended.
    pub exit: Option<Exit>,
    /// How many lines (console, channel, control) are closed.
    pub closed: usize,
}

/// The console, the channel and the control line.
const LINES: usize = 3;

impl Seen {
    /// Whether nothing more can come.
    pub fn is_over(&self) -> bool {
        self.exit.is_some() && self.closed == LINES
    }
}

/// The record of a guest, filled by the threads that listen to it.
#[derive(Clone, Debug, Default)]
pub struct Record(Arc<(Mutex<Seen>, Condvar)>);

/// Why waiting ended without the thing that was waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missed {
    /// The guest is over.
    Over,
    /// The time is over.
    Time,
}

impl Record {
    /// Writes something down.
    pub fn note(&self, change: impl FnOnce(&mut Seen)) {
        change(&mut self.look());
        self.0.1.notify_all();
    }

    /// What was seen so far.
    pub fn look(&self) -> MutexGuard<'_, Seen> {
        // A thread that panicked while it wrote has written whole values.
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until `found` finds something.
    pub fn wait<T>(&self, limit: Duration, mut found: impl FnMut(&Seen) -> Option<T>) -> Result<T, Missed> {
        let deadline = Instant::now() + limit;
        let mut seen = self.look();
        loop {
            if let Some(thing) = found(&seen) {
                return Ok(thing);
            }
            if seen.is_over() {
                return Err(Missed::Over);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(Missed::Time);
            }
            seen = self.0.1.wait_timeout(seen, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}
