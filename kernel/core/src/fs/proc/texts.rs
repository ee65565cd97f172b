//! The text of each file. Where Linux has a file of the same name, the layout is that of proc(5), so
//! that what reads the one reads the other.

use core::{
    fmt::{Result, Write},
    time::Duration,
};

use bstr::BStr;

use super::{CpuCounters, Proc, Sources};

pub(super) fn version(_: &Proc, out: &mut dyn Write) -> Result {
    writeln!(out, "Pollux version {} (x86_64)", env!("CARGO_PKG_VERSION"))
}

pub(super) fn cmdline(Proc { sources, .. }: &Proc, out: &mut dyn Write) -> Result {
    writeln!(out, "{}", sources.machine.cmdline())
}

pub(super) fn cpuinfo(Proc { sources, .. }: &Proc, out: &mut dyn Write) -> Result {
    sources.machine.cpuinfo(out)
}

pub(super) fn interrupts(Proc { sources, .. }: &Proc, out: &mut dyn Write) -> Result {
    sources.machine.interrupts(out)
}

pub(super) fn pci(Proc { sources, .. }: &Proc, out: &mut dyn Write) -> Result {
    sources.machine.pci(out)
}

/// Seconds since boot, and seconds that the CPUs were idle, added up.
pub(super) fn uptime(Proc { sources, .. }: &Proc, out: &mut dyn Write) -> Result {
    let machine = &sources.machine;
    let idle = (0..machine.cpus()).map(|cpu| idle(sources, cpu)).sum();
    let (up, idle) = (hundredths(machine.uptime()), hundredths(idle));
    writeln!(out, "{}.{:02} {}.{:02}", up / 100, up % 100, idle / 100, idle % 100)
}

pub(super) fn meminfo(Proc { sources, .. }: &Proc, out: &mut dyn Write) -> Result {
    let memory = sources.machine.memory();
    for (name, bytes) in [
        ("MemTotal:", memory.total),
        ("MemFree:", memory.free),
        ("KernelImage:", memory.kernel),
        ("HeapUsed:", memory.heap_used),
        ("HeapTotal:", memory.heap_total),
        ("Slab:", memory.slab),
        ("CpuCached:", memory.cached),
        ("Reserve:", memory.reserve),
    ] {
        writeln!(out, "{name:<16}{:>8} kB", bytes / 1024)?;
    }
    Ok(())
}

/// `cpu` lines: user, nice, system and idle time in 1/100 s. All work is the kernel's here, so user and
/// nice stay 0. After them, what the executor counted: for each CPU its polls, wakes, steals and idle time in
/// microseconds, and the sums of the first three.
pub(super) fn stat(Proc { sources, .. }: &Proc, out: &mut dyn Write) -> Result {
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
    let mut sum = CpuCounters::default();
    for cpu in 0..cpus {
        let CpuCounters { polls, wakes, steals } = (sources.counters)(cpu);
        sum = CpuCounters { polls: sum.polls + polls, wakes: sum.wakes + wakes, steals: sum.steals + steals };
        let idle_us = times(cpu).1.as_micros();
        writeln!(out, "sched{cpu} {polls} {wakes} {steals} {idle_us}")?;
    }
    writeln!(out, "polls {}\nwakes {}\nsteals {}", sum.polls, sum.wakes, sum.steals)
}

pub(super) fn tasks(Proc { sources, .. }: &Proc, out: &mut dyn Write) -> Result {
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
            line(row.command, out)?;
            out.write_char('\n')
        })();
    });
    result
}

/// Writes a name as a part of one line: a command may have newlines and worse in its arguments.
pub(super) fn line(name: &BStr, out: &mut dyn Write) -> Result {
    for part in name.utf8_chunks() {
        for c in part.valid().chars() {
            out.write_char(if c.is_control() { '?' } else { c })?;
        }
        if !part.invalid().is_empty() {
            out.write_char(char::REPLACEMENT_CHARACTER)?;
        }
    }
    Ok(())
}

/// How many CPUs had work, on average over one, five and fifteen minutes; tasks that run and tasks there are; and the
/// newest task.
pub(super) fn loadavg(proc: &Proc, out: &mut dyn Write) -> Result {
    let sources = &proc.sources;
    let cpus = sources.machine.cpus();
    let idle = (0..cpus).map(|cpu| idle(sources, cpu)).sum();
    let averages = proc.load.lock().averages(sources.machine.uptime(), cpus, idle);
    for hundredths in averages {
        write!(out, "{}.{:02} ", hundredths / 100, hundredths % 100)?;
    }
    let (mut running, mut all, mut newest) = (0, 0, 0);
    (sources.tasks)(&mut |row| {
        running += u64::from(row.state == "R");
        all += 1;
        newest = newest.max(row.pid);
    });
    writeln!(out, "{running}/{all} {newest}")
}

/// Device, mount point, kind, options and two zeros, as in fstab(5).
pub(super) fn mounts(Proc { sources, .. }: &Proc, out: &mut dyn Write) -> Result {
    let Some(vfs) = sources.vfs.upgrade() else { return Ok(()) };
    for mount in vfs.mounts() {
        for word in [&mount.source, &mount.path, &mount.kind] {
            word_of_fstab(word.as_ref(), out)?;
            out.write_char(' ')?;
        }
        out.write_str(if mount.read_only { "ro" } else { "rw" })?;
        if let Some(size) = mount.size {
            write!(out, ",size={}k", size.div_ceil(1024))?;
        }
        out.write_str(" 0 0\n")?;
    }
    Ok(())
}

/// A word in which blanks, newlines and bytes that are no text are written in octal.
fn word_of_fstab(word: &BStr, out: &mut dyn Write) -> Result {
    for part in word.utf8_chunks() {
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
    Ok(())
}

fn idle(sources: &Sources, cpu: usize) -> Duration {
    Duration::from_nanos(sources.machine.idle_ns(cpu))
}

fn hundredths(time: Duration) -> u128 {
    time.as_millis() / 10
}
