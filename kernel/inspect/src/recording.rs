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
//! | `samples HZ` | the file `samples`: collapsed stacks, addresses in the place of names |

use alloc::{
    boxed::Box,
    format,
    string::{String, ToString},
    vec::Vec,
};

use core::fmt;

use pollux_executor::Executor;
use pollux_trace::{
    EVENTS, Event, Modes, Snapshot,
    export::{Export, Folded, Names, Perfetto, ctf},
    samples::{self, Sample},
};

use crate::{events, names};

/// Records of each CPU unless it is said.
const RECORDS: usize = 16 * 1024;
/// Bytes that a record takes: in the ring, and in the snapshot.
const RECORD_BYTES: u64 = 32 + size_of::<pollux_trace::Record>() as u64;

/// Bytes that a sample takes, as above.
const SAMPLE_BYTES: u64 = 2 * 8 * (samples::FRAMES as u64 + 2) + size_of::<Sample>() as u64;

/// What is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recording {
    events: Vec<Event>,
    records: Option<usize>,
    perfetto: bool,
    ctf: bool,
    /// Samples a second; 0 for none.
    rate: u32,
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
            rate: 0,
        };
        for line in order.lines() {
            match line.split_once(' ').unwrap_or((line, "")) {
                ("events", patterns) => wanted.events = events(patterns)?,
                ("records", number) => wanted.records = Some(records(number)?),
                ("perfetto", "") => wanted.perfetto = true,
                ("ctf", "") => wanted.ctf = true,
                ("samples", number) => wanted.rate = rate(number)?,
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
        // The names of tasks are kept with that of their spawns.
        let events = if self.perfetto || self.ctf { &self.events[..] } else { &[] };
        for &event in events.iter().chain(&[Event::TaskSpawn]) {
            pollux_trace::enable(event, Modes::RECORD).map_err(|_| "no memory for counters".to_string())?;
        }
        if self.rate > 0 {
            let mut kept = *samples::SIZES.end();
            while kept as u64 * cpus as u64 * SAMPLE_BYTES > room && kept > *samples::SIZES.start() {
                kept /= 2;
            }
            let enough = samples::resize(kept).and_then(|()| samples::set_rate(self.rate));
            enough.map_err(|_| format!("no memory for {kept} samples for each CPU"))?;
        }
        Ok(())
    }

    /// Ends that. An error says why nothing can be had of it.
    pub fn stop(&self, executor: &'static Executor) -> Result<Recorded, String> {
        EVENTS.iter().for_each(|&event| pollux_trace::disable(event, Modes::RECORD));
        // To stop needs no memory.
        let _ = samples::set_rate(0);
        let (samples, lost) = samples::read().map_err(|_| "no memory to collect the samples".to_string())?;
        let mut snapshot =
            pollux_trace::snapshot().map_err(|_| "no memory to collect the records".to_string())?;
        snapshot.records.retain(|record| self.events.contains(&record.event));
        Ok(Recorded { wanted: self.clone(), snapshot, samples, lost, names: names::of(executor) })
    }
}

fn events(patterns: &str) -> Result<Vec<Event>, String> {
    events::named(patterns.split(',').map(str::as_bytes)).map_err(|unknown| {
        let unknown = String::from_utf8_lossy(unknown);
        format!("no event or group is called '{unknown}'; there are {}", groups())
    })
}

/// The groups of events, for a message.
fn groups() -> String {
    let mut groups: Vec<_> = EVENTS.iter().filter_map(|event| event.name().split(':').next()).collect();
    groups.dedup();
    groups.join(", ")
}

fn rate(number: &str) -> Result<u32, String> {
    let rates = samples::RATES;
    match number.parse() {
        Ok(number) if rates.contains(&number) => Ok(number),
        _ => Err(format!("{number} samples a second: there can be {} to {}", rates.start(), rates.end())),
    }
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
    samples: Vec<Sample>,
    /// Samples that there was no room for.
    lost: u64,
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
        if self.wanted.rate > 0 {
            let stacks = self.samples.iter().map(|sample| (sample.task, &*sample.frames));
            let address = |address: u64, out: &mut dyn fmt::Write| write!(out, "{address:#x}");
            files.push(("samples".into(), Box::new(Folded::new(stacks, names, address))));
        }
        files
    }

    /// How much of what there is, and how much of it was lost because the rings were full.
    pub fn counts(&self) -> Vec<(&'static str, u64, &'static str)> {
        let mut counts = Vec::new();
        if self.wanted.perfetto || self.wanted.ctf {
            counts.push(("recorded", self.snapshot.records.len() as u64, "events"));
            counts.push(("lost", self.snapshot.lost.iter().sum(), "events"));
        }
        if self.wanted.rate > 0 {
            counts.push(("taken", self.samples.len() as u64, "samples"));
            counts.push(("lost", self.lost, "samples"));
        }
        counts
    }
}

/// A text in one piece.
pub(crate) struct Whole(pub Option<String>);

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
        assert_eq!(own.events, [Event::Wake, Event::PipeSend, Event::PipeReceive]);
        assert_eq!((own.perfetto, own.ctf, own.records), (false, true, Some(2048)));
        assert_eq!((own.rate, Recording::parse("samples 250").unwrap().rate), (0, 250));
    }

    #[test]
    fn what_is_wrong_with_an_order_is_said() {
        let error = |order| Recording::parse(order).unwrap_err();
        assert!(
            error("events pipe,disk")
                .starts_with("no event or group is called 'disk'; there are task, poll, ")
        );
        assert_eq!(error("records 100000"), "100000 records: a CPU can have 1024 to 65536");
        assert_eq!(error("samples 99"), "99 samples a second: there can be 100 to 100000");
        assert!(error("records many").contains("many records"));
        assert!(error("colour").contains("colour"));
    }

    #[test]
    fn rings_that_do_not_fit_are_refused() {
        let error = Recording::parse("records 65536").unwrap().start(64, 64 << 20).unwrap_err();
        assert!(error.contains("65536 records for each of 64 CPUs need 294912 KiB"), "{error}");
    }
}
