//! `man`: short pages, one for each command, made from what `--help` says and from examples, and one for the shell.
//!
//! `man/examples.txt` has the examples: a name at the beginning of a line, then its examples, each a line that begins
//! with a tab, with another tab between the command line and what it does. `man/sh.txt` is the shell's page.

use alloc::{format, string::String, vec::Vec};
use bstr::{BStr, ByteSlice};

use super::less;
use crate::{
    env::System,
    io::{self, Outcome, Output},
    process::Process,
    run::{builtins::everything, simple::shown},
    screen::size_of,
};

command!(
    "man",
    "man NAME... | man -k WORD...",
    "Shows the page of a command, page by page on a terminal; -k lists the commands whose name or description has WORD."
);

static EXAMPLES: &str = include_str!("man/examples.txt");
static SHELL: &str = include_str!("man/sh.txt");

/// Status when there is no such page, as in man-db.
const NO_PAGE: u8 = 16;
/// Longer lines are hard to read.
const WIDEST: usize = 90;

async fn run(p: Process) -> Outcome {
    let options = io::options(&p, &COMMAND, "kf", &[("apropos", 'k'), ("whatis", 'f')]).await?;
    if options.operands.is_empty() {
        io::complain(&p, "What page do you want? Try 'man sh', 'man ls' or 'man -k file'.".into()).await;
        return Ok(1);
    }
    if let Some(how) = options.last_of("kf") {
        return list(&p, &options.operands, how == 'k').await;
    }
    let mut out = Output::new(&p);
    let width = if out.is_terminal() { size_of(&p.stdout()).cols.min(WIDEST) } else { 80 };
    let (mut status, mut text, mut names) = (0, String::new(), Vec::new());
    for operand in &options.operands {
        // `man 1 ls`, as on other systems: there is one section.
        if options.operands.len() > 1 && matches!(operand.as_bytes(), [b'1'..=b'8']) {
            continue;
        }
        match page(&*p.sys, operand, width, out.is_terminal()) {
            Some(page) => {
                text += if text.is_empty() { "" } else { "\n\n" };
                text += &page;
                names.push(format!("{operand}"));
            }
            None => {
                let message = format!("No page for {}; 'man -k WORD' searches, 'help' lists all", shown(operand));
                io::complain(&p, message).await;
                status = NO_PAGE;
            }
        }
    }
    if text.is_empty() {
        return Ok(status);
    }
    if out.is_terminal() {
        let name = format!("Page of {}: h for help, q leaves", names.join(", "));
        let shown = less::show_text(&p, name.as_bytes().into(), text.into_bytes()).await?;
        return Ok(status.max(shown));
    }
    out.write(text.as_bytes()).await?;
    out.finish(status).await
}

/// Names with their sentences: those that have a word, or are it.
async fn list(p: &Process, words: &[&BStr], search: bool) -> Outcome {
    let mut out = Output::new(p);
    let mut status = 0;
    for word in words {
        let lower = word.to_ascii_lowercase();
        let has = |text: &str| text.to_ascii_lowercase().as_bytes().contains_str(&lower);
        let mut found = false;
        for (name, _, summary) in everything(&*p.sys) {
            if if search { has(name) || has(summary) } else { word.as_bytes() == name.as_bytes() } {
                found = true;
                out.write_line(format!("{name:<12} - {}", first_sentence(summary)).as_bytes()).await?;
            }
        }
        if !found {
            out.flush().await?;
            io::complain(p, format!("{}: nothing appropriate", shown(word))).await;
            status = NO_PAGE;
        }
    }
    out.finish(status).await
}

/// What it does, without what its options do.
fn first_sentence(summary: &str) -> &str {
    let end = summary.find([';', ':']).unwrap_or(summary.len());
    summary[..end].trim_end_matches('.')
}

/// The page of a command; `None` if there is none of that name.
fn page(sys: &dyn System, name: &[u8], width: usize, colours: bool) -> Option<String> {
    let (name, synopsis, summary) = everything(sys).into_iter().find(|(known, ..)| known.as_bytes() == name)?;
    let mut page = Page { text: String::new(), width, colours };
    let upper = name.to_ascii_uppercase();
    let middle = "Pollux";
    let gap = width.saturating_sub(2 * upper.len() + middle.len()) / 2;
    page.text += &format!("{upper}{:gap$}{middle}{:gap$}{upper}\n\n", "", "");
    page.section("NAME");
    page.paragraph(&format!("{name} - {}", first_sentence(summary)));
    page.section("SYNOPSIS");
    synopsis.lines().for_each(|line| page.paragraph(line.trim_start()));
    page.section("DESCRIPTION");
    summary.lines().for_each(|line| page.paragraph(line));
    if name == crate::sh::NAME {
        page.text_of(SHELL);
    }
    let examples: Vec<_> = examples(name).collect();
    if !examples.is_empty() {
        page.section("EXAMPLES");
        for (command, what) in examples {
            page.example(command, what);
        }
    }
    Some(page.text)
}

/// The examples of a command: what to type, and what that does.
fn examples(name: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let lines = EXAMPLES.lines().skip_while(move |line| *line != name).skip(1);
    lines.map_while(|line| line.strip_prefix('\t')?.split_once('\t'))
}

struct Page {
    text: String,
    width: usize,
    colours: bool,
}

/// Columns that text is moved to the right.
const INDENT: usize = 7;

impl Page {
    fn bold(&mut self, text: &str) {
        let (on, off) = if self.colours { ("\x1b[1m", "\x1b[m") } else { ("", "") };
        self.text += &format!("{on}{text}{off}\n");
    }

    fn section(&mut self, title: &str) {
        if !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
        self.bold(title);
    }

    fn paragraph(&mut self, text: &str) {
        self.words(text, INDENT);
    }

    /// Words in lines of the page's width.
    fn words(&mut self, text: &str, indent: usize) {
        let room = self.width.saturating_sub(indent).max(20);
        let mut column = 0;
        for word in text.split(' ') {
            let length = word.chars().count();
            if column == 0 {
                self.text += &" ".repeat(indent);
            } else if column + 1 + length > room {
                self.text += &format!("\n{}", " ".repeat(indent));
                column = 0;
            } else {
                self.text.push(' ');
                column += 1;
            }
            self.text += word;
            column += length;
        }
        self.text.push('\n');
    }

    fn example(&mut self, command: &str, what: &str) {
        self.text += &" ".repeat(INDENT);
        self.bold(command);
        self.words(what, INDENT + 4);
    }

    /// A text with headings at the beginning of lines; paragraphs are indented by one blank, what is to stay as it is
    /// by more.
    fn text_of(&mut self, text: &str) {
        let mut paragraph = String::new();
        for line in text.lines().chain([""]) {
            match line.strip_prefix(' ') {
                Some(prose) if !prose.starts_with(' ') => {
                    paragraph += if paragraph.is_empty() { "" } else { " " };
                    paragraph += prose;
                    continue;
                }
                _ if !paragraph.is_empty() => self.paragraph(&core::mem::take(&mut paragraph)),
                _ => {}
            }
            match line {
                "" => self.text.push('\n'),
                line if line.starts_with(' ') => self.text += &format!("{}{}\n", " ".repeat(INDENT), &line[2..]),
                heading => self.section(heading),
            }
        }
        self.text.truncate(self.text.trim_end().len());
        self.text.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use alloc::sync::Arc;

    use super::*;
    use crate::{fake::FakeSystem, lang::Parser};

    #[test]
    fn everything_has_a_page_with_an_example_that_can_be_typed() {
        let sys = FakeSystem::new();
        for (name, ..) in everything(&sys) {
            let page = page(&sys, name.as_bytes(), 80, false).unwrap();
            assert!(page.lines().all(|line| line.chars().count() <= 80 || !line.contains(' ')), "{page}");
            assert!(examples(name).next().is_some(), "man/examples.txt has no example for {name}");
            for (line, what) in examples(name) {
                assert!(line.contains(name), "{name}: {line}");
                assert!(what.ends_with('.'), "{name}: {what}");
                let mut parser = Parser::new(Arc::from(line.as_bytes()));
                while parser.next_command().unwrap_or_else(|error| panic!("{line}: {error:?}")).is_some() {}
            }
        }
        assert_eq!(page(&sys, b"nonsense", 80, false), None);
    }

    #[test]
    fn pages_look_like_this() {
        let expected = "\
TRUE                               Pollux                               TRUE

NAME
       true - Does nothing, successfully

SYNOPSIS
       true

DESCRIPTION
       Does nothing, successfully.

EXAMPLES
       while true; do date; sleep 1; done
           Shows the time every second until ^C.
";
        assert_eq!(page(&FakeSystem::new(), b"true", 77, false).unwrap(), expected);
    }
}
