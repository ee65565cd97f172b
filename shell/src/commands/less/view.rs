//! Where in the text the screen is, and the way to other places.
//!
//! A way may be long and lead through text that is not in memory: [`View::walk`] goes as far as it can and says what
//! is missing. It keeps how far it has come, so nothing is looked at twice.

use alloc::{format, vec::Vec};

use super::super::support::pattern::Pattern;
use super::{
    text::{Line, Missing, Text},
};
use crate::screen::{
    Size,
    row::{Layout, rows},
};

/// A row of the text: the line that begins at this byte, and which of its rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    pub line: u64,
    pub row: usize,
}

/// What is shown how.
pub struct Look {
    pub chop: bool,
    pub numbers: bool,
    pub raw: bool,
    pub highlight: bool,
    /// Columns that are out of sight to the left.
    pub shift: usize,
}

/// A way that is being walked.
pub enum Way {
    None,
    /// So many rows down, up.
    Down(usize),
    Up(usize),
    /// To the line with this number; the place and the number of where it has come.
    ToLine { target: u64, at: u64, number: u64 },
    /// To the line that has this byte.
    ToByte(u64),
    ToEnd,
    /// To the end, and on as the text grows.
    Follow,
    /// To a line that has the pattern (or has it not), `left` times; from `at` on, or up from the line before `at`.
    Search { forward: bool, at: u64, left: usize },
}

/// How a walk went.
#[derive(Debug, PartialEq, Eq)]
pub enum Walked {
    Done,
    NotFound,
    /// It goes on when this is there.
    Missing(Missing),
    /// It goes on when others have run.
    Further,
}

/// The screen.
pub struct Page {
    pub rows: Vec<Vec<u8>>,
    /// Where each row is, for those that show text.
    pub places: Vec<Place>,
    /// Where what follows the screen begins.
    pub next: u64,
    /// Whether the end of the text is on the screen.
    pub at_end: bool,
    /// What would be needed to fill the screen.
    pub missing: Option<Missing>,
}

pub struct View {
    pub text: Text,
    pub top: Place,
    pub look: Look,
    /// What is searched for, and whether lines without it are.
    pub pattern: Option<(Pattern, bool)>,
    /// Rows and columns for the text.
    pub size: Size,
    pub way: Way,
    /// A place whose line number is known.
    counted: (u64, u64),
    line: Vec<u8>,
}

/// Columns that line numbers take.
const NUMBERS: usize = 8;
/// How many lines a walk looks at before it lets others run.
const LINES_AT_ONCE: usize = 1000;

impl View {
    pub fn new(text: Text, look: Look, size: Size) -> View {
        let (top, pattern, way, line) = (Place::default(), None, Way::None, Vec::new());
        View { text, top, look, pattern, size, way, counted: (0, 1), line }
    }

    fn layout(&self) -> Layout {
        let gutter = if self.look.numbers { NUMBERS.min(self.size.cols - 1) } else { 0 };
        let chop = (self.look.chop || self.look.shift > 0).then_some(self.look.shift);
        Layout { left: gutter, width: self.size.cols - gutter, chop, raw: self.look.raw }
    }

    /// The rows of a line.
    fn rows_of(&mut self, line: Line) -> Result<Vec<Vec<u8>>, Missing> {
        let mut bytes = core::mem::take(&mut self.line);
        let copied = self.text.copy(line, &mut bytes);
        let places = match &self.pattern {
            Some((pattern, false)) if self.look.highlight => pattern.places(&bytes),
            _ => Vec::new(),
        };
        let rows = copied.map(|()| rows(&bytes, self.layout(), &places));
        self.line = bytes;
        rows
    }

    /// The line at a place, or at the beginning of what is left where that is gone.
    fn clamp(&self, place: Place) -> Place {
        let start = self.text.start();
        if place.line < start { Place { line: start, row: 0 } } else { place }
    }

    /// What the screen shows.
    pub fn page(&mut self) -> Page {
        self.page_of(self.size.rows)
    }

    /// `count` rows from the top of the screen on.
    fn page_of(&mut self, count: usize) -> Page {
        self.top = self.clamp(self.top);
        let mut page =
            Page { rows: Vec::new(), places: Vec::new(), next: self.top.line, at_end: false, missing: None };
        if let Err(missing) = self.fill(&mut page, count) {
            page.missing = Some(missing);
        }
        page
    }

    fn fill(&mut self, page: &mut Page, count: usize) -> Result<(), Missing> {
        let mut skip = self.top.row;
        let mut number = if self.look.numbers { self.number(self.top.line)? } else { 0 };
        let mut first = true;
        loop {
            let Some(line) = self.text.line(page.next)? else {
                page.at_end = true;
                return Ok(());
            };
            if page.rows.len() == count {
                return Ok(());
            }
            let rows = self.rows_of(line)?;
            if first {
                // A wider window has fewer rows.
                skip = skip.min(rows.len() - 1);
                self.top.row = skip;
                first = false;
            }
            let all = rows.len();
            for (row, text) in rows.into_iter().enumerate().skip(core::mem::take(&mut skip)) {
                if page.rows.len() == count {
                    return Ok(());
                }
                let gutter = match (self.look.numbers, row) {
                    (false, _) => Vec::new(),
                    (true, 0) => format!("{number:>7} ").into_bytes(),
                    (true, _) => b" ".repeat(NUMBERS),
                };
                page.rows.push([&gutter[..gutter.len().min(self.size.cols - 1)], &text].concat());
                page.places.push(Place { line: line.start, row });
                if row + 1 == all {
                    page.next = line.next;
                }
            }
            number += u64::from(line.next > line.end);
        }
    }

    /// The number of the line that begins at `at`.
    pub fn number(&mut self, at: u64) -> Result<u64, Missing> {
        let start = self.text.start();
        let nearer_to_start = self.counted.0 > at && at - start < self.counted.0 - at;
        if self.counted.0 < start || nearer_to_start {
            self.counted = (start, self.text.lost_lines() + 1);
        }
        while self.counted.0 < at {
            let bytes = self.text.from(self.counted.0)?;
            let bytes = &bytes[..bytes.len().min((at - self.counted.0) as usize)];
            if bytes.is_empty() {
                break;
            }
            self.counted = (self.counted.0 + bytes.len() as u64, self.counted.1 + newlines(bytes));
        }
        while self.counted.0 > at {
            let bytes = self.text.before(self.counted.0)?;
            let bytes = &bytes[bytes.len().saturating_sub((self.counted.0 - at) as usize)..];
            if bytes.is_empty() {
                break;
            }
            self.counted = (self.counted.0 - bytes.len() as u64, self.counted.1 - newlines(bytes));
        }
        Ok(self.counted.1)
    }

    /// Begins the way to a line by its number.
    pub fn go_to_line(&mut self, target: u64) {
        let start = (self.text.start(), self.text.lost_lines() + 1);
        let (at, number) =
            if (self.counted.0 >= start.0) && self.counted.1 <= target { self.counted } else { start };
        self.way = Way::ToLine { target, at, number };
    }

    /// Begins the way to the line that has the byte at `percent` of the text.
    pub fn go_to_percent(&mut self, percent: u64) {
        let (start, end) = (self.text.start(), self.text.end());
        let at = start + (end - start).saturating_mul(percent) / 100;
        self.way = if percent >= 100 { Way::ToEnd } else { Way::ToByte(at) };
    }

    /// Goes on on its way.
    pub fn walk(&mut self) -> Walked {
        for _ in 0..LINES_AT_ONCE {
            match self.step() {
                Ok(Some(walked)) => {
                    self.way = Way::None;
                    return walked;
                }
                Ok(None) => {}
                Err(missing) => return Walked::Missing(missing),
            }
        }
        Walked::Further
    }

    /// One step; `None` when there are more.
    fn step(&mut self) -> Result<Option<Walked>, Missing> {
        match self.way {
            Way::None => Ok(Some(Walked::Done)),
            Way::Down(count) => {
                let rows = self.size.rows;
                let wanted = count.min(rows);
                let page = self.page_of(rows + wanted);
                if let Some(missing) = page.missing {
                    return Err(missing);
                }
                let possible = wanted.min(page.places.len().saturating_sub(rows));
                self.top = page.places.get(possible).copied().unwrap_or(self.top);
                self.way = Way::Down(count - wanted);
                Ok((possible < wanted || count == wanted).then_some(Walked::Done))
            }
            Way::Up(count) => {
                let moved = self.up(self.top)?;
                self.top = moved.unwrap_or(self.top);
                self.way = Way::Up(count.saturating_sub(1));
                Ok((moved.is_none() || count <= 1).then_some(Walked::Done))
            }
            Way::ToLine { target, at, number } => {
                let line = if number < target { self.text.line(at)? } else { None };
                let Some(line) = line else {
                    self.counted = (at, number);
                    self.top = Place { line: at, row: 0 };
                    return self.stay_in_text().map(|()| Some(Walked::Done));
                };
                self.way = Way::ToLine {
                    target,
                    at: line.next,
                    number: number + u64::from(line.next > line.end),
                };
                Ok(None)
            }
            Way::ToByte(at) => {
                let line = self.text.line_before(at + 1)?.unwrap_or(self.text.start());
                self.top = Place { line, row: 0 };
                Ok(Some(Walked::Done))
            }
            Way::ToEnd | Way::Follow => {
                if self.text.grows() && !matches!(self.way, Way::Follow) {
                    return Err(Missing(self.text.end()));
                }
                let mut at = Place { line: self.text.end(), row: 0 };
                for _ in 0..self.size.rows {
                    match self.up(at)? {
                        Some(above) => at = above,
                        None => break,
                    }
                }
                self.top = at;
                Ok(Some(Walked::Done))
            }
            Way::Search { forward, at, left } => self.search(forward, at, left),
        }
    }

    fn search(&mut self, forward: bool, at: u64, left: usize) -> Result<Option<Walked>, Missing> {
        let line = if forward {
            self.text.line(at.max(self.text.start()))?
        } else {
            match self.text.line_before(at)? {
                Some(start) => self.text.line(start)?,
                None => None,
            }
        };
        let (Some(line), Some((pattern, without))) = (line, &self.pattern) else {
            return Ok(Some(Walked::NotFound));
        };
        self.text.copy(line, &mut self.line)?;
        let left = left - usize::from(pattern.is_in(&self.line) != *without);
        if left == 0 {
            self.top = Place { line: line.start, row: 0 };
            return Ok(Some(Walked::Done));
        }
        self.way = Way::Search { forward, at: if forward { line.next } else { line.start }, left };
        Ok(None)
    }

    /// The row above one; `None` at the beginning.
    fn up(&mut self, place: Place) -> Result<Option<Place>, Missing> {
        if let Some(row) = place.row.checked_sub(1) {
            return Ok(Some(Place { row, ..place }));
        }
        let Some(start) = self.text.line_before(place.line)? else { return Ok(None) };
        let Some(line) = self.text.line(start)? else { return Ok(None) };
        let row = self.rows_of(line)?.len() - 1;
        Ok(Some(Place { line: start, row }))
    }

    /// Goes up from the very end to the last line.
    fn stay_in_text(&mut self) -> Result<(), Missing> {
        if self.top.line >= self.text.end()
            && let Some(above) = self.up(self.top)?
        {
            self.top = above;
        }
        Ok(())
    }
}

fn newlines(bytes: &[u8]) -> u64 {
    bytes.iter().filter(|&&byte| byte == b'\n').count() as u64
}
