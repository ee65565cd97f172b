//! What tasks tell of what they wait for, behind whom, and whether it is there although nobody has woken them.

mod support;

use pollux_executor::{
    Awaited, TaskState,
    sync::{Mutex, Notify, RwLock, Semaphore, channel, oneshot, watch},
};
use std::{future::pending, panic::Location, sync::Arc};
use support::Stage;

fn spawn(stage: &Stage, name: &str, future: impl Future<Output = ()> + Send + 'static) {
    drop(stage.on(0, || stage.executor.spawn(name, future)).unwrap());
    stage.run(0);
}

/// The kind that the task tells, and the name of who it is behind.
fn told(stage: &Stage, name: &str) -> (Option<u8>, Option<String>) {
    let info = stage.info(name);
    let mut behind = None;
    stage.executor.tasks(&mut |task| {
        if Some(task.id.0 as u32) == info.waits_behind {
            behind = Some(task.name.as_str().to_string());
        }
    });
    (info.waits_for.map(|awaited| awaited.kind), behind)
}

#[test]
fn everything_tells_what_it_is_and_where() {
    let stage = Stage::new(1);
    let (sender, receiver) = oneshot::<()>();
    let (kept, mut changes) = watch(0);
    let notify = Notify::new();
    let notified = notify.notified();
    let ended = stage.on(0, || stage.executor.spawn("endless", pending::<()>())).unwrap();
    let number = ended.id().0;
    let spawned_at = stage.info("endless").spawned_at;
    spawn(&stage, "oneshot", async { assert!(receiver.await.is_err()) });
    spawn(&stage, "watch", async move { assert!(changes.changed().await.is_err()) });
    spawn(&stage, "notify", notified);
    spawn(&stage, "join", async { drop(ended.await) });
    let here = |name: &str| stage.info(name).waits_at.map(Location::file);
    for (name, kind) in [("oneshot", Awaited::VALUE), ("watch", Awaited::CHANGE), ("notify", Awaited::NOTICE)]
    {
        assert_eq!((told(&stage, name), here(name)), ((Some(kind), None), Some(file!())), "{name}");
    }
    let scope = stage.executor.scope().unwrap();
    drop(stage.on(0, || scope.spawn("in it", pending::<()>())).unwrap());
    spawn(&stage, "scope", scope.join());
    assert_eq!((told(&stage, "scope"), here("scope")), ((None, None), Some(file!())));
    let join = stage.info("join");
    assert_eq!(join.waits_for, Some(Awaited { kind: Awaited::TASK, number }));
    assert_eq!(join.waits_at, Some(spawned_at));
    drop((sender, kept, notify));
}

#[test]
fn a_lock_tells_who_has_it_and_who_is_before() {
    let stage = Stage::new(1);
    let lock = Arc::new(Mutex::new(()));
    let held = Arc::new(Notify::new());
    for name in ["first", "second", "third"] {
        let (lock, held) = (lock.clone(), held.clone());
        spawn(&stage, name, async move {
            let _guard = lock.lock().await;
            held.notified().await;
        });
    }
    let behind = |name: &str| told(&stage, name).1;
    assert_eq!(told(&stage, "second"), (Some(Awaited::LOCK), Some("first".into())));
    assert_eq!(behind("third"), Some("second".into()));
    let (abandoned, last) = (lock.clone(), lock.clone());
    let handle = stage.on(0, || {
        let waits = async move { drop(abandoned.lock().await) };
        stage.executor.spawn("abandoned", waits).unwrap()
    });
    stage.run(0);
    spawn(&stage, "last", async move { drop(last.lock().await) });
    assert_eq!(behind("last"), Some("abandoned".into()));
    stage.on(0, || handle.cancel());
    stage.run(0);
    assert_eq!(behind("last"), Some("third".into()), "who goes from the line is nobody to wait for");
    stage.on(0, || held.notify_one());
    stage.run(0);
    assert_eq!(told(&stage, "second").0, Some(Awaited::NOTICE), "it has the lock");
    assert_eq!(behind("third"), Some("second".into()));
}

#[test]
fn a_writer_waits_behind_a_reader_who_still_reads() {
    let stage = Stage::new(1);
    let lock = Arc::new(RwLock::new(()));
    let ends = [Notify::new(), Notify::new()];
    for (name, end) in ["reader-1", "reader-2"].into_iter().zip(&ends) {
        let (lock, end) = (lock.clone(), end.notified());
        spawn(&stage, name, async move {
            let _guard = lock.read().await;
            end.await;
        });
    }
    let writes = lock.clone();
    spawn(&stage, "writer", async move { drop(writes.write().await) });
    assert_eq!(told(&stage, "writer"), (Some(Awaited::LOCK), Some("reader-1".into())));
    stage.on(0, || ends[0].notify_one());
    stage.run(0);
    assert_eq!(told(&stage, "writer").1, Some("reader-2".into()));
    let reads = lock.clone();
    spawn(&stage, "late", async move { drop(reads.read().await) });
    assert_eq!(told(&stage, "late").1, Some("writer".into()), "no reader overtakes a writer");
}

#[test]
fn permits_of_a_semaphore_are_nobodys_but_the_line_is_known() {
    let stage = Stage::new(1);
    let semaphore = Arc::new(Semaphore::new(0));
    for name in ["first", "second"] {
        let semaphore = semaphore.clone();
        spawn(&stage, name, async move { drop(semaphore.acquire(1).await) });
    }
    assert_eq!(told(&stage, "first"), (Some(Awaited::PERMITS), None));
    assert_eq!(told(&stage, "second").1, Some("first".into()));
}

#[cfg(debug_assertions)]
mod lost {
    use super::*;
    use pollux_executor::sync::is_there;
    use std::{
        pin::Pin,
        task::{Context, Poll, Waker},
    };

    /// A future that nobody wakes: its leaf has told that the task waits, and then gets another waker.
    struct Deaf<F>(F);

    impl<F: Future + Unpin> Future for Deaf<F> {
        type Output = ();

        fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
            let first = Pin::new(&mut self.0).poll(cx).is_ready();
            let ready =
                first || Pin::new(&mut self.0).poll(&mut Context::from_waker(Waker::noop())).is_ready();
            if ready { Poll::Ready(()) } else { Poll::Pending }
        }
    }

    /// The task waits as it should; after the change it does so for what is there.
    fn loses(leaf: impl Future + Unpin + Send + 'static, change: impl FnOnce()) {
        let stage = Stage::new(1);
        spawn(&stage, "deaf", Deaf(leaf));
        assert_eq!(is_there(&stage.info("deaf")), Some(false));
        stage.on(0, change);
        stage.run(0);
        let info = stage.info("deaf");
        assert_eq!((info.state, is_there(&info)), (TaskState::Waiting, Some(true)));
    }

    /// The future lives as long as the program.
    fn kept<T>(thing: T) -> &'static T {
        Box::leak(Box::new(thing))
    }

    #[test]
    fn a_message_and_room_in_a_channel() {
        let (sender, receiver) = channel(1);
        let receiver = Box::leak(Box::new(receiver));
        loses(receiver.recv(), || sender.try_send(7).unwrap());
        let (sender, mut receiver) = channel(1);
        sender.try_send(1).unwrap();
        loses(kept(sender).send(2), move || assert_eq!(receiver.try_recv(), Ok(1)));
    }

    #[test]
    fn the_end_of_all_senders() {
        let (sender, receiver) = channel::<u8>(1);
        loses(Box::leak(Box::new(receiver)).recv(), || drop(sender));
    }

    #[test]
    fn a_mutex_a_read_write_lock_and_permits() {
        let mutex = kept(Mutex::new(()));
        let guard = mutex.try_lock().unwrap();
        loses(mutex.lock(), || drop(guard));
        let lock = kept(RwLock::new(()));
        let guard = lock.try_read().unwrap();
        loses(lock.write(), || drop(guard));
        let lock = kept(RwLock::new(()));
        let guard = lock.try_write().unwrap();
        loses(lock.read(), || drop(guard));
        let semaphore = kept(Semaphore::new(0));
        loses(semaphore.acquire(2), || semaphore.release(2));
    }

    #[test]
    fn a_notification_and_a_value() {
        let notify = Notify::new();
        loses(notify.notified(), || notify.notify_one());
        let notify = Notify::new();
        loses(notify.notified(), || notify.notify_all());
        let (sender, receiver) = oneshot();
        loses(receiver, || sender.send(1).unwrap());
        let (sender, receiver) = oneshot::<()>();
        loses(receiver, || drop(sender));
    }

    #[test]
    fn what_has_gone_or_is_not_of_the_executor_is_not_known() {
        let stage = Stage::new(1);
        spawn(&stage, "elsewhere", pending());
        assert_eq!(is_there(&stage.info("elsewhere")), None);
        spawn(&stage, "time", stage.executor.sleep(std::time::Duration::from_secs(1)));
        assert_eq!(is_there(&stage.info("time")), None);
    }
}
