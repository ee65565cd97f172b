//! The shell with a person in front of it: lines and notices. Startup files, prompts and the history's file have
//! files of their own.

mod history_file;
mod prompt;
mod startup;

use alloc::{boxed::Box, sync::Arc, vec::Vec};
use bstr::BString;
use core::{
    future::poll_fn,
    ops::ControlFlow::{Break, Continue},
    task::{Context, Poll},
};

use futures_util::future::select_all;

use crate::{
    edit::{Action, Editor, Known, Setup},
    env::{Attributes, BoxFuture, Job, Modes, Signal, WindowSize},
    fd::Fd,
    run::{
        Leave,
        jobs::State,
        simple::{Meaning, meaning},
        trap::Condition,
    },
    shell::Shell,
};

/// The prompt unless `PS1` says otherwise.
const PROMPT: &[u8] = b"pollux:\\w$ ";

/// What became of reading a command.
enum Input {
    Command(Vec<u8>),
    /// `^C`
    Abandoned,
    /// `^D`
    Eof,
    /// The terminal is gone.
    End,
    /// A signal, or what it is trapped with, ends the shell.
    Left,
}

impl Shell {
    /// Talks with the person at the terminal that is standard input until `exit` or `^D`; the output is
    /// the exit status. Without a terminal it runs the lines that standard input gives, without a prompt.
    pub async fn run_interactive(&mut self) -> u8 {
        self.terminal = self.fds.get(0).ok().filter(|file| file.terminal().is_some());
        let Some(attributes) = self.with_terminal(|terminal| terminal.attributes()) else {
            return self.run_stdin().await;
        };
        self.cooked = attributes;
        self.pid = self.sys.current_pid().unwrap_or(self.pid);
        self.editor = Some(Box::default());
        self.options.monitor = true;
        self.catch_keys();
        self.take_terminal_back();
        let mut flow = self.run_startup_files().await;
        self.load_history().await;
        while flow != Break(Leave::Exit) {
            self.tell_of_jobs().await;
            match self.read_command().await {
                Input::Command(text) => {
                    self.cook();
                    self.forget_interrupt();
                    flow = self.run_text(Arc::from(text)).await;
                    self.commands_read += 1;
                    // A command that ended well may have set the terminal up on purpose.
                    if let Some(attributes) = self.with_terminal(|terminal| terminal.attributes()) {
                        self.cooked = attributes;
                    }
                }
                Input::Abandoned => {
                    self.status = 130;
                    let trapped = self.run_trap(Condition::Signal(Signal::Int)).await;
                    if trapped == Break(Leave::Exit) {
                        break;
                    }
                }
                Input::Left => break,
                Input::Eof if self.options.ignore_eof => {
                    self.tell("\nleave the shell with `exit`\n").await;
                }
                Input::Eof if !self.may_leave(self.commands_read).await => {}
                Input::Eof | Input::End => {
                    self.tell("exit\n").await;
                    self.end_jobs();
                    break;
                }
            }
        }
        self.run_exit_trap().await;
        self.with_terminal(|terminal| {
            terminal.set_attributes(attributes);
            terminal.set_foreground(None);
        });
        self.terminal = None;
        self.editor = None;
        self.status
    }

    /// Whether the shell may end now. With stopped jobs it says so at first; the command with the number `next`, or `^D`
    /// before it, may then end it.
    pub(crate) async fn may_leave(&mut self, next: usize) -> bool {
        let stopped = self.jobs.iter().any(|entry| matches!(entry.state(), State::Stopped));
        if !stopped || self.warned_at == Some(self.commands_read) {
            return true;
        }
        self.warned_at = Some(next);
        if next == self.commands_read {
            self.tell("\n").await; // behind the prompt
        }
        self.tell("there are stopped jobs (see `jobs`); the same once more ends them and the shell\n").await;
        false
    }

    /// Tells running jobs that their shell goes away.
    pub(crate) fn end_jobs(&mut self) {
        for entry in self.jobs.iter() {
            entry.job.signal(crate::env::Signal::Hup);
        }
    }

    async fn tell_of_jobs(&mut self) {
        loop {
            let news = self.jobs.take_news();
            if news.is_empty() {
                return;
            }
            for (line, names, exits) in news {
                self.report_panics(&names, &exits).await;
                self.tell(line).await;
            }
        }
    }

    /// Reads a command, which may be of several lines, with the editor.
    async fn read_command(&mut self) -> Input {
        let stdin = Fd::new(&self.fds, 0);
        let prompt = self.prompt("PS1", PROMPT).await;
        let continuation = self.prompt("PS2", b"> ").await;
        let editing = Attributes::with_modes(self.cooked, Modes::EDITING);
        self.with_terminal(|terminal| terminal.set_attributes(editing));
        let size = self.window();
        let smart = self.vars.get("TERM").is_some_and(|term| !term.is_empty() && term != "dumb");
        let plain = self.vars.get("NO_COLOR").is_some_and(|value| !value.is_empty());
        let colours = (smart && !plain).then(|| self.known_commands());
        let aliases = self.aliases.clone();
        self.with_editor(|editor| {
            let (prompt, continuation) = (&prompt[..], &continuation[..]);
            editor.begin(Setup { prompt, continuation, size, colours, bracketed_paste: smart, aliases });
        });
        self.show().await;
        if let Some(hook) = self.on_first_prompt.take() {
            hook();
        }
        loop {
            // One byte at a time: what is typed ahead stays in the terminal, for the command to read.
            // Only when there is nothing more for now is the screen brought up to date, and when the window changes.
            let mut byte = [0];
            let ready = poll_fn(|cx: &mut Context<'_>| match stdin.poll_read(cx, &mut byte) {
                Poll::Ready(result) => Poll::Ready(Some(result)),
                Poll::Pending => Poll::Ready(None),
            });
            let result = match ready.await {
                Some(result) => result,
                None => {
                    self.show().await;
                    let (terminal, size) = (self.terminal.clone(), self.window());
                    let terminal = terminal.as_ref().and_then(|file| file.terminal());
                    // With `set -b` the end of a job is an event, too.
                    let mut ending = self.next_ending();
                    // A key, or nothing when the window has another size.
                    let event = poll_fn(|cx| {
                        if ending.as_mut().is_some_and(|ending| ending.as_mut().poll(cx).is_ready()) {
                            return Poll::Ready(None);
                        }
                        if let Poll::Ready(result) = stdin.poll_read(cx, &mut byte) {
                            return Poll::Ready(Some(result));
                        }
                        let resized = terminal.is_some_and(|it| it.poll_resized(cx, size).is_ready());
                        if resized { Poll::Ready(None) } else { Poll::Pending }
                    });
                    let flow = match self.unless_signalled(event).await {
                        Continue(Ok(Some(result))) => Continue(Some(result)),
                        Continue(Ok(None)) => Continue(None),
                        Continue(Err(_)) => self.heed_signals().await.map_continue(|()| None),
                        Break(leave) => Break(leave),
                    };
                    match flow {
                        Continue(Some(result)) => result,
                        Continue(None) => {
                            self.interject_news().await;
                            continue;
                        }
                        Break(Leave::Interrupt) => return Input::Abandoned,
                        Break(_) => return Input::Left,
                    }
                }
            };
            if !matches!(result, Ok(1)) {
                return Input::End;
            }
            let action = self.with_editor(|editor| editor.feed(byte[0]));
            let input = match action {
                Action::None => continue,
                Action::Complete { list } => {
                    self.complete(list).await;
                    continue;
                }
                Action::Accept(line) => {
                    let output = self.with_editor(Editor::take_output);
                    self.put(&output).await;
                    self.remember(&line).await;
                    return Input::Command(line);
                }
                Action::Interrupt => Input::Abandoned,
                Action::Eof => Input::Eof,
            };
            let output = self.with_editor(Editor::take_output);
            self.put(&output).await;
            return input;
        }
    }

    /// Waits until a background job has ended, if that is to be told at once.
    fn next_ending(&self) -> Option<BoxFuture<'static, ()>> {
        let jobs: Vec<Arc<dyn Job>> = self.jobs.iter().map(|entry| entry.job.clone()).collect();
        (self.options.notify && !jobs.is_empty()).then(|| -> BoxFuture<'static, ()> {
            Box::pin(async move {
                let ends = jobs.iter().map(|job| job.wait());
                drop(select_all(ends).await);
            })
        })
    }

    /// With `set -b`: tells of jobs above the line that is being edited.
    async fn interject_news(&mut self) {
        if !self.options.notify || !self.jobs.iter().any(|entry| matches!(entry.state(), State::Ended(_))) {
            return;
        }
        self.with_editor(Editor::step_aside);
        let output = self.with_editor(Editor::take_output);
        self.put(&output).await;
        let editing = self.with_terminal(|terminal| terminal.attributes());
        self.cook();
        self.tell_of_jobs().await;
        self.with_terminal(|terminal| editing.map(|editing| terminal.set_attributes(editing)));
    }

    fn with_editor<T>(&mut self, with: impl FnOnce(&mut Editor) -> T) -> T {
        with(self.editor.get_or_insert_default())
    }

    fn window(&self) -> WindowSize {
        self.with_terminal(|terminal| terminal.size()).unwrap_or(WindowSize { rows: 24, cols: 80 })
    }

    /// Brings the screen up to date.
    async fn show(&mut self) {
        let size = self.window();
        let output = self.with_editor(|editor| editor.refresh(size));
        self.put(&output).await;
    }

    /// Writes to the terminal, wherever the standard streams go.
    async fn put(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while !rest.is_empty() {
            let written = poll_fn(|cx| match &self.terminal {
                Some(terminal) => terminal.poll_write(cx, rest),
                None => Poll::Ready(Ok(rest.len())),
            });
            match written.await {
                Ok(size) => rest = &rest[size..],
                Err(_) => return, // the terminal is gone; the next read says so
            }
        }
    }

    /// What tells the editor which commands there are.
    fn known_commands(&self) -> Known {
        let (functions, sys) = (self.functions.clone(), self.sys.clone());
        Box::new(move |name| {
            functions.contains_key(&BString::from(name)) || !matches!(meaning(&*sys, name), Meaning::Nothing)
        })
    }
}
