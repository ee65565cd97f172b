//! `cut`: parts of each line, by bytes, characters or fields. Memory is that of one line.

use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use bstr::{BStr, ByteSlice};

use super::support::{files::Files, numbers};
use crate::{
    io::{self, Options, Outcome, Output},
    process::Process,
};

command!(
    "cut",
    "cut {-b LIST | -c LIST | -f LIST [-d CHAR] [-s]} [-O TEXT] [-z] [--complement] [FILE...]",
    "Prints parts of lines: bytes (-b), characters (-c) or fields (-f) of a LIST like 1,3-5,7-; -d sets what parts fields (a tab), -s leaves out lines without it, -O (--output-delimiter) goes between the parts printed, --complement takes all other parts; -z: lines end with byte 0."
);

// An option that has a long name only.
const COMPLEMENT: char = '\u{1}';

/// Which parts are wanted: first and last, from 1, in order and not overlapping.
struct List(Vec<(usize, usize)>);

impl List {
    fn parse(text: &BStr) -> Result<Self, String> {
        let mut ranges = Vec::new();
        for range in text.split(|byte| matches!(byte, b',' | b' ' | b'\t')) {
            let bad = || format!("invalid range '{}'", range.as_bstr());
            let number = |text: &[u8]| match text.iter().all(u8::is_ascii_digit) {
                // Beyond any line is as good as the end.
                true if !text.is_empty() => Ok(numbers::parse(text).unwrap_or(usize::MAX)),
                _ => Err(bad()),
            };
            let (first, last) = match range.split_once_str(b"-") {
                None => (number(range)?, number(range)?),
                Some((b"", b"")) => return Err(bad()),
                Some((b"", last)) => (1, number(last)?),
                Some((first, b"")) => (number(first)?, usize::MAX),
                Some((first, last)) => (number(first)?, number(last)?),
            };
            if first == 0 {
                return Err("parts of a line are numbered from 1".to_string());
            }
            if last < first {
                return Err(format!("invalid decreasing range '{}'", range.as_bstr()));
            }
            ranges.push((first, last));
        }
        ranges.sort_unstable();
        // Ranges that only touch stay two: -O goes between them.
        ranges.dedup_by(|next, kept| {
            let overlap = next.0 <= kept.1;
            if overlap {
                kept.1 = kept.1.max(next.1);
            }
            overlap
        });
        Ok(Self(ranges))
    }

    /// All that is not in it.
    fn complement(&self) -> Self {
        let (mut others, mut next) = (Vec::new(), 1);
        for (first, last) in &self.0 {
            if *first > next {
                others.push((next, first - 1));
            }
            next = last.saturating_add(1);
        }
        if next < usize::MAX {
            others.push((next, usize::MAX));
        }
        Self(others)
    }
}

/// How a line is taken apart.
enum By {
    Bytes,
    Chars,
    Fields { delimiter: Vec<u8>, only_delimited: bool },
}

struct Plan<'a> {
    by: By,
    list: List,
    between: Option<&'a [u8]>,
}

impl Plan<'_> {
    /// Gathers the wanted parts of a line; false if it is not printed at all.
    fn cut(&self, line: &[u8], out: &mut Vec<u8>) -> bool {
        match &self.by {
            By::Bytes => self.pieces(line, |n| n.min(line.len()), out),
            By::Chars => {
                // Where each character ends is found going forward only, as the ranges are in order.
                let (mut ends, mut seen, mut at) = (line.char_indices(), 0, 0);
                let end_of = |n: usize| {
                    while seen < n
                        && let Some((_, end, _)) = ends.next()
                    {
                        (seen, at) = (seen + 1, end);
                    }
                    at
                };
                self.pieces(line, end_of, out);
            }
            By::Fields { delimiter, only_delimited } => {
                if line.find(delimiter).is_none() {
                    out.extend_from_slice(line);
                    return !only_delimited;
                }
                let between = self.between.unwrap_or(delimiter);
                let (mut ranges, mut first) = (self.list.0.iter().peekable(), true);
                for (i, field) in line.split_str(delimiter).enumerate() {
                    while ranges.next_if(|(_, last)| *last < i + 1).is_some() {}
                    let Some((from, _)) = ranges.peek() else { break };
                    if i + 1 >= *from {
                        if !first {
                            out.extend_from_slice(between);
                        }
                        out.extend_from_slice(field);
                        first = false;
                    }
                }
            }
        }
        true
    }

    /// `end_of(n)` is where the first n units end, at most the end of the line; its arguments rise.
    fn pieces(&self, line: &[u8], mut end_of: impl FnMut(usize) -> usize, out: &mut Vec<u8>) {
        for (i, (first, last)) in self.list.0.iter().enumerate() {
            let start = end_of(first - 1);
            if start == line.len() {
                break;
            }
            if i > 0 {
                out.extend_from_slice(self.between.unwrap_or_default());
            }
            out.extend_from_slice(&line[start..end_of(*last)]);
        }
    }
}

async fn run(p: Process) -> Outcome {
    let long = [
        ("bytes", 'b'),
        ("characters", 'c'),
        ("fields", 'f'),
        ("delimiter", 'd'),
        ("only-delimited", 's'),
        ("output-delimiter", 'O'),
        ("zero-terminated", 'z'),
        ("complement", COMPLEMENT),
    ];
    let options = io::options(&p, &COMMAND, "b:c:f:d:snO:z\u{1}", &long).await?;
    let end = if options.has('z') { 0 } else { b'\n' };
    let plan = match plan(&options) {
        Ok(plan) => plan,
        Err(message) => return Err(io::usage(&p, &COMMAND, &message).await),
    };
    let mut out = Output::new(&p);
    let mut files = Files::new(&p, &options.operands);
    let mut parts = Vec::new();
    while let Some(mut lines) = files.next().await {
        while let Some(line) = files.line(lines.next_until(end).await).await {
            parts.clear();
            if plan.cut(line.strip_suffix(&[end]).unwrap_or(line), &mut parts) {
                parts.push(end);
                out.write(&parts).await?;
            }
        }
    }
    out.finish(files.status).await
}

fn plan<'a>(options: &Options<'a>) -> Result<Plan<'a>, String> {
    let mut lists = options.given.iter().filter(|(option, _)| matches!(option, 'b' | 'c' | 'f'));
    let (Some((option, list)), None) = (lists.next(), lists.next()) else {
        return Err("one list of bytes, characters or fields is needed".to_string());
    };
    if *option != 'f' && (options.has('d') || options.has('s')) {
        return Err("-d and -s go with fields only".to_string());
    }
    let by = match option {
        'b' => By::Bytes,
        'c' => By::Chars,
        _ => {
            let delimiter = options.value('d').map_or(&b"\t"[..], |text| text.as_bytes());
            // As elsewhere, the empty delimiter is the byte 0, which no argument can hold.
            let delimiter = if delimiter.is_empty() { b"\0" } else { delimiter };
            if delimiter.len() > 1 && delimiter.chars().count() > 1 {
                return Err(format!("the delimiter must be one character: '{}'", delimiter.as_bstr()));
            }
            By::Fields { delimiter: delimiter.to_vec(), only_delimited: options.has('s') }
        }
    };
    let list = List::parse(list)?;
    let list = if options.has(COMPLEMENT) { list.complement() } else { list };
    Ok(Plan { by, list, between: options.value('O').map(|text| text.as_bytes()) })
}
