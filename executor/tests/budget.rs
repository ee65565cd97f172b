//! The budget of a poll: a task whose data is always ready lets the others have their turn.

mod support;

use futures_util::{
    FutureExt,
    future::{BoxFuture, poll_fn},
};
use pollux_executor::{
    Executor, Tick, budget,
    sync::{Canceled, Mutex, Notify, RwLock, Semaphore, channel, oneshot, watch},
    yield_now,
};
use std::{
    collections::VecDeque,
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    task::{Context, Poll, Waker},
};
use support::{Stage, Trace};

/// So many operations are one poll's.
const BUDGET: u64 = 128;
/// More than twice as many.
const OPERATIONS: usize = 300;

/// Runs a task that does some operation over and over, which is always ready and counts, beside one that waits for its
/// turn. What the latter has seen of the count at each of its turns.
fn turns<F>(hog: impl FnOnce(&'static Executor, Arc<AtomicU64>) -> F) -> Vec<String>
where
    F: Future<Output = ()> + Send + 'static,
{
    let (stage, trace, count) = (Stage::new(1), Trace::default(), Arc::new(AtomicU64::new(0)));
    let (say, seen) = (trace.clone(), count.clone());
    let other = async move {
        for _ in 0..3 {
            say.say(seen.load(Relaxed));
            yield_now().await;
        }
    };
    let hog = hog(stage.executor, count.clone());
    stage.on(0, || {
        drop(stage.executor.spawn("hog", hog).unwrap());
        drop(stage.executor.spawn("other", other).unwrap());
    });
    stage.run(0);
    assert_eq!(count.load(Relaxed), OPERATIONS as u64, "all are done in the end");
    trace.take()
}

/// Each of the other's turns comes after one budget of operations, and the last when all is done.
fn expected() -> [String; 3] {
    [BUDGET, 2 * BUDGET, OPERATIONS as u64].map(|count| count.to_string())
}

#[test]
fn a_timer_whose_time_has_come_charges() {
    let turns = turns(|executor, count| async move {
        for _ in 0..OPERATIONS {
            executor.sleep_until(0).await;
            count.fetch_add(1, Relaxed);
        }
    });
    assert_eq!(turns, expected());
}

#[test]
fn a_channel_with_room_charges_who_sends() {
    let (sender, receiver) = channel(OPERATIONS);
    let turns = turns(|_, count| async move {
        for n in 0..OPERATIONS {
            sender.send(n).await.unwrap();
            count.fetch_add(1, Relaxed);
        }
    });
    assert_eq!(turns, expected());
    drop(receiver);
}

#[test]
fn a_channel_with_messages_charges_who_receives() {
    for batches in [false, true] {
        let (sender, mut receiver) = channel(OPERATIONS);
        sender.try_send_many(&mut (0..OPERATIONS).collect::<VecDeque<_>>()).unwrap();
        let turns = turns(|_, count| async move {
            for n in 0..OPERATIONS {
                if batches {
                    let mut got = Vec::new();
                    assert_eq!((receiver.recv_many(&mut got, 1).await, &got[..]), (1, &[n][..]));
                } else {
                    assert_eq!(receiver.recv().await, Some(n));
                }
                count.fetch_add(1, Relaxed);
            }
        });
        assert_eq!(turns, expected(), "in batches: {batches}");
    }
}

#[test]
fn a_watch_that_has_changed_charges() {
    let (sender, mut receiver) = watch(0);
    let turns = turns(|_, count| async move {
        for n in 0..OPERATIONS {
            sender.send(n);
            receiver.changed().await.unwrap();
            count.fetch_add(1, Relaxed);
        }
    });
    assert_eq!(turns, expected());
}

#[test]
fn a_semaphore_with_permits_charges() {
    let semaphore = Semaphore::new(3);
    let turns = turns(|_, count| async move {
        for _ in 0..OPERATIONS {
            drop(semaphore.acquire(2).await);
            count.fetch_add(1, Relaxed);
        }
    });
    assert_eq!(turns, expected());
}

#[test]
fn a_mutex_that_is_free_charges() {
    let mutex = Mutex::new(0);
    let turns = turns(|_, count| async move {
        for _ in 0..OPERATIONS {
            *mutex.lock().await += 1;
            count.fetch_add(1, Relaxed);
        }
    });
    assert_eq!(turns, expected());
}

#[test]
fn a_read_write_lock_that_is_free_charges() {
    for writes in [false, true] {
        let lock = RwLock::new(());
        let turns = turns(|_, count| async move {
            for _ in 0..OPERATIONS {
                if writes {
                    drop(lock.write().await);
                } else {
                    drop(lock.read().await);
                }
                count.fetch_add(1, Relaxed);
            }
        });
        assert_eq!(turns, expected(), "writes: {writes}");
    }
}

#[test]
fn a_notification_that_is_remembered_charges() {
    let notify = Notify::new();
    let turns = turns(|_, count| async move {
        for _ in 0..OPERATIONS {
            notify.notify_one();
            notify.notified().await;
            count.fetch_add(1, Relaxed);
        }
    });
    assert_eq!(turns, expected());
}

#[test]
fn a_oneshot_that_was_sent_or_will_not_be_charges() {
    let turns = turns(|_, count| async move {
        for n in 0..OPERATIONS {
            let (sender, receiver) = oneshot();
            if n % 2 == 0 {
                sender.send(n).unwrap();
                assert_eq!(receiver.await, Ok(n));
            } else {
                drop(sender);
                assert_eq!(receiver.await, Err(Canceled));
            }
            count.fetch_add(1, Relaxed);
        }
    });
    assert_eq!(turns, expected());
}

/// A task that waited is given its turn when its budget is spent: it takes it in its next poll; and who comes next has it,
/// if it gives up before.
fn keeps_its_turn(
    mut leaf: impl FnMut() -> BoxFuture<'static, ()> + Send + 'static,
    mut give: impl FnMut() + Send + 'static,
) {
    let stage = Stage::new(1);
    let is_ready = |leaf: &mut BoxFuture<'_, ()>, cx: &mut Context<'_>| leaf.as_mut().poll(cx).is_ready();
    let task = async move {
        for gives_up in [false, true] {
            let mut mine = leaf();
            poll_fn(|cx| {
                assert!(!is_ready(&mut mine, cx), "it has to wait");
                give();
                while budget::charge(cx).is_ready() {}
                assert!(!is_ready(&mut mine, cx), "its budget is spent");
                Poll::Ready(())
            })
            .await;
            if gives_up {
                drop(mine);
            } else {
                mine.await;
            }
            let next = is_ready(&mut leaf(), &mut Context::from_waker(Waker::noop()));
            assert_eq!(next, gives_up, "one turn was given");
        }
    };
    let mut task = stage.on(0, || stage.executor.spawn("it", task).unwrap());
    stage.run(0);
    let ended = Pin::new(&mut task).poll(&mut Context::from_waker(Waker::noop()));
    assert_eq!(ended, Poll::Ready(Ok(())));
}

#[test]
fn a_turn_that_comes_when_the_budget_is_spent_is_not_lost() {
    let semaphore = Arc::new(Semaphore::new(0));
    let acquires = semaphore.clone();
    let acquire = move || {
        let semaphore = acquires.clone();
        async move { semaphore.acquire(2).await.forget() }.boxed()
    };
    keeps_its_turn(acquire, move || semaphore.release(2));

    let notify = Arc::new(Notify::new());
    let waits = notify.clone();
    keeps_its_turn(move || waits.notified().boxed(), move || notify.notify_one());

    let (sender, mut receiver) = channel(1);
    sender.try_send(()).unwrap();
    let send = move || {
        let sender = sender.clone();
        async move { sender.send(()).await.unwrap() }.boxed()
    };
    keeps_its_turn(send, move || receiver.try_recv().unwrap());
}

/// Who has to wait is not charged: a task waits for more things than a poll has operations, and is not polled meanwhile,
/// until the last of them is there.
fn waits_for_many<T: Send + 'static>(
    kind: &str,
    leaf: impl Fn() -> (T, BoxFuture<'static, ()>),
    give: impl FnOnce(&mut T),
) {
    let stage = Stage::new(1);
    let (mut givers, mut leaves): (Vec<T>, Vec<_>) = (0..OPERATIONS).map(|_| leaf()).unzip();
    let any = poll_fn(move |cx| {
        let ready = leaves.iter_mut().position(|leaf| leaf.poll_unpin(cx).is_ready());
        ready.map_or(Poll::Pending, Poll::Ready)
    });
    let mut task = stage.on(0, || stage.executor.spawn("waits", any).unwrap());
    assert_eq!(stage.tick(0), Tick::Worked);
    assert_eq!((stage.tick(0), stage.info("waits").polls), (Tick::Idle, 1), "{kind}");
    give(givers.last_mut().unwrap());
    stage.run(0);
    let ended = task.poll_unpin(&mut Context::from_waker(Waker::noop()));
    assert_eq!(ended, Poll::Ready(Ok(OPERATIONS - 1)), "{kind}");
}

#[test]
fn a_task_may_wait_for_any_number_of_things() {
    let receives = || {
        let (sender, mut receiver) = channel(1);
        (sender, async move { assert!(receiver.recv().await.is_some()) }.boxed())
    };
    waits_for_many("messages", receives, |sender| sender.try_send(()).unwrap());
    let receives_many = || {
        let (sender, mut receiver) = channel(1);
        (sender, async move { assert_eq!(receiver.recv_many(&mut Vec::new(), 2).await, 1) }.boxed())
    };
    waits_for_many("batches", receives_many, |sender| sender.try_send(()).unwrap());
    let sends = || {
        let (sender, receiver) = channel(1);
        sender.try_send(1).unwrap();
        (receiver, async move { sender.send(2).await.unwrap() }.boxed())
    };
    waits_for_many("room", sends, |receiver| assert_eq!(receiver.try_recv(), Ok(1)));
    let looks = || {
        let (sender, mut receiver) = watch(1);
        (sender, async move { receiver.changed().await.unwrap() }.boxed())
    };
    waits_for_many("changes", looks, |sender| sender.send(2));
    let acquires = || {
        let semaphore = Arc::new(Semaphore::new(0));
        let theirs = semaphore.clone();
        (semaphore, async move { drop(theirs.acquire(1).await) }.boxed())
    };
    waits_for_many("permits", acquires, |semaphore| semaphore.release(1));
    let is_notified = || {
        let notify = Notify::new();
        let notified = notify.notified().boxed();
        (notify, notified)
    };
    waits_for_many("notifications", is_notified, |notify| notify.notify_one());
    let gets = || {
        let (sender, receiver) = oneshot();
        (Some(sender), receiver.map(Result::unwrap).boxed())
    };
    waits_for_many("values", gets, |sender| sender.take().unwrap().send(()).unwrap());
}

/// A leaf future of somebody else's.
#[test]
fn whoever_calls_it_is_charged() {
    let turns = turns(|_, count| async move {
        for _ in 0..OPERATIONS {
            poll_fn(budget::charge).await;
            count.fetch_add(1, Relaxed);
        }
    });
    assert_eq!(turns, expected());
}

#[test]
fn under_another_waker_nobody_is_charged() {
    let mut cx = Context::from_waker(Waker::noop());
    for _ in 0..2 * BUDGET {
        assert_eq!(budget::charge(&mut cx), Poll::Ready(()));
    }
    let (sender, _receiver) = channel(OPERATIONS);
    for n in 0..OPERATIONS {
        assert!(pin!(sender.send(n)).poll(&mut cx).is_ready());
    }
}
