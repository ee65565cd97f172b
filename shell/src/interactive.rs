//! The shell with a person in front of it: lines and notices. Startup files, prompts and the history's file have
//! files of their own.

mod history_file;
mod prompt;
mod startup;

use alloc::{boxed::Box, sync::Arc, vec::Vec};
use bstr::BString;
use core::{
    future::poll_fn,
    ops::ControlFlow::Break,
    task::{Context, Poll},
};

use crate::{
    edit::{Action, Editor, Known, Setup},
    env::{Modes, WindowSize},
    fd::Fd,
    run::{
        Leave,
        jobs::ending,
        simple::{Meaning, meaning},
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
    /// `^D`, or the terminal is gone.
    End,
}

impl Shell {
    /// Talks with the person at the terminal that is standard input until `exit` or `^D`; the output is
    /// the exit status. Without a terminal it runs the lines that standard input gives, without a prompt.
    pub async fn run_interactive(&mut self) -> u8 {
        self.terminal = self.fds.get(0).ok().filter(|file| file.terminal().is_some());
        let Some(modes) = self.with_terminal(|terminal| terminal.modes()) else {
            return self.run_stdin().await;
        };
        self.cooked = modes;
        self.pid = self.sys.current_pid().unwrap_or(self.pid);
        self.editor = Some(Box::default());
        self.interrupts = Some(Arc::default());
        self.take_terminal_back();
        let mut flow = self.run_startup_files().await;
        self.load_history().await;
        while flow != Break(Leave::Exit) {
            self.tell_of_ended_jobs().await;
            match self.read_command().await {
                Input::Command(text) => {
                    self.with_terminal(|terminal| terminal.set_modes(self.cooked));
                    self.forget_interrupt();
                    flow = self.run_text(Arc::from(text)).await;
                    self.commands_read += 1;
                    // A command that ended well may have set the terminal up on purpose.
                    if let Some(modes) = self.with_terminal(|terminal| terminal.modes()) {
                        self.cooked = modes;
                    }
                }
                Input::Abandoned => self.status = 130,
                Input::End => {
                    self.tell("exit\n").await;
                    self.end_jobs();
                    break;
                }
            }
        }
        self.run_exit_trap().await;
        self.with_terminal(|terminal| {
            terminal.set_modes(modes);
            terminal.set_foreground(None);
        });
        self.terminal = None;
        self.interrupts = None;
        self.editor = None;
        self.status
    }

    /// Tells running jobs that their shell goes away.
    pub(crate) fn end_jobs(&mut self) {
        for entry in self.jobs.iter() {
            entry.job.signal(crate::env::Signal::Hup);
        }
    }

    async fn tell_of_ended_jobs(&mut self) {
        for (entry, exits) in self.jobs.take_ended() {
            self.report_panics(&entry.names, &exits).await;
            let text = alloc::format!("[{}]  {:<12} {}\n", entry.number, ending(&exits), entry.text);
            self.tell(text).await;
        }
    }

    /// Reads a command, which may be of several lines, with the editor.
    async fn read_command(&mut self) -> Input {
        let stdin = Fd::new(&self.fds, 0);
        let prompt = self.prompt("PS1", PROMPT).await;
        let continuation = self.prompt("PS2", b"> ").await;
        self.with_terminal(|terminal| terminal.set_modes(Modes::EDITING));
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
            // Only when there is nothing more for now is the screen brought up to date. A window that changes its
            // size is drawn anew with the next key: a wait for that event belongs beside this read.
            let mut byte = [0];
            let ready = poll_fn(|cx: &mut Context<'_>| match stdin.poll_read(cx, &mut byte) {
                Poll::Ready(result) => Poll::Ready(Some(result)),
                Poll::Pending => Poll::Ready(None),
            });
            let result = match ready.await {
                Some(result) => result,
                None => {
                    self.show().await;
                    stdin.read(&mut byte).await
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
                Action::Eof => Input::End,
            };
            let output = self.with_editor(Editor::take_output);
            self.put(&output).await;
            return input;
        }
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
