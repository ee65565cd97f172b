//! Searching one file and printing what `grep` found.

use alloc::{collections::VecDeque, format, string::String, vec::Vec};
use bstr::BStr;

use super::Regex;
use crate::{
    env,
    io::{self, Ended, Lines, Output},
    process::Process,
};

/// What to print.
pub(super) struct Plan {
    pub invert: bool,
    pub names: bool,
    pub numbers: bool,
    pub offsets: bool,
    pub count: bool,
    pub list: bool,
    pub list_without: bool,
    pub quiet: bool,
    pub only: bool,
    pub silent: bool,
    pub colour: bool,
    /// What a line ends with.
    pub end: u8,
    pub most: u64,
    pub before: usize,
    pub after: u64,
}

/// Where a line is.
#[derive(Clone, Copy)]
struct Place {
    number: u64,
    offset: u64,
}

/// Searches one file; whether a line was selected. The inner error is to be told.
pub(super) async fn search(
    p: &Process,
    plan: &Plan,
    regex: &mut Regex,
    name: &BStr,
    out: &mut Output<'_>,
) -> Result<Result<bool, String>, Ended> {
    let file = if name == "-" { None } else { Some(io::open(p, name, env::OpenFlags::READ).await) };
    let mut lines = match &file {
        None => Lines::new(&p.stdin()),
        Some(Ok(file)) => Lines::new(file),
        Some(Err(error)) => return Ok(Err(format!("{error}"))),
    };
    let printer = Printer { plan, name: if name == "-" { BStr::new("(standard input)") } else { name } };
    let mut count = 0;
    let mut place = Place { number: 0, offset: 0 };
    let mut length = 0;
    let mut context: VecDeque<(Place, Vec<u8>)> = VecDeque::new();
    // The last line that was printed, and how many lines of context are still to come.
    let (mut printed, mut after) = (0, 0);
    let wants_lines = !(plan.count || plan.list || plan.list_without || plan.quiet);
    while count < plan.most || after > 0 {
        let line = match lines.next_until(plan.end).await {
            Ok(Some(line)) => line,
            Ok(None) => break,
            Err(error) => return Ok(Err(format!("{error}"))),
        };
        place = Place { number: place.number + 1, offset: place.offset + length };
        length = line.len() as u64;
        let text = line.strip_suffix(&[plan.end]).unwrap_or(line);
        let selected = count < plan.most
            && match regex.is_match(text) {
                Ok(matches) => matches != plan.invert,
                Err(message) => return Ok(Err(message.into())),
            };
        if selected {
            count += 1;
            if plan.list || plan.list_without || plan.quiet {
                break;
            }
        }
        if !wants_lines {
            continue;
        }
        if selected {
            let first = context.front().map_or(place.number, |(place, _)| place.number);
            if (plan.before > 0 || plan.after > 0) && printed > 0 && first > printed + 1 {
                printer.separator(out);
            }
            for (place, line) in context.drain(..) {
                printer.line(place, b'-', &line, regex, out).await?;
            }
            printer.line(place, b':', text, regex, out).await?;
            (printed, after) = (place.number, plan.after);
        } else if after > 0 {
            printer.line(place, b'-', text, regex, out).await?;
            printed = place.number;
            after -= 1;
        } else if plan.before > 0 {
            if context.len() == plan.before {
                context.pop_front();
            }
            context.push_back((place, text.to_vec()));
        }
    }
    if plan.count && !plan.quiet {
        if plan.names {
            printer.name(b':', out);
        }
        out.write(format!("{count}\n").as_bytes()).await?;
    }
    if (plan.list && count > 0 || plan.list_without && count == 0) && !plan.quiet {
        printer.coloured(NAME, printer.name, out);
        out.write(b"\n").await?;
    }
    Ok(Ok(count > 0))
}

// GNU's colours.
const MATCH: &str = "01;31";
const NAME: &str = "35";
const NUMBER: &str = "32";
const SEPARATOR: &str = "36";

struct Printer<'a> {
    plan: &'a Plan,
    name: &'a BStr,
}

impl Printer<'_> {
    fn coloured(&self, colour: &str, text: &[u8], out: &mut Output<'_>) {
        if !self.plan.colour {
            return out.push(text);
        }
        out.push(b"\x1b[");
        out.push(colour.as_bytes());
        out.push(b"m\x1b[K");
        out.push(text);
        out.push(b"\x1b[m\x1b[K");
    }

    fn separator(&self, out: &mut Output<'_>) {
        self.coloured(SEPARATOR, b"--", out);
        out.push(b"\n");
    }

    fn name(&self, mark: u8, out: &mut Output<'_>) {
        self.coloured(NAME, self.name, out);
        self.coloured(SEPARATOR, &[mark], out);
    }

    fn prefix(&self, place: Place, mark: u8, out: &mut Output<'_>) {
        if self.plan.names {
            self.name(mark, out);
        }
        for (wanted, number) in [(self.plan.numbers, place.number), (self.plan.offsets, place.offset)] {
            if wanted {
                self.coloured(NUMBER, format!("{number}").as_bytes(), out);
                self.coloured(SEPARATOR, &[mark], out);
            }
        }
    }

    /// Prints a line, selected (`:`) or context (`-`), or its matches.
    async fn line(
        &self,
        place: Place,
        mark: u8,
        text: &[u8],
        regex: &mut Regex,
        out: &mut Output<'_>,
    ) -> Result<(), Ended> {
        let matching = (mark == b':') != self.plan.invert;
        if self.plan.only {
            return if mark == b':' && matching { self.matches(place, text, regex, out).await } else { Ok(()) };
        }
        self.prefix(place, mark, out);
        let mut done = 0;
        if self.plan.colour && matching {
            let mut at = 0;
            while let Some(found) = next_match(regex, text, &mut at) {
                out.push(&text[done..found.start]);
                self.coloured(MATCH, &text[found.clone()], out);
                done = found.end;
            }
        }
        out.push(&text[done..]);
        out.write(&[self.plan.end]).await
    }

    async fn matches(
        &self,
        place: Place,
        text: &[u8],
        regex: &mut Regex,
        out: &mut Output<'_>,
    ) -> Result<(), Ended> {
        let mut at = 0;
        while let Some(found) = next_match(regex, text, &mut at) {
            let place = Place { offset: place.offset + found.start as u64, ..place };
            self.prefix(place, b':', out);
            self.coloured(MATCH, &text[found], out);
            out.write(&[self.plan.end]).await?;
        }
        Ok(())
    }
}

/// The next match that is not empty, from `at` on, which moves behind it.
fn next_match(regex: &mut Regex, text: &[u8], at: &mut usize) -> Option<core::ops::Range<usize>> {
    while *at <= text.len() {
        // A search that is given up here has found what was before: `is_match` is the one that tells.
        let found = regex.find(text, *at).ok()??;
        *at = if found.is_empty() { found.end + 1 } else { found.end };
        if !found.is_empty() {
            return Some(found);
        }
    }
    None
}
