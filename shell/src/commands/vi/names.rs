//! The names of `ex` commands, and how short they may be.

use alloc::{format, string::String};
use bstr::ByteSlice;

use super::super::support::editing::address::Reader;

macro_rules! names {
    ($($name:ident $full:literal $least:literal)*) => {
        /// A command.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Name { Nothing, Shell, Number, Right, Left, $($name),* }

        /// The names with letters, in the order in which a beginning is looked up, and how much of it is needed.
        const NAMES: &[(Name, &str, usize)] = &[$((Name::$name, $full, $least)),*];
    };
}

names! {
    Append "append" 1
    Arguments "args" 2
    Change "change" 1
    Copy "copy" 2
    FailQuit "cquit" 2
    Delete "delete" 1
    Registers "display" 2
    Edit "edit" 1
    File "file" 1
    Global "global" 1
    Help "help" 1
    Insert "insert" 1
    Join "join" 1
    List "list" 1
    Move "move" 1
    Mark "mark" 2
    Next "next" 1
    Numbers "number" 2
    NoHighlight "nohlsearch" 3
    Print "print" 1
    Previous "previous" 4
    Put "put" 2
    Quit "quit" 1
    QuitAll "qall" 2
    Read "read" 1
    Redo "redo" 3
    Rewind "rewind" 3
    Substitute "substitute" 1
    Set "set" 2
    Sh "shell" 2
    Source "source" 2
    Stop "stop" 2
    Undo "undo" 1
    Except "vglobal" 1
    Visual "visual" 2
    Version "version" 2
    Write "write" 1
    WriteQuit "wq" 2
    WriteNext "wn" 2
    WriteAll "wall" 2
    Exit "xit" 1
    Yank "yank" 1
    Window "z" 1
    At "@" 1
    Again "&" 1
}

/// Other names for some.
const ALSO: &[(&str, &str)] =
    &[("t", "copy"), ("registers", "display"), ("reg", "display"), ("suspend", "stop"), ("su", "stop"), ("wqall", "wq"), ("xall", "xit"), ("exit", "xit")];

/// Reads the name of a command.
pub fn read(reader: &mut Reader<'_>) -> Result<Name, String> {
    let symbol = match reader.peek() {
        None | Some(b'|' | b'"') => {
            // A comment ends the line.
            if reader.peek() == Some(b'"') {
                reader.at = reader.text.len();
            }
            return Ok(Name::Nothing);
        }
        Some(b'!') => Some(Name::Shell),
        Some(b'=') => Some(Name::Number),
        Some(b'>') => Some(Name::Right),
        Some(b'<') => Some(Name::Left),
        Some(b'#') => Some(Name::Numbers),
        Some(b'&') => Some(Name::Again),
        Some(b'@' | b'*') => Some(Name::At),
        _ => None,
    };
    if let Some(name) = symbol {
        reader.at += 1;
        return Ok(name);
    }
    let length = reader.rest().iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
    let word = &reader.rest()[..length];
    // These may stand right before what they are about.
    let close = match word {
        [b'k', _] | [b'k'] => Some(Name::Mark),
        [b's', flags @ ..] if flags.iter().all(|flag| b"gciIn".contains(flag)) => Some(Name::Substitute),
        _ if length == 0 => None,
        _ => find(word).or(match word[0] {
            b'd' => Some(Name::Delete).filter(|_| length == 2),
            b'y' => Some(Name::Yank).filter(|_| length == 2),
            b'g' => Some(Name::Global).filter(|_| length == 1),
            _ => None,
        }),
    };
    let Some(name) = close else {
        return Err(format!("Not a command: {}", reader.rest().as_bstr()));
    };
    let short = matches!(word, [b'k', _]) || word[0] == b's' && name == Name::Substitute && !b"substitute".starts_with(word);
    let short = short || find(word).is_none();
    reader.at += if short { 1 } else { length };
    Ok(name)
}

fn find(word: &[u8]) -> Option<Name> {
    let word = word.to_str().ok()?;
    let word = ALSO.iter().find(|(other, _)| *other == word).map_or(word, |(_, name)| name);
    let fits = |(_, full, least): &&(Name, &str, usize)| word.len() >= *least && full.starts_with(word);
    NAMES.iter().find(fits).map(|(name, ..)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_may_be_short() {
        for (text, name, rest) in [
            ("w", Name::Write, ""),
            ("wq!", Name::WriteQuit, "!"),
            ("write x", Name::Write, " x"),
            ("s/a/b/", Name::Substitute, "/a/b/"),
            ("sg", Name::Substitute, "g"),
            ("se nu", Name::Set, " nu"),
            ("ka", Name::Mark, "a"),
            ("d", Name::Delete, ""),
            ("da", Name::Delete, "a"),
            ("g/x/d", Name::Global, "/x/d"),
            ("v/x/d", Name::Except, "/x/d"),
            ("vi", Name::Visual, ""),
            ("t.", Name::Copy, "."),
            ("x", Name::Exit, ""),
            ("!ls", Name::Shell, "ls"),
            ("n", Name::Next, ""),
            ("nu", Name::Numbers, ""),
        ] {
            let mut reader = Reader::new(text.as_bytes());
            assert_eq!((read(&mut reader), reader.rest()), (Ok(name), rest.as_bytes()), "{text}");
        }
        assert!(read(&mut Reader::new(b"nonsense")).is_err());
    }
}
