//! `[`: [`super::test`] with a bracket at the end.

use super::test::judge;
use crate::{
    io::{self, Outcome},
    process::Process,
};

command!("[", "[ EXPRESSION ]", "Succeeds if the expression is true: see `help test`.");

async fn run(p: Process) -> Outcome {
    let words = p.args.get(1..).unwrap_or_default();
    match words.split_last() {
        Some((last, expression)) if last == "]" => judge(&p, expression).await,
        Some((only, [])) if only == "--help" => Err(io::help(&p, &COMMAND).await),
        _ => Err(io::usage(&p, &COMMAND, "missing ']'").await),
    }
}
