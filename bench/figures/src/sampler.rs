//! How often a workload runs, and what of the time counts.
//!
//! ```text
//!   doubling -----------> warm-up -----------------> sampling --------> enough
//!   until a run takes     groups of 5, until two     as many as
//!   2 ms (best of 3)      medians are alike, or 12   are wanted
//! ```
//!
//! A sample is a run of as many as take 2 ms, so that the clock's own time and its grain do not show, nor the start
//! of the tasks. The time of the clock itself is taken off. A [`Sampler`] only decides; whoever has it asks
//! [`Sampler::next_run`], runs that, and tells how long it [took](Sampler::took).

use alloc::vec::Vec;

/// A sample takes at least so long: a hundred times what it takes to start the tasks of a workload, which is in it.
const SAMPLE_NS: u64 = 2_000_000;
/// The best of so many runs decides whether they are long enough: what disturbs one would make all samples too short.
const TRIES: u32 = 3;
/// The warm-up ends when the medians of two groups of samples that follow each other differ by less than one in so many.
const STILL: f64 = 20.0;
/// So many samples are a group.
const GROUP: usize = 5;
/// How many groups the warm-up has at most.
const GROUPS: usize = 12;

/// The fewest samples of what is slow.
const FEWEST: usize = 3;

/// Decides over the runs of one benchmark.
pub struct Sampler {
    clock_ns: u64,
    wanted: usize,
    sample_ns: u64,
    budget_ns: u64,
    spent_ns: u64,
    times: u64,
    phase: Phase,
}

enum Phase {
    Doubling { tries: u32, best: u64 },
    WarmUp { group: Vec<f64>, groups: usize, before: f64 },
    Sampling(Vec<f64>),
}

impl Sampler {
    /// Takes so many samples with a clock that needs so long to be read twice.
    pub fn new(samples: usize, clock_ns: u64) -> Sampler {
        Sampler {
            clock_ns,
            wanted: samples,
            sample_ns: SAMPLE_NS,
            budget_ns: u64::MAX,
            spent_ns: 0,
            times: 1,
            phase: Phase::Doubling { tries: 0, best: u64::MAX },
        }
    }

    /// A sample takes at least so long: for whom it takes long to begin.
    pub fn of_at_least(self, sample_ns: u64) -> Sampler {
        Sampler { sample_ns, ..self }
    }

    /// Once the runs have taken so long, they are warm, and three samples are enough: for what is slow.
    pub fn within(self, budget_ns: u64) -> Sampler {
        Sampler { budget_ns, ..self }
    }

    /// How often the workload shall run now; `None` when there are enough samples.
    pub fn next_run(&self) -> Option<u64> {
        match &self.phase {
            Phase::Sampling(samples) if samples.len() >= self.enough() => None,
            _ => Some(self.times),
        }
    }

    /// What was asked for took so long, with the clock's own time in it.
    pub fn took(&mut self, ns: u64) {
        let ns = ns.saturating_sub(self.clock_ns);
        self.spent_ns = self.spent_ns.saturating_add(ns);
        let enough_time = self.spent_ns > self.budget_ns;
        match &mut self.phase {
            Phase::Doubling { tries, best } => {
                *best = ns.min(*best);
                *tries += 1;
                if *best >= self.sample_ns && enough_time {
                    self.phase = Phase::Sampling(Vec::with_capacity(self.wanted));
                } else if *tries == TRIES && *best >= self.sample_ns {
                    self.phase = Phase::WarmUp { group: Vec::new(), groups: 0, before: f64::INFINITY };
                } else if *tries == TRIES {
                    self.times *= 2;
                    (*tries, *best) = (0, u64::MAX);
                }
            }
            Phase::WarmUp { group, groups, before } => {
                group.push(ns as f64);
                if group.len() == GROUP {
                    group.sort_by(f64::total_cmp);
                    let median = group[GROUP / 2];
                    let still = (median - *before).abs() * STILL < *before;
                    *before = median;
                    *groups += 1;
                    group.clear();
                    if still || *groups == GROUPS || enough_time {
                        self.phase = Phase::Sampling(Vec::with_capacity(self.wanted));
                    }
                }
            }
            Phase::Sampling(samples) => samples.push(ns as f64 / self.times as f64),
        }
    }

    /// The nanoseconds of one of what was measured, a sample each.
    pub fn samples(self) -> Vec<f64> {
        match self.phase {
            Phase::Sampling(samples) => samples,
            Phase::Doubling { .. } | Phase::WarmUp { .. } => Vec::new(),
        }
    }

    fn enough(&self) -> usize {
        if self.spent_ns > self.budget_ns { self.wanted.min(FEWEST) } else { self.wanted }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs until there are enough samples of what takes so long each time; the samples, and how many runs there were.
    fn sampled(mut sampler: Sampler, mut each_ns: impl FnMut(usize) -> u64) -> (Vec<f64>, usize) {
        let mut runs = 0;
        while let Some(times) = sampler.next_run() {
            sampler.took(10 + times * each_ns(runs));
            runs += 1;
        }
        (sampler.samples(), runs)
    }

    #[test]
    fn what_is_short_runs_often_and_the_clock_is_taken_off() {
        let mut sampler = Sampler::new(7, 10);
        while let Some(times) = sampler.next_run() {
            sampler.took(10 + times * 1000);
        }
        assert_eq!(sampler.times, 2048, "2 ms of what takes 1 us");
        assert_eq!(sampler.samples(), [1000.0; 7]);
    }

    #[test]
    fn a_sample_is_as_long_as_is_asked_for() {
        let mut sampler = Sampler::new(5, 10).of_at_least(20_000_000);
        while let Some(times) = sampler.next_run() {
            sampler.took(10 + times * 1000);
        }
        assert_eq!(sampler.times, 32768);
    }

    #[test]
    fn the_warm_up_ends_when_the_medians_stand_still() {
        // Three runs to find that one is long enough; three groups get faster, then two are alike.
        let (samples, runs) = sampled(Sampler::new(5, 10), |run| match run {
            0..8 => 9_000_000,
            8..13 => 7_000_000,
            13..18 => 5_000_000,
            _ => 3_000_000,
        });
        assert_eq!((samples, runs), ([3e6; 5].to_vec(), 3 + 5 * GROUP + 5));
    }

    #[test]
    fn the_warm_up_of_what_never_stands_still_has_an_end() {
        let (_, runs) = sampled(Sampler::new(5, 10), |run| 2_000_000 << (run % 10));
        assert_eq!(runs, 3 + GROUPS * GROUP + 5);
    }

    #[test]
    fn what_is_slow_is_measured_a_few_times_within_a_budget() {
        let (samples, runs) = sampled(Sampler::new(200, 10).within(1_000_000_000), |_| 900_000_000);
        assert_eq!((samples.len(), runs), (FEWEST, 2 + FEWEST));
    }
}
