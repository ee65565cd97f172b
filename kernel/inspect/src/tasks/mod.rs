//! `tasks`: what every task does, what it waits for, and who woke it last.

mod list;
mod snapshot;

use alloc::{boxed::Box, format, vec::Vec};

use pollux_shell::{
    io::{self, Ended, Outcome, Output},
    process::{Command, Process},
};

use crate::system;

/// `tasks`.
pub const COMMAND: Command = Command {
    name: "tasks",
    synopsis: "tasks [TASK | NAME]...",
    summary: "Shows every task, or those of a number or a name: its state (running, queued, waiting, stopped), CPU, polls, \
              wakes, time on the CPU, longest poll, where it waits, who woke it last, and where it was spawned.",
    run: |process| Box::pin(async move { run(process).await.unwrap_or_else(|Ended(status)| status) }),
};

async fn run(p: Process) -> Outcome {
    let options = io::options(&p, &COMMAND, "", &[]).await?;
    let system = system::core(&p).await?;
    let all = snapshot::take(&system);
    let mut status = 0;
    let mut chosen = Vec::new();
    for &operand in &options.operands {
        let before = chosen.len();
        chosen.extend(all.iter().filter(|task| task.is_meant(operand)));
        if chosen.len() == before {
            io::complain(&p, format!("there is no task '{operand}'")).await;
            status = 1;
        }
    }
    if options.operands.is_empty() {
        chosen.extend(&all);
    }
    let mut out = Output::new(&p);
    if !chosen.is_empty() {
        for line in list::lines(&chosen) {
            out.write_line(line.as_bytes()).await?;
        }
    }
    out.finish(status).await
}
