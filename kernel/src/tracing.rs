//! What tracepoints ask of the machine.

use pollux_trace::{Block, Platform, Polled, samples};

use crate::{
    arch::{apic, clock, idt, pmu},
    backtrace, cpu, run,
};

struct Machine;

impl Platform for Machine {
    fn cpu(&self) -> usize {
        cpu::index()
    }

    fn ticks(&self) -> u64 {
        clock::tsc()
    }

    fn ns_of(&self, ticks: u64) -> u64 {
        clock::ns_at(ticks)
    }

    fn polled(&self, cpu: usize) -> Option<&'static Polled> {
        run::try_executor()?.polled(cpu)
    }

    fn adopt(&self, blocks: &'static [Block]) {
        cpu::set_trace_blocks(blocks);
    }

    /// Has every CPU set its counters, or its timer, anew: the latter as after a timer interrupt.
    fn rate_changed(&self) {
        pmu::set_rate(samples::rate());
        (0..cpu::count()).for_each(|cpu| apic::send(cpu, idt::TIMER));
    }

    fn stack(&self, frames: &mut [u64]) -> usize {
        backtrace::collect(None, frames)
    }
}

/// From now on tracepoints can be switched on, on a machine with so many CPUs.
pub fn init(cpus: usize) {
    pollux_trace::install(&Machine, cpus);
}
