//! What tracepoints ask of the machine.

use pollux_trace::{Now, Platform, samples};

use crate::{
    arch::{apic, clock, idt, pmu},
    backtrace, cpu, run,
};

struct Machine;

impl Platform for Machine {
    fn cpu(&self) -> usize {
        cpu::index()
    }

    fn now(&self, cpu: usize) -> Now {
        let task = run::try_executor().and_then(|executor| executor.current_id(cpu));
        Now { task: task.map_or(0, |id| id.0 as u32), ticks: clock::tsc() }
    }

    fn ns_of(&self, ticks: u64) -> u64 {
        clock::ns_at(ticks)
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

pollux_trace::link!(Machine);

/// From now on tracepoints can be switched on, on a machine with so many CPUs.
pub fn init(cpus: usize) {
    pollux_trace::install(&Machine, cpus);
}
