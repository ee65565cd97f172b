//! The shell: its state, and the ways to run one.

use alloc::{boxed::Box, collections::BTreeMap, string::ToString, sync::Arc, vec::Vec};
use bstr::BString;
use core::ops::ControlFlow::{Break, Continue};

use crate::{
    edit::Editor,
    env::{Attributes, File, Pid, Signals, System, Terminal},
    fd::{Fd, FdTable},
    lang::{
        Aliases, Parser,
        ast::{Function, Source},
    },
    process::{Environment, UMASK},
    run::{
        Flow, Leave,
        assign::Assigned,
        jobs::Jobs,
        process::ProcessEnd,
        trap::Traps,
        vars::{Saved, Vars},
    },
};

/// How deep lists may run in lists, functions included. It bounds the stack, of which a
/// level takes up to 2 KiB.
const MAX_RUN_DEPTH: usize = 256;

/// The options of `set`.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Options {
    /// `-a`
    pub all_export: bool,
    /// `-C`
    pub no_clobber: bool,
    /// `-e`
    pub exit_on_error: bool,
    /// `-f`
    pub no_glob: bool,
    /// `-o ignoreeof`
    pub ignore_eof: bool,
    /// `-m`: jobs are signalled by themselves. On in a shell that talks with somebody.
    pub monitor: bool,
    /// `-b`: the end of a background job is told at once.
    pub notify: bool,
    /// `-n`
    pub no_exec: bool,
    /// `-u`
    pub unset_is_error: bool,
    /// `-v`
    pub verbose: bool,
    /// `-x`
    pub trace: bool,
    /// `-o pipefail`
    pub pipe_fail: bool,
}

impl Options {
    /// The options by letter (0 for none) and name, in the order of their names.
    pub fn named(&mut self) -> [(u8, &'static str, &mut bool); 12] {
        [
            (b'a', "allexport", &mut self.all_export),
            (b'e', "errexit", &mut self.exit_on_error),
            (0, "ignoreeof", &mut self.ignore_eof),
            (b'm', "monitor", &mut self.monitor),
            (b'C', "noclobber", &mut self.no_clobber),
            (b'n', "noexec", &mut self.no_exec),
            (b'f', "noglob", &mut self.no_glob),
            (b'b', "notify", &mut self.notify),
            (b'u', "nounset", &mut self.unset_is_error),
            (0, "pipefail", &mut self.pipe_fail),
            (b'v', "verbose", &mut self.verbose),
            (b'x', "xtrace", &mut self.trace),
        ]
    }

    /// Sets the option of that letter; false if there is none.
    pub fn set(&mut self, letter: u8, on: bool) -> bool {
        let option = self.named().into_iter().find(|(known, ..)| *known == letter && letter != 0);
        option.map(|(.., option)| *option = on).is_some()
    }

    /// The value of `$-`.
    pub fn letters(mut self, interactive: bool) -> Vec<u8> {
        let mut letters: Vec<u8> = self
            .named()
            .into_iter()
            .filter(|(letter, _, on)| **on && *letter != 0)
            .map(|(letter, ..)| letter)
            .collect();
        if interactive {
            letters.push(b'i');
        }
        letters.sort_unstable();
        letters
    }
}

/// A shell.
pub struct Shell {
    pub(crate) sys: Arc<dyn System>,
    pub(crate) fds: Arc<FdTable>,
    pub(crate) vars: Vars,
    /// Absolute, without `.` and `..`.
    pub(crate) cwd: BString,
    /// The permissions that files made by it do not get.
    pub(crate) umask: u16,
    /// `$0`
    pub(crate) name: BString,
    /// `$1` and so on.
    pub(crate) args: Arc<[BString]>,
    /// `$?`
    pub(crate) status: u8,
    /// `$$`, which a subshell inherits.
    pub(crate) pid: Pid,
    /// `$!`
    pub(crate) last_background: Option<Pid>,
    pub(crate) options: Options,
    pub(crate) functions: Arc<BTreeMap<BString, Arc<Function>>>,
    pub(crate) aliases: Arc<Aliases>,
    /// Where the commands that are run stand.
    pub(crate) source: Source,
    /// Where in it the command stands that is run now, for `LINENO`.
    pub(crate) at: usize,
    /// Arrays among the arguments of the current command, which `export` and the like cannot be given.
    pub(crate) declared: Vec<Assigned>,
    /// The pipes that process substitutions have made for the commands that run.
    pub(crate) process_ends: Vec<ProcessEnd>,
    /// For each function that is being called, the variables that `local` has set aside.
    pub(crate) frames: Vec<Vec<Saved>>,
    /// `OPTIND` as `getopts` left it, and where in that word it is.
    pub(crate) option_at: (usize, usize),
    /// Said by `exec`: the redirections of this command stay.
    pub(crate) keep_redirections: bool,
    /// What signals do to it.
    pub(crate) signals: Arc<Signals>,
    /// What `trap` has set.
    pub(crate) traps: Traps,
    /// How many loops `break` could leave.
    pub(crate) loops: usize,
    pub(crate) jobs: Jobs,
    /// The status of the last command substitution of the current command.
    pub(crate) substitution_status: Option<u8>,
    /// How many surroundings excuse a failure from `set -e`.
    pub(crate) excused: usize,
    /// Whether the last failure was excused.
    pub(crate) failure_excused: bool,
    /// How many lists are being run, one inside the other.
    depth: usize,
    /// The line editor; only while the shell is interactive.
    pub(crate) editor: Option<Box<Editor>>,
    /// The terminal; only while the shell is interactive. It is kept beside the descriptors because a
    /// redirection may put another file in the place of standard input for a while.
    pub(crate) terminal: Option<Arc<dyn File>>,
    /// How the terminal is set for commands.
    pub(crate) cooked: Attributes,
    pub(crate) on_first_prompt: Option<Box<dyn FnOnce() + Send>>,
    /// It is the first shell of somebody who has just come: when interactive, it runs the profiles.
    pub(crate) login: bool,
    /// How many commands were typed.
    pub(crate) commands_read: usize,
    /// When it was asked to end in spite of jobs that are stopped, and said so: the command that may do it.
    pub(crate) warned_at: Option<usize>,
}

impl Shell {
    /// A shell with this environment and these descriptors. Its directory is `PWD`, or else `/`.
    pub fn new(sys: Arc<dyn System>, env: Environment, fds: Arc<FdTable>) -> Self {
        let mut vars = Vars::from_environment(env);
        let cwd = match vars.get("PWD") {
            Some(dir) if dir.starts_with(b"/") => crate::path::normal(dir),
            _ => "/".into(),
        };
        vars.set("PWD", cwd.clone());
        vars.export("PWD");
        vars.set("IFS", " \t\n"); // never taken from outside (XCU 2.5.3)
        vars.set("OPTIND", "1");
        if vars.get("PS4").is_none() {
            vars.set("PS4", "+ ");
        }
        let pid = sys.current_pid().unwrap_or(1);
        Self {
            sys,
            fds,
            vars,
            cwd,
            umask: UMASK,
            name: "sh".into(),
            args: Arc::from([]),
            status: 0,
            pid,
            last_background: None,
            options: Options::default(),
            functions: Arc::default(),
            aliases: Arc::default(),
            source: Source::default(),
            at: 0,
            declared: Vec::new(),
            process_ends: Vec::new(),
            frames: Vec::new(),
            option_at: (1, 0),
            keep_redirections: false,
            signals: Signals::new(),
            traps: Traps::default(),
            loops: 0,
            jobs: Jobs::default(),
            substitution_status: None,
            excused: 0,
            failure_excused: false,
            depth: 0,
            editor: None,
            terminal: None,
            cooked: Attributes::SANE,
            on_first_prompt: None,
            login: false,
            commands_read: 0,
            warned_at: None,
        }
    }

    /// Makes it a login shell: before its first prompt it runs `/etc/profile` and `~/.profile`.
    pub fn set_login(&mut self) {
        self.login = true;
    }

    /// Calls `hook` once, when [`Shell::run_interactive`] has written its first prompt.
    pub fn on_first_prompt(&mut self, hook: Box<dyn FnOnce() + Send>) {
        self.on_first_prompt = Some(hook);
    }

    /// What signals do to it. The stage that runs the shell must have the same.
    pub fn signals(&self) -> &Arc<Signals> {
        &self.signals
    }

    /// Uses these, in which a parent may have said what is ignored: that can be neither trapped nor reset.
    pub fn set_signals(&mut self, signals: Arc<Signals>) {
        self.traps.note_ignored(&signals);
        self.signals = signals;
    }

    /// Sets `$1` and so on.
    pub fn set_args(&mut self, args: Vec<BString>) {
        self.args = Arc::from(args);
    }

    /// Runs a program text to its end or to `exit`, as `sh -c` does; `name` is `$0`. The output is the
    /// exit status.
    pub async fn run_script(&mut self, text: &[u8], name: &[u8]) -> u8 {
        self.name = name.into();
        self.pid = self.sys.current_pid().unwrap_or(self.pid);
        let _ = self.run_text(Arc::from(text)).await;
        self.run_exit_trap().await;
        self.status
    }

    /// Runs what standard input gives, without a prompt. The commands may read the rest of it, so no
    /// more is taken than one line at a time.
    pub async fn run_stdin(&mut self) -> u8 {
        self.run_lines().await;
        self.run_exit_trap().await;
        self.status
    }

    async fn run_lines(&mut self) {
        self.pid = self.sys.current_pid().unwrap_or(self.pid);
        let mut text = Vec::new();
        let mut line = 1;
        loop {
            let read = self.read_line(&mut text).await;
            let more = match read {
                Ok(more) => more,
                Err(error) => {
                    self.complain(alloc::format!("standard input: {error}")).await;
                    self.status = 2;
                    return;
                }
            };
            if more && needs_more(&text, &self.aliases) {
                continue;
            }
            let first = line;
            line += text.iter().filter(|&&byte| byte == b'\n').count();
            match self.run_text_from(Arc::from(core::mem::take(&mut text)), first).await {
                Break(_) => return,
                Continue(()) if more => {}
                Continue(()) => return,
            }
        }
    }

    /// Adds a line to `text`; whether the input goes on. One byte at a time: see [`Shell::run_stdin`].
    async fn read_line(&mut self, text: &mut Vec<u8>) -> crate::env::Result<bool> {
        let stdin = Fd::new(&self.fds, 0);
        let mut byte = [0];
        loop {
            if stdin.read(&mut byte).await? == 0 {
                return Ok(false);
            }
            text.try_reserve(1).map_err(|_| crate::errno::Errno::ENOMEM)?;
            text.push(byte[0]);
            if byte[0] == b'\n' {
                return Ok(true);
            }
        }
    }

    /// A copy for a stage: what it changes stays there.
    pub(crate) fn copy(&self, fds: Arc<FdTable>, signals: Arc<Signals>) -> Shell {
        Shell {
            sys: self.sys.clone(),
            fds,
            vars: self.vars.clone(),
            cwd: self.cwd.clone(),
            umask: self.umask,
            name: self.name.clone(),
            args: self.args.clone(),
            status: self.status,
            pid: self.pid,
            last_background: self.last_background,
            // Its jobs are part of it (XCU 2.13).
            options: Options { monitor: false, ..self.options },
            functions: self.functions.clone(),
            aliases: self.aliases.clone(),
            source: self.source.clone(),
            at: self.at,
            declared: Vec::new(),
            process_ends: Vec::new(),
            // It never comes back from the calls around it; of the innermost it asks what `local` has set aside.
            frames: self.frames.last().cloned().into_iter().collect(),
            option_at: self.option_at,
            keep_redirections: false,
            signals,
            traps: self.traps.for_a_copy(),
            loops: self.loops,
            jobs: self.jobs.clone(),
            substitution_status: None,
            excused: self.excused,
            failure_excused: false,
            depth: 0, // a stage has a stack of its own
            editor: None,
            terminal: None,
            cooked: Attributes::SANE,
            on_first_prompt: None,
            login: false,
            commands_read: self.commands_read,
            warned_at: None,
        }
    }

    /// Whether a person sits in front of it.
    pub(crate) fn is_interactive(&self) -> bool {
        self.terminal.is_some()
    }

    /// Uses the terminal of an interactive shell.
    pub(crate) fn with_terminal<T>(&self, with: impl FnOnce(&dyn Terminal) -> T) -> Option<T> {
        self.terminal.as_ref()?.terminal().map(with)
    }

    /// Goes one level deeper; refuses when that would endanger the stack.
    pub(crate) async fn enter(&mut self) -> Flow {
        if self.depth >= MAX_RUN_DEPTH {
            let message = alloc::format!("commands are nested deeper than {MAX_RUN_DEPTH} levels");
            Box::pin(self.complain(message)).await; // boxed, so that this is small where it matters
            self.status = 2;
            return Break(Leave::Error);
        }
        self.depth += 1;
        Continue(())
    }

    /// Comes back up.
    pub(crate) fn leave(&mut self) {
        self.depth -= 1;
    }

    /// Writes text to standard error.
    pub(crate) async fn tell(&mut self, text: impl AsRef<[u8]>) {
        // Where even that cannot be written, nobody is left to tell.
        let _ = Fd::new(&self.fds, 2).write_all(text.as_ref()).await;
    }

    /// Writes an error message to standard error.
    pub(crate) async fn complain(&mut self, message: impl ToString) {
        self.tell(alloc::format!("sh: {}\n", message.to_string())).await;
    }
}

/// Whether a text is the beginning of something that the next line may complete.
pub(crate) fn needs_more(text: &[u8], aliases: &Arc<Aliases>) -> bool {
    let mut parser = Parser::new(Arc::from(text));
    parser.set_aliases(aliases.clone());
    loop {
        match parser.next_command() {
            Ok(Some(_)) => {}
            Ok(None) => return parser.ends_in_continuation(),
            Err(error) => return error.incomplete,
        }
    }
}
