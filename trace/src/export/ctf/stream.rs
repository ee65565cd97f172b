//! The stream of a CPU: packets of events, as the metadata says.

use alloc::vec::Vec;

use super::MAGIC;
use crate::{
    Snapshot,
    events::Unit,
    export::{Export, Names, Words, numbers, put},
    record::Record,
};

/// How many events a packet has.
const EVENTS_A_PACKET: usize = 64;
/// Bytes of a packet before its events: header and context.
const HEAD: usize = 2 * 4 + 5 * 8 + 4;

/// The events of a CPU.
pub struct Stream<'a> {
    snapshot: &'a Snapshot,
    names: &'a Names,
    cpu: usize,
    next: usize,
}

impl<'a> Stream<'a> {
    /// What is in the snapshot of that CPU.
    pub fn new(snapshot: &'a Snapshot, names: &'a Names, cpu: usize) -> Stream<'a> {
        Stream { snapshot, names, cpu, next: 0 }
    }

    /// The name of the file for it.
    pub fn file_name(&self) -> alloc::string::String {
        alloc::format!("cpu_{}", self.cpu)
    }

    fn event(&self, out: &mut Vec<u8>, record: &Record) {
        out.push(record.event as u8);
        out.extend(record.at_ns.to_le_bytes());
        out.extend(record.task.to_le_bytes());
        put!(out, "{}\0", self.names.task(record.task.into()).unwrap_or(""));
        for (_, unit, number) in numbers(record) {
            match unit {
                Unit::Waker | Unit::Name | Unit::Place => put!(out, "{}\0", Words(unit, number, self.names)),
                _ => out.extend(number.to_le_bytes()),
            }
        }
    }
}

impl Export for Stream<'_> {
    /// A packet.
    fn piece(&mut self, out: &mut Vec<u8>) -> bool {
        let start = out.len();
        out.resize(start + HEAD, 0);
        let (mut first_ns, mut last_ns, mut count) = (None, 0, 0);
        while let Some(record) = self.snapshot.records.get(self.next)
            && count < EVENTS_A_PACKET
        {
            self.next += 1;
            if record.cpu == self.cpu {
                self.event(out, record);
                first_ns.get_or_insert(record.at_ns);
                last_ns = record.at_ns;
                count += 1;
            }
        }
        let Some(first_ns) = first_ns else {
            out.truncate(start);
            return false;
        };
        let bits = 8 * (out.len() - start) as u64;
        // All were lost before the first one that is there.
        let lost = self.snapshot.lost.get(self.cpu).copied().unwrap_or(0);
        let mut head = Vec::with_capacity(HEAD);
        head.extend(MAGIC.to_le_bytes());
        head.extend(0_u32.to_le_bytes());
        for word in [first_ns, last_ns, bits, bits, lost] {
            head.extend(word.to_le_bytes());
        }
        head.extend((self.cpu as u32).to_le_bytes());
        out[start..start + HEAD].copy_from_slice(&head);
        true
    }
}
