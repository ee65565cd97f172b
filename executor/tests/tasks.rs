//! The life of a task, step by step: each expected line has its reason beside it.

mod support;

use futures_util::future::{pending, poll_fn};
use pollux_executor::{JoinError, JoinHandle, TaskState, Tick, yield_now};
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll, Waker},
};
use support::{Dropped, Stage, Trace, interrupt, pass_time};

/// A place for the waker of the poll that runs.
type Slot = Arc<Mutex<Option<Waker>>>;

/// A future that says each poll, leaves its waker, and is never ready.
fn waiting(trace: &Trace, slot: &Slot, name: &'static str) -> impl Future<Output = ()> + Send + use<> {
    let (trace, slot) = (trace.clone(), slot.clone());
    let dropped = Dropped(name, trace.clone());
    poll_fn(move |cx| {
        let _keep = &dropped;
        trace.say(name);
        *slot.lock().unwrap() = Some(cx.waker().clone());
        Poll::Pending
    })
}

fn look<T>(handle: &mut JoinHandle<T>) -> Poll<Result<T, JoinError>> {
    Pin::new(handle).poll(&mut Context::from_waker(Waker::noop()))
}

#[test]
fn a_task_gives_its_output_to_its_handle() {
    let stage = Stage::new(1);
    let mut handle = stage.executor.spawn("adder", async { 1 + 1 }).unwrap();
    assert!(look(&mut handle).is_pending());
    stage.run(0);
    assert!(handle.is_finished());
    assert_eq!(look(&mut handle), Poll::Ready(Ok(2)));
}

#[test]
fn a_task_that_waits_for_another_is_woken_by_its_end() {
    let stage = Stage::new(1);
    let inner = stage
        .executor
        .spawn("inner", async {
            yield_now().await;
            7
        })
        .unwrap();
    let mut outer = stage.executor.spawn("outer", async { inner.await.unwrap() + 1 }).unwrap();
    stage.run(0);
    assert_eq!(look(&mut outer), Poll::Ready(Ok(8)));
}

#[test]
fn a_wake_during_the_poll_means_one_more_poll_and_no_more() {
    let stage = Stage::new(1);
    let trace = Trace::default();
    let t = trace.clone();
    let mut first = true;
    let f = poll_fn(move |cx| {
        t.say("poll");
        if std::mem::take(&mut first) {
            cx.waker().wake_by_ref();
            cx.waker().wake_by_ref();
            interrupt(|| cx.waker().wake_by_ref());
        }
        Poll::<()>::Pending
    });
    let _handle = stage.executor.spawn("self-waker", f).unwrap();
    stage.run(0);
    assert_eq!(trace.take(), ["poll", "poll"]);
}

#[test]
fn a_wake_after_completion_does_nothing() {
    let stage = Stage::new(1);
    let slot = Slot::default();
    let s = slot.clone();
    let f = poll_fn(move |cx| {
        *s.lock().unwrap() = Some(cx.waker().clone());
        Poll::Ready(())
    });
    let handle = stage.executor.spawn("quick", f).unwrap();
    stage.run(0);
    assert!(handle.is_finished());
    slot.lock().unwrap().take().unwrap().wake();
    assert_eq!(stage.tick(0), Tick::Idle);
}

#[test]
fn a_cancelled_task_is_dropped_by_its_cpu_and_not_polled() {
    let stage = Stage::new(1);
    let (trace, slot) = (Trace::default(), Slot::default());
    let mut handle = stage.executor.spawn("a", waiting(&trace, &slot, "a")).unwrap();
    stage.run(0);
    handle.cancel();
    trace.say("cancelled");
    assert!(!handle.is_finished(), "cancel only asks");
    stage.run(0);
    // First its one poll; dropped by the tick, not by `cancel`.
    assert_eq!(trace.take(), ["a", "cancelled", "drop a"]);
    assert_eq!(look(&mut handle), Poll::Ready(Err(JoinError::Cancelled)));
}

#[test]
fn a_task_cancelled_before_its_first_poll_is_never_polled() {
    let stage = Stage::new(1);
    let (trace, slot) = (Trace::default(), Slot::default());
    let mut handle = stage.executor.spawn("a", waiting(&trace, &slot, "a")).unwrap();
    handle.cancel();
    handle.cancel();
    stage.run(0);
    assert_eq!(trace.take(), ["drop a"]);
    assert_eq!(look(&mut handle), Poll::Ready(Err(JoinError::Cancelled)));
}

#[test]
fn a_task_cancelled_during_its_poll_is_dropped_after_it() {
    let stage = Stage::new(1);
    let trace = Trace::default();
    let t = trace.clone();
    let own: Arc<Mutex<Option<JoinHandle<()>>>> = Arc::default();
    let me = own.clone();
    let dropped = Dropped("it", trace.clone());
    let f = poll_fn(move |_| {
        let _keep = &dropped;
        me.lock().unwrap().as_ref().unwrap().cancel();
        t.say("still polling");
        Poll::Pending
    });
    *own.lock().unwrap() = Some(stage.executor.spawn("it", f).unwrap());
    stage.run(0);
    assert_eq!(trace.take(), ["still polling", "drop it"]);
    let mut handle = own.lock().unwrap().take().unwrap();
    assert_eq!(look(&mut handle), Poll::Ready(Err(JoinError::Cancelled)));
}

/// Whoever cancels a task that runs may rely on it that nothing comes in between, on this CPU.
#[test]
fn a_task_cancelled_during_its_poll_is_dropped_before_any_other_has_its_turn() {
    let stage = Stage::new(1);
    let (trace, executor) = (Trace::default(), stage.executor);
    let (say, dropped) = (trace.clone(), Dropped("it", trace.clone()));
    let it = async move {
        let _keep = dropped;
        executor.cancel_current();
        say.say("still polling");
        yield_now().await;
    };
    let say = trace.clone();
    stage.on(0, || {
        drop(executor.spawn("it", it).unwrap());
        drop(executor.spawn("other", async move { say.say("other") }).unwrap());
    });
    stage.run(0);
    assert_eq!(trace.take(), ["still polling", "drop it", "other"]);
}

#[test]
fn a_task_that_is_ready_in_the_poll_that_cancels_it_has_an_output() {
    let stage = Stage::new(1);
    let own: Arc<Mutex<Option<JoinHandle<u8>>>> = Arc::default();
    let me = own.clone();
    let f = async move {
        me.lock().unwrap().as_ref().unwrap().cancel();
        9
    };
    *own.lock().unwrap() = Some(stage.executor.spawn("it", f).unwrap());
    stage.run(0);
    let mut handle = own.lock().unwrap().take().unwrap();
    assert_eq!(look(&mut handle), Poll::Ready(Ok(9)));
}

#[test]
fn a_panic_ends_its_task_and_no_other() {
    let stage = Stage::new(1);
    let trace = Trace::default();
    let dropped = Dropped("its value", trace.clone());
    let mut bad = stage
        .executor
        .spawn("bad", async move {
            let _keep = dropped;
            yield_now().await;
            panic!("on purpose");
        })
        .unwrap();
    let mut good = stage
        .executor
        .spawn("good", async {
            yield_now().await;
            yield_now().await;
            5
        })
        .unwrap();
    stage.run(0);
    assert_eq!(look(&mut bad), Poll::Ready(Err::<(), _>(JoinError::Panicked("on purpose".into()))));
    assert_eq!(look(&mut good), Poll::Ready(Ok(5)));
    assert_eq!(trace.take(), ["drop its value"]);
}

struct PanicsInDrop;
impl Drop for PanicsInDrop {
    fn drop(&mut self) {
        panic!("in drop");
    }
}

#[test]
fn a_panic_in_the_drop_of_a_cancelled_future_reaches_the_handle() {
    let stage = Stage::new(1);
    let bomb = PanicsInDrop;
    let mut handle = stage
        .executor
        .spawn("bomb", async move {
            let _keep = bomb;
            pending::<()>().await;
        })
        .unwrap();
    stage.run(0);
    handle.cancel();
    stage.run(0);
    assert_eq!(look(&mut handle), Poll::Ready(Err(JoinError::Panicked("in drop".into()))));
}

#[test]
fn a_panic_in_poll_and_then_in_drop_ends_the_task_once() {
    let stage = Stage::new(1);
    let bomb = PanicsInDrop;
    let mut handle = stage
        .executor
        .spawn("double", {
            let bomb = Mutex::new(Some(bomb));
            poll_fn(move |_| -> Poll<()> {
                let _keep = &bomb;
                panic!("in poll");
            })
        })
        .unwrap();
    stage.run(0);
    assert_eq!(look(&mut handle), Poll::Ready(Err(JoinError::Panicked("in drop".into()))));
    let mut left = 0;
    stage.executor.tasks(&mut |_| left += 1);
    assert_eq!(left, 0);
}

#[test]
fn a_panic_in_the_drop_of_an_output_that_nobody_wants_leaves_the_task_ended() {
    let stage = Stage::new(1);
    let scope = stage.executor.scope().unwrap();
    drop(scope.spawn("detached", async { PanicsInDrop }).unwrap());
    stage.run(0);
    let mut joined = std::pin::pin!(scope.join());
    assert!(joined.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready());
    let mut left = 0;
    stage.executor.tasks(&mut |_| left += 1);
    assert_eq!(left, 0);
}

#[test]
fn a_future_that_was_left_without_unwinding_is_forgotten() {
    let stage = Stage::new(1);
    let trace = Trace::default();
    let dropped = Dropped("it", trace.clone());
    let mut handle = stage
        .executor
        .spawn("left", {
            poll_fn(move |_| -> Poll<()> {
                let _keep = &dropped;
                panic!("left");
            })
        })
        .unwrap();
    stage.on(0, || {
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| stage.executor.tick(0))).unwrap_err();
        stage.executor.abandon_current(0, "gone".into(), pollux_executor::Abandoned::Leak);
    });
    assert_eq!(look(&mut handle), Poll::Ready(Err(JoinError::Panicked("gone".into()))));
    assert!(trace.take().is_empty(), "nothing may be dropped");
    assert_eq!(stage.tick(0), Tick::Idle);
}

#[test]
fn a_detached_task_runs_on_and_its_output_is_dropped() {
    let stage = Stage::new(1);
    let trace = Trace::default();
    let output = Dropped("output", trace.clone());
    let t = trace.clone();
    let handle = stage
        .executor
        .spawn("detached", async move {
            t.say("runs");
            output
        })
        .unwrap();
    drop(handle);
    stage.run(0);
    assert_eq!(trace.take(), ["runs", "drop output"]);
}

#[test]
fn an_output_is_dropped_with_its_handle_even_if_a_waker_lives_on() {
    let stage = Stage::new(1);
    let (trace, slot) = (Trace::default(), Slot::default());
    let s = slot.clone();
    let mut output = Some(Dropped("output", trace.clone()));
    let f = poll_fn(move |cx| {
        *s.lock().unwrap() = Some(cx.waker().clone());
        Poll::Ready(output.take())
    });
    let handle = stage.executor.spawn("it", f).unwrap();
    stage.run(0);
    assert!(trace.take().is_empty());
    drop(handle);
    assert_eq!(trace.take(), ["drop output"]);
}

#[test]
fn a_snapshot_says_what_each_task_is_doing() {
    let stage = Stage::new(2);
    let (trace, slot) = (Trace::default(), Slot::default());
    let _waiting = stage.executor.spawn_on(0, "waiting", waiting(&trace, &slot, "w")).unwrap();
    let scope = stage.executor.scope().unwrap();
    scope.stop();
    let _stopped = scope.spawn("stopped", async {}).unwrap();
    let executor = stage.executor;
    let found = Arc::new(Mutex::new(Vec::new()));
    let f = found.clone();
    let _looking = executor
        .spawn_on(0, "looking", async move {
            pass_time(50);
            executor.tasks(&mut |info| f.lock().unwrap().push((info.name.to_string(), info.state)));
            let me = executor.current_task(0).unwrap();
            assert_eq!((me.name.as_str(), me.polls, me.cpu), ("looking", 1, 0));
            assert!(me.spawned_at.file().ends_with("tests/tasks.rs"));
            yield_now().await;
            assert_eq!(executor.current_task(0).unwrap().longest_poll_ns, 50);
        })
        .unwrap();
    let _queued = stage.executor.spawn_on(1, "queued", async {}).unwrap();
    stage.run(0);
    let mut found = found.lock().unwrap().clone();
    found.sort_by(|a, b| a.0.cmp(&b.0));
    let expected = [
        ("looking", TaskState::Running),
        ("queued", TaskState::Queued),
        ("stopped", TaskState::Stopped),
        ("waiting", TaskState::Waiting),
    ];
    assert_eq!(found, expected.map(|(name, state)| (name.to_string(), state)));
    assert!(executor.current_task(0).is_none());
}

#[test]
fn many_tasks_are_all_in_a_snapshot_once() {
    let stage = Stage::new(1);
    let handles: Vec<_> = (0..100).map(|_| stage.executor.spawn("one", async {}).unwrap()).collect();
    let mut ids = Vec::new();
    stage.executor.tasks(&mut |info| ids.push(info.id));
    ids.sort_unstable();
    assert_eq!(ids, handles.iter().map(JoinHandle::id).collect::<Vec<_>>());
}

#[test]
fn many_tasks_are_started_at_once_and_each_runs_once() {
    let stage = Stage::new(2);
    let trace = Trace::default();
    stage.run(1);
    stage.sleep(1);
    let mut handles = Vec::new();
    let futures = |from: u32| {
        let trace = trace.clone();
        (from..from + 50).map(move |n| {
            let trace = trace.clone();
            async move {
                trace.say(n);
                n
            }
        })
    };
    stage.executor.spawn_many("outside", futures(0), &mut handles).unwrap();
    stage.on(0, || stage.executor.spawn_many("inside", futures(50), &mut handles)).unwrap();
    assert_eq!(stage.kicks(), [1], "the CPU that slept is told, once");
    stage.run(0);
    let mut ran: Vec<u32> = trace.take().iter().map(|n| n.parse().unwrap()).collect();
    ran.sort_unstable();
    assert!(ran.into_iter().eq(0..100), "each ran once");
    for (n, handle) in handles.iter_mut().enumerate() {
        assert_eq!(look(handle), Poll::Ready(Ok(n as u32)), "the handles are in the order of the futures");
    }
}

#[test]
fn tasks_started_before_the_iterator_panics_are_not_forgotten() {
    let stage = Stage::new(1);
    let trace = Trace::default();
    stage.run(0);
    stage.sleep(0);
    let futures = (0..10).map(|n| {
        let trace = trace.clone();
        assert!(n < 3, "enough");
        async move { trace.say(n) }
    });
    let mut handles = Vec::new();
    catch_unwind(AssertUnwindSafe(|| stage.executor.spawn_many("n", futures, &mut handles))).unwrap_err();
    assert_eq!(stage.kicks(), [0]);
    stage.run(0);
    assert_eq!(trace.take(), ["0", "1", "2"]);
}

#[test]
fn a_cpu_that_falls_asleep_between_two_of_many_tasks_is_told_of_the_rest() {
    let stage = Stage::new(1);
    let trace = Trace::default();
    stage.run(0);
    stage.sleep(0);
    let mut kicks = Vec::new();
    let futures = (0..5).map(|n| {
        let trace = trace.clone();
        if n == 2 {
            kicks = stage.kicks();
            stage.wake_up(0);
            stage.run(0);
            stage.sleep(0);
        }
        async move { trace.say(n) }
    });
    stage.executor.spawn_many("n", futures, &mut Vec::new()).unwrap();
    assert_eq!(kicks, [0], "it is told of the first one at once");
    assert_eq!(trace.take(), ["0"], "the others are handed over together");
    assert_eq!(stage.kicks(), [0], "and again at the end");
    stage.run(0);
    assert_eq!(trace.take(), ["1", "2", "3", "4"]);
}

/// Tasks with memory of their own, which goes back to the heap in the middle of a snapshot.
#[test]
fn tasks_may_end_while_a_snapshot_looks_at_them() {
    const TASKS: usize = 40;
    let stage = Stage::new(1);
    let start = |n: usize| {
        let large = [n as u8; 4000];
        let task = async move {
            pending::<()>().await;
            assert_eq!(large.len(), 4000);
        };
        stage.on(0, || stage.executor.spawn("large", task)).unwrap()
    };
    let mut handles: Vec<_> = (0..TASKS).map(start).collect();
    let mut seen = Vec::new();
    stage.executor.tasks(&mut |info| {
        if seen.len() == 5 {
            // All but every fourth.
            let mut n = 0;
            handles.retain(|task| {
                n += 1;
                n % 4 == 0 || {
                    task.cancel();
                    false
                }
            });
            stage.run(0);
            stage.executor.trim();
        }
        seen.push(info.id);
    });
    let missed = handles.iter().filter(|task| !seen.contains(&task.id())).count();
    assert_eq!(missed, 0, "a task that stays was missed");
    assert!(seen.len() < TASKS, "{} were seen, though most ended early", seen.len());
    seen.sort_unstable();
    seen.dedup();
    assert!(seen.len() >= handles.len());
}
