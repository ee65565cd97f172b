//! The machine, for the kernel objects: what `/proc`, `/dev` and `poweroff` get from the hardware.

use alloc::string::{String, ToString};
use core::{
    fmt,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};

use embassy_sync::signal::Signal;
use pollux_core::machine::{Counters, Machine, MemoryInfo};
use pollux_drivers::pci::ConfigPorts;
use pollux_executor::TaskId;
use pollux_shell::env::{Memory, Power, Result};
use raw_cpuid::CpuId;

use crate::{
    arch::{apic, clock, copy, idt, pmu, port::Ports},
    backtrace, cpu, faults, klog,
    mem::{frames, heap, phys::PAGE},
    random, run, sampler,
    sync::{IrqLock, IrqRawMutex},
};

// SAFETY: the two configuration ports, used by this enumeration alone; reading configuration space moves no data.
static PCI: ConfigPorts<Ports, IrqLock<()>> =
    ConfigPorts::new(unsafe { Ports::new(0xcf8, 8) }, IrqLock::new(()));

/// What is asked of the power task, with the exit status.
pub static POWER_REQUEST: Signal<IrqRawMutex, (Power, u8)> = Signal::new();

/// The x86 PC that the kernel runs on.
pub struct Pc {
    /// Time since the epoch at time zero of the clock, in seconds.
    pub boot_time: AtomicU64,
    /// The kernel's command line.
    pub cmdline: String,
}

impl Machine for Pc {
    fn cpus(&self) -> usize {
        cpu::count()
    }

    fn symbols(&self, visit: &mut dyn FnMut(u64, &str)) -> bool {
        backtrace::symbols(visit)
    }

    fn sampler(&self) -> Option<&'static str> {
        Some(sampler::name())
    }

    fn counters(&self) -> core::result::Result<&'static dyn Counters, &'static str> {
        pmu::counters()
    }

    fn uptime(&self) -> Duration {
        Duration::from_nanos(clock::now_ns())
    }

    fn now(&self) -> Duration {
        Duration::from_secs(self.boot_time.load(Relaxed)) + self.uptime()
    }

    fn memory(&self) -> MemoryInfo {
        let frames = frames::count();
        let (heap, bytes) = (heap::usage(), |frames| frames as u64 * PAGE);
        let heap_total = (heap.slabs + heap.pages) as u64;
        MemoryInfo {
            total: bytes(frames.total),
            free: bytes(frames.free),
            cached: bytes(frames.cached),
            reserve: bytes(frames.reserve),
            kernel: bytes(frames.total - frames.free).saturating_sub(heap_total),
            heap_used: (heap.objects + heap.pages) as u64,
            heap_total,
            slab: heap.slabs as u64,
        }
    }

    fn memory_left(&self) -> Memory {
        frames::left()
    }

    fn protect_shell(&self, task: TaskId) {
        frames::protect_shell(task);
    }

    fn random(&self, buf: &mut [u8]) {
        random::fill(buf);
    }

    fn cpuinfo(&self, out: &mut dyn fmt::Write) -> fmt::Result {
        let cpuid = CpuId::new();
        let vendor = cpuid.get_vendor_info();
        let brand = cpuid.get_processor_brand_string();
        for index in 0..cpu::count() {
            writeln!(out, "processor\t: {index}")?;
            writeln!(out, "vendor_id\t: {}", vendor.as_ref().map_or("unknown", |v| v.as_str()))?;
            if let Some(f) = cpuid.get_feature_info() {
                writeln!(out, "cpu family\t: {}", f.family_id())?;
                writeln!(out, "model\t\t: {}", f.model_id())?;
                writeln!(out, "stepping\t: {}", f.stepping_id())?;
            }
            let name = brand.as_ref().map_or("unknown", |b| b.as_str().trim());
            writeln!(out, "model name\t: {name}")?;
            let khz = clock::tsc_hz() / 1000;
            writeln!(out, "cpu MHz\t\t: {}.{:03}", khz / 1000, khz % 1000)?;
            writeln!(out, "apicid\t\t: {}", cpu::get(index).apic_id.load(Relaxed))?;
            write!(out, "flags\t\t:")?;
            flags(&cpuid, out)?;
            writeln!(out)?;
            let (copy, fill) = copy::chosen();
            writeln!(out, "copy routine\t: {copy}\nfill routine\t: {fill}\n")?;
        }
        Ok(())
    }

    fn interrupts(&self, out: &mut dyn fmt::Write) -> fmt::Result {
        write!(out, "     ")?;
        for index in 0..cpu::count() {
            write!(out, " {:>10}", alloc::format!("CPU{index}"))?;
        }
        writeln!(out)?;
        for vector in 2..=255_u8 {
            let counts =
                || (0..cpu::count()).map(|i| cpu::get(i).interrupts[usize::from(vector)].load(Relaxed));
            let Some((label, name)) = source(vector) else { continue };
            write!(out, "{label:>4}:")?;
            for count in counts() {
                write!(out, " {count:>10}")?;
            }
            writeln!(out, "  {name}")?;
        }
        Ok(())
    }

    fn idle_ns(&self, cpu: usize) -> u64 {
        run::idle_ns(cpu)
    }

    fn pci(&self, out: &mut dyn fmt::Write) -> fmt::Result {
        for f in PCI.enumerate() {
            let at = f.address;
            writeln!(
                out,
                "{:02x}:{:02x}.{:x} {:04x} {:04x}:{:04x} rev {:02x}",
                at.bus(),
                at.device(),
                at.function(),
                f.class,
                f.vendor,
                f.device,
                f.revision
            )?;
        }
        Ok(())
    }

    fn log(&self) -> String {
        klog::contents()
    }

    fn cmdline(&self) -> String {
        self.cmdline.to_string()
    }

    fn power(&self, what: Power, status: u8) -> Result<()> {
        POWER_REQUEST.signal((what, status));
        Ok(())
    }

    fn fault(&self, kind: &str) -> Result<()> {
        faults::make(kind)
    }
}

/// The sources of interrupts that there are, by vector: the short label and the name.
fn source(vector: u8) -> Option<(&'static str, &'static str)> {
    use crate::dev::{channel, console};
    Some(match vector {
        2 => ("NMI", "Non-maskable interrupts"),
        v if v == idt::FIRST_IRQ + console::KEYBOARD_IRQ => ("1", "IO-APIC i8042"),
        v if v == idt::FIRST_IRQ + channel::IRQ => ("3", "IO-APIC ttyS1"),
        v if v == idt::FIRST_IRQ + console::SERIAL_IRQ => ("4", "IO-APIC ttyS0"),
        idt::TIMER => (
            "LOC",
            if apic::has_tsc_deadline() { "Local timer, TSC-deadline" } else { "Local timer, one-shot" },
        ),
        idt::COUNTERS => ("CNT", "Questions for event counters"),
        idt::KICK => ("RES", "Wakes of idle CPUs by other CPUs"),
        idt::APIC_ERROR => ("ERR", "APIC errors"),
        idt::SPURIOUS => ("SPU", "Spurious interrupts"),
        _ => return None,
    })
}

/// The features that people look for, by their names in Linux.
fn flags(cpuid: &CpuId<raw_cpuid::CpuIdReaderNative>, out: &mut dyn fmt::Write) -> fmt::Result {
    let basic = cpuid.get_feature_info();
    let extended = cpuid.get_extended_feature_info();
    let wide = cpuid.get_extended_processor_and_feature_identifiers();
    let has = |name: &str| -> bool {
        let (Some(b), Some(e), Some(w)) = (&basic, &extended, &wide) else { return false };
        match name {
            "fpu" => b.has_fpu(),
            "tsc" => b.has_tsc(),
            "apic" => b.has_apic(),
            "sse2" => b.has_sse2(),
            "sse4_2" => b.has_sse42(),
            "x2apic" => b.has_x2apic(),
            "popcnt" => b.has_popcnt(),
            "tsc_deadline_timer" => b.has_tsc_deadline(),
            "rdrand" => b.has_rdrand(),
            "hypervisor" => b.has_hypervisor(),
            "avx" => b.has_avx(),
            "avx2" => e.has_avx2(),
            "erms" => e.has_rep_movsb_stosb(),
            "smep" => e.has_smep(),
            "smap" => e.has_smap(),
            "rdseed" => e.has_rdseed(),
            "nx" => w.has_execute_disable(),
            "pdpe1gb" => w.has_1gib_pages(),
            "lm" => w.has_64bit_mode(),
            _ => false,
        }
    };
    for name in [
        "fpu",
        "tsc",
        "apic",
        "sse2",
        "sse4_2",
        "x2apic",
        "popcnt",
        "tsc_deadline_timer",
        "rdrand",
        "hypervisor",
        "avx",
        "avx2",
        "erms",
        "smep",
        "smap",
        "rdseed",
        "nx",
        "pdpe1gb",
        "lm",
    ] {
        if has(name) {
            write!(out, " {name}")?;
        }
    }
    Ok(())
}
