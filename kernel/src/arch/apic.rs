//! The local APIC of each CPU: interrupts between CPUs and the one-shot timer.
//! Source: Intel SDM volume 3, chapter 11.

use core::sync::atomic::{AtomicU64, Ordering::Relaxed};

use spin::Once;
use x2apic::lapic::{LocalApic, LocalApicBuilder, TimerDivide, TimerMode};
use x86_64::registers::model_specific::Msr;

use super::{clock, idt};
use crate::{
    cpu,
    mem::{paging, phys::PhysAddr},
    sync::CpuLocal,
};

const IA32_TSC_DEADLINE: u32 = 0x6e0;
/// The entry of the local vector table for the pin LINT1, and what makes an NMI of it (Intel SDM volume 3, 11.5.1).
const IA32_X2APIC_LVT_LINT1: u32 = 0x836;
const XAPIC_LVT_LINT1: u64 = 0x360;
const LVT_NMI: u32 = 0b100 << 8;
/// The entry for the event counters (11.5.1). When their interrupt comes the CPU sets its mask, and software clears that again.
const IA32_X2APIC_LVT_COUNTERS: u32 = 0x834;
const XAPIC_LVT_COUNTERS: u64 = 0x340;
const NONE: u64 = u64::MAX;

/// What all CPUs share.
struct Setup {
    /// Where the registers are mapped; without meaning in x2APIC mode.
    registers: u64,
    x2apic: bool,
    tsc_deadline: bool,
}

static SETUP: Once<Setup> = Once::new();
/// Timer counts per second; 0 until it is measured, not needed with TSC-deadline.
static TIMER_HZ: AtomicU64 = AtomicU64::new(0);

struct Apic {
    local: LocalApic,
    /// The deadline that the timer is set to, or `NONE`.
    armed_ns: u64,
}

// SAFETY: an `Apic` is made and used on its own CPU only: it lies in a `CpuLocal` of that CPU.
unsafe impl Send for Apic {}

static APICS: [CpuLocal<Option<Apic>>; cpu::MAX] = [const { CpuLocal::new(None) }; cpu::MAX];

/// Maps the registers; `physical` is what MADT says. Once, on the boot CPU, before [`init_cpu`].
pub fn init(physical: PhysAddr) {
    let cpuid = raw_cpuid::CpuId::new();
    let features = cpuid.get_feature_info();
    SETUP.call_once(|| Setup {
        registers: paging::map_device(physical, 4096).expect("memory to map the local APIC"),
        x2apic: features.as_ref().is_some_and(|f| f.has_x2apic()),
        tsc_deadline: features.as_ref().is_some_and(|f| f.has_tsc_deadline()),
    });
    idt::on(idt::KICK, || {}); // leaving hlt is all that it is for
    idt::on(idt::APIC_ERROR, || log::error!("CPU {}: local APIC error", cpu::index()));
}

/// The timer of this CPU has fired: for the handler of [`idt::TIMER`].
pub fn timer_fired() {
    with(|apic| apic.armed_ns = NONE);
}

/// Switches on the local APIC of the CPU that calls, its timer stopped.
pub fn init_cpu() {
    let setup = setup();
    let mut local = LocalApicBuilder::new()
        .timer_vector(idt::TIMER as usize)
        .error_vector(idt::APIC_ERROR as usize)
        .spurious_vector(idt::SPURIOUS as usize)
        .timer_mode(if setup.tsc_deadline { TimerMode::TscDeadline } else { TimerMode::OneShot })
        .timer_divide(TimerDivide::Div16)
        .timer_initial(0)
        .set_xapic_base(setup.registers)
        .build()
        .expect("all fields are given");
    // SAFETY: the registers are mapped uncached, or are MSRs that this CPU has; the vectors have handlers.
    unsafe { local.enable() };
    // The pin that the machine's non-maskable interrupts come by: a button's, or those of QEMU's monitor. `LocalApic::enable`
    // switches it off.
    make_nmi(IA32_X2APIC_LVT_LINT1, XAPIC_LVT_LINT1);
    // SAFETY: this CPU's own slot; nothing in the closure comes back here.
    unsafe { APICS[cpu::index()].with(|slot| *slot = Some(Apic { local, armed_ns: NONE })) };
}

/// Has this CPU's event counters interrupt it, by an NMI, until the next one. Also in the handler of an NMI.
pub fn listen_to_counters() {
    make_nmi(IA32_X2APIC_LVT_COUNTERS, XAPIC_LVT_COUNTERS);
}

/// Has what that entry of the local vector table is for make an NMI. It is one write, whatever has been interrupted.
fn make_nmi(msr: u32, offset: u64) {
    let setup = setup();
    if setup.x2apic {
        // SAFETY: a register that this CPU has in x2APIC mode; the vector of the interrupt has a handler.
        unsafe { Msr::new(msr).write(LVT_NMI.into()) };
    } else {
        let register = (setup.registers + offset) as *mut u32;
        // SAFETY: within the page of this CPU's registers, which is mapped uncached.
        unsafe { register.write_volatile(LVT_NMI) };
    }
}

fn setup() -> &'static Setup {
    SETUP.get().expect("apic::init has run")
}

fn with<R>(f: impl FnOnce(&mut Apic) -> R) -> R {
    // SAFETY: the slot of the CPU that runs this. Interrupts are off in `with`, so no handler comes back here,
    // and none of the closures below does.
    x86_64::instructions::interrupts::without_interrupts(|| unsafe {
        APICS[cpu::index()].with(|slot| f(slot.as_mut().expect("apic::init_cpu has run")))
    })
}

/// Acknowledges the interrupt that is being handled.
pub fn end_of_interrupt() {
    // SAFETY: called once by the common interrupt path, for a vector that the APIC delivered.
    with(|apic| unsafe { apic.local.end_of_interrupt() });
}

/// How a CPU is addressed: the xAPIC has its 8 bits at the top of the register.
fn destination(apic_id: u32) -> u32 {
    if setup().x2apic { apic_id } else { apic_id << 24 }
}

/// Interrupts another CPU.
pub fn send(index: usize, vector: u8) {
    let to = destination(cpu::get(index).apic_id.load(Relaxed));
    // SAFETY: the vector has a handler that is ready to run on any CPU.
    with(|apic| unsafe {
        wait_until_sent(&apic.local);
        apic.local.send_ipi(vector, to);
    });
}

/// Sends every other CPU a non-maskable interrupt: to stop them before a report.
pub fn stop_others() {
    // SAFETY: the NMI handler halts when `panic::stopping` says so.
    with(|apic| unsafe { apic.local.send_nmi_all(x2apic::lapic::IpiAllShorthand::AllExcludingSelf) });
}

/// Resets another CPU into its wait for a start-up interrupt.
pub fn send_init(apic_id: u32) {
    // SAFETY: the CPU does nothing yet.
    with(|apic| unsafe {
        wait_until_sent(&apic.local);
        apic.local.send_init_ipi(destination(apic_id));
    });
}

/// Starts another CPU at physical address `page * 4096`, in real mode.
pub fn send_startup(apic_id: u32, page: u8) {
    // SAFETY: the trampoline has been copied to that page.
    with(|apic| unsafe {
        wait_until_sent(&apic.local);
        apic.local.send_sipi(page, destination(apic_id));
    });
}

/// An xAPIC holds one outgoing interrupt at a time (SDM volume 3, 11.6.1, "Delivery Status").
fn wait_until_sent(local: &LocalApic) {
    // SAFETY: reading the interrupt command register has no effect.
    while !setup().x2apic && unsafe { local.get_ipi_delivery_status() } {
        core::hint::spin_loop();
    }
}

/// How long the timer is measured.
const MEASURE_NS: u64 = 2_000_000;

/// Measures the timer's rate against the TSC, which has been measured before.
pub fn measure_timer() {
    // SAFETY: counting down from the top interrupts nobody for seconds, and 0 stops it again. The same below.
    with(|apic| unsafe { apic.local.set_timer_initial(u32::MAX) });
    let start = clock::now_ns();
    while clock::now_ns() - start < MEASURE_NS {
        core::hint::spin_loop();
    }
    // SAFETY: see above.
    let (left, end) = with(|apic| unsafe {
        let left = apic.local.timer_current();
        let end = clock::now_ns();
        apic.local.set_timer_initial(0);
        (left, end)
    });
    let counts = u128::from(u32::MAX - left);
    TIMER_HZ.store((counts * 1_000_000_000 / u128::from(end - start)) as u64, Relaxed);
}

/// Whether deadlines go to the TSC directly.
pub fn has_tsc_deadline() -> bool {
    setup().tsc_deadline
}

/// Whether the local APICs are in x2APIC mode.
pub fn is_x2apic() -> bool {
    setup().x2apic
}

/// The timer's rate, counts per second; 0 with TSC-deadline.
pub fn timer_hz() -> u64 {
    TIMER_HZ.load(Relaxed)
}

/// Sets this CPU's timer to interrupt at `deadline_ns`, or stops it. A deadline beyond the timer's range comes
/// early; the caller looks at the clock and sets it anew.
pub fn set_deadline(deadline_ns: Option<u64>) {
    let deadline = deadline_ns.unwrap_or(NONE);
    with(|apic| {
        if apic.armed_ns == deadline {
            return;
        }
        apic.armed_ns = deadline;
        if setup().tsc_deadline {
            let at = if deadline == NONE { 0 } else { clock::tsc_at(deadline).max(1) };
            // SAFETY: the MSR exists (CPUID has TSC-deadline), and the timer's vector has a handler.
            unsafe { Msr::new(IA32_TSC_DEADLINE).write(at) };
        } else {
            let counts = match deadline {
                NONE => 0,
                _ => {
                    let wait = u128::from(deadline.saturating_sub(clock::now_ns()));
                    (wait * u128::from(timer_hz())).div_ceil(1_000_000_000).clamp(1, u128::from(u32::MAX))
                        as u32
                }
            };
            // SAFETY: the timer's vector has a handler.
            unsafe { apic.local.set_timer_initial(counts) };
        }
    });
}
