//! `:`, `.`, `break`, `continue`, `eval`, `exec`, `exit`, `return`, `set`, `shift`.

use alloc::{boxed::Box, string::String, sync::Arc, vec::Vec};
use bstr::{BString, ByteSlice};
use core::ops::ControlFlow::{Break, Continue};

use crate::{
    run::{Flow, Leave, vars::Variable},
    shell::{Options, Shell},
};

pub(super) async fn colon(_shell: &mut Shell, _args: &[BString]) -> Flow<u8> {
    Continue(0)
}

/// Tells of a mistake in the use of a special builtin, which ends a shell that is not interactive (XCU 2.8.1).
async fn mistake(shell: &mut Shell, message: impl alloc::string::ToString) -> Flow<u8> {
    shell.complain(message).await;
    shell.status = 2;
    Break(Leave::Error)
}

pub(super) async fn eval(shell: &mut Shell, args: &[BString]) -> Flow<u8> {
    let text = bstr::join(" ", &args[1..]);
    shell.status = 0;
    nested(shell, Arc::from(text)).await
}

pub(super) async fn source(shell: &mut Shell, args: &[BString]) -> Flow<u8> {
    let Some(path) = args.get(1) else {
        return Box::pin(mistake(shell, alloc::format!("{}: a file name is missing", args[0]))).await;
    };
    // What is not found in PATH is looked for in the working directory, as bash does.
    let path = Box::pin(shell.find_in_path(path)).await.unwrap_or_else(|| path.clone());
    let text = Box::pin(shell.read_script(path.as_bstr())).await?;
    shell.status = 0;
    let outside = (args.len() > 2).then(|| core::mem::replace(&mut shell.args, Arc::from(&args[2..])));
    let flow = nested(shell, text).await;
    if let Some(outside) = outside {
        shell.args = outside;
    }
    returned(shell, flow)
}

async fn nested(shell: &mut Shell, text: Arc<[u8]>) -> Flow<u8> {
    shell.enter().await?;
    let flow = shell.run_text(text).await;
    shell.leave();
    flow?;
    Continue(shell.status)
}

/// The end of a file that was sourced.
fn returned(shell: &Shell, flow: Flow<u8>) -> Flow<u8> {
    match flow {
        Break(Leave::Return) => Continue(shell.status),
        flow => flow,
    }
}

/// How many loops `break` or `continue` is about: no more than there are. `Err` has been told of.
async fn levels(shell: &mut Shell, args: &[BString]) -> Flow<Option<usize>> {
    match args.get(1).map_or(Some(1), |text| number(text)) {
        Some(levels @ 1..) => Continue((shell.loops > 0).then(|| levels.min(shell.loops))),
        _ => {
            shell.complain(alloc::format!("{}: {}: not a number of loops", args[0], args[1])).await;
            shell.status = 2;
            Break(Leave::Error)
        }
    }
}

pub(super) async fn break_(shell: &mut Shell, args: &[BString]) -> Flow<u8> {
    let levels = levels(shell, args).await?;
    shell.status = 0;
    levels.map_or(Continue(0), |levels| Break(Leave::Break(levels)))
}

pub(super) async fn continue_(shell: &mut Shell, args: &[BString]) -> Flow<u8> {
    let levels = levels(shell, args).await?;
    shell.status = 0;
    levels.map_or(Continue(0), |levels| Break(Leave::Continue(levels)))
}

pub(super) async fn return_(shell: &mut Shell, args: &[BString]) -> Flow<u8> {
    if let Some(text) = args.get(1) {
        let Some(status) = number(text) else {
            return mistake(shell, alloc::format!("return: {text}: not a number")).await;
        };
        shell.status = status as u8;
    }
    Break(Leave::Return)
}

pub(super) async fn exec(shell: &mut Shell, args: &[BString]) -> Flow<u8> {
    let skip = 1 + usize::from(args.get(1).is_some_and(|arg| arg == "--"));
    let words = args[skip..].to_vec();
    if words.is_empty() {
        shell.keep_redirections = true;
        return Continue(0);
    }
    let text = BString::from(bstr::join(" ", &words));
    let fds = shell.fds.clone();
    shell.run_words(words, Vec::new(), fds, text.as_bstr(), false).await?;
    if shell.is_interactive() && shell.status == 127 {
        return Continue(127);
    }
    Break(Leave::Exit)
}

pub(super) async fn exit(shell: &mut Shell, args: &[BString]) -> Flow<u8> {
    if let Some(text) = args.get(1) {
        let Some(status) = number(text) else {
            return mistake(shell, alloc::format!("exit: {text}: not a number")).await;
        };
        shell.status = status as u8; // only the low byte reaches the parent (XCU exit)
    } else if let Some(status) = shell.traps.status_before {
        shell.status = status; // that of the command before the trap (XCU exit)
    }
    if shell.is_interactive() {
        if !shell.may_leave(shell.commands_read + 1).await {
            return Continue(1);
        }
        shell.end_jobs();
    }
    Break(Leave::Exit)
}

pub(super) async fn shift(shell: &mut Shell, args: &[BString]) -> Flow<u8> {
    let count = args.get(1).map_or(Some(1), |text| number(text));
    match count {
        Some(count) if count <= shell.args.len() => {
            shell.args = Arc::from(&shell.args[count..]);
            Continue(0)
        }
        Some(_) => mistake(shell, "shift: there are not that many parameters").await,
        None => mistake(shell, alloc::format!("shift: {}: not a number", args[1])).await,
    }
}

fn number(text: &[u8]) -> Option<usize> {
    text.to_str().ok()?.parse().ok()
}

pub(super) async fn set(shell: &mut Shell, args: &[BString]) -> Flow<u8> {
    if args.len() == 1 {
        let mut text = Vec::new();
        let set = |(name, variable): (&BString, &Variable)| variable.value.as_ref().map(|_| name.clone());
        let names: Vec<BString> = shell.vars.iter().filter_map(set).collect();
        for name in names {
            text.extend_from_slice(&shell.written(name.as_bstr()));
            text.push(b'\n');
        }
        return shell.print(text).await;
    }
    let mut options = shell.options;
    let mut rest = args[1..].iter();
    let mut parameters = None;
    while let Some(arg) = rest.clone().next() {
        let on = match arg.first() {
            _ if *arg == "--" => {
                rest.next();
                parameters = Some(rest.cloned().collect());
                break;
            }
            Some(b'-') if arg.len() > 1 => true,
            Some(b'+') if arg.len() > 1 => false,
            _ => {
                parameters = Some(rest.cloned().collect());
                break;
            }
        };
        rest.next();
        for &letter in &arg[1..] {
            if letter == b'o' {
                let Some(name) = rest.next() else {
                    return shell.print(list_options(&mut options, on)).await;
                };
                let Some((.., option)) = options.named().into_iter().find(|(_, known, _)| name == known)
                else {
                    return mistake(shell, alloc::format!("set: there is no option `{name}`")).await;
                };
                *option = on;
            } else if !options.set(letter, on) {
                return mistake(shell, alloc::format!("set: there is no option -{}", char::from(letter)))
                    .await;
            }
        }
    }
    shell.options = options;
    if let Some(parameters) = parameters {
        shell.set_args(parameters);
    }
    Continue(0)
}

/// What `set -o` shows, and with `+o` what one would type to have it so again.
fn list_options(options: &mut Options, readable: bool) -> String {
    let mut text = String::new();
    for (_, name, on) in options.named() {
        text += &match readable {
            true => alloc::format!("{name:<12}{}\n", if *on { "on" } else { "off" }),
            false => alloc::format!("set {}o {name}\n", if *on { '-' } else { '+' }),
        };
    }
    text
}
