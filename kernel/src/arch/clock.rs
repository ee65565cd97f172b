//! Time from the time-stamp counter, which is calibrated at boot against a clock of known rate.
//!
//! Known clocks, in this order: the ACPI power management timer (3.579545 MHz; ACPI 6.5, 4.8.2.1) and the
//! PIT's channel 2 (1.193182 MHz; Intel 8254). The TSCs of all CPUs are compared when a CPU starts; if
//! one is behind another, time is kept from running backwards by a shared maximum.

use core::{
    arch::asm,
    sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
};
use x86_64::instructions::port::{Port, PortReadOnly, PortWriteOnly};

const PM_TIMER_HZ: u64 = 3_579_545;
const PIT_HZ: u64 = 1_193_182;
/// How long the calibration takes. 5 ms against the PM timer's 0.28 us a tick is good to 0.01 %.
const CALIBRATION_MS: u64 = 5;
/// No x86_64 processor's TSC is slower; a lower result means that the known clock is not there.
const PLAUSIBLE_MHZ: u32 = 10;

/// The TSC at the kernel's entry: time zero.
static START: AtomicU64 = AtomicU64::new(0);
static HZ: AtomicU64 = AtomicU64::new(0);
/// Nanoseconds a tick, times 2^32.
static SCALE: AtomicU64 = AtomicU64::new(0);
/// The same for who asks what time it is now, but 0 if the TSCs do not agree: so nobody looks at a flag for that.
static SCALE_NOW: AtomicU64 = AtomicU64::new(0);
static TSC_WARPS: AtomicBool = AtomicBool::new(false);
static LATEST: AtomicU64 = AtomicU64::new(0);

/// The time-stamp counter.
pub fn tsc() -> u64 {
    let tsc;
    // The compiler, left alone, would keep the halves apart, in two registers.
    // SAFETY: every x86_64 processor has it, and CR4.TSD does not matter in ring 0.
    unsafe {
        asm!("rdtsc", "shl rdx, 32", "or rax, rdx", out("rax") tsc, out("rdx") _, options(nomem, nostack));
    }
    tsc
}

/// Time zero is now.
pub fn start() {
    START.store(tsc(), Relaxed);
}

/// The known clock that the TSC was measured with.
#[derive(Clone, Copy, Debug)]
pub enum Reference {
    /// The ACPI power management timer at this port.
    PmTimer(u16),
    /// The PIT.
    Pit,
}

/// Measures the TSC.
pub fn calibrate(reference: Reference) {
    let (ticks, counts, rate) = match reference {
        Reference::PmTimer(port) => measure_pm_timer(port),
        Reference::Pit => measure_pit(),
    };
    assert!(
        ticks > u64::from(PLAUSIBLE_MHZ) * 1000 * CALIBRATION_MS,
        "the clock for measuring the TSC does not run: the machine needs an ACPI PM timer or a PIT with channel 2"
    );
    let hz = (u128::from(ticks) * u128::from(rate) / u128::from(counts.max(1))) as u64;
    HZ.store(hz, Relaxed);
    let scale = ((1_000_000_000_u128 << 32) / u128::from(hz.max(1))) as u64;
    SCALE.store(scale, Relaxed);
    SCALE_NOW.store(scale, Relaxed);
}

/// TSC ticks and timer counts in the same stretch of time.
fn measure_pm_timer(port: u16) -> (u64, u64, u64) {
    let mut port = PortReadOnly::<u32>::new(port);
    // SAFETY: reading the timer that ACPI names has no effect. 24 bits are always there.
    let mut read = || u64::from(unsafe { port.read() } & 0xff_ffff);
    let (first, first_tsc) = (read(), tsc());
    loop {
        let (now, now_tsc) = (read(), tsc());
        let counts = now.wrapping_sub(first) & 0xff_ffff;
        if counts >= PM_TIMER_HZ * CALIBRATION_MS / 1000 {
            return (now_tsc - first_tsc, counts, PM_TIMER_HZ);
        }
    }
}

/// Counts channel 2 of the PIT down once, in mode 0; its output shows in bit 5 of port 0x61.
fn measure_pit() -> (u64, u64, u64) {
    let counts = PIT_HZ * CALIBRATION_MS / 1000;
    let mut control = PortWriteOnly::<u8>::new(0x43);
    let mut channel2 = PortWriteOnly::<u8>::new(0x42);
    let mut gate = Port::<u8>::new(0x61);
    // SAFETY: the kernel uses the PIT here only, and the speaker that shares port 0x61 stays off.
    unsafe {
        let speaker = gate.read() & 0xfc;
        gate.write(speaker | 1);
        control.write(0b1011_0000);
        channel2.write(counts as u8);
        channel2.write((counts >> 8) as u8);
        let first = tsc();
        while gate.read() & 0x20 == 0 {}
        let ticks = tsc() - first;
        gate.write(speaker);
        (ticks, counts, PIT_HZ)
    }
}

/// TSC ticks per second, as measured.
pub fn tsc_hz() -> u64 {
    HZ.load(Relaxed)
}

/// Nanoseconds since the kernel's entry; 0 until the TSC has been measured.
pub fn now_ns() -> u64 {
    let (low, high): (u64, u64);
    // As `ns_at(tsc())` by SCALE_NOW, but for the shift: the compiler loads an atomic into a register before it uses it.
    // SAFETY: as in `tsc`. Both statics are aligned words, so that each look is one; and nothing else is touched.
    unsafe {
        asm!(
            "rdtsc",
            "shl rdx, 32",
            "or rax, rdx",
            "sub rax, [rip + {start}]",
            "mul qword ptr [rip + {scale}]",
            start = sym START,
            scale = sym SCALE_NOW,
            out("rax") low,
            out("rdx") high,
            options(nostack, readonly)
        );
    }
    match high << 32 | low >> 32 {
        0 => latest_ns(),
        ns => ns,
    }
}

#[cold]
fn latest_ns() -> u64 {
    let now = ns_at(tsc());
    if TSC_WARPS.load(Relaxed) { LATEST.fetch_max(now, Relaxed).max(now) } else { now }
}

/// The time at which the TSC had that value.
pub fn ns_at(tsc: u64) -> u64 {
    duration_ns(tsc.wrapping_sub(START.load(Relaxed)))
}

/// How long so many ticks of the TSC take, in nanoseconds.
pub fn duration_ns(ticks: u64) -> u64 {
    ((u128::from(ticks) * u128::from(SCALE.load(Relaxed))) >> 32) as u64
}

/// The TSC's value at a time.
pub fn tsc_at(ns: u64) -> u64 {
    let ticks = (u128::from(ns) * u128::from(tsc_hz()) / 1_000_000_000) as u64;
    START.load(Relaxed).wrapping_add(ticks)
}

/// How often each of two CPUs looks at the other's last TSC value, when they are compared.
const WARP_CHECKS: u32 = 1000;

/// One side of the comparison of two CPUs' TSCs: both run it at the same time. Each reads its TSC and the
/// largest value that either has published; a TSC behind that has warped. Returns by how many ticks at most.
pub fn warp_check(last: &AtomicU64) -> u64 {
    let mut worst = 0;
    for _ in 0..WARP_CHECKS {
        let seen = last.load(core::sync::atomic::Ordering::SeqCst);
        // SAFETY: lfence exists on every x86_64 processor; it keeps rdtsc from running ahead of the load.
        unsafe { core::arch::x86_64::_mm_lfence() };
        let now = tsc();
        worst = worst.max(seen.saturating_sub(now));
        last.fetch_max(now, core::sync::atomic::Ordering::SeqCst);
    }
    worst
}

/// From now on time is the largest that any CPU has seen.
pub fn tolerate_warps() {
    TSC_WARPS.store(true, Relaxed);
    SCALE_NOW.store(0, Relaxed);
}
