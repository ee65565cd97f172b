//! Out of records: how long tasks waited for a CPU after they were woken, and who waited for locks.

use alloc::{
    collections::BTreeMap,
    format,
    string::{String, ToString},
    vec::Vec,
};
use core::cmp::Reverse;

use pollux_shell::io::{Ended, Output};
use pollux_trace::{Event, Modes, Record, Unit};

use super::{
    Call,
    command::{self, switch_on},
    table,
};
use crate::{names, system};

/// The records of these events: those that are there, or, with a command, those that come while it runs.
async fn records(call: &Call, events: &[Event]) -> Result<(Vec<Record>, u8), Ended> {
    let options = call.options("+").await?;
    let mut status = 0;
    let mut from_ns = 0;
    if !options.operands.is_empty() {
        let mut wanted: Vec<Event> = events.into();
        wanted.push(Event::TaskSpawn);
        let _switched = switch_on(call, &wanted, Modes::RECORD).await?;
        from_ns = pollux_trace::now_ns();
        status = command::run(call, &options.operands).await?;
    }
    let snapshot = match pollux_trace::snapshot() {
        Ok(snapshot) => snapshot,
        Err(error) => return Err(call.no_memory(error).await),
    };
    let mut records = snapshot.records;
    records.retain(|record| record.at_ns >= from_ns && events.contains(&record.event));
    if records.is_empty() && options.operands.is_empty() {
        let names: Vec<&str> = events.iter().map(|event| event.name()).collect();
        let how =
            format!("nothing was recorded: name a command to run, or type trace on {}", names.join(" "));
        return Err(call.fail(how).await);
    }
    Ok((records, status))
}

/// The distribution of a few values.
fn distribution(mut values: Vec<u64>) -> [u64; 5] {
    values.sort_unstable();
    let at = |thousandths: usize| values[(values.len() * thousandths).div_ceil(1000).max(1) - 1];
    let total = values.iter().fold(0, |sum: u64, value| sum.saturating_add(*value));
    [total / values.len() as u64, at(500), at(950), at(990), at(1000)]
}

async fn show(call: &Call, what: &str, by: BTreeMap<String, Vec<u64>>, status: u8) -> Result<u8, Ended> {
    let mut rows: Vec<(u64, Vec<String>)> = Vec::new();
    for (name, values) in by {
        let (count, [mean, p50, p95, p99, max]) = (values.len(), distribution(values));
        let mut row = Vec::from([name, count.to_string()]);
        row.extend([mean, p50, p95, p99, max].map(|value| table::shown(value, Unit::Ns)));
        rows.push((max, row));
    }
    rows.sort_by_key(|(max, _)| Reverse(*max));
    let heading = [what, "COUNT", "MEAN", "P50", "P95", "P99", "MAX"].map(String::from).to_vec();
    let rows: Vec<Vec<String>> =
        core::iter::once(heading).chain(rows.into_iter().map(|(_, row)| row)).collect();
    let mut out = Output::new(&call.p);
    for line in table::lines(&rows, 1) {
        out.write_line(line.as_bytes()).await?;
    }
    out.finish(status).await
}

/// How long each task waited from its wake to its poll; the longest wait first.
pub async fn sched(call: Call) -> Result<u8, Ended> {
    let (records, status) = records(&call, &[Event::PollBegin]).await?;
    let known = names::of(system::core(&call.p).await?.executor());
    let mut by: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for record in &records {
        let [task, delay_ns] = record.numbers;
        by.entry(format!("{task} {}", names::shown(&known, task as u32))).or_default().push(delay_ns);
    }
    show(&call, "TASK", by, status).await
}

/// How long each lock was waited for; the longest wait first.
pub async fn lock(call: Call) -> Result<u8, Ended> {
    let (records, status) = records(&call, &[Event::LockContended]).await?;
    if records.is_empty() {
        let mut out = Output::new(&call.p);
        out.write_line(b"no lock was waited for").await?;
        return out.finish(status).await;
    }
    let mut by: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for record in &records {
        let [lock, waited_ns] = record.numbers;
        by.entry(format!("{lock:#x}")).or_default().push(waited_ns);
    }
    show(&call, "LOCK", by, status).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_distribution_is_that_of_the_sorted_values() {
        assert_eq!(distribution((1..=100).rev().collect()), [50, 50, 95, 99, 100]);
        assert_eq!(distribution(Vec::from([7])), [7; 5]);
    }
}
