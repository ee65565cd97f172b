//! `vmstat`: what the executor does, a line a moment.

use alloc::format;

use super::support::{
    machine::{Moment, busy_tenths},
    numbers,
    tasks,
};
use crate::{
    io::{self, Outcome, Output},
    process::Process,
};

command!(
    "vmstat",
    "vmstat [DELAY [COUNT]]",
    "Shows tasks (running, waiting, stopped), free memory and heap in KiB, polls, wakes and steals a second, and how busy \
     the CPUs are; the first line is since boot."
);

/// Lines between two headings.
const HEADING_EVERY: u64 = 20;

async fn run(p: Process) -> Outcome {
    let options = io::options(&p, &COMMAND, "#", &[]).await?;
    let (delay, count) = match options.operands.as_slice() {
        [] => (None, Some(1)),
        [delay] => (numbers::duration(delay), Some(u64::MAX)),
        [delay, count] => (numbers::duration(delay), numbers::parse(count)),
        _ => return Err(io::usage(&p, &COMMAND, "too many operands").await),
    };
    let delay = delay.filter(|delay| !delay.is_zero());
    let (delay, count) = match (options.operands.len(), delay, count) {
        (0, _, _) => (core::time::Duration::ZERO, 1),
        (_, Some(delay), Some(count @ 1..)) => (delay, count),
        _ => return Err(io::usage(&p, &COMMAND, "DELAY and COUNT are numbers above 0").await),
    };
    let mut out = Output::new(&p);
    let mut before = Moment::default();
    for number in 0..count {
        if number % HEADING_EVERY == 0 {
            let (a, b, c) = ("---tasks---", "------memory------", "-------a second--------");
            out.write_line(format!("{a} {b} {c:>32} -cpu-").as_bytes()).await?;
            let heading = format!(
                "{:>3} {:>3} {:>3} {:>9} {:>9} {:>11} {:>10} {:>8} {:>5}",
                "r", "s", "t", "free", "heap", "polls", "wakes", "steals", "busy%"
            );
            out.write_line(heading.as_bytes()).await?;
        }
        let now = Moment::now(&p).await?;
        let us = now.us_since(&before);
        let (mut polls, mut wakes, mut steals, mut idle_us) = (0, 0, 0, 0);
        for cpu in (0..now.cpus.len()).map(|cpu| now.cpu_since(&before, cpu)) {
            polls += cpu.polls;
            wakes += cpu.wakes;
            steals += cpu.steals;
            idle_us += cpu.idle_us;
        }
        let tasks = tasks::read(&p).await?;
        let count_of = |state: &str| tasks.iter().filter(|task| task.state == state).count();
        let rate = |count: u64| (u128::from(count) * 1_000_000 / u128::from(us)) as u64;
        let tenths = busy_tenths(us * now.cpus.len().max(1) as u64, idle_us);
        let line = format!(
            "{:>3} {:>3} {:>3} {:>9} {:>9} {:>11} {:>10} {:>8} {:>3}.{}",
            count_of("R"),
            count_of("S"),
            count_of("T"),
            now.free,
            now.heap_used,
            rate(polls),
            rate(wakes),
            rate(steals),
            tenths / 10,
            tenths % 10
        );
        out.write_line(line.as_bytes()).await?;
        out.flush().await?;
        if number + 1 < count {
            p.sys.sleep(delay).await;
        }
        before = now;
    }
    out.finish(0).await
}
