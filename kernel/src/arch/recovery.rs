//! Going back to a CPU's loop from a panic in a task.
//!
//! The target cannot unwind: a panicked stack can only be left behind. [`Recovery::run`] remembers where the
//! loop stands, and the panic handler jumps back there. What the abandoned frames owned is leaked, and the
//! executor is told never to touch that task's future again; see `docs/decisions/001-panic-in-a-task.md`.

use core::{
    cell::UnsafeCell,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
};

use pollux_entry::{Context, call_with_return_point, return_to_point};

/// One CPU's way back.
pub struct Recovery {
    context: UnsafeCell<Context>,
    active: AtomicBool,
}

// SAFETY: only the CPU that owns the block uses its recovery: `run` and `resume` demand it.
unsafe impl Sync for Recovery {}

impl Recovery {
    /// No way back yet.
    pub const fn new() -> Self {
        Self { context: UnsafeCell::new(Context::new()), active: AtomicBool::new(false) }
    }

    /// Runs `body(argument)`: `true` when it returned, `false` when [`Recovery::resume`] cut it off.
    ///
    /// # Safety
    /// Called on the CPU that owns this, not nested. When it returns false, the frames of `body` are gone without
    /// their destructors having run: the caller must not rely on anything that they would have restored.
    pub unsafe fn run(&self, body: extern "C" fn(usize), argument: usize) -> bool {
        self.active.store(true, Relaxed);
        // SAFETY: the context is this CPU's own and outlives the call.
        let finished = unsafe { call_with_return_point(body, argument, self.context.get()) == 0 };
        self.active.store(false, Relaxed);
        finished
    }

    /// Whether `run` is active on this CPU: there is a way back.
    pub fn is_active(&self) -> bool {
        self.active.load(Relaxed)
    }

    /// Goes back to where `run` was called.
    ///
    /// # Safety
    /// `run` is active on this CPU and stack.
    pub unsafe fn resume(&self) -> ! {
        // SAFETY: `run` has filled the context, and its caller's frame is still there.
        unsafe { return_to_point(self.context.get()) }
    }
}
