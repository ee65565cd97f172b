//! The shell with a person in front of it: prompts, lines, notices.

use alloc::{boxed::Box, string::String, sync::Arc, vec::Vec};
use bstr::{BString, ByteSlice};
use core::{
    future::poll_fn,
    ops::ControlFlow::Break,
    task::{Context, Poll},
};

use crate::{
    edit::{Action, Editor},
    env::{Modes, WindowSize},
    fd::Fd,
    path,
    run::{Leave, jobs::ending},
    shell::Shell,
};

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
        loop {
            self.tell_of_ended_jobs().await;
            match self.read_command().await {
                Input::Command(text) => {
                    self.with_terminal(|terminal| terminal.set_modes(self.cooked));
                    self.forget_interrupt();
                    let flow = self.run_text(Arc::from(text)).await;
                    // A command that ended well may have set the terminal up on purpose.
                    if let Some(modes) = self.with_terminal(|terminal| terminal.modes()) {
                        self.cooked = modes;
                    }
                    if flow == Break(Leave::Exit) {
                        break;
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

    /// Reads lines until they are a command.
    async fn read_command(&mut self) -> Input {
        let mut text = Vec::new();
        loop {
            let prompt = if text.is_empty() { self.prompt() } else { self.continuation_prompt() };
            match self.read_line_edited(&prompt).await {
                Input::Command(line) => text.extend_from_slice(&line),
                Input::End if !text.is_empty() => {
                    // The parser says what is missing.
                    self.tell("\n").await;
                    return Input::Command(text);
                }
                other => return other,
            }
            text.push(b'\n');
            if text.len() > crate::edit::LIMIT || !self.needs_more(&text) {
                let line = text.strip_suffix(b"\n").unwrap_or(&text).to_vec();
                if let Some(editor) = &mut self.editor {
                    editor.history.add(&line);
                }
                return Input::Command(line);
            }
        }
    }

    /// Reads one line with the editor.
    async fn read_line_edited(&mut self, prompt: &[u8]) -> Input {
        let stdin = Fd::new(&self.fds, 0);
        self.with_terminal(|terminal| terminal.set_modes(Modes::EDITING));
        let size = self.window();
        let (above, prompt) = match prompt.rsplit_once_str("\n") {
            Some((above, prompt)) => (Some(above), prompt),
            None => (None, prompt),
        };
        if let Some(above) = above {
            self.tell(above).await;
            self.tell("\n").await;
        }
        self.with_editor(|editor| editor.begin(prompt, size));
        self.show().await;
        if let Some(hook) = self.on_first_prompt.take() {
            hook();
        }
        loop {
            // One byte at a time: what is typed ahead stays in the terminal, for the command to read.
            // Only when there is nothing more for now is the screen brought up to date.
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
                Action::Accept(line) => Input::Command(line),
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

    fn continuation_prompt(&self) -> BString {
        self.vars.get("PS2").unwrap_or(b"> ".as_bstr()).into()
    }

    /// The prompt: `PS1` with the escapes `\w \W \$ \h \u \n \e \\`, or the shell's own.
    fn prompt(&self) -> BString {
        let form = self.vars.get("PS1").unwrap_or(b"pollux:\\w$ ".as_bstr());
        let mut prompt = BString::default();
        let mut bytes = form.iter();
        while let Some(&byte) = bytes.next() {
            if byte != b'\\' {
                prompt.push(byte);
                continue;
            }
            match bytes.next() {
                Some(b'w') => prompt.extend_from_slice(&self.short_cwd()),
                Some(b'W') => prompt.extend_from_slice(path::file_name(&self.short_cwd())),
                Some(b'$') => prompt.push(b'#'),
                Some(b'h') => prompt.extend_from_slice(b"pollux"),
                Some(b'u') => prompt.extend_from_slice(self.vars.get("USER").unwrap_or(b"root".as_bstr())),
                Some(b'n') => prompt.push(b'\n'),
                Some(b'e') => prompt.push(0x1b),
                Some(b'[' | b']') => {} // around what takes no columns, which is found without it
                Some(&other) => prompt.extend_from_slice(&[b'\\', other]),
                None => prompt.push(b'\\'),
            }
        }
        prompt
    }

    /// The working directory with the home directory as `~`, without anything a terminal would obey.
    fn short_cwd(&self) -> BString {
        let cwd = match self.vars.get("HOME").map(|home| self.cwd.strip_prefix(home.as_bytes())) {
            Some(Some(rest)) if rest.is_empty() || rest.starts_with(b"/") => {
                let mut cwd = BString::from("~");
                cwd.extend_from_slice(rest);
                cwd
            }
            _ => self.cwd.clone(),
        };
        let clean: String = cwd.chars().map(|it| if it.is_control() { '?' } else { it }).collect();
        clean.into()
    }
}
