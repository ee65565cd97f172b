//! Scopes: tasks with one fate.

mod support;

use futures_util::future::pending;
use pollux_executor::{JoinError, Scope, SpawnError, yield_now};
use std::{
    future::Future,
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Waker},
};
use support::{Dropped, Stage, Trace};

fn waiting(scope: &Scope, trace: &Trace, name: &'static str) {
    let guard = Dropped(name, trace.clone());
    let future = async move {
        let _guard = guard;
        pending::<()>().await;
    };
    drop(scope.spawn(name, future).unwrap());
}

fn joined(scope: &Scope) -> bool {
    pin!(scope.join()).poll(&mut Context::from_waker(Waker::noop())) == Poll::Ready(())
}

#[test]
fn cancel_drops_every_future_and_then_the_scope_is_joined() {
    let stage = Stage::new(1);
    let trace = Trace::default();
    let scope = stage.executor.scope().unwrap();
    stage.on(0, || ["a", "b"].map(|name| waiting(&scope, &trace, name)));
    stage.run(0);
    assert!(!joined(&scope));
    stage.on(0, || scope.cancel());
    stage.run(0);
    let mut dropped = trace.take();
    dropped.sort();
    assert_eq!(dropped, ["drop a", "drop b"]);
    assert!(joined(&scope));
}

#[test]
fn dropping_the_scope_cancels_it() {
    let stage = Stage::new(1);
    let trace = Trace::default();
    let scope = stage.executor.scope().unwrap();
    stage.on(0, || waiting(&scope, &trace, "a"));
    stage.run(0);
    stage.on(0, || drop(scope));
    stage.run(0);
    assert_eq!(trace.take(), ["drop a"]);
}

#[test]
fn stop_holds_the_wakes_and_resume_releases_them() {
    let stage = Stage::new(1);
    let trace = Trace::default();
    let scope = stage.executor.scope().unwrap();
    let say = trace.clone();
    let future = async move {
        for turn in 0..3 {
            say.say(turn);
            yield_now().await;
        }
    };
    drop(stage.on(0, || scope.spawn("turns", future)).unwrap());
    stage.on(0, || scope.stop());
    stage.run(0);
    assert_eq!(trace.take(), [""; 0], "it is stopped before its first poll");
    stage.on(0, || scope.resume());
    stage.run(0);
    assert_eq!(trace.take(), ["0", "1", "2"], "and goes on where it was");
    assert!(joined(&scope));
}

/// With nothing else to do, a task that is woken in its poll would be polled again at once.
#[test]
fn a_task_that_is_stopped_in_its_poll_and_woken_finishes_that_poll_only() {
    let stage = Stage::new(1);
    let trace = Trace::default();
    let scope = Arc::new(stage.executor.scope().unwrap());
    let (say, own) = (trace.clone(), scope.clone());
    let future = async move {
        own.stop();
        say.say("stopped");
        yield_now().await;
        say.say("goes on");
    };
    drop(stage.on(0, || scope.spawn("stops itself", future)).unwrap());
    stage.run(0);
    assert_eq!(trace.take(), ["stopped"]);
    stage.on(0, || scope.resume());
    stage.run(0);
    assert_eq!(trace.take(), ["goes on"]);
}

#[test]
fn a_stopped_scope_can_be_cancelled() {
    let stage = Stage::new(1);
    let trace = Trace::default();
    let scope = stage.executor.scope().unwrap();
    stage.on(0, || {
        waiting(&scope, &trace, "a");
        scope.stop();
        scope.cancel();
    });
    stage.run(0);
    assert_eq!(trace.take(), ["drop a"]);
    assert!(joined(&scope));
}

#[test]
fn a_panic_ends_its_task_and_the_scope_goes_on() {
    let stage = Stage::new(1);
    let scope = stage.executor.scope().unwrap();
    let (mut bad, mut good) = stage.on(0, || {
        (
            scope.spawn("bad", async { panic!("on purpose") }).unwrap(),
            scope.spawn("good", async { 5 }).unwrap(),
        )
    });
    stage.run(0);
    let mut cx = Context::from_waker(Waker::noop());
    let end: Poll<Result<(), JoinError>> = pin!(&mut bad).poll(&mut cx);
    assert_eq!(end, Poll::Ready(Err(JoinError::Panicked("on purpose".into()))));
    assert_eq!(pin!(&mut good).poll(&mut cx), Poll::Ready(Ok(5)));
    assert!(joined(&scope));
}

#[test]
fn what_is_done_to_a_scope_reaches_the_scopes_below() {
    let stage = Stage::new(1);
    let trace = Trace::default();
    let scope = stage.executor.scope().unwrap();
    let child = scope.child().unwrap();
    let grandchild = child.child().unwrap();
    let say = trace.clone();
    let speaker = async move {
        loop {
            say.say("poll");
            yield_now().await;
            if say.len() > 100 {
                pending::<()>().await;
            }
        }
    };
    stage.on(0, || scope.stop());
    drop(stage.on(0, || grandchild.spawn("speaker", speaker)).unwrap());
    stage.run(0);
    assert_eq!(trace.take(), [""; 0], "two scopes above are stopped or hold it");
    stage.on(0, || child.stop());
    stage.on(0, || child.resume());
    stage.run(0);
    assert_eq!(trace.take(), [""; 0], "the scope above is still stopped");
    stage.on(0, || child.stop());
    stage.on(0, || scope.resume());
    stage.run(0);
    assert_eq!(trace.take(), [""; 0], "the scope in between is stopped on its own account");
    stage.on(0, || child.resume());
    stage.run(0);
    assert!(trace.len() > 100, "now it goes on");
    assert_eq!((scope.tasks(), child.tasks(), grandchild.tasks()), (1, 1, 1));
    assert!(!joined(&scope));
    stage.on(0, || scope.cancel());
    stage.run(0);
    assert!(joined(&scope) && joined(&grandchild));
    let late = stage.on(0, || grandchild.child().unwrap().spawn("late", async {})).unwrap();
    stage.run(0);
    assert!(late.is_finished(), "a scope below a cancelled one is cancelled");
}

#[test]
fn the_end_of_a_task_below_wakes_who_joins_above() {
    let stage = Stage::new(1);
    let trace = Trace::default();
    let scope = stage.executor.scope().unwrap();
    let child = scope.child().unwrap();
    let handle = stage.on(0, || child.spawn("below", pending::<()>())).unwrap();
    let (join, say) = (scope.join(), trace.clone());
    let joiner = async move {
        join.await;
        say.say("joined");
    };
    drop(stage.executor.spawn("joiner", joiner).unwrap());
    stage.run(0);
    assert_eq!(trace.take(), [""; 0]);
    stage.on(0, || handle.cancel());
    stage.run(0);
    assert_eq!(trace.take(), ["joined"]);
}

#[test]
fn a_limit_counts_the_tasks_here_and_below() {
    let stage = Stage::new(1);
    let scope = stage.executor.scope().unwrap();
    let child = scope.child().unwrap();
    scope.set_limit(2);
    let spawn = |scope: &Scope| stage.on(0, || scope.spawn("one", pending::<()>()));
    let first = spawn(&scope).unwrap();
    let _second = spawn(&child).unwrap();
    assert_eq!(spawn(&child).err(), Some(SpawnError::Full), "the limit of the scope above holds here");
    assert_eq!(spawn(&scope).err(), Some(SpawnError::Full));
    assert_eq!((scope.tasks(), child.tasks()), (2, 1), "what was refused does not count");
    stage.on(0, || first.cancel());
    stage.run(0);
    let third = spawn(&child);
    assert!(third.is_ok(), "a task that has ended has made room");
}
