//! What the launcher's `perf record` asks for: which events are recorded while a command runs, and the files that are made
//! of them.
//!
//! The order is a text, a line for each wish:
//!
//! | line | what is wanted |
//! |---|---|
//! | `events PATTERN[,PATTERN]...` | these events, by name or group, or `all`; without it all but those of memory |
//! | `records N` | rings of so many records for each CPU; without it what memory allows |
//! | `perfetto` | the file `trace.json` |
//! | `ctf` | the files `ctf/metadata` and `ctf/cpu_N` |

use alloc::{
    boxed::Box,
    format,
    string::{String, ToString},
    vec::Vec,
};

use pollux_executor::Executor;
use pollux_trace::{
    EVENTS, Event, Modes, Snapshot,
    export::{Export, Names, Perfetto, ctf},
};

use crate::names::names;

/// Records of each CPU unless it is said.
const RECORDS: usize = 16 * 1024;
/// Bytes that a record takes: in the ring, and in the snapshot.
const RECORD_BYTES: u64 = 32 + size_of::<pollux_trace::Record>() as u64;

/// What is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recording {
    events: Vec<Event>,
    records: Option<usize>,
    perfetto: bool,
    ctf: bool,
}

impl Recording {
    /// Reads an order. An error says what is wrong with it.
    pub fn parse(order: &str) -> Result<Recording, String> {
        let all_but_memory = EVENTS.iter().filter(|event| !event.name().starts_with("mem:"));
        let mut wanted = Recording {
            events: all_but_memory.copied().collect(),
            records: None,
            perfetto: false,
            ctf: false,
        };
        for line in order.lines() {
            match line.split_once(' ').unwrap_or((line, "")) {
                ("events", patterns) => wanted.events = events(patterns)?,
                ("records", number) => wanted.records = Some(records(number)?),
                ("perfetto", "") => wanted.perfetto = true,
                ("ctf", "") => wanted.ctf = true,
                _ => return Err(format!("the launcher wants what this kernel does not know: {line}")),
            }
        }
        Ok(wanted)
    }

    /// Begins to record, with so many bytes of free memory. An error says why that cannot be.
    pub fn start(&self, cpus: usize, free: u64) -> Result<(), String> {
        let room = free / 4;
        let needs = |records: usize| records as u64 * cpus as u64 * RECORD_BYTES;
        let records = match self.records {
            Some(records) if needs(records) > room => {
                return Err(format!(
                    "{records} records for each of {cpus} CPUs need {} KiB, and at most {} KiB can be had for them",
                    needs(records) >> 10,
                    room >> 10
                ));
            }
            Some(records) => records,
            None => {
                let mut records = RECORDS;
                while needs(records) > room && records > *pollux_trace::SIZES.start() {
                    records /= 2;
                }
                records
            }
        };
        pollux_trace::resize(records).map_err(|_| format!("no memory for {records} records for each CPU"))?;
        for &event in &self.events {
            pollux_trace::enable(event, Modes::RECORD).map_err(|_| "no memory for counters".to_string())?;
        }
        Ok(())
    }

    /// Ends that. An error says why nothing can be had of it.
    pub fn stop(&self, executor: &'static Executor) -> Result<Recorded, String> {
        EVENTS.iter().for_each(|&event| pollux_trace::disable(event, Modes::RECORD));
        let snapshot =
            pollux_trace::snapshot().map_err(|_| "no memory to collect the records".to_string())?;
        Ok(Recorded { wanted: self.clone(), snapshot, names: names(executor) })
    }
}

fn events(patterns: &str) -> Result<Vec<Event>, String> {
    let mut events = Vec::new();
    for pattern in patterns.split(',') {
        let before = events.len();
        events.extend(Event::matching(pattern.as_bytes()));
        if events.len() == before {
            return Err(format!("no event or group is called '{pattern}'; there are {}", groups()));
        }
    }
    Ok(events)
}

/// The groups of events, for a message.
fn groups() -> String {
    let mut groups: Vec<_> = EVENTS.iter().filter_map(|event| event.name().split(':').next()).collect();
    groups.dedup();
    groups.join(", ")
}

fn records(number: &str) -> Result<usize, String> {
    let sizes = pollux_trace::SIZES;
    match number.parse::<usize>() {
        Ok(number) if sizes.contains(&number) => Ok(number.next_power_of_two()),
        _ => Err(format!("{number} records: a CPU can have {} to {}", sizes.start(), sizes.end())),
    }
}

/// What was recorded.
pub struct Recorded {
    wanted: Recording,
    snapshot: Snapshot,
    names: Names,
}

/// A file to be sent: its name, and what it holds.
pub type File<'a> = (String, Box<dyn Export + Send + 'a>);

impl Recorded {
    /// The files that are wanted of it.
    pub fn files(&self) -> Vec<File<'_>> {
        let mut files: Vec<File> = Vec::new();
        let (snapshot, names) = (&self.snapshot, &self.names);
        if self.wanted.perfetto {
            files.push(("trace.json".into(), Box::new(Perfetto::new(snapshot, names))));
        }
        if self.wanted.ctf {
            files.push(("ctf/metadata".into(), Box::new(Whole(Some(ctf::metadata())))));
            let happened = |cpu: &usize| snapshot.records.iter().any(|record| record.cpu == *cpu);
            for cpu in (0..snapshot.lost.len()).filter(happened) {
                let stream = ctf::Stream::new(snapshot, names, cpu);
                files.push((format!("ctf/{}", stream.file_name()), Box::new(stream)));
            }
        }
        files
    }

    /// How many records there are, and how many were lost because the rings were full.
    pub fn counts(&self) -> (usize, u64) {
        (self.snapshot.records.len(), self.snapshot.lost.iter().sum())
    }
}

/// A text in one piece.
struct Whole(Option<String>);

impl Export for Whole {
    fn piece(&mut self, out: &mut Vec<u8>) -> bool {
        let Some(text) = self.0.take() else { return false };
        out.extend(text.into_bytes());
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_is_understood() {
        let usual = Recording::parse("perfetto").unwrap();
        assert!(usual.events.contains(&Event::PollBegin) && !usual.events.contains(&Event::HeapAlloc));
        assert_eq!((usual.perfetto, usual.ctf, usual.records), (true, false, None));
        let own = Recording::parse("events pipe,sched:wake\nrecords 1500\nctf\n").unwrap();
        assert_eq!(own.events, [Event::PipeSend, Event::PipeReceive, Event::Wake]);
        assert_eq!((own.perfetto, own.ctf, own.records), (false, true, Some(2048)));
    }

    #[test]
    fn what_is_wrong_with_an_order_is_said() {
        let error = |order| Recording::parse(order).unwrap_err();
        assert!(
            error("events pipe,disk")
                .starts_with("no event or group is called 'disk'; there are task, poll, ")
        );
        assert_eq!(error("records 100000"), "100000 records: a CPU can have 1024 to 65536");
        assert!(error("records many").contains("many records"));
        assert!(error("colour").contains("colour"));
    }

    #[test]
    fn rings_that_do_not_fit_are_refused() {
        let error = Recording::parse("records 65536").unwrap().start(64, 64 << 20).unwrap_err();
        assert!(error.contains("65536 records for each of 64 CPUs need 294912 KiB"), "{error}");
    }
}
