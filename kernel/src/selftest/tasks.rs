//! Kinds of tasks and the supervisor, on the machine.

use alloc::{format, rc::Rc};
use core::{
    cell::Cell,
    sync::atomic::{AtomicBool, Ordering},
};

use pollux_executor::{Executor, TaskSlot, yield_now};

use super::Outcome;
use crate::{check, cpu, mem::heap, run};

pub async fn a_task_in_a_static_slot_allocates_nothing(executor: &'static Executor) -> Outcome {
    static SLOT: TaskSlot<1024> = TaskSlot::new();
    let mut taken = usize::MAX;
    for round in 0..3 {
        let future = async move {
            yield_now().await;
            round
        };
        let before = heap::usage().objects;
        let task = executor.spawn_in(&SLOT, "static", future);
        // Another CPU may do something at this moment, but not each time.
        taken = taken.min(heap::usage().objects.abs_diff(before));
        let task = task.map_err(|e| format!("round {round}: {e}"))?;
        check!(SLOT.is_taken(), "the slot is free while its task lives");
        check!(executor.spawn_in(&SLOT, "second", async {}).is_err(), "the slot took a second task");
        let end = task.await;
        check!(end == Ok(round), "the task ended with {end:?}");
    }
    check!(taken == 0, "{taken} bytes of the heap were taken");
    check!(!SLOT.is_taken(), "the slot is taken after its task has ended");
    Ok(())
}

pub async fn a_local_task_need_not_be_send(_: &'static Executor) -> Outcome {
    // The right to spawn is made and used between two awaits: on one CPU.
    let task = {
        let shared = Rc::new(Cell::new(0));
        let theirs = shared.clone();
        let here = cpu::index();
        run::local().spawn("local", async move {
            for _ in 0..10 {
                theirs.set(theirs.get() + 1);
                yield_now().await;
            }
            (theirs.get(), cpu::index() == here)
        })
    };
    let end = task.map_err(|e| format!("{e}"))?.await;
    check!(end == Ok((10, true)), "the task ended with {end:?}");
    Ok(())
}

/// A task spins in its poll until another one has run, which waits behind it on the same CPU: without the
/// supervisor, for ever.
pub async fn a_cpu_that_is_stuck_in_a_poll_loses_its_queue(executor: &'static Executor) -> Outcome {
    static RAN: AtomicBool = AtomicBool::new(false);
    if executor.cpus() == 1 {
        return Ok(()); // nobody could take the queue over
    }
    RAN.store(false, Ordering::Relaxed);
    let stuck = executor.spawn("stuck", async move {
        let behind = executor.spawn("behind", async { RAN.store(true, Ordering::Release) });
        while behind.is_ok() && !RAN.load(Ordering::Acquire) {
            core::hint::spin_loop();
        }
        behind.map(drop)
    });
    let end = stuck.map_err(|e| format!("{e}"))?.await;
    check!(end == Ok(Ok(())), "the task ended with {end:?}");
    Ok(())
}
