//! A spin lock for task context, which finds out who breaks the rules.

use core::{
    fmt,
    ops::{Deref, DerefMut},
    panic::Location,
};

use pollux_trace::happened;

/// What the machine can say and count about locks: told by [`link!`](crate::link) on bare metal, and by [`set_lock_hooks`] elsewhere.
pub trait LockHooks: Sync {
    /// Whether the caller is an interrupt handler: such a one must not take a [`Lock`].
    fn in_interrupt(&self) -> bool;
    /// The calling CPU is about to take a lock. A panic with more taken than released must not be
    /// taken for the end of one task only.
    fn acquired(&self);
    /// The calling CPU has released a lock.
    fn released(&self);
}

/// A spin lock that tasks take with interrupts on, so a handler must never take it: one that
/// interrupted the holder would wait forever. With [`LockHooks`], debug builds panic when a
/// handler tries. What handlers share with tasks belongs in atomics or a lock that masks interrupts.
///
/// Never hold it across an `.await`: the guard is not `Send`, so the compiler tells.
#[derive(Default)]
pub struct Lock<T: ?Sized>(spin::mutex::SpinMutex<T>);

impl<T> Lock<T> {
    /// A lock around `value`.
    pub const fn new(value: T) -> Lock<T> {
        Lock(spin::mutex::SpinMutex::new(value))
    }

    /// The value, which nobody else has any more.
    pub fn into_inner(self) -> T {
        self.0.into_inner()
    }
}

impl<T: ?Sized> Lock<T> {
    /// Waits for the lock, spinning.
    #[inline] // so that who finds it free does not pass on where it is
    #[track_caller]
    pub fn lock(&self) -> LockGuard<'_, T> {
        let told = Told::new();
        let inner = match self.0.try_lock() {
            Some(inner) => inner,
            None => self.wait(Location::caller()),
        };
        LockGuard { inner, _told: told, not_send: core::marker::PhantomData }
    }

    #[cold]
    fn wait(&self, place: &'static Location<'static>) -> spin::mutex::SpinMutexGuard<'_, T> {
        if !pollux_trace::is_on!(LockContended) {
            return self.0.lock();
        }
        // What it tells is found out as long as it waits: who has the lock is not kept by it.
        let place = pollux_trace::place_number(place);
        let began_ns = pollux_trace::now_ns();
        let (guard, waited_ns) = loop {
            core::hint::spin_loop();
            let waited_ns = pollux_trace::now_ns() - began_ns;
            if !self.0.is_locked()
                && let Some(guard) = self.0.try_lock()
            {
                break (guard, waited_ns);
            }
        };
        happened!(LockContended, place, waited_ns);
        guard
    }

    /// Takes the lock if it is free.
    pub fn try_lock(&self) -> Option<LockGuard<'_, T>> {
        let told = Told::new();
        Some(LockGuard { inner: self.0.try_lock()?, _told: told, not_send: core::marker::PhantomData })
    }

    /// The value, by the proof that nobody else has it.
    pub fn get_mut(&mut self) -> &mut T {
        self.0.get_mut()
    }
}

/// The [`LockHooks`] have heard of a lock that is taken: before it is, so a panic in between is taken for one with a lock held, which errs on the
/// safe side; and of its release afterwards.
#[cfg(not(target_os = "none"))]
mod hooks {
    use super::LockHooks;

    static HOOKS: spin::Once<&'static dyn LockHooks> = spin::Once::new();

    /// Sets the hooks, for good: the first call counts. Set them before the first lock is taken. Without
    /// hooks nothing is checked. (On bare metal [`link!`](crate::link) does it.)
    pub fn set_lock_hooks(hooks: &'static dyn LockHooks) {
        HOOKS.call_once(|| hooks);
    }

    pub struct Told(Option<&'static dyn LockHooks>);

    impl Told {
        pub fn new() -> Told {
            let hooks = HOOKS.get().copied();
            if let Some(hooks) = hooks {
                debug_assert!(
                    !hooks.in_interrupt(),
                    "an interrupt handler took a lock that is for tasks only"
                );
                hooks.acquired();
            }
            Told(hooks)
        }
    }

    impl Drop for Told {
        fn drop(&mut self) {
            if let Some(hooks) = self.0 {
                hooks.released();
            }
        }
    }
}

#[cfg(target_os = "none")]
mod hooks {
    use crate::platform::ask;

    pub struct Told(());

    impl Told {
        #[inline(always)]
        pub fn new() -> Told {
            ask::lock_acquired();
            Told(())
        }
    }

    impl Drop for Told {
        #[inline(always)]
        fn drop(&mut self) {
            ask::lock_released();
        }
    }
}

use hooks::Told;
#[cfg(not(target_os = "none"))]
pub use hooks::set_lock_hooks;

impl<T: ?Sized> fmt::Debug for Lock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Lock")
    }
}

/// The right to the value of a [`Lock`].
#[must_use = "the lock is released when the guard is dropped"]
pub struct LockGuard<'a, T: ?Sized> {
    inner: spin::mutex::SpinMutexGuard<'a, T>,
    /// Dropped after it.
    _told: Told,
    not_send: core::marker::PhantomData<*const ()>,
}

impl<T: ?Sized> Deref for LockGuard<'_, T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.inner
    }
}

impl<T: ?Sized> DerefMut for LockGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.inner
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for LockGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}
