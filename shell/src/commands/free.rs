//! `free`: memory, from `/proc/meminfo`.

use alloc::{format, string::String};

use super::support::{numbers, proc};
use crate::{
    io::{self, Outcome, Output},
    process::Process,
};

command!("free", "free [-b | -k | -m | -h]", "Shows memory in KiB; -b in bytes, -m in MiB, -h in the unit that fits.");

async fn run(p: Process) -> Outcome {
    let long = [("bytes", 'b'), ("kibi", 'k'), ("mebi", 'm'), ("human", 'h')];
    let options = io::options(&p, &COMMAND, "bkmh", &long).await?;
    let text = proc::read(&p, "/proc/meminfo").await?;
    let fields = proc::fields(&text);
    let kib = |name: &str| {
        let value = fields.iter().find(|(field, _)| *field == name).map_or("", |(_, value)| value);
        value.split(' ').next().and_then(|digits| digits.parse::<u64>().ok()).unwrap_or(0)
    };
    let show = |kib: u64| match options.last_of("bkmh") {
        Some('b') => format!("{}", kib * 1024),
        Some('m') => format!("{}", kib / 1024),
        Some('h') => numbers::human(kib * 1024),
        _ => format!("{kib}"),
    };
    let row = |label: &str, cells: [String; 3]| format!("{label:8}{:>12}{:>12}{:>12}", cells[0], cells[1], cells[2]);
    let line = |label, total: u64, free: u64| row(label, [show(total), show(total.saturating_sub(free)), show(free)]);
    let (heap, heap_used) = (kib("HeapTotal"), kib("HeapUsed"));
    let mut out = Output::new(&p);
    out.write_line(row("", ["total".into(), "used".into(), "free".into()]).as_bytes()).await?;
    out.write_line(line("Mem:", kib("MemTotal"), kib("MemFree")).as_bytes()).await?;
    out.write_line(line("Heap:", heap, heap.saturating_sub(heap_used)).as_bytes()).await?;
    out.write_line(line("Kernel:", kib("KernelImage"), 0).as_bytes()).await?;
    out.finish(0).await
}
