//! The scheduler: starting, waking, sleeping, and how it does under load.

use std::{
    io::{Read, Write, pipe},
    thread,
    time::{Duration, Instant},
};

use crate::{
    Result,
    meter::{Measured, Meter, nanoseconds},
    process::{self, Place, Worker},
};

pub fn spawn_join(meter: &Meter) -> Result<Measured> {
    meter.each(|times| {
        for _ in 0..times {
            Worker::Thread(thread::Builder::new().spawn(|| Ok(()))?).wait()?;
        }
        Ok(())
    })
}

pub fn yields(meter: &Meter) -> Result<Measured> {
    meter.each(|times| {
        (0..times).for_each(|_| thread::yield_now());
        Ok(())
    })
}

/// Two threads wake each other in turn. Parking is a futex.
pub fn wake(meter: &Meter, place: Place) -> Result<Measured> {
    process::held(place, || {
        meter.each(|times| {
            let rounds = times.div_ceil(2);
            let first = thread::current();
            // Whose turn it is: a park may end without a wake.
            let turn = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
            let mine = |turn: &std::sync::atomic::AtomicBool, want| {
                while turn.load(std::sync::atomic::Ordering::Acquire) != want {
                    thread::park();
                }
            };
            let theirs = turn.clone();
            let answers = move |turn: std::sync::Arc<std::sync::atomic::AtomicBool>| {
                for _ in 0..rounds {
                    mine(&turn, true);
                    turn.store(false, std::sync::atomic::Ordering::Release);
                    first.unpark();
                }
                Ok(())
            };
            let (second, ()) = process::worker(place, theirs, (), answers)?;
            if let Worker::Thread(other) = &second {
                for _ in 0..rounds {
                    turn.store(true, std::sync::atomic::Ordering::Release);
                    other.thread().unpark();
                    mine(&turn, false);
                }
            }
            second.wait()
        })
    })
}

/// One group: every sender writes to every receiver, whose pipe all of them share.
pub fn hackbench(meter: &Meter) -> Result<Measured> {
    const PEERS: usize = 10;
    const MESSAGES: usize = 20;
    const BYTES: usize = 100;
    meter.each(|times| {
        for _ in 0..times {
            let mut workers = Vec::new();
            let mut ends = Vec::new();
            for _ in 0..PEERS {
                let (reader, writer) = pipe()?;
                ends.push(writer);
                let receives = |mut reader: std::io::PipeReader| {
                    let mut message = [0; BYTES];
                    while reader.read(&mut message)? > 0 {}
                    Ok(())
                };
                let worker;
                (worker, ends) = process::worker(Place::Process, reader, ends, receives)?;
                workers.push(worker);
            }
            for _ in 0..PEERS {
                let sends = || {
                    for _ in 0..MESSAGES {
                        for mut end in &ends {
                            end.write_all(&[0; BYTES])?;
                        }
                    }
                    Ok(())
                };
                workers.push(process::process(sends)?);
            }
            drop(ends);
            workers.into_iter().try_for_each(Worker::wait)?;
        }
        Ok(())
    })
}

pub fn timer_late(meter: &Meter) -> Result<Measured> {
    const SLEEP: Duration = Duration::from_micros(200);
    let late = |_| {
        let start = Instant::now();
        thread::sleep(SLEEP);
        nanoseconds(start).saturating_sub(SLEEP.as_nanos() as u64) as f64
    };
    // The first tenth is the warm-up.
    let warm_up = meter.samples.div_ceil(9);
    Ok(Measured { ns: (0..meter.samples + warm_up).map(late).skip(warm_up).collect(), bytes: None })
}
