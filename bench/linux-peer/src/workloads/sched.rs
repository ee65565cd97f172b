//! The scheduler: starting, waking, sleeping, and how it does under load.

use std::{
    io::{ErrorKind, PipeReader, PipeWriter, Read, Write, pipe},
    sync::{
        Arc,
        atomic::{
            AtomicBool,
            Ordering::{Acquire, Release},
        },
    },
    thread,
    time::{Duration, Instant},
};

use crate::{
    Result,
    meter::{Measured, Meter, nanoseconds},
    process::{self, Place, Told, Worker, tell},
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

/// Two threads wake each other in turn. Parking is a futex. The first two wakes are not timed: until then the other one may not
/// be there.
pub fn wake(meter: &Meter, place: Place) -> Result<Measured> {
    let run = |times: u64| {
        let rounds = times.div_ceil(2);
        let first = thread::current();
        // Whose turn it is: a park may end without a wake.
        let turn = Arc::new(AtomicBool::new(false));
        let answers = move |turn: Arc<AtomicBool>| {
            for _ in 0..=rounds {
                await_turn(&turn, true);
                turn.store(false, Release);
                first.unpark();
            }
            Ok(())
        };
        let (second, ()) = process::worker(place, turn.clone(), (), answers)?;
        let Worker::Thread(other) = &second else { return Err(ErrorKind::Unsupported.into()) };
        let mut start = Instant::now();
        for round in 0..=rounds {
            turn.store(true, Release);
            other.thread().unpark();
            await_turn(&turn, false);
            if round == 0 {
                start = Instant::now();
            }
        }
        let ns = nanoseconds(start);
        second.wait()?;
        // An odd number of wakes is one more.
        Ok(ns * times / (2 * rounds))
    };
    process::held(place, || meter.parts(run))
}

fn await_turn(turn: &AtomicBool, mine: bool) {
    while turn.load(Acquire) != mine {
        thread::park();
    }
}

/// One group: every sender writes to every receiver, whose pipe all of them share. Timed from when all are ready until all
/// receivers have everything.
pub fn hackbench(meter: &Meter) -> Result<Measured> {
    const PEERS: usize = 10;
    const MESSAGES: usize = 20;
    const BYTES: usize = 100;
    meter.parts(|times| {
        let mut told = Told::new()?;
        let mut workers = Vec::new();
        let mut ends = Vec::new();
        for _ in 0..PEERS {
            let (reader, writer) = pipe()?;
            ends.push(writer);
            let receives = move |(mut reader, mut line): (PipeReader, PipeWriter)| {
                let mut message = [0; BYTES];
                tell(&mut line)?;
                for _ in 0..times * (PEERS * MESSAGES) as u64 {
                    reader.read_exact(&mut message)?;
                }
                tell(&mut line)
            };
            let worker;
            (worker, ends) = process::worker(Place::Process, (reader, told.line()?), ends, receives)?;
            workers.push(worker);
        }
        // Nobody writes to it: all senders find its end at the same time.
        let (go, gate) = pipe()?;
        let mut gate = Some(gate);
        for _ in 0..PEERS {
            let mut line = told.line()?;
            let sends = || {
                drop(gate.take());
                tell(&mut line)?;
                (&go).read_to_end(&mut Vec::new())?;
                for _ in 0..times * MESSAGES as u64 {
                    for mut end in &ends {
                        end.write_all(&[0; BYTES])?;
                    }
                }
                Ok(())
            };
            workers.push(process::process(sends)?);
        }
        told.wait(2 * PEERS)?;
        let start = Instant::now();
        drop(gate);
        told.wait(PEERS)?;
        let ns = nanoseconds(start);
        drop(ends);
        workers.into_iter().try_for_each(Worker::wait)?;
        Ok(ns)
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
