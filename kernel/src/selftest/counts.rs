//! How many instructions the executor's steps take. Exact under `-icount shift=1`, where the TSC counts two for
//! every instruction; without meaning otherwise.

use alloc::{format, sync::Arc};
use core::{
    future::poll_fn,
    sync::atomic::{AtomicU64, Ordering},
    task::Poll,
};

use pollux_executor::{Executor, sync::AtomicWaker, yield_now};

use super::Outcome;
use crate::{arch::clock, dev::channel};

const ROUNDS: u64 = 1000;
const TICKS_PER_INSTRUCTION: u64 = 2;

fn per(ticks: u64, events: u64) -> u64 {
    ticks / TICKS_PER_INSTRUCTION / events
}

pub async fn instructions(executor: &'static Executor) -> Outcome {
    // The first run of each warms up nothing but the emulator; what counts is the second.
    let mut results = [0; 3];
    for _ in 0..2 {
        results = [wake(executor).await?, yields().await, spawn_and_join(executor).await?];
    }
    for (name, value) in
        ["instructions_per_wake", "instructions_per_yield", "instructions_per_spawn_join"].iter().zip(results)
    {
        channel::measurement(name, value, "instructions").await;
    }
    Ok(())
}

struct Turns {
    turn: AtomicU64,
    wakers: [AtomicWaker; 2],
}

/// From a wake on the same CPU to the end of the poll that it causes: half of a round trip between two tasks.
async fn wake(executor: &'static Executor) -> Result<u64, alloc::string::String> {
    let turns = Arc::new(Turns { turn: AtomicU64::new(0), wakers: [const { AtomicWaker::new() }; 2] });
    let player = |me: usize, turns: Arc<Turns>| async move {
        let start = clock::tsc();
        for round in 0..ROUNDS {
            let mine = 2 * round + me as u64;
            poll_fn(|cx| {
                if turns.turn.load(Ordering::Acquire) == mine {
                    return Poll::Ready(());
                }
                turns.wakers[me].register(cx.waker());
                Poll::Pending
            })
            .await;
            turns.turn.store(mine + 1, Ordering::Release);
            turns.wakers[1 - me].wake();
        }
        clock::tsc() - start
    };
    let second = executor.spawn("count", player(1, turns.clone())).map_err(|e| format!("{e}"))?;
    let first = executor.spawn("count", player(0, turns.clone())).map_err(|e| format!("{e}"))?;
    let ticks = first.await.map_err(|e| format!("{e:?}"))?;
    second.await.map_err(|e| format!("{e:?}"))?;
    Ok(per(ticks, 2 * ROUNDS))
}

async fn yields() -> u64 {
    let start = clock::tsc();
    for _ in 0..ROUNDS {
        yield_now().await;
    }
    per(clock::tsc() - start, ROUNDS)
}

async fn spawn_and_join(executor: &'static Executor) -> Result<u64, alloc::string::String> {
    let start = clock::tsc();
    for _ in 0..ROUNDS {
        let task = executor.spawn("count", async {}).map_err(|e| format!("{e}"))?;
        task.await.map_err(|e| format!("{e:?}"))?;
    }
    Ok(per(clock::tsc() - start, ROUNDS))
}
