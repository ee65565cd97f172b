//! `tabs`: where the terminal's tabs go to (ECMA-48: HTS, TBC).

use alloc::{format, vec::Vec};
use bstr::ByteSlice;

use super::support::tabs::Tabs;
use crate::{
    env::WindowSize,
    io::{self, Outcome, Output},
    process::Process,
};

command!(
    "tabs",
    "tabs [-N | -T TYPE] [+mMARGIN] [COLUMN[,COLUMN]...]",
    "Sets the terminal's tab stops every N (8) columns, or in the columns of a list; -0 takes all away."
);

async fn run(p: Process) -> Outcome {
    let mut words = p.args.get(1..).unwrap_or_default().to_vec();
    // `-8` is a distance, not an option.
    let distance = words.iter().position(|word| {
        word.len() > 1 && word[0] == b'-' && word[1..].iter().all(u8::is_ascii_digit)
    });
    let distance = distance.map(|at| words.remove(at).split_off(1));
    words.retain(|word| !word.starts_with(b"+m")); // no terminal has had a margin for long
    let options = io::options_of(&p, &words, &COMMAND, "T:", &[]).await?;
    let list = match (distance, options.operands.as_slice()) {
        (None, []) => None,
        (Some(distance), []) => Some(distance),
        (None, columns) => Some(bstr::join(",", columns)),
        (Some(_), _) => return Err(io::usage(&p, &COMMAND, "a distance and a list exclude each other").await),
    };
    let none = list.as_ref().is_some_and(|list| list.iter().all(|byte| *byte == b'0'));
    let columns = p.stdout().file().ok().and_then(|file| Some(file.terminal()?.size()));
    let columns = u64::from(columns.unwrap_or(WindowSize { rows: 24, cols: 80 }).cols);
    let stops: Vec<u64> = match Tabs::parse(list.as_ref().map(|list| list.as_bstr()).filter(|_| !none)) {
        _ if none => Vec::new(),
        None => return Err(io::usage(&p, &COMMAND, "invalid tab stops").await),
        // A single column is a distance for expand; here it is a column when it came in a list.
        Some(Tabs::Every(distance)) => (distance..columns).step_by(distance as usize).collect(),
        Some(Tabs::At(stops)) => stops.into_iter().map(|column| column - 1).filter(|at| *at < columns).collect(),
    };
    let mut text = Vec::from(b"\r\x1b[3g");
    let mut at = 0;
    for stop in stops {
        text.extend_from_slice(format!("{:1$}\x1bH", "", (stop - at) as usize).as_bytes());
        at = stop;
    }
    text.push(b'\r');
    let mut out = Output::new(&p);
    out.write(&text).await?;
    out.finish(0).await
}
