//! Physical addresses, and how to reach what is there.

use core::sync::atomic::{AtomicU64, Ordering};

use crate::boot::start_info::Region;

/// Where the kernel's image is mapped, minus where it is loaded.
pub const KERNEL_BASE: u64 = 0xffff_ffff_8000_0000;
/// Where all RAM is mapped.
pub const DIRECT_MAP: u64 = 0xffff_8000_0000_0000;
/// A page, in bytes.
pub const PAGE: u64 = 4096;

/// The beginning of memory, where firmware keeps its data. The other CPUs start there, too.
pub const FIRMWARE: Region = Region { start: 0, end: 64 << 10 };
/// The VGA's memory and ROMs: no RAM, whatever a loader's map says.
pub const ISA: Region = Region { start: 0xa_0000, end: 1 << 20 };

/// A physical address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PhysAddr(pub u64);

/// What to add to a physical address to reach it: the boot page tables map the first GiB at
/// [`KERNEL_BASE`], the kernel's own tables all RAM at [`DIRECT_MAP`].
static OFFSET: AtomicU64 = AtomicU64::new(KERNEL_BASE);

impl PhysAddr {
    /// The address at which the kernel can reach this physical address, where it is RAM.
    pub fn as_ptr<T>(self) -> *mut T {
        (OFFSET.load(Ordering::Relaxed) + self.0) as *mut T
    }

    /// What lies at an address in the direct map.
    pub fn of_direct_map<T>(address: *mut T) -> PhysAddr {
        PhysAddr(address.addr() as u64 - DIRECT_MAP)
    }
}

/// From now on physical memory is reached through the direct map.
pub fn use_direct_map() {
    OFFSET.store(DIRECT_MAP, Ordering::Relaxed);
}

/// Copies bytes out of physical memory: what the loader left there.
///
/// # Panics
/// If the address cannot be RAM that the boot page tables map (the first GiB).
pub fn boot_bytes<const N: usize>(at: PhysAddr) -> [u8; N] {
    assert!(at.0 != 0 && at.0 + (N as u64) < 1 << 30, "the loader's data lies outside of the first GiB");
    // SAFETY: both the boot page tables and the direct map cover this memory (asserted to be in the first
    // GiB), any bytes are a valid [u8; N], the alignment of [u8; N] is 1, and nobody writes there now:
    // the other CPUs have not been started and the frame allocator does not yet exist or has this reserved.
    unsafe { at.as_ptr::<[u8; N]>().read() }
}
