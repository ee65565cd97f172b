//! What tasks cost in memory, and what happens when there is none.

#[path = "support/heap.rs"]
mod heap;
mod support;

use futures_util::future::poll_fn;
use heap::{heap_use, with_blocks_of, with_memory_for};
use pollux_executor::{Executor, JoinHandle, OutOfMemory, SpawnError, TaskSlot, yield_now};
use std::{
    pin::{Pin, pin},
    sync::{Arc, Mutex},
    task::{Context, Poll, Waker},
    time::Duration,
};
use support::{Puppet, Stage, interrupt, pass_time};

/// More than the largest cells that tasks share: what such a task takes, it gives back at once.
const LARGE: usize = 4000;

fn large() -> impl Future<Output = [u8; LARGE]> + Send {
    let data = [7; LARGE];
    async move {
        yield_now().await;
        data
    }
}

fn output<T>(handle: &mut JoinHandle<T>) -> Option<T> {
    match Pin::new(handle).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Some(output.unwrap()),
        Poll::Pending => None,
    }
}

/// Header, future and output are one block, from the spawn until the last reference goes.
#[test]
fn a_task_of_any_kind_is_one_allocation() {
    let stage = Stage::new(1);
    let executor = stage.executor;
    let scope = executor.scope().unwrap();
    // SAFETY: this thread plays the CPU, so all its ticks are its own.
    let local = unsafe { executor.local(0) };
    type Spawn<'a> = &'a dyn Fn() -> JoinHandle<[u8; LARGE]>;
    let kinds: [(&str, Spawn<'_>); 4] = [
        ("free", &|| executor.spawn("free", large()).unwrap()),
        ("pinned", &|| executor.spawn_on(0, "pinned", large()).unwrap()),
        ("local", &|| local.spawn("local", large()).unwrap()),
        ("in a scope", &|| scope.spawn("in a scope", large()).unwrap()),
    ];
    for (kind, spawn) in kinds {
        let mut task = None;
        let spawned = heap_use(|| task = Some(stage.on(0, spawn)));
        let ran = heap_use(|| stage.run(0));
        let taken = heap_use(|| assert_eq!(task.as_mut().and_then(output), Some([7; LARGE])));
        let ended = heap_use(|| stage.on(0, || drop(task)));
        assert_eq!([spawned, ran, taken, ended], [(1, 0), (0, 0), (0, 0), (0, 1)], "{kind}");
    }
}

/// (Miri has each task be an allocation of its own.)
#[cfg(not(miri))]
#[test]
fn small_tasks_share_allocations_and_use_them_again() {
    let stage = Stage::new(1);
    let spawn = || stage.executor.spawn("small", async { 1_u64 }).unwrap();
    let mut tasks = Vec::with_capacity(8);
    let first = heap_use(|| stage.on(0, || tasks.extend((0..8).map(|_| spawn()))));
    assert_eq!(first, (1, 0), "a chunk for all of them");
    stage.run(0);
    stage.on(0, || tasks.clear());
    let again = heap_use(|| {
        for _ in 0..100 {
            let mut task = stage.on(0, spawn);
            stage.run(0);
            assert_eq!(output(&mut task), Some(1));
            stage.on(0, || drop(task)); // to where the next one on this CPU comes from
        }
    });
    assert_eq!(again, (0, 0));
}

/// 32 cells of 256 bytes are the first chunk of 8 KiB, and so many the second. Then come 64 and 128, and 256 as often as needed: that is
/// 64 KiB, the most. Where there is no memory for so much at once, there may be for 32.
#[cfg(not(miri))]
#[test]
fn many_small_tasks_take_few_large_chunks_unless_memory_is_in_small_pieces() {
    const TASKS: usize = 2 * 32 + 64 + 128 + 5 * 256;
    let stage = Stage::new(1);
    let spawn = || stage.executor.spawn("small", async { [1_u8; 32] });
    let mut tasks = Vec::with_capacity(TASKS + 33);
    let fill = |tasks: &mut Vec<_>, n| {
        let used = heap_use(|| stage.on(0, || tasks.extend((0..n).flat_map(|_| spawn()))));
        (tasks.len(), used)
    };
    assert_eq!(fill(&mut tasks, TASKS), (TASKS, (9, 0)));
    let in_pieces = with_blocks_of(9000, || fill(&mut tasks, 33));
    assert_eq!(in_pieces, (TASKS + 33, (2, 0)));
    stage.run(0);
    let ended = heap_use(|| stage.on(0, || tasks.clear()));
    assert_eq!(ended, (0, 11 - 4 - 2), "four are kept empty, and this CPU keeps cells of two");
    assert_eq!(heap_use(|| stage.executor.trim()), (0, 4 + 2));
    assert_eq!(fill(&mut tasks, 64), (64, (2, 0)), "it begins with small ones again");
}

/// A foreign thread begins several cells at once, also of a chunk that has been empty and begins anew.
#[test]
fn chunks_that_were_empty_serve_foreign_threads_again() {
    let stage = Stage::new(1);
    for _ in 0..3 {
        let spawn = |n| stage.executor.spawn("small", async move { n }).unwrap();
        let mut tasks: Vec<_> = Stage::as_nobody(|| (0..600).map(spawn).collect());
        stage.run(0);
        assert!(tasks.iter_mut().map(output).eq((0..600).map(Some)));
        Stage::as_nobody(|| tasks.clear());
    }
}

#[test]
fn a_task_in_a_slot_allocates_nothing() {
    static SLOT: TaskSlot<2048> = TaskSlot::new();
    let stage = Stage::new(1);
    let used = heap_use(|| {
        for round in 0..3 {
            let future = async move {
                yield_now().await;
                round
            };
            let mut task = stage.executor.spawn_in(&SLOT, "static", future).unwrap();
            stage.run(0);
            assert_eq!(output(&mut task), Some(round));
        }
    });
    assert_eq!(used, (0, 0));
}

/// By another task, by itself, by a CPU between polls, by a handler, by a thread that is no CPU, and by a timer.
#[test]
fn a_wake_allocates_nothing_whoever_wakes() {
    let stage = Stage::new(2);
    let executor = stage.executor;
    let kept: Arc<Mutex<Option<Waker>>> = Arc::default();
    let (slot, theirs) = (kept.clone(), kept.clone());
    let woken = poll_fn(move |cx| {
        *slot.lock().unwrap() = Some(cx.waker().clone());
        Poll::<()>::Pending
    });
    let wakes = async move {
        loop {
            theirs.lock().unwrap().as_ref().inspect(|waker| waker.wake_by_ref());
            yield_now().await;
            executor.sleep(Duration::from_nanos(5)).await;
        }
    };
    let woken = stage.on(0, || executor.spawn("woken", woken).unwrap());
    let _wakes = stage.on(0, || executor.spawn("wakes", wakes).unwrap());
    stage.run(0);
    let polls = || {
        let mut polls = 0;
        executor.tasks(&mut |task| polls += if task.id == woken.id() { task.polls } else { 0 });
        polls
    };
    let (before, waker) = (polls(), kept.lock().unwrap().clone().unwrap());
    let used = heap_use(|| {
        for _ in 0..10 {
            pass_time(5);
            stage.run(0); // the timer, and the other task
            stage.on(0, || waker.wake_by_ref());
            stage.run(0);
            stage.on(0, || interrupt(|| waker.wake_by_ref()));
            stage.run(0);
            waker.wake_by_ref(); // now it is a foreign thread's
            stage.run(0);
        }
    });
    assert_eq!((used, polls() - before), ((0, 0), 40));
}

#[test]
fn a_spawn_without_memory_says_so_and_changes_nothing() {
    let stage = Stage::new(1);
    let executor = stage.executor;
    let (scope, counted) = (executor.scope().unwrap(), Arc::new(()));
    // SAFETY: this thread plays the CPU, so all its ticks are its own.
    let local = unsafe { executor.local(0) };
    let future = || {
        let counted = counted.clone();
        async move { drop(counted) }
    };
    let refused = |spawn: &dyn Fn() -> Option<OutOfMemory>| {
        let used = heap_use(|| {
            let error = with_memory_for(0, || stage.on(0, spawn));
            assert_eq!(error, Some(OutOfMemory));
        });
        assert_eq!(used, (0, 0), "it has not even tried something else");
        assert_eq!(Arc::strong_count(&counted), 1, "the future is dropped");
    };
    refused(&|| executor.spawn("free", future()).err());
    refused(&|| Stage::as_nobody(|| executor.spawn("outside", future()).err()));
    refused(&|| executor.spawn_on(0, "pinned", future()).err());
    refused(&|| local.spawn("local", future()).err());
    refused(&|| executor.scope().err());
    refused(&|| scope.child().err());
    refused(&|| match scope.spawn("in a scope", future()).err() {
        Some(SpawnError::OutOfMemory) => Some(OutOfMemory),
        _ => None,
    });
    assert_eq!(scope.tasks(), 0, "what was refused does not count");
    assert!(pin!(scope.join()).poll(&mut Context::from_waker(Waker::noop())).is_ready());
    let mut left = 0;
    executor.tasks(&mut |_| left += 1);
    assert_eq!(left, 0);
    let mut task = scope.spawn("in a scope", future()).unwrap();
    stage.run(0);
    assert_eq!(output(&mut task), Some(()), "there is memory again, and all is as before");
}

#[test]
fn of_many_tasks_those_run_for_which_there_was_memory() {
    let stage = Stage::new(1);
    let mut asked = 0;
    let futures = std::iter::from_fn(|| {
        asked += 1;
        Some(large())
    });
    let mut handles = Vec::with_capacity(8);
    let result = with_memory_for(3, || stage.executor.spawn_many("many", futures, &mut handles));
    assert_eq!((result, handles.len(), asked), (Err(OutOfMemory), 3, 4));
    stage.run(0);
    assert!(handles.iter_mut().all(|task| output(task).is_some()));
}

#[test]
fn an_executor_without_memory_says_so_and_keeps_nothing() {
    let platform: &'static Puppet = Box::leak(Box::default());
    let made = (0..100).find(|&allocations| {
        let mut error = None;
        let (allocated, freed) =
            heap_use(|| error = with_memory_for(allocations, || Executor::new(platform, 2).err()));
        assert_eq!(allocated, freed, "with memory for {allocations} allocations");
        assert!(matches!(error, None | Some(OutOfMemory)));
        error.is_none()
    });
    assert!(made.is_some_and(|allocations| allocations >= 3), "for the list of CPUs, and the wheel of each");
}
