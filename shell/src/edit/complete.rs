//! Completion of the word before the cursor: what could stand there, found by the word's role.

use alloc::{string::String, vec::Vec};
use bstr::{BString, ByteSlice};

use super::{
    Candidate,
    scan::{Level, Role, Scan, Word},
};
use crate::{
    commands,
    env::{FileType, System},
    path,
    process::absolute,
    run::builtins::BUILTINS,
    run::simple::shown,
    sh,
    shell::Shell,
};

/// What a word could be, and the part of it that is there.
#[derive(Debug, PartialEq, Eq)]
struct Target {
    wanted: Wanted,
    /// What all candidates begin with.
    stem: Vec<u8>,
    /// The quote that is open, if one is.
    quote: Option<u8>,
}

/// What is looked for.
#[derive(Debug, PartialEq, Eq)]
enum Wanted {
    /// Names of commands; the flag: or files.
    Commands(bool),
    /// Names of variables, and what comes behind one.
    Variables(&'static str),
    /// The options of a command.
    Options(Vec<u8>),
    /// `%n`
    Jobs,
    /// Files in a directory; the flag: only directories.
    Files(Vec<u8>, bool),
}

/// What the end of a text asks for.
fn target(text: &[u8]) -> Target {
    let level = Scan::new(text).end();
    let word = level.word.clone().unwrap_or_default();
    let quote = word.quote;
    if level.in_braces() && word.text.iter().all(is_name_byte) {
        return Target { wanted: Wanted::Variables("}"), stem: word.text, quote: None };
    }
    let name = text.iter().rev().take_while(|byte| is_name_byte(byte)).count();
    let dollar = text[..text.len() - name].ends_with(b"$") && !text[..text.len() - name].ends_with(b"\\$");
    if dollar && quote != Some(b'\'') {
        return Target { wanted: Wanted::Variables(""), stem: text[text.len() - name..].to_vec(), quote };
    }
    let (wanted, stem) = by_role(&level, word);
    Target { wanted, stem, quote }
}

fn by_role(level: &Level, word: Word) -> (Wanted, Vec<u8>) {
    let command = level.command.as_slice();
    let text = word.text;
    let first = level.arguments == 0;
    match level.role {
        Role::Command if !text.contains(&b'/') && !text.contains(&b'=') => (Wanted::Commands(false), text),
        Role::Argument if text.starts_with(b"-") && !text.contains(&b'=') => {
            (Wanted::Options(command.to_vec()), text)
        }
        Role::Argument => match command {
            b"fg" | b"bg" | b"disown" | b"jobs" | b"wait" => (Wanted::Jobs, text),
            b"kill" if text.is_empty() || text.starts_with(b"%") => (Wanted::Jobs, text),
            b"help" | b"type" | b"which" | b"man" => (Wanted::Commands(false), text),
            b"command" | b"exec" | b"xargs" | b"nice" | b"nohup" if first && !text.contains(&b'/') => {
                (Wanted::Commands(true), text)
            }
            b"unset" | b"export" | b"readonly" | b"local" | b"read" if !text.contains(&b'=') => {
                (Wanted::Variables(" "), text)
            }
            b"cd" | b"rmdir" => files(&text, true),
            _ => files(&text, false),
        },
        _ => files(&text, false),
    }
}

/// The files that a word may go on to: the directory, and the beginning of the name.
fn files(text: &[u8], directories: bool) -> (Wanted, Vec<u8>) {
    // `name=FILE`, as in an assignment or an operand of dd
    let path = match text.find_byte(b'=').filter(|&at| crate::lang::is_name(&text[..at])) {
        Some(equals) => &text[equals + 1..],
        None => text,
    };
    let slash = path.rfind_byte(b'/').map_or(0, |slash| slash + 1);
    (Wanted::Files(path[..slash].to_vec(), directories), path[slash..].to_vec())
}

fn is_name_byte(byte: &u8) -> bool {
    *byte == b'_' || byte.is_ascii_alphanumeric()
}

/// What all candidates begin with.
fn common(candidates: &[BString]) -> &[u8] {
    let Some((first, rest)) = candidates.split_first() else { return b"" };
    let mut length = rest.iter().fold(first.len(), |length, other| {
        first[..length].iter().zip(other.iter()).take_while(|(one, two)| one == two).count()
    });
    while length > 0 && (0x80..0xc0).contains(first.get(length).unwrap_or(&0)) {
        length -= 1; // not in the middle of a character
    }
    &first[..length]
}

/// `text` so that the shell reads it as itself within the quote that is open.
fn quoted(text: &[u8], quote: Option<u8>) -> Vec<u8> {
    let special: &[u8] = match quote {
        None => b" \t\n|&;<>()$`\\\"'*?[#~=%!{}",
        Some(b'"') => b"$`\\\"",
        Some(_) => b"",
    };
    let mut quoted = Vec::with_capacity(text.len());
    for &byte in text {
        if special.contains(&byte) {
            quoted.push(b'\\');
        }
        quoted.push(byte);
    }
    quoted
}

/// The options that a synopsis names: `-abc` is three, `-n LINES` one, and `-SIGNAL` stands for others.
fn options(synopsis: &str) -> Vec<BString> {
    let mut options: Vec<BString> = alloc::vec!["--help".into()];
    for word in synopsis.split(|c: char| c.is_whitespace() || "[]|,=.".contains(c)) {
        match word.strip_prefix('-') {
            Some(long) if long.starts_with('-') && long.len() > 1 => options.push(word.into()),
            Some(letters) if letters.len() > 1 && letters.chars().all(|c| c.is_ascii_uppercase()) => {}
            Some(letters) if letters.chars().all(|c| c.is_ascii_alphanumeric()) => {
                options.extend(letters.chars().map(|letter| BString::from(alloc::format!("-{letter}"))));
            }
            _ => {}
        }
    }
    options
}

/// The synopsis of what a name means.
fn synopsis(sys: &dyn System, name: &[u8]) -> Option<&'static str> {
    let builtin = crate::run::builtins::find(name).map(|it| it.synopsis);
    let command = || commands::find(sys, name).map(|it| it.synopsis);
    builtin.or_else(command).or((name == b"sh").then_some(sh::SYNOPSIS))
}

impl Shell {
    /// Completes the word before the editor's cursor; `list` shows what there is.
    pub(crate) async fn complete(&mut self, list: bool) {
        let Some(editor) = &self.editor else { return };
        let Target { wanted, stem, quote } = target(editor.before_cursor());
        let mut names = match &wanted {
            Wanted::Commands(false) => self.command_names(),
            Wanted::Commands(true) => {
                let mut names = self.command_names();
                names.append(&mut self.file_names(b"", &stem, false).await);
                names
            }
            Wanted::Variables(_) => self.vars.iter().map(|(name, _)| name.clone()).collect(),
            Wanted::Options(command) => synopsis(&*self.sys, command).map(options).unwrap_or_default(),
            Wanted::Jobs => {
                self.jobs.iter().map(|entry| alloc::format!("%{}", entry.number).into()).collect()
            }
            Wanted::Files(directory, only) => self.file_names(directory, &stem, *only).await,
        };
        names.retain(|name| name.starts_with(&stem));
        names.sort_unstable();
        names.dedup();
        let end = match wanted {
            Wanted::Variables(end) => end.as_bytes(),
            _ => b" ",
        };
        // A `%` is no name that would need a quote, nor is what stands in a name of a variable.
        let form = |text: &[u8]| match wanted {
            Wanted::Jobs | Wanted::Options(_) | Wanted::Variables(_) => text.to_vec(),
            _ => quoted(text, quote),
        };
        let shared = form(&common(&names)[stem.len().min(common(&names).len())..]);
        let candidates = names.iter().map(|name| {
            let mut insert = form(&name[stem.len()..]);
            if !name.ends_with(b"/") {
                insert.extend(quote.filter(|_| end == b" "));
                insert.extend_from_slice(end);
            }
            Candidate { shown: self.describe_candidate(&wanted, name), insert }
        });
        let candidates = candidates.collect();
        if let Some(editor) = &mut self.editor {
            editor.offer(&shared, candidates, list);
        }
    }

    /// What the menu shows for a name.
    fn describe_candidate(&self, wanted: &Wanted, name: &BString) -> String {
        let job = (*wanted == Wanted::Jobs).then(|| self.jobs.find(name.as_bstr()).ok()).flatten();
        match job {
            Some(entry) => alloc::format!("{name} {}", shown(&entry.text)),
            None => shown(name),
        }
    }

    fn command_names(&self) -> Vec<BString> {
        let commands = commands::all(&*self.sys).map(|it| it.name);
        let names = BUILTINS.iter().map(|it| it.name).chain(commands).chain([sh::NAME]);
        names.map(BString::from).chain(self.functions.keys().cloned()).collect()
    }

    /// The names in a directory that begin with `stem`; a slash marks directories.
    async fn file_names(&mut self, directory: &[u8], stem: &[u8], only_directories: bool) -> Vec<BString> {
        let mut place = BString::from(directory);
        // `~/` and `$NAME/`
        let (first, rest) = directory.split_at(directory.find_byte(b'/').unwrap_or(0));
        let value = match first.strip_prefix(b"$") {
            Some(name) => self.vars.get(name),
            None => self.vars.get("HOME").filter(|_| first == b"~"),
        };
        if let Some(value) = value {
            place = [value.as_bytes(), rest].concat().into();
        }
        let place = path::normal(&absolute(self.cwd.as_bstr(), place.as_bstr()));
        let Ok(entries) = self.sys.read_dir(place.as_bstr()).await else { return Vec::new() };
        let fits = entries.into_iter().filter(|entry| {
            let directory = entry.metadata.kind == FileType::Directory;
            entry.name.starts_with(stem)
                && (stem.starts_with(b".") || !entry.name.starts_with(b"."))
                && (directory || !only_directories)
        });
        fits.map(|mut entry| {
            if entry.metadata.kind == FileType::Directory {
                entry.name.push(b'/');
            }
            entry.name
        })
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_and_its_role_are_found() {
        let file = |directory: &str| Wanted::Files(directory.into(), false);
        let cases: &[(&str, Wanted, &str)] = &[
            ("", Wanted::Commands(false), ""),
            ("ec", Wanted::Commands(false), "ec"),
            ("echo fo", file(""), "fo"),
            ("a=1 ec", Wanted::Commands(false), "ec"),
            ("a=dir/f", file("dir/"), "f"),
            ("dd if=dir/f", file("dir/"), "f"),
            ("ls | so", Wanted::Commands(false), "so"),
            ("ls > fi", file(""), "fi"),
            ("ls 2>fi", file(""), "fi"),
            ("ls 'a b", file(""), "a b"),
            ("ls a\\ b", file(""), "a b"),
            ("> out ec", Wanted::Commands(false), "ec"),
            ("./sc", file("./"), "sc"),
            ("echo $HO", Wanted::Variables(""), "HO"),
            ("echo \"${HO", Wanted::Variables("}"), "HO"),
            ("echo '$HO", file(""), "$HO"),
            ("echo $(ec", Wanted::Commands(false), "ec"),
            ("echo `ec", Wanted::Commands(false), "ec"),
            ("echo $(date) fi", file(""), "fi"),
            ("if tr", Wanted::Commands(false), "tr"),
            ("for i in a b; do ec", Wanted::Commands(false), "ec"),
            ("case x in a) ec", Wanted::Commands(false), "ec"),
            ("ls -", Wanted::Options("ls".into()), "-"),
            ("x | wc -", Wanted::Options("wc".into()), "-"),
            ("fg %", Wanted::Jobs, "%"),
            ("cd d", Wanted::Files("".into(), true), "d"),
            ("unset HO", Wanted::Variables(" "), "HO"),
            ("help se", Wanted::Commands(false), "se"),
        ];
        for (text, wanted, stem) in cases {
            let found = target(text.as_bytes());
            assert_eq!((&found.wanted, found.stem.as_bstr()), (wanted, stem.as_bytes().as_bstr()), "{text}");
        }
    }

    #[test]
    fn the_common_beginning_ends_between_characters() {
        assert_eq!(common(&["aé".into(), "aè".into()]), b"a");
        assert_eq!(common(&["abc".into(), "abd".into(), "ab".into()]), b"ab");
    }

    #[test]
    fn options_come_from_the_synopsis() {
        let found = options("head [-n LINES] [-cv BYTES] [--long | -SIGNAL] [FILE...]");
        assert_eq!(found, ["--help", "-n", "-c", "-v", "--long"]);
    }
}
