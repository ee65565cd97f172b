//! `read` and `getopts`.

use alloc::{string::ToString, vec::Vec};
use bstr::{BString, ByteSlice};
use core::ops::ControlFlow::Continue;

use crate::{fd::Fd, lang::is_name, run::Flow, shell::Shell};

/// One character of a line, and whether a backslash has taken its meaning.
pub(crate) type Character = (u8, bool);

pub(super) async fn read(shell: &mut Shell, args: &[BString]) -> Flow<u8> {
    let (mut raw, mut delimiter, mut prompt, mut array) = (false, b'\n', None, None);
    let mut rest = args[1..].iter();
    let mut names: Vec<BString> = Vec::new();
    while let Some(arg) = rest.next() {
        let letters = match arg.as_slice() {
            b"--" => {
                names.extend(rest.by_ref().cloned());
                break;
            }
            [b'-', letters @ ..] if !letters.is_empty() => letters,
            _ => {
                names.push(arg.clone());
                names.extend(rest.by_ref().cloned());
                break;
            }
        };
        for (index, letter) in letters.iter().enumerate() {
            // What follows an option that takes an argument, or the next word.
            let mut argument = || match &letters[index + 1..] {
                [] => rest.next().cloned().unwrap_or_default(),
                text => text.into(),
            };
            match letter {
                b'r' => {
                    raw = true;
                    continue;
                }
                b'p' => prompt = Some(argument()),
                b'a' => array = Some(argument()),
                b'd' => delimiter = argument().first().copied().unwrap_or(0),
                _ => {
                    shell.complain(alloc::format!("read: there is no option {arg}")).await;
                    return Continue(2);
                }
            }
            break;
        }
    }
    if let Some(name) = names.iter().chain(&array).find(|name| !is_name(name)) {
        shell.complain(alloc::format!("read: {name}: not a name")).await;
        return Continue(2);
    }
    let stdin = Fd::new(&shell.fds, 0);
    if let Some(prompt) = prompt
        && shell.fds.get(0).is_ok_and(|file| file.terminal().is_some())
    {
        shell.tell(prompt).await;
    }
    let (line, ended) = match shell.unless_signalled(read_line(&stdin, raw, delimiter)).await? {
        Ok(Ok(line)) => line,
        Err(signal) => return Continue(128 + signal as u8),
        Ok(Err(error)) => {
            shell.complain(alloc::format!("read: {error}")).await;
            return Continue(2);
        }
    };
    if let Some(array) = &array {
        let fields = split(&line, &shell.separators(), usize::MAX);
        if let Err(message) = shell.vars.writable(array) {
            shell.complain(alloc::format!("read: {message}")).await;
            return Continue(2);
        }
        shell.vars.set_array(array.as_bstr(), fields.into_iter().enumerate().collect());
        return Continue(u8::from(!ended));
    }
    if names.is_empty() {
        names.push("REPLY".into());
    }
    let separators = shell.separators();
    for (name, value) in names.iter().zip(split(&line, &separators, names.len())) {
        if let Err(message) = shell.vars.assign(name, value) {
            shell.complain(alloc::format!("read: {message}")).await;
            return Continue(2);
        }
    }
    Continue(u8::from(!ended))
}

/// Reads up to the delimiter, one byte at a time, for what follows belongs to others; whether it was found.
pub(crate) async fn read_line(
    stdin: &Fd,
    raw: bool,
    delimiter: u8,
) -> crate::env::Result<(Vec<Character>, bool)> {
    let mut line = Vec::new();
    let mut escaped = false;
    let mut byte = [0];
    while stdin.read(&mut byte).await? > 0 {
        let [byte] = byte;
        if escaped {
            escaped = false;
            if byte != b'\n' {
                line.push((byte, true));
            }
        } else if byte == delimiter {
            return Ok((line, true));
        } else if byte == b'\\' && !raw {
            escaped = true;
        } else if byte != 0 {
            line.try_reserve(1).map_err(|_| crate::errno::Errno::ENOMEM)?;
            line.push((byte, false));
        }
    }
    Ok((line, false))
}

/// Splits a line into as many fields as there are names (XCU read): the last one gets all that is left.
fn split(line: &[Character], separators: &[u8], fields: usize) -> Vec<BString> {
    let is_separator = |&(byte, escaped): &Character| !escaped && separators.contains(&byte);
    let is_space = |character: &Character| is_separator(character) && character.0.is_ascii_whitespace();
    let text =
        |characters: &[Character]| characters.iter().map(|(byte, _)| *byte).collect::<Vec<u8>>().into();
    let skip_space = |line: &mut &[Character]| {
        let spaces = line.iter().take_while(|character| is_space(character)).count();
        *line = &line[spaces..];
    };
    let mut rest = line;
    let mut values = Vec::new();
    skip_space(&mut rest);
    while values.len() + 1 < fields {
        // As many as there are names, or as there is text for.
        if rest.is_empty() && fields == usize::MAX {
            return values;
        }
        let end = rest.iter().position(is_separator).unwrap_or(rest.len());
        values.push(text(&rest[..end]));
        rest = &rest[end..];
        // White space, one other separator, white space.
        skip_space(&mut rest);
        if rest.first().is_some_and(is_separator) {
            rest = &rest[1..];
            skip_space(&mut rest);
        }
    }
    let trim = |rest: &mut &[Character]| {
        while let Some((_, less)) = rest.split_last().filter(|(last, _)| is_space(last)) {
            *rest = less;
        }
    };
    trim(&mut rest);
    // One separator that only ends the last field is not part of it.
    if let Some((_, less)) =
        rest.split_last().filter(|(last, less)| is_separator(last) && !less.iter().any(is_separator))
    {
        rest = less;
        trim(&mut rest);
    }
    values.push(text(rest));
    values
}

pub(super) async fn getopts(shell: &mut Shell, args: &[BString]) -> Flow<u8> {
    let [_, options, name, rest @ ..] = args else {
        shell.complain("getopts: the options and a variable's name are missing").await;
        return Continue(2);
    };
    if !is_name(name) {
        shell.complain(alloc::format!("getopts: {name}: not a name")).await;
        return Continue(2);
    }
    let words = if rest.is_empty() { shell.args.to_vec() } else { rest.to_vec() };
    let silent = options.first() == Some(&b':');
    let index = shell
        .vars
        .get("OPTIND")
        .and_then(|text| text.to_str().ok()?.parse::<usize>().ok())
        .unwrap_or(1)
        .max(1);
    // Where in a word of several letters the next one is; a new OPTIND begins anew.
    let (known, offset) = shell.option_at;
    let mut at = if known == index { offset.max(1) } else { 1 };
    let mut index = index;
    let word = words.get(index - 1).filter(|word| word.len() > 1 && word[0] == b'-' && *word != "--");
    let Some(word) = word else {
        if words.get(index - 1).is_some_and(|word| *word == "--") {
            index += 1;
        }
        shell.option_at = (index, 0);
        shell.vars.set("OPTIND", index.to_string());
        shell.vars.set(name, "?");
        return Continue(1);
    };
    let letter = word.get(at).copied().unwrap_or(b'?');
    at += 1;
    let place = options.iter().position(|&option| option == letter).filter(|_| letter != b':');
    let takes_argument = place.is_some_and(|place| options.get(place + 1) == Some(&b':'));
    let mut found = letter;
    let mut argument = None;
    let mut message = None;
    if takes_argument {
        if at < word.len() {
            argument = Some(BString::from(&word[at..]));
        } else {
            index += 1;
            argument = words.get(index - 1).cloned();
        }
        at = 1;
        index += 1;
        if argument.is_none() {
            found = if silent { b':' } else { b'?' };
            message = Some("needs an argument");
        }
    } else {
        if at >= word.len() {
            index += 1;
            at = 1;
        }
        if place.is_none() {
            found = b'?';
            message = Some("is no option");
        }
    }
    if let Some(message) = message {
        if silent {
            argument = Some(BString::from([letter]));
        } else {
            let what = char::from(letter);
            let shell_name = shell.name.clone();
            shell.tell(alloc::format!("{shell_name}: -{what} {message}\n")).await;
        }
    }
    shell.option_at = (index, at);
    shell.vars.set("OPTIND", index.to_string());
    match argument {
        Some(argument) => shell.vars.set("OPTARG", argument),
        None => shell.vars.unset("OPTARG"),
    }
    shell.vars.set(name, BString::from([found]));
    Continue(0)
}
