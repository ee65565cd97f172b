//! What the loader tells: memory map, command line, modules, RSDP.
//!
//! Source: `xen/include/public/arch-x86/hvm/start_info.h`, version 1. Everything is copied out at once,
//! because the loader's structures lie in memory that the frame allocator hands out later.

use crate::mem::phys::{PhysAddr, boot_bytes};

const MAGIC: u32 = 0x336e_c578;
const MAX_REGIONS: usize = 64;
const MAX_CMDLINE: usize = 1024;
const E820_RAM: u32 = 1;

/// A stretch of physical memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Region {
    /// First byte.
    pub start: u64,
    /// One past the last byte.
    pub end: u64,
}

/// What the loader told, copied.
pub struct StartInfo {
    ram: [Region; MAX_REGIONS],
    ram_count: usize,
    cmdline: [u8; MAX_CMDLINE],
    cmdline_len: usize,
    /// The first module (`-initrd`).
    pub module: Option<Region>,
    /// Physical address of the ACPI root pointer.
    pub rsdp: u64,
}

impl StartInfo {
    /// Usable memory, as the loader lists it.
    pub fn ram(&self) -> &[Region] {
        &self.ram[..self.ram_count]
    }

    /// The kernel's command line; empty when it is not UTF-8.
    pub fn cmdline(&self) -> &str {
        core::str::from_utf8(&self.cmdline[..self.cmdline_len]).unwrap_or("")
    }

    /// Copies what the loader left at `address`.
    ///
    /// # Panics
    /// If there is no start info of version 1 or later with a memory map: then nothing is known about
    /// the machine, and there is nothing to go on with.
    pub fn read(address: u32) -> StartInfo {
        let base = u64::from(address);
        let u32_at = |at: u64| u32::from_le_bytes(boot_bytes(PhysAddr(at)));
        let u64_at = |at: u64| u64::from_le_bytes(boot_bytes(PhysAddr(at)));
        assert!(u32_at(base) == MAGIC, "the loader gave no PVH start info: boot with `qemu -kernel`");
        assert!(u32_at(base + 4) >= 1, "the PVH start info has no memory map: a newer loader is needed");

        let mut info = StartInfo {
            ram: [Region::default(); MAX_REGIONS],
            ram_count: 0,
            cmdline: [0; MAX_CMDLINE],
            cmdline_len: 0,
            module: None,
            rsdp: u64_at(base + 32),
        };
        let (map, entries) = (u64_at(base + 40), u32_at(base + 48));
        for entry in (0..u64::from(entries)).map(|i| map + 24 * i) {
            let (start, size, kind) = (u64_at(entry), u64_at(entry + 8), u32_at(entry + 16));
            if kind == E820_RAM && info.ram_count < MAX_REGIONS {
                info.ram[info.ram_count] = Region { start, end: start + size };
                info.ram_count += 1;
            }
        }
        if u32_at(base + 12) > 0 {
            let list = u64_at(base + 16);
            let start = u64_at(list);
            info.module = Some(Region { start, end: start + u64_at(list + 8) });
        }
        let cmdline = u64_at(base + 24);
        if cmdline != 0 {
            for (i, byte) in info.cmdline.iter_mut().enumerate() {
                let [value] = boot_bytes(PhysAddr(cmdline + i as u64));
                if value == 0 {
                    break;
                }
                *byte = value;
                info.cmdline_len = i + 1;
            }
        }
        info
    }
}
