//! `lscpu`: the processors, from `/proc/cpuinfo`.

use alloc::format;

use super::support::proc;
use crate::{
    io::{self, Outcome, Output},
    process::Process,
};

command!("lscpu", "lscpu", "Describes the processors.");

async fn run(p: Process) -> Outcome {
    io::options(&p, &COMMAND, "", &[]).await?;
    let text = proc::read(&p, "/proc/cpuinfo").await?;
    let fields = proc::fields(&text);
    let first = |name: &str| fields.iter().find(|(field, _)| *field == name).map(|(_, value)| *value);
    let count = fields.iter().filter(|(field, _)| *field == "processor").count();
    let last = count.saturating_sub(1);
    let online = if last == 0 { format!("{last}") } else { format!("0-{last}") };
    let rows = [
        ("Architecture", Some("x86_64")),
        ("CPU(s)", Some(&*format!("{count}"))),
        ("On-line CPU(s) list", Some(&*online)),
        ("Vendor ID", first("vendor_id")),
        ("Model name", first("model name")),
        ("CPU MHz", first("cpu MHz")),
        ("Hypervisor vendor", first("hypervisor")),
        ("Flags", first("flags")),
    ];
    let mut out = Output::new(&p);
    for (name, value) in rows.iter().filter_map(|(name, value)| Some((name, (*value)?))) {
        out.write_line(format!("{:24}{value}", format!("{name}:")).as_bytes()).await?;
    }
    out.finish(0).await
}
