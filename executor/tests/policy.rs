//! The order in which a CPU takes work: exact traces, with the reason beside each line. The rules are those on top
//! of `src/cpu.rs`.

mod support;

use pollux_executor::{Executor, WokenBy, yield_now};
use std::{
    future::{Future, pending, poll_fn},
    pin::pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    task::{Context, Poll, Wake, Waker},
};
use support::{Stage, Trace, pass_time};

/// Longer than a poll may take for the LIFO slot to be first after it.
const LONG_NS: u64 = 6_000;

type Slot = Arc<Mutex<Option<Waker>>>;

/// Says its name each time it is polled, and waits to be woken through the slot.
fn waits(trace: &Trace, name: &'static str, slot: &Slot) -> impl Future<Output = ()> + Send + use<> {
    let (trace, slot) = (trace.clone(), slot.clone());
    poll_fn(move |cx| {
        trace.say(name);
        *slot.lock().unwrap() = Some(cx.waker().clone());
        Poll::Pending
    })
}

/// Says its name each time it is polled, and wakes the other one: so often, which takes 4 ns each time.
fn player(
    trace: &Trace,
    name: &'static str,
    mine: &Slot,
    other: &Slot,
    mut polls: usize,
) -> impl Future<Output = ()> + Send + use<> {
    let (trace, mine, other) = (trace.clone(), mine.clone(), other.clone());
    poll_fn(move |cx| {
        trace.say(name);
        pass_time(4);
        *mine.lock().unwrap() = Some(cx.waker().clone());
        if let Some(other) = &*other.lock().unwrap() {
            other.wake_by_ref();
        }
        polls -= 1;
        if polls == 0 { Poll::Ready(()) } else { Poll::Pending }
    })
}

fn wake(slot: &Slot) {
    slot.lock().unwrap().as_ref().expect("it waits").wake_by_ref();
}

fn says(trace: &Trace, name: &'static str) -> impl Future<Output = ()> + Send + use<> {
    let trace = trace.clone();
    async move { trace.say(name) }
}

fn start(executor: &'static Executor, name: &str, future: impl Future<Output = ()> + Send + 'static) {
    drop(executor.spawn(name, future).unwrap());
}

#[test]
fn the_last_one_woken_comes_first_and_the_others_in_order() {
    let (stage, trace) = (Stage::new(1), Trace::default());
    let executor = stage.executor;
    let say = trace.clone();
    stage.on(0, || {
        start(executor, "spawner", async move {
            for name in ["a", "b", "c"] {
                start(executor, name, says(&say, name));
            }
            say.say("spawner");
        });
        start(executor, "other", says(&trace, "other"));
    });
    stage.run(0);
    let expected = [
        "spawner", // spawned first, outside of a poll: both went to the ring
        "c",       // the LIFO slot: what was spawned last has the warmest cache
        "other",   // the ring, oldest first
        "a",       // pushed out of the slot by b, onto the ring
        "b",       // by c
    ];
    assert_eq!(trace.take(), expected);
}

#[test]
fn the_lifo_slot_is_first_three_times_in_a_row() {
    let (stage, trace) = (Stage::new(1), Trace::default());
    let (ping, pong) = (Slot::default(), Slot::default());
    stage.on(0, || {
        start(stage.executor, "ping", player(&trace, "ping", &ping, &pong, 4));
        start(stage.executor, "pong", player(&trace, "pong", &pong, &ping, 4));
        for name in ["x", "y"] {
            start(stage.executor, name, says(&trace, name));
        }
    });
    stage.run(0);
    let expected = [
        "ping", // the ring; nobody to wake yet
        "pong", // the ring; wakes ping
        "ping", // the slot, once
        "pong", // the slot, twice
        "ping", // the slot, three times
        "x",    // the slot has had its share, so it was closed and pong went to the ring
        "y",    // the ring
        "pong", // there, its third; the slot is open again
        "ping", // the slot, its last
        "pong", // the slot, its last
    ];
    assert_eq!(trace.take(), expected);
}

/// A waker that says when it is used.
struct Rings(Trace, Waker);

impl Wake for Rings {
    fn wake(self: Arc<Self>) {
        self.0.say("rings");
        self.1.wake_by_ref();
    }
}

#[test]
fn a_timer_fires_once_the_slot_has_had_its_share() {
    let (stage, trace) = (Stage::new(1), Trace::default());
    let (ping, pong) = (Slot::default(), Slot::default());
    let (executor, say) = (stage.executor, trace.clone());
    stage.on(0, || {
        start(executor, "nap", async move {
            say.say("nap");
            let mut sleep = pin!(executor.sleep_until(10));
            poll_fn(|cx| {
                let waker = Arc::new(Rings(say.clone(), cx.waker().clone())).into();
                sleep.as_mut().poll(&mut Context::from_waker(&waker))
            })
            .await;
            say.say("morning");
            pending().await
        });
        start(executor, "ping", player(&trace, "ping", &ping, &pong, 4));
        start(executor, "pong", player(&trace, "pong", &pong, &ping, 4));
    });
    stage.run(0);
    let expected = [
        "nap",     // the ring; sleeps until 10
        "ping",    // until 4; nobody to wake yet
        "pong",    // until 8; wakes ping
        "ping",    // the slot, once, until 12: that is later
        "pong",    // the slot, twice
        "ping",    // the slot, three times
        "rings",   // not after the first of them
        "morning", // the ring, where a timer's wake goes, as no task made it; pong has to wait in the slot
        "pong",    // the slot, once
        "ping",    // its last
        "pong",    //
    ];
    assert_eq!(trace.take(), expected);
    assert_eq!(stage.info("nap").woken_by, WokenBy::Cpu(0), "and not the task that was polled before");
}

#[test]
fn after_a_long_poll_the_slot_and_the_woken_go_to_the_end_of_the_line() {
    let (stage, trace) = (Stage::new(1), Trace::default());
    let executor = stage.executor;
    let say = trace.clone();
    stage.on(0, || {
        start(executor, "long", async move {
            start(executor, "child", says(&say, "child"));
            pass_time(LONG_NS);
            say.say("long");
        });
        start(executor, "x", says(&trace, "x"));
        start(executor, "y", says(&trace, "y"));
    });
    stage.run(0);
    let expected = [
        "long",  // the ring; its child goes to the slot
        "x",     // the poll was long: the child went from the slot to the end of the ring
        "y",     //
        "child", // there
    ];
    assert_eq!(trace.take(), expected);
}

#[test]
fn inbox_and_ring_take_turns() {
    let (stage, trace) = (Stage::new(1), Trace::default());
    let slots: [Slot; 3] = Default::default();
    let names = ["i1", "i2", "i3"];
    stage.on(0, || {
        for (name, slot) in names.into_iter().zip(&slots) {
            drop(stage.executor.spawn_on(0, name, waits(&trace, name, slot)).unwrap());
        }
    });
    stage.run(0);
    trace.take();
    stage.on(0, || {
        for name in ["r1", "r2", "r3"] {
            start(stage.executor, name, says(&trace, name));
        }
    });
    slots.iter().for_each(wake); // by a thread that is no CPU: through the inbox, where what is pinned stays
    stage.run(0);
    // It is the turn of the ring; each in its own order.
    assert_eq!(trace.take(), ["r1", "i1", "r2", "i2", "r3", "i3"]);
}

/// The numbers of the takes at which a task of the injector came, while the ring was never empty. A timer fires before each
/// one, which is no take.
fn injector_turns(busy_ns: u64, takes: usize) -> Vec<usize> {
    let (stage, trace) = (Stage::new(1), Trace::default());
    let executor = stage.executor;
    for _ in 0..2 {
        let trace = trace.clone();
        let hog = async move {
            loop {
                trace.say("hog");
                let mut nap = pin!(executor.sleep_until(executor.now_ns() + busy_ns));
                let _ = nap.as_mut().poll(&mut Context::from_waker(Waker::noop()));
                pass_time(busy_ns);
                yield_now().await;
            }
        };
        stage.on(0, || start(stage.executor, "hog", hog));
    }
    while trace.len() < takes {
        // One task of a foreign thread is always there.
        if stage.executor.cpu_stats(0).polls as usize == trace.len() {
            start(stage.executor, "foreign", says(&trace, "foreign"));
        }
        let _ = stage.tick(0);
    }
    let ran = trace.take();
    (0..takes).filter(|&take| ran[take] == "foreign").collect()
}

#[test]
fn the_injector_is_first_every_61st_time() {
    // The first tick has 128 polls, and finds one task there: the 61st of them. Others come in the ticks after.
    assert_eq!(injector_turns(10, 128), [60]);
}

/// Two tasks that wake each other, one in the ring, and one of a foreign thread.
#[test]
fn turns_of_the_lifo_slot_count_for_the_injector_and_are_not_cut_short_for_it() {
    let (stage, trace) = (Stage::new(1), Trace::default());
    stage.on(0, || start(stage.executor, "first", says(&trace, "first")));
    let (a, b) = (Slot::default(), Slot::default());
    stage.on(0, || start(stage.executor, "a", player(&trace, "a", &a, &b, usize::MAX)));
    stage.on(0, || start(stage.executor, "b", player(&trace, "b", &b, &a, usize::MAX)));
    let hog = trace.clone();
    stage.on(0, || {
        start(stage.executor, "hog", async move {
            loop {
                hog.say("hog");
                yield_now().await;
            }
        });
    });
    start(stage.executor, "foreign", says(&trace, "foreign"));
    let _ = stage.tick(0);
    let ran = trace.take();
    // The ring has two turns in five, the slot three. Number 60 (from 0) is the last of the slot's three.
    let round = ["a", "b", "a", "hog", "b"];
    assert_eq!(ran[..13], [&["first", "a", "b"][..], &round, &round].concat());
    assert_eq!(ran[58..62], ["a", "b", "a", "foreign"]);
}

#[test]
fn the_injector_is_first_after_a_long_poll() {
    assert_eq!(injector_turns(LONG_NS, 5), [1], "there was one, and it came after the first long poll");
}

/// What CPU 0 polls, whose only task polls long twice, while those wait on CPU 1.
fn beside_a_hog(waiting: &[&'static str]) -> Vec<String> {
    let (stage, trace) = (Stage::new(2), Trace::default());
    let hog = trace.clone();
    stage.on(0, || {
        start(stage.executor, "hog", async move {
            for _ in 0..2 {
                hog.say("hog");
                pass_time(LONG_NS);
                yield_now().await;
            }
        });
    });
    for name in waiting {
        stage.on(1, || start(stage.executor, name, says(&trace, name)));
    }
    stage.run(0);
    trace.take()
}

#[test]
fn who_polls_long_and_is_alone_lets_those_of_another_cpu_first() {
    // Half of them, of which the oldest is put behind the others; the rest when there is nothing else to do.
    assert_eq!(beside_a_hog(&["a", "b", "c", "d"]), ["hog", "b", "a", "hog", "c", "d"]);
    assert_eq!(beside_a_hog(&["a"]), ["hog", "hog", "a"], "its CPU is about to poll it");
}

#[test]
fn who_polls_long_goes_behind_all_that_wait_in_the_injector() {
    let (stage, trace) = (Stage::new(1), Trace::default());
    let (executor, hog) = (stage.executor, trace.clone());
    stage.on(0, || {
        start(stage.executor, "hog", async move {
            start(executor, "child", says(&hog, "child"));
            for _ in 0..2 {
                hog.say("hog");
                pass_time(LONG_NS);
                yield_now().await;
            }
        });
    });
    for name in ["a", "b", "c"] {
        start(stage.executor, name, says(&trace, name));
    }
    stage.run(0);
    assert_eq!(trace.take(), ["hog", "a", "b", "c", "child", "hog"]);
}

/// Tasks that take long and fill the ring: those that the ring had no room for are in the injector. A turn of that takes
/// one to run, and one onto the ring where the last turn of the ring made room.
#[test]
fn ring_and_injector_take_turns_when_polls_are_long() {
    let (stage, trace) = (Stage::new(1), Trace::default());
    stage.on(0, || {
        for n in 0..264 {
            let says = says(&trace, n.to_string().leak());
            let long = async move {
                says.await;
                pass_time(LONG_NS);
            };
            start(stage.executor, "long", long);
        }
    });
    stage.run(0);
    assert_eq!(trace.take()[..9], ["0", "256", "1", "258", "2", "260", "3", "262", "4"]);
}

/// More than the ring holds: the others wait in the injector, and beside a task that uses the CPU up they do not come
/// one by one.
#[test]
fn what_waits_in_the_injector_comes_by_the_dozen() {
    const FOREIGN: usize = if cfg!(miri) { 1500 } else { 10_000 };
    let (stage, trace) = (Stage::new(1), Trace::default());
    let (turns, done) = (Arc::new(AtomicUsize::new(0)), trace.clone());
    let count = turns.clone();
    let hog = async move {
        while done.len() < FOREIGN {
            count.fetch_add(1, Relaxed);
            pass_time(LONG_NS);
            yield_now().await;
        }
    };
    drop(stage.on(0, || stage.executor.spawn("hog", hog)).unwrap());
    for _ in 0..FOREIGN {
        start(stage.executor, "foreign", says(&trace, "foreign"));
    }
    stage.run(0);
    assert_eq!(trace.len(), FOREIGN);
    let turns = turns.load(Relaxed);
    assert!(turns < FOREIGN / 20, "the other one had {turns} turns meanwhile");
}
