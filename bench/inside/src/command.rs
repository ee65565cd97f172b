//! The `bench` command: which benchmarks, how many samples, and how the figures are shown.

use alloc::{boxed::Box, format, string::String, sync::Arc, vec::Vec};
use core::{any::Any, time::Duration};

use bstr::ByteSlice;
use pollux_core::system::CoreSystem;
use pollux_figures::{
    Summary,
    line::{self, time},
};
use pollux_shell::{
    errno::Errno,
    io::{self, Ended, Outcome, Output},
    process::{Command, Process},
};

use crate::{
    groups::{BENCHMARKS, Benchmark},
    hardware::hardware,
    meter::{Measured, Meter},
};

/// How many samples there are unless it is said.
const SAMPLES: usize = 200;
/// The fewest and the most.
const SAMPLES_ALLOWED: core::ops::RangeInclusive<usize> = 5..=100_000;

/// `bench`.
pub const COMMAND: Command = Command {
    name: "bench",
    synopsis: "bench [--list] [--json] [--samples N] [GROUP | NAME]...",
    summary: "Measures Pollux: all benchmarks, those of a group, or one; --list names them. A line each: median and \
              percentiles, the 95 % interval of the median, variation, outliers, and bytes a second. --json: a JSON \
              object a line.",
    run: |process| Box::pin(async move { run(process).await.unwrap_or_else(|Ended(status)| status) }),
};

async fn run(p: Process) -> Outcome {
    let long = [("list", 'l'), ("json", 'j'), ("samples", 'n')];
    let options = io::options(&p, &COMMAND, "ljn:", &long).await?;
    let mut chosen = Vec::new();
    for &operand in &options.operands {
        let before = chosen.len();
        chosen.extend(
            BENCHMARKS
                .iter()
                .filter(|it| is_meant(it, operand))
                .map(|it| (it, it.name.as_bytes() == operand)),
        );
        if chosen.len() == before {
            let names = BENCHMARKS.iter().map(|it| it.name).collect::<Vec<_>>().join(" ");
            io::complain(&p, format!("there is no benchmark or group {operand}; there are: {names}")).await;
            return Err(Ended(2));
        }
    }
    if options.operands.is_empty() {
        chosen.extend(BENCHMARKS.iter().map(|it| (it, false)));
    }
    let mut samples = SAMPLES;
    if let Some(value) = options.value('n') {
        match value.to_str().ok().and_then(|text| text.parse().ok()).filter(|n| SAMPLES_ALLOWED.contains(n)) {
            Some(n) => samples = n,
            None => {
                let message = format!("--samples {value}: it takes a number from 5 to 100000");
                return Err(io::usage(&p, &COMMAND, &message).await);
            }
        }
    }
    if options.has('l') {
        let mut out = Output::new(&p);
        for (benchmark, _) in chosen {
            out.write_line(format!("{:<26} {}", benchmark.name, benchmark.about).as_bytes()).await?;
        }
        return out.finish(0).await;
    }
    measure(&p, &chosen, samples, options.has('j')).await
}

/// Whether somebody who types this means it: its name, or its group.
fn is_meant(benchmark: &Benchmark, typed: &[u8]) -> bool {
    let group = benchmark.name.split('/').next().unwrap_or_default();
    typed == benchmark.name.as_bytes() || typed == group.as_bytes()
}

/// Measures them. Those that were not asked for by their own name are left out where there is not what they need.
async fn measure(p: &Process, chosen: &[(&Benchmark, bool)], samples: usize, json: bool) -> Outcome {
    let system = p.sys.clone() as Arc<dyn Any + Send + Sync>;
    let Ok(system) = system.downcast::<CoreSystem>() else {
        io::complain(p, "this system cannot be measured from inside".into()).await;
        return Err(Ended(1));
    };
    let surroundings = Process {
        sys: p.sys.clone(),
        args: p.args.clone(),
        env: p.env.clone(),
        cwd: p.cwd.clone(),
        umask: p.umask,
        fds: p.fds.clone(),
        signals: p.signals.clone(),
    };
    let meter = Arc::new(Meter::new(system, surroundings, samples));
    let mut out = Output::new(p);
    if !json {
        let text = format!(
            "{} CPUs, {samples} samples each; reading the clock twice takes {} ns, which is taken off.\n{HEAD}",
            meter.executor().cpus(),
            meter.clock_ns()
        );
        out.write_line(text.as_bytes()).await?;
    }
    let mut status = 0;
    quiet(&meter).await;
    for (benchmark, is_named) in chosen {
        let measured = (benchmark.run)(meter.clone()).await;
        let figures = measured.and_then(|found| {
            let summary = Summary::of(&found.ns).ok_or(Errno::EIO)?;
            Ok((found, summary))
        });
        match figures {
            Ok((found, summary)) => {
                let text = if json {
                    line::json(benchmark.name, &found.ns, found.bytes, &summary)
                } else {
                    as_row(benchmark.name, &found, &summary)
                };
                out.write_line(text.as_bytes()).await?;
                out.flush().await?;
                quiet(&meter).await;
            }
            Err(Errno::ENODEV) if !is_named => {}
            Err(error) => {
                status = 1;
                out.flush().await?;
                io::complain(p, format!("{}: {error}", benchmark.name)).await;
            }
        }
    }
    out.finish(status).await
}

/// Waits until what was said is out of the machine: sending it must not be in the figures that come next.
async fn quiet(meter: &Meter) {
    const STEP_NS: u64 = 10_000_000;
    let executor = meter.executor();
    // Whoever takes them out of the pipe has begun by then.
    executor.sleep(Duration::from_millis(1)).await;
    if let Ok(hardware) = hardware() {
        hardware.drain().await;
    }
    // How long that took is decided outside. Where instructions are counted, the next begins at the same instant each time.
    executor.sleep_until(executor.now_ns().next_multiple_of(STEP_NS)).await;
}

const HEAD: &str = "benchmark                     median         p95         p99         max  95 % of median        var  out";

fn as_row(name: &str, found: &Measured, summary: &Summary) -> String {
    let rate = found
        .bytes
        .map_or(String::new(), |bytes| format!("  {:.0} MB/s", bytes as f64 * 1000.0 / summary.p50));
    let noisy = if summary.is_noisy() { "  noisy" } else { "" };
    format!(
        "{name:<25} {:>11} {:>11} {:>11} {:>11}  [{}, {}]  {:>5.1}% {:>4}{rate}{noisy}",
        time(summary.p50),
        time(summary.p95),
        time(summary.p99),
        time(summary.max),
        time(summary.low),
        time(summary.high),
        summary.variation * 100.0,
        summary.outliers,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn names_are_unique_and_have_a_group() {
        let names: BTreeSet<_> = BENCHMARKS.iter().map(|it| it.name).collect();
        assert_eq!(names.len(), BENCHMARKS.len());
        assert!(names.iter().all(|name| name.split('/').count() == 2), "{names:?}");
    }
}
