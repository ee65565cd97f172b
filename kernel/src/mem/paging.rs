//! The kernel's page tables: built once at boot, then only added to.

use core::fmt::Debug;

use pollux_trace::trace;
use spin::Once;
use x86_64::{
    PhysAddr as X86PhysAddr, VirtAddr,
    registers::control::{Cr3, Cr3Flags},
    structures::paging::{
        FrameAllocator, Mapper, OffsetPageTable, Page, PageSize, PageTable, PageTableFlags, PhysFrame,
        Size2MiB, Size4KiB, mapper::MapToError,
    },
};

use super::{
    frames,
    phys::{self, DIRECT_MAP, KERNEL_BASE, PAGE, PhysAddr},
};
use crate::{boot::start_info::Region, sync::TaskLock};

const DEVICES: u64 = 0xffff_d000_0000_0000;
const LARGE: u64 = Size2MiB::SIZE;

static TABLES: Once<TaskLock<Tables>> = Once::new();

struct Tables {
    mapper: OffsetPageTable<'static>,
    next_device: u64,
}

unsafe extern "C" {
    static image_start: u8;
    static text_end: u8;
    static rodata_end: u8;
    static image_end: u8;
    static mut boot_pml4: PageTable;
}

/// The kernel's image in physical memory.
pub fn image() -> Region {
    Region {
        start: (&raw const image_start) as u64 - KERNEL_BASE,
        end: (&raw const image_end) as u64 - KERNEL_BASE,
    }
}

struct TableFrames;

// SAFETY: every frame comes from the frame allocator, which hands each out once.
unsafe impl FrameAllocator<Size4KiB> for TableFrames {
    fn allocate_frame(&mut self) -> Option<PhysFrame<Size4KiB>> {
        Some(PhysFrame::containing_address(X86PhysAddr::new(frames::alloc()?.0)))
    }
}

/// Builds the kernel's page tables, switches to them and, with that, leaves the identity mapping.
/// `ram` is what the direct map covers.
///
/// # Panics
/// If memory runs out: nothing can run without page tables.
pub fn init(ram: &[Region]) {
    let root = frames::alloc().expect("a frame for the page tables");
    let table: *mut PageTable = root.as_ptr();
    // SAFETY: a fresh frame of our own, of the size and alignment of a page table, mapped now (boot tables map
    // the first GiB, and the allocator starts from the lowest frames).
    let table = unsafe {
        table.write(PageTable::new());
        &mut *table
    };
    // SAFETY: all of the tables reached through it come from `TableFrames`, and they are reached at KERNEL_BASE as long
    // as the boot tables are in use; the mapper is built anew for the direct map below.
    let mut mapper = unsafe { OffsetPageTable::new(table, VirtAddr::new(KERNEL_BASE)) };
    map_image(&mut mapper);
    map_ram(&mut mapper, ram);

    let frame = PhysFrame::containing_address(X86PhysAddr::new(root.0));
    // SAFETY: the new tables map the running code, its data and its (boot) stack at the addresses they have now.
    unsafe { Cr3::write(frame, Cr3Flags::empty()) };
    phys::use_direct_map();
    frames::use_direct_map();

    // SAFETY: the same root table, now reached through the direct map, which maps all RAM; the earlier reference
    // and mapper are not used any more.
    let mapper = unsafe { OffsetPageTable::new(&mut *root.as_ptr(), VirtAddr::new(DIRECT_MAP)) };
    TABLES.call_once(|| TaskLock::new(Tables { mapper, next_device: DEVICES }));
}

/// What each part of the image may do: text runs, rodata is read, all else is written.
fn image_rights(address: u64) -> PageTableFlags {
    let (text, rodata) = ((&raw const text_end) as u64, (&raw const rodata_end) as u64);
    if address < text {
        PageTableFlags::empty()
    } else if address < rodata {
        PageTableFlags::NO_EXECUTE
    } else {
        PageTableFlags::NO_EXECUTE | PageTableFlags::WRITABLE
    }
}

fn map_image(mapper: &mut OffsetPageTable<'_>) {
    for physical in (image().start..image().end).step_by(PAGE as usize) {
        let address = physical + KERNEL_BASE;
        map_to::<Size4KiB>(mapper, address, physical, image_rights(address))
            .expect("memory for the page tables");
    }
}

/// Maps RAM in large pages, never executable. Where the image lies, small pages keep its text and constants
/// read-only here, too.
fn map_ram(mapper: &mut OffsetPageTable<'_>, ram: &[Region]) {
    let data = PageTableFlags::WRITABLE | PageTableFlags::NO_EXECUTE;
    let image = image();
    let mut mapped_to = 0;
    for region in ram {
        let start = (region.start / LARGE * LARGE).max(mapped_to);
        for chunk in (start..region.end).step_by(LARGE as usize) {
            if chunk < image.end && image.start < chunk + LARGE {
                for physical in (chunk..chunk + LARGE).step_by(PAGE as usize) {
                    let inside = (image.start..image.end).contains(&physical);
                    let rights = if inside { image_rights(physical + KERNEL_BASE) } else { data };
                    map_to::<Size4KiB>(
                        mapper,
                        physical + DIRECT_MAP,
                        physical,
                        rights | PageTableFlags::NO_EXECUTE,
                    )
                    .expect("memory for the page tables");
                }
            } else {
                map_to::<Size2MiB>(mapper, chunk + DIRECT_MAP, chunk, data)
                    .expect("memory for the page tables");
            }
            mapped_to = chunk + LARGE;
        }
    }
}

fn map_to<S: PageSize + Debug>(
    mapper: &mut OffsetPageTable<'_>,
    address: u64,
    physical: u64,
    rights: PageTableFlags,
) -> Option<()>
where
    for<'a> OffsetPageTable<'a>: Mapper<S>,
{
    let page = Page::<S>::containing_address(VirtAddr::new(address));
    let frame = PhysFrame::containing_address(X86PhysAddr::new(physical));
    let flags = PageTableFlags::PRESENT | PageTableFlags::GLOBAL | rights;
    // SAFETY: only this module maps, each virtual address once (the mapper refuses a second time), and callers name
    // either memory that they own or device registers.
    match unsafe { mapper.map_to(page, frame, flags, &mut TableFrames) } {
        Ok(flush) => {
            flush.flush();
            trace!(TlbFlush, address);
            Some(())
        }
        Err(MapToError::FrameAllocationFailed) => None,
        Err(error) => panic!("mapping {address:#x} to {physical:#x}: {error:?}"),
    }
}

/// Maps fresh, zeroed frames at a virtual address; `None` when memory runs out.
pub fn map_new(address: u64, size: u64, rights: PageTableFlags) -> Option<()> {
    for page in (address..address + size).step_by(PAGE as usize) {
        let frame = frames::alloc()?;
        // SAFETY: a fresh frame of our own, reached through the direct map.
        unsafe { frame.as_ptr::<u8>().write_bytes(0, PAGE as usize) };
        map_to::<Size4KiB>(&mut tables().lock().mapper, page, frame.0, rights)?;
    }
    Some(())
}

/// Maps device registers, uncached, and gives their virtual address; `None` when memory runs out.
pub fn map_device(physical: PhysAddr, size: u64) -> Option<u64> {
    let rights = PageTableFlags::WRITABLE | PageTableFlags::NO_EXECUTE | PageTableFlags::NO_CACHE;
    let first = physical.0 / PAGE * PAGE;
    let end = (physical.0 + size).next_multiple_of(PAGE);
    let mut tables = tables().lock();
    let base = tables.next_device;
    tables.next_device += end - first;
    for offset in (0..end - first).step_by(PAGE as usize) {
        map_to::<Size4KiB>(&mut tables.mapper, base + offset, first + offset, rights)?;
    }
    Some(base + physical.0 - first)
}

/// The root of the kernel's page tables, for the other CPUs.
pub fn root() -> u64 {
    Cr3::read().0.start_address().as_u64()
}

/// Makes the boot page tables, with their identity mapping, useless once every CPU has left them.
pub fn retire_boot_tables() {
    // SAFETY: no CPU's CR3 refers to them any more; nobody else touches this static.
    unsafe { (&raw mut boot_pml4).write(PageTable::new()) };
}

/// A page that is mapped.
#[derive(Clone, Copy, Debug)]
pub struct Mapping {
    /// Its first virtual address.
    pub address: u64,
    /// It can be written.
    pub writable: bool,
    /// It can be executed.
    pub executable: bool,
}

/// Visits every mapped page of any size, as the processor would find it.
pub fn each_mapping(visit: &mut dyn FnMut(Mapping)) {
    let tables = tables().lock();
    walk(tables.mapper.level_4_table(), 4, 0, PageTableFlags::WRITABLE, visit);
}

/// `rights` is what the levels above allow: WRITABLE where all of them do, NO_EXECUTE where one of them does.
fn walk(table: &PageTable, level: u8, base: u64, rights: PageTableFlags, visit: &mut dyn FnMut(Mapping)) {
    for (index, entry) in table.iter().enumerate().filter(|(_, entry)| !entry.is_unused()) {
        let span = 12 + 9 * (u32::from(level) - 1);
        // The 48 bits are sign-extended.
        let address = ((base | (index as u64) << span) << 16) as i64 >> 16;
        let flags = entry.flags();
        let rights =
            (rights & flags & PageTableFlags::WRITABLE) | ((rights | flags) & PageTableFlags::NO_EXECUTE);
        if level == 1 || flags.contains(PageTableFlags::HUGE_PAGE) {
            visit(Mapping {
                address: address as u64,
                writable: rights.contains(PageTableFlags::WRITABLE),
                executable: !rights.contains(PageTableFlags::NO_EXECUTE),
            });
        } else {
            let next: *const PageTable = PhysAddr(entry.addr().as_u64()).as_ptr();
            // SAFETY: a present entry of an upper level refers to a table that this module allocated; the lock on
            // the tables is held.
            walk(unsafe { &*next }, level - 1, address as u64, rights, visit);
        }
    }
}

fn tables() -> &'static TaskLock<Tables> {
    TABLES.get().expect("paging::init has run")
}
