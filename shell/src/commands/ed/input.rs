//! Where commands and texts come from: standard input, or the list of a global command.

use alloc::vec::Vec;
use bstr::ByteSlice;
use core::{future::poll_fn, pin::pin};
use futures_util::future::{Either, select};

use super::session::Stop;
use crate::{env::Signal, io::Lines, process::Process};

/// What came.
pub enum Came {
    /// A line without its newline.
    Line(Vec<u8>),
    End,
    /// `^C`.
    Interrupted,
    HungUp,
}

pub struct Input<'p> {
    p: &'p Process,
    lines: Lines,
    /// The list of the global command that runs, and how much of it was taken.
    list: Option<(Vec<u8>, usize)>,
}

impl<'p> Input<'p> {
    pub fn new(p: &'p Process) -> Self {
        Self { p, lines: Lines::new(&p.stdin()), list: None }
    }

    /// Takes lines from a list of commands from now on, or no longer; what was there before.
    pub fn set_list(&mut self, list: Option<(Vec<u8>, usize)>) -> Option<(Vec<u8>, usize)> {
        core::mem::replace(&mut self.list, list)
    }

    pub fn has_list(&self) -> bool {
        self.list.is_some()
    }

    /// The next line.
    pub async fn line(&mut self) -> Result<Came, Stop> {
        if let Some((list, at)) = &mut self.list {
            let rest = &list[*at..];
            if rest.is_empty() {
                return Ok(Came::End);
            }
            let line = rest[..rest.find_byte(b'\n').unwrap_or(rest.len())].to_vec();
            *at = (*at + line.len() + 1).min(list.len());
            return Ok(Came::Line(line));
        }
        self.typed().await
    }

    /// The next line of standard input.
    pub async fn typed(&mut self) -> Result<Came, Stop> {
        let signals = &self.p.signals;
        let signal = pin!(poll_fn(|cx| signals.poll_pending(cx, None)));
        let line = pin!(self.lines.next_line());
        match select(signal, line).await {
            Either::Left((signal, _)) => {
                signals.forget(signal);
                Ok(if signal == Signal::Hup { Came::HungUp } else { Came::Interrupted })
            }
            Either::Right((Ok(Some(line)), _)) => Ok(Came::Line(line.strip_suffix(b"\n").unwrap_or(line).to_vec())),
            Either::Right((Ok(None), _)) => Ok(Came::End),
            Either::Right((Err(error), _)) => Err(Stop::error(error)),
        }
    }

    /// The lines of a text up to one that is a dot.
    pub async fn text(&mut self) -> Result<Vec<Vec<u8>>, Stop> {
        let mut lines = Vec::new();
        loop {
            match self.line().await? {
                Came::Line(line) if line == b"." => return Ok(lines),
                Came::Line(line) => lines.push(line),
                Came::End => return Ok(lines),
                Came::Interrupted => return Err(Stop::Interrupted),
                Came::HungUp => return Err(Stop::HungUp),
            }
        }
    }
}
