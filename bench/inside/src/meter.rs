//! How often a workload runs, and what of the time counts.
//!
//! [`Meter::each`] is for what takes always the same steps: a sample is a run of as many as take [`SAMPLE_NS`], so that the
//! clock's own time and its grain do not show. [`Meter::events`] is for delays, each of which is a sample.
//! Both first run without measuring until the figures stand still, and take the time of the clock itself off.

use alloc::{sync::Arc, vec::Vec};
use core::future::Future;

use pollux_core::system::CoreSystem;
use pollux_executor::Executor;
use pollux_shell::{env::Result, process::Process};

/// A sample takes at least so long: a hundred times what it takes to start the tasks of a workload, which is in it.
const SAMPLE_NS: u64 = 2_000_000;
/// The warm-up ends when the medians of two groups of samples that follow each other differ by less than one in so many.
const STILL: f64 = 20.0;
/// So many samples are a group.
const GROUP: usize = 5;
/// How many groups the warm-up has at most.
const GROUPS: usize = 12;

/// What a benchmark gets.
pub struct Meter {
    pub system: Arc<CoreSystem>,
    /// The command that measures: its environment and its descriptors.
    pub process: Process,
    samples: usize,
    clock_ns: u64,
}

/// What a benchmark found.
pub struct Measured {
    /// Nanoseconds for each of what the name says.
    pub ns: Vec<f64>,
    /// How many bytes each moved, where that is what it is for.
    pub bytes: Option<u64>,
}

impl Meter {
    /// A meter that takes so many samples.
    pub fn new(system: Arc<CoreSystem>, process: Process, samples: usize) -> Meter {
        let clock = system.executor();
        let clock_ns = (0..1000)
            .map(|_| {
                let start = clock.now_ns();
                clock.now_ns() - start
            })
            .min();
        Meter { system, process, samples, clock_ns: clock_ns.unwrap_or(0) }
    }

    /// The time that reading the clock twice takes.
    pub fn clock_ns(&self) -> u64 {
        self.clock_ns
    }

    /// The executor on which all runs.
    pub fn executor(&self) -> &'static Executor {
        self.system.executor()
    }

    /// Measures `run(n)`, which does something `n` times: the time of one.
    pub async fn each<F: Future<Output = Result<()>>>(
        &self,
        mut run: impl FnMut(u64) -> F,
    ) -> Result<Measured> {
        let mut times = 1;
        // The best of three, since what disturbs one would make all samples too short.
        while {
            let mut took = f64::INFINITY;
            for _ in 0..3 {
                took = self.time(times, &mut run).await?.min(took);
            }
            took < SAMPLE_NS as f64
        } {
            times *= 2;
        }
        let mut before = f64::INFINITY;
        for _ in 0..GROUPS {
            let mut group = [0.0; GROUP];
            for sample in &mut group {
                *sample = self.time(times, &mut run).await?;
            }
            group.sort_by(f64::total_cmp);
            let median = group[GROUP / 2];
            if (median - before).abs() * STILL < before {
                break;
            }
            before = median;
        }
        let mut ns = Vec::with_capacity(self.samples);
        for _ in 0..self.samples {
            ns.push(self.time(times, &mut run).await? / times as f64);
        }
        Ok(Measured { ns, bytes: None })
    }

    /// The nanoseconds that `run(times)` takes.
    async fn time<F: Future<Output = Result<()>>>(
        &self,
        times: u64,
        run: &mut impl FnMut(u64) -> F,
    ) -> Result<f64> {
        let clock = self.executor();
        let start = clock.now_ns();
        run(times).await?;
        Ok((clock.now_ns() - start).saturating_sub(self.clock_ns) as f64)
    }

    /// Takes delays that a workload measured itself, in nanoseconds with the clock's own time in them. The first tenth is
    /// the warm-up.
    pub fn events(&self, delays_ns: &[u64]) -> Measured {
        let after = &delays_ns[delays_ns.len() / 10..];
        Measured { ns: after.iter().map(|ns| ns.saturating_sub(self.clock_ns) as f64).collect(), bytes: None }
    }

    /// How many delays [`Meter::events`] wants.
    pub fn events_wanted(&self) -> usize {
        self.samples + self.samples.div_ceil(9)
    }
}

impl Measured {
    /// Each moved so many bytes.
    pub fn moving(self, bytes: u64) -> Measured {
        Measured { bytes: Some(bytes), ..self }
    }
}
