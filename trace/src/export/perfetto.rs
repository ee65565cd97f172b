//! The trace event format of Chrome, which the Perfetto UI reads.
//!
//! A CPU is a track: a thread of a process that is called "CPUs". On it polls, interrupts and sleep are slices; a wake is
//! an arrow from the slice that it happened in to the poll that it caused; all else is an instant. A counter says how
//! many woken tasks wait for a CPU.
//!
//! The format: "Trace Event Format", Google 2016; times are microseconds.

use alloc::{boxed::Box, collections::BTreeMap, vec::Vec};
use core::fmt::{self, Write};

use super::{
    Export, Names, Words, numbers, put,
    slices::{Edge, Followed, Slice, edge, open_at_first},
};
use crate::{
    Snapshot,
    events::{Event, Unit},
    record::Record,
};

/// The process that the CPUs are threads of. Numbers begin with 1: 0 is special to some readers.
const PID: u32 = 1;

/// A JSON object with the events of a snapshot.
pub struct Perfetto<'a> {
    snapshot: &'a Snapshot,
    names: &'a Names,
    followed: Followed,
    /// What is going on on each CPU; `None` before its first record.
    cpus: Box<[Option<Vec<Slice>>]>,
    /// The tasks that were woken, and the number of the arrow.
    woken: BTreeMap<u64, usize>,
    next: Next,
}

/// Where the export is.
enum Next {
    Head,
    Record(usize),
    Tail,
    Nothing,
}

impl<'a> Perfetto<'a> {
    /// Of this snapshot.
    pub fn new(snapshot: &'a Snapshot, names: &'a Names) -> Perfetto<'a> {
        let cpus = snapshot.records.iter().map(|record| record.cpu + 1).max().unwrap_or(0);
        Perfetto {
            snapshot,
            names,
            followed: Followed::of(&snapshot.records),
            cpus: alloc::vec![None; cpus].into_boxed_slice(),
            woken: BTreeMap::new(),
            next: Next::Head,
        }
    }

    /// The names of the tracks.
    fn head(&self, out: &mut Vec<u8>) {
        put!(out, "{{\"displayTimeUnit\":\"ns\",\"traceEvents\":[\n");
        put!(out, "{{\"ph\":\"M\",\"name\":\"process_name\",\"pid\":{PID},\"args\":{{\"name\":\"CPUs\"}}}}");
        // The last place of a snapshot is for what no CPU did.
        let outside = self.snapshot.lost.len().checked_sub(1);
        for cpu in 0..self.cpus.len() {
            let tid = cpu + 1;
            put!(
                out,
                ",\n{{\"ph\":\"M\",\"name\":\"thread_name\",\"pid\":{PID},\"tid\":{tid},\"args\":{{\"name\":"
            );
            if Some(cpu) == outside {
                put!(out, "\"no CPU\"}}}}");
            } else {
                put!(out, "\"CPU {cpu}\"}}}}");
            }
            put!(out, ",\n{{\"ph\":\"M\",\"name\":\"thread_sort_index\",\"pid\":{PID},\"tid\":{tid},");
            put!(out, "\"args\":{{\"sort_index\":{cpu}}}}}");
        }
    }

    /// What all events have: phase, place and time.
    fn event(&self, out: &mut Vec<u8>, phase: char, cpu: usize, at_ns: u64) {
        let (us, ns) = (at_ns / 1000, at_ns % 1000);
        put!(out, ",\n{{\"ph\":\"{phase}\",\"pid\":{PID},\"tid\":{},\"ts\":{us}.{ns:03}", cpu + 1);
    }

    fn begin(&self, out: &mut Vec<u8>, cpu: usize, at_ns: u64, slice: Slice, record: Option<&Record>) {
        self.event(out, 'B', cpu, at_ns);
        match slice {
            Slice::Poll(task) => match self.names.task(task) {
                Some(name) => put!(out, ",\"cat\":\"poll\",\"name\":{}", Json(name)),
                None => put!(out, ",\"cat\":\"poll\",\"name\":\"task {task}\""),
            },
            Slice::Interrupt(vector) => put!(out, ",\"cat\":\"irq\",\"name\":\"interrupt {vector}\""),
            Slice::Idle => put!(out, ",\"cat\":\"sched\",\"name\":\"idle\""),
        }
        match record {
            Some(record) => self.arguments(out, record),
            None => put!(out, ",\"args\":{{\"cut\":\"it began before the first record\"}}"),
        }
        put!(out, "}}");
    }

    fn end(&self, out: &mut Vec<u8>, cpu: usize, at_ns: u64, record: Option<&Record>) {
        self.event(out, 'E', cpu, at_ns);
        if let Some(record) = record {
            self.arguments(out, record);
        }
        put!(out, "}}");
    }

    fn instant(&self, out: &mut Vec<u8>, record: &Record) {
        self.event(out, 'i', record.cpu, record.at_ns);
        let name = record.event.name();
        let group = name.split(':').next().unwrap_or(name);
        put!(out, ",\"s\":\"t\",\"cat\":\"{group}\",\"name\":\"{name}\"");
        self.arguments(out, record);
        put!(out, "}}");
    }

    fn arguments(&self, out: &mut Vec<u8>, record: &Record) {
        put!(out, ",\"args\":{{");
        let mut comma = "";
        for (name, unit, number) in numbers(record) {
            match unit {
                Unit::Number | Unit::Bytes => put!(out, "{comma}\"{name}\":{number}"),
                Unit::Ns => put!(out, "{comma}\"{name}_ns\":{number}"),
                Unit::Address | Unit::Waker | Unit::Task | Unit::Name | Unit::Place | Unit::Pty => {
                    put!(out, "{comma}\"{name}\":{}", Json(Words(unit, number, self.names)))
                }
            }
            comma = ",";
        }
        put!(out, "}}");
    }

    /// An arrow's beginning or end, which lies in the slice that is open there.
    fn arrow(&self, out: &mut Vec<u8>, phase: char, record: &Record, number: usize) {
        self.event(out, phase, record.cpu, record.at_ns);
        put!(out, ",\"cat\":\"sched\",\"name\":\"wake\",\"id\":{number},\"bp\":\"e\"}}");
        put!(
            out,
            ",\n{{\"ph\":\"C\",\"pid\":{PID},\"ts\":{}.{:03}",
            record.at_ns / 1000,
            record.at_ns % 1000
        );
        put!(out, ",\"name\":\"tasks that wait for a CPU\",\"args\":{{\"tasks\":{}}}}}", self.woken.len());
    }

    fn record(&mut self, out: &mut Vec<u8>, index: usize) {
        let record = &self.snapshot.records[index];
        let (cpu, at_ns) = (record.cpu, record.at_ns);
        let mut open = self.cpus[cpu].take().unwrap_or_else(|| {
            let own = self.snapshot.records[index..].iter().filter(|other| other.cpu == cpu);
            let open = open_at_first(own);
            open.iter().for_each(|&slice| self.begin(out, cpu, at_ns, slice, None));
            open
        });
        match edge(record) {
            Some(Edge::Begin(slice)) => {
                // A handler comes in the middle of anything. Else what was before has ended, and its record is missing.
                if !matches!(slice, Slice::Interrupt(_)) {
                    open.drain(..).for_each(|_| self.end(out, cpu, at_ns, None));
                }
                self.begin(out, cpu, at_ns, slice, Some(record));
                open.push(slice);
                if let Slice::Poll(task) = slice
                    && let Some(arrow) = self.woken.remove(&task)
                {
                    self.arrow(out, 'f', record, arrow);
                }
            }
            Some(Edge::End(slice)) => match open.iter().rposition(|&other| other == slice) {
                Some(place) => {
                    if record.event == Event::TaskPanic {
                        self.instant(out, record);
                    }
                    open.drain(place + 1..).for_each(|_| self.end(out, cpu, at_ns, None));
                    open.pop();
                    self.end(out, cpu, at_ns, Some(record));
                }
                None => self.instant(out, record),
            },
            None => {
                // An arrow begins in a slice.
                let alone = open.is_empty() && record.event == Event::Wake;
                if alone {
                    self.event(out, 'B', cpu, at_ns);
                    put!(out, ",\"cat\":\"sched\",\"name\":\"between polls\"}}");
                }
                self.instant(out, record);
                if record.event == Event::Wake && self.followed.contains(index) {
                    self.woken.insert(record.numbers[0], index);
                    self.arrow(out, 's', record, index);
                }
                if alone {
                    self.end(out, cpu, at_ns, None);
                }
            }
        }
        self.cpus[cpu] = Some(open);
    }

    /// Ends what is still going on, and says what is missing.
    fn tail(&self, out: &mut Vec<u8>) {
        let at_ns = self.snapshot.records.last().map_or(0, |record| record.at_ns);
        for (cpu, open) in self.cpus.iter().enumerate() {
            open.iter().flatten().for_each(|_| self.end(out, cpu, at_ns, None));
        }
        put!(out, "\n],\"otherData\":{{");
        let mut comma = "";
        let outside = self.snapshot.lost.len().checked_sub(1);
        for (cpu, lost) in self.snapshot.lost.iter().enumerate() {
            match Some(cpu) == outside {
                true => put!(out, "{comma}\"records lost on no CPU\":{lost}"),
                false => put!(out, "{comma}\"records lost on CPU {cpu}\":{lost}"),
            }
            comma = ",";
        }
        put!(out, "}}}}\n");
    }
}

impl Export for Perfetto<'_> {
    fn piece(&mut self, out: &mut Vec<u8>) -> bool {
        self.next = match self.next {
            Next::Head => {
                self.head(out);
                Next::Record(0)
            }
            Next::Record(index) if index < self.snapshot.records.len() => {
                self.record(out, index);
                Next::Record(index + 1)
            }
            Next::Record(_) => Next::Tail,
            Next::Tail => {
                self.tail(out);
                Next::Nothing
            }
            Next::Nothing => return false,
        };
        true
    }
}

/// Text as a string of JSON.
struct Json<T>(T);

impl<T: fmt::Display> fmt::Display for Json<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        write!(Escaped(f), "{}", self.0)?;
        f.write_char('"')
    }
}

struct Escaped<'a, 'b>(&'a mut fmt::Formatter<'b>);

impl Write for Escaped<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.chars().try_for_each(|c| match c {
            '"' | '\\' => write!(self.0, "\\{c}"),
            '\0'..='\x1f' => write!(self.0, "\\u{:04x}", u32::from(c)),
            _ => self.0.write_char(c),
        })
    }
}
