//! `comm`: lines that two sorted files have in common or not. Memory is that of a few lines.

use alloc::format;
use core::cmp::Ordering;

use super::support::sorted::Sorted;
use crate::{
    io::{self, Outcome, Output},
    process::Process,
};

command!(
    "comm",
    "comm [-123] FILE1 FILE2",
    "Compares sorted files: a column of lines only in FILE1, one of those only in FILE2, one of those in both; -1, -2 and -3 leave out a column."
);

async fn run(p: Process) -> Outcome {
    let options = io::options(&p, &COMMAND, "123", &[]).await?;
    let names = match *options.operands.as_slice() {
        [first, second] => [first, second],
        [_, _, extra, ..] => return Err(io::usage(&p, &COMMAND, &format!("extra operand '{extra}'")).await),
        _ => return Err(io::usage(&p, &COMMAND, "missing operand").await),
    };
    let [first, second, both] = ['1', '2', '3'].map(|option| !options.has(option));
    let second_indent: &[u8] = if first { b"\t" } else { b"" };
    let both_indent = &b"\t\t"[..usize::from(first) + usize::from(second)];
    let mut out = Output::new(&p);
    let mut a = Sorted::open(&p, names[0]).await?;
    let mut b = Sorted::open(&p, names[1]).await?;
    a.advance(&p, <[u8]>::cmp).await?;
    b.advance(&p, <[u8]>::cmp).await?;
    loop {
        let order = match (a.line(), b.line()) {
            (Some(a), Some(b)) => a.cmp(b),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => break,
        };
        let (shown, indent, line) = match order {
            Ordering::Less => (first, &b""[..], a.line()),
            Ordering::Equal => (both, both_indent, a.line()),
            Ordering::Greater => (second, second_indent, b.line()),
        };
        if shown {
            out.write_all(&[indent, line.unwrap_or_default(), b"\n"]).await?;
        }
        if order != Ordering::Greater {
            a.advance(&p, <[u8]>::cmp).await?;
        }
        if order != Ordering::Less {
            b.advance(&p, <[u8]>::cmp).await?;
        }
    }
    out.finish(u8::from(a.is_disordered() || b.is_disordered())).await
}
