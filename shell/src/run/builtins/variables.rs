//! `export`, `local`, `readonly` and `unset`.

use alloc::{string::String, sync::Arc, vec::Vec};
use bstr::{BStr, BString, ByteSlice};
use core::ops::ControlFlow::Continue;

use crate::{
    lang::is_name,
    run::{
        Flow,
        vars::{Variable, Vars},
    },
    shell::Shell,
};

pub(super) async fn export(shell: &mut Shell, args: &[BString]) -> Flow<u8> {
    mark(shell, args, |variable| variable.exported, |vars, name| vars.export(name)).await
}

pub(super) async fn readonly(shell: &mut Shell, args: &[BString]) -> Flow<u8> {
    mark(shell, args, |variable| variable.read_only, |vars, name| vars.make_read_only(name)).await
}

/// Gives variables an attribute and perhaps a value, or lists those that have it.
async fn mark(
    shell: &mut Shell,
    args: &[BString],
    has: fn(&Variable) -> bool,
    give: fn(&mut Vars, &[u8]),
) -> Flow<u8> {
    if args.len() == 1 || args[1] == "-p" {
        let mut text = Vec::new();
        for (name, variable) in shell.vars.iter().filter(|(_, variable)| has(variable)) {
            text.extend_from_slice(&args[0]);
            text.push(b' ');
            match &variable.value {
                Some(value) => text.extend_from_slice(&assignment(name.as_bstr(), value)),
                None => text.extend_from_slice(name),
            }
            text.push(b'\n');
        }
        return Continue(shell.print(text).await);
    }
    let mut status = 0;
    for arg in &args[1..] {
        match declare(shell, arg) {
            Ok(name) => give(&mut shell.vars, &name),
            Err(message) => {
                shell.complain(alloc::format!("{}: {message}", args[0])).await;
                status = 1;
            }
        }
    }
    Continue(status)
}

/// Does the assignment of `NAME[=VALUE]`, if there is one; the name.
fn declare(shell: &mut Shell, arg: &BString) -> Result<BString, String> {
    let (name, value) = match arg.split_once_str("=") {
        Some((name, value)) => (name, Some(value)),
        None => (arg.as_slice(), None),
    };
    if !is_name(name) {
        return Err(alloc::format!("{}: not a name", name.as_bstr()));
    }
    if let Some(value) = value {
        shell.vars.assign(name, value)?;
    }
    Ok(name.into())
}

pub(super) async fn local(shell: &mut Shell, args: &[BString]) -> Flow<u8> {
    if shell.frames.is_empty() {
        shell.complain("local: this is for functions").await;
        return Continue(1);
    }
    let mut status = 0;
    for arg in &args[1..] {
        let name = BString::from(arg.split_once_str("=").map_or(arg.as_slice(), |(name, _)| name));
        let before = shell.vars.save(name.as_bstr());
        match declare(shell, arg) {
            Ok(name) => {
                if let Some(frame) = shell.frames.last_mut()
                    && !frame.iter().any(|(known, _)| *known == name)
                {
                    frame.push((name, before));
                }
            }
            Err(message) => {
                shell.complain(alloc::format!("local: {message}")).await;
                status = 1;
            }
        }
    }
    Continue(status)
}

pub(super) async fn unset(shell: &mut Shell, args: &[BString]) -> Flow<u8> {
    let mut status = 0;
    let functions = args.get(1).is_some_and(|arg| arg == "-f");
    let skip = usize::from(functions || args.get(1).is_some_and(|arg| arg == "-v"));
    for name in &args[1 + skip..] {
        if functions {
            if shell.functions.contains_key(name) {
                Arc::make_mut(&mut shell.functions).remove(name);
            }
        } else if !is_name(name) {
            shell.complain(alloc::format!("unset: {name}: not a name")).await;
            status = 1;
        } else if shell.vars.is_read_only(name) {
            shell.assignment_failed(alloc::format!("unset: {name}: is read only")).await?;
        } else {
            shell.vars.unset(name);
        }
    }
    Continue(status)
}

/// `NAME='VALUE'`, which the shell can read again.
pub(super) fn assignment(name: &BStr, value: &[u8]) -> BString {
    let mut text = BString::from(name);
    text.extend_from_slice(b"='");
    text.extend_from_slice(&value.replace("'", r"'\''"));
    text.push(b'\'');
    text
}
