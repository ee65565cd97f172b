//! Faults on purpose, for tests and labs: what `/proc/fault` takes.

use core::hint::black_box;

use pollux_executor::sync::Notify;
use pollux_shell::env::Result;
use spin::{LazyLock, Once};
use x86_64::instructions::interrupts;

use crate::{
    arch::{clock, idt},
    dev::power,
    panic, run,
    sync::{IrqLock, TaskLock},
};

/// How long a task keeps its CPU that was asked to be a hog.
const HOG_NS: u64 = 3_000_000_000;
/// The vectors of interrupts whose handlers break the contract.
const ALLOCATES: u8 = 0xe1;
const LOCKS: u8 = 0xe2;
const NOTIFIES: u8 = 0xe3;
const SPAWNS: u8 = 0xe5;

/// Makes the fault of that name. Only a hog, those that need no hardware, and an unknown name come back; and a handler that
/// breaks the contract, in a build that does not notice.
pub fn make(kind: &str) -> Result<()> {
    match kind {
        "task-panic" => panic!("a panic in a task, asked for through /proc/fault"),
        "panic" => {
            let held = IrqLock::new(());
            let _guard = held.lock();
            panic!("a panic with a lock held, asked for through /proc/fault")
        }
        "stack-overflow" => {
            log::info!("overflowing the stack: depth {}", overflow(1));
            unreachable!("the stack has an end")
        }
        "page-fault" => {
            // SAFETY: not safe, on purpose: the first page is never mapped, and the machine ends here.
            unsafe { core::ptr::without_provenance::<u64>(8).read_volatile() };
            unreachable!("the first page is never mapped")
        }
        "hang" => {
            panic::stop_others();
            interrupts::disable();
            loop {
                core::hint::spin_loop();
            }
        }
        "hog" => {
            let until_ns = clock::now_ns() + HOG_NS;
            while clock::now_ns() < until_ns {
                core::hint::spin_loop();
            }
            Ok(())
        }
        "handler-allocates" => {
            install(&ON_ALLOCATES, ALLOCATES, || drop(black_box(alloc::boxed::Box::new(1_u8))));
            idt::interrupt::<ALLOCATES>();
            Ok(())
        }
        "handler-locks" => {
            static LOCK: TaskLock<()> = TaskLock::new(());
            install(&ON_LOCKS, LOCKS, || drop(LOCK.lock()));
            idt::interrupt::<LOCKS>();
            Ok(())
        }
        "handler-notifies" => {
            static NOTIFY: LazyLock<Notify> = LazyLock::new(Notify::new);
            LazyLock::force(&NOTIFY);
            install(&ON_NOTIFIES, NOTIFIES, || NOTIFY.notify_one());
            idt::interrupt::<NOTIFIES>();
            Ok(())
        }
        "handler-spawns" => {
            install(&ON_SPAWNS, SPAWNS, || drop(run::executor().spawn("from a handler", async {})));
            idt::interrupt::<SPAWNS>();
            Ok(())
        }
        "triple-fault" => {
            interrupts::disable();
            power::triple_fault()
        }
        _ => pollux_core::faults::make(run::executor(), kind),
    }
}

static ON_ALLOCATES: Once<()> = Once::new();
static ON_LOCKS: Once<()> = Once::new();
static ON_NOTIFIES: Once<()> = Once::new();
static ON_SPAWNS: Once<()> = Once::new();

/// Sets what a vector runs, the first time.
fn install(done: &Once<()>, vector: u8, handler: idt::Handler) {
    done.call_once(|| idt::on(vector, handler));
}

#[inline(never)]
fn overflow(depth: u64) -> u64 {
    let frame = black_box([depth; 64]);
    if frame[black_box(2)] == 0 {
        return 0; // never: depth counts from 1. It keeps the compiler from seeing that this does not end.
    }
    overflow(frame[black_box(0)] + 1) + frame[black_box(1)]
}
