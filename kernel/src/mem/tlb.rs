//! The emulator's table of translations.
//!
//! Where QEMU emulates the processor, each CPU has a direct-mapped table of the pages that it has used, with 256 places at
//! first. Two pages that need the same place push each other out at every access: if a copy goes from the one to the other,
//! it takes ten times as long, and whether it does depends on where the allocator found the memory. A flush that
//! finds a table full makes it twice as large, up to 4 Mi places; one that finds it hardly used after 100 ms makes it smaller
//! (`tlb_mmu_resize_locked` in `accel/tcg/cputlb.c`). This kernel does not flush once it runs.

use core::arch::asm;

use raw_cpuid::{CpuId, Hypervisor};
use x86_64::instructions::tlb;

use super::phys::{PAGE, PhysAddr};
use crate::boot::start_info::Region;

/// How many places this CPU's table is to have: enough for 32 MiB without two pages at one place.
const PLACES: usize = 8192;

/// Makes the table large, if this CPU is emulated. `ram` is mapped.
pub fn grow(ram: &[Region]) {
    let emulated = CpuId::new().get_hypervisor_info().is_some_and(|by| by.identify() == Hypervisor::QEMU);
    let mut places = 64; // the least that there may be
    while emulated && places < PLACES {
        let pages = ram.iter().flat_map(|region| (region.start..region.end).step_by(PAGE as usize));
        pages.take(places).for_each(touch);
        tlb::flush_all();
        places *= 2;
    }
}

fn touch(physical: u64) {
    let address: *const u8 = PhysAddr(physical).as_ptr();
    // SAFETY: the direct map has all RAM. Whatever is there, and whoever writes it meanwhile, the byte goes nowhere; and to the
    // compiler nothing was read.
    unsafe {
        asm!("mov {}, [{}]", out(reg_byte) _, in(reg) address, options(nostack, readonly, preserves_flags))
    };
}
