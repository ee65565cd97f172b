//! Device drivers as futures. No unsafe code, no knowledge of the kernel: a driver is generic over the
//! traits of `pollux-hal` and runs on the host over fakes that punish misuse.
//!
//! # How a driver is written here
//!
//! 1. **State.** One struct, generic over [`Registers`](pollux_hal::Registers) and
//!    [`IrqLock`](pollux_hal::IrqLock), with a `const fn new` that touches nothing, so that it can be a
//!    `static`; `init` finds out whether the device is there ([`Absent`] if not, never a hang) and sets
//!    it up.
//! 2. **The handler** is `on_interrupt(&self)`. It moves bytes through a [`ring::ByteRing`], counts, and
//!    wakes an `AtomicWaker`. It never allocates, never polls, never waits. It goes on until the device
//!    shows no cause: with an edge-triggered line a cause left over is the last one ever.
//! 3. **Registers** are touched inside `IrqLock::with` only, on both sides. Wake after the section.
//! 4. **The task side** has a `poll_…` function and an async one made of it. Look, register the waker,
//!    look again; only then `Pending`. Dropping the future between polls loses nothing.
//! 5. **Full rings hold the device**, they do not drop: mask, and unmask when the task made room.
//! 6. At the top of the file stands who may touch what, and which memory ordering pairs with which.
//!
//! A whole driver, for a counter with a value register (offset 0) and a control register (offset 1) whose
//! bit 0 lets it interrupt:
//!
//! ```
//! use core::{future::poll_fn, sync::atomic::{AtomicBool, Ordering::{Acquire, Release}}, task::{Context, Poll}};
//! use futures_util::task::AtomicWaker;
//! use pollux_hal::{IrqLock, Registers};
//! use pollux_drivers::Absent;
//!
//! pub struct Counter<R, L> {
//!     regs: R,
//!     lock: L,
//!     waiter: AtomicWaker,
//!     reached: AtomicBool, // set by the handler (Release), taken by the task (Acquire)
//! }
//!
//! impl<R: Registers, L: IrqLock> Counter<R, L> {
//!     pub const fn new(regs: R, lock: L) -> Self {
//!         Self { regs, lock, waiter: AtomicWaker::new(), reached: AtomicBool::new(false) }
//!     }
//!
//!     pub fn init(&self) -> Result<(), Absent> {
//!         self.lock.with(|| {
//!             if self.regs.read8(1) == 0xff {
//!                 return Err(Absent); // nothing answers on the bus
//!             }
//!             self.regs.write8(1, 1);
//!             Ok(())
//!         })
//!     }
//!
//!     pub fn on_interrupt(&self) {
//!         let reached = self.lock.with(|| self.regs.read8(0) > 0);
//!         if reached {
//!             self.reached.store(true, Release);
//!             self.waiter.wake();
//!         }
//!     }
//!
//!     pub fn poll_reached(&self, cx: &mut Context<'_>) -> Poll<()> {
//!         if self.reached.swap(false, Acquire) {
//!             return Poll::Ready(());
//!         }
//!         self.waiter.register(cx.waker());
//!         // Again: the handler may have run since.
//!         if self.reached.swap(false, Acquire) { Poll::Ready(()) } else { Poll::Pending }
//!     }
//!
//!     pub async fn reached(&self) {
//!         poll_fn(|cx| self.poll_reached(cx)).await
//!     }
//! }
//!
//! // Its test: a fake that knows how the device behaves and panics when it is misused.
//! use pollux_hal::mock::{FakeLock, NoDevice};
//! use std::cell::Cell;
//!
//! struct FakeCounter<'a> { value: Cell<u8>, enabled: Cell<bool>, guard: &'a FakeLock }
//!
//! impl Registers for FakeCounter<'_> {
//!     fn read8(&self, offset: usize) -> u8 {
//!         self.guard.assert_held("the counter was read");
//!         match offset {
//!             0 => self.value.get(),
//!             1 => self.enabled.get().into(),
//!             _ => panic!("the counter has two registers"),
//!         }
//!     }
//!     fn write8(&self, offset: usize, value: u8) {
//!         self.guard.assert_held("the counter was written");
//!         assert!(offset == 1 && value <= 1, "only bit 0 of the control register can be written");
//!         self.enabled.set(value == 1);
//!     }
//! }
//!
//! let lock = FakeLock::new();
//! let fake = FakeCounter { value: Cell::new(0), enabled: Cell::new(false), guard: &lock };
//! let counter = Counter::new(&fake, &lock);
//! assert_eq!(counter.init(), Ok(()));
//! assert!(fake.enabled.get());
//!
//! let mut cx = Context::from_waker(futures_util::task::noop_waker_ref());
//! assert!(counter.poll_reached(&mut cx).is_pending());
//! fake.value.set(3);
//! counter.on_interrupt();
//! assert!(counter.poll_reached(&mut cx).is_ready());
//!
//! assert_eq!(Counter::new(NoDevice, &lock).init(), Err(Absent));
//! ```
//!
//! The kernel's part is to make the `Registers` and the lock, keep the driver in a `static`, route the
//! interrupt to `on_interrupt`, and spawn the tasks.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod absent;
mod claim;
pub mod fw_cfg;
pub mod pci;
pub mod ps2;
pub mod ring;
pub mod rtc;
pub mod uart16550;
pub mod vga;

pub use absent::Absent;
