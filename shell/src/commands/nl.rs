//! `nl`: numbers lines. Memory is that of one line.
//!
//! A line of `\:\:\:`, `\:\:` or `\:` begins a header, body or footer, as in POSIX; expressions as in `-b pRE` are
//! not understood.

use alloc::{format, string::String};
use bstr::ByteSlice;

use super::support::{files::Files, numbers};
use crate::{
    io::{self, Options, Outcome, Output},
    process::Process,
};

command!(
    "nl",
    "nl [-b STYLE] [-h STYLE] [-f STYLE] [-n ln|rn|rz] [-w WIDTH] [-s TEXT] [-v FIRST] [-i STEP] [-p] [FILE...]",
    "Numbers lines with text; -b a: all lines, -b n: none. Numbers are WIDTH wide and TEXT follows them; -h and -f are for headers and footers, -p goes on with the numbers there."
);

/// Which lines of a section get numbers.
#[derive(Clone, Copy)]
enum Style {
    All,
    Text,
    None,
}

#[derive(Clone, Copy)]
enum Justify {
    Left,
    Right,
    Zeros,
}

struct Plan<'a> {
    header: Style,
    body: Style,
    footer: Style,
    justify: Justify,
    width: usize,
    separator: &'a [u8],
    first: i64,
    step: i64,
    renumber: bool,
}

async fn run(p: Process) -> Outcome {
    let long = [
        ("body-numbering", 'b'),
        ("header-numbering", 'h'),
        ("footer-numbering", 'f'),
        ("number-format", 'n'),
        ("number-width", 'w'),
        ("number-separator", 's'),
        ("starting-line-number", 'v'),
        ("line-increment", 'i'),
        ("no-renumber", 'p'),
    ];
    let options = io::options(&p, &COMMAND, "b:h:f:n:w:s:v:i:p", &long).await?;
    let plan = match plan(&options) {
        Ok(plan) => plan,
        Err(message) => return Err(io::usage(&p, &COMMAND, &message).await),
    };
    let mut out = Output::new(&p);
    let mut files = Files::new(&p, &options.operands);
    let (mut style, mut number) = (plan.body, plan.first);
    while let Some(mut lines) = files.next().await {
        while let Some(line) = files.line(lines.next_line().await).await {
            let line = line.strip_suffix(b"\n").unwrap_or(line);
            let section = match line {
                b"\\:\\:\\:" => Some(plan.header),
                b"\\:\\:" => Some(plan.body),
                b"\\:" => Some(plan.footer),
                _ => None,
            };
            if let Some(section) = section {
                style = section;
                if plan.renumber {
                    number = plan.first;
                }
                out.write(b"\n").await?;
                continue;
            }
            let numbered = match style {
                Style::All => true,
                Style::Text => !line.is_empty(),
                Style::None => false,
            };
            let width = plan.width;
            if numbered {
                let digits = match plan.justify {
                    Justify::Left => format!("{number:<width$}"),
                    Justify::Right => format!("{number:width$}"),
                    Justify::Zeros => format!("{number:0width$}"),
                };
                out.push(digits.as_bytes());
                out.push(plan.separator);
                number = number.saturating_add(plan.step);
            } else {
                out.push(format!("{:1$}", "", width + plan.separator.len()).as_bytes());
            }
            out.write_line(line).await?;
        }
    }
    out.finish(files.status).await
}

fn plan<'a>(options: &Options<'a>) -> Result<Plan<'a>, String> {
    let style = |option, default| match options.value(option).map(|text| text.as_bytes()) {
        None => Ok(default),
        Some(b"a") => Ok(Style::All),
        Some(b"t") => Ok(Style::Text),
        Some(b"n") => Ok(Style::None),
        Some(other) => Err(format!("invalid numbering style: '{}'", other.as_bstr())),
    };
    let number = |option, default| match options.value(option) {
        None => Ok(default),
        Some(text) => numbers::parse::<i64>(text).ok_or_else(|| format!("invalid number: '{text}'")),
    };
    Ok(Plan {
        header: style('h', Style::None)?,
        body: style('b', Style::Text)?,
        footer: style('f', Style::None)?,
        justify: match options.value('n').map(|text| text.as_bytes()) {
            None | Some(b"rn") => Justify::Right,
            Some(b"ln") => Justify::Left,
            Some(b"rz") => Justify::Zeros,
            Some(other) => return Err(format!("invalid number format: '{}'", other.as_bstr())),
        },
        // No wider than what a format can pad.
        width: match number('w', 6)? {
            width @ 1..=1000 => width as usize,
            width => return Err(format!("invalid width: '{width}'")),
        },
        separator: options.value('s').map_or(b"\t", |text| text.as_bytes()),
        first: number('v', 1)?,
        step: number('i', 1)?,
        renumber: !options.has('p'),
    })
}
