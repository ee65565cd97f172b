//! Going back to a CPU's loop from a panic in a task.
//!
//! The target cannot unwind: a panicked stack can only be left behind. [`Recovery::run`] remembers where the
//! loop stands, and the panic handler jumps back there. What the abandoned frames owned is leaked, and the
//! executor is told never to touch that task's future again; see `docs/decisions/001-panic-in-a-task.md`.

use core::{
    arch::naked_asm,
    cell::UnsafeCell,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
};

/// Where a CPU's loop stands: the callee-saved registers and the stack pointer, as System V has them.
#[repr(C)]
struct Context {
    rbx: u64,
    rbp: u64,
    r12: u64,
    r13: u64,
    r14: u64,
    r15: u64,
    rsp: u64,
}

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
        let context = Context { rbx: 0, rbp: 0, r12: 0, r13: 0, r14: 0, r15: 0, rsp: 0 };
        Self { context: UnsafeCell::new(context), active: AtomicBool::new(false) }
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

#[unsafe(naked)]
unsafe extern "C" fn call_with_return_point(
    body: extern "C" fn(usize),
    argument: usize,
    context: *mut Context,
) -> u64 {
    naked_asm!(
        "mov [rdx], rbx",
        "mov [rdx + 8], rbp",
        "mov [rdx + 16], r12",
        "mov [rdx + 24], r13",
        "mov [rdx + 32], r14",
        "mov [rdx + 40], r15",
        "mov [rdx + 48], rsp",
        "mov rax, rdi",
        "mov rdi, rsi",
        "sub rsp, 8",
        "call rax",
        "add rsp, 8",
        "xor eax, eax",
        "ret",
    )
}

#[unsafe(naked)]
unsafe extern "C" fn return_to_point(context: *const Context) -> ! {
    naked_asm!(
        "mov rbx, [rdi]",
        "mov rbp, [rdi + 8]",
        "mov r12, [rdi + 16]",
        "mov r13, [rdi + 24]",
        "mov r14, [rdi + 32]",
        "mov r15, [rdi + 40]",
        "mov rsp, [rdi + 48]",
        "mov eax, 1",
        "ret",
    )
}
