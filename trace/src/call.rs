//! What stands where a tracepoint is: two instructions while it is off, and a call that disturbs nothing around it.
//!
//! The compiler does not compare a byte in memory that may change, it loads it first; and around an ordinary call, which may
//! change half of the registers, it keeps what it needs in the others, and saves and restores those on its way in and out. So in
//! the kernel, whose code uses general registers only, the comparison is written down, and the call is one that changes none.

#[cfg(not(all(target_arch = "x86_64", target_os = "none")))]
use core::sync::atomic::Ordering::Relaxed;

/// Whether the event of that number is on: see [`is_on!`](crate::is_on).
#[cfg(not(all(target_arch = "x86_64", target_os = "none")))]
#[inline(always)]
pub fn is_on<const EVENT: usize>() -> bool {
    crate::MODES[EVENT].load(Relaxed) != 0
}

/// Whether the event of that number is on: see [`is_on!`](crate::is_on).
#[cfg(all(target_arch = "x86_64", target_os = "none"))]
#[allow(unsafe_code)]
#[inline(always)]
pub fn is_on<const EVENT: usize>() -> bool {
    const { assert!(EVENT < crate::EVENTS.len()) }
    // SAFETY: it reads a byte of a static, as a relaxed atomic load of it does on x86_64, and jumps to its own label.
    unsafe {
        core::arch::asm!(
            "cmp byte ptr [rip + {modes} + {event}], 0",
            "jne {on}",
            modes = sym crate::MODES,
            event = const EVENT,
            on = label { return true },
            options(readonly, nostack),
        );
    }
    false
}

#[cold]
#[inline(never)]
extern "C" fn record<const EVENT: u8>(a: u64, b: u64) {
    crate::happened::<EVENT>(a, b);
}

/// The event of that number happened: see [`trace!`](crate::trace).
#[cfg(not(all(target_arch = "x86_64", target_os = "none")))]
#[inline(always)]
pub fn happened<const EVENT: u8>(a: u64, b: u64) {
    record::<EVENT>(a, b);
}

/// The event of that number happened: see [`trace!`](crate::trace).
#[cfg(all(target_arch = "x86_64", target_os = "none"))]
#[allow(unsafe_code)]
#[inline(always)]
pub fn happened<const EVENT: u8>(a: u64, b: u64) {
    core::hint::cold_path();
    // SAFETY: `save_all` takes three words off the stack and leaves every register and the stack as they were; memory is that of
    // an ordinary call. The stack is aligned for calls here, as there is no `nostack`; there is no red zone in the kernel, and all
    // of its code is in the last 2 GiB, so an address of it is a sign-extended word of 32 bits.
    unsafe {
        core::arch::asm!(
            "push {b}",
            "push {a}",
            "push offset {record}",
            "call {save_all}",
            a = in(reg) a,
            b = in(reg) b,
            record = sym record::<EVENT>,
            save_all = sym save_all,
        );
    }
}

/// Calls the function whose address is the word above its return address with the two words above that, and changes no
/// register but the flags. One for all events: code that refers to assembler of its own crate is inlined nowhere else.
#[cfg(all(target_arch = "x86_64", target_os = "none"))]
#[allow(unsafe_code)]
#[unsafe(naked)]
unsafe extern "C" fn save_all() {
    core::arch::naked_asm!(
        "push rbp",
        "mov rbp, rsp",
        "push rax",
        "push rcx",
        "push rdx",
        "push rsi",
        "push rdi",
        "push r8",
        "push r9",
        "push r10",
        "push r11",
        "mov rdi, [rbp + 24]",
        "mov rsi, [rbp + 32]",
        // Three words, the return address and ten registers: the stack is aligned again.
        "call [rbp + 16]",
        "pop r11",
        "pop r10",
        "pop r9",
        "pop r8",
        "pop rdi",
        "pop rsi",
        "pop rdx",
        "pop rcx",
        "pop rax",
        "pop rbp",
        "ret 24",
    )
}
