//! `history` and `fc`: the lines typed so far, shown, forgotten or run again.

use alloc::{format, sync::Arc, vec::Vec};
use bstr::{BString, ByteSlice};
use core::ops::{ControlFlow::Continue, RangeInclusive};

use crate::{env::OpenFlags, fd::Fd, process::absolute, run::Flow, shell::Shell};

/// How many lines `fc -l` shows unless it is told.
const LISTED: usize = 16;

pub(super) async fn history(shell: &mut Shell, args: &[BString]) -> Flow<u8> {
    let Some(editor) = &mut shell.editor else { return Continue(0) };
    let history = &mut editor.history;
    let words: Vec<&[u8]> = args[1..].iter().map(|arg| arg.as_bytes()).collect();
    let number = |text: &[u8]| text.to_str().ok()?.parse::<usize>().ok();
    let shown = match words.as_slice() {
        [] => history.len(),
        [b"-c"] => {
            history.clear();
            return Continue(0);
        }
        [b"-d", which] => {
            let index = number(which).and_then(|number| number.checked_sub(history.first_number()));
            if index.is_some_and(|index| history.remove(index)) {
                return Continue(0);
            }
            shell.complain(format!("history: {}: there is no line of this number", which.as_bstr())).await;
            return Continue(1);
        }
        [count] if number(count).is_some() => number(count).unwrap_or(0),
        _ => {
            shell.complain("history: usage: history [COUNT | -c | -d NUMBER]").await;
            return Continue(2);
        }
    };
    let mut text = Vec::new();
    for (number, line) in history.iter().skip(history.len().saturating_sub(shown)) {
        text.extend_from_slice(format!("{number:>5}  ").as_bytes());
        text.extend_from_slice(line);
        text.push(b'\n');
    }
    shell.print(text).await
}

/// What `fc` was asked for.
#[derive(Default)]
struct Request<'a> {
    list: bool,
    no_numbers: bool,
    reverse: bool,
    again: bool,
    editor: Option<BString>,
    operands: &'a [BString],
}

fn parse(args: &[BString]) -> Result<Request<'_>, BString> {
    let mut request = Request::default();
    let mut rest = &args[1..];
    while let Some(arg) = rest.first() {
        let letters = match arg.as_slice() {
            b"--" => {
                rest = &rest[1..];
                break;
            }
            [b'-', letters @ ..] if letters.first().is_some_and(|letter| !letter.is_ascii_digit()) => letters,
            _ => break,
        };
        rest = &rest[1..];
        for (index, letter) in letters.iter().enumerate() {
            match letter {
                b'l' => request.list = true,
                b'n' => request.no_numbers = true,
                b'r' => request.reverse = true,
                b's' => request.again = true,
                b'e' => {
                    let joined = &letters[index + 1..];
                    request.editor = if joined.is_empty() {
                        let (editor, after) = rest.split_first().ok_or("-e needs the name of an editor")?;
                        rest = after;
                        Some(editor.clone())
                    } else {
                        Some(joined.into())
                    };
                    break;
                }
                _ => return Err(format!("there is no option -{}", char::from(*letter)).into()),
            }
        }
    }
    request.again |= request.editor.as_ref().is_some_and(|editor| editor == "-");
    request.operands = rest;
    Ok(request)
}

pub(super) async fn fc(shell: &mut Shell, args: &[BString]) -> Flow<u8> {
    if shell.editor.is_none() {
        shell.complain("fc: only an interactive shell has a history").await;
        return Continue(1);
    }
    let request = match parse(args) {
        Ok(request) => request,
        Err(message) => {
            shell.complain(format!("fc: {message}")).await;
            return Continue(2);
        }
    };
    if request.again {
        return again(shell, request.operands).await;
    }
    let default = if request.list { LISTED } else { 1 };
    let Some(range) = range(shell, request.operands, default).await else { return Continue(1) };
    let reverse = request.reverse != (range.0 > range.1);
    let range = range.0.min(range.1)..=range.0.max(range.1);
    if request.list {
        list(shell, &request, range, reverse).await
    } else {
        edit(shell, &request, range, reverse).await
    }
}

/// The lines to choose from: all but the `fc` that is being run.
fn choice(shell: &Shell) -> Vec<(usize, BString)> {
    let Some(editor) = &shell.editor else { return Vec::new() };
    let mut lines: Vec<_> = editor.history.iter().map(|(number, line)| (number, line.clone())).collect();
    lines.pop_if(|(_, line)| line.trim_ascii_start().starts_with(b"fc"));
    lines
}

/// The number of the line that an operand means: a number, a number back from the newest, or how it begins.
fn find(lines: &[(usize, BString)], operand: &BString) -> Option<usize> {
    let (oldest, newest) = (lines.first()?.0, lines.last()?.0);
    match operand.to_str().ok().and_then(|text| text.parse::<i64>().ok()) {
        Some(number @ 0..) => Some((number as usize).clamp(oldest, newest)),
        Some(back) => Some((newest + 1).saturating_sub(back.unsigned_abs() as usize).max(oldest)),
        None => lines.iter().rev().find(|(_, line)| line.starts_with(operand)).map(|(number, _)| *number),
    }
}

/// The numbers that the operands mean; `None` has been told of.
async fn range(shell: &mut Shell, operands: &[BString], default: usize) -> Option<(usize, usize)> {
    let lines = choice(shell);
    let newest = lines.last().map_or(0, |(number, _)| *number);
    let oldest = lines.first().map_or(0, |(number, _)| *number);
    let problem = match operands {
        _ if lines.is_empty() => "there are no lines yet".into(),
        [] => return Some(((newest + 1).saturating_sub(default).max(oldest), newest)),
        [first, rest @ ..] if rest.len() < 2 => {
            let last = rest.first().unwrap_or(first);
            match (find(&lines, first), find(&lines, last)) {
                (Some(first), Some(_)) if rest.is_empty() && default == LISTED => {
                    return Some((first, newest));
                }
                (Some(first), Some(last)) => return Some((first, last)),
                (None, _) => format!("{first}: no line begins with this"),
                _ => format!("{last}: no line begins with this"),
            }
        }
        _ => "too many operands".into(),
    };
    shell.complain(format!("fc: {problem}")).await;
    None
}

/// The lines of a range, in the order asked for.
fn chosen(shell: &Shell, range: RangeInclusive<usize>, reverse: bool) -> Vec<(usize, BString)> {
    let mut lines = choice(shell);
    lines.retain(|(number, _)| range.contains(number));
    if reverse {
        lines.reverse();
    }
    lines
}

async fn list(
    shell: &mut Shell,
    request: &Request<'_>,
    range: RangeInclusive<usize>,
    reverse: bool,
) -> Flow<u8> {
    let mut text = Vec::new();
    for (number, line) in chosen(shell, range, reverse) {
        if !request.no_numbers {
            text.extend_from_slice(format!("{number}").as_bytes());
        }
        text.push(b'\t');
        text.extend_from_slice(&line.replace("\n", "\n\t"));
        text.push(b'\n');
    }
    shell.print(text).await
}

/// `fc -s [OLD=NEW] [FIRST]`
async fn again(shell: &mut Shell, operands: &[BString]) -> Flow<u8> {
    let (change, operands) = match operands.split_first() {
        Some((first, rest)) => match first.split_once_str("=") {
            Some(change) => (Some(change), rest),
            None => (None, operands),
        },
        None => (None, operands),
    };
    let Some((number, _)) = range(shell, operands, 1).await else { return Continue(1) };
    let Some((_, line)) = chosen(shell, number..=number, false).pop() else { return Continue(1) };
    let line = match change {
        Some((old, new)) if !old.is_empty() => line.replacen(old, new, 1),
        _ => line.into(),
    };
    run(shell, line).await
}

/// Lets an editor change the lines, and runs what it leaves.
async fn edit(
    shell: &mut Shell,
    request: &Request<'_>,
    range: RangeInclusive<usize>,
    reverse: bool,
) -> Flow<u8> {
    let editor = request.editor.clone().or_else(|| {
        let named = ["FCEDIT", "EDITOR"].into_iter().find_map(|name| shell.vars.get(name));
        named.filter(|editor| !editor.is_empty()).map(BString::from)
    });
    let editor = editor.unwrap_or_else(|| "ed".into());
    let lines: Vec<_> = chosen(shell, range, reverse).into_iter().map(|(_, line)| line).collect();
    let text = [&bstr::join("\n", lines)[..], b"\n"].concat();
    let directory = shell.vars.get("TMPDIR").unwrap_or(b"/tmp".as_bstr());
    let path = absolute(directory, format!("fc.{}", shell.pid).as_bytes().as_bstr());
    if let Err(error) = write(shell, &path, &text).await {
        shell.complain(format!("fc: {path}: {error}")).await;
        return Continue(1);
    }
    let command = [&editor[..], b" '", &path.replace("'", "'\\''"), b"'"].concat();
    let flow = shell.run_text(Arc::from(command)).await;
    let edited = shell.read_script(path.as_bstr()).await;
    let _ = shell.sys.unlink(path.as_bstr()).await;
    flow?;
    let (Continue(text), 0) = (edited, shell.status) else {
        shell.complain("fc: the editor failed; nothing is run").await;
        return Continue(1);
    };
    run(shell, text.trim_ascii_end().to_vec()).await
}

async fn write(shell: &mut Shell, path: &BString, text: &[u8]) -> crate::env::Result<()> {
    let flags = OpenFlags::WRITE | OpenFlags::CREATE | OpenFlags::TRUNC;
    let fd = Fd::new(&shell.fds, shell.fds.insert(shell.sys.open(path.as_bstr(), flags).await?)?);
    let result = fd.write_all(text).await;
    fd.close();
    result
}

/// Shows a line, keeps it in the place of the `fc`, and runs it.
async fn run(shell: &mut Shell, line: Vec<u8>) -> Flow<u8> {
    shell.tell(&line).await;
    shell.tell("\n").await;
    if let Some(editor) = &mut shell.editor {
        let newest = editor.history.len().checked_sub(1);
        let is_fc = |line: &BString| line.trim_ascii_start().starts_with(b"fc");
        if let Some(newest) = newest.filter(|newest| editor.history.get(*newest).is_some_and(is_fc)) {
            editor.history.remove(newest);
        }
    }
    shell.remember(&line).await;
    shell.enter().await?;
    let flow = shell.run_text(Arc::from(line)).await;
    shell.leave();
    flow?;
    Continue(shell.status)
}
