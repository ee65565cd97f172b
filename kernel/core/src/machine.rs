//! The machine as the kernel objects see it: what `/proc`, `/dev` and `poweroff` need of the hardware
//! or, hosted, of the threads. The kernel and the hosted build each implement it once.

use alloc::{string::String, vec::Vec};
use core::fmt;
use core::time::Duration;
use pollux_executor::TaskId;
use pollux_shell::env::{BoxFuture, Memory, Power, Result};

/// Memory in bytes.
#[derive(Clone, Copy, Debug, Default)]
pub struct MemoryInfo {
    /// What the machine has.
    pub total: u64,
    /// What nobody uses.
    pub free: u64,
    /// Of that, what a CPU has at hand for itself.
    pub cached: u64,
    /// Of that, what is kept for those who must still do something when there is nothing else.
    pub reserve: u64,
    /// Kernel image, page tables and stacks.
    pub kernel: u64,
    /// Kernel heap in use.
    pub heap_used: u64,
    /// Kernel heap in all.
    pub heap_total: u64,
    /// Of that, slabs of small objects; the rest are pages of large ones.
    pub slab: u64,
}

/// What processors count by themselves, all CPUs together.
pub trait Counters: Sync {
    /// What there is, in the order of the values.
    fn names(&self) -> &'static [&'static str];
    /// Has it be counted from now on, or no longer for the one who has asked for that.
    fn count(&self, on: bool);
    /// What was counted since the first time; `None` of what there is no counter for. Counters wrap around: while it is counted
    /// somebody reads them at least every ten seconds.
    fn read(&self) -> BoxFuture<'static, Vec<Option<u64>>>;
}

/// What the machine tells and does. Texts are written the way Linux's `/proc` files of the same name are.
pub trait Machine: Send + Sync {
    /// How many CPUs run.
    fn cpus(&self) -> usize;
    /// Time since boot.
    fn uptime(&self) -> Duration;
    /// Time since the epoch, UTC.
    fn now(&self) -> Duration;
    /// Memory now.
    fn memory(&self) -> MemoryInfo;
    /// How much memory is left. Quick to say.
    fn memory_left(&self) -> Memory {
        Memory::Enough
    }
    /// From now on this task, and no longer the one before, may use up what memory is left: the shell that a person
    /// has to do something about it.
    fn protect_shell(&self, task: TaskId) {
        let _ = task;
    }
    /// Fills `buf` with random bytes fit for keys.
    fn random(&self, buf: &mut [u8]);
    /// `/proc/cpuinfo`.
    fn cpuinfo(&self, out: &mut dyn fmt::Write) -> fmt::Result;
    /// `/proc/interrupts`: a line a source, a column a CPU.
    fn interrupts(&self, out: &mut dyn fmt::Write) -> fmt::Result;
    /// The time each CPU was idle, in nanoseconds.
    fn idle_ns(&self, cpu: usize) -> u64;
    /// `/proc/pci`: a line a function: `00:1f.2 0106 8086:2922 rev 02` (address, class, vendor:device).
    fn pci(&self, out: &mut dyn fmt::Write) -> fmt::Result;
    /// The kernel log from its oldest kept line on.
    fn log(&self) -> String;
    /// The kernel's command line.
    fn cmdline(&self) -> String;
    /// Gives the address and the name of each function of the kernel to `visit`, in the order of addresses. Says whether
    /// they are known.
    fn symbols(&self, visit: &mut dyn FnMut(u64, &str)) -> bool {
        let _ = visit;
        false
    }
    /// What takes the samples of the profiler here; `None` where nothing can.
    fn sampler(&self) -> Option<&'static str> {
        None
    }
    /// What the processors count by themselves; an error says why that is not to be had.
    fn counters(&self) -> core::result::Result<&'static dyn Counters, &'static str> {
        Err("no hardware counters: threads have none")
    }
    /// Switches off or starts anew as soon as what has been written is out; or the reason why it cannot.
    fn power(&self, what: Power, status: u8) -> Result<()>;
    /// Makes a fault on purpose, for tests and labs: what is written to `/proc/fault`. Known kinds
    /// do not come back; `EINVAL` for an unknown one.
    fn fault(&self, kind: &str) -> Result<()>;
}
