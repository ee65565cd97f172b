//! Memory: physical frames, page tables, stacks and the kernel heap.
//!
//! | virtual address | what |
//! |---|---|
//! | `ffff_8000_0000_0000` | the direct map: all RAM, writable, never executable |
//! | `ffff_c000_0000_0000` | stacks, each with an unmapped guard page below it |
//! | `ffff_d000_0000_0000` | device registers, uncached |
//! | `ffff_ffff_8020_0000` | the kernel's image, loaded at 2 MiB |
//!
//! Nothing else is mapped, and no page is both writable and executable.

pub mod frames;
pub mod heap;
pub mod paging;
pub mod phys;
pub mod stack;
pub mod tlb;
