//! What was recorded, in forms that others read.
//!
//! | module | form | who reads it |
//! |---|---|---|
//! | `text` | lines | a person |
//! | `csv` | comma-separated values, RFC 4180 | spreadsheets |
//! | `perfetto` | trace events in JSON | the Perfetto UI, `chrome://tracing` |
//! | `ctf` | Common Trace Format 1.8 | `babeltrace2`, Trace Compass |
//! | `folded` | stacks, a line each | `inferno`, `flamegraph.pl` |
//!
//! An export is made piece by piece, so that a long one needs little memory, and so that whoever passes it on may wait
//! between the pieces.

mod csv;
pub mod ctf;
mod folded;
mod perfetto;
mod slices;
mod text;

use alloc::{boxed::Box, collections::BTreeMap, vec::Vec};
use core::fmt;

pub use csv::Csv;
pub use folded::Folded;
pub use perfetto::Perfetto;
pub use text::Text;

use crate::{
    Place,
    events::{CONSOLE, ShortName, Unit},
    record::Record,
};

/// Something that is made piece by piece.
pub trait Export {
    /// Adds the next piece to `out`: some hundred bytes. Says whether there was one.
    fn piece(&mut self, out: &mut Vec<u8>) -> bool;

    /// Adds pieces until there are so many bytes in `out`, or no more come. Says whether more may come.
    fn fill(&mut self, out: &mut Vec<u8>, bytes: usize) -> bool {
        while out.len() < bytes {
            if !self.piece(out) {
                return false;
            }
        }
        true
    }
}

/// Says in words who woke a task, out of the executor's code for that.
pub type WakerWords = fn(code: u64, out: &mut dyn fmt::Write) -> fmt::Result;

/// What the numbers of records mean to a person.
pub struct Names {
    tasks: BTreeMap<u32, Box<str>>,
    waker: WakerWords,
}

impl Names {
    /// No task has a name yet.
    pub fn new(waker: WakerWords) -> Names {
        Names { tasks: BTreeMap::new(), waker }
    }

    /// The task with that number has that name. Of a number the low 32 bits count, as in [`Record::task`].
    pub fn insert(&mut self, task: u64, name: &str) {
        self.tasks.insert(task as u32, name.into());
    }

    /// The name of the task with that number.
    pub fn task(&self, number: u64) -> Option<&str> {
        self.tasks.get(&(number as u32)).map(|name| &**name)
    }
}

/// The numbers of a record: how each is called, what it is, and the number.
fn numbers(record: &Record) -> impl Iterator<Item = (&'static str, Unit, u64)> {
    let arguments = record.event.arguments();
    arguments.into_iter().zip(record.numbers).filter_map(|(argument, number)| {
        let (name, unit) = argument?;
        Some((name, unit, number))
    })
}

/// A number in a person's words: times and addresses with their marks, who woke a task as a sentence.
struct Words<'a>(Unit, u64, &'a Names);

impl fmt::Display for Words<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Words(unit, number, names) = *self;
        match unit {
            Unit::Pty if number == CONSOLE => f.write_str("console"),
            Unit::Number | Unit::Bytes | Unit::Pty => write!(f, "{number}"),
            Unit::Ns => write!(f, "{number}ns"),
            Unit::Address => write!(f, "{number:#x}"),
            Unit::Name => write!(f, "{}", ShortName(number)),
            Unit::Place => write!(f, "{}", Place(number)),
            Unit::Waker => (names.waker)(number, f),
            Unit::Task => match names.task(number) {
                Some(name) => write!(f, "{number}({name})"),
                None => write!(f, "{number}"),
            },
        }
    }
}

/// Text goes into an export; there is always room.
struct Utf8<'a>(&'a mut Vec<u8>);

impl fmt::Write for Utf8<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.extend_from_slice(text.as_bytes());
        Ok(())
    }
}

/// Adds text to an export.
macro_rules! put {
    ($out:expr, $($text:tt)*) => {{
        // Vectors take all text; what is shown makes no errors of its own.
        let _ = core::fmt::Write::write_fmt(&mut $crate::export::Utf8($out), format_args!($($text)*));
    }};
}
use put;

#[cfg(test)]
mod testing;
