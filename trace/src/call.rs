//! What stands where a tracepoint is, and the way from there in the kernel.
//!
//! The compiler does not compare a byte in memory that may change, it loads it first; and around an ordinary call, which may
//! change half of the registers, it keeps what it needs in the others, and saves and restores those on its way in and out. So in
//! the kernel, whose code uses general registers only, the comparison is written down, and the call is one that changes four, which
//! is no trouble anywhere:
//!
//! ```text
//!   trace!(PipeSend, pipe, bytes)
//!      │ cmp MODES[PipeSend], 0; jne         all that is there as long as it is off
//!      ▼
//!   push bytes; push pipe; call ENTRIES[PipeSend]
//!                                └─▶ what is in `entry`
//! ```
//!
//! Elsewhere it is an atomic, and a call of [`Block::happened`](crate::Block).

/// Whether the event of that number is on: see [`is_on!`](crate::is_on).
#[cfg(not(all(target_arch = "x86_64", target_os = "none")))]
#[inline(always)]
pub fn is_on<const EVENT: usize>() -> bool {
    crate::MODES[EVENT].load(core::sync::atomic::Ordering::Relaxed) != 0
}

/// The event of that number happened: see [`trace!`](crate::trace).
#[cfg(not(all(target_arch = "x86_64", target_os = "none")))]
#[cold]
#[inline(never)]
pub fn happened<const EVENT: usize>(a: u64, b: u64) {
    if let Some(block) = here() {
        block.happened::<EVENT>(a, b);
    }
}

/// A task was spawned: see [`spawned`](crate::spawned).
#[cfg(not(all(target_arch = "x86_64", target_os = "none")))]
#[cold]
#[inline(never)]
pub fn spawned(task: u64, name: &[core::sync::atomic::AtomicU64; 2]) {
    if let Some(block) = here() {
        block.spawned(task, name);
    }
}

/// The block of the CPU that calls; the last one is that of what is no CPU.
#[cfg(not(all(target_arch = "x86_64", target_os = "none")))]
pub(crate) fn here() -> Option<&'static crate::Block> {
    let blocks = crate::CPUS.get()?;
    let (platform, _) = crate::platform::PLATFORM.get()?;
    blocks.get(platform.cpu()).or(blocks.last())
}

#[cfg(all(target_arch = "x86_64", target_os = "none"))]
pub(crate) use in_kernel::here;
#[cfg(all(target_arch = "x86_64", target_os = "none"))]
pub use in_kernel::{happened, is_on, spawned};

#[cfg(all(target_arch = "x86_64", target_os = "none"))]
#[allow(unsafe_code)]
mod in_kernel {
    use core::{arch::asm, sync::atomic::AtomicU64};

    use crate::{Block, Event, events::ENTRIES};

    /// Whether the event of that number is on: see [`is_on!`](crate::is_on).
    #[inline(always)]
    pub fn is_on<const EVENT: usize>() -> bool {
        const { assert!(EVENT < crate::EVENTS.len()) }
        // SAFETY: it reads a byte of a static, as a relaxed atomic load of it does on x86_64, and jumps to its own label.
        unsafe {
            asm!(
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

    /// The event of that number happened: see [`trace!`](crate::trace).
    #[inline(always)]
    pub fn happened<const EVENT: usize>(a: u64, b: u64) {
        const { assert!(EVENT != Event::TaskSpawn as usize) }
        // SAFETY: none but that takes a number for an address.
        unsafe { enter::<EVENT>(a, b) }
    }

    /// A task was spawned: see [`spawned`](crate::spawned).
    #[inline(always)]
    pub fn spawned(task: u64, name: &[AtomicU64; 2]) {
        // SAFETY: what is read there are the two words of the name.
        unsafe { enter::<{ Event::TaskSpawn as usize }>(task, name.as_ptr().addr() as u64) }
    }

    /// Calls the entry of an event.
    ///
    /// # Safety
    /// Of [`Event::TaskSpawn`] the second number is the address of two words.
    #[inline(always)]
    unsafe fn enter<const EVENT: usize>(a: u64, b: u64) {
        core::hint::cold_path();
        // SAFETY: an entry takes two words off the stack and leaves every register but these as it was; memory is that of an ordinary
        // call. The stack is aligned for calls here, as there is no `nostack`; there is no red zone in the kernel.
        unsafe {
            asm!(
                "push {b}",
                "push {a}",
                "call [rip + {entries} + {offset}]",
                a = in(reg) a,
                b = in(reg) b,
                entries = sym ENTRIES,
                offset = const EVENT * size_of_val(&ENTRIES[0]),
                lateout("rax") _,
                lateout("rcx") _,
                lateout("rdx") _,
                lateout("rdi") _,
            );
        }
    }

    /// The block of the CPU that calls; none before there are any.
    #[inline(always)]
    pub(crate) fn here() -> Option<&'static Block> {
        let block: *const Block;
        // SAFETY: there is null, or the address of a block of a static list that never changes: see `link!`.
        unsafe {
            asm!("mov {}, gs:[pollux_trace_block]", out(reg) block, options(nostack, readonly, preserves_flags));
            block.as_ref()
        }
    }
}
