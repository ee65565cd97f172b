//! `sort`: orders lines. It holds all its input in memory; it says so and stops when there is not enough.
//! Merging and checking (`-m`, `-c`) take the memory of one line of each file.
//!
//! The order is that of bytes. Long sorts let others run between merges.

mod keys;
mod merge;

use alloc::{format, vec::Vec};
use bstr::{BStr, ByteSlice};
use core::{cmp::Ordering, ops::Range};

use self::{
    keys::{Order, Orders},
    merge::Source,
};
use super::support::{files, paths::stat};
use crate::{
    env::OpenFlags,
    io::{self, Ended, Lines, Outcome, Output},
    process::Process,
};

command!(
    "sort",
    "sort [-nhgMVRrufbdisz] [-c | -C | -m] [-t CHAR] [-k FROM[,TO]]... [-o FILE] [FILE...]",
    "Sorts lines: -n by number, -h by size like 2K, -g by floating point number, -M by month, -V by version, -R at random, -r backwards, -u without repeats, -k by fields, -c and -C only check, -m merges what is sorted; -z: lines end with byte 0."
);

/// Lines as ranges of one buffer.
struct Text {
    bytes: Vec<u8>,
    lines: Vec<Range<usize>>,
}

impl Text {
    fn line(&self, range: &Range<usize>) -> &[u8] {
        &self.bytes[range.clone()]
    }
}

// Options that have long names only.
const CHECK: char = '\u{1}';
const SORT: char = '\u{2}';
const FILES0: char = '\u{3}';
const SOURCE: char = '\u{4}';
const IGNORED: char = '\u{5}';

async fn run(p: Process) -> Outcome {
    let long = [
        ("numeric-sort", 'n'),
        ("human-numeric-sort", 'h'),
        ("general-numeric-sort", 'g'),
        ("month-sort", 'M'),
        ("version-sort", 'V'),
        ("random-sort", 'R'),
        ("random-source", SOURCE),
        ("sort", SORT),
        ("reverse", 'r'),
        ("unique", 'u'),
        ("ignore-case", 'f'),
        ("ignore-leading-blanks", 'b'),
        ("ignore-nonprinting", 'i'),
        ("dictionary-order", 'd'),
        ("stable", 's'),
        ("check", CHECK),
        ("merge", 'm'),
        ("field-separator", 't'),
        ("key", 'k'),
        ("output", 'o'),
        ("zero-terminated", 'z'),
        ("files0-from", FILES0),
        ("buffer-size", 'S'),
        ("temporary-directory", 'T'),
        ("parallel", IGNORED),
        ("batch-size", IGNORED),
    ];
    let short = "nhgMVRrufbdiscCmzt:k:o:S:T:\u{1}::\u{2}:\u{3}:\u{4}:\u{5}:";
    let options = io::options(&p, &COMMAND, short, &long).await?;
    let mut orders = match orders(&options) {
        Ok(orders) => orders,
        Err(message) => return Err(io::usage(&p, &COMMAND, &message).await),
    };
    orders.salt = salt(&p, &options).await?;
    let unique = options.has('u');
    let end = if options.has('z') { 0 } else { b'\n' };
    let listed = match options.value(FILES0) {
        None => Vec::new(),
        Some(_) if !options.operands.is_empty() => {
            return Err(io::usage(&p, &COMMAND, "--files0-from goes without operands").await);
        }
        Some(list) => files::names_in(&p, list).await.map_err(|_| Ended(2))?,
    };
    let names = match options.has(FILES0) {
        true => listed.iter().map(|name| name.as_bstr()).collect(),
        false => io::inputs(&options.operands),
    };
    if let Some(check) = options.last_of("cC\u{1}") {
        let quiet = check == 'C' || options.value(CHECK).is_some_and(|how| how == "quiet" || how == "silent");
        return check_order(&p, names[0], &orders, unique, quiet, end).await;
    }
    // What is read must not be written meanwhile; then it is sorted as if nothing were known.
    if options.has('m') && !is_input(&p, options.value('o'), &names).await {
        return merge::merge(&p, &names, &orders, unique, end, options.value('o')).await;
    }
    let mut text = Text { bytes: Vec::new(), lines: Vec::new() };
    for name in &names {
        read(&p, name, end, &mut text).await?;
    }
    let mut lines = merge_sort(&p, &text, &orders).await;
    if unique {
        lines.dedup_by(|b, a| orders.compare_keys(text.line(a), text.line(b)) == Ordering::Equal);
    }
    // Opened only now: it may be one of the inputs.
    redirect(&p, options.value('o')).await?;
    let mut out = Output::new(&p);
    for line in &lines {
        out.write_all(&[text.line(line), &[end]]).await?;
    }
    out.finish(0).await
}

/// Makes a file the standard output.
async fn redirect(p: &Process, name: Option<&BStr>) -> Result<(), Ended> {
    let Some(name) = name else { return Ok(()) };
    let flags = OpenFlags::WRITE | OpenFlags::CREATE | OpenFlags::TRUNC;
    match io::open(p, name, flags).await.and_then(|file| p.fds.set(1, file.file()?)) {
        Ok(()) => Ok(()),
        Err(error) => {
            io::complain_about(p, name, error).await;
            Err(Ended(2))
        }
    }
}

/// Whether the file `to` is one of those that are read.
async fn is_input(p: &Process, to: Option<&BStr>, names: &[&BStr]) -> bool {
    let Some(to) = to else { return false };
    let Ok(to) = stat(p, to).await else { return false };
    for name in names {
        if stat(p, name).await.is_ok_and(|input| input.is_same_file(&to)) {
            return true;
        }
    }
    false
}

/// What makes random orders differ: some bytes of `--random-source`.
async fn salt(p: &Process, options: &io::Options<'_>) -> Result<Vec<u8>, Ended> {
    let random = options.given.iter().any(|(option, value)| {
        *option == 'R' || *option == SORT && *value == "random" || *option == 'k' && value.contains(&b'R')
    });
    if !random {
        return Ok(Vec::new());
    }
    let name = options.value(SOURCE).unwrap_or(BStr::new("/dev/urandom"));
    let source = io::open_input(p, name).await.ok_or(Ended(2))?;
    let mut salt = alloc::vec![0; 16];
    match source.read(&mut salt).await {
        Ok(n) => salt.truncate(n),
        Err(error) => {
            io::complain_about(p, name, error).await;
            return Err(Ended(2));
        }
    }
    Ok(salt)
}

fn orders(options: &io::Options<'_>) -> Result<Orders, alloc::string::String> {
    let mut global = Order::default();
    for (option, value) in &options.given {
        let letter = match (*option, value.as_bytes()) {
            (SORT, b"general-numeric") => 'g',
            (SORT, b"human-numeric") => 'h',
            (SORT, b"month") => 'M',
            (SORT, b"numeric") => 'n',
            (SORT, b"random") => 'R',
            (SORT, b"version") => 'V',
            (SORT, _) => return Err(format!("invalid argument '{value}' to --sort")),
            (option @ ('n' | 'h' | 'g' | 'M' | 'V' | 'R' | 'r' | 'f' | 'b' | 'd' | 'i'), _) => option,
            _ => continue,
        };
        if !global.set(letter as u8) {
            return Err(format!("-{letter} does not go with another way to compare"));
        }
    }
    let mut orders = Orders::new(global, options.has('s') || options.has('u'));
    if let Some(separator) = options.value('t') {
        match separator.as_bytes() {
            [byte] => orders.separator = Some(*byte),
            b"\\0" => orders.separator = Some(0),
            b"\\t" => orders.separator = Some(b'\t'),
            _ => return Err(format!("the separator must be one byte: '{separator}'")),
        }
    }
    for (_, key) in options.given.iter().filter(|(option, _)| *option == 'k') {
        orders.add_key(key).ok_or_else(|| format!("invalid key '{key}'"))?;
    }
    Ok(orders)
}

/// Appends the lines of a file.
async fn read(p: &Process, name: &BStr, end: u8, text: &mut Text) -> Result<(), Ended> {
    let Some(file) = io::open_input(p, name).await else { return Err(Ended(2)) };
    let mut lines = Lines::new(&file);
    loop {
        let line = match lines.next_until(end).await {
            Ok(Some(line)) => line,
            Ok(None) => return Ok(()),
            Err(error) => {
                io::complain_about(p, name, error).await;
                return Err(Ended(2));
            }
        };
        let line = line.strip_suffix(&[end]).unwrap_or(line);
        if text.bytes.try_reserve(line.len()).is_err() || text.lines.try_reserve(1).is_err() {
            io::complain(p, "the input does not fit into memory".into()).await;
            return Err(Ended(2));
        }
        let start = text.bytes.len();
        text.bytes.extend_from_slice(line);
        text.lines.push(start..text.bytes.len());
    }
}

/// Sorts runs at once and merges them pairwise, letting others run between the pieces.
async fn merge_sort(p: &Process, text: &Text, orders: &Orders) -> Vec<Range<usize>> {
    const RUN: usize = 256;
    let compare = |a: &Range<usize>, b: &Range<usize>| orders.compare(text.line(a), text.line(b));
    let mut lines = text.lines.clone();
    for run in lines.chunks_mut(RUN) {
        run.sort_by(compare);
        p.sys.yield_now().await;
    }
    let mut width = RUN;
    while width < lines.len() {
        let mut merged = Vec::with_capacity(lines.len());
        for pair in lines.chunks(2 * width) {
            let (mut left, mut right) = pair.split_at(width.min(pair.len()));
            while let (Some(l), Some(r)) = (left.first(), right.first()) {
                if compare(r, l) == Ordering::Less {
                    merged.push(r.clone());
                    right = &right[1..];
                } else {
                    merged.push(l.clone());
                    left = &left[1..];
                }
                if merged.len() % RUN == 0 {
                    p.sys.yield_now().await;
                }
            }
            merged.extend_from_slice(left);
            merged.extend_from_slice(right);
        }
        lines = merged;
        width *= 2;
    }
    lines
}

/// `-c`: the first line out of order is an error.
async fn check_order(p: &Process, name: &BStr, orders: &Orders, unique: bool, quiet: bool, end: u8) -> Outcome {
    let mut input = Source::open(p, name, end).await?;
    let (mut previous, mut number) = (Vec::new(), 0u64);
    while input.advance(p).await? {
        number += 1;
        let order = match (number, unique) {
            (1, _) => Ordering::Less,
            (_, true) => orders.compare_keys(&previous, &input.line),
            (_, false) => orders.compare(&previous, &input.line),
        };
        if order == Ordering::Greater || unique && order == Ordering::Equal {
            if !quiet {
                io::complain(p, format!("{name}:{number}: disorder: {}", input.line.as_bstr())).await;
            }
            return Ok(1);
        }
        core::mem::swap(&mut previous, &mut input.line);
    }
    Ok(0)
}
