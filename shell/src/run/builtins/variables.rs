//! `export` and `unset`.

use alloc::vec::Vec;
use bstr::{BStr, BString, ByteSlice};
use core::ops::ControlFlow::Continue;

use crate::{lang::is_name, run::Flow, shell::Shell};

pub(super) async fn export(shell: &mut Shell, args: &[BString]) -> Flow<u8> {
    if args.len() == 1 || args[1] == "-p" {
        let mut text = Vec::new();
        for (name, variable) in shell.vars.iter().filter(|(_, variable)| variable.exported) {
            text.extend_from_slice(b"export ");
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
        let (name, value) = match arg.split_once_str("=") {
            Some((name, value)) => (name, Some(value)),
            None => (arg.as_slice(), None),
        };
        if !is_name(name) {
            shell.complain(alloc::format!("export: {}: not a name", name.as_bstr())).await;
            status = 1;
            continue;
        }
        if let Some(value) = value {
            shell.vars.set(name, value);
        }
        shell.vars.export(name);
    }
    Continue(status)
}

pub(super) async fn unset(shell: &mut Shell, args: &[BString]) -> Flow<u8> {
    let mut status = 0;
    let skip = usize::from(args.get(1).is_some_and(|arg| arg == "-v"));
    for name in &args[1 + skip..] {
        if is_name(name) {
            shell.vars.unset(name);
        } else {
            shell.complain(alloc::format!("unset: {name}: not a name")).await;
            status = 1;
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
