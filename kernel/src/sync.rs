//! Locks of the kernel, over `spin`.
//!
//! [`TaskLock`] is for task context only: no handler ever takes it, so interrupts stay on while it is held.
//! [`IrqLock`] is for what handlers share with tasks: interrupts are off while it is held, so a handler on the
//! same CPU cannot wait for what it interrupted. Both count what the CPU holds, because a panic with a
//! lock held cannot end just one task.
//!
//! Debug builds enforce the contract: taking a task lock in a handler panics.

use core::{
    cell::UnsafeCell,
    ops::{Deref, DerefMut},
};
use lock_api::GuardSend;
use x86_64::instructions::interrupts;

use crate::cpu;

/// A lock for task context.
pub type TaskLock<T> = lock_api::Mutex<RawTaskLock, T>;

/// The raw form of [`TaskLock`], as `lock_api` has it; the heap uses it, too.
pub struct RawTaskLock(spin::Mutex<()>);

// SAFETY: locking, trying and unlocking are those of `spin::Mutex`, which excludes; the accounting around them
// does not touch the lock.
unsafe impl lock_api::RawMutex for RawTaskLock {
    // `lock_api` initialises locks by this constant.
    #[allow(clippy::declare_interior_mutable_const)]
    const INIT: Self = Self(spin::Mutex::new(()));
    type GuardMarker = GuardSend;

    fn lock(&self) {
        debug_assert!(!cpu::in_interrupt(), "an interrupt handler takes a lock of tasks, or allocates");
        cpu::lock_acquired();
        lock_api::RawMutex::lock(&self.0);
    }

    fn try_lock(&self) -> bool {
        let locked = lock_api::RawMutex::try_lock(&self.0);
        if locked {
            cpu::lock_acquired();
        }
        locked
    }

    unsafe fn unlock(&self) {
        // SAFETY: the caller holds the lock, as this function's contract demands.
        unsafe { lock_api::RawMutex::unlock(&self.0) };
        cpu::lock_released();
    }
}

/// A lock that tasks and handlers share; interrupts are off while it is held.
pub struct IrqLock<T> {
    value: spin::Mutex<T>,
}

/// Access to what an [`IrqLock`] protects; gives it up, and puts interrupts back, on drop.
pub struct IrqGuard<'a, T> {
    guard: Option<spin::MutexGuard<'a, T>>,
    interrupts_were_on: bool,
}

impl<T> IrqLock<T> {
    /// A free lock.
    pub const fn new(value: T) -> Self {
        Self { value: spin::Mutex::new(value) }
    }

    /// Waits for the lock with interrupts off.
    pub fn lock(&self) -> IrqGuard<'_, T> {
        let interrupts_were_on = interrupts::are_enabled();
        interrupts::disable();
        cpu::lock_acquired();
        IrqGuard { guard: Some(self.value.lock()), interrupts_were_on }
    }

    /// Takes the lock if it is to be had within so many tries: from a context that may have interrupted its holder.
    pub fn try_lock(&self, tries: usize) -> Option<IrqGuard<'_, T>> {
        let interrupts_were_on = interrupts::are_enabled();
        interrupts::disable();
        let guard = (0..tries).find_map(|_| self.value.try_lock());
        match guard {
            Some(_) => cpu::lock_acquired(),
            None if interrupts_were_on => interrupts::enable(),
            None => {}
        }
        guard.map(|guard| IrqGuard { guard: Some(guard), interrupts_were_on })
    }

    /// Takes the lock whoever holds it: for the report of a panic, when all other CPUs are stopped.
    pub fn force(&self) -> IrqGuard<'_, T> {
        if self.value.is_locked() {
            // SAFETY: the holder is stopped for good or is this CPU's own abandoned code: nobody uses the value.
            unsafe { self.value.force_unlock() };
        }
        self.lock()
    }
}

impl<T> Deref for IrqGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.guard.as_ref().expect("held until drop")
    }
}

impl<T> DerefMut for IrqGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        self.guard.as_mut().expect("held until drop")
    }
}

impl<T> Drop for IrqGuard<'_, T> {
    fn drop(&mut self) {
        self.guard = None;
        cpu::lock_released();
        if self.interrupts_were_on {
            interrupts::enable();
        }
    }
}

/// The lock that `embassy-sync`'s types use here, so that they may be used from handlers, too.
pub struct IrqRawMutex(IrqLock<()>);

// SAFETY: `lock` runs `f` while it holds the lock with interrupts off, so no two run at the same time, and no
// handler on the same CPU can ask for it a second time.
unsafe impl embassy_sync::blocking_mutex::raw::RawMutex for IrqRawMutex {
    #[allow(clippy::declare_interior_mutable_const)]
    const INIT: Self = Self(IrqLock::new(()));

    fn lock<R>(&self, f: impl FnOnce() -> R) -> R {
        let _guard = self.0.lock();
        f()
    }
}

/// A value that only one CPU uses, the one that it was made for.
pub struct CpuLocal<T>(UnsafeCell<T>);

// SAFETY: see `with`: only the owning CPU gets to the value.
unsafe impl<T: Send> Sync for CpuLocal<T> {}

impl<T> CpuLocal<T> {
    /// Wraps a value.
    pub const fn new(value: T) -> Self {
        Self(UnsafeCell::new(value))
    }

    /// Uses the value with interrupts off.
    ///
    /// # Safety
    /// The caller runs on the CPU that the value belongs to, and `f` does not come back here.
    pub unsafe fn with<R>(&self, f: impl FnOnce(&mut T) -> R) -> R {
        // SAFETY: one CPU, interrupts off, no re-entry: this is the only reference.
        interrupts::without_interrupts(|| f(unsafe { &mut *self.0.get() }))
    }
}
