//! Real threads for CPUs: nothing is lost, and nothing is left.

mod support;

use pollux_executor::{JoinError, yield_now};
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::Relaxed},
};
use support::Machine;

/// Miri is a thousand times slower.
const ROUNDS: u64 = if cfg!(miri) { 20 } else { 20_000 };

#[test]
fn what_is_created_completes_or_is_cancelled() {
    let machine = Machine::start(4);
    let executor = machine.executor;
    let (completed, cancelled) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let mut spawners = Vec::new();
    for spawner in 0..4_u64 {
        let (completed, cancelled) = (completed.clone(), cancelled.clone());
        let future = async move {
            for round in 0..ROUNDS {
                let task = executor.spawn("child", async move {
                    if round % 3 == 0 {
                        yield_now().await;
                    }
                    round
                });
                let task = task.unwrap();
                if (round + spawner) % 5 == 0 {
                    task.cancel();
                }
                match task.await {
                    Ok(value) => {
                        assert_eq!(value, round);
                        completed.fetch_add(1, Relaxed);
                    }
                    Err(JoinError::Cancelled) => {
                        cancelled.fetch_add(1, Relaxed);
                    }
                    Err(JoinError::Panicked(why)) => panic!("{why}"),
                }
            }
        };
        spawners.push(executor.spawn("spawner", future).unwrap());
    }
    for spawner in spawners {
        machine.block_on(spawner).unwrap();
    }
    assert_eq!(completed.load(Relaxed) + cancelled.load(Relaxed), 4 * ROUNDS);
    assert!(completed.load(Relaxed) > ROUNDS);
    let mut left = 0;
    executor.tasks(&mut |_| left += 1);
    assert_eq!(left, 0, "no task is left in the table");
    machine.stop();
}

#[test]
fn messages_between_cpus_arrive_in_order() {
    let machine = Machine::start(3);
    let executor = machine.executor;
    let (sender, mut receiver) = pollux_executor::sync::channel::<u64>(4);
    let send = async move {
        for n in 0..ROUNDS {
            sender.send(n).await.unwrap();
        }
    };
    let receive = async move {
        for n in 0..ROUNDS {
            assert_eq!(receiver.recv().await, Some(n));
        }
        receiver.recv().await
    };
    drop(executor.spawn_on(0, "sender", send).unwrap());
    let receiver = executor.spawn_on(2, "receiver", receive).unwrap();
    assert_eq!(machine.block_on(receiver), Ok(None), "and then their end");
    machine.stop();
}

/// A snapshot while tasks come and go on other threads, in the same cells over and over: what it says of a task is
/// all of one task, and those that stay are in it once.
#[test]
fn a_snapshot_mixes_no_two_tasks() {
    let machine = Machine::start(3);
    let executor = machine.executor;
    let stay: Vec<_> =
        (0..40).map(|_| executor.spawn("stay", std::future::pending::<()>()).unwrap()).collect();
    let coming: Vec<_> = [("short", false), ("a longer name", true)]
        .into_iter()
        .map(|(name, long)| {
            let churn = async move {
                for _ in 0..ROUNDS {
                    let task = if long {
                        executor.spawn(name, async { yield_now().await })
                    } else {
                        executor.spawn(name, async {})
                    };
                    task.unwrap().await.unwrap();
                }
            };
            executor.spawn("churn", churn).unwrap()
        })
        .collect();
    let mut lines = std::collections::BTreeMap::new();
    while !coming.iter().all(|task| task.is_finished()) {
        let mut stayed = std::collections::BTreeSet::new();
        executor.tasks(&mut |info| {
            // Each name is spawned at a line of its own.
            let line = *lines.entry(info.name.to_string()).or_insert(info.spawned_at.line());
            assert_eq!(
                line,
                info.spawned_at.line(),
                "the name of one task and the place of another: {info:?}"
            );
            if info.name.as_str() == "stay" {
                assert!(stayed.insert(info.id), "twice in one snapshot: {info:?}");
            }
        });
        assert_eq!(stayed.len(), stay.len(), "a task that stays was missed");
    }
    for task in &stay {
        task.cancel();
    }
    for task in stay {
        assert_eq!(machine.block_on(task), Err(JoinError::Cancelled));
    }
    machine.stop();
}
