//! Searching one file and printing what `grep` found.

use alloc::{collections::VecDeque, format, string::String, vec::Vec};
use bstr::{BStr, BString, ByteSlice};

use super::{Found, Regex};
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
    /// What a name ends with that stands alone, and in front of a line.
    pub name_end: Option<u8>,
    /// A tab stands before each line, so that lines keep their shape.
    pub align: bool,
    pub label: Option<BString>,
    /// What stands between lines that do not follow each other.
    pub separator: Option<BString>,
    pub binary: Binary,
    /// What was found is written at once.
    pub at_once: bool,
    pub most: u64,
    /// Whether lines around were asked for, maybe none.
    pub context: bool,
    pub before: usize,
    pub after: u64,
}

/// What happens to lines with bytes 0.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Binary {
    /// Nothing: they are printed.
    Print,
    /// That they match is told.
    Tell,
    /// They do not match.
    Skip,
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
    let stdin = plan.label.as_ref().map_or(BStr::new("(standard input)"), |label| label.as_bstr());
    let printer = Printer { plan, name: if name == "-" { stdin } else { name } };
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
        let binary = plan.binary != Binary::Print && text.contains(&0);
        if binary && plan.binary == Binary::Skip {
            return Ok(Ok(false));
        }
        if selected {
            count += 1;
            if plan.list || plan.list_without || plan.quiet {
                break;
            }
        }
        if !wants_lines {
            continue;
        }
        if binary && selected {
            out.write_all(&[b"grep: ", printer.name, b": binary file matches\n"]).await?;
            return Ok(Ok(true));
        }
        let mut printed_whole = Ok(());
        if selected {
            let first = context.front().map_or(place.number, |(place, _)| place.number);
            if plan.context && printed > 0 && first > printed + 1 {
                printer.separator(out);
            }
            for (place, line) in context.drain(..) {
                printed_whole = printed_whole.and(printer.line(place, b'-', &line, regex, out).await?);
            }
            printed_whole = printed_whole.and(printer.line(place, b':', text, regex, out).await?);
            (printed, after) = (place.number, plan.after);
        } else if after > 0 {
            printed_whole = printer.line(place, b'-', text, regex, out).await?;
            printed = place.number;
            after -= 1;
        } else if plan.before > 0 {
            if context.len() == plan.before {
                context.pop_front();
            }
            context.push_back((place, text.to_vec()));
        }
        if let Err(message) = printed_whole {
            return Ok(Err(message.into()));
        }
        if plan.at_once {
            out.flush().await?;
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
        out.write(&[plan.name_end.unwrap_or(b'\n')]).await?;
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
        let Some(separator) = &self.plan.separator else { return };
        self.coloured(SEPARATOR, separator, out);
        out.push(b"\n");
    }

    fn name(&self, mark: u8, out: &mut Output<'_>) {
        self.coloured(NAME, self.name, out);
        match self.plan.name_end {
            Some(end) => out.push(&[end]),
            None => self.coloured(SEPARATOR, &[mark], out),
        }
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
        if self.plan.align && (self.plan.names || self.plan.numbers || self.plan.offsets) {
            out.push(b"\t");
        }
    }

    /// Prints a line, selected (`:`) or context (`-`), or its matches. The inner error says why a search for the
    /// matches in it was given up; the line itself is printed whole.
    async fn line(
        &self,
        place: Place,
        mark: u8,
        text: &[u8],
        regex: &mut Regex,
        out: &mut Output<'_>,
    ) -> Result<Found<()>, Ended> {
        let matching = (mark == b':') != self.plan.invert;
        if self.plan.only {
            return match mark == b':' && matching {
                true => self.matches(place, text, regex, out).await,
                false => Ok(Ok(())),
            };
        }
        self.prefix(place, mark, out);
        let (mut done, mut searched) = (0, Ok(()));
        if self.plan.colour && matching {
            let mut at = 0;
            loop {
                match next_match(regex, text, &mut at) {
                    Ok(Some(found)) => {
                        out.push(&text[done..found.start]);
                        self.coloured(MATCH, &text[found.clone()], out);
                        done = found.end;
                    }
                    Ok(None) => break,
                    Err(message) => {
                        searched = Err(message);
                        break;
                    }
                }
            }
        }
        out.push(&text[done..]);
        out.write(&[self.plan.end]).await?;
        Ok(searched)
    }

    async fn matches(
        &self,
        place: Place,
        text: &[u8],
        regex: &mut Regex,
        out: &mut Output<'_>,
    ) -> Result<Found<()>, Ended> {
        let mut at = 0;
        loop {
            let found = match next_match(regex, text, &mut at) {
                Ok(Some(found)) => found,
                Ok(None) => return Ok(Ok(())),
                Err(message) => return Ok(Err(message)),
            };
            let place = Place { offset: place.offset + found.start as u64, ..place };
            self.prefix(place, b':', out);
            self.coloured(MATCH, &text[found], out);
            out.write(&[self.plan.end]).await?;
        }
    }
}

/// The next match that is not empty, from `at` on, which moves behind it.
fn next_match(regex: &mut Regex, text: &[u8], at: &mut usize) -> Found<Option<core::ops::Range<usize>>> {
    while *at <= text.len() {
        let Some(found) = regex.find(text, *at)? else { break };
        *at = if found.is_empty() { found.end + 1 } else { found.end };
        if !found.is_empty() {
            return Ok(Some(found));
        }
    }
    Ok(None)
}
