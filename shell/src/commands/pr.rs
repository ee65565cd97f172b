//! `pr`: sets files in pages, with a head on each, and in columns. Memory is that of one page.

mod layout;
mod page;

use alloc::{format, string::String, vec::Vec};
use bstr::{BStr, BString, ByteSlice};

use self::page::Pages;
use super::{
    format_time,
    support::{
        civil::Civil,
        numbers,
        paths::{is_dir, stat},
    },
};
use crate::{
    env::OpenFlags,
    errno::Errno,
    io::{self, Ended, Lines, Opened, Options, Outcome, Output},
    process::Process,
};

command!(
    "pr",
    "pr [+FIRST[:LAST]] [-COLUMNS] [-adFfJmrtT] [-D FORMAT] [-e[CHAR[WIDTH]]] [-h HEAD] [-i[CHAR[WIDTH]]] [-l LINES] [-n[CHAR[DIGITS]]] [-N NUMBER] [-o MARGIN] [-s[CHAR]] [-S[TEXT]] [-w WIDTH] [-W WIDTH] [FILE...]",
    "Sets files in pages of LINES (66) with a head on each; -COLUMNS in columns, with -a filled across, -m one file in each, -t without heads, -n with numbers, -d with an empty line after each, -F with form feeds between pages."
);

const LONG: &[(&str, char)] = &[
    ("across", 'a'),
    ("columns", 'C'),
    ("date-format", 'D'),
    ("double-space", 'd'),
    ("expand-tabs", 'e'),
    ("first-line-number", 'N'),
    ("form-feed", 'F'),
    ("header", 'h'),
    ("indent", 'o'),
    ("join-lines", 'J'),
    ("length", 'l'),
    ("merge", 'm'),
    ("no-file-warnings", 'r'),
    ("number-lines", 'n'),
    ("omit-header", 't'),
    ("omit-pagination", 'T'),
    ("output-tabs", 'i'),
    ("page-width", 'W'),
    ("pages", 'P'),
    ("sep-string", 'S'),
    ("separator", 's'),
    ("width", 'w'),
];

/// How many lines head and foot take.
const AROUND: usize = 10;

/// How lines are numbered.
#[derive(Clone, Copy)]
struct Numbers {
    separator: u8,
    digits: usize,
}

impl Numbers {
    /// How many columns the number and what is behind it take.
    fn width(&self) -> usize {
        match self.separator {
            b'\t' => (self.digits / 8 + 1) * 8,
            _ => self.digits + 1,
        }
    }
}

/// How the columns are filled.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fill {
    Down,
    Across,
    /// A file in each.
    Merge,
}

struct Plan<'p> {
    p: &'p Process,
    first: u64,
    last: u64,
    columns: usize,
    fill: Fill,
    column_width: usize,
    width: usize,
    separator: BString,
    truncates: bool,
    /// Columns stand under each other.
    aligns: bool,
    /// What is expanded in the input, and what blanks become in the output.
    expands: Option<(u8, usize)>,
    tabs: Option<(u8, usize)>,
    heads: bool,
    keeps_feeds: bool,
    feeds: bool,
    doubles: bool,
    /// Lines of text on a page.
    body: usize,
    footer: usize,
    numbers: Option<Numbers>,
    first_number: u64,
    margin: usize,
    head: Option<BString>,
    format: BString,
}

async fn run(p: Process) -> Outcome {
    let words = rewritten(p.args.get(1..).unwrap_or_default());
    let short = "aC:dD:e::Ffh:i::Jl:mn::N:o:P:rs::S::tTw:W:";
    let options = io::options_of(&p, &words, &COMMAND, short, LONG).await?;
    let (pages, names): (Vec<&BStr>, Vec<&BStr>) = options.operands.iter().partition(|word| {
        word.strip_prefix(b"+").is_some_and(|rest| rest.first().is_some_and(u8::is_ascii_digit))
    });
    let files = io::inputs(&names);
    let plan = match plan(&p, &options, pages.last().map(|word| word[1..].as_bstr()), files.len()) {
        Ok(plan) => plan,
        Err(message) => return Err(io::usage(&p, &COMMAND, &message).await),
    };
    let mut out = Output::new(&p);
    let (mut status, mut inputs) = (0, Vec::new());
    for name in files {
        match Input::open(&p, name, &plan.format).await {
            Ok(input) => inputs.push(input),
            Err(error) => {
                if !options.has('r') {
                    io::complain_about(&p, name, error).await;
                }
                status = 1;
                continue;
            }
        }
        if plan.fill != Fill::Merge {
            status = status.max(Pages::new(&plan, core::mem::take(&mut inputs)).print(&mut out).await?);
        }
    }
    if !inputs.is_empty() {
        status = status.max(Pages::new(&plan, inputs).print(&mut out).await?);
    }
    out.finish(status).await
}

/// Rewrites `-3` to `-C3`, also among other letters.
fn rewritten(args: &[BString]) -> Vec<BString> {
    let mut words = args.to_vec();
    for word in &mut words {
        if word == "--" {
            break;
        }
        let number = word.len() > 1 && word[0] == b'-' && word[1].is_ascii_digit();
        if number {
            let digits = word[1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
            let rest = word.split_off(1 + digits);
            word.insert(1, b'C');
            if !rest.is_empty() {
                // The other letters stand before, for a number takes the rest of its word.
                let number = word[1..].to_vec();
                *word = [b"-", &rest[..], &number[..]].concat().into();
            }
        }
    }
    words
}

/// `CHAR` and `NUMBER` of an option like `-n:3`.
fn char_and_number(text: &BStr, char: u8, number: usize) -> Option<(u8, usize)> {
    let (char, rest) = match text.split_first() {
        None => (char, &b""[..]),
        Some((first, rest)) if !first.is_ascii_digit() => (*first, rest),
        Some(_) => (char, text.as_bytes()),
    };
    let number = if rest.is_empty() { number } else { numbers::parse(rest).filter(|number| (1..=1000).contains(number))? };
    Some((char, number))
}

fn plan<'p>(p: &'p Process, options: &Options<'_>, pages: Option<&BStr>, files: usize) -> Result<Plan<'p>, String> {
    let number = |letter: char, default: usize| match options.value(letter).map(|text| (text, numbers::parse(text))) {
        None => Ok(default),
        Some((_, Some(number))) => Ok(number),
        Some((text, None)) => Err(format!("invalid number '{text}' after -{letter}")),
    };
    let pages = options.value('P').or(pages).unwrap_or(BStr::new("1"));
    let (first, last) = match pages.split_once_str(":") {
        Some((first, last)) => (numbers::parse(first), numbers::parse(last)),
        None => (numbers::parse(pages), Some(u64::MAX)),
    };
    let (Some(first @ 1..), Some(last)) = (first, last) else { return Err(format!("invalid pages '+{pages}'")) };
    if last < first {
        return Err(format!("pages '+{pages}' end before they begin"));
    }
    let given = number('C', 1)?;
    let fill = match (options.has('m'), options.has('a')) {
        (true, true) => return Err("-a and -m exclude each other".into()),
        (true, false) if options.has('C') => return Err("a number of columns and -m exclude each other".into()),
        (true, false) => Fill::Merge,
        (false, true) => Fill::Across,
        (false, false) => Fill::Down,
    };
    let columns = if fill == Fill::Merge { files } else { given };
    if columns == 0 {
        return Err("there must be at least one column".into());
    }
    let in_columns = options.has('C') || fill == Fill::Merge;
    // `-s` and `-w` together mean something else than each alone.
    let own = options.value('S').or_else(|| options.value('s').filter(|text| !text.is_empty()));
    let mut separator: Option<BString> = own.map(|text| text.into()).or_else(|| options.has('S').then(BString::default));
    let (mut joins, mut truncates) = (options.has('J'), options.has('W'));
    if options.has('w') {
        match in_columns {
            true => truncates = true,
            false => joins = true,
        }
        if in_columns && options.has('s') {
            separator.get_or_insert_default();
        }
    } else if options.has('s') && in_columns && !truncates && !options.has('S') {
        joins = true;
    } else if options.has('s') && in_columns && truncates {
        separator.get_or_insert_default();
    }
    let width = if options.has('W') { number('W', 72)? } else { number('w', 72)? };
    let expands = options.value('e').map(|text| char_and_number(text, b'\t', 8));
    let tabs = options.value('i').map(|text| char_and_number(text, b'\t', 8));
    let (Some(mut expands), Some(mut tabs)) = (expands.map_or(Some(None), |it| it.map(Some)), tabs.map_or(Some(None), |it| it.map(Some)))
    else {
        return Err("invalid tab stops after -e or -i; try -e8".into());
    };
    let mut separator = match separator {
        Some(text) if columns > 1 && !joins && text == "\t" => " ".into(),
        Some(text) => text,
        None if columns > 1 => if joins { "\t".into() } else { " ".into() },
        None => BString::default(),
    };
    if columns > 1 {
        truncates = true;
        if separator != "\t" {
            expands = expands.or(Some((b'\t', 8)));
        }
        tabs = tabs.or(Some((b'\t', 8)));
    } else {
        separator.clear();
    }
    truncates &= !joins;
    let numbers = match options.value('n').map(|text| char_and_number(text, b'\t', 5)) {
        None => None,
        Some(Some((separator, digits))) => Some(Numbers { separator, digits }),
        Some(None) => return Err("invalid number of digits after -n".into()),
    };
    let used = numbers.filter(|_| fill == Fill::Merge).map_or(0, |how| how.width());
    let between = (columns - 1) * separator.chars().count();
    let column_width = width.saturating_sub(used).saturating_sub(between) / columns;
    if column_width == 0 {
        return Err(format!("{width} columns are too few for the page"));
    }
    let feeds = options.has('F') || options.has('f');
    let length = number('l', 66)?;
    if length == 0 {
        return Err("a page has at least one line".into());
    }
    let heads = !options.has('t') && !options.has('T') && length > AROUND;
    let lines = if heads { length - AROUND } else { length };
    Ok(Plan {
        p,
        first,
        last,
        columns,
        fill,
        column_width,
        width,
        separator,
        truncates,
        aligns: columns > 1 && !joins,
        expands,
        tabs,
        heads,
        keeps_feeds: !heads && !options.has('T'),
        feeds,
        doubles: options.has('d'),
        body: if options.has('d') { (lines / 2).max(1) } else { lines },
        footer: if feeds { 0 } else { 5 },
        numbers,
        first_number: number('N', 1)? as u64,
        margin: number('o', 0)?,
        head: options.value('h').map(|text| text.into()),
        format: options.value('D').map_or("%Y-%m-%d %H:%M".into(), |text| text.into()),
    })
}

/// What a line of the input is followed by.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    Line,
    /// A form feed has ended the page.
    Page,
    End,
}

/// A file that is read by lines, which form feeds end, too.
struct Input<'p> {
    p: &'p Process,
    name: BString,
    date: BString,
    lines: Lines,
    _file: Opened,
    /// What is left of a line behind a form feed.
    rest: Option<Vec<u8>>,
    status: u8,
}

impl<'p> Input<'p> {
    async fn open(p: &'p Process, name: &BStr, format: &[u8]) -> Result<Self, Errno> {
        let (file, shown, time) = match name == "-" {
            true => (io::adopt(p, p.fds.get(0)?)?, BString::default(), p.sys.now()),
            false => {
                let file = io::open(p, name, OpenFlags::READ).await?;
                if is_dir(p, name).await {
                    return Err(Errno::EISDIR);
                }
                (file, name.into(), stat(p, name).await.map(|found| found.modified).unwrap_or_default())
            }
        };
        let mut date = Vec::new();
        format_time(format, &Civil::new(time), &mut date);
        Ok(Self { p, name: shown, date: date.into(), lines: Lines::new(&file), _file: file, rest: None, status: 0 })
    }

    /// The next line, and what comes after it. A form feed alone in a line is no line.
    async fn next(&mut self) -> Result<(Option<Vec<u8>>, Next), Ended> {
        let line = match self.rest.take() {
            Some(rest) => rest,
            None => match self.lines.next_line().await {
                Ok(Some(line)) => line.to_vec(),
                Ok(None) => return Ok((None, Next::End)),
                Err(error) => {
                    io::complain_about(self.p, &self.name, error).await;
                    self.status = 1;
                    return Ok((None, Next::End));
                }
            },
        };
        match line.find_byte(b'\x0c') {
            None => Ok((Some(line.strip_suffix(b"\n").unwrap_or(&line).to_vec()), Next::Line)),
            Some(at) => {
                let rest = &line[at + 1..];
                if !rest.is_empty() && rest != b"\n" {
                    self.rest = Some(rest.to_vec());
                }
                Ok(((at > 0).then(|| line[..at].to_vec()), Next::Page))
            }
        }
    }
}
