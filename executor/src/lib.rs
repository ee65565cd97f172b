//! The scheduler of Pollux: a work-stealing executor for CPUs and threads that is woken by interrupts.
//!
//! It knows no hardware. A kernel runs it on CPUs, a program on threads; each implements [`Platform`]
//! (who am I, am I in a handler, what time is it, wake that CPU) and owns the loop that calls
//! [`Executor::tick`], [`Executor::prepare_idle`] and [`Executor::leave_idle`].
//!
//! ```text
//!      interrupt handlers, foreign threads,             tasks on this CPU wake and spawn
//!      wakes of pinned tasks                                  │
//!            │ push: one compare-exchange                     ▼
//!            ▼                                          ┌───────────┐ pushed out   ┌──────────────────┐
//!      ┌───────────┐ taken whole, put in order          │ LIFO slot │ ───────────▶ │ owner ring (256) │
//!      │   inbox   │ ─────────────┬──────────────────┐  └───────────┘              └──────────────────┘
//!      └───────────┘              │ pinned           │ others ─────────────────────▶ ▲     │      │
//!                                 ▼                  │                     woken in   │     │      │ full
//!                              batch                 │                     their poll ┘     │      ▼
//!                                 │                  ▼                                      │   injector
//!                                 └──────▶  tick(cpu): one poll after the other  ◀──────────┘   (all CPUs)
//!                                                    ▲
//!                                                    │ steal half, the older tasks
//!                                          rings of the other CPUs
//! ```
//!
//! # The life of a task
//!
//! One allocation holds header, future and, later, output. Its states and the numbered transitions
//! between them:
//!
//! ```text
//!            (1) wake                  (2) start                 (4) complete
//!   WAITING ──────────▶ SCHEDULED ───────────────▶ RUNNING ───────────────────▶ DONE
//!      ▲                  │    ▲                    │   │
//!      │          (6) hold│    │(7) resume          │   │ (3) suspend, woken meanwhile:
//!      │                  ▼    │                    │   │     SCHEDULED again
//!      │            HELD by its scope               │   └────────▶
//!      └────────────────────────────────────────────┘
//!                   (3) suspend, not woken
//! ```
//!
//! A task that is woken in its own poll, while its CPU has nothing else to do, is polled again at once: (3)
//! and (2) in one. (5) is cancel: from any state but DONE, the next start drops the future instead. The source of each
//! is `task/state.rs`; who may touch which field of a task is at the top of `task/mod.rs`.
//!
//! # The interrupt contract
//!
//! 1. In a handler only [`Waker`](core::task::Waker)s may be used: woken, cloned and dropped. That
//!    never allocates, frees, polls or takes a lock.
//! 2. A wake is one atomic on the task's state, one push, and a [`Platform::kick`] only if the target
//!    CPU has published that it is idle.
//! 3. When the last reference to a task goes in a handler, the task is freed by a later tick.
//! 4. An idle CPU, with interrupts off, publishes IDLE, fences, and checks every queue again, then
//!    sleeps with interrupts on in one step. Wakers push, fence, then look at IDLE:
//!
//! ```text
//!   waker (any CPU, or a handler)              CPU that goes idle (interrupts off)
//!
//!   1. push the task onto a queue              1. publish IDLE
//!   2. fence(SeqCst)            ◀── one of ──▶ 2. fence(SeqCst)
//!   3. IDLE published?             them is     3. recheck every queue
//!      yes: take it back and kick  first          something there: withdraw IDLE, work
//!      no:  the CPU is awake                      nothing: `sti; hlt` as one step
//! ```
//!
//! # Kinds of tasks
//!
//! | made by | runs on | memory |
//! |---|---|---|
//! | [`Executor::spawn`], [`Executor::spawn_many`], [`Scope::spawn`] | any CPU | one cell of a chunk of such cells |
//! | [`Executor::spawn_on`] | one CPU | the same |
//! | [`LocalSpawner::spawn`] | one CPU; the future need not be `Send` | the same |
//! | [`Executor::spawn_in`] | any CPU | a [`TaskSlot`] in a static |
//!
//! A [`Scope`] is a tree of tasks that are cancelled, stopped, continued, joined and limited together. The
//! supervisor ([`Executor::supervise`]) takes the work of a CPU that is stuck in a poll to another one.
//! [`Executor::tasks`] and [`Executor::cpu_stats`] look at everything while it runs.
//!
//! `examples/` has a small program for each concept.
//!
//! # Example
//!
//! One thread that runs until a task has its output; the platform is the whole of it.
//!
//! ```
//! use pollux_executor::{Executor, Idle, Platform, Tick};
//! use std::{thread, time::{Duration, Instant}};
//!
//! struct OneThread { start: Instant, thread: thread::Thread }
//!
//! impl Platform for OneThread {
//!     fn current_cpu(&self) -> Option<usize> { (thread::current().id() == self.thread.id()).then_some(0) }
//!     fn in_interrupt(&self) -> bool { false }
//!     fn now_ns(&self) -> u64 { self.start.elapsed().as_nanos() as u64 }
//!     fn kick(&self, _cpu: usize) { self.thread.unpark() }
//! }
//!
//! let platform = Box::leak(Box::new(OneThread { start: Instant::now(), thread: thread::current() }));
//! let executor: &'static Executor = Box::leak(Box::new(Executor::new(platform, 1).unwrap()));
//!
//! let task = executor.spawn("greeter", async move {
//!     executor.sleep(Duration::from_millis(1)).await;
//!     "hello"
//! }).unwrap();
//!
//! while !task.is_finished() {
//!     while executor.tick(0) == Tick::Worked {}
//!     if task.is_finished() { break }
//!     if let Idle::Sleep { until_ns } = executor.prepare_idle(0) {
//!         match until_ns {
//!             Some(at) => thread::park_timeout(Duration::from_nanos(at.saturating_sub(executor.now_ns()))),
//!             None => thread::park(),
//!         }
//!         executor.leave_idle(0);
//!     }
//! }
//! ```
#![cfg_attr(not(any(test, loom)), no_std)]

extern crate alloc;
#[cfg(all(feature = "sim", not(any(test, loom))))]
extern crate std;

pub mod budget;
mod cpu;
mod executor;
mod idle;
mod join;
mod local;
mod platform;
mod queue;
mod run;
mod scope;
mod shim;
#[cfg(all(feature = "sim", not(loom)))]
pub mod sim;
mod slot;
mod spawn_many;
mod stats;
mod supervisor;
pub mod sync;
mod task;
mod time;
mod wait_site;
mod yield_now;

pub use executor::Executor;
pub use join::{JoinError, JoinHandle};
pub use local::LocalSpawner;
pub use platform::{OutOfMemory, Platform};
pub use run::{Abandoned, Idle, Tick};
pub use scope::{Scope, ScopeJoin, SpawnError};
pub use slot::{SlotTaken, TaskSlot};
pub use stats::CpuStats;
pub use supervisor::{LONG_POLL_NS, Report, STUCK_POLL_NS};
pub use task::info::{DELAY_BUCKETS, FIRST_DELAY_NS, TaskId, TaskInfo, TaskName, TaskState, WokenBy};
pub use time::Sleep;
pub use wait_site::{Awaited, waits_at, waits_for};
pub use yield_now::{YieldNow, yield_now};
