//! `trace`: what happened, record by record.

mod export;
mod life;

use alloc::{boxed::Box, format, vec::Vec};

use bstr::{BStr, ByteSlice};
use pollux_shell::{
    io::{self, Ended, Outcome, Output},
    process::{Command, Process},
};
use pollux_trace::{
    EVENTS, Event, Modes, Record, Snapshot,
    export::{Export, Names, Text},
};

use crate::{events, names, system};

/// `trace`.
pub const COMMAND: Command = Command {
    name: "trace",
    synopsis: "trace on [EVENT | GROUP]...\n       \
               trace off [EVENT | GROUP]...\n       \
               trace dump [-n COUNT] [--cpu CPU] [--task TASK] [EVENT | GROUP]...\n       \
               trace clear\n       \
               trace export text | csv | perfetto | ctf DIRECTORY\n       \
               trace COMMAND [ARGUMENT]...",
    summary: "Records what happens in the kernel: on switches events on (all when none are named; perf list -v shows them), dump \
              shows the last records of each CPU (-n: so many of all; --cpu: of one CPU; --task: what a task did and what was \
              done to it, by number or name), clear forgets them, export writes them in a form that others read. With a \
              command: runs it, and shows the life of the tasks that it was.",
    run: |process| Box::pin(async move { run(process).await.unwrap_or_else(|Ended(status)| status) }),
};

/// How much of an export is made at once.
const CHUNK: usize = 16 * 1024;

async fn run(p: Process) -> Outcome {
    let options = io::options(&p, &COMMAND, "+", &[]).await?;
    let Some((&what, rest)) = options.operands.split_first() else {
        return Err(io::usage(&p, &COMMAND, "missing operand").await);
    };
    match what.as_bytes() {
        b"on" => {
            for event in chosen(&p, rest).await? {
                if pollux_trace::enable(event, Modes::RECORD).is_err() {
                    return Err(fail(&p, "there is not enough memory for that").await);
                }
            }
            Ok(0)
        }
        b"off" => {
            for event in chosen(&p, rest).await? {
                pollux_trace::disable(event, Modes::RECORD);
            }
            Ok(0)
        }
        b"clear" if rest.is_empty() => {
            pollux_trace::clear();
            Ok(0)
        }
        b"dump" => dump(&p).await,
        b"export" => export::run(&p, rest).await,
        b"clear" => Err(io::usage(&p, &COMMAND, "clear takes no operands").await),
        _ => life::run(&p, &options.operands).await,
    }
}

/// Shows the records that are there: the last `-n` of those that the filters let through.
async fn dump(p: &Process) -> Outcome {
    let long = [("cpu", 'c'), ("task", 't')];
    let options = io::options_of(p, &p.args[2..], &COMMAND, "n:c:t:", &long).await?;
    let number = |option: char, name: &str| match options.value(option) {
        None => Ok(None),
        Some(text) => match text.to_str().ok().and_then(|text| text.parse::<u64>().ok()) {
            Some(number) => Ok(Some(number)),
            None => Err(format!("{name} '{text}': it is a number")),
        },
    };
    let (most, cpu) = match (number('n', "-n"), number('c', "--cpu")) {
        (Ok(most), Ok(cpu)) => (most, cpu),
        (Err(message), _) | (_, Err(message)) => return Err(io::usage(p, &COMMAND, &message).await),
    };
    let events = chosen(p, &options.operands).await?;
    let executor = system::core(p).await?.executor();
    // One more than there are: what is no CPU.
    if let Some(cpu) = cpu.filter(|cpu| *cpu > executor.cpus() as u64) {
        return Err(fail(p, &format!("there is no CPU {cpu}; the last is {}", executor.cpus() - 1)).await);
    }
    let mut snapshot = snapshot(p).await?;
    if snapshot.records.is_empty() && EVENTS.iter().all(|&event| !is_recorded(event)) {
        return Err(fail(p, "nothing was recorded; trace on switches it on").await);
    }
    let names = names::of(executor);
    if let Some(task) = options.value('t') {
        let number = task.to_str().ok().and_then(|text| text.parse::<u64>().ok());
        let is_meant = |about: u32| match number {
            Some(number) => about == number as u32,
            None => names.task(about.into()).is_some_and(|name| name.as_bytes() == task.as_bytes()),
        };
        snapshot.records.retain(|record| record.is_about(is_meant));
        if snapshot.records.is_empty() {
            return Err(fail(p, &format!("there are no records of a task '{task}'")).await);
        }
    }
    snapshot
        .records
        .retain(|record| events.contains(&record.event) && cpu.is_none_or(|cpu| record.cpu as u64 == cpu));
    let most = most.map_or(usize::MAX, |most| usize::try_from(most).unwrap_or(usize::MAX));
    let records = &snapshot.records[snapshot.records.len().saturating_sub(most)..];
    let mut out = Output::new(p);
    lines(&mut out, records, &names).await?;
    if snapshot.lost.iter().any(|&lost| lost > 0) {
        let lost: Vec<_> = snapshot.lost.iter().enumerate().filter(|(_, lost)| **lost > 0).collect();
        let lost: Vec<_> = lost.iter().map(|(cpu, lost)| format!("{lost} on CPU {cpu}")).collect();
        out.flush().await?;
        io::complain(
            p,
            format!("records were overwritten: {}; perf configure -b keeps more", lost.join(", ")),
        )
        .await;
    }
    out.finish(0).await
}

fn is_recorded(event: Event) -> bool {
    pollux_trace::modes(event).contains(Modes::RECORD)
}

/// A line for each record.
async fn lines(out: &mut Output<'_>, records: &[Record], names: &Names) -> Result<(), Ended> {
    send(out, &mut Text::new(records.iter(), names)).await
}

/// Writes an export as it is made.
async fn send(out: &mut Output<'_>, export: &mut (dyn Export + Send)) -> Result<(), Ended> {
    let mut chunk = Vec::new();
    let mut more = true;
    while more {
        chunk.clear();
        more = export.fill(&mut chunk, CHUNK);
        out.write(&chunk).await?;
    }
    Ok(())
}

/// The events that the words mean; all when there are none.
async fn chosen(p: &Process, words: &[&BStr]) -> Result<Vec<Event>, Ended> {
    match events::named(words.iter().map(|word| word.as_bytes())) {
        Ok(events) => Ok(events),
        Err(unknown) => Err(fail(p, &events::unknown(unknown)).await),
    }
}

async fn snapshot(p: &Process) -> Result<Snapshot, Ended> {
    match pollux_trace::snapshot() {
        Ok(snapshot) => Ok(snapshot),
        Err(_) => Err(fail(p, "there is not enough memory for a copy of the records").await),
    }
}

async fn fail(p: &Process, message: &str) -> Ended {
    io::complain(p, message.into()).await;
    Ended(1)
}
