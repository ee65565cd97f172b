//! The Pollux kernel: where hardware and everything else meet.
//!
//! [`kernel_entry`] is the order in which a machine comes up: read it first.
#![no_std]
#![no_main]

extern crate alloc;

mod acpi;
mod arch;
mod backtrace;
mod boot;
mod cpu;
mod dev;
mod dump;
mod faults;
mod init;
mod klog;
mod machine;
mod measured;
mod mem;
mod panic;
mod random;
mod run;
mod sampler;
mod selftest;
mod sync;
mod tracing;

use core::sync::atomic::Ordering;

use arch::{apic, clock, copy, gdt, idt, ioapic, pmu};
use boot::{smp, start_info::StartInfo};
use mem::{frames, paging, phys, stack, tlb};
use spin::Once;
use x86_64::instructions::interrupts;

static START_INFO: Once<StartInfo> = Once::new();

/// The first function in Rust: on the boot CPU, on the boot stack, with the boot page tables, interrupts off.
#[unsafe(no_mangle)]
extern "C" fn kernel_entry(start_info: u32) -> ! {
    clock::start();
    cpu::adopt(0);
    klog::init();
    idt::init();
    let info = START_INFO.call_once(|| StartInfo::read(start_info));

    let module = info.module.unwrap_or_default();
    frames::init(info.ram(), &[phys::FIRMWARE, phys::ISA, paging::image(), module]);
    paging::init(info.ram());
    tlb::grow(info.ram());
    gdt::init();

    let own_stack = stack::alloc(smp::STACK_SIZE).expect("memory for the first stack");
    // SAFETY: the stack is mapped and unused, and the boot stack is not needed any more: `on_own_stack` takes
    // nothing from here and does not return.
    unsafe {
        core::arch::asm!(
            "mov rsp, {stack}",
            "xor ebp, ebp",
            "call {next}",
            "ud2",
            stack = in(reg) own_stack.top,
            next = sym on_own_stack,
            options(noreturn)
        )
    }
}

/// Goes on with a guard page under the stack: devices, the other CPUs, then the executor.
extern "C" fn on_own_stack() -> ! {
    let info = START_INFO.get().expect("read by kernel_entry");
    let machine = acpi::read(info.rsdp);
    let topology = &machine.topology;
    dev::power::init(machine.power);

    ioapic::mask_8259();
    apic::init(mem::phys::PhysAddr(topology.local_apic));
    cpu::get(0).apic_id.store(boot_apic_id(), Ordering::Relaxed);
    apic::init_cpu();
    pmu::init_cpu();
    calibrate(machine.pm_timer);
    copy::choose();
    random::init();
    smp::start_all(topology);
    cpu::get(0).online.store(true, Ordering::Relaxed);
    describe(info, topology);
    pmu::init();

    let executor = run::init(cpu::count());
    tracing::init(cpu::count());
    init::start(executor, info, &machine);
    smp::release();
    interrupts::enable();
    run::run()
}

/// The local APIC id of the CPU that calls.
fn boot_apic_id() -> u32 {
    let cpuid = raw_cpuid::CpuId::new();
    cpuid.get_feature_info().map_or(0, |f| u32::from(f.initial_local_apic_id()))
}

fn calibrate(pm_timer: Option<u16>) {
    let reference = pm_timer.map_or(clock::Reference::Pit, clock::Reference::PmTimer);
    clock::calibrate(reference);
    if !apic::has_tsc_deadline() {
        apic::measure_timer();
    }
    log::info!("TSC at {} kHz, measured with {reference:?}", clock::tsc_hz() / 1000);
}

fn describe(info: &StartInfo, topology: &acpi::Topology) {
    let frames::Count { total, free, .. } = frames::count();
    log::info!("Pollux {}, command line: {:?}", env!("CARGO_PKG_VERSION"), info.cmdline());
    log::info!("memory: {} KiB, {} KiB free", total * 4, free * 4);
    log::info!(
        "{} of {} CPUs, {}, {}",
        cpu::count(),
        topology.apic_ids().len() + topology.ignored,
        if apic::is_x2apic() { "x2APIC" } else { "xAPIC" },
        if apic::has_tsc_deadline() { "TSC-deadline timer" } else { "one-shot timer" },
    );
}
