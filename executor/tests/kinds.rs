//! Tasks in slots, tasks that are not `Send`, and what a snapshot tells of any.

mod support;

use futures_util::future::{pending, poll_fn};
use pollux_executor::{JoinError, JoinHandle, SlotTaken, TaskSlot, WokenBy, yield_now};
use std::{
    cell::Cell,
    pin::Pin,
    rc::Rc,
    sync::{Arc, Mutex},
    task::{Context, Poll, Waker},
    time::Duration,
};
use support::{Dropped, Stage, Trace, VECTOR, interrupt, pass_time};

fn output<T>(handle: &mut JoinHandle<T>) -> Option<T> {
    match Pin::new(handle).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Some(output.unwrap()),
        Poll::Pending => None,
    }
}

#[test]
fn a_slot_holds_one_task_at_a_time_and_is_free_after_the_last_reference() {
    static SLOT: TaskSlot<2048> = TaskSlot::new();
    let stage = Stage::new(1);
    let trace = Trace::default();
    for round in 0..3 {
        let guard = Dropped("future", trace.clone());
        let future = async move {
            yield_now().await;
            drop(guard);
            round
        };
        let mut task = stage.executor.spawn_in(&SLOT, "static", future).unwrap();
        assert_eq!(stage.executor.spawn_in(&SLOT, "second", async {}).err(), Some(SlotTaken));
        stage.run(0);
        assert_eq!(trace.take(), ["drop future"]);
        assert_eq!(output(&mut task), Some(round));
        assert!(SLOT.is_taken(), "the handle is a reference to it");
        drop(task);
        assert!(!SLOT.is_taken());
    }
}

#[test]
fn a_slot_whose_last_waker_goes_in_a_handler_is_freed_by_a_later_tick() {
    static SLOT: TaskSlot<2048> = TaskSlot::new();
    let stage = Stage::new(1);
    let kept: Arc<Mutex<Option<Waker>>> = Arc::default();
    let slot = kept.clone();
    let future = poll_fn(move |cx| {
        *slot.lock().unwrap() = Some(cx.waker().clone());
        Poll::Ready(())
    });
    drop(stage.executor.spawn_in(&SLOT, "static", future).unwrap());
    stage.run(0);
    let waker = kept.lock().unwrap().take();
    stage.on(0, || interrupt(|| drop(waker)));
    assert!(SLOT.is_taken(), "a handler frees nothing");
    stage.run(0);
    assert!(!SLOT.is_taken());
}

#[test]
fn a_local_task_shares_what_is_not_send_with_its_spawner() {
    let stage = Stage::new(2);
    // SAFETY: this thread plays both CPUs, so all ticks of CPU 1 are its own.
    let local = unsafe { stage.executor.local(1) };
    let shared = Rc::new(Cell::new(0));
    let theirs = shared.clone();
    let mut task = local
        .spawn("local", async move {
            for _ in 0..5 {
                theirs.set(theirs.get() + 1);
                yield_now().await;
            }
            support::here()
        })
        .unwrap();
    stage.run(0);
    assert_eq!(shared.get(), 0, "CPU 0 takes nothing of it");
    stage.run(1);
    assert_eq!((shared.get(), output(&mut task)), (5, Some(1)));
    assert_eq!(Rc::strong_count(&shared), 1, "the future is dropped");
}

#[test]
fn a_snapshot_tells_who_woke_a_task_how_long_it_waited_and_where_it_awaits() {
    let stage = Stage::new(1);
    let executor = stage.executor;
    let kept: Arc<Mutex<Option<Waker>>> = Arc::default();
    let slot = kept.clone();
    let future = poll_fn(move |cx| {
        *slot.lock().unwrap() = Some(cx.waker().clone());
        Poll::<()>::Pending
    });
    let _task = executor.spawn("sleepy", future).unwrap();
    assert_eq!(stage.info("sleepy").woken_by, WokenBy::Outside, "spawned by a thread that is no CPU");
    stage.run(0);
    let waker = kept.lock().unwrap().clone().unwrap();

    let by_handler = waker.clone();
    stage.on(0, || interrupt(|| by_handler.wake()));
    assert_eq!(stage.info("sleepy").woken_by, WokenBy::Interrupt { cpu: 0, vector: Some(VECTOR) });
    pass_time(4000);
    stage.run(0);
    let delays = stage.info("sleepy").delays;
    // 4000 ns are less than 1024 times 4, in bucket 1; the first poll came at once.
    assert_eq!((delays[0], delays[1], delays.iter().sum::<u64>()), (1, 1, 2));

    let by_task = waker.clone();
    let other = executor.spawn("other", async move { by_task.wake() }).unwrap();
    stage.run(0);
    assert_eq!(stage.info("sleepy").woken_by, WokenBy::Task(other.id()));

    // What a cancelled task drops may wake, too. It was not polled since the one before.
    struct WakesLast(Waker);
    impl Drop for WakesLast {
        fn drop(&mut self) {
            self.0.wake_by_ref();
        }
    }
    let guard = WakesLast(waker.clone());
    let cancelled = executor.spawn("cancelled", async move { drop(guard) }).unwrap();
    cancelled.cancel();
    stage.run(0);
    assert_eq!(stage.info("sleepy").woken_by, WokenBy::Task(cancelled.id()));

    let line = line!() + 2;
    let napping = async move {
        executor.sleep(Duration::from_secs(1)).await;
        waker.wake();
        pending::<()>().await;
    };
    let _napping = executor.spawn("napping", napping).unwrap();
    stage.run(0);
    assert_eq!(stage.info("napping").waits_at.map(|place| place.line()), Some(line));
    pass_time(1_000_000_000);
    stage.run(0);
    assert_eq!(stage.info("napping").woken_by, WokenBy::Cpu(0), "by a timer of the CPU");
    assert_eq!(stage.info("napping").waits_at, None, "`pending` does not tell where it is");
}

/// Wherever it is spawned: the place is that of the caller.
#[test]
fn a_task_of_any_kind_knows_where_it_was_spawned() {
    static SLOT: TaskSlot<2048> = TaskSlot::new();
    let stage = Stage::new(1);
    let executor = stage.executor;
    let scope = executor.scope().unwrap();
    // SAFETY: this thread plays the CPU, so all its ticks are its own.
    let local = unsafe { executor.local(0) };
    let mut many = Vec::new();
    let first = line!() + 1;
    let _free = executor.spawn("free", pending::<()>()).unwrap();
    let _pinned = executor.spawn_on(0, "pinned", pending::<()>()).unwrap();
    let _local = local.spawn("local", pending::<()>()).unwrap();
    let _in_scope = scope.spawn("in scope", pending::<()>()).unwrap();
    let _static = executor.spawn_in(&SLOT, "static", pending::<()>()).unwrap();
    executor.spawn_many("many", [pending::<()>()], &mut many).unwrap();
    for (name, line) in ["free", "pinned", "local", "in scope", "static", "many"].into_iter().zip(first..) {
        let place = stage.info(name).spawned_at;
        assert!(place.file().ends_with("kinds.rs"), "{name}: {place}");
        assert_eq!(place.line(), line, "{name}");
    }
}

#[test]
#[should_panic = "there are 2 CPUs, and no CPU 2"]
fn a_task_for_a_cpu_that_is_not_there_is_a_mistake() {
    let _ = Stage::new(2).executor.spawn_on(2, "nowhere", async {});
}

/// What a panic handler and an allocator may ask and do in the middle of anything.
#[test]
fn the_task_that_runs_can_be_asked_for_and_cancelled_from_within() {
    let stage = Stage::new(2);
    let (executor, trace) = (stage.executor, Trace::default());
    let (say, guard) = (trace.clone(), Dropped("it", trace.clone()));
    let future = async move {
        let _guard = guard;
        let id = executor.current_task(0).unwrap().id;
        assert!(executor.current_task(1).is_none() && executor.current_task(7).is_none());
        let mut seen = Vec::new();
        assert!(executor.try_tasks(&mut |task| seen.push(task.id)));
        assert_eq!(seen, [id]);
        executor.cancel_current();
        say.say("goes on to the end of the poll");
        yield_now().await;
        say.say("and no further");
    };
    assert_eq!(executor.polls_if_quiet(0), None, "CPU 1 is awake");
    stage.sleep(1);
    assert_eq!(executor.polls_if_quiet(0), Some(0));
    let mut task = stage.on(0, || executor.spawn("it", future)).unwrap();
    assert_eq!(executor.polls_if_quiet(0), None, "a task is queued");
    stage.run(0);
    assert_eq!(trace.take(), ["goes on to the end of the poll", "drop it"]);
    assert!(matches!(
        Pin::new(&mut task).poll(&mut Context::from_waker(Waker::noop())),
        Poll::Ready(Err(JoinError::Cancelled))
    ));
    assert!(executor.current_task(0).is_none());
    assert_eq!(executor.polls_if_quiet(0), None, "CPU 1 was kicked for the spawn");
    stage.wake_up(1);
    stage.run(1);
    stage.sleep(1);
    assert_eq!(executor.polls_if_quiet(0), Some(1));
    executor.cancel_current(); // nobody's: nothing happens
}
