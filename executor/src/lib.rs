//! The scheduler of Pollux: a work-stealing executor for CPUs and threads that is woken by interrupts.
//!
//! It knows no hardware. A kernel runs it on CPUs, a program on threads; each implements [`Platform`]
//! (who am I, am I in a handler, what time is it, wake that CPU) and owns the loop that calls
//! [`Executor::tick`], [`Executor::prepare_idle`] and [`Executor::leave_idle`].
//!
//! ```text
//!    handlers, foreign wakes,       tasks on this CPU          foreign spawns,
//!    wakes of pinned tasks          wake and spawn             tasks after a long poll
//!             │ push: one                  │                           │ push: one exchange
//!             ▼ compare-exchange           ▼                           ▼
//!       ┌───────────┐                ┌───────────┐               ┌────────────┐
//!       │   inbox   │                │ LIFO slot │               │  injector  │ of all CPUs
//!       └───────────┘                └───────────┘               └────────────┘
//!             │ taken whole,           │       │ pushed out        ▲       │ a share
//!             │ put in order           │       ▼              full │       ▼
//!             │            others      │     ┌───────────────────────────────┐
//!             ├────────────────────────┼───▶ │       owner ring (256)        │ ◀─────┐
//!             │ pinned                 │     └───────────────────────────────┘       │ woken in
//!             ▼                        │ first        │ then         │              │ their poll
//!           batch ─────────────┐       │              │              ▼ steal half,  │
//!                              ▼       ▼              ▼         other CPUs          │
//!                         tick(cpu): one poll after the other ──────────────────────┘
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
//! | | transition | when |
//! |---|---|---|
//! | 1 | WAITING → SCHEDULED | the first wake, by anyone, handlers too: who makes it puts the task into a queue |
//! | 2 | SCHEDULED → RUNNING | a CPU has taken it out of the queue: it has the future to itself |
//! | 3 | RUNNING → WAITING, or SCHEDULED | the poll was pending; in the second case its CPU queues it |
//! | 4 | RUNNING → DONE | the poll was ready: the future is dropped, the output stored, who joins is woken |
//! | 5 | any but DONE → the same, to be cancelled | [`JoinHandle::cancel`], a scope: a CPU drops the future where it would poll |
//! | 6 | SCHEDULED → HELD | its scope is stopped: it is in no queue |
//! | 7 | HELD → SCHEDULED | its scope goes on, or it is cancelled: it is queued |
//!
//! A task that is woken in its own poll, while its CPU has nothing else to do, is polled again at once: (3) and (2) in
//! one. The source is `task/state.rs`, where each transition is a function that returns what its caller does next.
//!
//! # Who may touch which field when
#![doc = include_str!("task/fields.md")]
//!
//! | part of a CPU | who |
//! |---|---|
//! | inbox, graveyard | anyone pushes; its CPU takes all, in a tick (of the inbox of a CPU that is stuck, another one) |
//! | ring | its CPU pushes; anyone pops, in task context |
//! | LIFO slot | whoever swaps the task out owns its place: its CPU, or one that rescues |
//! | batch, clock, counters but those of kicks | its CPU; counters and clock are read by anyone |
//! | counters of kicks | whoever pushes or kicks; read by anyone |
//! | magazine | its CPU, which takes a stack of cells out by an exchange and puts it back |
//! | timers | whoever holds their lock, in task context |
//! | IDLE, searcher | its CPU sets them and takes them back; who kicks it takes IDLE, and may appoint it to search |
//!
//! # Memory order
//!
//! 1. *From poll to poll, and from a waker to the poll.* All changes of a task are read-modify-writes of one word, so each
//!    continues the release sequence of the one before. Wake (1) and suspend (3) release, start (2) acquires: a poll
//!    sees what the poll before, and whoever woke, have done. A wake writes even if the task is scheduled already, for
//!    that alone.
//! 2. *Through a queue.* A push releases the node, and who takes it acquires that; a thief's exchange of the ring's head
//!    releases that it has read the slots, which the owner acquires before it uses them again. Who leaves the injector empty
//!    releases that, and the next push acquires it before it writes where the oldest is.
//! 3. *The end.* Complete (4) releases the output, and the join handle acquires it; each reference that goes releases,
//!    and the last one acquires, before the memory is freed.
//! 4. *A CPU that goes to sleep* needs more: each side writes one thing and then reads the other's, which acquire and
//!    release do not order. So both have a sequentially consistent fence in between:
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
//! If the waker's fence is first, the CPU sees the task in 3. If the CPU's is first, the waker sees IDLE in 3 and kicks;
//! as interrupts are off until the `hlt`, the kick stays pending and ends the sleep at once. Looking at the queues
//! before publishing loses the wake that comes in between.
//!
//! Orderings in the source name their partners; loom's models check them.
//!
//! # The interrupt contract
//!
//! 1. In a handler only [`Waker`](core::task::Waker)s may be used: woken, cloned and dropped. That
//!    never allocates, frees, polls or takes a lock. (A [`JoinHandle`] may be dropped there, too, and
//!    [`Executor::supervise`], [`Executor::current_task`] and [`Executor::try_tasks`] may be called.)
//! 2. A wake is one atomic on the task's state, one push, and a [`Platform::kick`] only if the target
//!    CPU has published that it is idle.
//! 3. When the last reference to a task goes in a handler, the task is freed by a later tick.
//! 4. An idle CPU, with interrupts off, publishes IDLE, fences, and checks every queue again, then
//!    sleeps with interrupts on in one step: the picture above.
//! 5. Debug builds find out who breaks 1: a [`Lock`](sync::Lock) that a handler takes, once
//!    [`LockHooks`](sync::LockHooks) tell who is one, and a spawn in a handler. The allocator is the machine's.
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
//! For tests, the feature `sim` makes the executor deterministic: one seed decides which queue is asked, whose turn it is
//! and which CPU is stolen from, and an interrupt comes at a chosen access to an atomic. `tests/model.rs` runs random
//! programs so, and a failure prints the seed that replays it; `tests/points.rs` tries each point of spawns, wakes,
//! polls, ends, cancels, stops, timers and the way to sleep.
//!
//! # Example
//!
//! One thread that runs until a task has its output; the platform is the whole of it. (A kernel on bare metal also says
//! [`link!`] for its platform.)
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
