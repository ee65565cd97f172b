//! Options the way `getopt` reads them (POSIX XBD 12.2), with long names, and `--help` for everyone.

use alloc::{format, string::String, vec::Vec};
use bstr::{BStr, BString, ByteSlice};

use super::Ended;
use crate::process::{Command, Process};

/// What was found on a command line.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Options<'a> {
    /// The options in order, each with its value (empty if it takes none).
    pub given: Vec<(char, &'a BStr)>,
    /// Everything else in order.
    pub operands: Vec<&'a BStr>,
}

impl<'a> Options<'a> {
    /// Whether the option was given.
    pub fn has(&self, option: char) -> bool {
        self.given.iter().any(|(given, _)| *given == option)
    }

    /// The value of the option; the last counts.
    pub fn value(&self, option: char) -> Option<&'a BStr> {
        self.given.iter().rev().find(|(given, _)| *given == option).map(|(_, value)| *value)
    }

    /// Which of some options that exclude each other was given last.
    pub fn last_of(&self, options: &str) -> Option<char> {
        self.given.iter().rev().map(|(given, _)| *given).find(|given| options.contains(*given))
    }
}

/// What to do instead of running the command.
#[derive(Debug, PartialEq, Eq)]
enum Instead {
    Help,
    Mistake(String),
}

/// Parses the arguments after the command's name.
///
/// `short` lists the option letters, a colon after those that take a value. A `+` in front makes the
/// first operand end the options (otherwise they may be mixed, as people write `ls dir -l`); a `#` makes
/// words like `-5` operands. Two colons are for a value that may be left out, and then is empty; it has to be in the
/// same word (`-i.bak`, `--in-place=.bak`). `long` gives long names to letters.
fn parse<'a>(args: &'a [BString], short: &str, long: &[(&str, char)]) -> Result<Options<'a>, Instead> {
    let mistake = |message| Err(Instead::Mistake(message));
    let takes_value = |option: char| short.contains(&format!("{option}:"));
    let may_take_value = |option: char| short.contains(&format!("{option}::"));
    let mut found = Options::default();
    let mut args = args.iter().map(|arg| arg.as_bstr());
    while let Some(arg) = args.next() {
        let number = arg.len() > 1 && (arg[1].is_ascii_digit() || arg[1] == b'.') && short.contains('#');
        if !arg.starts_with(b"-") || arg == "-" || number {
            found.operands.push(arg);
            if short.contains('+') {
                break;
            }
        } else if arg == "--" {
            break;
        } else if let Some(word) = arg.strip_prefix(b"--") {
            if word == b"help" {
                return Err(Instead::Help);
            }
            let (name, value) = match word.split_once_str(b"=") {
                Some((name, value)) => (name.as_bstr(), Some(value.as_bstr())),
                None => (word.as_bstr(), None),
            };
            let candidates: Vec<_> =
                long.iter().filter(|(full, _)| full.as_bytes().starts_with(name)).collect();
            let exact = candidates.iter().find(|(full, _)| name == full.as_bytes());
            let option = match (exact, candidates.as_slice()) {
                (Some((_, option)), _) | (None, [(_, option)]) => *option,
                (None, []) => return mistake(format!("unrecognized option '--{name}'")),
                (None, _) => return mistake(format!("option '--{name}' is ambiguous")),
            };
            let value = match (takes_value(option), value) {
                (true, Some(value)) => value,
                (true, None) if may_take_value(option) => BStr::new(""),
                (true, None) => match args.next() {
                    Some(value) => value,
                    None => return mistake(format!("option '--{name}' requires an argument")),
                },
                (false, None) => BStr::new(""),
                (false, Some(_)) => return mistake(format!("option '--{name}' doesn't allow an argument")),
            };
            found.given.push((option, value));
        } else {
            let letters = &arg[1..];
            for (at, _, option) in letters.char_indices() {
                if !short.contains(option) || matches!(option, ':' | '+' | '#') {
                    return mistake(format!("invalid option -- '{option}'"));
                }
                if !takes_value(option) {
                    found.given.push((option, BStr::new("")));
                    continue;
                }
                let rest = letters[at + option.len_utf8()..].as_bstr();
                let value = match (rest.is_empty() && !may_take_value(option)).then(|| args.next()) {
                    None => rest,
                    Some(Some(value)) => value,
                    Some(None) => return mistake(format!("option requires an argument -- '{option}'")),
                };
                found.given.push((option, value));
                break;
            }
        }
    }
    found.operands.extend(args);
    Ok(found)
}

/// Parses a command's options (see the module's text for `short`). `--help` prints what the command is
/// for and ends with 0; a mistake prints a message and the synopsis and ends with 2.
pub async fn options<'p>(
    p: &'p Process,
    command: &Command,
    short: &str,
    long: &[(&str, char)],
) -> Result<Options<'p>, Ended> {
    options_of(p, p.args.get(1..).unwrap_or_default(), command, short, long).await
}

/// [`options`] of words other than the process's own.
pub async fn options_of<'a>(
    p: &Process,
    words: &'a [BString],
    command: &Command,
    short: &str,
    long: &[(&str, char)],
) -> Result<Options<'a>, Ended> {
    match parse(words, short, long) {
        Ok(found) => Ok(found),
        Err(Instead::Help) => Err(help(p, command).await),
        Err(Instead::Mistake(message)) => Err(usage(p, command, &message).await),
    }
}

/// Prints synopsis and summary.
pub async fn help(p: &Process, command: &Command) -> Ended {
    let text = format!("usage: {}\n{}\n", command.synopsis, command.summary);
    match p.stdout().write_all(text.as_bytes()).await {
        Ok(()) => Ended(0),
        Err(_) => Ended(1),
    }
}

/// Says what is wrong with the arguments and how they should be.
pub async fn usage(p: &Process, command: &Command, message: &str) -> Ended {
    super::complain(p, message.into()).await;
    let _ = p.stderr().write_all(format!("usage: {}\n", command.synopsis).as_bytes()).await;
    Ended(2)
}
