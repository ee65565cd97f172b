//! `umask`: the permissions that new files do not get.

use bstr::{BString, ByteSlice};
use core::ops::ControlFlow::Continue;

use crate::{mode, run::Flow, shell::Shell};

pub(super) async fn umask(shell: &mut Shell, args: &[BString]) -> Flow<u8> {
    let mut words = &args[1..];
    let (mut symbolic, mut as_command) = (false, false);
    while let Some((word, rest)) = words.split_first() {
        match word.as_slice() {
            b"--" => {
                words = rest;
                break;
            }
            b"-S" => symbolic = true,
            b"-p" => as_command = true,
            [b'-', letter, ..] if letter.is_ascii_alphabetic() => {
                let letter = char::from(*letter);
                shell.complain(alloc::format!("umask: there is no option -{letter}; try -S or -p")).await;
                return Continue(2);
            }
            _ => break,
        }
        words = rest;
    }
    let Some(text) = words.first() else {
        let mask = match symbolic {
            true => mode::symbolic(!shell.umask),
            false => alloc::format!("{:04o}", shell.umask),
        };
        let option = if symbolic { "-S " } else { "" };
        let command = if as_command { alloc::format!("umask {option}") } else { Default::default() };
        return shell.print(alloc::format!("{command}{mask}\n")).await;
    };
    // Letters say what is allowed, digits what is not.
    let mask = match text.first().is_some_and(u8::is_ascii_digit) {
        true => mode::octal(text),
        false => mode::apply(text, !shell.umask & 0o777, false, 0).map(|allowed| !allowed),
    };
    let Some(mask) = mask else {
        let text = text.as_bstr();
        shell.complain(alloc::format!("umask: '{text}' is no mask; try 022 or u=rwx,go=rx")).await;
        return Continue(2);
    };
    shell.umask = mask & 0o777;
    Continue(0)
}
