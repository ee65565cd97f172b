//! `env`: prints the environment, or runs a command in a changed one.

use alloc::{sync::Arc, vec::Vec};
use bstr::{BString, ByteSlice};

use super::support::child;
use crate::{
    io::{self, Outcome, Output},
    process::{Environment, Process},
};

command!(
    "env",
    "env [-i] [-u NAME] [NAME=VALUE]... [COMMAND [ARGUMENT]...]",
    "Runs COMMAND with these variables, or prints all variables; -i starts with none, -u removes one."
);

async fn run(mut p: Process) -> Outcome {
    let long = [("ignore-environment", 'i'), ("unset", 'u')];
    let options = io::options(&p, &COMMAND, "+iu:", &long).await?;
    let mut env = if options.has('i') { Environment::new() } else { Environment::clone(&p.env) };
    for (_, name) in options.given.iter().filter(|(option, _)| *option == 'u') {
        env.remove(*name);
    }
    let assigned = options.operands.iter().map_while(|word| word.split_once_str(b"="));
    let assignments: Vec<(BString, BString)> =
        assigned.map(|(name, value)| (name.into(), value.into())).collect();
    let words: Vec<BString> = options.operands[assignments.len()..].iter().map(|&word| word.into()).collect();
    env.extend(assignments);
    p.env = Arc::new(env);

    let Some(name) = words.first() else {
        let mut out = Output::new(&p);
        for (name, value) in &*p.env {
            out.write_all(&[name, b"=", value, b"\n"]).await?;
        }
        return out.finish(0).await;
    };
    match child::function(&*p.sys, name) {
        Some(run) => {
            p.args = words;
            Ok(run(p).await)
        }
        None => {
            io::complain(&p, child::missing(name)).await;
            Ok(child::NOT_FOUND)
        }
    }
}
