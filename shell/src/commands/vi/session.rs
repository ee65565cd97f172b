//! The one who holds the terminal and waits: gives keys to the editor, shows what it draws, and does what takes files
//! and commands. Without a screen it is `ex`: command lines come from standard input.

use alloc::{format, string::String, vec::Vec};
use bstr::{BStr, BString, ByteSlice};
use core::{future::poll_fn, pin::pin};
use futures_util::{
    FutureExt,
    future::{Either, select},
};

use super::{
    super::support::editing::{
        child,
        file::{self, Part},
    },
    editor::{Editor, Mode, Next},
    ex::Flow,
    files::Stamp,
};
use crate::{
    edit::keys::Key,
    env::{Disposition, Signal},
    io::{self, Ended, Lines, Outcome, Output},
    process::Process,
    screen::{Event, FullScreen, row::fitted, size_of},
};

pub struct Session<'p> {
    pub p: &'p Process,
    pub ed: Editor,
    /// Where it is shown; `ex` has none.
    pub screen: Option<FullScreen>,
    lines: Lines,
    /// Lines that a command printed.
    pub printed: Vec<Vec<u8>>,
    /// Nothing is said that nobody asked for (`-s`).
    pub quiet: bool,
    pub stamp: Option<Stamp>,
    pub shell_line: Option<BString>,
    pub warned_of_files: bool,
}

/// So many keys are taken before what they did is shown.
const KEYS_AT_ONCE: usize = 500;

/// What the command line asked for.
#[derive(Default)]
pub struct Request {
    pub files: Vec<BString>,
    pub read_only: bool,
    pub quiet: bool,
    /// Commands to begin with.
    pub commands: Vec<BString>,
}

impl<'p> Session<'p> {
    pub fn new(p: &'p Process, request: &Request) -> Self {
        let mut ed = Editor::new(size_of(&p.stdout()));
        ed.settings.readonly = request.read_only;
        ed.files.arguments.clone_from(&request.files);
        let lines = Lines::new(&p.stdin());
        let (printed, quiet) = (Vec::new(), request.quiet);
        Self { p, ed, screen: None, lines, printed, quiet, stamp: None, shell_line: None, warned_of_files: false }
    }

    /// Reads what people set for themselves, the first file, and the commands to begin with.
    async fn begin(&mut self, request: &Request) -> Result<Flow, String> {
        for signal in [Signal::Int, Signal::Hup, Signal::Term] {
            if self.p.signals.disposition(signal) == Disposition::Default {
                self.p.signals.set(signal, Disposition::Caught);
            }
        }
        if !self.quiet {
            if let Some(commands) = self.p.env.get(b"EXINIT".as_bstr()) {
                for line in commands.lines() {
                    self.execute(line, false).await?;
                }
            } else if let Some(home) = self.p.env.get(b"HOME".as_bstr()) {
                let file = [&home[..], b"/.exrc"].concat();
                self.source(file.as_bstr(), false).await?;
            }
        }
        if let Some(file) = self.ed.files.arguments.first().cloned() {
            self.ed.files.current = Some(file.clone());
            self.edit(file, None).await?;
        }
        for command in &request.commands {
            let said = self.ed.message.take();
            let flow = self.execute(command, false).await?;
            self.ed.message = self.ed.message.take().or(said);
            if flow != Flow::Go {
                return Ok(flow);
            }
        }
        Ok(Flow::Go)
    }

    /// `vi`: until it is left.
    pub async fn visual(&mut self, request: &Request) -> Outcome {
        let screen = FullScreen::open(self.p, true).await;
        let mut screen = match screen {
            Ok(screen) => screen,
            Err(error) => {
                io::complain_about(self.p, b"cannot read keys from a terminal", error).await;
                return Err(Ended(1));
            }
        };
        screen.expect_escape();
        self.ed.view.resize(screen.size());
        self.screen = Some(screen);
        let begun = self.begin(request).await;
        let status = match self.follow(begun).await {
            Some(status) => status,
            None => self.keys().await,
        };
        self.close().await;
        Ok(status)
    }

    async fn close(&mut self) {
        if let Some(screen) = self.screen.take() {
            screen.close().await;
        }
    }

    /// Gives keys to the editor until it is left; the status.
    async fn keys(&mut self) -> u8 {
        let mut taken = 0;
        loop {
            let Some(screen) = &mut self.screen else { return 1 };
            let queued = core::mem::take(&mut self.ed.queued);
            screen.type_ahead(&queued);
            // What was typed ahead is done first and shown once.
            let waiting = if taken < KEYS_AT_ONCE { screen.event().now_or_never() } else { None };
            let event = match waiting {
                Some(event) => event,
                None => {
                    taken = 0;
                    self.ed.view.resize(screen.size());
                    let (rows, cursor) = self.ed.draw();
                    if screen.show(rows, Some(cursor)).await.is_err() {
                        return self.hung_up().await;
                    }
                    let signals = &self.p.signals;
                    let signal = pin!(poll_fn(|cx| signals.poll_pending(cx, None)));
                    match select(signal, pin!(screen.event())).await {
                        Either::Left((signal, _)) => {
                            signals.forget(signal);
                            match signal {
                                Signal::Int => Some(Event::Key(Key::Control(b'C'))),
                                _ => None,
                            }
                        }
                        Either::Right((event, _)) => event,
                    }
                }
            };
            taken += 1;
            let key = match event {
                None => return self.hung_up().await,
                Some(Event::Resized) => continue,
                Some(Event::Key(key)) => key,
            };
            let done = match self.ed.key(key) {
                Next::Stay => Ok(Flow::Go),
                Next::Ex(line) => self.line(&line).await,
                Next::Repaint => {
                    self.forget_screen();
                    Ok(Flow::Go)
                }
                Next::Suspend => Ok(Flow::Suspend),
                Next::Literal => {
                    if let Some(screen) = &mut self.screen {
                        screen.expect_literal();
                    }
                    Ok(Flow::Go)
                }
            };
            if let Some(status) = self.follow(done).await {
                return status;
            }
        }
    }

    /// A command line that was typed.
    async fn line(&mut self, line: &[u8]) -> Result<Flow, String> {
        let place = (self.ed.line, self.ed.col);
        self.ed.began = place;
        let done = self.execute(line, false).await;
        // What was done before a mistake is a step, too.
        if done != Ok(Flow::Asks) {
            self.ed.buffer.commit(place);
            self.ed.settle_column();
        }
        done
    }

    /// What follows a command line; a status if that is the end.
    async fn follow(&mut self, done: Result<Flow, String>) -> Option<u8> {
        match done {
            Ok(Flow::Leave(status)) => return Some(status),
            Ok(Flow::Suspend) => {
                if let Some(screen) = &mut self.screen
                    && screen.suspend().await.is_err()
                {
                    return Some(self.hung_up().await);
                }
            }
            Ok(_) => {}
            Err(message) => self.ed.complain(message),
        }
        self.show_printed().await
    }

    /// Shows what a command printed: one line at the bottom, more on a screen of their own.
    async fn show_printed(&mut self) -> Option<u8> {
        let printed = core::mem::take(&mut self.printed);
        let screen = self.screen.as_mut()?;
        if let [line] = &printed[..] {
            self.ed.say(String::from_utf8_lossy(line).into_owned());
            return None;
        }
        let size = screen.size();
        for page in printed.chunks(size.rows - 1) {
            let mut rows: Vec<Vec<u8>> = page.iter().map(|line| fitted(line, size.cols, false).0).collect();
            rows.push(b"\x1b[7mPress a key to go on\x1b[m".to_vec());
            let cursor = (rows.len() - 1, 0);
            loop {
                if screen.show(rows.clone(), Some(cursor)).await.is_err() {
                    return Some(1);
                }
                match screen.event().await {
                    Some(Event::Key(_)) => break,
                    Some(Event::Resized) => screen.forget(),
                    None => return Some(1),
                }
            }
        }
        None
    }

    pub fn forget_screen(&mut self) {
        if let Some(screen) = &mut self.screen {
            screen.forget();
        }
    }

    /// Runs a command line on the terminal, with lines as its input where these are given.
    pub async fn outside(&mut self, line: &BStr, lines: Option<(usize, usize)>) -> Result<(), String> {
        let failed = |error| format!("{error}");
        if let Some(screen) = &mut self.screen {
            screen.leave().await.map_err(failed)?;
        }
        let buffer = &self.ed.buffer;
        let part = lines.map(|(first, last)| Part { buffer, first, last, unfinished: false });
        let ran = child::run(self.p, line, part, false).await;
        // `^C` was for the command.
        self.p.signals.forget(Signal::Int);
        if let Some(screen) = &mut self.screen {
            screen.ask(b"\r\nPress a key to go on").await;
            screen.come_back().await.map_err(failed)?;
        }
        match ran {
            Ok(ran) if ran.status != 0 => Err(format!("The command ended with status {}", ran.status)),
            Ok(_) => Ok(()),
            Err(error) => Err(format!("{error}")),
        }
    }

    /// The terminal is gone: what was not saved goes beside the file.
    async fn hung_up(&mut self) -> u8 {
        if self.ed.buffer.is_modified() {
            let name = self.ed.files.current.clone().unwrap_or_else(|| "vi".into());
            let beside = [&name[..], b".save"].concat();
            let part = Part {
                buffer: &self.ed.buffer,
                first: 1,
                last: self.ed.buffer.len(),
                unfinished: self.ed.buffer.unfinished,
            };
            if let Err(error) = file::save(self.p, beside.as_bstr(), part).await {
                io::complain_about(self.p, &beside, error).await;
            }
        }
        1
    }

    /// `ex`: commands from standard input until one leaves, or there are no more.
    pub async fn lines(&mut self, request: &Request) -> Outcome {
        let from_terminal = self.p.stdin().file().is_ok_and(|file| file.terminal().is_some());
        let mut done = self.begin(request).await;
        loop {
            match done {
                Ok(Flow::Leave(status)) => {
                    self.flush().await?;
                    return Ok(status);
                }
                Ok(Flow::Visual) => {
                    self.flush().await?;
                    return self.visual_from_ex().await;
                }
                Ok(_) => {}
                Err(message) => {
                    self.flush().await?;
                    io::complain(self.p, message).await;
                    if !from_terminal {
                        return Ok(1);
                    }
                }
            }
            if let Some((text, wrong)) = self.ed.message.take()
                && (wrong || !self.quiet)
            {
                self.printed.push(text.into_bytes());
            }
            self.flush().await?;
            if from_terminal && !self.quiet {
                let _ = self.p.stdout().write_all(b":").await;
            }
            let Some(line) = self.read_line().await else {
                let modified = self.ed.buffer.is_modified();
                if modified {
                    io::complain(self.p, "the text was not saved".into()).await;
                }
                return Ok(u8::from(modified));
            };
            done = self.line(&line).await;
        }
    }

    async fn visual_from_ex(&mut self) -> Outcome {
        match FullScreen::open(self.p, true).await {
            Ok(mut screen) => {
                screen.expect_escape();
                self.screen = Some(screen);
            }
            Err(error) => {
                io::complain_about(self.p, b"cannot read keys from a terminal", error).await;
                return Err(Ended(1));
            }
        }
        let status = self.keys().await;
        self.close().await;
        Ok(status)
    }

    async fn flush(&mut self) -> Result<(), Ended> {
        let mut out = Output::new(self.p);
        for line in core::mem::take(&mut self.printed) {
            out.write_line(&line).await?;
        }
        out.flush().await
    }

    /// The next line of standard input.
    pub async fn read_line(&mut self) -> Option<Vec<u8>> {
        let signals = &self.p.signals;
        let signal = pin!(poll_fn(|cx| signals.poll_pending(cx, Some(Signal::Int))));
        match select(signal, pin!(self.lines.next_line())).await {
            Either::Left(_) => None,
            Either::Right((Ok(Some(line)), _)) => Some(line.strip_suffix(b"\n").unwrap_or(line).to_vec()),
            Either::Right(_) => None,
        }
    }

    /// `:s///c` of `ex`: shows each line with its match and reads an answer.
    pub async fn ask_in_lines(&mut self) -> Result<Flow, String> {
        while let Mode::Confirm(confirm) = &self.ed.mode {
            let span = confirm.span();
            let marks = [b" ".repeat(span.start.1), b"^".repeat(span.end.1 - span.start.1)].concat();
            self.printed.push(self.ed.buffer.line(span.start.0).to_vec());
            self.printed.push(marks);
            if self.flush().await.is_err() {
                return Ok(Flow::Leave(1));
            }
            let answer = self.read_line().await.unwrap_or_else(|| b"q".to_vec());
            let answer = if answer.is_empty() { b"n".to_vec() } else { answer };
            self.ed.confirm_key(Key::Literal(answer[0]));
        }
        Ok(Flow::Go)
    }
}
