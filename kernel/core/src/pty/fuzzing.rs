//! What the fuzz target of the line discipline (`fuzz/`) calls, and a test with what it has found worth keeping.

use alloc::{vec, vec::Vec};
use pollux_shell::env::{Attributes, Modes, Signal};

use super::{
    ldisc::{LineDiscipline, Outcome},
    output::Output,
};

/// A terminal and the signals that its keys have made.
struct Terminal {
    ldisc: LineDiscipline,
    out: Output,
    signals: Vec<Signal>,
}

impl Terminal {
    fn new() -> Terminal {
        let ldisc = LineDiscipline::new().expect("memory for the keys");
        let out = Output::new().expect("memory for the output");
        Terminal { ldisc, out, signals: Vec::new() }
    }

    /// Feeds keys as the keyboard's task does; how many were taken.
    fn feed_all(&mut self, keys: &[u8]) -> usize {
        let mut taken = 0;
        loop {
            let fed = self.ldisc.feed_all(&keys[taken..], &mut self.out);
            taken += fed.taken;
            match fed.signal {
                Some(signal) => self.signals.push(signal),
                None => return taken,
            }
        }
    }

    /// The same, one key at a time.
    fn feed_each(&mut self, keys: &[u8]) -> usize {
        for (taken, &key) in keys.iter().enumerate() {
            if !self.ldisc.has_room() && self.ldisc.next_signal(&[key]).is_none() {
                self.ldisc.control_flow(&mut self.out);
                return taken;
            }
            if let Outcome::Signal(signal) = self.ldisc.feed(key, &mut self.out) {
                self.signals.push(signal);
                self.ldisc.control_flow(&mut self.out);
            }
        }
        self.ldisc.control_flow(&mut self.out);
        keys.len()
    }

    fn read(&mut self, size: usize) -> Option<Vec<u8>> {
        let mut buf = vec![0; size];
        let read = self.ldisc.read(&mut buf)?;
        buf.truncate(read);
        Some(buf)
    }

    fn shown(&mut self) -> Vec<u8> {
        let mut buf = vec![0; 65536];
        let size = self.out.take(&mut buf);
        buf.truncate(size);
        buf
    }
}

/// Keys, reads and changes of the modes in any order: nothing panics, nothing is readable that was not said to be, and
/// keys that come together do what they do one by one.
pub fn line_discipline(data: &[u8]) {
    let (mut together, mut single) = (Terminal::new(), Terminal::new());
    let mut rest = data;
    while let Some((&what, after)) = rest.split_first() {
        rest = after;
        let mut next = |count: usize| {
            let (taken, after) = rest.split_at(count.min(rest.len()));
            rest = after;
            taken
        };
        match what % 4 {
            0 => {
                let bits = next(4).iter().fold(0_u32, |bits, &byte| bits << 8 | u32::from(byte));
                for terminal in [&mut together, &mut single] {
                    let attributes =
                        Attributes { modes: Modes::from_bits_truncate(bits), ..terminal.ldisc.attributes() };
                    let outcome = terminal.ldisc.set_attributes(attributes, &mut terminal.out);
                    assert!(outcome != Outcome::Readable || terminal.ldisc.is_readable());
                }
            }
            1 => {
                let size = usize::from(next(1).first().copied().unwrap_or(0)) + 1;
                let readable = together.ldisc.is_readable();
                let read = together.read(size);
                assert_eq!(read.is_some(), readable, "what is readable can be read");
                assert_eq!(read, single.read(size));
            }
            _ => {
                let count = usize::from(what) * usize::from(what % 7);
                let keys = next(count);
                assert_eq!(together.feed_all(keys), single.feed_each(keys), "keys that were taken");
            }
        }
        assert_eq!(together.signals, single.signals);
        assert_eq!(together.ldisc.waiting(), single.ldisc.waiting());
        assert_eq!(together.ldisc.has_room(), single.ldisc.has_room());
        assert_eq!(together.shown(), single.shown());
        assert_eq!(together.out.column(), single.out.column());
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    #[test]
    fn the_corpus_of_the_line_discipline() {
        let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/corpus/line_discipline"));
        let files = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        let count =
            files.map(|file| super::line_discipline(&fs::read(file.unwrap().path()).unwrap())).count();
        assert!(count > 0, "{} is empty", folder.display());
    }
}
