//! The text of each file. Where Linux has a file of the same name, the layout is that of proc(5), so
//! that what reads the one reads the other.

use core::{
    fmt::{Result, Write},
    time::Duration,
};

use super::Sources;

pub(super) fn version(_: &Sources, out: &mut dyn Write) -> Result {
    writeln!(out, "Pollux version {} (x86_64)", env!("CARGO_PKG_VERSION"))
}

pub(super) fn cmdline(sources: &Sources, out: &mut dyn Write) -> Result {
    writeln!(out, "{}", sources.machine.cmdline())
}

pub(super) fn cpuinfo(sources: &Sources, out: &mut dyn Write) -> Result {
    sources.machine.cpuinfo(out)
}

pub(super) fn interrupts(sources: &Sources, out: &mut dyn Write) -> Result {
    sources.machine.interrupts(out)
}

pub(super) fn pci(sources: &Sources, out: &mut dyn Write) -> Result {
    sources.machine.pci(out)
}

/// Seconds since boot, and seconds that the CPUs were idle, added up.
pub(super) fn uptime(sources: &Sources, out: &mut dyn Write) -> Result {
    let machine = &sources.machine;
    let idle = (0..machine.cpus()).map(|cpu| idle(sources, cpu)).sum();
    let (up, idle) = (hundredths(machine.uptime()), hundredths(idle));
    writeln!(out, "{}.{:02} {}.{:02}", up / 100, up % 100, idle / 100, idle % 100)
}

pub(super) fn meminfo(sources: &Sources, out: &mut dyn Write) -> Result {
    let memory = sources.machine.memory();
    for (name, bytes) in [
        ("MemTotal:", memory.total),
        ("MemFree:", memory.free),
        ("KernelImage:", memory.kernel),
        ("HeapUsed:", memory.heap_used),
        ("HeapTotal:", memory.heap_total),
    ] {
        writeln!(out, "{name:<16}{:>8} kB", bytes / 1024)?;
    }
    Ok(())
}

/// `cpu` lines: user, nice, system and idle time in 1/100 s. All work is the kernel's here, so user and
/// nice stay 0. After them, what the executor counted.
pub(super) fn stat(sources: &Sources, out: &mut dyn Write) -> Result {
    let cpus = sources.machine.cpus();
    let up = sources.machine.uptime();
    let times = |cpu| {
        let idle = idle(sources, cpu).min(up);
        (up - idle, idle)
    };
    let (busy, idle) = (0..cpus)
        .map(times)
        .fold((Duration::ZERO, Duration::ZERO), |sum, time| (sum.0 + time.0, sum.1 + time.1));
    writeln!(out, "cpu  0 0 {} {}", hundredths(busy), hundredths(idle))?;
    for cpu in 0..cpus {
        let (busy, idle) = times(cpu);
        writeln!(out, "cpu{cpu} 0 0 {} {}", hundredths(busy), hundredths(idle))?;
    }
    writeln!(out, "btime {}", sources.machine.now().saturating_sub(up).as_secs())?;
    let (mut polls, mut wakes, mut steals) = (0, 0, 0);
    for cpu in 0..cpus {
        let counted = (sources.counters)(cpu);
        polls += counted.polls;
        wakes += counted.wakes;
        steals += counted.steals;
    }
    writeln!(out, "polls {polls}\nwakes {wakes}\nsteals {steals}")
}

pub(super) fn tasks(sources: &Sources, out: &mut dyn Write) -> Result {
    let (pid, state, cpu, polls, wakes, busy) = ("PID", "STATE", "CPU", "POLLS", "WAKES", "BUSY_US");
    writeln!(out, "{pid:>5} {state:<8} {cpu:>3} {polls:>9} {wakes:>9} {busy:>11} COMMAND")?;
    let mut result = Ok(());
    (sources.tasks)(&mut |row| {
        if result.is_err() {
            return;
        }
        result = (|| {
            let (pid, state, cpu, polls, wakes) = (row.pid, row.state, row.cpu, row.polls, row.wakes);
            let busy = row.busy.as_micros();
            write!(out, "{pid:>5} {state:<8} {cpu:>3} {polls:>9} {wakes:>9} {busy:>11} ")?;
            // One task, one line: a command may have newlines and worse in its arguments.
            for part in row.command.utf8_chunks() {
                for c in part.valid().chars() {
                    out.write_char(if c.is_control() { '?' } else { c })?;
                }
                if !part.invalid().is_empty() {
                    out.write_char(char::REPLACEMENT_CHARACTER)?;
                }
            }
            out.write_char('\n')
        })();
    });
    result
}

/// Device, mount point, kind, options and two zeros, as in fstab(5).
pub(super) fn mounts(sources: &Sources, out: &mut dyn Write) -> Result {
    let Some(vfs) = sources.vfs.upgrade() else { return Ok(()) };
    for mount in vfs.mounts() {
        write!(out, "{} ", mount.kind)?;
        for part in mount.path.utf8_chunks() {
            for c in part.valid().chars() {
                match c {
                    ' ' | '\t' | '\n' | '\\' => write!(out, "\\{:03o}", c as u32)?,
                    _ => out.write_char(c)?,
                }
            }
            for byte in part.invalid() {
                write!(out, "\\{byte:03o}")?;
            }
        }
        writeln!(out, " {} {} 0 0", mount.kind, if mount.read_only { "ro" } else { "rw" })?;
    }
    Ok(())
}

fn idle(sources: &Sources, cpu: usize) -> Duration {
    Duration::from_nanos(sources.machine.idle_ns(cpu))
}

fn hundredths(time: Duration) -> u128 {
    time.as_millis() / 10
}
