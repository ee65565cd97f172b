//! Tests that need the machine: they run in the guest, and report over the launcher's channel.
//!
//! The launcher passes a filter: `all`, or a part of a name. Each test is announced before it runs, so that one
//! which ends the machine is known by name.

mod counts;
mod cpus;
mod interrupts;
mod memory;
mod panics;
mod tasks;

use alloc::{boxed::Box, format, string::String, vec::Vec};
use core::{future::Future, pin::Pin};

use pollux_executor::Executor;
use pollux_shell::env::Power;

use crate::{dev::channel, init};

/// What a test answers: nothing, or what was wrong.
pub type Outcome = Result<(), String>;
/// A test's future.
pub type Running = Pin<Box<dyn Future<Output = Outcome> + Send>>;

/// A test by name.
struct Test {
    name: &'static str,
    run: fn(&'static Executor) -> Running,
    /// Left out unless the filter names it: it measures, and means something under instruction counting only.
    on_request: bool,
}

macro_rules! tests {
    ($($module:ident::$name:ident),* $(,)? ; on request: $($wanted_module:ident::$wanted:ident),*) => {
        &[
            $(Test { name: stringify!($name), run: |executor| Box::pin($module::$name(executor)), on_request: false },)*
            $(Test {
                name: stringify!($wanted),
                run: |executor| Box::pin($wanted_module::$wanted(executor)),
                on_request: true,
            },)*
        ]
    };
}

const TESTS: &[Test] = tests![
    memory::no_page_is_writable_and_executable,
    memory::nothing_is_mapped_at_low_addresses,
    memory::guard_pages_are_not_mapped,
    memory::every_way_to_copy_copies,
    memory::running_out_of_memory_is_an_error_and_all_comes_back,
    memory::what_other_cpus_free_comes_back,
    memory::an_object_of_a_page_is_one_frame,
    memory::memory_for_devices_lies_where_they_can_reach_it,
    cpus::every_cpu_runs_tasks,
    cpus::clocks_agree_between_cpus,
    cpus::a_sleep_takes_one_timer_interrupt_and_never_ends_early,
    cpus::wakes_between_cpus_are_never_lost,
    interrupts::wakes_from_an_interrupt_storm_are_never_lost,
    interrupts::wakes_from_a_timer_storm_are_never_lost,
    interrupts::a_handler_may_drop_the_last_reference_to_a_task,
    tasks::a_task_in_a_static_slot_allocates_nothing,
    tasks::a_local_task_need_not_be_send,
    tasks::a_cpu_that_is_stuck_in_a_poll_loses_its_queue,
    panics::a_panic_ends_its_task_alone,
    panics::a_cancelled_task_is_dropped;
    on request: counts::instructions
];

/// Runs the tests that the filter names, then switches off: with status 0 when all passed.
pub async fn run(executor: &'static Executor, filter: &[u8]) {
    let filter = String::from_utf8_lossy(filter);
    let filter = filter.trim();
    let chosen: Vec<&Test> = TESTS
        .iter()
        .filter(|test| if filter == "all" { !test.on_request } else { test.name.contains(filter) })
        .collect();
    event(format!("plan {}", chosen.len())).await;
    let mut failed = 0;
    for test in chosen {
        event(format!("start {}", test.name)).await;
        match (test.run)(executor).await {
            Ok(()) => event(format!("pass {}", test.name)).await,
            Err(reason) => {
                failed += 1;
                event(format!("fail {} {reason}", test.name)).await;
            }
        }
    }
    event("done".into()).await;
    init::finish(Power::Off, u8::from(failed > 0)).await;
}

async fn event(text: String) {
    channel::send(b'T', text.as_bytes()).await;
}

/// Fails the test unless the condition holds.
#[macro_export]
macro_rules! check {
    ($condition:expr, $($why:tt)+) => {
        if !$condition {
            return Err(alloc::format!($($why)+));
        }
    };
}
