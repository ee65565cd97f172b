//! Completion of the word before the cursor: commands where a command stands, else paths.

use alloc::{string::String, vec::Vec};
use bstr::{BString, ByteSlice};
use unicode_width::UnicodeWidthStr;

use crate::{
    commands,
    env::{FileType, System},
    path,
    process::absolute,
    run::builtins::BUILTINS,
    sh,
    shell::Shell,
};

/// The word to complete.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Target {
    /// The word without its quotes.
    pub word: Vec<u8>,
    /// The quote that is open, if one is.
    pub quote: Option<u8>,
    /// Whether a command's name stands there.
    pub command: bool,
}

/// Finds the word that ends where `text` ends.
pub(crate) fn target(text: &[u8]) -> Target {
    let mut target = Target { word: Vec::new(), quote: None, command: true };
    let mut bytes = text.iter();
    let mut after_redirection = false;
    while let Some(&byte) = bytes.next() {
        match (byte, target.quote) {
            (byte, Some(quote)) if byte == quote => target.quote = None,
            (b'\\', quote) if quote != Some(b'\'') => target.word.extend(bytes.next()),
            (byte, Some(_)) => target.word.push(byte),
            (b'\'' | b'"', None) => target.quote = Some(byte),
            (b' ' | b'\t', None) => {
                let word = core::mem::take(&mut target.word);
                let is_assignment = word.find_byte(b'=').is_some_and(|at| crate::lang::is_name(&word[..at]));
                if !word.is_empty() && !is_assignment && !after_redirection {
                    target.command = false;
                }
                after_redirection &= word.is_empty();
            }
            (b'|' | b'&' | b';' | b'(' | b'`' | b'\n', None) => {
                target.word.clear();
                target.command = true;
                after_redirection = false;
            }
            (b'<' | b'>', None) => {
                target.word.clear();
                after_redirection = true;
            }
            (byte, None) => target.word.push(byte),
        }
    }
    target.command &= !after_redirection;
    target
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

impl Shell {
    /// Completes the word before the editor's cursor; `list` shows what there is.
    pub(crate) async fn complete(&mut self, list: bool) {
        let Some(editor) = &self.editor else { return };
        let target = target(editor.before_cursor());
        let stem = match target.word.rfind_byte(b'/') {
            Some(slash) => target.word[slash + 1..].to_vec(),
            None => target.word.clone(),
        };
        let mut candidates = if target.command && !target.word.contains(&b'/') {
            command_names(&*self.sys, &stem)
        } else {
            self.path_names(&target.word[..target.word.len() - stem.len()], &stem).await
        };
        candidates.sort_unstable();
        candidates.dedup();
        let cols = self.with_terminal(|terminal| terminal.size().cols).unwrap_or(80);
        let Some(editor) = &mut self.editor else { return };
        let shared = common(&candidates);
        if shared.len() > stem.len() || candidates.len() == 1 {
            let mut text = quoted(&shared[stem.len()..], target.quote);
            if candidates.len() == 1 && !shared.ends_with(b"/") {
                text.extend(target.quote);
                text.push(b' ');
            }
            editor.insert(&text);
        } else if list && !candidates.is_empty() {
            editor.show_below(columns(&candidates, usize::from(cols)).as_bytes());
        } else {
            editor.bell();
        }
    }

    /// The names in a directory that begin with `stem`; a slash marks directories.
    async fn path_names(&mut self, directory: &[u8], stem: &[u8]) -> Vec<BString> {
        let mut place = BString::from(directory);
        if let Some(rest) = directory.strip_prefix(b"~/")
            && let Some(home) = self.vars.get("HOME")
        {
            place = absolute(home, rest.as_bstr());
        }
        let place = path::normal(&absolute(self.cwd.as_bstr(), place.as_bstr()));
        let Ok(entries) = self.sys.read_dir(place.as_bstr()).await else { return Vec::new() };
        let fits = entries.into_iter().filter(|entry| {
            entry.name.starts_with(stem) && (stem.starts_with(b".") || !entry.name.starts_with(b"."))
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

fn command_names(sys: &dyn System, stem: &[u8]) -> Vec<BString> {
    let names =
        BUILTINS.iter().map(|it| it.name).chain(commands::all(sys).map(|it| it.name)).chain([sh::NAME]);
    names.filter(|name| name.as_bytes().starts_with(stem)).map(BString::from).collect()
}

/// Names in columns, down and then across, as `ls` has them.
fn columns(names: &[BString], width: usize) -> String {
    let shown: Vec<String> = names.iter().map(|name| crate::run::simple::shown(name)).collect();
    let widest = shown.iter().map(|name| name.width()).max().unwrap_or(0) + 2;
    let across = (width / widest).max(1);
    let down = shown.len().div_ceil(across);
    let mut text = String::new();
    for row in 0..down {
        let mut cells = shown.iter().skip(row).step_by(down).peekable();
        while let Some(name) = cells.next() {
            text += name;
            if cells.peek().is_some() {
                text.extend(core::iter::repeat_n(' ', widest - name.width()));
            }
        }
        text += "\r\n";
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_and_its_role_are_found() {
        let cases: &[(&str, &str, bool)] = &[
            ("", "", true),
            ("ec", "ec", true),
            ("echo fo", "fo", false),
            ("a=1 ec", "ec", true),
            ("ls | so", "so", true),
            ("ls > fi", "fi", false),
            ("ls 'a b", "a b", false),
            ("ls a\\ b", "a b", false),
            ("> out ec", "ec", true),
        ];
        for (text, word, command) in cases {
            let found = target(text.as_bytes());
            assert_eq!(
                (found.word.as_bstr(), found.command),
                (word.as_bytes().as_bstr(), *command),
                "{text}"
            );
        }
    }

    #[test]
    fn the_common_beginning_ends_between_characters() {
        assert_eq!(common(&["aé".into(), "aè".into()]), b"a");
        assert_eq!(common(&["abc".into(), "abd".into(), "ab".into()]), b"ab");
    }
}
