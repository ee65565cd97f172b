//! Debug builds find out who breaks the rules: a handler that takes a lock of tasks, and one that spawns.
#![cfg(debug_assertions)]

mod support;

use pollux_executor::{
    TaskSlot,
    sync::{
        Lock, LockHooks, Mutex, Notify, RwLock, Semaphore, WakerSet, channel, oneshot, set_lock_hooks, watch,
    },
};
use std::{
    cell::Cell,
    panic::{AssertUnwindSafe, catch_unwind},
    task::Waker,
};
use support::{Stage, in_interrupt, interrupt, message};

thread_local!(static HELD: Cell<i64> = const { Cell::new(0) });

struct Hooks;

impl LockHooks for Hooks {
    fn in_interrupt(&self) -> bool {
        in_interrupt()
    }
    fn acquired(&self) {
        HELD.set(HELD.get() + 1);
    }
    fn released(&self) {
        HELD.set(HELD.get() - 1);
    }
}

/// What the panic says in which the handler ends, if it does.
fn in_handler(handler: impl FnOnce()) -> Option<String> {
    // On no CPU, so that a test may go on after it; what has panicked is still in the handler.
    catch_unwind(AssertUnwindSafe(|| interrupt(handler))).err().map(message)
}

#[test]
fn a_handler_that_takes_a_lock_of_tasks_panics() {
    set_lock_hooks(&Hooks);
    let (sender, mut receiver) = channel(4);
    let (once, _value) = oneshot::<u8>();
    let (latest, mut seen) = watch(1);
    let (lock, notify, wakers) = (Lock::new(1), Notify::new(), WakerSet::new());
    let (mutex, rwlock, semaphore) = (Mutex::new(1), RwLock::new(1), Semaphore::new(1));
    let stage = Stage::new(1);
    let scope = stage.executor.scope().unwrap();
    let uses: [(&str, &mut dyn FnMut()); 14] = [
        ("lock", &mut || drop(lock.lock())),
        ("try_lock", &mut || drop(lock.try_lock())),
        ("notify", &mut || notify.notify_one()),
        ("notify all", &mut || notify.notify_all()),
        ("register", &mut || wakers.register(Waker::noop())),
        ("wake", &mut || _ = wakers.wake_one()),
        ("send", &mut || _ = sender.try_send(1)),
        ("receive", &mut || _ = receiver.try_recv()),
        ("oneshot", &mut || _ = once.is_canceled()),
        ("watch", &mut || latest.send(2)),
        ("mutex", &mut || drop(mutex.try_lock())),
        ("read-write lock", &mut || drop(rwlock.try_read())),
        ("semaphore", &mut || drop(semaphore.try_acquire(1))),
        ("scope", &mut || scope.stop()),
    ];
    for (name, handler) in uses {
        let said = in_handler(&mut *handler).unwrap_or_else(|| panic!("{name}: nobody has noticed"));
        assert!(said.contains("an interrupt handler took a lock"), "{name}: {said}");
        handler(); // in task context it may
    }
    assert_eq!(HELD.get(), 0, "what is taken is given back");
    let guard = lock.lock();
    assert_eq!(HELD.get(), 1, "a panic now must not be taken for the end of one task only");
    assert!(lock.try_lock().is_none());
    assert_eq!(HELD.get(), 1);
    drop(guard);
    assert_eq!((HELD.get(), seen.get()), (0, 2));
}

#[test]
fn a_handler_that_spawns_panics() {
    static SLOTS: [TaskSlot<2048>; 2] = [const { TaskSlot::new() }; 2];
    let stage = Stage::new(1);
    let executor = stage.executor;
    // SAFETY: this thread plays the CPU, so all its ticks are its own.
    let local = unsafe { executor.local(0) };
    let mut slots = SLOTS.iter();
    let spawns: [(&str, &mut dyn FnMut()); 5] = [
        ("any", &mut || drop(executor.spawn("n", async {}).unwrap())),
        ("pinned", &mut || drop(executor.spawn_on(0, "n", async {}).unwrap())),
        ("local", &mut || drop(local.spawn("n", async {}).unwrap())),
        ("many", &mut || executor.spawn_many("n", [async {}], &mut Vec::new()).unwrap()),
        ("static", &mut || drop(executor.spawn_in(slots.next().unwrap(), "n", async {}).unwrap())),
    ];
    for (kind, spawn) in spawns {
        stage.on(0, &mut *spawn);
        stage.run(0); // there are cells now, so a spawn need not allocate
        let said = in_handler(spawn).unwrap_or_else(|| panic!("{kind}: nobody has noticed"));
        assert!(said.contains("an interrupt handler spawned a task"), "{kind}: {said}");
    }
}
