//! `trace COMMAND`: the life of the tasks that a command was.

use alloc::{collections::BTreeSet, format, vec::Vec};

use bstr::{BStr, BString};
use pollux_shell::{
    commands::Child,
    io::{self, Ended, Outcome, Output},
    process::Process,
};
use pollux_trace::{Event, Modes, Record};

use super::{fail, lines, snapshot};
use crate::{names, switched::Switched, system};

/// What is shown of a life. Memory is left out: it would fill the ring.
const GROUPS: [&str; 10] =
    ["task", "poll", "sched", "timer", "pipe", "channel", "pty", "file", "job", "shell"];

/// Runs the command, and then shows on standard error what its tasks did and what was done to them.
pub async fn run(p: &Process, words: &[&BStr]) -> Outcome {
    let events: Vec<Event> = GROUPS.iter().flat_map(|group| Event::matching(group.as_bytes())).collect();
    let Ok(switched) = Switched::on(&events, Modes::RECORD) else {
        return Err(fail(p, "there is not enough memory for that").await);
    };
    let words: Vec<BString> = words.iter().map(|&word| word.into()).collect();
    let from_ns = pollux_trace::now_ns();
    let status = match Child::start(p, words, None).await {
        Ok(child) => child.wait(p).await.status(),
        Err(status) => return Err(Ended(status)),
    };
    drop(switched);
    let mut snapshot = snapshot(p).await?;
    snapshot.records.retain(|record| record.at_ns >= from_ns);
    let us = p.sys.current_pid().unwrap_or(0);
    let family = family(&snapshot.records, us);
    snapshot.records.retain(|record| record.is_about(|task| family.contains(&task)));
    let names = names::of(system::core(p).await?.executor());
    let mut out = Output::to(p, 2);
    lines(&mut out, &snapshot.records, &names).await?;
    let lost: u64 = snapshot.lost.iter().sum();
    if lost > 0 {
        out.flush().await?;
        io::complain(p, format!("{lost} records were overwritten; perf configure -b keeps more")).await;
    }
    out.finish(status).await
}

/// The tasks that a task has spawned, those that they have spawned, and so on, in records in the order of time.
fn family(records: &[Record], of: u32) -> BTreeSet<u32> {
    let mut family = BTreeSet::new();
    for record in records.iter().filter(|record| record.event == Event::TaskSpawn) {
        if record.task == of || family.contains(&record.task) {
            family.insert(record.numbers[0] as u32);
        }
    }
    family
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(event: Event, task: u32, about: u64) -> Record {
        Record { event, cpu: 0, task, at_ns: 0, numbers: [about, 0] }
    }

    #[test]
    fn a_family_is_all_that_come_of_one() {
        let records = [
            record(Event::TaskSpawn, 1, 2),
            record(Event::TaskSpawn, 9, 3),
            record(Event::TaskSpawn, 2, 4),
            record(Event::Wake, 9, 4),
            record(Event::Wake, 9, 3),
            record(Event::PipeSend, 4, 3),
            record(Event::PipeSend, 3, 4),
        ];
        let family = family(&records, 1);
        assert_eq!(family, BTreeSet::from([2, 4]));
        let about: Vec<bool> =
            records.iter().map(|record| record.is_about(|task| family.contains(&task))).collect();
        assert_eq!(about, [true, false, true, true, false, true, false], "the number of a pipe is no task's");
    }
}
