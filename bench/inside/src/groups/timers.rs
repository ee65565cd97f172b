//! Timers of the scheduler: what it takes to add, cancel and fire them, and how late they are.

use alloc::{boxed::Box, sync::Arc, vec::Vec};
use core::{
    future::{Future, poll_fn},
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
    task::Poll,
};

use pollux_executor::yield_now;
use pollux_shell::{env::Result, errno::Errno};

use super::{lost, no_memory};
use crate::meter::{Measured, Meter};

/// So many timers are added, and cancelled, between two readings of the clock.
const ADDED: usize = 256;
/// They are due after this, one each so many nanoseconds: some near, some far.
const SOON_NS: u64 = 10_000_000_000;
const APART_NS: u64 = 1_000_003;

/// So many timers are due at once.
const FIRED: usize = 64;
/// Their tasks have so long to begin to wait.
const DUE_NS: u64 = 5_000_000;

pub async fn add(meter: &Meter) -> Result<Measured> {
    add_and_cancel(meter, |added, _| added).await
}

pub async fn cancel(meter: &Meter) -> Result<Measured> {
    add_and_cancel(meter, |_, cancelled| cancelled).await
}

async fn add_and_cancel(meter: &Meter, which: impl Fn(u64, u64) -> u64) -> Result<Measured> {
    let executor = meter.executor();
    let mut delays = Vec::new();
    for _ in 0..meter.events_wanted() {
        let due = executor.now_ns() + SOON_NS;
        let timer = |nth| Box::pin(Some(executor.sleep_until(due + nth * APART_NS)));
        let mut timers: Vec<_> = (0..ADDED as u64).map(timer).collect();
        let begin = executor.now_ns();
        poll_fn(|cx| {
            for timer in &mut timers {
                // It is not due for long.
                let _ = timer.as_mut().as_pin_mut().map(|timer| timer.poll(cx));
            }
            Poll::Ready(())
        })
        .await;
        let added = executor.now_ns();
        timers.iter_mut().for_each(|timer| timer.as_mut().set(None));
        delays.push(which(added - begin, executor.now_ns() - added));
    }
    Ok(meter.events_of(&delays, ADDED))
}

/// All are due while this task computes; when it waits they are fired.
pub async fn fire(meter: &Meter) -> Result<Measured> {
    let executor = meter.executor();
    let measure = async move |wanted: usize| {
        let mut delays = Vec::new();
        for _ in 0..2 * wanted {
            let (waiting, due) = (Arc::new(AtomicUsize::new(0)), executor.now_ns() + DUE_NS);
            let mut tasks = Vec::new();
            for _ in 0..FIRED {
                let waiting = waiting.clone();
                let task = async move {
                    waiting.fetch_add(1, Relaxed);
                    executor.sleep_until(due).await;
                };
                tasks.push(executor.spawn_on(0, "timer", task).map_err(no_memory)?);
            }
            while waiting.load(Relaxed) < FIRED {
                yield_now().await;
            }
            let in_time = executor.now_ns() < due;
            while executor.now_ns() <= due {
                core::hint::spin_loop();
            }
            let begin = executor.now_ns();
            for task in tasks {
                task.await.map_err(lost)?;
            }
            if in_time {
                delays.push(executor.now_ns() - begin);
            }
            if delays.len() == wanted {
                return Ok(delays);
            }
        }
        // Half of the times they were due before they waited.
        Err(Errno::EIO)
    };
    let wanted = meter.events_wanted();
    let delays = executor.spawn_on(0, "measure", async move { measure(wanted).await }).map_err(no_memory)?;
    Ok(meter.events_of(&delays.await.map_err(lost)??, FIRED))
}

pub async fn late(meter: &Meter) -> Result<Measured> {
    let executor = meter.executor();
    let mut late = Vec::new();
    for _ in 0..meter.events_wanted() {
        let deadline = executor.now_ns() + 200_000;
        executor.sleep_until(deadline).await;
        late.push(executor.now_ns().saturating_sub(deadline));
    }
    Ok(meter.events(&late))
}
