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
    Event, Modes, Record, Snapshot,
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
    summary: "Records what happens in the kernel: on switches events on, dump shows the last records of each CPU, export writes \
              them in a form that others read. With a command: runs it, and shows the life of the tasks that it was.",
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
    let (most, cpu, task) = match (number('n', "-n"), number('c', "--cpu"), number('t', "--task")) {
        (Ok(most), Ok(cpu), Ok(task)) => (most, cpu, task),
        (Err(message), _, _) | (_, Err(message), _) | (_, _, Err(message)) => {
            return Err(io::usage(p, &COMMAND, &message).await);
        }
    };
    let events = chosen(p, &options.operands).await?;
    let mut snapshot = snapshot(p).await?;
    snapshot.records.retain(|record| {
        events.contains(&record.event)
            && cpu.is_none_or(|cpu| record.cpu as u64 == cpu)
            && task.is_none_or(|task| record.is_about(|about| about == task as u32))
    });
    let most = most.map_or(usize::MAX, |most| usize::try_from(most).unwrap_or(usize::MAX));
    let records = &snapshot.records[snapshot.records.len().saturating_sub(most)..];
    let names = names::of(system::core(p).await?.executor());
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
