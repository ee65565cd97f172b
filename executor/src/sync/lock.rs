//! A spin lock for task context, which finds out who breaks the rules.

use core::{
    fmt,
    ops::{Deref, DerefMut},
};

use pollux_trace::trace;

/// What the machine can say and count about locks.
pub trait LockHooks: Sync {
    /// Whether the caller is an interrupt handler: such a one must not take a [`Lock`].
    fn in_interrupt(&self) -> bool;
    /// The calling CPU is about to take a lock. A panic with more taken than released must not be
    /// taken for the end of one task only.
    fn acquired(&self);
    /// The calling CPU has released a lock.
    fn released(&self);
}

static HOOKS: spin::Once<&'static dyn LockHooks> = spin::Once::new();

/// Sets the hooks, for good: the first call counts. Set them before the first lock is taken. Without
/// hooks nothing is checked.
pub fn set_lock_hooks(hooks: &'static dyn LockHooks) {
    HOOKS.call_once(|| hooks);
}

/// A spin lock that tasks take with interrupts on, so a handler must never take it: one that
/// interrupted the holder would wait forever. With [`set_lock_hooks`], debug builds panic when a
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
    pub fn lock(&self) -> LockGuard<'_, T> {
        let hooks = enter();
        let inner = self.0.try_lock().unwrap_or_else(|| self.wait());
        LockGuard { inner: Some(inner), hooks, not_send: core::marker::PhantomData }
    }

    #[cold]
    fn wait(&self) -> spin::mutex::SpinMutexGuard<'_, T> {
        if !pollux_trace::is_on!(LockContended) {
            return self.0.lock();
        }
        let began_ns = pollux_trace::now_ns();
        let guard = self.0.lock();
        trace!(LockContended, core::ptr::from_ref(self).addr(), pollux_trace::now_ns() - began_ns);
        guard
    }

    /// Takes the lock if it is free.
    pub fn try_lock(&self) -> Option<LockGuard<'_, T>> {
        let hooks = enter();
        guard(self.0.try_lock(), hooks)
    }

    /// The value, by the proof that nobody else has it.
    pub fn get_mut(&mut self) -> &mut T {
        self.0.get_mut()
    }
}

/// Counted before the lock is taken: a panic in between is then taken for one with a lock held, which
/// errs on the safe side.
fn enter() -> Option<&'static dyn LockHooks> {
    let hooks = HOOKS.get().copied()?;
    debug_assert!(!hooks.in_interrupt(), "an interrupt handler took a lock that is for tasks only");
    hooks.acquired();
    Some(hooks)
}

fn guard<'a, T: ?Sized>(
    inner: Option<spin::mutex::SpinMutexGuard<'a, T>>,
    hooks: Option<&'static dyn LockHooks>,
) -> Option<LockGuard<'a, T>> {
    if inner.is_none()
        && let Some(hooks) = hooks
    {
        hooks.released();
    }
    Some(LockGuard { inner: Some(inner?), hooks, not_send: core::marker::PhantomData })
}

impl<T: ?Sized> fmt::Debug for Lock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Lock")
    }
}

/// The right to the value of a [`Lock`].
#[must_use = "the lock is released when the guard is dropped"]
pub struct LockGuard<'a, T: ?Sized> {
    /// `Some` until `drop`, which releases it before the hooks hear of it.
    inner: Option<spin::mutex::SpinMutexGuard<'a, T>>,
    hooks: Option<&'static dyn LockHooks>,
    not_send: core::marker::PhantomData<*const ()>,
}

impl<T: ?Sized> Drop for LockGuard<'_, T> {
    fn drop(&mut self) {
        self.inner = None;
        if let Some(hooks) = self.hooks {
            hooks.released();
        }
    }
}

impl<T: ?Sized> Deref for LockGuard<'_, T> {
    type Target = T;
    fn deref(&self) -> &T {
        self.inner.as_ref().expect("the guard holds the lock until it is dropped")
    }
}

impl<T: ?Sized> DerefMut for LockGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        self.inner.as_mut().expect("the guard holds the lock until it is dropped")
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for LockGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}
