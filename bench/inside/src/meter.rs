//! What a workload gets, and how its runs are timed.
//!
//! [`Meter::each`] is for what takes always the same steps: a [`Sampler`] says how many of them are a run. [`Meter::events`] is
//! for delays, each of which is a sample.

use alloc::{sync::Arc, vec::Vec};
use core::future::Future;

use pollux_core::system::CoreSystem;
use pollux_executor::Executor;
use pollux_figures::Sampler;
use pollux_shell::{env::Result, process::Process};

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
        let clock = self.executor();
        let mut sampler = Sampler::new(self.samples, self.clock_ns);
        while let Some(times) = sampler.next_run() {
            let start = clock.now_ns();
            run(times).await?;
            sampler.took(clock.now_ns() - start);
        }
        Ok(Measured { ns: sampler.samples(), bytes: None })
    }

    /// Takes delays that a workload measured itself, in nanoseconds with the clock's own time in them. The first tenth is
    /// the warm-up.
    pub fn events(&self, delays_ns: &[u64]) -> Measured {
        self.events_of(delays_ns, 1)
    }

    /// The same, where each delay is that of so many.
    pub fn events_of(&self, delays_ns: &[u64], many: usize) -> Measured {
        let after = &delays_ns[delays_ns.len() / 10..];
        let each = |ns: &u64| ns.saturating_sub(self.clock_ns) as f64 / many as f64;
        Measured { ns: after.iter().map(each).collect(), bytes: None }
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
