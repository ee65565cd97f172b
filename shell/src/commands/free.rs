//! `free`: memory, from `/proc/meminfo`.

use alloc::{format, string::String};

use super::support::{numbers, proc};
use crate::{
    io::{self, Ended, Outcome, Output},
    process::Process,
};

command!(
    "free",
    "free [-b | -k | -m | -g | -h] [-s SECONDS] [-c COUNT]",
    "Shows memory in KiB; -b in bytes, -m in MiB, -g in GiB, -h in the unit that fits; -s again and again, -c so often."
);

async fn run(p: Process) -> Outcome {
    let long = [
        ("bytes", 'b'),
        ("kibi", 'k'),
        ("mebi", 'm'),
        ("gibi", 'g'),
        ("human", 'h'),
        ("seconds", 's'),
        ("count", 'c'),
    ];
    let options = io::options(&p, &COMMAND, "bkmghs:c:", &long).await?;
    let mut pause = None;
    if let Some(text) = options.value('s') {
        pause = numbers::duration(text).filter(|pause| !pause.is_zero());
        if pause.is_none() {
            return Err(io::usage(&p, &COMMAND, &format!("invalid number of seconds '{text}'")).await);
        }
    }
    let mut count = if pause.is_some() { u64::MAX } else { 1 };
    if let Some(text) = options.value('c') {
        match numbers::parse(text) {
            Some(number @ 1..) => count = number,
            _ => return Err(io::usage(&p, &COMMAND, &format!("invalid count '{text}'")).await),
        }
    }
    let mut out = Output::new(&p);
    loop {
        show(&p, options.last_of("bkmgh"), &mut out).await?;
        count -= 1;
        if count == 0 {
            return out.finish(0).await;
        }
        out.write_line(b"").await?;
        out.flush().await?;
        p.sys.sleep(pause.unwrap_or(core::time::Duration::from_secs(1))).await;
    }
}

async fn show(p: &Process, unit: Option<char>, out: &mut Output<'_>) -> Result<(), Ended> {
    let text = proc::read(p, "/proc/meminfo").await?;
    let fields = proc::fields(&text);
    let kib = |name| proc::kib(&fields, name);
    let show = |kib: u64| match unit {
        Some('b') => format!("{}", kib * 1024),
        Some('m') => format!("{}", kib >> 10),
        Some('g') => format!("{}", kib >> 20),
        Some('h') => numbers::human(kib * 1024),
        _ => format!("{kib}"),
    };
    let row = |label: &str, cells: [String; 3]| format!("{label:8}{:>12}{:>12}{:>12}", cells[0], cells[1], cells[2]);
    let line = |label, total: u64, free: u64| row(label, [show(total), show(total.saturating_sub(free)), show(free)]);
    let (heap, heap_used) = (kib("HeapTotal"), kib("HeapUsed"));
    out.write_line(row("", ["total".into(), "used".into(), "free".into()]).as_bytes()).await?;
    out.write_line(line("Mem:", kib("MemTotal"), kib("MemFree")).as_bytes()).await?;
    out.write_line(line("Heap:", heap, heap.saturating_sub(heap_used)).as_bytes()).await?;
    out.write_line(line("Kernel:", kib("KernelImage"), 0).as_bytes()).await
}
