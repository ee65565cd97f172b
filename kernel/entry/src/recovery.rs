//! The way back to where a CPU's loop stands.

use core::arch::naked_asm;

/// Where a CPU's loop stands: the callee-saved registers and the stack pointer, as System V has them.
#[repr(C)]
pub struct Context {
    rbx: u64,
    rbp: u64,
    r12: u64,
    r13: u64,
    r14: u64,
    r15: u64,
    rsp: u64,
}

#[expect(clippy::new_without_default, reason = "a point that nobody has noted is no use as a default")]
impl Context {
    /// Nowhere yet.
    pub const fn new() -> Context {
        Context { rbx: 0, rbp: 0, r12: 0, r13: 0, r14: 0, r15: 0, rsp: 0 }
    }
}

/// Calls `body(argument)`, with the point of its return noted: 0 when it has returned, 1 when [`return_to_point`] has left it.
///
/// # Safety
/// `context` is valid, and nobody else's as long as the call takes.
#[unsafe(naked)]
pub unsafe extern "C" fn call_with_return_point(
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

/// Returns from the [`call_with_return_point`] that noted this point.
///
/// # Safety
/// That call runs, on this stack.
#[unsafe(naked)]
pub unsafe extern "C" fn return_to_point(context: *const Context) -> ! {
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
