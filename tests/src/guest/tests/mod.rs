//! The tests, by what they are about.

mod bad_input;
mod bench;
mod cases;
mod console;
mod faults;
mod idle;
mod inspect;
mod keyboard;
mod memory;
mod perf;
mod pipelines;
pub(super) mod selftest;
mod streams;
mod terminal;

use super::{Group, Setup};

pub(super) fn groups() -> Vec<Group> {
    let selftest = |smp| Setup { selftest: Some("all"), ..Setup::shell(smp) };
    vec![
        Group::Sharing("console", Setup::shell(2), console::TESTS),
        Group::Sharing("keyboard", Setup::shell(2), keyboard::TESTS),
        Group::Sharing("idle", Setup::shell(2), idle::TESTS),
        Group::Sharing("1 CPU", Setup::shell(1), pipelines::ONE_CPU),
        Group::Sharing("2 CPUs", Setup::shell(2), pipelines::TWO_CPUS),
        Group::Sharing("4 CPUs", Setup::shell(4), pipelines::FOUR_CPUS),
        Group::Sharing("32 MiB", Setup { mem_mib: 32, ..Setup::shell(2) }, pipelines::SMALL),
        Group::Sharing("memory", Setup { mem_mib: 32, ..Setup::shell(2) }, memory::TESTS),
        Group::Sharing("bad input", Setup::shell(2), bad_input::TESTS),
        Group::Sharing("inspect", Setup { icount: true, ..Setup::shell(1) }, inspect::TESTS),
        Group::Sharing("debug build", Setup { debug: true, ..Setup::shell(2) }, pipelines::SMALL),
        Group::Sharing("debug build: inspect", Setup { debug: true, ..Setup::shell(2) }, inspect::DEBUG),
        Group::Sharing("debug build: faults", Setup { debug: true, ..Setup::shell(2) }, faults::DEBUG),
        Group::Apart("cases", cases::TESTS),
        Group::Apart("streams", streams::TESTS),
        Group::Apart("faults", faults::TESTS),
        Group::Apart("bench", bench::TESTS),
        Group::Apart("perf", perf::TESTS),
        Group::Apart("terminal", terminal::TESTS),
        Group::Inside(selftest(1)),
        Group::Inside(selftest(2)),
        Group::Inside(selftest(4)),
        Group::Inside(Setup { debug: true, ..selftest(2) }),
        Group::Inside(Setup { icount: true, selftest: Some("instructions"), ..Setup::shell(2) }),
    ]
}
