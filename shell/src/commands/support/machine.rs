//! Moments of the whole machine, from `/proc/stat` and `/proc/meminfo`: what `top` and `vmstat` take the difference of.

use alloc::vec::Vec;
use core::time::Duration;

use super::proc;
use crate::{io::Ended, process::Process};

/// What one CPU has done since boot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cpu {
    pub polls: u64,
    pub wakes: u64,
    pub steals: u64,
    pub idle_us: u64,
}

/// The machine at one time.
#[derive(Clone, Debug, Default)]
pub struct Moment {
    /// Since boot.
    pub at: Duration,
    pub cpus: Vec<Cpu>,
    /// Memory in KiB.
    pub total: u64,
    pub free: u64,
    pub heap_used: u64,
}

impl Moment {
    /// Looks at the machine now.
    pub async fn now(p: &Process) -> Result<Moment, Ended> {
        let (stat, memory) = (proc::read(p, "/proc/stat").await?, proc::read(p, "/proc/meminfo").await?);
        let cpus = stat.lines().filter_map(cpu).collect();
        let fields = proc::fields(&memory);
        let kib = |name| proc::kib(&fields, name);
        let (total, free) = (kib("MemTotal"), kib("MemFree"));
        Ok(Moment { at: p.sys.uptime(), cpus, total, free, heap_used: kib("HeapUsed") })
    }

    /// Microseconds from another moment to this one, at least one.
    pub fn us_since(&self, before: &Moment) -> u64 {
        self.at.saturating_sub(before.at).as_micros().max(1) as u64
    }

    /// What a CPU has done since another moment.
    pub fn cpu_since(&self, before: &Moment, number: usize) -> Cpu {
        let (now, then) = (self.cpus[number], before.cpus.get(number).copied().unwrap_or_default());
        Cpu {
            polls: now.polls.saturating_sub(then.polls),
            wakes: now.wakes.saturating_sub(then.wakes),
            steals: now.steals.saturating_sub(then.steals),
            idle_us: now.idle_us.saturating_sub(then.idle_us),
        }
    }
}

/// A `sched` line of `/proc/stat`.
fn cpu(line: &str) -> Option<Cpu> {
    let mut numbers = line.strip_prefix("sched")?.split(' ').skip(1).map(str::parse);
    let mut next = || numbers.next()?.ok();
    Some(Cpu { polls: next()?, wakes: next()?, steals: next()?, idle_us: next()? })
}

/// How many CPUs there are.
pub async fn processors(p: &Process) -> Result<usize, Ended> {
    let text = proc::read(p, "/proc/cpuinfo").await?;
    Ok(text.lines().filter(|line| line.starts_with("processor")).count().max(1))
}

/// Tenths of a percent that a CPU was busy for, of `us` microseconds of which it was idle for `idle_us`.
pub fn busy_tenths(us: u64, idle_us: u64) -> u64 {
    us.saturating_sub(idle_us) * 1000 / us.max(1)
}
