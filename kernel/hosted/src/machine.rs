//! The host as a machine: what `/proc` tells of it, and how to switch it off.

use std::{
    fmt::{self, Write},
    fs,
    sync::{Mutex, PoisonError, mpsc::Sender},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use pollux_core::{
    faults,
    machine::{Machine, MemoryInfo},
};
use pollux_executor::{CpuStats, Executor};
use pollux_shell::{
    env::{Power, Result},
    errno::Errno,
};

use crate::{Event, backtrace, klog};

/// A line of `/proc/interrupts`: its label, what it counts, and where the count is.
type Source<'a> = (&'a str, &'a str, &'a dyn Fn(&CpuStats) -> u64);

/// The machine that the program is on.
pub struct Host {
    executor: &'static Executor,
    events: Mutex<Sender<Event>>,
}

impl Host {
    /// A machine with the CPUs of this executor; switching it off is an event.
    pub fn new(executor: &'static Executor, events: Sender<Event>) -> Self {
        Self { executor, events: Mutex::new(events) }
    }
}

impl Machine for Host {
    fn cpus(&self) -> usize {
        self.executor.cpus()
    }

    fn uptime(&self) -> Duration {
        Duration::from_nanos(self.executor.now_ns())
    }

    fn now(&self) -> Duration {
        SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
    }

    fn memory(&self) -> MemoryInfo {
        let info = fs::read_to_string("/proc/meminfo").unwrap_or_default();
        // Pages: all, resident, shared, text. The kernel is this program.
        let pages = fs::read_to_string("/proc/self/statm").unwrap_or_default();
        let page =
            |at: usize| pages.split(' ').nth(at).and_then(|n| n.parse::<u64>().ok()).unwrap_or(0) * 4096;
        let (resident, text) = (page(1), page(3));
        MemoryInfo {
            total: field(&info, "MemTotal"),
            free: field(&info, "MemAvailable"),
            kernel: text,
            heap_used: resident.saturating_sub(page(2)),
            heap_total: resident.saturating_sub(page(2)),
            // The C library does not tell.
            ..MemoryInfo::default()
        }
    }

    fn random(&self, buf: &mut [u8]) {
        let mut filled = 0;
        while filled < buf.len() {
            match rustix::rand::getrandom(&mut buf[filled..], rustix::rand::GetRandomFlags::empty()) {
                Ok(n) => filled += n,
                Err(rustix::io::Errno::INTR) => {}
                // Bytes that are not random must never be taken for some that are.
                Err(error) => panic!("the host gives no random bytes: {error}"),
            }
        }
    }

    fn cpuinfo(&self, out: &mut dyn Write) -> fmt::Result {
        let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let cpus: Vec<&str> = info.trim_end().split("\n\n").collect();
        for number in 0..self.cpus() {
            // More threads than the host has CPUs: they look like its last.
            for line in cpus[number.min(cpus.len() - 1)].lines() {
                match line.split_once(':') {
                    Some((name, _)) if name.trim() == "processor" => writeln!(out, "{name}: {number}")?,
                    _ => writeln!(out, "{line}")?,
                }
            }
            // Nothing is measured here: that library knows the processor.
            writeln!(out, "copy routine\t: the C library's memcpy")?;
            writeln!(out, "fill routine\t: the C library's memset\n")?;
        }
        Ok(())
    }

    fn interrupts(&self, out: &mut dyn Write) -> fmt::Result {
        write!(out, "     ")?;
        for cpu in 0..self.cpus() {
            write!(out, " {:>10}", format!("CPU{cpu}"))?;
        }
        writeln!(out)?;
        let kicks = |stats: &CpuStats| stats.kicks_sent;
        let timers = |stats: &CpuStats| stats.timers_fired;
        let sources: [Source<'_>; 2] =
            [("KCK", "Kicks out of idle", &kicks), ("TMR", "Timers fired", &timers)];
        for (label, name, count) in sources {
            write!(out, "{label:>4}:")?;
            for cpu in 0..self.cpus() {
                write!(out, " {:>10}", count(&self.executor.cpu_stats(cpu)))?;
            }
            writeln!(out, "  {name}")?;
        }
        Ok(())
    }

    fn idle_ns(&self, cpu: usize) -> u64 {
        self.executor.cpu_stats(cpu).idle_ns
    }

    /// A program has no devices on a bus.
    fn pci(&self, _out: &mut dyn Write) -> fmt::Result {
        Ok(())
    }

    fn log(&self) -> String {
        klog::text()
    }

    fn cmdline(&self) -> String {
        let words: Vec<String> =
            std::env::args_os().map(|word| word.to_string_lossy().into_owned()).collect();
        words.join(" ")
    }

    fn symbols(&self, visit: &mut dyn FnMut(u64, &str)) -> bool {
        backtrace::symbols(visit).is_ok()
    }

    /// The main thread ends the program when the terminal has shown everything.
    fn power(&self, what: Power, status: u8) -> Result<()> {
        let events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        events.send(Event::Power(what, status)).map_err(|_| Errno::EIO)
    }

    fn fault(&self, kind: &str) -> Result<()> {
        match kind {
            "task-panic" => panic!("a panic in a task, asked for through /proc/fault"),
            _ => faults::make(self.executor, kind), // the others need a machine of one's own
        }
    }
}

/// A line of `/proc/meminfo`, in bytes.
fn field(text: &str, name: &str) -> u64 {
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    line.and_then(|rest| rest.trim().strip_suffix(" kB")?.parse::<u64>().ok()).unwrap_or(0) * 1024
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_of_meminfo_are_bytes() {
        let text = "MemTotal:       16384 kB\nMemFree:   8 kB\n";
        assert_eq!(field(text, "MemTotal"), 16384 * 1024);
        assert_eq!(field(text, "MemFree"), 8192);
        assert_eq!(field(text, "Mem"), 0);
    }
}
