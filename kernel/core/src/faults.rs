//! Faults on purpose that need no hardware: what `/proc/fault` takes in the guest and hosted.

use alloc::sync::Arc;

use core::{
    future::{Future, poll_fn},
    pin::pin,
    task::{Context, Poll, Waker},
};

use pollux_executor::{
    Executor,
    sync::{Mutex, Notify, channel},
};
use pollux_shell::{env::Result, errno::Errno};

/// How much memory a leak takes, in bytes.
const LEAK: usize = 1000;

/// Makes the fault of that name; `EINVAL` for one that is not known here.
pub fn make(executor: &'static Executor, kind: &str) -> Result<()> {
    match kind {
        "leak" => leak(),
        "lock-cycle" => lock_cycle(executor)?,
        "lost-wake" => lost_wake(executor)?,
        _ => return Err(Errno::EINVAL),
    }
    Ok(())
}

/// Takes memory that nobody ever gives back.
#[inline(never)]
fn leak() {
    core::mem::forget(core::hint::black_box(alloc::vec![0_u8; LEAK]));
}

/// A lock, and that its first owner has it.
#[derive(Default)]
struct Owned {
    lock: Mutex<()>,
    taken: Notify,
}

/// Two tasks that take two locks, each in another order, and wait for each other from then on.
fn lock_cycle(executor: &'static Executor) -> Result<()> {
    let locks = [Arc::new(Owned::default()), Arc::new(Owned::default())];
    for (name, [first, second]) in
        [("cycle-1", locks.clone()), ("cycle-2", [locks[1].clone(), locks[0].clone()])]
    {
        let takes_both = async move {
            let _first = first.lock.lock().await;
            first.taken.notify_one();
            second.taken.notified().await;
            let _second = second.lock.lock().await;
        };
        drop(executor.spawn(name, takes_both).map_err(|_| Errno::ENOMEM)?);
    }
    Ok(())
}

/// A task that waits for a message, which comes, and that is not woken for it: the channel has been given a waker that
/// wakes nobody.
fn lost_wake(executor: &'static Executor) -> Result<()> {
    let (sender, mut receiver) = channel(1);
    let deaf = async move {
        let mut message = pin!(receiver.recv());
        poll_fn(|cx| {
            let told = message.as_mut().poll(cx).is_ready();
            let given = message.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready();
            debug_assert!(!told && !given, "nothing was sent");
            let _ = sender.try_send(()); // there is room
            Poll::<()>::Pending
        })
        .await;
    };
    drop(executor.spawn("deaf", deaf).map_err(|_| Errno::ENOMEM)?);
    Ok(())
}
