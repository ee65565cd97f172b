//! `command`, `type`, `help`.

use alloc::{string::String, vec::Vec};
use bstr::{BString, ByteSlice};
use core::ops::ControlFlow::{Break, Continue};

use super::BUILTINS;
use crate::{
    commands,
    env::System,
    lang::is_reserved,
    run::{
        Flow, Leave,
        assign::quoted,
        simple::{Meaning, meaning, shown},
    },
    sh,
    shell::Shell,
};

pub(super) async fn command(shell: &mut Shell, args: &[BString]) -> Flow<u8> {
    match args.get(1).map(|arg| arg.as_slice()) {
        None => Continue(0),
        Some(b"-v") => describe(shell, &args[2..], true).await,
        Some(b"-V") => describe(shell, &args[2..], false).await,
        Some(first) => {
            let skip = 1 + usize::from(first == b"--" || first == b"-p");
            let words = args[skip..].to_vec();
            if words.is_empty() {
                return Continue(0);
            }
            let text = BString::from(bstr::join(" ", &words));
            // `command command command ...` would otherwise go as deep as it is long.
            shell.enter().await?;
            let fds = shell.fds.duplicate();
            let flow = shell.run_no_function(words, Vec::new(), fds, text.as_bstr(), false).await;
            shell.leave();
            match flow {
                // What a special builtin complains of does not end the shell here (XCU 2.15).
                Break(Leave::Error) => Continue(shell.status),
                flow => {
                    flow?;
                    Continue(shell.status)
                }
            }
        }
    }
}

pub(super) async fn type_(shell: &mut Shell, args: &[BString]) -> Flow<u8> {
    describe(shell, &args[1..], false).await
}

/// Says what names mean: `brief` as `command -v` does, else in a sentence.
async fn describe(shell: &mut Shell, names: &[BString], brief: bool) -> Flow<u8> {
    let mut status = 0;
    let mut text = String::new();
    for name in names {
        let shown = shown(name);
        if let Some(value) = shell.aliases.get(name) {
            let value = quoted(value);
            text += &match brief {
                true => alloc::format!("alias {shown}={value}\n"),
                false => alloc::format!("{shown} is an alias for {value}\n"),
            };
            continue;
        }
        let what = match meaning(&*shell.sys, name) {
            _ if is_reserved(name) => "is a shell keyword".into(),
            Meaning::Builtin(builtin) if builtin.special => "is a special shell builtin".into(),
            _ if shell.functions.contains_key(name) => "is a shell function".into(),
            Meaning::Builtin(_) => "is a shell builtin".into(),
            Meaning::Command(_) | Meaning::Shell => "is a command".into(),
            Meaning::Path => {
                let path = crate::process::absolute(shell.cwd.as_bstr(), name.as_bstr());
                match shell.sys.stat(path.as_bstr()).await {
                    Ok(_) => "is a file".into(),
                    Err(_) => String::new(),
                }
            }
            Meaning::Nothing => match shell.find_in_path(name).await {
                Some(path) if brief => {
                    text += &alloc::format!("{path}\n");
                    continue;
                }
                Some(path) => alloc::format!("is {path}"),
                None => String::new(),
            },
        };
        match (what.as_str(), brief) {
            ("", true) => status = 127,
            ("", false) => {
                shell.complain(alloc::format!("{shown}: not found")).await;
                status = 127;
            }
            (_, true) => text += &alloc::format!("{shown}\n"),
            (what, false) => text += &alloc::format!("{shown} {what}\n"),
        }
    }
    shell.print_with(text, status).await
}

/// Everything that one can type: name, synopsis, summary.
pub(crate) fn everything(sys: &dyn System) -> Vec<(&'static str, &'static str, &'static str)> {
    let mut all: Vec<_> = BUILTINS.iter().map(|it| (it.name, it.synopsis, it.summary)).collect();
    all.extend(commands::all(sys).map(|it| (it.name, it.synopsis, it.summary)));
    all.push((sh::NAME, sh::SYNOPSIS, sh::SUMMARY));
    all.sort_unstable();
    all.dedup_by_key(|entry| entry.0); // a builtin may stand in front of a command
    all
}

pub(super) async fn help(shell: &mut Shell, args: &[BString]) -> Flow<u8> {
    let mut status = 0;
    let mut text = String::new();
    if args.len() == 1 {
        for (_, synopsis, summary) in everything(&*shell.sys) {
            text += &alloc::format!("{synopsis}\n    {summary}\n");
        }
    }
    for name in &args[1..] {
        match everything(&*shell.sys).into_iter().find(|entry| name == entry.0) {
            Some((_, synopsis, summary)) => text += &alloc::format!("{synopsis}\n    {summary}\n"),
            None => {
                shell.complain(alloc::format!("help: {}: no such command", shown(name))).await;
                status = 1;
            }
        }
    }
    shell.print_with(text, status).await
}
