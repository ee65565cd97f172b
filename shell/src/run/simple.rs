//! Simple commands (XCU 2.9.1): assignments, redirections, and finding what a name means.

use alloc::{borrow::ToOwned, boxed::Box, sync::Arc, vec::Vec};
use bstr::{BStr, BString, ByteSlice};
use core::ops::ControlFlow::{Break, Continue};

use super::{
    Flow, Leave,
    assign::Assigned,
    builtins::{self, Builtin},
    expand::literal,
    pipeline::{Part, Work},
    redirect::Redirected,
    vars::Vars,
};
use crate::{
    commands,
    env::{BoxFuture, FileType, OpenFlags, Signals, System},
    errno::Errno,
    fd::{Fd, FdTable},
    io::BROKEN_PIPE,
    lang::ast::{self, Kind},
    process::{self, Command, Process, absolute},
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

/// Writers that other shells have within them: there it is the shell that nobody reads from any more.
const BUILT_IN_ELSEWHERE: [&[u8]; 2] = [b"echo", b"printf"];

/// Conditions wait for nothing but the file system, so they need no stage, and loops ask them often.
fn without_stage(name: &[u8]) -> Option<&'static str> {
    ["[", "test", "true", "false"].into_iter().find(|condition| condition.as_bytes() == name)
}

/// `printf -v`, which sets a variable of the shell.
fn prints_into(words: &[BString]) -> bool {
    words[0] == "printf" && words.get(1).is_some_and(|arg| arg == "-v")
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
        self.at = command.range.start;
        self.declared.clear();
        // Large futures are boxed: this one nests deep.
        let words = Box::pin(self.expand_words(&simple.words)).await?;
        let declared = core::mem::take(&mut self.declared);
        let inside = words.first().is_none_or(|name| self.runs_inside(name));
        // What runs in the shell itself needs a table of its own only for its redirections.
        let shared = in_place || (inside && command.redirects.is_empty());
        let fds = if shared { self.fds.clone() } else { self.fds.duplicate() };
        let has_stage = !in_place && !inside;
        let redirected = match has_stage {
            true => self.redirect_for_stage(&fds, &command.redirects).await?,
            false if self.redirect(&fds, &command.redirects).await? => Redirected::All,
            false => Redirected::Failed,
        };
        if let Redirected::Failed = redirected {
            return match words.first().is_some_and(|name| self.is_special(name)) {
                true => Break(Leave::Error), // XCU 2.8.1
                false => Continue(()),
            };
        }
        let mut assignments = Vec::new();
        for assignment in &simple.assignments {
            let assigned = Box::pin(self.expand_assignment(assignment)).await?;
            match assigned {
                Assigned::Text(name, value) if !words.is_empty() => {
                    if let Err(message) = self.vars.writable(&name) {
                        return Box::pin(self.assignment_failed(message)).await;
                    }
                    assignments.push((name, value));
                }
                assigned => {
                    Box::pin(self.trace_assignment(&assigned)).await;
                    Box::pin(self.assign(assigned)).await?;
                }
            }
        }
        if words.is_empty() {
            self.status = self.substitution_status.unwrap_or(0);
            return Continue(());
        }
        if self.options.trace {
            Box::pin(self.trace(&assignments, &words)).await;
        }
        let source = self.source.clone();
        let text = source.text(&command.range);
        let flow = match redirected {
            Redirected::UpTo(at) => {
                let rest = command.redirects[at..].to_vec();
                Box::pin(self.run_waiting(words, assignments, fds, rest, text.into())).await
            }
            _ => self.run_words(words, assignments, fds, text, in_place).await,
        };
        for assigned in declared {
            assigned.make(&mut self.vars);
        }
        flow
    }

    /// Whether a name means a function or a builtin.
    fn runs_inside(&self, name: &[u8]) -> bool {
        self.functions.contains_key(name.as_bstr()) || builtins::find(name).is_some()
    }

    /// Whether a name means a special builtin, the errors of which end a shell that is not interactive.
    fn is_special(&self, name: &[u8]) -> bool {
        builtins::find(name).is_some_and(|builtin| builtin.special)
    }

    /// Runs a command whose words are known.
    pub(crate) async fn run_words(
        &mut self,
        words: Vec<BString>,
        assignments: Vec<(BString, BString)>,
        fds: Arc<FdTable>,
        text: &BStr,
        in_place: bool,
    ) -> Flow {
        // A function comes before all but a special builtin (XCU 2.9.1.4).
        if let Some(function) = self.function(&words[0])
            && !self.is_special(&words[0])
        {
            return self.run_function(function, words, assignments, fds).await;
        }
        self.run_no_function(words, assignments, fds, text, in_place).await
    }

    /// The same where no function is meant, which `command` sees to.
    pub(crate) async fn run_no_function(
        &mut self,
        mut words: Vec<BString>,
        assignments: Vec<(BString, BString)>,
        fds: Arc<FdTable>,
        text: &BStr,
        in_place: bool,
    ) -> Flow {
        if prints_into(&words) {
            return Box::pin(self.print_into(words, fds)).await;
        }
        let mut found = meaning(&*self.sys, &words[0]);
        if let Meaning::Nothing = found
            && let Some(path) = Box::pin(self.find_in_path(&words[0])).await
        {
            words[0] = path;
            found = Meaning::Path;
        }
        let condition = if in_place { None } else { without_stage(&words[0]) };
        match found {
            Meaning::Builtin(builtin) => self.run_builtin(builtin, words, assignments, fds).await,
            Meaning::Nothing => {
                let message = alloc::format!("{}: command not found", shown(&words[0]));
                Box::pin(self.complain_on(&fds, message)).await;
                self.status = 127;
                Continue(())
            }
            found if in_place || condition.is_some() => {
                let signals = if in_place { self.signals.clone() } else { self.signals.child() };
                let run = self.command(found, words, assignments, fds, signals);
                if in_place && self.traps.iter().next().is_none() {
                    // Nothing comes after it that could ask for them, and it may wait long beside many others.
                    self.vars = Vars::default();
                    self.functions = Arc::default();
                }
                if let Some(name) = condition {
                    self.sys.builtin_begins(name);
                }
                self.status = run.await;
                if let Some(name) = condition {
                    self.sys.builtin_ends(name, self.status);
                }
                Continue(())
            }
            found => {
                let (name, signals) = (words[0].clone(), self.signals.child());
                let ends_with_it = BUILT_IN_ELSEWHERE.contains(&name.as_slice());
                let run = self.command(found, words, assignments, fds.clone(), signals.clone());
                let part = Part { name, text: text.into(), fds, signals, work: Work::Ready(run) };
                Box::pin(self.run_part(part)).await?;
                match ends_with_it && self.status == BROKEN_PIPE {
                    true => self.broken_pipe(),
                    false => Continue(()),
                }
            }
        }
    }

    /// What a stage does that needs no copy of the shell: its command is none of the shell's own, and there is nothing to
    /// expand, to assign, to redirect or to trace.
    pub(super) fn without_copy(
        &self,
        command: &ast::Command,
        fds: &Arc<FdTable>,
        signals: &Arc<Signals>,
    ) -> Option<BoxFuture<'static, u8>> {
        let Kind::Simple(simple) = &command.kind else { return None };
        if self.options.trace || !simple.assignments.is_empty() || !command.redirects.is_empty() {
            return None;
        }
        let words: Vec<BString> = simple.words.iter().map(literal).collect::<Option<_>>()?;
        let name = words.first()?;
        if self.functions.contains_key(name) || prints_into(&words) {
            return None;
        }
        match meaning(&*self.sys, name) {
            Meaning::Builtin(_) | Meaning::Nothing => None,
            found => Some(self.command(found, words, Vec::new(), fds.clone(), signals.clone())),
        }
    }

    /// What a command does that is none of the shell's own.
    fn command(
        &self,
        found: Meaning,
        words: Vec<BString>,
        assignments: Vec<(BString, BString)>,
        fds: Arc<FdTable>,
        signals: Arc<Signals>,
    ) -> BoxFuture<'static, u8> {
        let env = if assignments.is_empty() {
            self.vars.environment()
        } else {
            let mut vars = self.vars.clone();
            for (name, value) in assignments {
                vars.set(&name, value);
                vars.export(&name);
            }
            vars.environment()
        };
        let (sys, cwd, umask) = (self.sys.clone(), self.cwd.clone(), self.umask);
        let process = Process { sys, args: words, env, cwd, fds, signals, umask };
        match found {
            Meaning::Command(command) => (command.run)(process),
            Meaning::Path => crate::sh::run_file(process),
            _ => crate::sh::run(process),
        }
    }

    /// Runs one stage as a job of its own, in the foreground, to its end.
    pub(super) async fn run_part(&mut self, part: Part) -> Flow {
        let name = part.name.clone();
        match self.launch_one(part) {
            Ok(running) => self.finish(running).await,
            Err(error) => {
                self.complain(alloc::format!("cannot start {}: {error}", shown(&name))).await;
                self.status = 1;
                Continue(())
            }
        }
    }

    /// Assignments before it last as long as the call. Boxed, because its commands come back here.
    fn run_function(
        &mut self,
        function: Arc<ast::Function>,
        words: Vec<BString>,
        assignments: Vec<(BString, BString)>,
        fds: Arc<FdTable>,
    ) -> BoxFuture<'_, Flow> {
        Box::pin(async move {
            let saved = self.vars.set_for_a_while(assignments);
            let outside = core::mem::replace(&mut self.fds, fds);
            let flow = self.call(function, words).await;
            self.fds = outside;
            self.vars.restore(saved);
            flow
        })
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
            for (name, value) in assignments {
                self.vars.set(&name, value);
                // What comes in the place of the shell gets them.
                if builtin.name == "exec" {
                    self.vars.export(&name);
                }
            }
            Vec::new()
        } else {
            self.vars.set_for_a_while(assignments)
        };
        let outside = core::mem::replace(&mut self.fds, fds);
        let wants_help = words.len() == 2 && words[1] == "--help" && builtin.name != ":";
        self.sys.builtin_begins(builtin.name);
        let flow = match wants_help {
            true => Box::pin(self.explain(builtin)).await,
            false => (builtin.run)(self, words).await,
        };
        self.sys.builtin_ends(builtin.name, if let Continue(status) = flow { status } else { self.status });
        // `exec` without a command keeps what its redirections have made.
        if core::mem::take(&mut self.keep_redirections) && !Arc::ptr_eq(&outside, &self.fds) {
            outside.take_from(&self.fds);
        }
        self.fds = outside;
        self.vars.restore(saved);
        self.status = flow?;
        Continue(())
    }

    /// The file of this name in one of the directories of `PATH`.
    pub(super) async fn find_in_path(&mut self, name: &[u8]) -> Option<BString> {
        if name.is_empty() || name.contains(&b'/') {
            return None;
        }
        let path = self.vars.get("PATH")?.to_owned();
        for directory in path.split_str(":") {
            let directory = if directory.is_empty() { b"." } else { directory };
            let path = BString::from([directory, b"/", name].concat());
            let found = self.sys.stat(absolute(self.cwd.as_bstr(), path.as_bstr()).as_bstr()).await;
            if found.is_ok_and(|found| found.kind == FileType::Regular) {
                return Some(path);
            }
        }
        None
    }

    /// Reads a script for `.` and `sh FILE`. Says on standard error what is wrong.
    pub(crate) async fn read_script(&mut self, path: &BStr) -> Flow<Arc<[u8]>> {
        let reading = script(self.sys.clone(), self.fds.clone(), absolute(self.cwd.as_bstr(), path));
        match self.unless_signalled(reading).await? {
            Ok(Ok(text)) => Continue(Arc::from(text)),
            Err(signal) => {
                self.status = 128 + signal as u8;
                Break(Leave::Error)
            }
            Ok(Err(error)) => {
                self.complain(alloc::format!("{}: {error}", shown(path))).await;
                self.status = match error {
                    Errno::ENOENT | Errno::ENOTDIR => 127,
                    _ => 126,
                };
                Break(Leave::Error)
            }
        }
    }

    pub(super) async fn try_read(&mut self, path: &BStr) -> Result<Vec<u8>, Errno> {
        script(self.sys.clone(), self.fds.clone(), absolute(self.cwd.as_bstr(), path)).await
    }
}

/// All of a file.
async fn script(sys: Arc<dyn System>, fds: Arc<FdTable>, path: BString) -> Result<Vec<u8>, Errno> {
    /// Closes it when nobody waits for it any more, too.
    struct Closing(Fd);
    impl Drop for Closing {
        fn drop(&mut self) {
            self.0.close();
        }
    }
    let file = process::open(&sys, &fds, path.as_bstr(), OpenFlags::READ, 0).await?;
    let Closing(fd) = &Closing(Fd::new(&fds, fds.insert(file)?));
    let mut text = Vec::new();
    loop {
        let filled = text.len();
        text.try_reserve(16 << 10).map_err(|_| Errno::ENOMEM)?;
        text.resize(filled + (16 << 10), 0);
        let size = fd.read(&mut text[filled..]).await?;
        text.truncate(filled + size);
        if size == 0 {
            return Ok(text);
        }
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
