//! The state of `ed`, and the loop that reads its commands.

use alloc::{borrow::Cow, format, string::String, vec::Vec};
use bstr::{BStr, BString};

use super::{
    super::support::{
        editing::{address::Dialect, address::Places, buffer::Buffer, finder::Finder},
        posix_regex::Syntax,
        unambiguous::unambiguous,
    },
    input::{Came, Input},
    substitute::Substitution,
};
use crate::{
    env::{Disposition, Signal},
    errno::Errno,
    io::{Ended, Outcome, Output},
    process::Process,
};

/// Why a command did not go to its end.
pub enum Stop {
    /// It was wrong.
    Mistake(Cow<'static, str>),
    Interrupted,
    HungUp,
    /// `ed` ends.
    Ended(Ended),
}

impl Stop {
    pub fn error(error: Errno) -> Self {
        Stop::Mistake(format!("{error}").into())
    }
}

impl From<Ended> for Stop {
    fn from(ended: Ended) -> Self {
        Stop::Ended(ended)
    }
}

impl From<&'static str> for Stop {
    fn from(text: &'static str) -> Self {
        Stop::Mistake(text.into())
    }
}

impl From<String> for Stop {
    fn from(text: String) -> Self {
        Stop::Mistake(text.into())
    }
}

pub type Done<T = ()> = Result<T, Stop>;

/// How a line is printed.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Print {
    pub plain: bool,
    pub number: bool,
    pub list: bool,
}

impl Print {
    /// Whether a line is to be printed at all.
    pub fn any(self) -> bool {
        self.plain || self.number || self.list
    }
}

pub const MODIFIED: &str = "Warning: buffer modified";
/// Columns of `l`.
const WIDTH: usize = 73;

pub struct Session<'p> {
    pub p: &'p Process,
    pub buffer: Buffer,
    pub current: usize,
    pub finder: Finder,
    pub syntax: Syntax,
    pub out: Output<'p>,
    pub input: Input<'p>,
    pub file: Option<BString>,
    /// `-s`: no numbers of bytes, no `!`.
    pub quiet: bool,
    pub prompt: BString,
    pub prompts: bool,
    /// `H`: say what is wrong.
    pub explains: bool,
    pub mistake: Cow<'static, str>,
    /// The last command was told that the text is not saved; the same again does it.
    pub warned: bool,
    pub substitution: Option<Substitution>,
    /// The pattern of the last substitution.
    pub substituted: Option<Vec<u8>>,
    /// What `!!` runs again.
    pub shell_line: Option<BString>,
    /// What `&` of `G` and `V` stands for.
    pub repeated: Vec<u8>,
    /// Lines that `z` shows.
    pub window: usize,
    /// The last step was an undo, which the next one undoes.
    pub undone: bool,
}

impl<'p> Session<'p> {
    pub fn new(p: &'p Process, syntax: Syntax, quiet: bool, prompt: Option<BString>) -> Self {
        Self {
            p,
            buffer: Buffer::new(),
            current: 0,
            finder: Finder::new(syntax),
            syntax,
            out: Output::new(p),
            input: Input::new(p),
            file: None,
            quiet,
            prompts: prompt.is_some(),
            prompt: prompt.unwrap_or_else(|| "*".into()),
            explains: false,
            mistake: "".into(),
            warned: false,
            substitution: None,
            substituted: None,
            shell_line: None,
            repeated: Vec::new(),
            window: 22,
            undone: false,
        }
    }

    pub fn places(&mut self) -> Places<'_> {
        Places {
            buffer: &self.buffer,
            finder: &mut self.finder,
            current: self.current,
            dialect: Dialect::Ed,
            syntax: self.syntax,
            ignore_case: false,
        }
    }

    /// Reads the file and then commands until one ends it.
    pub async fn run(&mut self, file: Option<&BStr>) -> Outcome {
        for signal in [Signal::Int, Signal::Hup] {
            // Who started it ignoring them wants them ignored.
            if self.p.signals.disposition(signal) == Disposition::Default {
                self.p.signals.set(signal, Disposition::Caught);
            }
        }
        self.p.signals.set(Signal::Quit, Disposition::Ignored);
        let mut status = 0;
        if let Some(name) = file
            && let Err(stop) = self.open(name).await
        {
            status = self.say(stop).await?;
        }
        let from_terminal = self.p.stdin().file().is_ok_and(|file| file.terminal().is_some());
        loop {
            if self.prompts {
                let prompt = self.prompt.clone();
                self.out.push(&prompt);
            }
            self.out.flush().await?;
            let done = match self.input.line().await {
                Ok(Came::Line(line)) => self.top(line).await,
                Ok(Came::End) if self.buffer.is_modified() && !self.warned => {
                    self.warned = true;
                    status = self.say(MODIFIED.into()).await?.max(status);
                    if from_terminal {
                        continue;
                    }
                    return core::mem::replace(&mut self.out, Output::new(self.p)).finish(2).await;
                }
                Ok(Came::End) => break,
                Ok(Came::Interrupted) => Err(Stop::Interrupted),
                Ok(Came::HungUp) => Err(Stop::HungUp),
                Err(stop) => Err(stop),
            };
            match done {
                Ok(true) => {}
                Ok(false) => break,
                Err(Stop::HungUp) => {
                    self.rescue().await;
                    return Ok(1);
                }
                Err(stop) => {
                    let said = self.say(stop).await?;
                    // A person may make mistakes; a script that does has failed.
                    status = if from_terminal { status } else { said.max(status) };
                }
            }
        }
        core::mem::replace(&mut self.out, Output::new(self.p)).finish(status).await
    }

    /// One command line; false when it ends the session.
    async fn top(&mut self, line: Vec<u8>) -> Done<bool> {
        let (place, warned) = (self.current, core::mem::take(&mut self.warned));
        let done = self.command(line, warned).await;
        if self.buffer.commit((place, 0)) {
            self.undone = false;
        }
        done
    }

    /// Says that something is wrong; the status for it.
    async fn say(&mut self, stop: Stop) -> Outcome {
        let text = match stop {
            Stop::Ended(ended) => return Err(ended),
            Stop::Interrupted | Stop::HungUp => {
                self.out.push(b"\n");
                "Interrupt".into()
            }
            Stop::Mistake(text) => text,
        };
        self.mistake = text;
        self.out.push(b"?\n");
        if self.explains {
            self.explain();
        }
        self.out.flush().await?;
        Ok(1)
    }

    pub fn explain(&mut self) {
        if !self.mistake.is_empty() {
            let text = format!("{}\n", self.mistake);
            self.out.push(text.as_bytes());
        }
    }

    /// Prints lines; the last one is the current one then.
    pub async fn print(&mut self, first: usize, last: usize, how: Print) -> Done {
        if first == 0 {
            return Err(super::super::support::editing::address::INVALID.into());
        }
        for number in first..=last {
            if how.number {
                self.out.push(format!("{number}\t").as_bytes());
            }
            if how.list {
                let text = unambiguous(self.buffer.line(number), WIDTH, true);
                self.out.write(&text).await?;
            } else {
                self.out.push(self.buffer.line(number));
                self.out.write(b"\n").await?;
            }
            if self.p.signals.is_pending() {
                return self.interrupted();
            }
        }
        self.current = last;
        Ok(())
    }

    /// What a signal in the middle of something does.
    pub fn interrupted(&mut self) -> Done {
        match self.p.signals.take() {
            Some(Signal::Hup) => Err(Stop::HungUp),
            Some(_) => Err(Stop::Interrupted),
            None => Ok(()),
        }
    }
}
