//! Simple commands (XCU 2.9.1): assignments, redirections, and finding what a name means.

use alloc::{boxed::Box, sync::Arc, vec::Vec};
use bstr::{BStr, BString, ByteSlice};
use core::ops::ControlFlow::{Break, Continue};

use super::{
    Flow, Leave,
    builtins::{self, Builtin},
    pipeline::{Part, Work},
};
use crate::{
    commands,
    env::{BoxFuture, OpenFlags, System},
    errno::Errno,
    fd::{Fd, FdTable},
    lang::ast,
    process::{Command, Process, absolute},
    shell::Shell,
};

/// What a name means.
pub(crate) enum Meaning {
    Builtin(&'static Builtin),
    Command(&'static Command),
    /// The shell itself.
    Shell,
    /// A name with a slash: a script.
    Path,
    Nothing,
}

/// Finds out what a name means.
pub(crate) fn meaning(sys: &dyn System, name: &[u8]) -> Meaning {
    if let Some(builtin) = builtins::find(name) {
        Meaning::Builtin(builtin)
    } else if name == b"sh" {
        Meaning::Shell
    } else if let Some(command) = commands::find(sys, name) {
        Meaning::Command(command)
    } else if name.contains(&b'/') {
        Meaning::Path
    } else {
        Meaning::Nothing
    }
}

impl Shell {
    /// Runs a simple command; `in_place`: in a stage of its own that nothing comes after.
    pub(super) async fn run_simple(
        &mut self,
        simple: &ast::Simple,
        command: &ast::Command,
        in_place: bool,
    ) -> Flow {
        self.substitution_status = None;
        let words = self.expand_words(&simple.words).await?;
        let fds = if in_place { self.fds.clone() } else { self.fds.duplicate() };
        if !self.redirect(&fds, &command.redirects).await? {
            return Continue(());
        }
        let mut assignments = Vec::new();
        for assignment in &simple.assignments {
            let mut value = self.expand_string(&assignment.value).await?;
            if assignment.append
                && let Some(before) = self.vars.get(&assignment.name)
            {
                value = [before.as_bytes(), &value].concat().into();
            }
            if self.vars.is_read_only(&assignment.name) {
                return self.assignment_failed(alloc::format!("{}: is read only", assignment.name)).await;
            }
            if words.is_empty() {
                self.vars.set(&assignment.name, value);
                if self.options.all_export {
                    self.vars.export(&assignment.name);
                }
            } else {
                assignments.push((assignment.name.clone(), value));
            }
        }
        if words.is_empty() {
            self.status = self.substitution_status.unwrap_or(0);
            return Continue(());
        }
        self.trace(&words).await;
        self.run_words(words, assignments, fds, command.text.bytes(), in_place).await
    }

    /// Runs a command whose words are known. Boxed, because `command` and `eval` come back here.
    pub(crate) fn run_words<'a>(
        &'a mut self,
        words: Vec<BString>,
        assignments: Vec<(BString, BString)>,
        fds: Arc<FdTable>,
        text: &'a BStr,
        in_place: bool,
    ) -> BoxFuture<'a, Flow> {
        Box::pin(async move {
            let name = words[0].clone();
            // A function comes before all but a special builtin (XCU 2.9.1.4).
            if let Some(body) = self.function(&name)
                && !builtins::find(&name).is_some_and(|builtin| builtin.special)
            {
                return self.run_function(body, words, assignments, fds).await;
            }
            match meaning(&*self.sys, &name) {
                Meaning::Builtin(builtin) => self.run_builtin(builtin, words, assignments, fds).await,
                Meaning::Nothing => {
                    self.complain_on(&fds, alloc::format!("{}: command not found", shown(&name))).await;
                    self.status = 127;
                    Continue(())
                }
                found => {
                    let mut vars = self.vars.clone();
                    for (name, value) in assignments {
                        vars.set(&name, value);
                        vars.export(&name);
                    }
                    let process = Process {
                        sys: self.sys.clone(),
                        args: words,
                        env: vars.environment(),
                        cwd: self.cwd.clone(),
                        fds: fds.clone(),
                        umask: self.umask,
                    };
                    let run = match found {
                        Meaning::Command(command) => (command.run)(process),
                        Meaning::Path => crate::sh::run_file(process),
                        _ => crate::sh::run(process),
                    };
                    // Conditions wait for nothing but the file system, so they need no stage, and loops ask them often.
                    if in_place || matches!(name.as_slice(), b"[" | b"test" | b"true" | b"false") {
                        self.status = run.await;
                        return Continue(());
                    }
                    let part = Part { name: name.clone(), text: text.into(), fds, work: Work::Ready(run) };
                    match self.launch_one(part) {
                        Ok(running) => self.finish(running).await,
                        Err(error) => {
                            self.complain(alloc::format!("cannot start {}: {error}", shown(&name))).await;
                            self.status = 1;
                            Continue(())
                        }
                    }
                }
            }
        })
    }

    /// Assignments before it last as long as the call.
    async fn run_function(
        &mut self,
        body: Arc<ast::Command>,
        words: Vec<BString>,
        assignments: Vec<(BString, BString)>,
        fds: Arc<FdTable>,
    ) -> Flow {
        let saved = self.vars.set_for_a_while(assignments);
        let outside = core::mem::replace(&mut self.fds, fds);
        let flow = self.call(body, words).await;
        self.fds = outside;
        self.vars.restore(saved);
        flow
    }

    async fn run_builtin(
        &mut self,
        builtin: &'static Builtin,
        words: Vec<BString>,
        assignments: Vec<(BString, BString)>,
        fds: Arc<FdTable>,
    ) -> Flow {
        // Before a special builtin assignments stay (XCU 2.15).
        let saved = if builtin.special {
            assignments.into_iter().for_each(|(name, value)| self.vars.set(name, value));
            Vec::new()
        } else {
            self.vars.set_for_a_while(assignments)
        };
        let outside = core::mem::replace(&mut self.fds, fds);
        let wants_help = words.len() == 2 && words[1] == "--help" && builtin.name != ":";
        let flow = match wants_help {
            true => Continue(self.explain(builtin).await),
            false => (builtin.run)(self, words).await,
        };
        // `exec` without a command keeps what its redirections have made.
        if core::mem::take(&mut self.keep_redirections) {
            outside.take_from(&self.fds);
        }
        self.fds = outside;
        self.vars.restore(saved);
        self.status = flow?;
        Continue(())
    }

    /// `set -x`.
    async fn trace(&mut self, words: &[BString]) {
        if self.options.trace {
            let prompt = self.prompt("PS4", b"+ ").await;
            let text = bstr::join(" ", words);
            self.tell(alloc::format!("{prompt}{}\n", text.as_bstr())).await;
        }
    }

    /// Reads a script for `.` and `sh FILE`. Says on standard error what is wrong.
    pub(crate) async fn read_script(&mut self, path: &BStr) -> Flow<Arc<[u8]>> {
        match self.try_read(path).await {
            Ok(text) => Continue(Arc::from(text)),
            Err(error) => {
                self.complain(alloc::format!("{}: {error}", shown(path))).await;
                self.status = match error {
                    Errno::ENOENT | Errno::ENOTDIR => 127,
                    _ => 126,
                };
                Break(Leave::Error)
            }
        }
    }

    async fn try_read(&mut self, path: &BStr) -> Result<Vec<u8>, Errno> {
        let file = self.sys.open(absolute(self.cwd.as_bstr(), path).as_bstr(), OpenFlags::READ).await?;
        let fd = Fd::new(&self.fds, self.fds.insert(file)?);
        let mut text = Vec::new();
        let result = loop {
            let filled = text.len();
            if text.try_reserve(16 << 10).is_err() {
                break Err(Errno::ENOMEM);
            }
            text.resize(filled + (16 << 10), 0);
            match fd.read(&mut text[filled..]).await {
                Ok(size) => {
                    text.truncate(filled + size);
                    if size == 0 {
                        break Ok(text);
                    }
                }
                Err(error) => break Err(error),
            }
        };
        fd.close();
        result
    }
}

/// A name as a message shows it: as it is when it can be printed, else with its bytes escaped.
pub(crate) fn shown(name: &[u8]) -> alloc::string::String {
    const LONGEST: usize = 200;
    let mut text = match name.to_str() {
        Ok(text) if !text.chars().any(char::is_control) => text.into(),
        _ => alloc::format!("{}", name[..name.len().min(LONGEST)].escape_bytes()),
    };
    if text.len() > LONGEST {
        let cut = (0..=LONGEST).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
        text.truncate(cut);
        text.push_str("...");
    }
    text
}
