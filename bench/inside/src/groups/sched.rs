//! The scheduler: spawning, waking, timers, and how they do under load.

use alloc::{sync::Arc, vec::Vec};
use core::{
    future::poll_fn,
    hint::black_box,
    sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    task::{Poll, Waker},
};

use pollux_core::pipe;
use pollux_executor::{
    JoinHandle,
    sync::{Lock, Notify},
    yield_now,
};
use pollux_shell::{
    env::Result,
    errno::Errno,
    fd::{Fd, FdTable},
    io::buffer,
};

use super::{lost, no_memory};
use crate::{
    hardware::hardware,
    meter::{Measured, Meter},
};

pub async fn spawn_join(meter: &Meter) -> Result<Measured> {
    let executor = meter.executor();
    meter
        .each(|times| async move {
            for _ in 0..times {
                executor.spawn("empty", async {}).map_err(no_memory)?.await.map_err(lost)?;
            }
            Ok(())
        })
        .await
}

pub async fn yields(meter: &Meter) -> Result<Measured> {
    meter
        .each(|times| async move {
            for _ in 0..times {
                yield_now().await;
            }
            Ok(())
        })
        .await
}

/// Two tasks wake each other in turn, on CPUs that are so far apart.
pub async fn wake(meter: &Meter, distance: usize) -> Result<Measured> {
    let executor = meter.executor();
    let cpus = executor.cpus();
    if distance >= cpus {
        return Err(Errno::ENODEV);
    }
    meter
        .each(|times| async move {
            let (ping, pong) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
            let rounds = times.div_ceil(2);
            let player = |cpu, mine: Arc<Notify>, other: Arc<Notify>| {
                let task = async move {
                    for _ in 0..rounds {
                        mine.notified().await;
                        other.notify_one();
                    }
                };
                executor.spawn_on(cpu, "player", task).map_err(no_memory)
            };
            let first = player(0, ping.clone(), pong.clone())?;
            let second = player(distance, pong, ping.clone())?;
            ping.notify_one();
            first.await.map_err(lost)?;
            second.await.map_err(lost)
        })
        .await
}

pub async fn wake_to_poll_idle(meter: &Meter) -> Result<Measured> {
    wake_to_poll(meter).await
}

pub async fn wake_to_poll_loaded(meter: &Meter) -> Result<Measured> {
    let executor = meter.executor();
    let stop = Stop(Arc::new(AtomicBool::new(false)));
    for _ in 0..8 {
        let stopped = stop.0.clone();
        let load = async move {
            while !stopped.load(Relaxed) {
                yield_now().await;
            }
        };
        // They end when the flag is set, which nobody waits for.
        drop(executor.spawn_on(executor.cpus() - 1, "load", load).map_err(no_memory)?);
    }
    wake_to_poll(meter).await
}

/// Ends the load when the benchmark ends, in whatever way.
struct Stop(Arc<AtomicBool>);

impl Drop for Stop {
    fn drop(&mut self) {
        self.0.store(true, Relaxed);
    }
}

/// A task on the first CPU wakes one on the last after a pause in which that CPU may fall asleep.
async fn wake_to_poll(meter: &Meter) -> Result<Measured> {
    let executor = meter.executor();
    if executor.cpus() == 1 {
        return Err(Errno::ENODEV);
    }
    let wanted = meter.events_wanted();
    let woken_at = Arc::new(AtomicU64::new(0));
    let (go, done) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let sleeper = {
        let (woken_at, go, done) = (woken_at.clone(), go.clone(), done.clone());
        let task = async move {
            let mut delays = Vec::new();
            for _ in 0..wanted {
                go.notified().await;
                delays.push(executor.now_ns() - woken_at.load(Relaxed));
                done.notify_one();
            }
            delays
        };
        executor.spawn_on(executor.cpus() - 1, "sleeper", task).map_err(no_memory)?
    };
    let waker = async move {
        for _ in 0..wanted {
            executor.sleep(core::time::Duration::from_micros(200)).await;
            woken_at.store(executor.now_ns(), Relaxed);
            go.notify_one();
            done.notified().await;
        }
    };
    executor.spawn_on(0, "waker", waker).map_err(no_memory)?.await.map_err(lost)?;
    Ok(meter.events(&sleeper.await.map_err(lost)?))
}

pub async fn interrupt_to_poll(meter: &Meter) -> Result<Measured> {
    let hardware = hardware()?;
    let executor = meter.executor();
    let wanted = meter.events_wanted();
    let (slot, done) = (Arc::new(Lock::new(None::<Waker>)), Arc::new(Notify::new()));
    let raised_at = Arc::new(AtomicU64::new(0));
    let sleeper = {
        let (slot, done, raised_at) = (slot.clone(), done.clone(), raised_at.clone());
        let task = async move {
            let mut delays = Vec::new();
            for _ in 0..wanted {
                poll_fn(|cx| match raised_at.swap(0, Relaxed) {
                    0 => {
                        // The old one is dropped outside the lock.
                        let _old = slot.lock().replace(cx.waker().clone());
                        Poll::Pending
                    }
                    at => {
                        delays.push(executor.now_ns() - at);
                        Poll::Ready(())
                    }
                })
                .await;
                done.notify_one();
            }
            delays
        };
        executor.spawn_on(0, "sleeper", task).map_err(no_memory)?
    };
    let raiser = async move {
        for _ in 0..wanted {
            // Until the sleeper waits.
            let waker = loop {
                if let Some(waker) = slot.lock().take() {
                    break waker;
                }
                yield_now().await;
            };
            raised_at.store(executor.now_ns(), Relaxed);
            hardware.interrupt_to_wake(&waker);
            done.notified().await;
        }
    };
    executor.spawn_on(0, "raiser", raiser).map_err(no_memory)?.await.map_err(lost)?;
    Ok(meter.events(&sleeper.await.map_err(lost)?))
}

/// A task spawns two and computes on: the second is kept for this CPU, and another CPU comes for the first.
pub async fn steal(meter: &Meter) -> Result<Measured> {
    const PATIENCE_NS: u64 = 20_000_000;
    let executor = meter.executor();
    if executor.cpus() == 1 {
        return Err(Errno::ENODEV);
    }
    let wanted = meter.events_wanted();
    let victim = async move {
        let mut delays = Vec::new();
        for _ in 0..2 * wanted {
            let (home, taken) = (executor.current_cpu(), Arc::new(AtomicU64::new(0)));
            let thief = taken.clone();
            let start = executor.now_ns();
            let stolen = async move {
                if executor.current_cpu() != home {
                    thief.store(executor.now_ns(), Relaxed);
                }
            };
            let stolen = executor.spawn("stolen", stolen).map_err(no_memory)?;
            let kept = executor.spawn("kept", async {}).map_err(no_memory)?;
            while taken.load(Relaxed) == 0 && executor.now_ns() - start < PATIENCE_NS {
                core::hint::spin_loop();
            }
            stolen.await.map_err(lost)?;
            kept.await.map_err(lost)?;
            if let at @ 1.. = taken.load(Relaxed) {
                delays.push(at - start);
            }
            if delays.len() == wanted {
                return Ok(delays);
            }
        }
        // Nobody came half of the times.
        Err(Errno::EIO)
    };
    let delays = executor.spawn_on(0, "victim", victim).map_err(no_memory)?.await.map_err(lost)??;
    Ok(meter.events(&delays))
}

pub async fn context1(meter: &Meter) -> Result<Measured> {
    super::pipe::round_trips(meter, 4).await
}

/// One group: every sender writes to every receiver, whose pipe all of them share.
pub async fn hackbench(meter: &Meter) -> Result<Measured> {
    const PEERS: usize = 10;
    const MESSAGES: usize = 20;
    const BYTES: usize = 100;
    let executor = meter.executor();
    let run = move |times| async move {
        for _ in 0..times {
            let mut tasks: Vec<JoinHandle<Result<()>>> = Vec::new();
            let mut ends = Vec::new();
            for _ in 0..PEERS {
                let (reader, writer) = pipe::files()?;
                ends.push(writer);
                let fds = Arc::new(FdTable::default());
                fds.set(0, reader)?;
                let receiver = async move {
                    let (input, mut message) = (Fd::new(&fds, 0), buffer(BYTES)?);
                    while input.read(&mut message).await? > 0 {}
                    Ok(())
                };
                tasks.push(executor.spawn("receiver", receiver).map_err(no_memory)?);
            }
            for _ in 0..PEERS {
                let fds = Arc::new(FdTable::default());
                for (number, end) in ends.iter().enumerate() {
                    fds.set(number, end.clone())?;
                }
                let sender = async move {
                    let message = buffer(BYTES)?;
                    for _ in 0..MESSAGES {
                        for number in 0..PEERS {
                            Fd::new(&fds, number).write_all(&message).await?;
                        }
                    }
                    Ok(())
                };
                tasks.push(executor.spawn("sender", sender).map_err(no_memory)?);
            }
            drop(ends);
            for task in tasks {
                task.await.map_err(lost)??;
            }
        }
        Ok(())
    };
    meter.each(run).await
}

/// A messenger wakes all workers, each of which computes for a while, and waits until all have.
pub async fn schbench(meter: &Meter) -> Result<Measured> {
    const WORKERS_A_CPU: usize = 4;
    const WORK_NS: u64 = 20_000;
    let executor = meter.executor();
    let workers = WORKERS_A_CPU * executor.cpus();
    let rounds = meter.events_wanted().div_ceil(workers);
    let woken_at = Arc::new(AtomicU64::new(0));
    let delays = Arc::new(Lock::new(Vec::new()));
    let done = Arc::new(Notify::new());
    let mut bells = Vec::new();
    for _ in 0..workers {
        let bell = Arc::new(Notify::new());
        bells.push(bell.clone());
        let (woken_at, delays, done) = (woken_at.clone(), delays.clone(), done.clone());
        let worker = async move {
            for _ in 0..rounds {
                bell.notified().await;
                let begin = executor.now_ns();
                delays.lock().push(begin - woken_at.load(Relaxed));
                while executor.now_ns() - begin < WORK_NS {
                    black_box(());
                }
                done.notify_one();
            }
        };
        drop(executor.spawn("worker", worker).map_err(no_memory)?);
    }
    for round in 1..=rounds {
        woken_at.store(executor.now_ns(), Relaxed);
        bells.iter().for_each(|bell| bell.notify_one());
        while delays.lock().len() < round * workers {
            done.notified().await;
        }
    }
    let delays = core::mem::take(&mut *delays.lock());
    Ok(meter.events(&delays))
}

/// On so many CPUs, or all of them.
pub async fn scale(meter: &Meter, cpus: Option<usize>) -> Result<Measured> {
    const STEPS: u64 = 1000;
    let executor = meter.executor();
    let cpus = cpus.unwrap_or(executor.cpus());
    if cpus > executor.cpus() {
        return Err(Errno::ENODEV);
    }
    meter
        .each(|times| async move {
            let mut tasks = Vec::new();
            for cpu in 0..cpus {
                let steps = async move {
                    for _ in 0..times * STEPS {
                        yield_now().await;
                    }
                };
                tasks.push(executor.spawn_on(cpu, "steps", steps).map_err(no_memory)?);
            }
            for task in tasks {
                task.await.map_err(lost)?;
            }
            Ok(())
        })
        .await
}
