//! The interrupt contract at every point: spawns, wakes, polls, ends, cancels, stops, timers and the way to sleep are run once
//! for every access to an atomic in them, with an interrupt right before that access.
//!
//! The handler wakes a task, and drops the last reference to another one that has ended. Whatever it cut into:
//! the handler allocates and frees nothing and takes no lock, the woken task is polled once more and not lost, what
//! the operation was for happens, and everything is freed in the end.

#[path = "support/heap.rs"]
mod heap;
mod support;

use futures_util::{FutureExt, future::poll_fn};
use pollux_executor::{
    Idle, JoinHandle, Scope, TaskState,
    sim::{holds, interrupt_at},
    sync::{LockHooks, set_lock_hooks},
    yield_now,
};
use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    task::{Poll, Waker},
    time::Duration,
};
use support::{Stage, in_interrupt, interrupt};

/// What debug builds ask at each lock of tasks.
struct Hooks;

impl LockHooks for Hooks {
    fn in_interrupt(&self) -> bool {
        in_interrupt()
    }
    fn acquired(&self) {}
    fn released(&self) {}
}

/// A task that counts its polls and otherwise waits; `polls` holds a reference for as long as the task exists.
struct Sleeper {
    handle: JoinHandle<()>,
    waker: Waker,
    polls: Arc<AtomicU64>,
}

impl Sleeper {
    fn new(stage: &Stage, scope: Option<&Scope>, ends: bool) -> Sleeper {
        let polls = Arc::new(AtomicU64::new(0));
        let kept: Arc<Mutex<Option<Waker>>> = Arc::default();
        // So large that its block goes back to the heap at once, which would be seen in the handler.
        let (count, slot, large) = (polls.clone(), kept.clone(), [0_u8; 4000]);
        let future = poll_fn(move |cx| {
            let _large = &large;
            slot.lock().unwrap().get_or_insert_with(|| cx.waker().clone());
            count.fetch_add(1, Relaxed);
            if ends { Poll::Ready(()) } else { Poll::Pending }
        });
        let handle = stage.on(0, || match scope {
            Some(scope) => scope.spawn("sleeper", future).unwrap(),
            None => stage.executor.spawn("sleeper", future).unwrap(),
        });
        stage.run(0);
        let waker = kept.lock().unwrap().take().unwrap();
        Sleeper { handle, waker, polls }
    }

    fn polls(&self) -> u64 {
        self.polls.load(Relaxed)
    }
}

/// What an operation works on, fresh for each point.
struct World {
    stage: Stage,
    scope: Scope,
    /// Woken by the handler.
    target: Sleeper,
    /// Another one.
    other: Sleeper,
    in_scope: Sleeper,
}

/// Runs the operation once for each of its points. `check` sees the world after the operation, before anything
/// else has run.
fn at_every_point(operation: impl Fn(&World), check: impl Fn(&World)) {
    set_lock_hooks(&Hooks);
    for n in 0.. {
        let stage = Stage::new(1);
        let scope = stage.executor.scope().unwrap();
        let target = Sleeper::new(&stage, None, false);
        let other = Sleeper::new(&stage, None, false);
        let in_scope = Sleeper::new(&stage, Some(&scope), false);
        let ended = Sleeper::new(&stage, None, true);
        let world = World { stage, scope, target, other, in_scope };
        let polls = world.target.polls();

        // The last reference to the task that has ended is the waker that the handler drops.
        let (ended_polls, last) = (ended.polls, ended.waker);
        drop(ended.handle);
        let waker = world.target.waker.clone();
        let uses = Arc::new(AtomicU64::new(u64::MAX));
        let heap_uses = uses.clone();
        let handler = move || {
            let last = last;
            let held = holds();
            let (allocated, freed) = heap::heap_use(|| {
                interrupt(|| {
                    waker.wake_by_ref();
                    drop(last);
                })
            });
            heap_uses.store(allocated + freed + (holds() - held), Relaxed);
            std::mem::forget((waker, heap_uses));
        };
        let hit = interrupt_at(n, handler, || world.stage.on(0, || operation(&world)));
        if !hit {
            assert!(n > 3, "an operation with {n} points is no operation");
            return;
        }
        assert_eq!(uses.load(Relaxed), 0, "point {n}: the handler allocated, freed or took a lock");
        check(&world);
        world.stage.run(0);
        assert_eq!(world.stage.sleep(0), None, "point {n}: nothing is left to do");
        assert_eq!(world.target.polls() - polls, 1, "point {n}: one wake is one poll");
        world.stage.executor.trim();
        assert_eq!(Arc::strong_count(&ended_polls), 1, "point {n}: the task that has ended is freed");
    }
}

#[test]
fn spawn() {
    at_every_point(
        |world| {
            let handle = world.stage.executor.spawn("new", async {}).unwrap();
            world.stage.run(0);
            assert!(handle.is_finished());
        },
        |_| {},
    );
}

/// A pinned task goes through the inbox, as the handler's wake does.
#[test]
fn spawn_on() {
    at_every_point(
        |world| {
            let handle = world.stage.executor.spawn_on(0, "pinned", async { yield_now().await }).unwrap();
            world.stage.run(0);
            assert!(handle.is_finished());
        },
        |_| {},
    );
}

#[test]
fn a_wake_in_task_context() {
    at_every_point(
        |world| world.other.waker.wake_by_ref(),
        |world| {
            world.stage.run(0);
            assert_eq!(world.other.polls(), 2, "the other one's wake is not lost either");
        },
    );
}

#[test]
fn a_wake_of_the_same_task() {
    // Both wakes may be one poll or two; so the handler's is checked by the last poll coming after it.
    for n in 0.. {
        let stage = Stage::new(1);
        let target = Sleeper::new(&stage, None, false);
        let (waker, polls) = (target.waker.clone(), target.polls.clone());
        let seen = Arc::new(AtomicU64::new(0));
        let at_interrupt = seen.clone();
        let handler = move || {
            at_interrupt.store(polls.load(Relaxed), Relaxed);
            interrupt(|| waker.wake_by_ref());
        };
        let operation = || {
            stage.on(0, || target.waker.wake_by_ref());
            stage.run(0);
        };
        if !interrupt_at(n, handler, operation) {
            return;
        }
        stage.run(0);
        assert!(target.polls() > seen.load(Relaxed), "point {n}: no poll after the handler's wake");
        assert!(target.polls() <= 3, "point {n}: {} polls for a spawn and two wakes", target.polls());
    }
}

/// The handler wakes the very task that ends: before its last poll, in it, while its end is under way, and after.
#[test]
fn a_wake_of_a_task_that_ends() {
    for n in 0.. {
        let stage = Stage::new(1);
        let kept: Arc<Mutex<Option<Waker>>> = Arc::default();
        let alive = Arc::new(());
        let (slot, part) = (kept.clone(), alive.clone());
        let task = poll_fn(move |cx| {
            let _part = &part;
            match slot.lock().unwrap().replace(cx.waker().clone()) {
                None => Poll::Pending,
                Some(_) => Poll::Ready(7),
            }
        });
        let mut handle = stage.on(0, || stage.executor.spawn("ends", task).unwrap());
        stage.run(0);
        let waker = kept.lock().unwrap().clone().unwrap();
        let theirs = waker.clone();
        let handler = move || interrupt(|| theirs.wake());
        let hit = interrupt_at(n, handler, || {
            stage.on(0, || waker.wake());
            stage.run(0);
        });
        let output = std::pin::Pin::new(&mut handle).now_or_never().and_then(Result::ok);
        assert_eq!(output, Some(7), "point {n}: it has not ended, or its output is lost");
        kept.lock().unwrap().take();
        drop(handle);
        stage.run(0);
        assert_eq!(stage.sleep(0), None, "point {n}: nothing is left to do");
        assert_eq!(Arc::strong_count(&alive), 1, "point {n}: the future is left");
        assert_eq!(stage.executor.cpu_stats(0).polls, 2, "point {n}: it was taken up when it had ended");
        if !hit {
            assert!(n > 10, "{n} points are no end");
            return;
        }
    }
}

#[test]
fn a_poll_that_yields_and_ends() {
    at_every_point(
        |world| {
            let handle = world.stage.executor.spawn("yields", async { yield_now().await }).unwrap();
            world.stage.run(0);
            assert!(handle.is_finished());
        },
        |_| {},
    );
}

#[test]
fn a_task_that_joins_another() {
    at_every_point(
        |world| {
            let executor = world.stage.executor;
            let inner = executor.spawn("inner", async {
                yield_now().await;
                7
            });
            let inner = inner.unwrap();
            let outer = executor.spawn("outer", async { inner.await.unwrap() }).unwrap();
            world.stage.run(0);
            assert!(outer.is_finished());
        },
        |_| {},
    );
}

#[test]
fn cancel() {
    at_every_point(
        |world| {
            world.other.handle.cancel();
            world.stage.run(0);
            assert!(world.other.handle.is_finished());
        },
        |_| {},
    );
}

#[test]
fn stop_and_resume() {
    at_every_point(
        |world| {
            world.scope.stop();
            world.in_scope.waker.wake_by_ref();
            world.stage.run(0);
            assert_eq!(world.in_scope.polls(), 1, "it is stopped");
            world.scope.resume();
        },
        |world| {
            world.stage.run(0);
            assert_eq!(world.in_scope.polls(), 2, "the held wake is released");
        },
    );
}

#[test]
fn the_way_to_sleep() {
    at_every_point(
        |world| {
            world.stage.kicks();
            match world.stage.executor.prepare_idle(0) {
                Idle::Work => {}
                Idle::Sleep { .. } => {
                    // Here the CPU would sleep with interrupts on: only a kick keeps it from that.
                    let mut queued = false;
                    let target = world.target.handle.id();
                    world.stage.executor.tasks(&mut |task| {
                        queued |= task.id == target && task.state == TaskState::Queued;
                    });
                    assert!(!queued || world.stage.kicks() == [0], "asleep with a woken task and no kick");
                    world.stage.executor.leave_idle(0);
                }
            }
        },
        |_| {},
    );
}

#[test]
fn timers() {
    at_every_point(
        |world| {
            let executor = world.stage.executor;
            let naps = async move {
                let cancelled = executor.sleep(Duration::from_nanos(500));
                let slept = executor.sleep(Duration::from_nanos(100));
                futures_util::future::select(std::pin::pin!(cancelled), std::pin::pin!(slept)).await;
            };
            let handle = executor.spawn("naps", naps).unwrap();
            world.stage.run(0);
            support::pass_time(200);
            world.stage.run(0);
            assert!(handle.is_finished());
        },
        |_| {},
    );
}

#[test]
fn the_last_reference() {
    at_every_point(
        |world| {
            let handle = world.stage.executor.spawn("short", async { vec![1, 2, 3] }).unwrap();
            world.stage.run(0);
            drop(handle);
        },
        |_| {},
    );
}

/// The interrupt is another CPU that goes to sleep: it sees what this one is about to give it, or this one sees that it
/// sleeps, and kicks it.
fn a_cpu_goes_to_sleep_in_the_middle_of(give: impl Fn(&World)) {
    for n in 0.. {
        let stage = Stage::new(2);
        let scope = stage.executor.scope().unwrap();
        let sleeper = || Sleeper::new(&stage, None, false);
        let (target, other) = (sleeper(), sleeper());
        let in_scope = Sleeper::new(&stage, Some(&scope), false);
        let world = World { stage, scope, target, other, in_scope };
        world.stage.run(1);
        // CPU 0 has looked for work; now it does not, and leaves what it has to give to others.
        world.stage.sleep(0);
        world.stage.wake_up(0);
        world.stage.kicks();
        let asleep = Arc::new(AtomicU64::new(0));
        let (executor, sleeps) = (world.stage.executor, asleep.clone());
        let goes_to_sleep = move || {
            Stage::as_cpu(1, || {
                if matches!(executor.prepare_idle(1), Idle::Sleep { .. }) {
                    sleeps.store(1, Relaxed);
                }
            });
        };
        let hit = interrupt_at(n, goes_to_sleep, || give(&world));
        if !hit {
            assert!(n > 3, "an operation with {n} points is no operation");
            return;
        }
        let kicked = !world.stage.kicks().is_empty();
        let found = asleep.load(Relaxed) == 0;
        assert!(found || kicked, "point {n}: CPU 1 sleeps, and nobody has kicked it");
    }
}

#[test]
fn a_cpu_goes_to_sleep_in_the_middle_of_a_spawn_for_it() {
    a_cpu_goes_to_sleep_in_the_middle_of(|world| {
        world.stage.on(0, || drop(world.stage.executor.spawn_on(1, "pinned", async {}).unwrap()));
    });
}

#[test]
fn a_cpu_goes_to_sleep_in_the_middle_of_wakes_by_another() {
    a_cpu_goes_to_sleep_in_the_middle_of(|world| {
        world.stage.on(0, || {
            world.target.waker.wake_by_ref();
            world.other.waker.wake_by_ref();
        });
    });
}

/// Both CPUs may take it; CPU 0 sleeps.
#[test]
fn a_cpu_goes_to_sleep_in_the_middle_of_a_foreign_spawn() {
    a_cpu_goes_to_sleep_in_the_middle_of(|world| {
        drop(world.stage.executor.spawn("foreign", async {}).unwrap());
    });
}

/// The interrupt is another CPU that looks for work: what CPU 0 is about to queue, queues or takes back runs once.
#[test]
fn a_steal_in_the_middle_of_a_wake() {
    for n in 0.. {
        let stage = Stage::new(2);
        let sleepers: Vec<_> = (0..4).map(|_| Sleeper::new(&stage, None, false)).collect();
        stage.run(1);
        let executor = stage.executor;
        let operation = || {
            stage.on(0, || {
                for sleeper in &sleepers {
                    sleeper.waker.wake_by_ref();
                }
            });
        };
        let thief = move || {
            Stage::as_cpu(1, || {
                let _ = executor.tick(1);
            });
        };
        let hit = interrupt_at(n, thief, operation);
        stage.run(0);
        stage.run(1);
        for sleeper in &sleepers {
            assert_eq!(sleeper.polls(), 2, "point {n}: a task was lost, or polled twice");
        }
        if !hit {
            return;
        }
    }
}

/// Not an interrupt but another CPU: at every point of the polls of a task, which wakes itself and then waits for ever, it
/// is cancelled.
#[test]
fn a_cancel_in_the_middle_of_polls_is_never_lost() {
    for n in 0.. {
        let stage = Stage::new(2);
        let executor = stage.executor;
        let dropped = Arc::new(());
        let kept = dropped.clone();
        let task = async move {
            let _kept = kept;
            yield_now().await;
            yield_now().await;
            std::future::pending::<()>().await;
        };
        let handle = Arc::new(stage.on(0, || executor.spawn("it", task).unwrap()));
        let theirs = handle.clone();
        let hit = interrupt_at(n, move || Stage::as_cpu(1, || theirs.cancel()), || stage.run(0));
        if !hit {
            assert!(n > 10, "{n} points are no polls");
            return;
        }
        stage.run(0);
        stage.run(1);
        assert!(handle.is_finished(), "point {n}: the cancel is lost");
        assert_eq!(Arc::strong_count(&dropped), 1, "point {n}: the future is left");
    }
}

/// Not an interrupt but another CPU: at every point of a snapshot a task ends, and another one begins in its cell.
#[test]
fn a_snapshot_says_nothing_of_two_tasks_at_once() {
    for n in 0.. {
        let stage = Stage::new(1);
        let executor = stage.executor;
        let first = stage.on(0, || executor.spawn("first", async {}).unwrap());
        let first_line = line!() - 1;
        let another = move || {
            let stage = stage;
            stage.run(0);
            assert!(first.is_finished());
            stage.on(0, || {
                drop(first); // the CPU keeps the cell for the next task
                std::mem::forget(executor.spawn_on(0, "next", std::future::pending::<()>()).unwrap());
            });
        };
        let mut seen = Vec::new();
        let hit = interrupt_at(n, another, || {
            executor
                .tasks(&mut |info| seen.push((info.name.to_string(), info.spawned_at.line(), info.polls)));
        });
        for (name, line, polls) in seen {
            assert_eq!(polls, 0, "point {n}: neither has been polled while it was alive");
            assert_eq!(name == "first", line == first_line, "point {n}: {name} was spawned at line {line}");
        }
        if !hit {
            assert!(n > 10, "a snapshot with {n} points is none");
            return;
        }
    }
}
