//! `xargs`: words from standard input as arguments of commands. Memory is that of one command line.

use alloc::{format, vec, vec::Vec};
use bstr::{BStr, BString, ByteSlice};

use super::support::{child, numbers};
use crate::{
    env::{Exit, OpenFlags, Result},
    errno::Errno,
    io::{self, Ended, Outcome},
    process::Process,
};

command!(
    "xargs",
    "xargs [-0rt] [-d DELIMITER] [-n WORDS | -L LINES | -I TEXT] [-a FILE] [COMMAND [ARGUMENT]...]",
    "Runs COMMAND (echo) with the words of standard input as further arguments; -n so many at a time, -L those of so many lines, -I each line instead of TEXT, -0 or -d says what ends a word, -r not without words, -t tells."
);

/// How long the words of one command may be together.
const MAX_BYTES: usize = 128 << 10;
/// How long one word may be; what is longer is a mistake.
const MAX_WORD: usize = 128 << 10;

/// What ends a word.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ends {
    /// Blanks and newlines; quotes and backslashes keep them in (XCU xargs).
    Blanks,
    /// Newlines only, and blanks in front are left out; quotes and backslashes as above (`-I`).
    Lines,
    /// This byte; nothing else has a meaning.
    Byte(u8),
}

/// What comes next in the input.
enum Token {
    Word(BString),
    /// The end of a line with words. A line that ends with a blank goes on in the next.
    LineEnd,
    End,
}

/// What is wrong with the input.
enum Mistake {
    Read(Errno),
    Quote(u8),
    TooLong,
}

impl From<Errno> for Mistake {
    fn from(error: Errno) -> Self {
        Self::Read(error)
    }
}

struct Words {
    input: io::Opened,
    buf: Vec<u8>,
    at: usize,
    end: usize,
    ends: Ends,
    /// Whether the last byte ended a word of a line; then a newline ends the line.
    in_line: bool,
    /// Whether the last byte was a blank.
    after_blank: bool,
    line_due: bool,
}

impl Words {
    async fn byte(&mut self) -> Result<Option<u8>> {
        if self.at == self.end {
            self.end = self.input.read(&mut self.buf).await?;
            self.at = 0;
            if self.end == 0 {
                return Ok(None);
            }
        }
        self.at += 1;
        Ok(Some(self.buf[self.at - 1]))
    }

    async fn next(&mut self) -> core::result::Result<Token, Mistake> {
        if core::mem::take(&mut self.line_due) {
            self.in_line = false;
            return Ok(Token::LineEnd);
        }
        let mut word = BString::default();
        // A quoted empty word is a word too.
        let mut begun = false;
        loop {
            if word.len() > MAX_WORD {
                return Err(Mistake::TooLong);
            }
            let Some(byte) = self.byte().await? else {
                return Ok(if begun { Token::Word(word) } else { Token::End });
            };
            if let Ends::Byte(delimiter) = self.ends {
                if byte == delimiter {
                    self.line_due = true; // each counts as a line, for -L
                    return Ok(Token::Word(word));
                }
                (begun, _) = (true, word.push(byte));
                continue;
            }
            let blank = matches!(byte, b' ' | b'\t');
            let was_blank = core::mem::replace(&mut self.after_blank, blank);
            match byte {
                b'\n' if begun => {
                    self.line_due = true;
                    return Ok(Token::Word(word));
                }
                b'\n' if self.in_line && !was_blank => {
                    self.in_line = false;
                    return Ok(Token::LineEnd);
                }
                b'\n' => {}
                _ if blank && self.ends == Ends::Blanks => {
                    if begun {
                        self.in_line = true;
                        return Ok(Token::Word(word));
                    }
                }
                _ if blank && !begun => {}
                b'\'' | b'"' => {
                    begun = true;
                    loop {
                        match self.byte().await? {
                            Some(b'\n') | None => return Err(Mistake::Quote(byte)),
                            Some(next) if next == byte => break,
                            Some(_) if word.len() > MAX_WORD => return Err(Mistake::TooLong),
                            Some(next) => word.push(next),
                        }
                    }
                }
                b'\\' => {
                    begun = true;
                    word.extend(self.byte().await?);
                }
                _ => {
                    begun = true;
                    word.push(byte);
                }
            }
        }
    }
}

/// How words become commands.
struct Plan {
    command: Vec<BString>,
    max_words: usize,
    max_lines: u64,
    replace: Option<BString>,
    tell: bool,
}

async fn run(p: Process) -> Outcome {
    let long = [
        ("null", '0'),
        ("delimiter", 'd'),
        ("max-args", 'n'),
        ("max-lines", 'L'),
        ("replace", 'I'),
        ("arg-file", 'a'),
        ("no-run-if-empty", 'r'),
        ("verbose", 't'),
    ];
    let options = io::options(&p, &COMMAND, "+0rtd:n:L:I:a:", &long).await?;
    let mut plan = Plan {
        command: options.operands.iter().map(|&word| word.into()).collect(),
        max_words: usize::MAX,
        max_lines: u64::MAX,
        replace: None,
        tell: options.has('t'),
    };
    if plan.command.is_empty() {
        plan.command.push("echo".into());
    }
    // Of those that exclude each other the last counts.
    match options.given.iter().rev().find(|(option, _)| matches!(option, 'n' | 'L' | 'I')) {
        Some(('I', text)) if text.is_empty() => {
            return Err(io::usage(&p, &COMMAND, "the text to replace is empty").await);
        }
        Some(('I', text)) => plan.replace = Some((*text).into()),
        Some((option, text)) => {
            let Some(count) = numbers::parse::<u64>(text).filter(|&count| count > 0) else {
                return Err(io::usage(&p, &COMMAND, &format!("invalid number '{text}' for -{option}")).await);
            };
            match option {
                'n' => plan.max_words = usize::try_from(count).unwrap_or(usize::MAX),
                _ => plan.max_lines = count,
            }
        }
        None => {}
    }
    let ends = match options.given.iter().rev().find(|(option, _)| matches!(option, '0' | 'd')) {
        Some(('0', _)) => Ends::Byte(0),
        Some((_, text)) => match delimiter(text) {
            Some(byte) => Ends::Byte(byte),
            None => return Err(io::usage(&p, &COMMAND, &format!("invalid delimiter '{text}'")).await),
        },
        None if plan.replace.is_some() => Ends::Lines,
        None => Ends::Blanks,
    };
    // Standard input is the words' alone, so the commands get nothing from it.
    let file = options.value('a');
    let null = match file {
        Some(_) => None,
        None => p.sys.open(BStr::new("/dev/null"), OpenFlags::READ).await.ok(),
    };
    let input = io::open_input(&p, file.unwrap_or(BStr::new("-"))).await.ok_or(Ended(1))?;
    let buf = io::buffer_or_complain(&p, 4096).await?;
    let mut words =
        Words { input, buf, at: 0, end: 0, ends, in_line: false, after_blank: false, line_due: false };

    let (mut gathered, mut bytes, mut lines) = (Vec::new(), 0, 0);
    let (mut status, mut ran) = (0, false);
    loop {
        let token = match words.next().await {
            Ok(token) => token,
            Err(mistake) => {
                let message = match mistake {
                    Mistake::Read(error) => format!("read error: {error}"),
                    Mistake::Quote(quote) => format!("a {} is not closed", char::from(quote)),
                    Mistake::TooLong => "a word is too long".into(),
                };
                io::complain(&p, message).await;
                return Ok(1);
            }
        };
        let end = matches!(token, Token::End);
        match token {
            Token::Word(word) => {
                // Each word also costs the place where its length is kept.
                let size = word.len() + size_of::<BString>();
                if bytes + size > MAX_BYTES && !gathered.is_empty() {
                    ran = true;
                    execute(&p, &plan, core::mem::take(&mut gathered), &null, &mut status).await?;
                    bytes = 0;
                }
                bytes += size;
                gathered.push(word);
            }
            Token::LineEnd => lines += 1,
            Token::End => {}
        }
        let full = gathered.len() >= plan.max_words
            || lines >= plan.max_lines
            || plan.replace.is_some() && !gathered.is_empty();
        let last = end && (!gathered.is_empty() || !ran && !options.has('r') && plan.replace.is_none());
        if full && !gathered.is_empty() || last {
            ran = true;
            execute(&p, &plan, core::mem::take(&mut gathered), &null, &mut status).await?;
            (bytes, lines) = (0, 0);
        }
        if end {
            return Ok(status);
        }
    }
}

/// One byte, or one escape such as `\n`, `\t`, `\0`.
fn delimiter(text: &[u8]) -> Option<u8> {
    let mut byte = Vec::new();
    super::support::escape::unescape(text, super::support::escape::Octal::Plain, &mut byte);
    <[u8; 1]>::try_from(byte).ok().map(|[byte]| byte)
}

/// Runs one command. An error ends `xargs` at once; a status that is not 0 becomes 123 in the end.
async fn execute(
    p: &Process,
    plan: &Plan,
    words: Vec<BString>,
    stdin: &Option<alloc::sync::Arc<dyn crate::env::File>>,
    status: &mut u8,
) -> core::result::Result<(), Ended> {
    let line: Vec<BString> = match (&plan.replace, words.first()) {
        (Some(text), Some(word)) => {
            let replaced = plan.command.iter().map(|part| part.replace(text, word).into());
            replaced.collect()
        }
        _ => plan.command.iter().cloned().chain(words).collect(),
    };
    if plan.tell {
        let _ = p.stderr().write_all(&[bstr::join(" ", &line), vec![b'\n']].concat()).await;
    }
    let name = line[0].clone();
    match child::run(p, line, stdin.clone()).await {
        Ok(Exit::Code(0)) => Ok(()),
        Ok(Exit::Code(255)) => {
            io::complain(p, format!("{name}: exited with status 255; aborting")).await;
            Err(Ended(124))
        }
        Ok(Exit::Code(_)) => {
            *status = 123;
            Ok(())
        }
        Ok(exit) => {
            io::complain(p, format!("{name}: ended with status {}", exit.status())).await;
            Err(Ended(125))
        }
        Err(status) => Err(Ended(status)),
    }
}
