//! Starting the other CPUs: INIT, then start-up interrupts (Intel SDM volume 3, 9.4.4.1), one CPU at a time.

use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use x86_64::instructions::interrupts;

use crate::{
    acpi::Topology,
    arch::{apic, clock, gdt, idt, pmu},
    boot::start_info::StartInfo,
    cpu,
    mem::{
        paging,
        phys::{self, PAGE, PhysAddr},
        stack::{self, Stack},
        tlb,
    },
    run,
};

/// The size of the stack that a CPU runs its tasks on.
pub const STACK_SIZE: u64 = 512 * 1024;
/// Where the start code is copied to: `TRAMPOLINE` in `trampoline.s`.
const TRAMPOLINE: u64 = 0x8000;
const _: () = assert!(TRAMPOLINE + PAGE <= phys::FIRMWARE.end);
/// How long a CPU may take to come up.
const START_LIMIT_NS: u64 = 1_000_000_000;

static STARTED: AtomicBool = AtomicBool::new(false);
static CHECK_TSC: AtomicBool = AtomicBool::new(false);
static LAST_TSC: AtomicU64 = AtomicU64::new(0);
static READY: AtomicBool = AtomicBool::new(false);
static AP_WARP: AtomicU64 = AtomicU64::new(u64::MAX);
static GO: AtomicBool = AtomicBool::new(false);

unsafe extern "C" {
    static trampoline_start: u8;
    static trampoline_end: u8;
    static mut ap_cr3: u64;
    static mut ap_stack: u64;
    static mut ap_index: u64;
}

/// Starts every CPU that MADT lists but the one that calls. They come up and wait for [`release`].
pub fn start_all(topology: &Topology) {
    copy_trampoline();
    let own = cpu::get(0).apic_id.load(Ordering::Relaxed);
    let mut index = 1;
    for &apic_id in topology.apic_ids().iter().filter(|&&id| id != own) {
        let Some(stack) = stack::alloc(STACK_SIZE) else {
            log::error!("CPU {index}: no memory for its stack; it stays off");
            break;
        };
        if start(index, apic_id, stack) {
            index += 1;
        } else {
            log::error!("CPU with local APIC id {apic_id} does not start; going on without it");
        }
    }
    if topology.ignored > 0 {
        log::warn!("{} CPUs beyond the first {} are left alone", topology.ignored, cpu::MAX);
    }
    paging::retire_boot_tables();
}

/// Lets the CPUs that [`start_all`] started run the executor.
pub fn release() {
    GO.store(true, Ordering::SeqCst);
    (1..cpu::count()).for_each(|index| apic::send(index, idt::KICK));
}

fn copy_trampoline() {
    let start = &raw const trampoline_start;
    let length = (&raw const trampoline_end) as usize - start as usize;
    // SAFETY: the page at TRAMPOLINE is RAM that the frame allocator never hands out (see the assertion there), and the source is
    // the kernel's own constant.
    unsafe { core::ptr::copy_nonoverlapping(start, PhysAddr(TRAMPOLINE).as_ptr(), length) };
}

/// Starts one CPU, and compares its TSC with ours.
fn start(index: usize, apic_id: u32, stack: Stack) -> bool {
    cpu::get(index).apic_id.store(apic_id, Ordering::Relaxed);
    STARTED.store(false, Ordering::Relaxed);
    CHECK_TSC.store(false, Ordering::Relaxed);
    READY.store(false, Ordering::Relaxed);
    AP_WARP.store(u64::MAX, Ordering::Relaxed);
    // SAFETY: CPUs start one at a time, and the one before has read them long ago (it has set STARTED).
    unsafe {
        ap_cr3 = paging::root();
        ap_stack = stack.top;
        ap_index = index as u64;
    }
    apic::send_init(apic_id);
    // The 10 ms of the manual are for the discrete APICs of the 486; processors since the Pentium Pro need none.
    wait(10_000);
    for _ in 0..2 {
        apic::send_startup(apic_id, (TRAMPOLINE / 4096) as u8);
        if wait_for(200_000, || STARTED.load(Ordering::Acquire)) {
            break;
        }
    }
    if !wait_for(START_LIMIT_NS, || STARTED.load(Ordering::Acquire)) {
        return false;
    }
    CHECK_TSC.store(true, Ordering::Release); // the other side begins when it sees this
    let warp = clock::warp_check(&LAST_TSC);
    while AP_WARP.load(Ordering::Acquire) == u64::MAX {
        core::hint::spin_loop();
    }
    let warp = warp.max(AP_WARP.load(Ordering::Relaxed));
    if warp > 0 {
        log::warn!("CPU {index}: its TSC is up to {warp} ticks off; time is kept by a shared maximum");
        clock::tolerate_warps();
    }
    // Only now does its tables' set-up count: it must be able to take the interrupt that releases it.
    wait_for(START_LIMIT_NS, || READY.load(Ordering::Acquire))
}

fn wait(ns: u64) {
    wait_for(ns, || false);
}

fn wait_for(ns: u64, done: impl Fn() -> bool) -> bool {
    let end = clock::now_ns() + ns;
    while clock::now_ns() < end {
        if done() {
            return true;
        }
        core::hint::spin_loop();
    }
    done()
}

/// Where a started CPU enters Rust: on its own stack, with the kernel's page tables.
#[unsafe(no_mangle)]
extern "C" fn ap_entry(index: u32) -> ! {
    cpu::adopt(index as usize);
    STARTED.store(true, Ordering::Release);
    while !CHECK_TSC.load(Ordering::Acquire) {
        core::hint::spin_loop();
    }
    AP_WARP.store(clock::warp_check(&LAST_TSC), Ordering::Release);

    gdt::init();
    idt::init();
    apic::init_cpu();
    pmu::init_cpu();
    cpu::current().online.store(true, Ordering::Relaxed);
    READY.store(true, Ordering::Release);
    // While the boot CPU goes on.
    tlb::grow(crate::START_INFO.get().map_or(&[], StartInfo::ram));
    // Not by spinning: where there are more CPUs than the host has, that would keep the others from starting.
    while !GO.load(Ordering::SeqCst) {
        interrupts::enable_and_hlt();
        interrupts::disable();
    }
    interrupts::enable();
    run::run()
}
