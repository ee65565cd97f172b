//! Interrupt entry: 256 stubs and one common path.

use core::arch::{global_asm, naked_asm};

// Stub n lies at interrupt_stubs + 16 * n. It pushes an error code where the processor does not
// (Intel SDM volume 3, table 6-1), then its number.
global_asm!(
    ".section .text",
    ".balign 16",
    ".global interrupt_stubs",
    "interrupt_stubs:",
    "stub_vector = 0",
    ".rept 256",
    ".balign 16",
    ".if ((0x60227d00 >> stub_vector) & 1) == 0 || stub_vector > 31",
    "pushq $0",
    ".endif",
    "pushq $stub_vector",
    "jmp {common}",
    "stub_vector = stub_vector + 1",
    ".endr",
    common = sym interrupt_common,
    options(att_syntax)
);

unsafe extern "C" {
    static interrupt_stubs: u8;
}

/// Where the processor goes for that vector.
pub fn interrupt_stub(vector: u8) -> u64 {
    (&raw const interrupt_stubs).addr() as u64 + 16 * u64::from(vector)
}

/// Saves all registers, calls the kernel's `interrupt_dispatch` with a pointer to them, restores them and returns.
#[unsafe(naked)]
unsafe extern "C" fn interrupt_common() {
    naked_asm!(
        "push rax",
        "push rcx",
        "push rdx",
        "push rbx",
        "push rbp",
        "push rsi",
        "push rdi",
        "push r8",
        "push r9",
        "push r10",
        "push r11",
        "push r12",
        "push r13",
        "push r14",
        "push r15",
        "cld",
        "mov rdi, rsp",
        "call interrupt_dispatch",
        "pop r15",
        "pop r14",
        "pop r13",
        "pop r12",
        "pop r11",
        "pop r10",
        "pop r9",
        "pop r8",
        "pop rdi",
        "pop rsi",
        "pop rbp",
        "pop rbx",
        "pop rdx",
        "pop rcx",
        "pop rax",
        "add rsp, 16",
        "iretq",
    )
}
