//! Out of records: how long tasks waited for a CPU after they were woken, and who waited for locks.

use alloc::{
    collections::{BTreeMap, BTreeSet},
    format,
    string::{String, ToString},
    vec::Vec,
};
use core::cmp::Reverse;

use pollux_shell::io::{self, Ended, Output};
use pollux_trace::{Event, Modes, Place, Record, Unit, export::Names};

use super::{
    Call,
    command::{self, switch_on},
    table,
};
use crate::{names, system};

/// The records of some events, and what is said of them at the end.
struct Records {
    records: Vec<Record>,
    /// How many were overwritten.
    lost: u64,
    /// The status of the command that ran meanwhile.
    status: u8,
}

/// The records of these events: those that are there, or, with a command, those that come while it runs.
async fn records(call: &Call, events: &[Event]) -> Result<Records, Ended> {
    let options = call.options("+").await?;
    let mut status = 0;
    let mut from_ns = 0;
    if !options.operands.is_empty() {
        let words = call.words(&options.operands).await?;
        let mut wanted: Vec<Event> = events.into();
        wanted.push(Event::TaskSpawn);
        let _switched = switch_on(call, &wanted, Modes::RECORD).await?;
        from_ns = pollux_trace::now_ns();
        status = command::run(call, words).await?;
    }
    let snapshot = match pollux_trace::snapshot() {
        Ok(snapshot) => snapshot,
        Err(error) => return Err(call.no_memory(error).await),
    };
    let mut records = snapshot.records;
    // When a ring still reaches back to the beginning, what was overwritten in it was older.
    let began = |cpu: usize| records.iter().any(|record| record.cpu == cpu && record.at_ns < from_ns);
    let lost = snapshot.lost.iter().enumerate().filter(|(cpu, _)| !began(*cpu)).map(|(_, lost)| lost).sum();
    records.retain(|record| record.at_ns >= from_ns && events.contains(&record.event));
    if records.is_empty() && options.operands.is_empty() {
        let names: Vec<&str> = events.iter().map(|event| event.name()).collect();
        let how =
            format!("nothing was recorded: name a command to run, or type trace on {}", names.join(" "));
        return Err(call.fail(how).await);
    }
    Ok(Records { records, lost, status })
}

/// The distribution of a few values.
fn distribution(mut values: Vec<u64>) -> [u64; 5] {
    values.sort_unstable();
    let at = |thousandths: usize| values[(values.len() * thousandths).div_ceil(1000).max(1) - 1];
    let total = values.iter().fold(0, |sum: u64, value| sum.saturating_add(*value));
    [total / values.len() as u64, at(500), at(950), at(990), at(1000)]
}

/// A line for each thing that was waited for or that waited, the longest wait first; `last` is the last column.
async fn show(
    call: &Call,
    heading: [&str; 2],
    by: BTreeMap<String, (Vec<u64>, BTreeSet<String>)>,
    Records { lost, status, .. }: Records,
) -> Result<u8, Ended> {
    let mut rows: Vec<(u64, Vec<String>, String)> = Vec::new();
    for (name, (values, who)) in by {
        let (count, [mean, p50, p95, p99, max]) = (values.len(), distribution(values));
        let mut row = Vec::from([name, count.to_string()]);
        row.extend([mean, p50, p95, p99, max].map(|value| table::shown(value, Unit::Ns)));
        rows.push((max, row, who.into_iter().collect::<Vec<_>>().join(", ")));
    }
    rows.sort_by_key(|(max, ..)| Reverse(*max));
    let [what, who] = heading;
    let heading = [what, "COUNT", "MEAN", "P50", "P95", "P99", "MAX"].map(String::from).to_vec();
    let (rows, last): (Vec<_>, Vec<_>) = core::iter::once((heading, who.to_string()))
        .chain(rows.into_iter().map(|(_, row, who)| (row, who)))
        .unzip();
    let mut out = Output::new(&call.p);
    for (line, last) in table::lines(&rows, 1).iter().zip(last) {
        out.write_line(format!("{line}  {last}").trim_end().as_bytes()).await?;
    }
    if lost > 0 {
        out.flush().await?;
        let told = format!("{lost} records were overwritten, of any event; perf configure -b keeps more");
        io::complain(&call.p, told).await;
    }
    out.finish(status).await
}

/// For each time that a task was polled because it was woken: the task, and for how long it waited for that. A task that
/// goes on without having been woken by anybody, as after its turn, waited for nothing.
fn waits(records: &[Record]) -> impl Iterator<Item = (u64, u64)> {
    let mut woken: BTreeMap<u64, u64> = BTreeMap::new();
    records.iter().filter_map(move |record| {
        let [task, _] = record.numbers;
        match record.event {
            Event::Wake => {
                woken.entry(task).or_insert(record.at_ns);
                None
            }
            Event::PollBegin => woken.remove(&task).map(|at_ns| (task, record.at_ns.saturating_sub(at_ns))),
            _ => None,
        }
    })
}

/// How long each task waited from its wake to its poll; the longest wait first.
pub async fn sched(call: Call) -> Result<u8, Ended> {
    let records = records(&call, &[Event::Wake, Event::PollBegin]).await?;
    let known = names::of(system::core(&call.p).await?.executor());
    let mut by: BTreeMap<String, (Vec<u64>, BTreeSet<String>)> = BTreeMap::new();
    for (task, waited_ns) in waits(&records.records) {
        by.entry(format!("{task} {}", names::shown(&known, task as u32))).or_default().0.push(waited_ns);
    }
    show(&call, ["TASK", ""], by, records).await
}

/// The waits at each line that takes a lock, and who waited.
fn contended(records: &[Record], names: &Names) -> BTreeMap<String, (Vec<u64>, BTreeSet<String>)> {
    let mut by: BTreeMap<String, (Vec<u64>, BTreeSet<String>)> = BTreeMap::new();
    for record in records {
        let [place, waited_ns] = record.numbers;
        let (values, who) = by.entry(Place(place).to_string()).or_default();
        values.push(waited_ns);
        who.insert(names::shown(names, record.task));
    }
    by
}

/// How long locks were waited for, where, and by whom; the longest wait first.
pub async fn lock(call: Call) -> Result<u8, Ended> {
    let records = records(&call, &[Event::LockContended]).await?;
    if records.records.is_empty() && records.lost == 0 {
        let mut out = Output::new(&call.p);
        out.write_line(b"no lock was waited for").await?;
        return out.finish(records.status).await;
    }
    let known = names::of(system::core(&call.p).await?.executor());
    let by = contended(&records.records, &known);
    show(&call, ["LOCKED AT", "TASKS"], by, records).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_distribution_is_that_of_the_sorted_values() {
        assert_eq!(distribution((1..=100).rev().collect()), [50, 50, 95, 99, 100]);
        assert_eq!(distribution(Vec::from([7])), [7; 5]);
    }

    #[test]
    fn waits_for_locks_are_those_of_a_line_of_source() {
        let place = core::panic::Location::caller();
        let at = pollux_trace::place_number(place);
        let record = |task, waited_ns| Record {
            event: Event::LockContended,
            cpu: 0,
            task,
            at_ns: 1,
            numbers: [at, waited_ns],
        };
        let mut names = Names::new(|_, _| Ok(()));
        names.insert(9, "cat");
        let by = contended(&[record(9, 30), record(9, 20), record(0, 10)], &names);
        let (values, who) = &by[&format!("{}:{}", place.file(), place.line())];
        assert_eq!((by.len(), values.as_slice(), who.len()), (1, &[30, 20, 10][..], 2));
        assert!(who.contains("cat"), "{who:?}");
    }

    #[test]
    fn a_wait_is_from_the_first_wake_to_the_next_poll() {
        let record = |at_ns, event, task| Record { event, cpu: 0, task: 0, at_ns, numbers: [task, 0] };
        let records = [
            record(10, Event::PollBegin, 1), // of a wake before the first record
            record(20, Event::Wake, 1),
            record(25, Event::Wake, 2),
            record(30, Event::Wake, 1),
            record(50, Event::PollBegin, 1),
            record(60, Event::PollBegin, 1), // nobody woke it
            record(70, Event::PollBegin, 2),
        ];
        assert_eq!(waits(&records).collect::<Vec<_>>(), [(1, 30), (2, 45)]);
    }
}
