//! Two sorted files read side by side, as `comm` and `join` do.

use alloc::{format, vec::Vec};
use bstr::BStr;
use core::cmp::Ordering;

use crate::{
    env::Result,
    io::{self, Ended, Lines, Opened},
    process::Process,
};

/// One of the files. The current line is kept, so that the other file can be read meanwhile.
pub struct Sorted<'a> {
    name: &'a BStr,
    lines: Lines,
    _file: Opened,
    line: Vec<u8>,
    previous: Vec<u8>,
    ended: bool,
    number: u64,
    disordered: bool,
}

impl<'a> Sorted<'a> {
    /// Opens the file, before its first line; complains when it cannot.
    pub async fn open(p: &Process, name: &'a BStr) -> core::result::Result<Self, Ended> {
        let file = io::open_input(p, name).await.ok_or(Ended(1))?;
        Ok(Self {
            name,
            lines: Lines::new(&file),
            _file: file,
            line: Vec::new(),
            previous: Vec::new(),
            ended: false,
            number: 0,
            disordered: false,
        })
    }

    /// The current line without its newline; `None` at the end.
    pub fn line(&self) -> Option<&[u8]> {
        (!self.ended).then_some(&self.line)
    }

    /// Goes to the next line. `compare` is the order in which lines should be: the first that is not is told,
    /// and [`Sorted::is_disordered`] from then on.
    pub async fn advance(
        &mut self,
        p: &Process,
        compare: impl Fn(&[u8], &[u8]) -> Ordering,
    ) -> core::result::Result<(), Ended> {
        core::mem::swap(&mut self.line, &mut self.previous);
        if let Err(error) = self.read().await {
            io::complain_about(p, self.name, error).await;
            return Err(Ended(1));
        }
        if self.ended || self.disordered {
            return Ok(());
        }
        self.number += 1;
        if self.number > 1 && compare(&self.previous, &self.line) == Ordering::Greater {
            self.disordered = true;
            io::complain(
                p,
                format!("{}:{}: is not sorted: {}", self.name, self.number, BStr::new(&self.line)),
            )
            .await;
        }
        Ok(())
    }

    /// Whether a line out of order was read.
    pub fn is_disordered(&self) -> bool {
        self.disordered
    }

    async fn read(&mut self) -> Result<()> {
        match self.lines.next_line().await? {
            Some(line) => {
                self.line.clear();
                self.line.extend_from_slice(line.strip_suffix(b"\n").unwrap_or(line));
            }
            None => self.ended = true,
        }
        Ok(())
    }
}
