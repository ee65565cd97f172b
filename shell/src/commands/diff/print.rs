//! The forms in which `diff` shows changes (XCU `diff`, "Diff Default Output Format" and those of -c and -u).

use alloc::{format, string::String, vec::Vec};
use bstr::{BStr, ByteSlice};
use core::ops::Range;

use spin::Mutex;

use super::{
    super::support::regex::Regex,
    Plan,
    beside::Beside,
    hunks::{Change, group},
    side::Side,
};
use crate::io::{Ended, Output};

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Default,
    /// With so many lines of context.
    Unified(usize),
    Context(usize),
    Ed,
    /// Both files beside each other.
    Beside(Beside),
}

const NO_NEWLINE: &[u8] = b"\\ No newline at end of file\n";

pub(super) struct Printer<'a, 'p> {
    pub sides: [&'a Side; 2],
    pub out: &'a mut Output<'p>,
    colour: bool,
    function: Option<&'a Mutex<Regex>>,
    /// How far lines of functions were looked for, and the last that was found.
    found: (usize, Option<usize>),
}

// GNU's colours.
const REMOVED: &str = "31";
const ADDED: &str = "32";
const PLACE: &str = "36";
const HEAD: &str = "1";

/// Longer names of functions are cut off.
const FUNCTION: usize = 40;

impl<'a, 'p> Printer<'a, 'p> {
    pub fn new(sides: [&'a Side; 2], out: &'a mut Output<'p>, plan: &'a Plan) -> Self {
        Self { sides, out, colour: plan.colour, function: plan.function.as_ref(), found: (0, None) }
    }
}

impl Printer<'_, '_> {
    /// Prints all changes; `heads` are the names and times of the files.
    pub async fn print(&mut self, form: Form, heads: [&[u8]; 2], changes: &[Change]) -> Result<(), Ended> {
        match form {
            Form::Default => {
                for change in changes {
                    self.normal(change).await?;
                }
            }
            Form::Ed => {
                for change in changes.iter().rev() {
                    self.ed(change).await?;
                }
            }
            Form::Beside(how) => self.beside(how, changes).await?,
            Form::Unified(context) => {
                self.heads(["--- ", "+++ "], heads).await?;
                for changes in group(changes, context) {
                    self.unified(changes, context).await?;
                }
            }
            Form::Context(context) => {
                self.heads(["*** ", "--- "], heads).await?;
                for changes in group(changes, context) {
                    self.context(changes, context).await?;
                }
            }
        }
        Ok(())
    }

    fn coloured(&mut self, colour: &str, text: &[u8]) {
        if !self.colour {
            return self.out.push(text);
        }
        self.out.push(b"\x1b[");
        self.out.push(colour.as_bytes());
        self.out.push(b"m");
        self.out.push(text);
        self.out.push(b"\x1b[0m");
    }

    async fn heads(&mut self, marks: [&str; 2], heads: [&[u8]; 2]) -> Result<(), Ended> {
        for (mark, head) in marks.iter().zip(heads) {
            self.coloured(HEAD, &[mark.as_bytes(), head].concat());
            self.out.write(b"\n").await?;
        }
        Ok(())
    }

    async fn lines(&mut self, side: usize, range: Range<usize>, mark: &str) -> Result<(), Ended> {
        for index in range {
            let sides = self.sides;
            let line = sides[side].line(index);
            let text = line.strip_suffix(b"\n").unwrap_or(line);
            match mark.trim().is_empty() {
                true => [mark.as_bytes(), text].iter().for_each(|part| self.out.push(part)),
                false => self.coloured([REMOVED, ADDED][side], &[mark.as_bytes(), text].concat()),
            }
            self.out.push(b"\n");
            if !line.ends_with(b"\n") {
                self.out.push(NO_NEWLINE);
            }
            self.out.settle().await?;
        }
        Ok(())
    }

    async fn normal(&mut self, change: &Change) -> Result<(), Ended> {
        let letter = letter(change);
        let head = format!("{}{letter}{}", span(&change.left), span(&change.right));
        self.coloured(PLACE, head.as_bytes());
        self.out.push(b"\n");
        self.lines(0, change.left.clone(), "< ").await?;
        if letter == 'c' {
            self.out.push(b"---\n");
        }
        self.lines(1, change.right.clone(), "> ").await
    }

    async fn ed(&mut self, change: &Change) -> Result<(), Ended> {
        let letter = letter(change);
        self.out.write(format!("{}{letter}\n", span(&change.left)).as_bytes()).await?;
        if letter == 'd' {
            return Ok(());
        }
        let mut inserting = true;
        for index in change.right.clone() {
            if !inserting {
                self.out.push(b"a\n");
                inserting = true;
            }
            let line = self.sides[1].line(index);
            // A lone dot would end the text: two dots, and one taken off.
            if line.strip_suffix(b"\n").unwrap_or(line) == b"." {
                self.out.push(b"..\n.\ns/.//\n");
                inserting = false;
            } else {
                self.out.write_line(line).await?;
            }
        }
        if inserting {
            self.out.push(b".\n");
        }
        self.out.settle().await
    }

    /// The lines of both sides that a group covers, with context.
    fn extent(&self, changes: &[Change], context: usize) -> Option<[Range<usize>; 2]> {
        let (first, last) = (changes.first()?, changes.last()?);
        let before = context.min(first.left.start).min(first.right.start);
        let after = |end: usize, side: usize| (end + context).min(self.sides[side].lines.len());
        Some([
            first.left.start - before..after(last.left.end, 0),
            first.right.start - before..after(last.right.end, 1),
        ])
    }

    /// The last line before this one that begins a function, with a blank before it.
    fn function(&mut self, line: usize) -> Vec<u8> {
        let Some(regex) = self.function else { return Vec::new() };
        let mut regex = regex.lock();
        for index in self.found.0..line {
            let text = self.sides[0].line(index);
            if regex.is_match(text.strip_suffix(b"\n").unwrap_or(text)).unwrap_or(false) {
                self.found.1 = Some(index);
            }
        }
        self.found.0 = self.found.0.max(line);
        let Some(index) = self.found.1 else { return Vec::new() };
        let text = self.sides[0].line(index).trim_ascii();
        [b" ", text[..text.len().min(FUNCTION)].trim_ascii_end()].concat()
    }

    async fn unified(&mut self, changes: &[Change], context: usize) -> Result<(), Ended> {
        let Some([left, right]) = self.extent(changes, context) else { return Ok(()) };
        let head = format!("@@ -{} +{} @@", counted(&left), counted(&right));
        self.coloured(PLACE, head.as_bytes());
        let function = self.function(left.start);
        self.out.push(&function);
        self.out.push(b"\n");
        let mut at = left.start;
        for change in changes {
            self.lines(0, at..change.left.start, " ").await?;
            self.lines(0, change.left.clone(), "-").await?;
            self.lines(1, change.right.clone(), "+").await?;
            at = change.left.end;
        }
        self.lines(0, at..left.end, " ").await
    }

    async fn context(&mut self, changes: &[Change], context: usize) -> Result<(), Ended> {
        let Some(extents) = self.extent(changes, context) else { return Ok(()) };
        let function = self.function(extents[0].start);
        self.out.push(b"***************");
        self.out.push(&function);
        self.out.push(b"\n");
        for (side, marks) in [(0, ["*** ", " ****", "- "]), (1, ["--- ", " ----", "+ "])] {
            let extent = &extents[side];
            let of = |change: &Change| if side == 0 { change.left.clone() } else { change.right.clone() };
            let head = format!("{}{}{}", marks[0], listed(extent), marks[1]);
            self.coloured(PLACE, head.as_bytes());
            self.out.push(b"\n");
            if changes.iter().all(|change| of(change).is_empty()) {
                continue; // nothing to see on this side
            }
            let mut at = extent.start;
            for change in changes {
                let range = of(change);
                self.lines(side, at..range.start, "  ").await?;
                let both = !change.left.is_empty() && !change.right.is_empty();
                at = range.end;
                self.lines(side, range, if both { "! " } else { marks[2] }).await?;
            }
            self.lines(side, at..extent.end, "  ").await?;
        }
        Ok(())
    }
}

fn letter(change: &Change) -> char {
    match (change.left.is_empty(), change.right.is_empty()) {
        (true, _) => 'a',
        (_, true) => 'd',
        _ => 'c',
    }
}

/// `FIRST` or `FIRST,LAST`, from 1; of no lines the one before.
fn span(range: &Range<usize>) -> String {
    match range.len() {
        0 => format!("{}", range.start),
        1 => format!("{}", range.end),
        _ => format!("{},{}", range.start + 1, range.end),
    }
}

/// `FIRST` or `FIRST,COUNT`.
fn counted(range: &Range<usize>) -> String {
    match range.len() {
        0 => format!("{},0", range.start),
        1 => format!("{}", range.end),
        count => format!("{},{count}", range.start + 1),
    }
}

/// `FIRST,LAST`, or `LAST` when there is one at most.
fn listed(range: &Range<usize>) -> String {
    if range.len() > 1 { format!("{},{}", range.start + 1, range.end) } else { format!("{}", range.end) }
}

/// A file's name and time, as in the heads.
pub(super) fn head(name: &BStr, time: &str) -> Vec<u8> {
    [name.as_bytes(), b"\t", time.as_bytes()].concat()
}
