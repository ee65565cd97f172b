//! What samples say: which functions of which tasks the CPUs were in.

use alloc::{
    collections::BTreeMap,
    format,
    string::{String, ToString},
    vec::Vec,
};
use core::{cmp::Reverse, time::Duration};

use pollux_shell::io::{Ended, Output};
use pollux_trace::samples::{self, Sample};

use super::{Call, command::Sampling, stats::MOST, table};
use crate::{names, symbols::Symbols, system};

/// Lines of a table, unless it is said.
const LINES: usize = 20;

/// What was sampled, ready to be shown.
struct Report {
    samples: Vec<Sample>,
    lost: u64,
    symbols: Symbols,
    names: pollux_trace::export::Names,
}

impl Report {
    /// Of the samples that are there; complains when there are none.
    async fn take(call: &Call) -> Result<Report, Ended> {
        let (samples, lost) = match samples::read() {
            Ok(read) => read,
            Err(error) => return Err(call.no_memory(error).await),
        };
        if samples.is_empty() {
            return Err(call
                .fail("there are no samples; perf record takes some while a command runs".into())
                .await);
        }
        let system = system::core(&call.p).await?;
        let symbols =
            Symbols::of(&**system.machine(), samples.iter().flat_map(|sample| sample.frames.iter().copied()));
        Ok(Report { names: names::of(system.executor()), samples, lost, symbols })
    }

    fn task(&self, sample: &Sample) -> String {
        names::shown(&self.names, sample.task)
    }

    /// How many samples have each key, the most frequent first.
    fn counted<K: Ord>(&self, key: impl Fn(&Sample) -> K) -> Vec<(K, u64)> {
        let mut counts = BTreeMap::new();
        for sample in &self.samples {
            *counts.entry(key(sample)).or_insert(0) += 1;
        }
        let mut counted: Vec<_> = counts.into_iter().collect();
        counted.sort_by_key(|(_, n)| Reverse(*n));
        counted
    }

    /// A line for each function of each task, the most frequent first.
    fn functions(&self, lines: usize) -> Vec<String> {
        let place = |sample: &Sample| sample.frames.first().map_or("?".into(), |&at| self.symbols.name(at));
        let counted = self.counted(|sample| (self.task(sample), place(sample)));
        let mut rows = Vec::from([["TASK", "SHARE", "SAMPLES", "FUNCTION"].map(String::from).to_vec()]);
        for ((task, function), n) in counted.into_iter().take(lines) {
            let share = table::percent(n, self.samples.len() as u64);
            rows.push(Vec::from([task, share, n.to_string(), function]));
        }
        // The last column is text as well: it is made as wide as nothing.
        let (functions, rows): (Vec<String>, Vec<Vec<String>>) =
            rows.into_iter().map(|mut row| (row.pop().unwrap_or_default(), row)).unzip();
        let lines = table::lines(&rows, 1);
        lines.iter().zip(&functions).map(|(line, function)| format!("{line}  {function}")).collect()
    }

    /// Each stack with its frames below, the most frequent first.
    fn stacks(&self, lines: usize) -> Vec<String> {
        let mut text = Vec::new();
        let stack = |sample: &Sample| {
            let mut names: Vec<String> =
                sample.frames.iter().map(|&frame| self.symbols.name(frame)).collect();
            names.truncate(own(&names));
            names
        };
        let counted = self.counted(|sample| (self.task(sample), stack(sample)));
        for ((task, frames), n) in counted.into_iter().take(lines) {
            text.push(format!("{} {n} {task}", table::percent(n, self.samples.len() as u64)));
            text.extend(frames.iter().map(|frame| format!("    {frame}")));
        }
        text
    }

    fn heading(&self) -> String {
        let first = self.samples.first().map_or(0, |sample| sample.at_ns);
        let last = self.samples.last().map_or(0, |sample| sample.at_ns);
        let lost = if self.lost > 0 { format!(", {} overwritten", self.lost) } else { String::new() };
        format!("{} in {}{lost}", counted(self.samples.len()), table::time(last - first))
    }
}

/// So many samples, in words.
pub fn counted(samples: usize) -> String {
    format!("{samples} sample{}", if samples == 1 { "" } else { "s" })
}

/// How many of a stack's functions, the innermost first, are the task's own. Below them is how its CPU came to poll it, which is
/// the same for all tasks, and another for the first CPU than for the rest.
fn own(names: &[String]) -> usize {
    let tick = names.iter().rposition(|name| name.contains("::Executor>::tick"));
    let poll = names.iter().rposition(|name| name.contains("::task::cell::") && name.ends_with("::poll"));
    match (poll, tick) {
        (Some(at @ 1..), _) => at,
        (_, Some(at)) => at + 1,
        _ => names.len(),
    }
}

/// Shows what the samples say; with `-g` whole stacks.
pub async fn report(call: Call) -> Result<u8, Ended> {
    let options = call.options_only("gn:").await?;
    let lines = match options.value('n') {
        Some(text) => call.number("lines", text, 1..=MOST as usize).await?,
        None => LINES,
    };
    let report = Report::take(&call).await?;
    let mut out = Output::new(&call.p);
    out.write_line(report.heading().as_bytes()).await?;
    let text = if options.has('g') { report.stacks(lines) } else { report.functions(lines) };
    for line in text {
        out.write_line(line.as_bytes()).await?;
    }
    out.finish(0).await
}

/// Shows the last samples, one by one.
pub async fn samples(call: Call) -> Result<u8, Ended> {
    let options = call.options_only("n:").await?;
    let most = match options.value('n') {
        Some(text) => call.number("count", text, 1..=MOST as usize).await?,
        None => usize::MAX,
    };
    let report = Report::take(&call).await?;
    let mut out = Output::new(&call.p);
    for sample in &report.samples[report.samples.len().saturating_sub(most)..] {
        let at = format!("{}.{:06}", sample.at_ns / 1_000_000_000, sample.at_ns / 1000 % 1_000_000);
        out.write_line(format!("{at:>12} CPU {} {}", sample.cpu, report.task(sample)).as_bytes()).await?;
        for &frame in &sample.frames {
            out.write_line(format!("    {}", report.symbols.name(frame)).as_bytes()).await?;
        }
    }
    out.finish(0).await
}

/// Shows again and again where the CPUs were.
pub async fn top(call: Call) -> Result<u8, Ended> {
    let options = call.options_only("d:n:").await?;
    let seconds = match options.value('d') {
        Some(text) => call.number("seconds", text, 1..=3600_u64).await?,
        None => 2,
    };
    let mut left = match options.value('n') {
        Some(text) => Some(call.number("count", text, 1..=MOST).await?),
        None => None,
    };
    let _sampling = Sampling::start(&call, super::command::usual_rate(), 1).await?;
    let mut out = Output::new(&call.p);
    while left != Some(0) {
        samples::clear();
        call.p.sys.sleep(Duration::from_secs(seconds)).await;
        if out.is_terminal() {
            out.push(b"\x1b[H\x1b[2J");
        }
        match samples::read() {
            Ok((taken, _)) if taken.is_empty() => out.write_line(b"all CPUs were idle").await?,
            _ => {
                let report = Report::take(&call).await?;
                out.write_line(report.heading().as_bytes()).await?;
                for line in report.functions(LINES) {
                    out.write_line(line.as_bytes()).await?;
                }
            }
        }
        out.write_line(b"").await?;
        out.flush().await?;
        left = left.map(|left| left - 1);
    }
    out.finish(0).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_stack_the_tasks_own_functions_are_shown() {
        let own = |names: &[&str]| own(&names.iter().map(|name| (*name).into()).collect::<Vec<_>>());
        let tick = "pollux_executor::run::<impl pollux_executor::executor::Executor>::tick";
        let poll = "pollux_executor::task::cell::Functions<F>::poll";
        assert_eq!(own(&["memcpy", "cat::run", poll, tick, "run_until_idle", "kernel_entry"]), 2);
        assert_eq!(own(&[poll, tick, "run_until_idle", "ap_entry"]), 2, "of a stack something is left");
        assert_eq!(own(&["steal", tick, "run_until_idle", "ap_entry"]), 2);
        assert_eq!(own(&["irq", "kernel_entry"]), 2);
    }
}
