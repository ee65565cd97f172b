//! Who runs the steps: criterion with its stopwatch, or a plain loop for a profiler.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use criterion::{BenchmarkGroup, Criterion, SamplingMode, measurement::WallTime};

use crate::workloads::Meter;

/// How long criterion measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    pub warm_up: Duration,
    pub measure: Duration,
}

/// How many samples criterion takes: the fewest it can. The passes are what gives certainty.
const SAMPLES: usize = 10;
/// Criterion's own estimates are not used, only its samples.
const RESAMPLES: usize = 1000;

/// Has a row measured by criterion, which leaves its samples under `folder`/`group`/`name`.
pub fn with_criterion(folder: &Path, group: &str, name: &str, span: Span, f: impl FnOnce(&mut dyn Meter)) {
    let mut criterion = Criterion::default()
        .output_directory(folder)
        .without_plots()
        .sample_size(SAMPLES)
        .nresamples(RESAMPLES)
        .warm_up_time(span.warm_up)
        .measurement_time(span.measure);
    let mut group = criterion.benchmark_group(group);
    group.sampling_mode(SamplingMode::Flat);
    f(&mut Stopwatch { group, name });
}

struct Stopwatch<'a> {
    group: BenchmarkGroup<'a, WallTime>,
    name: &'a str,
}

impl Meter for Stopwatch<'_> {
    fn measure_tidied(&mut self, step: &mut dyn FnMut(), tidy_every: u64, tidy: &mut dyn FnMut()) {
        self.group.bench_function(self.name, |bencher| {
            bencher.iter_custom(|steps| {
                let (mut left, mut spent) = (steps, Duration::ZERO);
                while left > 0 {
                    let now = left.min(tidy_every);
                    let began = Instant::now();
                    for _ in 0..now {
                        step();
                    }
                    spent += began.elapsed();
                    tidy();
                    left -= now;
                }
                spent
            });
        });
    }
}

/// So many steps and no stopwatch.
pub struct Plain {
    pub steps: u64,
}

impl Meter for Plain {
    fn measure_tidied(&mut self, step: &mut dyn FnMut(), tidy_every: u64, tidy: &mut dyn FnMut()) {
        for done in 1..=self.steps {
            step();
            if done % tidy_every == 0 {
                tidy();
            }
        }
        tidy();
    }
}
