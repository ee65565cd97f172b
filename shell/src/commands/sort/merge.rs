//! `sort -m`: several sorted files become one. Memory is that of one line of each.

use alloc::vec::Vec;
use bstr::BStr;
use core::cmp::Ordering;

use super::{Orders, redirect};
use crate::{
    io::{self, Ended, Lines, Opened, Outcome, Output},
    process::Process,
};

/// A file and the line that is its next.
pub(super) struct Source<'a> {
    name: &'a BStr,
    lines: Lines,
    _file: Opened,
    end: u8,
    /// Without its end.
    pub(super) line: Vec<u8>,
}

impl<'a> Source<'a> {
    /// Opens a file, before its first line; complains when it cannot.
    pub(super) async fn open(p: &Process, name: &'a BStr, end: u8) -> Result<Self, Ended> {
        let file = io::open_input(p, name).await.ok_or(Ended(2))?;
        Ok(Self { name, lines: Lines::new(&file), _file: file, end, line: Vec::new() })
    }

    /// Goes to the next line; false at the end.
    pub(super) async fn advance(&mut self, p: &Process) -> Result<bool, Ended> {
        match self.lines.next_until(self.end).await {
            Ok(Some(line)) => {
                self.line.clear();
                self.line.extend_from_slice(line.strip_suffix(&[self.end]).unwrap_or(line));
                Ok(true)
            }
            Ok(None) => Ok(false),
            Err(error) => {
                io::complain_about(p, self.name, error).await;
                Err(Ended(2))
            }
        }
    }
}

/// Prints the lines of all files in order, or into the file `to`.
pub(super) async fn merge(
    p: &Process,
    names: &[&BStr],
    orders: &Orders,
    unique: bool,
    end: u8,
    to: Option<&BStr>,
) -> Outcome {
    let mut sources = Vec::new();
    for name in names {
        let mut source = Source::open(p, name, end).await?;
        if source.advance(p).await? {
            sources.push(source);
        }
    }
    redirect(p, to).await?;
    let mut out = Output::new(p);
    let mut last: Option<Vec<u8>> = None;
    while !sources.is_empty() {
        // Of equal lines, that of the file named first.
        let least = (1..sources.len()).fold(0, |least, at| {
            match orders.compare(&sources[at].line, &sources[least].line) {
                Ordering::Less => at,
                _ => least,
            }
        });
        let source = &mut sources[least];
        let repeats = last.as_ref().is_some_and(|last| orders.compare_keys(last, &source.line).is_eq());
        if !(unique && repeats) {
            out.write_all(&[&source.line, &[end]]).await?;
            if unique {
                last.get_or_insert_default().clone_from(&source.line);
            }
        }
        if !source.advance(p).await? {
            sources.remove(least);
        }
    }
    out.finish(0).await
}
