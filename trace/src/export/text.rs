//! Lines for a person: when, where, who, what.

use alloc::vec::Vec;
use core::fmt;

use super::{Export, Names, Words, numbers, put};
use crate::record::Record;

/// A line for each record.
pub struct Text<'a, I> {
    records: I,
    names: &'a Names,
}

impl<'a, I: Iterator<Item = &'a Record>> Text<'a, I> {
    /// Of these records.
    pub fn new(records: I, names: &'a Names) -> Self {
        Text { records, names }
    }
}

impl<'a, I: Iterator<Item = &'a Record>> Export for Text<'a, I> {
    fn piece(&mut self, out: &mut Vec<u8>) -> bool {
        let Some(record) = self.records.next() else { return false };
        put!(out, "{}\n", Line(record, self.names));
        true
    }
}

/// A record as a line, without its end.
struct Line<'a>(&'a Record, &'a Names);

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Line(record, names) = *self;
        let (seconds, rest) = (record.at_ns / 1_000_000_000, record.at_ns % 1_000_000_000);
        write!(f, "{seconds:5}.{rest:09} [{:02}] {:>6} ", record.cpu, record.task)?;
        let name = if record.task == 0 { "-" } else { names.task(record.task.into()).unwrap_or("?") };
        write!(f, "{name:<15} {}", record.event.name())?;
        let mut gap = 18_usize.saturating_sub(record.event.name().len());
        for (name, unit, number) in numbers(record) {
            write!(f, "{:1$} {name}={2}", "", gap, Words(unit, number, names))?;
            gap = 0;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Event,
        export::testing::{names, record, text},
    };

    #[test]
    fn a_line_says_when_where_who_and_what_with_units() {
        let records = [
            record(Event::Wake, 1, 7, 1_000_000_001, [8, 7 << 2 | 1]),
            record(Event::PollBegin, 0, 8, 12_000_000_500, [8, 1234]),
            record(Event::Search, 0, 0, 12_000_000_600, [0, 0]),
            record(Event::HeapAlloc, 0, 99, 12_000_000_700, [0xffff_8000, 64]),
            record(Event::PtyOut, 0, 8, 12_000_000_800, [u64::from(u32::MAX), 3]),
        ];
        let names = names();
        let expected = "    \
    1.000000001 [01]      7 dd              sched:wake         task=8(cat) by=task 7\n   \
   12.000000500 [00]      8 cat             poll:begin         task=8(cat) delay=1234ns\n   \
   12.000000600 [00]      0 -               sched:search\n   \
   12.000000700 [00]     99 ?               mem:heap_alloc     address=0xffff8000 bytes=64\n   \
   12.000000800 [00]      8 cat             pty:out            pty=console bytes=3\n";
        assert_eq!(text(Text::new(records.iter(), &names)), expected);
    }
}
