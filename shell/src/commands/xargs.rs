//! `xargs`: words from standard input as arguments of commands. Memory is that of one command line.

use alloc::{boxed::Box, format, sync::Arc, vec, vec::Vec};
use bstr::{BStr, BString, ByteSlice};
use futures_util::stream::{FuturesUnordered, StreamExt};

use super::support::{child, numbers};
use crate::{
    env::{BoxFuture, Exit, File, OpenFlags, Result},
    errno::Errno,
    io::{self, Ended, Lines, Outcome},
    process::Process,
};

command!(
    "xargs",
    "xargs [-0rtpx] [-d DELIMITER] [-E WORD] [-n WORDS | -L LINES | -I TEXT] [-s BYTES] [-P JOBS] [-a FILE] [COMMAND [ARGUMENT]...]",
    "Runs COMMAND (echo) with the words of standard input as further arguments; -n so many at a time, -L those of so many lines, -I each line instead of TEXT, -0 or -d says what ends a word, -E which word ends all, -s how long a command may be, -P how many run at once, -r not without words, -t tells, -p asks."
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
    ask: bool,
    /// How many commands run at once.
    jobs: usize,
    /// How long a command may be with all its words, each with its end.
    max_bytes: usize,
    /// A command that is too long is a mistake, also when it could be made shorter.
    exact: bool,
    /// The word that ends the input.
    eof: Option<BString>,
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
        ("eof", 'e'),
        ("exit", 'x'),
        ("interactive", 'p'),
        ("max-chars", 's'),
        ("max-procs", 'P'),
    ];
    let options = io::options(&p, &COMMAND, "+0rtpxd:n:L:I:a:E:s:P:e::i::l::", &long).await?;
    let mut plan = Plan {
        command: options.operands.iter().map(|&word| word.into()).collect(),
        max_words: usize::MAX,
        max_lines: u64::MAX,
        replace: None,
        tell: options.has('t'),
        ask: options.has('p'),
        jobs: 1,
        max_bytes: MAX_BYTES,
        exact: options.has('x'),
        eof: options.given.iter().rev().find(|(option, _)| matches!(option, 'E' | 'e')).map(|(_, word)| (*word).into()),
    };
    plan.eof.take_if(|word| word.is_empty());
    if plan.command.is_empty() {
        plan.command.push("echo".into());
    }
    // Of those that exclude each other the last counts.
    match options.given.iter().rev().find(|(option, _)| matches!(option, 'n' | 'L' | 'l' | 'I' | 'i')) {
        Some(('i', text)) if text.is_empty() => plan.replace = Some("{}".into()),
        Some(('l', text)) if text.is_empty() => plan.max_lines = 1,
        Some(('I', text)) if text.is_empty() => {
            return Err(io::usage(&p, &COMMAND, "the text to replace is empty").await);
        }
        Some(('I' | 'i', text)) => plan.replace = Some((*text).into()),
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
    for (option, least) in [('P', 0), ('s', 1)] {
        let Some(text) = options.value(option) else { continue };
        let Some(number) = numbers::parse::<usize>(text).filter(|number| *number >= least) else {
            return Err(io::usage(&p, &COMMAND, &format!("invalid number '{text}' for -{option}")).await);
        };
        match option {
            'P' => plan.jobs = if number == 0 { usize::MAX } else { number },
            _ => plan.max_bytes = number.min(MAX_BYTES),
        }
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

    // Where -s does not say how long commands may be, memory bounds them: each word costs a place of its own.
    let cost = if options.has('s') { 1 } else { size_of::<BString>() };
    let own = plan.command.iter().map(|word| word.len() + 1).sum::<usize>();
    let (mut gathered, mut bytes, mut lines) = (Vec::new(), own, 0);
    let mut ran = false;
    let mut runner = Runner { p: &p, plan, stdin: null, running: FuturesUnordered::new(), status: 0 };
    loop {
        let mut token = match words.next().await {
            Ok(token) => token,
            Err(mistake) => {
                let message = match mistake {
                    Mistake::Read(error) => format!("read error: {error}"),
                    Mistake::Quote(quote) => format!("a {} is not closed", char::from(quote)),
                    Mistake::TooLong => "a word is too long".into(),
                };
                io::complain(&p, message).await;
                runner.wait().await?;
                return Ok(1);
            }
        };
        let plan = &runner.plan;
        if let Token::Word(word) = &token
            && !matches!(ends, Ends::Byte(_))
            && plan.eof.as_ref() == Some(word)
        {
            token = Token::End;
        }
        let end = matches!(token, Token::End);
        match token {
            Token::Word(word) => {
                let size = word.len() + cost;
                let too_long = plan.replace.is_none() && bytes + size > plan.max_bytes;
                let asked_for = plan.max_words < usize::MAX || plan.max_lines < u64::MAX;
                if too_long && (gathered.is_empty() || plan.exact && asked_for) {
                    io::complain(&p, "the command would be too long".into()).await;
                    runner.wait().await?;
                    return Ok(1);
                }
                if too_long {
                    ran = true;
                    runner.start(core::mem::take(&mut gathered)).await?;
                    bytes = own;
                    if bytes + size > runner.plan.max_bytes {
                        io::complain(&p, "the command would be too long".into()).await;
                        runner.wait().await?;
                        return Ok(1);
                    }
                }
                bytes += size;
                gathered.push(word);
            }
            Token::LineEnd => lines += 1,
            Token::End => {}
        }
        let plan = &runner.plan;
        let full = gathered.len() >= plan.max_words
            || lines >= plan.max_lines
            || plan.replace.is_some() && !gathered.is_empty();
        let last = end && (!gathered.is_empty() || !ran && !options.has('r') && plan.replace.is_none());
        if full && !gathered.is_empty() || last {
            ran = true;
            runner.start(core::mem::take(&mut gathered)).await?;
            (bytes, lines) = (own, 0);
        }
        if end {
            runner.wait().await?;
            return Ok(runner.status);
        }
    }
}

/// One byte, or one escape such as `\n`, `\t`, `\0`.
fn delimiter(text: &[u8]) -> Option<u8> {
    let mut byte = Vec::new();
    super::support::escape::unescape(text, super::support::escape::Octal::Plain, &mut byte);
    <[u8; 1]>::try_from(byte).ok().map(|[byte]| byte)
}

/// The commands that run.
struct Runner<'p> {
    p: &'p Process,
    plan: Plan,
    stdin: Option<Arc<dyn File>>,
    running: FuturesUnordered<BoxFuture<'p, (BString, Exit)>>,
    status: u8,
}

impl Runner<'_> {
    /// Starts one command, when fewer run than may. An error ends `xargs`; a status that is not 0 becomes 123 in the
    /// end.
    async fn start(&mut self, words: Vec<BString>) -> core::result::Result<(), Ended> {
        let (p, plan) = (self.p, &self.plan);
        let line: Vec<BString> = match (&plan.replace, words.first()) {
            (Some(text), Some(word)) => {
                let replaced = plan.command.iter().map(|part| part.replace(text, word).into());
                replaced.collect()
            }
            _ => plan.command.iter().cloned().chain(words).collect(),
        };
        let shown = bstr::join(" ", &line);
        if plan.ask {
            if !ask_terminal(p, &shown).await? {
                return Ok(());
            }
        } else if plan.tell {
            let _ = p.stderr().write_all(&[shown, vec![b'\n']].concat()).await;
        }
        let jobs = plan.jobs;
        while self.running.len() >= jobs {
            self.finish_one().await?;
        }
        let name = line[0].clone();
        match child::Child::start(p, line, self.stdin.clone()).await {
            Ok(child) => self.running.push(Box::pin(async move {
                let exit = child.wait(p).await;
                (name, exit)
            })),
            Err(status) => {
                self.wait().await?;
                return Err(Ended(status));
            }
        }
        // One at a time: what comes next is read when it has ended.
        if jobs == 1 { self.wait().await } else { Ok(()) }
    }

    /// Waits for all that run.
    async fn wait(&mut self) -> core::result::Result<(), Ended> {
        while !self.running.is_empty() {
            self.finish_one().await?;
        }
        Ok(())
    }

    async fn finish_one(&mut self) -> core::result::Result<(), Ended> {
        let Some((name, exit)) = self.running.next().await else { return Ok(()) };
        let status = match exit {
            Exit::Code(0) => return Ok(()),
            Exit::Code(255) => {
                io::complain(self.p, format!("{name}: exited with status 255; aborting")).await;
                124
            }
            Exit::Code(_) => {
                self.status = 123;
                return Ok(());
            }
            exit => {
                io::complain(self.p, format!("{name}: ended with status {}", exit.status())).await;
                125
            }
        };
        // The others are not begun in vain.
        while self.running.next().await.is_some() {}
        Err(Ended(status))
    }
}

/// Whether to run a command: that is read from the terminal, as standard input has the words.
async fn ask_terminal(p: &Process, command: &[u8]) -> core::result::Result<bool, Ended> {
    let terminal = io::open_input(p, BStr::new("/dev/tty")).await.ok_or(Ended(1))?;
    let _ = p.stderr().write_all(&[command, b" ?..."].concat()).await;
    let mut lines = Lines::new(&terminal);
    match lines.next_line().await {
        Ok(line) => Ok(line.is_some_and(|line| line.starts_with(b"y") || line.starts_with(b"Y"))),
        Err(error) => {
            io::complain_about(p, b"/dev/tty", error).await;
            Err(Ended(1))
        }
    }
}
