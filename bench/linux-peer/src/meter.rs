//! How a row is timed.

use std::{path::PathBuf, time::Instant};

use pollux_figures::Sampler;

use crate::Result;

/// What is slow is measured fewer times, but three at least, once it has taken so long.
const BUDGET_NS: u64 = 3_000_000_000;

/// A part takes at least so long: what it ends with, that one process tells another, takes up to some hundred microseconds.
const PART_NS: u64 = 20_000_000;

/// What a row gets.
pub struct Meter {
    pub busybox: PathBuf,
    pub samples: usize,
    clock_ns: u64,
}

/// What a row found.
pub struct Measured {
    /// Nanoseconds for each of what the name says.
    pub ns: Vec<f64>,
    /// How many bytes each moved, where that is what it is for.
    pub bytes: Option<u64>,
}

impl Meter {
    pub fn new(samples: usize, busybox: PathBuf) -> Meter {
        let clock_ns = (0..1000).map(|_| nanoseconds(Instant::now())).min();
        Meter { busybox, samples, clock_ns: clock_ns.unwrap_or(0) }
    }

    /// Measures `run(n)`, which does something `n` times: the time of one.
    pub fn each(&self, mut run: impl FnMut(u64) -> Result<()>) -> Result<Measured> {
        self.sample(Sampler::new(self.samples, self.clock_ns), |times| {
            let start = Instant::now();
            run(times)?;
            Ok(nanoseconds(start))
        })
    }

    /// Measures the part of `run(n)` that does something `n` times, which it times itself: a process is started in
    /// milliseconds, and how fast a pipe is shall not depend on that.
    pub fn parts(&self, run: impl FnMut(u64) -> Result<u64>) -> Result<Measured> {
        self.sample(Sampler::new(self.samples, self.clock_ns).of_at_least(PART_NS), run)
    }

    /// How long one of many parts takes, without the clock's own time.
    pub fn part(&self, run: impl FnOnce() -> Result<()>) -> Result<u64> {
        let start = Instant::now();
        run()?;
        Ok(nanoseconds(start).saturating_sub(self.clock_ns))
    }

    fn sample(&self, sampler: Sampler, mut run: impl FnMut(u64) -> Result<u64>) -> Result<Measured> {
        let mut sampler = sampler.within(BUDGET_NS);
        while let Some(times) = sampler.next_run() {
            sampler.took(run(times)?);
        }
        Ok(Measured { ns: sampler.samples(), bytes: None })
    }
}

impl Measured {
    /// Each moved so many bytes.
    pub fn moving(self, bytes: usize) -> Measured {
        Measured { bytes: Some(bytes as u64), ..self }
    }
}

/// Since then.
pub fn nanoseconds(start: Instant) -> u64 {
    start.elapsed().as_nanos() as u64
}
