//! `declare`, `export`, `local`, `readonly` and `unset`.

use alloc::{string::String, sync::Arc, vec::Vec};
use bstr::{BString, ByteSlice};
use core::ops::ControlFlow::{Break, Continue};

use crate::{
    lang::is_name,
    run::{
        Flow, Leave,
        vars::{Array, Variable},
    },
    shell::Shell,
};

/// What variables can be given, and listed by.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Attributes {
    exported: bool,
    read_only: bool,
    array: bool,
}

impl Attributes {
    const EXPORTED: Attributes = Attributes { exported: true, read_only: false, array: false };
    const READ_ONLY: Attributes = Attributes { exported: false, read_only: true, array: false };

    fn are_of(self, variable: &Variable) -> bool {
        (!self.exported || variable.exported) && (!self.read_only || variable.read_only)
    }
}

pub(super) async fn export(shell: &mut Shell, args: &[BString]) -> Flow<u8> {
    mark(shell, args, Attributes::EXPORTED).await
}

pub(super) async fn readonly(shell: &mut Shell, args: &[BString]) -> Flow<u8> {
    mark(shell, args, Attributes::READ_ONLY).await
}

/// Gives variables an attribute and perhaps a value, or lists those that have it. A mistake ends a shell that is not
/// interactive: these are special builtins.
async fn mark(shell: &mut Shell, args: &[BString], attributes: Attributes) -> Flow<u8> {
    let mut names = &args[1..];
    let list = matches!(names, [] | [_]) && names.first().is_none_or(|arg| arg == "-p");
    if list {
        return list_variables(shell, &args[0], attributes).await;
    }
    if names[0] == "--" || names[0] == "-p" {
        names = &names[1..];
    }
    for arg in names {
        if let Err(message) = declare_one(shell, arg, attributes) {
            shell.complain(alloc::format!("{}: {message}", args[0])).await;
            shell.status = 2;
            return Break(Leave::Error);
        }
    }
    Continue(0)
}

async fn list_variables(shell: &mut Shell, command: &[u8], attributes: Attributes) -> Flow<u8> {
    let has = |(name, variable): (&BString, &Variable)| attributes.are_of(variable).then(|| name.clone());
    let names: Vec<BString> = shell.vars.iter().filter_map(has).collect();
    let mut text = Vec::new();
    for name in names {
        text.extend_from_slice(command);
        text.push(b' ');
        text.extend_from_slice(&shell.written(name.as_bstr()));
        text.push(b'\n');
    }
    shell.print(text).await
}

/// Does the assignment of `NAME[=VALUE]`, if there is one, and gives the attributes. The error is a message.
fn declare_one(shell: &mut Shell, arg: &BString, attributes: Attributes) -> Result<(), String> {
    let (name, value) = split(arg);
    if !is_name(name) {
        return Err(alloc::format!("{}: not a name", name.as_bstr()));
    }
    if let Some(value) = value {
        shell.vars.assign(name, value)?;
    }
    if attributes.array && shell.vars.elements(name.as_bstr()).is_empty() {
        shell.vars.set_array(name.as_bstr(), Array::new());
    }
    if attributes.exported {
        shell.vars.export(name);
    }
    if attributes.read_only {
        shell.vars.make_read_only(name);
    }
    Ok(())
}

fn split(arg: &[u8]) -> (&[u8], Option<&[u8]>) {
    arg.split_once_str("=").map_or((arg, None), |(name, value)| (name, Some(value)))
}

pub(super) async fn local(shell: &mut Shell, args: &[BString]) -> Flow<u8> {
    if shell.frames.is_empty() {
        shell.complain("local: this is for functions").await;
        return Continue(1);
    }
    declare(shell, args).await
}

/// `declare`, and `local`, which it is in a function.
pub(super) async fn declare(shell: &mut Shell, args: &[BString]) -> Flow<u8> {
    let mut attributes = Attributes::default();
    let (mut list, mut global) = (false, shell.frames.is_empty());
    let mut names = &args[1..];
    while let Some((b'-', letters)) = names.first().and_then(|arg| Some((*arg.first()?, &arg[1..])))
        && !letters.is_empty()
    {
        for letter in letters {
            match letter {
                b'-' => {}
                b'a' => attributes.array = true,
                b'g' => global = true,
                b'p' => list = true,
                b'r' => attributes.read_only = true,
                b'x' => attributes.exported = true,
                _ => {
                    let letter = char::from(*letter);
                    shell.complain(alloc::format!("{}: there is no option -{letter}", args[0])).await;
                    return Continue(2);
                }
            }
        }
        names = &names[1..];
    }
    if names.is_empty() {
        return list_variables(shell, &args[0], attributes).await;
    }
    let mut status = 0;
    let mut text = Vec::new();
    for arg in names {
        let name = BString::from(split(arg).0);
        if list {
            if shell.vars.save(name.as_bstr()).is_some() {
                text.extend_from_slice(
                    &[&args[0], b" ".as_slice(), &shell.written(name.as_bstr()), b"\n"].concat(),
                );
            } else {
                shell.complain(alloc::format!("{}: {name}: not set", args[0])).await;
                status = 1;
            }
            continue;
        }
        let before = shell.vars.save(name.as_bstr());
        let new = !global
            && shell.frames.last().is_some_and(|frame| !frame.iter().any(|(known, _)| *known == name));
        if new && before.as_ref().is_none_or(|variable| !variable.read_only) && is_name(&name) {
            // dash keeps the value of the variable outside until another is given; so do we, but not for an array.
            if let Some(frame) = shell.frames.last_mut() {
                frame.push((name.clone(), before));
            }
            if attributes.array {
                shell.vars.unset(&name);
            }
        }
        if let Err(message) = declare_one(shell, arg, attributes) {
            shell.complain(alloc::format!("{}: {message}", args[0])).await;
            status = 1;
        }
    }
    shell.print_with(text, status).await
}

pub(super) async fn unset(shell: &mut Shell, args: &[BString]) -> Flow<u8> {
    let functions = args.get(1).is_some_and(|arg| arg == "-f");
    let skip = usize::from(args.get(1).is_some_and(|arg| arg == "-f" || arg == "-v" || arg == "--"));
    for name in &args[1 + skip..] {
        if functions {
            if shell.functions.contains_key(name) {
                Arc::make_mut(&mut shell.functions).remove(name);
            }
        } else if let Err(message) = unset_one(shell, name) {
            shell.complain(alloc::format!("unset: {message}")).await;
            shell.status = 2;
            return Break(Leave::Error);
        }
    }
    Continue(0)
}

/// Forgets `NAME`, or an element of it. The error is a message.
fn unset_one(shell: &mut Shell, arg: &BString) -> Result<(), String> {
    let element = arg.strip_suffix(b"]").and_then(|arg| arg.split_once_str("["));
    let name = element.map_or(arg.as_slice(), |(name, _)| name);
    if !is_name(name) {
        return Err(alloc::format!("{}: not a name", arg.as_bstr()));
    }
    shell.vars.writable(name)?;
    match element {
        None | Some((_, b"@" | b"*")) => shell.vars.unset(name),
        Some((name, index)) => {
            let index = shell.index_of(name.as_bstr(), index)?;
            shell.vars.unset_element(name.as_bstr(), index);
        }
    }
    Ok(())
}
