//! Who owns which memory: physical frames and the heap's small objects.
//!
//! ```text
//!   objects to 2 KiB         more than 2 KiB        page tables, stacks, DMA
//!          │                        │                          │
//!          ▼                        │                          │
//!   Heap: slabs of each CPU ──┐     │                          │
//!   by size class             │     │                          │
//!                             ▼     ▼                          │
//!                    FrameCache of each CPU: 64 frames         │
//!                             │ 32 at a time                   │
//!                             ▼                                ▼
//!                    Buddy: blocks of 4 KiB to 2 MiB, runs of any length, under the caller's lock
//! ```
//!
//! Nothing here knows hardware, locks or CPUs but by number: the kernel brings these, and the tests bring threads.
//! The steps that happen often, one frame and one object to and from the CPU's own stock, take no lock and no
//! locked instruction. That is sound in a kernel whose interrupt handlers neither allocate nor free, and whose tasks
//! leave their CPU only where they await: between the first and the last access of a step nothing else runs
//! on that CPU that could come here.
#![cfg_attr(not(any(test, loom, feature = "threads")), no_std)]

mod buddy;
mod cache;
mod heap;
mod shim;
#[cfg(all(feature = "threads", not(loom)))]
mod threads;

pub use buddy::{Buddy, MAX_ORDER, Run};
pub use cache::{BATCH, CACHE, FrameCache};
pub use heap::{Heap, Pages, Usage};
#[cfg(all(feature = "threads", not(loom)))]
pub use threads::ThreadHeap;

/// A page and a frame, in bytes.
pub const PAGE: usize = 4096;
