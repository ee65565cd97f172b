//! Comma-separated values (RFC 4180): a row for each record, numbers as they are.

use alloc::vec::Vec;
use core::fmt::{self, Write};

use super::{Export, Names, numbers, put};
use crate::{
    Place,
    events::{ShortName, Unit},
    record::Record,
};

const HEADER: &str = "time_ns,cpu,task,task_name,event,argument_1,value_1,argument_2,value_2\r\n";

/// A row for each record, below one with the names of the columns.
pub struct Csv<'a, I> {
    header: Option<&'static str>,
    records: I,
    names: &'a Names,
}

impl<'a, I: Iterator<Item = &'a Record>> Csv<'a, I> {
    /// Of these records.
    pub fn new(records: I, names: &'a Names) -> Self {
        Csv { header: Some(HEADER), records, names }
    }
}

impl<'a, I: Iterator<Item = &'a Record>> Export for Csv<'a, I> {
    fn piece(&mut self, out: &mut Vec<u8>) -> bool {
        if let Some(header) = self.header.take() {
            put!(out, "{header}");
            return true;
        }
        let Some(record) = self.records.next() else { return false };
        let name = Field(self.names.task(record.task.into()).unwrap_or(""));
        put!(out, "{},{},{},{name},{}", record.at_ns, record.cpu, record.task, record.event.name());
        let mut columns = 2;
        for (name, unit, number) in numbers(record) {
            match unit {
                Unit::Name => put!(out, ",{name},{}", ShortName(number)),
                Unit::Place => put!(out, ",{name},{}", Place(number)),
                _ => put!(out, ",{name},{number}"),
            }
            columns -= 1;
        }
        (0..columns).for_each(|_| put!(out, ",,"));
        put!(out, "\r\n");
        true
    }
}

/// A field, in quotes where it needs them.
struct Field<'a>(&'a str);

impl fmt::Display for Field<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.0.contains(['"', ',', '\r', '\n']) {
            return f.write_str(self.0);
        }
        f.write_char('"')?;
        for part in self.0.split_inclusive('"') {
            f.write_str(part)?;
            if part.ends_with('"') {
                f.write_char('"')?;
            }
        }
        f.write_char('"')
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
    fn every_row_has_all_columns_and_odd_names_are_quoted() {
        let mut names = names();
        names.insert(9, "echo \"a, b\"");
        let records = [
            record(Event::PipeSend, 1, 7, 5, [3, 65536]),
            record(Event::IdleEnter, 0, 0, 6, [0, 0]),
            record(Event::FileOpen, 0, 9, 7, [12, 0]),
        ];
        let expected = "time_ns,cpu,task,task_name,event,argument_1,value_1,argument_2,value_2\r\n\
                        5,1,7,dd,pipe:send,pipe,3,bytes,65536\r\n\
                        6,0,0,,sched:idle_enter,,,,\r\n\
                        7,0,9,\"echo \"\"a, b\"\"\",file:open,inode,12,,\r\n";
        assert_eq!(text(Csv::new(records.iter(), &names)), expected);
    }
}
