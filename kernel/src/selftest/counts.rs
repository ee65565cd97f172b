//! How many instructions the executor's steps take. Exact under `-icount shift=1`, where the TSC counts two for
//! every instruction; without meaning otherwise.
//!
//! Each figure comes from a task of its own, so that no poll of an outer future is counted. What is measured:
//!
//! | figure | from | to |
//! |---|---|---|
//! | wake | `wake_by_ref` in a poll | the first instruction of the woken task's poll, same CPU |
//! | yield | one return of `yield_now().await` | the next, with nothing else to do |
//! | spawn and join | `spawn` of an empty task | its output, awaited |
//! | remote wake | `wake_by_ref` of a task of a CPU that sleeps | its return: push, fence, inter-processor interrupt |
//! | timer | the first poll of a sleep (add), its drop (cancel) | the end of each |
//! | steal | a tick that takes its one task from another CPU | its end, less a tick whose task is its own |
//! | heap alloc, free | the call, 32 of a size in a row | its return; the second time round, so no slab is new |
//! | frame alloc, free | the call, as many in a row as a CPU keeps at hand | its return |
//! | frame alloc refill, free drain | the call, 512 in a row | its return, a trip to the common frames for each batch in it |

use alloc::{boxed::Box, format, string::String, vec::Vec};
use core::{
    alloc::Layout,
    convert::Infallible,
    future::{Future, poll_fn},
    pin::pin,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    task::{Context, Poll, Waker},
    time::Duration,
};

use pollux_executor::{Executor, yield_now};
use pollux_memory::BATCH;

use super::Outcome;
use crate::{
    arch::clock,
    cpu,
    dev::channel,
    mem::{frames, heap},
    run,
    sync::IrqLock,
};

const ROUNDS: u64 = 1000;
const TICKS_PER_INSTRUCTION: u64 = 2;

fn per(ticks: u64, events: u64) -> u64 {
    ticks / TICKS_PER_INSTRUCTION / events
}

/// [`per`] of what was taken by a pair of looks at the TSC each: without the instructions that look and keep what they saw.
fn per_pair(ticks: u64, pairs: u64) -> u64 {
    static BEGAN: AtomicU64 = AtomicU64::new(0);
    BEGAN.store(clock::tsc(), Relaxed);
    let itself = clock::tsc() - BEGAN.load(Relaxed);
    per(ticks.saturating_sub(itself * pairs), pairs)
}

pub async fn instructions(executor: &'static Executor) -> Outcome {
    // The first run of each warms up nothing but the emulator; what counts is the second.
    let mut results = [0; 7];
    for _ in 0..2 {
        let (add, cancel) = in_task(executor, timer(executor)).await?;
        results = [
            wake(executor).await?,
            in_task(executor, yields()).await?,
            in_task(executor, spawn_and_join(executor)).await?.ok_or("a task did not begin, or not end")?,
            remote_wake(executor).await?,
            add,
            cancel,
            steal()?,
        ];
    }
    wakes_in_a_row(executor).await?;
    for size in [16, 64, 512, 4096] {
        let (alloc, free) = in_task(executor, async move { objects(size) }).await??;
        for (step, value) in [("alloc", alloc), ("free", free)] {
            channel::measurement(&format!("instructions_per_heap_{step}_{size}"), value, "instructions")
                .await;
        }
    }
    for (count, alloc_name, free_name) in [(BATCH, "alloc", "free"), (512, "alloc_refill", "free_drain")] {
        let (alloc, free) = in_task(executor, async move { single_frames(count) }).await??;
        channel::measurement(&format!("instructions_per_frame_{alloc_name}"), alloc, "instructions").await;
        channel::measurement(&format!("instructions_per_frame_{free_name}"), free, "instructions").await;
    }
    let names = ["wake", "yield", "spawn_join", "remote_wake", "timer_add", "timer_cancel", "steal"];
    for (name, value) in names.iter().zip(results) {
        channel::measurement(&format!("instructions_per_{name}"), value, "instructions").await;
    }
    Ok(())
}

async fn in_task<T: Send + 'static>(
    executor: &'static Executor,
    f: impl Future<Output = T> + Send + 'static,
) -> Result<T, String> {
    // The other CPU, which may still look for work, is asleep then, and in no figure.
    executor.sleep(Duration::from_millis(1)).await;
    executor.spawn("count", f).map_err(|e| format!("{e}"))?.await.map_err(|e| format!("{e:?}"))
}

/// Two tasks that wake each other and note how long it took.
struct Pair {
    wakers: [IrqLock<Option<Waker>>; 2],
    /// Who waits for the end.
    over: IrqLock<Option<Waker>>,
    woken_at: AtomicU64,
    ticks: AtomicU64,
    wakes: AtomicU64,
}

impl Pair {
    /// The first polls of a player: it leaves its waker, waits for the other's, and lets the second one begin.
    #[inline(never)]
    fn meet(&self, me: usize, other: &mut Option<Waker>, cx: &Context<'_>) -> Poll<Infallible> {
        self.wakers[me].lock().get_or_insert_with(|| cx.waker().clone());
        *other = self.wakers[1 - me].lock().clone();
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// The last poll of a player.
    #[inline(never)]
    fn end(&self) -> Poll<Infallible> {
        if let Some(waker) = self.over.lock().take() {
            waker.wake();
        }
        Poll::Pending
    }
}

async fn wake(executor: &'static Executor) -> Result<u64, String> {
    static PAIR: Pair = Pair {
        wakers: [const { IrqLock::new(None) }; 2],
        over: IrqLock::new(None),
        woken_at: AtomicU64::new(0),
        ticks: AtomicU64::new(0),
        wakes: AtomicU64::new(0),
    };
    // What a poll saves at its begin and restores at its end is in the figure: so nothing lives across the wake, and the players
    // end by being cancelled.
    let player = |me: usize| {
        let mut other: Option<Waker> = None;
        poll_fn(move |cx| {
            let now = clock::tsc();
            let Some(other) = &other else { return PAIR.meet(me, &mut other, cx) };
            let woken_at = PAIR.woken_at.load(Relaxed);
            if woken_at != 0 {
                PAIR.ticks.store(PAIR.ticks.load(Relaxed) + (now - woken_at), Relaxed);
                PAIR.wakes.store(PAIR.wakes.load(Relaxed) + 1, Relaxed);
            }
            if PAIR.wakes.load(Relaxed) >= ROUNDS {
                return PAIR.end();
            }
            PAIR.woken_at.store(clock::tsc(), Relaxed);
            other.wake_by_ref();
            Poll::Pending
        })
    };
    for count in [&PAIR.woken_at, &PAIR.ticks, &PAIR.wakes] {
        count.store(0, Relaxed);
    }
    let second = executor.spawn("count", player(1)).map_err(|e| format!("{e}"))?;
    let first = executor.spawn("count", player(0)).map_err(|e| format!("{e}"))?;
    poll_fn(|cx| {
        *PAIR.over.lock() = Some(cx.waker().clone());
        if PAIR.wakes.load(Relaxed) < ROUNDS { Poll::Pending } else { Poll::Ready(()) }
    })
    .await;
    for (player, waker) in [first, second].into_iter().zip(&PAIR.wakers) {
        player.cancel();
        *waker.lock() = None;
    }
    Ok(per_pair(PAIR.ticks.load(Relaxed), PAIR.wakes.load(Relaxed)))
}

async fn yields() -> u64 {
    let start = clock::tsc();
    for _ in 0..ROUNDS {
        yield_now().await;
    }
    per(clock::tsc() - start, ROUNDS)
}

/// What has gone wrong is not told, as it would have to be kept; `None`.
async fn spawn_and_join(executor: &'static Executor) -> Option<u64> {
    let start = clock::tsc();
    for _ in 0..ROUNDS {
        executor.spawn("count", async {}).ok()?.await.ok()?;
    }
    Some(per(clock::tsc() - start, ROUNDS))
}

/// The waker's side of a wake of a CPU that sleeps.
async fn remote_wake(executor: &'static Executor) -> Result<u64, String> {
    let (kicks, ticks) = wakes_of_another(executor, Duration::from_micros(200)).await?;
    if kicks == 0 {
        return Err("the other CPU never slept".into());
    }
    Ok(per_pair(ticks, kicks))
}

/// Whoever ran out of work a moment ago is still awake.
async fn wakes_in_a_row(executor: &'static Executor) -> Outcome {
    match wakes_of_another(executor, Duration::from_micros(20)).await? {
        (0, _) => Ok(()),
        (kicks, _) => Err(format!("{kicks} wakes took an interrupt, 20 us after the one before")),
    }
}

/// Wakes a task of another CPU many times, each time after so long: how many of the wakes took a kick, and the ticks of the waker's
/// side of these.
async fn wakes_of_another(executor: &'static Executor, every: Duration) -> Result<(u64, u64), String> {
    let (here, there) = (cpu::index(), executor.cpus() - 1 - cpu::index());
    if here == there {
        return Err("this takes an even number of CPUs".into());
    }
    static WAKER: IrqLock<Option<Waker>> = IrqLock::new(None);
    let sleeper = executor.spawn_on(
        there,
        "count",
        poll_fn(|cx| {
            *WAKER.lock() = Some(cx.waker().clone());
            Poll::<()>::Pending
        }),
    );
    let sleeper = sleeper.map_err(|e| format!("{e}"))?;
    let waker = executor.spawn_on(here, "count", async move {
        let (mut kicks, mut ticks, mut wakes) = (0, 0, 0);
        while wakes < ROUNDS / 10 {
            // Without work this CPU lets the emulator run the other one, which counting instructions takes turns.
            executor.sleep(every).await;
            let Some(waker) = WAKER.lock().take() else { continue };
            let before = executor.cpu_stats(there).kicks_sent;
            let start = clock::tsc();
            waker.wake_by_ref();
            let took = clock::tsc() - start;
            wakes += 1;
            if executor.cpu_stats(there).kicks_sent > before {
                kicks += 1;
                ticks += took;
            }
        }
        (kicks, ticks)
    });
    let result = waker.map_err(|e| format!("{e}"))?.await;
    sleeper.cancel();
    result.map_err(|e| format!("{e:?}"))
}

async fn timer(executor: &'static Executor) -> (u64, u64) {
    let (mut add, mut cancel) = (0, 0);
    let soon = clock::now_ns() + 1_000_000_000;
    for round in 0..ROUNDS {
        let mut sleep = pin!(Some(executor.sleep_until(soon + round * 1_000_003)));
        poll_fn(|cx| {
            let start = clock::tsc();
            let _ = sleep.as_mut().as_pin_mut().map(|sleep| sleep.poll(cx));
            add += clock::tsc() - start;
            Poll::Ready(())
        })
        .await;
        let start = clock::tsc();
        sleep.set(None);
        cancel += clock::tsc() - start;
    }
    (per_pair(add, ROUNDS), per_pair(cancel, ROUNDS))
}

/// Both CPUs of an executor of its own are played by the one that measures, where what is woken is queued.
fn steal() -> Result<u64, String> {
    let executor = Executor::new(&run::Cpus, 2).map_err(|e| format!("{e}"))?;
    let executor: &'static Executor = Box::leak(Box::new(executor));
    let here = cpu::index();
    let tick = |cpu| {
        let start = clock::tsc();
        let _ = executor.tick(cpu);
        let took = clock::tsc() - start;
        // It has become a searcher in vain, and would keep the other one from being one.
        let _ = executor.prepare_idle(cpu);
        executor.leave_idle(cpu);
        took
    };
    static WAKER: IrqLock<Option<Waker>> = IrqLock::new(None);
    let waits = poll_fn(|cx| {
        WAKER.lock().get_or_insert_with(|| cx.waker().clone());
        Poll::<()>::Pending
    });
    let task = executor.spawn("count", waits).map_err(|e| format!("{e}"))?;
    let mut ticks = [0, 0];
    for round in 0..2 * ROUNDS {
        let cpu = (round % 2) as usize;
        ticks[cpu] += tick(if cpu == 0 { here } else { 1 - here });
        if let Some(waker) = &*WAKER.lock() {
            waker.wake_by_ref();
        }
    }
    *WAKER.lock() = None;
    task.cancel();
    tick(here);
    Ok(per(ticks[1].saturating_sub(ticks[0]), ROUNDS))
}

/// One allocation, one free of that size, when others of it are in use.
fn objects(size: usize) -> Result<(u64, u64), String> {
    const BATCH: usize = 32;
    let layout = Layout::from_size_align(size, 16).map_err(|e| format!("{e}"))?;
    let mut objects = [core::ptr::null_mut(); BATCH];
    let (mut alloc_ticks, mut free_ticks) = (0, 0);
    for _ in 0..2 {
        let start = clock::tsc();
        for object in &mut objects {
            // SAFETY: the layout's size is not 0.
            *object = unsafe { alloc::alloc::alloc(layout) };
        }
        alloc_ticks = clock::tsc() - start;
        if objects.iter().any(|object| object.is_null()) {
            return Err(format!("no memory for {BATCH} times {size} bytes"));
        }
        let start = clock::tsc();
        for object in objects {
            // SAFETY: allocated above with this layout, and given back once.
            unsafe { alloc::alloc::dealloc(object, layout) };
        }
        free_ticks = clock::tsc() - start;
    }
    Ok((per(alloc_ticks, BATCH as u64), per(free_ticks, BATCH as u64)))
}

/// One frame taken, one given back, of so many in a row.
fn single_frames(count: usize) -> Result<(u64, u64), String> {
    let mut taken = Vec::with_capacity(count);
    let (mut alloc_ticks, mut free_ticks) = (0, 0);
    // Begins with nothing at hand; the second time, with what the first one gave back.
    heap::give_back_own();
    for _ in 0..2 {
        let start = clock::tsc();
        (0..count).for_each(|_| taken.extend(frames::alloc()));
        alloc_ticks = clock::tsc() - start;
        if taken.len() < count {
            return Err(format!("no memory for {count} frames"));
        }
        let start = clock::tsc();
        for frame in taken.drain(..) {
            // SAFETY: taken above, and not used.
            unsafe { frames::free(frame) };
        }
        free_ticks = clock::tsc() - start;
    }
    Ok((per(alloc_ticks, count as u64), per(free_ticks, count as u64)))
}
