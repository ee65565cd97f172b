//! `tasks`: what every task does, what it waits for, and who woke it last.
//!
//! | module | what |
//! |---|---|
//! | [`snapshot`] | the tasks, and what they are as stages |
//! | [`graph`] | who waits for whom, and who can never go on |
//! | [`list`], [`tree`], [`detail`], [`stuck`] | the ways to show them |

mod detail;
mod graph;
mod list;
mod snapshot;
mod stuck;
mod text;
mod tree;

use alloc::{boxed::Box, format, string::String, vec::Vec};

use bstr::{BStr, ByteSlice};
use pollux_shell::{
    io::{self, Ended, Outcome, Output},
    process::{Command, Process},
};

use self::graph::Graph;
use crate::system;

/// `tasks`.
pub const COMMAND: Command = Command {
    name: "tasks",
    synopsis: "tasks [--tree | --waits | --stuck SECONDS | TASK | NAME]...",
    summary: "Shows every task: its state (running, queued, waiting, stopped), CPU, polls, wakes, time on the CPU, longest \
              poll, what it waits for and where, who woke it last, and where it was spawned; a task by number or name in \
              full. --tree (-t): by the jobs they belong to. --waits (-w): who waits for whom, and the cycles. --stuck \
              (-s): who is in one poll for so many seconds, is queued for so long without being polled, or waits for so \
              long for a lock, for a pipe to be opened from the other side, or for others that can never go on; the \
              status is 1 if there are any.",
    run: |process| Box::pin(async move { run(process).await.unwrap_or_else(|Ended(status)| status) }),
};

async fn run(p: Process) -> Outcome {
    let long = [("tree", 't'), ("waits", 'w'), ("stuck", 's')];
    let options = io::options(&p, &COMMAND, "tws:", &long).await?;
    let ways = ['t', 'w', 's'].into_iter().filter(|&way| options.has(way)).count();
    if ways + usize::from(!options.operands.is_empty()) > 1 {
        return Err(io::usage(&p, &COMMAND, "one of --tree, --waits, --stuck and tasks at a time").await);
    }
    let least_ns = match options.value('s').map(nanoseconds) {
        None => 0,
        Some(Some(ns)) => ns,
        Some(None) => {
            let message =
                format!("--stuck {}: it takes a number of seconds", options.value('s').unwrap_or_default());
            return Err(io::usage(&p, &COMMAND, &message).await);
        }
    };
    let system = system::core(&p).await?;
    let tasks = snapshot::take(&system);
    let now_ns = system.executor().now_ns();
    let mut status = 0;
    let lines = match options.last_of("tws") {
        Some('t') => tree::lines(&tasks),
        Some('w') => waits(&Graph::new(&tasks), now_ns),
        Some(_) => {
            let lines = stuck(&Graph::new(&tasks), least_ns, now_ns);
            status = u8::from(!lines.is_empty());
            lines
        }
        None if options.operands.is_empty() => list::lines(&tasks, columns(&p)),
        None => {
            let graph = Graph::new(&tasks);
            let mut lines = Vec::new();
            for &operand in &options.operands {
                let meant: Vec<_> = (0..tasks.len()).filter(|&at| tasks[at].is_meant(operand)).collect();
                if meant.is_empty() {
                    io::complain(&p, format!("there is no task '{operand}'")).await;
                    status = 1;
                }
                meant.into_iter().for_each(|at| lines.extend(detail::lines(&graph, at, now_ns)));
            }
            lines
        }
    };
    let mut out = Output::new(&p);
    for line in lines {
        out.write_line(line.as_bytes()).await?;
    }
    out.finish(status).await
}

/// The columns of the terminal that standard output is; `None` when it is none.
fn columns(p: &Process) -> Option<usize> {
    let size = p.stdout().file().ok()?.terminal()?.size();
    Some(if size.cols == 0 { 80 } else { size.cols.into() })
}

/// Seconds, with a fraction or without.
fn nanoseconds(text: &BStr) -> Option<u64> {
    let seconds: f64 = text.to_str().ok()?.parse().ok()?;
    (0.0..=1e9).contains(&seconds).then_some((seconds * 1e9) as u64)
}

/// A line for each task of which it is known what it waits for, then the cycles.
fn waits(graph: &Graph<'_>, now_ns: u64) -> Vec<String> {
    let mut lines = Vec::new();
    for (at, task) in graph.tasks.iter().enumerate() {
        let Some(what) = graph.describe(at) else { continue };
        lines.push(format!(
            "{} waits for {what}; for {} s",
            task.label(),
            text::seconds(task.age_ns(now_ns))
        ));
    }
    let cycles = graph.cycles();
    lines.extend(cycles.iter().map(|cycle| format!("cycle: {}", graph.name(cycle))));
    if cycles.is_empty() {
        lines.push("no cycles".into());
    }
    lines
}

/// A line for each task that is stuck, then the cycles that they are in.
fn stuck(graph: &Graph<'_>, least_ns: u64, now_ns: u64) -> Vec<String> {
    let mut lines = Vec::new();
    let why: Vec<_> = (0..graph.tasks.len()).map(|at| stuck::why(graph, at, least_ns, now_ns)).collect();
    for (task, why) in graph.tasks.iter().zip(&why) {
        lines.extend(why.as_ref().map(|why| format!("{}: {why}", task.label())));
    }
    let known = graph.cycles().into_iter().filter(|cycle| cycle.iter().any(|&at| why[at].is_some()));
    lines.extend(known.map(|cycle| format!("cycle: {}", graph.name(&cycle))));
    lines
}
