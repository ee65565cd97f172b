//! Where the CPUs of a guest that hangs are, and what its tasks wait for.

use std::{
    fs,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use serde_json::json;

use crate::{qmp::Qmp, symbols::Symbols};

/// What every line of the guest's dump begins with, and its last line.
const DUMP: &str = "dump: ";
const END: &str = "dump: end";
/// How long the guest may take for it. One that has lost even its handlers writes nothing.
const DUMP_TIME: Duration = Duration::from_secs(3);
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// Has the guest write what its CPUs and tasks do, by a non-maskable interrupt, and returns those lines of its log; no
/// lines if it does not.
pub fn dump(qmp: &mut Qmp, log: &Path) -> String {
    let before = fs::read(log).map_or(0, |log| log.len());
    if qmp.execute("inject-nmi", &json!({})).is_err() {
        return String::new();
    }
    let until = Instant::now() + DUMP_TIME;
    loop {
        let log = fs::read(log).unwrap_or_default();
        let dump = lines_of_dump(&String::from_utf8_lossy(log.get(before..).unwrap_or_default())).join("\n");
        if is_whole(&dump) || Instant::now() >= until {
            return dump;
        }
        thread::sleep(LOOK_AGAIN);
    }
}

/// Whether somebody has stopped the machine: then an interrupt would wait until it goes on.
pub fn is_paused(qmp: &mut Qmp) -> bool {
    qmp.execute("query-status", &json!({})).is_ok_and(|status| status["running"] == false)
}

/// Whether a dump tells all that it has to.
pub fn is_whole(dump: &str) -> bool {
    dump.lines().next_back() == Some(END)
}

fn lines_of_dump(log: &str) -> Vec<String> {
    log.lines().filter(|line| line.starts_with(DUMP)).map(str::to_owned).collect()
}

/// A line for each CPU, such as `CPU 0 is in pollux_kernel::arch::halt (rip ffffffff80201234), halted`.
pub fn describe(qmp: &mut Qmp, symbols: &Symbols) -> String {
    match qmp.monitor("info registers -a") {
        Ok(registers) => places(&registers, symbols),
        Err(error) => format!("its CPUs cannot be looked at: {error}"),
    }
}

fn places(registers: &str, symbols: &Symbols) -> String {
    let mut lines = Vec::new();
    let mut cpu = "?";
    for line in registers.lines() {
        if let Some(number) = line.strip_prefix("CPU#") {
            cpu = number.trim();
        }
        let mut fields = line.split_whitespace().filter_map(|field| field.split_once('='));
        let Some((_, rip)) = fields.find(|(name, _)| *name == "RIP") else { continue };
        let function = u64::from_str_radix(rip, 16)
            .ok()
            .and_then(|rip| symbols.find(rip))
            .unwrap_or("no known function");
        let halted = if line.contains("HLT=1") { ", halted" } else { "" };
        lines.push(format!("CPU {cpu} is in {function} (rip {rip}){halted}"));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_log_meanwhile_is_no_part_of_the_dump() {
        let lines = lines_of_dump("dump: CPU 0 polls no task\n[ 1.0] cpu1 INFO hello\ndump: end\n");
        assert_eq!(lines, ["dump: CPU 0 polls no task", "dump: end"]);
    }

    #[test]
    fn each_cpu_is_named_with_its_function() {
        let registers = "\
CPU#0
RAX=0000000000000000 RBX=0000000000000000
RIP=ffffffff80200010 RFL=00000246 [---Z-P-] CPL=0 II=0 A20=1 SMM=0 HLT=1

CPU#1
RIP=0000000000001000 RFL=00000246 [---Z-P-] CPL=0 II=0 A20=1 SMM=0 HLT=0
";
        let expected = "CPU 0 is in no known function (rip ffffffff80200010), halted\n\
                        CPU 1 is in no known function (rip 0000000000001000)";
        assert_eq!(places(registers, &Symbols::default()), expected);
    }
}
