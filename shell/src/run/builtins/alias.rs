//! `alias` and `unalias`.

use alloc::{sync::Arc, vec::Vec};
use bstr::{BString, ByteSlice};
use core::ops::ControlFlow::Continue;

use crate::{
    run::{Flow, assign::quoted},
    shell::Shell,
};

/// What a name may not hold: what the lexer would end or quote a word at.
const NOT_IN_NAMES: &[u8] = b" \t\r\n&|;<>()\"'\\$`/=";

pub(super) async fn alias(shell: &mut Shell, args: &[BString]) -> Flow<u8> {
    let mut status = 0;
    let mut text = Vec::new();
    let mut show = |name: &BString, value: &[u8]| {
        text.extend_from_slice(&[name.as_slice(), b"=", &quoted(value), b"\n"].concat());
    };
    if args.len() == 1 {
        shell.aliases.iter().for_each(|(name, value)| show(name, value));
    }
    for arg in &args[1..] {
        match arg.split_once_str("=") {
            Some((name, value)) if !name.is_empty() && name.find_byteset(NOT_IN_NAMES).is_none() => {
                Arc::make_mut(&mut shell.aliases).insert(name.into(), value.into());
            }
            Some((name, _)) => {
                shell
                    .complain(alloc::format!("alias: {}: an alias cannot have this name", name.as_bstr()))
                    .await;
                status = 1;
            }
            None => match shell.aliases.get(arg) {
                Some(value) => show(arg, value),
                None => {
                    shell.complain(alloc::format!("alias: {arg}: there is no such alias")).await;
                    status = 1;
                }
            },
        }
    }
    shell.print_with(text, status).await
}

pub(super) async fn unalias(shell: &mut Shell, args: &[BString]) -> Flow<u8> {
    if args.len() == 1 {
        shell.complain("unalias: the name of an alias is missing; -a forgets all").await;
        return Continue(2);
    }
    if args[1] == "-a" {
        shell.aliases = Arc::default();
        return Continue(0);
    }
    let mut status = 0;
    for name in &args[1..] {
        if Arc::make_mut(&mut shell.aliases).remove(name).is_none() {
            shell.complain(alloc::format!("unalias: {name}: there is no such alias")).await;
            status = 1;
        }
    }
    Continue(status)
}
