//! A task's end that is not its own doing.

use alloc::{format, sync::Arc};
use core::future::pending;

use pollux_executor::{Executor, JoinError, yield_now};

use super::Outcome;
use crate::check;

pub async fn a_panic_ends_its_task_alone(executor: &'static Executor) -> Outcome {
    for round in 0..20 {
        let task = executor.spawn("panics", async move {
            yield_now().await;
            if round < 20 {
                panic!("on purpose, round {round}");
            }
        });
        match task.map_err(|e| format!("{e}"))?.await {
            Err(JoinError::Panicked(message)) => {
                check!(message.contains("on purpose, round"), "the message is {message:?}");
            }
            other => return Err(format!("the task ended with {other:?}")),
        }
    }
    // The CPUs go on: a task on each of them still runs.
    for cpu in 0..executor.cpus() {
        let task = executor.spawn_on(cpu, "alive", async { 7 }).map_err(|e| format!("{e}"))?;
        check!(task.await == Ok(7), "CPU {cpu} runs no tasks any more");
    }
    Ok(())
}

pub async fn a_cancelled_task_is_dropped(executor: &'static Executor) -> Outcome {
    let held = Arc::new(());
    let copy = held.clone();
    let task = executor.spawn("cancelled", async move {
        let _copy = copy;
        pending::<()>().await;
    });
    let task = task.map_err(|e| format!("{e}"))?;
    yield_now().await;
    task.cancel();
    let end = task.await;
    check!(end == Err(JoinError::Cancelled), "the task ended with {end:?}");
    check!(Arc::strong_count(&held) == 1, "the future was not dropped");
    Ok(())
}
