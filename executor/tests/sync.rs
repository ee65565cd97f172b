//! What tasks wait on: who has the next turn, what a dropped future leaves, and where tasks say that they wait.

mod support;

use futures_util::future::poll_fn;
use pollux_executor::{
    JoinHandle,
    sync::{
        Canceled, Mutex, Notify, RwLock, Semaphore, SendError, TryRecvError, TrySendError, WakerSet,
        WatchClosed, channel, oneshot, watch,
    },
    yield_now,
};
use std::{
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering::Relaxed},
    },
    task::{Context, Poll, Waker},
};
use support::{Random, Stage, Trace};

fn now<F: Future>(f: Pin<&mut F>) -> Option<F::Output> {
    match f.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}

#[test]
fn a_semaphore_serves_in_order_and_lets_nobody_overtake() {
    let semaphore = Semaphore::new(3);
    let two = semaphore.try_acquire(2).unwrap();
    let mut large = pin!(semaphore.acquire(3));
    assert!(now(large.as_mut()).is_none(), "one is left, and three are asked for");
    assert!(semaphore.try_acquire(1).is_none(), "the one that is left is for who came first");
    let mut small = pin!(semaphore.acquire(1));
    assert!(now(small.as_mut()).is_none());
    drop(two);
    let three = now(large.as_mut()).expect("all are back");
    assert!(now(small.as_mut()).is_none());
    drop(three);
    let one = now(small.as_mut()).expect("now it is its turn");
    assert_eq!(semaphore.available(), 2);
    one.forget();
    assert_eq!(semaphore.available(), 2, "a permit that was forgotten does not come back");
    semaphore.release(1);
    assert_eq!(semaphore.available(), 3);
}

#[test]
fn what_a_dropped_acquire_held_or_held_up_goes_to_the_next() {
    let semaphore = Semaphore::new(1);
    let one = semaphore.try_acquire(1).unwrap();
    let mut first = Box::pin(semaphore.acquire(1));
    let mut second = pin!(semaphore.acquire(1));
    assert!(now(first.as_mut()).is_none() && now(second.as_mut()).is_none());
    drop(one); // granted to the first, which never sees it
    drop(first);
    let one = now(second.as_mut()).expect("the first has passed it on");

    let mut greedy = Box::pin(semaphore.acquire(5));
    let mut modest = pin!(semaphore.acquire(1));
    assert!(now(greedy.as_mut()).is_none() && now(modest.as_mut()).is_none());
    drop(one);
    assert!(now(modest.as_mut()).is_none(), "the greedy one is first");
    drop(greedy);
    assert!(now(modest.as_mut()).is_some(), "it has gone, so the permit is for the modest one");
}

#[test]
fn a_mutex_excludes_under_random_programs() {
    let stage = Stage::new(2);
    let mutex = Arc::new(Mutex::new(0_i64));
    for n in 0..20 {
        let mutex = mutex.clone();
        let worker = async move {
            let mut random = Random(n);
            for _ in 0..20 {
                let mut value = mutex.lock().await;
                let before = *value;
                for _ in 0..random.below(3) {
                    yield_now().await;
                }
                *value = before + 1;
            }
        };
        drop(stage.executor.spawn("worker", worker).unwrap());
    }
    while (0..2).any(|cpu| stage.tick(cpu) == pollux_executor::Tick::Worked) {}
    assert_eq!(*mutex.try_lock().unwrap(), 400, "an update was lost");
}

#[test]
fn readers_share_a_writer_excludes_and_nobody_starves() {
    let lock = RwLock::new(1);
    let (first, second) = (lock.try_read().unwrap(), lock.try_read().unwrap());
    let mut writer = pin!(lock.write());
    assert!(now(writer.as_mut()).is_none(), "there are readers");
    assert!(lock.try_read().is_none(), "a reader that comes after the writer waits for it");
    let mut late = pin!(lock.read());
    assert!(now(late.as_mut()).is_none());
    assert_eq!(*first + *second, 2);
    drop((first, second));
    *now(writer.as_mut()).expect("the readers have gone") = 7;
    assert_eq!(*now(late.as_mut()).expect("so has the writer"), 7);
}

#[test]
fn a_read_write_lock_holds_under_random_programs() {
    let stage = Stage::new(2);
    let lock = Arc::new(RwLock::new(()));
    // Readers count up from 0, a writer is -1.
    let inside = Arc::new(AtomicI64::new(0));
    let tasks: Vec<JoinHandle<()>> = (0..20)
        .map(|n| {
            let (lock, inside) = (lock.clone(), inside.clone());
            let worker = async move {
                let mut random = Random(n);
                for _ in 0..20 {
                    match random.below(4) {
                        0 => {
                            let _guard = lock.write().await;
                            assert_eq!(inside.swap(-1, Relaxed), 0, "a writer is not alone");
                            yield_now().await;
                            assert_eq!(inside.swap(0, Relaxed), -1, "somebody came in beside a writer");
                        }
                        // Given up at once, or after a while: it must not hold anybody up.
                        1 => {
                            let mut write = pin!(lock.write());
                            poll_fn(|cx| Poll::Ready(write.as_mut().poll(cx).is_ready())).await;
                            if random.below(2) == 0 {
                                yield_now().await;
                            }
                        }
                        _ => {
                            let _guard = lock.read().await;
                            assert!(inside.fetch_add(1, Relaxed) >= 0, "a reader beside a writer");
                            yield_now().await;
                            inside.fetch_sub(1, Relaxed);
                        }
                    }
                }
            };
            stage.executor.spawn("worker", worker).unwrap()
        })
        .collect();
    while (0..2).any(|cpu| stage.tick(cpu) == pollux_executor::Tick::Worked) {}
    for mut task in tasks {
        assert_eq!(now(Pin::new(&mut task)), Some(Ok(())), "a worker waits for ever, or has failed");
    }
}

#[test]
fn a_watch_shows_the_latest_value_to_each() {
    let (sender, mut early) = watch(1);
    assert!(now(pin!(early.changed())).is_none(), "the first value is not new");
    sender.send(2);
    sender.send_modify(|value| *value += 1);
    assert_eq!(now(pin!(early.changed())), Some(Ok(())));
    assert_eq!(early.get(), 3, "the value in between is gone");
    assert!(now(pin!(early.changed())).is_none());
    let mut late = sender.subscribe();
    assert!(now(pin!(late.changed())).is_none(), "what was there is not new to it");
    sender.send(4);
    drop(sender);
    assert_eq!(now(pin!(late.changed())), Some(Ok(())), "the last change comes before the end");
    assert_eq!(late.look(|value| *value), 4);
    assert_eq!(now(pin!(late.changed())), Some(Err(WatchClosed)));
    assert_eq!(early.get(), 4);
}

#[test]
fn a_change_wakes_every_task_that_waits_for_it() {
    let stage = Stage::new(1);
    let trace = Trace::default();
    let (sender, receiver) = watch("nothing");
    for _ in 0..2 {
        let (mut receiver, trace) = (receiver.clone(), trace.clone());
        let reader = async move {
            while receiver.changed().await.is_ok() {
                trace.say(receiver.get());
            }
            trace.say("closed");
        };
        drop(stage.executor.spawn("reader", reader).unwrap());
    }
    stage.run(0);
    sender.send("news");
    stage.run(0);
    assert_eq!(trace.take(), ["news", "news"]);
    drop(sender);
    stage.run(0);
    assert_eq!(trace.take(), ["closed", "closed"]);
}

/// Spawns a task and returns the line of this file where it says that it waits.
fn waits_in_line(stage: &Stage, f: impl Future<Output = ()> + Send + 'static) -> Option<u32> {
    let task = stage.executor.spawn("waits", f).unwrap();
    stage.run(0);
    let mut line = None;
    stage.executor.tasks(&mut |info| {
        if info.id == task.id() {
            let place = info.waits_at.filter(|place| place.file().ends_with("sync.rs"));
            line = place.map(|place| place.line());
        }
    });
    line
}

/// Counts its wakes.
#[derive(Default)]
struct Count(AtomicI64);

impl std::task::Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Relaxed);
    }
}

#[test]
fn a_batch_is_one_wake_and_keeps_its_order() {
    let (sender, mut receiver) = channel(4);
    let count = Arc::new(Count::default());
    let waker = Waker::from(count.clone());
    let mut got = Vec::new();
    assert!(receiver.poll_recv_many(&mut Context::from_waker(&waker), &mut got, 8).is_pending());
    let mut messages: std::collections::VecDeque<_> = (0..6).collect();
    assert_eq!(sender.try_send_many(&mut messages), Ok(4));
    assert_eq!((count.0.load(Relaxed), messages.len()), (1, 2));
    // Two senders find it full: room for three is a turn for each of them.
    let other = sender.clone();
    let (mut first, mut second) = (pin!(other.send(10)), pin!(other.send(11)));
    assert!(now(first.as_mut()).is_none() && now(second.as_mut()).is_none());
    assert_eq!(sender.try_send_many(&mut messages), Ok(0));
    assert_eq!(now(pin!(receiver.recv_many(&mut got, 3))), Some(3));
    assert_eq!(sender.try_send_many(&mut messages), Ok(1), "the room of those who wait is theirs");
    assert!(now(first).is_some() && now(second).is_some());
    assert_eq!(now(pin!(receiver.recv_many(&mut got, 0))), Some(0));
    assert_eq!(now(pin!(receiver.recv_many(&mut got, 8))), Some(4));
    assert_eq!(got, [0, 1, 2, 3, 4, 10, 11]);
    assert_eq!(now(pin!(receiver.recv_many(&mut got, 8))), None);
    let (sender, mut receiver) = channel::<u8>(1);
    drop(sender);
    assert_eq!(now(pin!(receiver.recv_many(&mut Vec::new(), 8))), Some(0), "the end");
    let (sender, receiver) = channel(1);
    drop(receiver);
    assert!(sender.try_send_many(&mut [7].into()).is_err());
}

#[test]
fn a_snapshot_shows_the_line_of_the_await() {
    let stage = Stage::new(1);
    let (sender, mut receiver) = channel::<u8>(1);
    let here = line!() + 1;
    let line = waits_in_line(&stage, async move { assert!(receiver.recv().await.is_none()) });
    assert_eq!(line, Some(here));
    drop(sender);

    let (sender, receiver) = channel(1);
    sender.try_send(1).unwrap();
    let here = line!() + 1;
    let line = waits_in_line(&stage, async move { sender.send(2).await.unwrap() });
    assert_eq!(line, Some(here));
    drop(receiver);

    let mutex = Arc::new(Mutex::new(()));
    let _guard = mutex.try_lock();
    let theirs = mutex.clone();
    let here = line!() + 1;
    let line = waits_in_line(&stage, async move { drop(theirs.lock().await) });
    assert_eq!(line, Some(here));

    let notify = Notify::new();
    let here = line!() + 1;
    let line = waits_in_line(&stage, async move { notify.notified().await });
    assert_eq!(line, Some(here));

    let (sender, mut receiver) = watch(0);
    let here = line!() + 1;
    let line = waits_in_line(&stage, async move { receiver.changed().await.unwrap() });
    assert_eq!(line, Some(here));
    drop(sender);
}

/// A waker that counts, and its count.
fn counter() -> (Waker, Arc<Count>) {
    let count = Arc::new(Count::default());
    (count.clone().into(), count)
}

#[test]
fn a_oneshot_gives_its_value_once_and_tells_each_side_of_the_others_end() {
    let (waker, count) = counter();
    let mut cx = Context::from_waker(&waker);
    let (sender, receiver) = oneshot();
    let mut receiver = pin!(receiver);
    assert!(receiver.as_mut().poll(&mut cx).is_pending());
    assert!(!sender.is_canceled());
    assert_eq!(sender.send(5), Ok(()));
    assert_eq!(count.0.load(Relaxed), 1);
    assert_eq!(receiver.as_mut().poll(&mut cx), Poll::Ready(Ok(5)));

    let (sender, receiver) = oneshot::<u8>();
    let mut receiver = pin!(receiver);
    assert!(receiver.as_mut().poll(&mut cx).is_pending());
    drop(sender);
    assert_eq!(count.0.load(Relaxed), 2);
    assert_eq!(receiver.as_mut().poll(&mut cx), Poll::Ready(Err(Canceled)));

    let (sender, receiver) = oneshot();
    drop(receiver);
    assert!(sender.is_canceled());
    assert_eq!(sender.send(6), Err(6), "the value comes back");
}

#[test]
fn a_notification_is_remembered_once_and_goes_to_who_has_waited_longest() {
    let notify = Notify::new();
    notify.notify_one();
    notify.notify_one();
    assert!(now(pin!(notify.notified())).is_some(), "it was remembered");
    assert!(now(pin!(notify.notified())).is_none(), "one, not two");
    let mut waiting: Vec<_> = (0..3).map(|_| Box::pin(notify.notified())).collect();
    assert!(waiting.iter_mut().all(|one| now(one.as_mut()).is_none()));
    notify.notify_one();
    let ready: Vec<_> = waiting.iter_mut().map(|one| now(one.as_mut()).is_some()).collect();
    assert_eq!(ready, [true, false, false]);
    drop(waiting.remove(0));
    notify.notify_one();
    drop(waiting.remove(0)); // it was chosen, and has not seen that
    assert!(now(waiting[0].as_mut()).is_some(), "so the next one is");
    let mut waiting: Vec<_> = (0..3).map(|_| Box::pin(notify.notified())).collect();
    assert!(waiting.iter_mut().all(|one| now(one.as_mut()).is_none()));
    notify.notify_all();
    assert!(waiting.iter_mut().all(|one| now(one.as_mut()).is_some()));
    notify.notify_all();
    assert!(now(pin!(notify.notified())).is_none(), "nobody waited, and it is not remembered");
}

#[test]
#[cfg_attr(miri, ignore = "there two wakers of one `Arc` need not say that they wake the same")]
fn a_set_of_wakers_wakes_in_order_and_each_task_once() {
    let set = WakerSet::new();
    let counters: Vec<_> = (0..12).map(|_| counter()).collect();
    for (waker, _) in counters.iter().chain(&counters) {
        set.register(waker);
    }
    let counts = || counters.iter().map(|(_, count)| count.0.load(Relaxed)).collect::<Vec<_>>();
    assert!(set.wake_one());
    assert_eq!(counts(), [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    assert!(set.remove(&counters[1].0) && !set.remove(&counters[0].0));
    set.wake_all();
    assert_eq!(counts(), [1, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]);
    assert!(set.is_empty() && !set.wake_one());
    assert!(counters.iter().all(|(_, count)| Arc::strong_count(count) == 2), "a waker is left");
}

#[test]
fn a_channel_tells_each_side_of_the_others_end_and_loses_no_room() {
    let (sender, mut receiver) = channel(1);
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
    assert_eq!(sender.try_send(1), Ok(()));
    assert_eq!(sender.try_send(2), Err(TrySendError::Full(2)));
    let (mut first, mut second) = (Box::pin(sender.send(3)), Box::pin(sender.send(4)));
    assert!(now(first.as_mut()).is_none() && now(second.as_mut()).is_none());
    assert_eq!(receiver.try_recv(), Ok(1));
    drop(first); // the room was for this one
    assert_eq!(now(second.as_mut()), Some(Ok(())), "so the next one has it");
    drop(second);
    assert_eq!(receiver.try_recv(), Ok(4), "what was given up is not sent");
    drop(sender);
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Closed));
    assert_eq!(now(pin!(receiver.recv())), Some(None));

    let (sender, receiver) = channel(1);
    sender.try_send(1).unwrap();
    let mut waits = pin!(sender.send(2));
    let (waker, count) = counter();
    assert!(waits.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    drop(receiver);
    assert_eq!(count.0.load(Relaxed), 1, "who waits for room finds out");
    assert_eq!(now(waits), Some(Err(SendError(2))), "and has the message back");
    assert_eq!(sender.try_send(3), Err(TrySendError::Closed(3)));
}
