//! Where the CPUs of a guest that hangs are.

use crate::{qmp::Qmp, symbols::Symbols};

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
