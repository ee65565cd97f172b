//! `sort`: orders lines. It holds all its input in memory; it says so and stops when there is not enough.
//!
//! The order is that of bytes. Long sorts let others run between merges.

mod keys;

use alloc::{format, vec::Vec};
use bstr::{BStr, ByteSlice};
use core::{cmp::Ordering, ops::Range};

use self::keys::{Order, Orders};
use crate::{
    env::OpenFlags,
    io::{self, Ended, Lines, Outcome, Output},
    process::Process,
};

command!(
    "sort",
    "sort [-nhrufbds] [-c] [-t CHAR] [-k FROM[,TO]]... [-o FILE] [FILE...]",
    "Sorts lines: -n by number, -h by size like 2K, -r backwards, -u without repeats, -k by fields, -c only checks."
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

async fn run(p: Process) -> Outcome {
    let long = [
        ("numeric-sort", 'n'),
        ("human-numeric-sort", 'h'),
        ("reverse", 'r'),
        ("unique", 'u'),
        ("ignore-case", 'f'),
        ("ignore-leading-blanks", 'b'),
        ("dictionary-order", 'd'),
        ("stable", 's'),
        ("check", 'c'),
        ("field-separator", 't'),
        ("key", 'k'),
        ("output", 'o'),
    ];
    let options = io::options(&p, &COMMAND, "nhrufbdsct:k:o:", &long).await?;
    let orders = match orders(&options) {
        Ok(orders) => orders,
        Err(message) => return Err(io::usage(&p, &COMMAND, &message).await),
    };
    let unique = options.has('u');
    let names = io::inputs(&options.operands);
    if options.has('c') {
        return check(&p, names[0], &orders, unique).await;
    }
    let mut text = Text { bytes: Vec::new(), lines: Vec::new() };
    for name in &names {
        read(&p, name, &mut text).await?;
    }
    let mut lines = merge_sort(&p, &text, &orders).await;
    if unique {
        lines.dedup_by(|b, a| orders.compare_keys(text.line(a), text.line(b)) == Ordering::Equal);
    }

    // Opened only now: it may be one of the inputs.
    if let Some(name) = options.value('o') {
        match io::open(&p, name, OpenFlags::WRITE | OpenFlags::CREATE | OpenFlags::TRUNC).await.and_then(|file| {
            let file = file.file()?;
            p.fds.set(1, file)
        }) {
            Ok(()) => {}
            Err(error) => {
                io::complain_about(&p, name, error).await;
                return Ok(2);
            }
        }
    }
    let mut out = Output::new(&p);
    for line in &lines {
        out.write_line(text.line(line)).await?;
    }
    out.finish(0).await
}

fn orders(options: &io::Options<'_>) -> Result<Orders, alloc::string::String> {
    let mut global = Order::default();
    for (option, _) in &options.given {
        global.set(*option as u8);
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
async fn read(p: &Process, name: &BStr, text: &mut Text) -> Result<(), Ended> {
    let Some(file) = io::open_input(p, name).await else { return Err(Ended(2)) };
    let mut lines = Lines::new(&file);
    loop {
        let line = match lines.next_line().await {
            Ok(Some(line)) => line,
            Ok(None) => return Ok(()),
            Err(error) => {
                io::complain_about(p, name, error).await;
                return Err(Ended(2));
            }
        };
        let line = line.strip_suffix(b"\n").unwrap_or(line);
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
async fn check(p: &Process, name: &BStr, orders: &Orders, unique: bool) -> Outcome {
    let mut text = Text { bytes: Vec::new(), lines: Vec::new() };
    read(p, name, &mut text).await?;
    for (i, pair) in text.lines.windows(2).enumerate() {
        let (a, b) = (text.line(&pair[0]), text.line(&pair[1]));
        let order = if unique { orders.compare_keys(a, b) } else { orders.compare(a, b) };
        if order == Ordering::Greater || unique && order == Ordering::Equal {
            io::complain(p, alloc::format!("{name}:{}: disorder: {}", i + 2, b.as_bstr())).await;
            return Ok(1);
        }
    }
    Ok(0)
}
