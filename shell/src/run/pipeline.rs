//! Pipelines: one job, one stage per command, pipes between.
//!
//! The shell keeps no pipe end: each goes into the table of the stage that uses it as soon as it is
//! made. Otherwise a reader would never see the end of its input.

use alloc::{boxed::Box, string::ToString, sync::Arc, vec::Vec};
use bstr::{BStr, BString, ByteSlice};
use core::{
    ops::ControlFlow::{Break, Continue},
    pin::pin,
};
use futures_util::future::{Either, select};

use super::{
    Flow, Leave,
    jobs::{Jobs, Running, State},
    trap::Standing,
};
use crate::{
    env::{BoxFuture, Disposition, Exit, File, Job, Memory, OpenFlags, Result, Signal, Signals, Stage},
    errno::Errno,
    fd::FdTable,
    lang::ast::{AndOr, Command, Commands, Kind, Pipeline, Program},
    shell::Shell,
};

/// What a stage does.
pub(super) enum Work {
    /// One command of the language, in a copy of the shell.
    Command(Arc<Command>),
    /// A list in the background.
    AndOr(Box<AndOr>),
    /// A command substitution.
    Program(Arc<Program>),
    /// A command that is ready to run.
    Ready(BoxFuture<'static, u8>),
}

/// A stage before it starts.
pub(super) struct Part {
    pub name: BString,
    pub text: BString,
    pub fds: Arc<FdTable>,
    pub signals: Arc<Signals>,
    pub work: Work,
}

impl Shell {
    /// Runs commands joined by `|` in the foreground and waits for them. Boxed, like all that is large and in the
    /// middle of what nests deep.
    pub(super) fn run_stages<'a>(&'a mut self, commands: &'a [Arc<Command>]) -> BoxFuture<'a, Flow> {
        Box::pin(async move {
            match self.launch(commands, false).await {
                Some(running) => self.finish(running).await,
                None => Continue(()),
            }
        })
    }

    /// Starts commands joined by pipes. When that fails midway, what was started is ended, the reason is
    /// told, and the status is set.
    pub(super) async fn launch(&mut self, commands: &[Arc<Command>], background: bool) -> Option<Running> {
        let mut input = if background { self.null_input().await } else { None };
        let job = match self.new_job() {
            Ok(job) => job,
            Err(error) => return self.launch_failed(alloc::format!("cannot start a job: {error}")).await,
        };
        let mut running = Running::new(job, background);
        if !background {
            self.hand_terminal_to(&running);
        }
        running.names.reserve(commands.len());
        for (index, command) in commands.iter().enumerate() {
            let last = index + 1 == commands.len();
            let started = self.connect(&mut input, last).and_then(|fds| {
                let (name, text) = (command_name(command), self.source.text(&command.range).into());
                let signals = self.signals_of_child(background);
                let work = match self.without_copy(command, &fds, &signals) {
                    Some(run) => Work::Ready(run),
                    None => Work::Command(command.clone()),
                };
                self.start(&mut running, Part { name, text, fds, signals, work })
            });
            if let Err(error) = started {
                drop(input);
                running.signal(Signal::Kill);
                running.job().wait().await;
                self.take_terminal_back();
                let (number, count) = (index + 1, commands.len());
                let message = alloc::format!("cannot start stage {number} of {count}: {error}");
                return self.launch_failed(message).await;
            }
        }
        Some(running)
    }

    async fn launch_failed(&mut self, message: alloc::string::String) -> Option<Running> {
        self.complain(message).await;
        self.status = 1;
        None
    }

    /// The table of the next stage. `input` is the read end of the pipe from the stage before, and
    /// becomes that of the pipe to the stage after.
    fn connect(&mut self, input: &mut Option<Arc<dyn File>>, last: bool) -> Result<Arc<FdTable>> {
        let fds = self.fds.duplicate();
        if let Some(file) = input.take() {
            fds.set(0, file)?;
        }
        if !last {
            let (read, write) = self.sys.pipe()?;
            fds.set(1, write)?;
            *input = Some(read);
        }
        Ok(fds)
    }

    /// Starts one stage as a job of its own, in the foreground.
    pub(super) fn launch_one(&mut self, part: Part) -> Result<Running> {
        let mut running = Running::new(self.new_job()?, false);
        self.hand_terminal_to(&running);
        match self.start(&mut running, part) {
            Ok(()) => Ok(running),
            Err(error) => {
                self.take_terminal_back();
                Err(error)
            }
        }
    }

    /// Starts one stage as a job of its own, which the terminal does not signal.
    pub(super) fn launch_beside(&mut self, part: Part) -> Result<Running> {
        let mut running = Running::new(self.sys.new_job()?, false);
        self.start(&mut running, part).map(|()| running)
    }

    /// Starts `part` as the next stage of a job.
    fn start(&mut self, running: &mut Running, part: Part) -> Result<()> {
        let run = match part.work {
            Work::Ready(run) => run,
            work => {
                let mut copy = self.copy(part.fds.clone(), part.signals.clone());
                if running.background {
                    // It may live long beside many others: each with a table of all before it would be too much.
                    copy.jobs = Jobs::default();
                }
                copy.work(work)
            }
        };
        if !running.text.is_empty() {
            running.text.extend_from_slice(b" | ");
        }
        running.text.extend_from_slice(&part.text);
        let Part { fds, signals, .. } = part;
        let stage = Stage { name: part.name.as_bstr(), command: part.text, fds, signals, run };
        let pid = running.job().spawn(stage)?;
        if running.names.is_empty() {
            running.pid = pid;
        }
        running.names.push(part.name);
        Ok(())
    }

    /// A job: with job control one that is signalled by itself, without it a part of the shell's own.
    fn new_job(&self) -> Result<Arc<dyn Job>> {
        if self.options.monitor { self.sys.new_job() } else { self.sys.new_job_within() }
    }

    /// What a child does with signals. Without job control those in the background ignore `^C` and `^\`, which
    /// reach them, too (XCU 2.12).
    fn signals_of_child(&self, background: bool) -> Arc<Signals> {
        let signals = self.signals.child();
        if background && !self.options.monitor {
            signals.set(Signal::Int, Disposition::Ignored);
            signals.set(Signal::Quit, Disposition::Ignored);
        }
        signals
    }

    /// What a copy of the shell does in a stage.
    fn work(mut self, work: Work) -> BoxFuture<'static, u8> {
        Box::pin(async move {
            let _ = match work {
                Work::Command(command) => self.run_in_place(&command).await,
                Work::AndOr(and_or) => self.run_and_or(&and_or).await,
                Work::Program(program) => {
                    self.excused = 0; // `set -e` looks inside, as in dash
                    self.source = program.source.clone();
                    self.run_list(&program.list).await
                }
                Work::Ready(run) => {
                    self.status = run.await;
                    Continue(())
                }
            };
            self.run_exit_trap().await;
            self.status
        })
    }

    /// Runs a list in the background.
    pub(super) async fn run_in_background(&mut self, and_or: &AndOr) -> Flow {
        // What the person starts next has to have room beside it.
        let room = match self.sys.memory_left() {
            Memory::Enough => self.jobs.make_room(),
            Memory::Short | Memory::Out => Err(Errno::ENOMEM),
        };
        if let Err(error) = room {
            let _ = self.launch_failed(alloc::format!("cannot start a job: {error}")).await;
            return Continue(());
        }
        let running = match &and_or.first {
            Pipeline { negated: false, commands: Commands::Shared(stages), .. } if and_or.rest.is_empty() => {
                self.launch(stages, true).await
            }
            _ => self.launch_list(and_or).await,
        };
        let Some(running) = running else { return Continue(()) };
        let pid = running.pid;
        let (job, names) = running.detach();
        let number = self.jobs.add(None, pid, job, names, self.source.text(&and_or.range));
        self.last_background = Some(pid);
        self.status = 0;
        if self.is_interactive() {
            self.tell(alloc::format!("[{number}] {pid}\n")).await;
        }
        Continue(())
    }

    async fn launch_list(&mut self, and_or: &AndOr) -> Option<Running> {
        let fds = self.fds.duplicate();
        if let Some(null) = self.null_input().await
            && let Err(error) = fds.set(0, null)
        {
            return self.launch_failed(error.to_string()).await;
        }
        let text = self.source.text(&and_or.range).into();
        let started = self.new_job().and_then(|job| {
            let mut running = Running::new(job, true);
            let (signals, work) = (self.signals_of_child(true), Work::AndOr(Box::new(and_or.clone())));
            let part = Part { name: "sh".into(), text, fds, signals, work };
            self.start(&mut running, part).map(|()| running)
        });
        match started {
            Ok(running) => Some(running),
            Err(error) => self.launch_failed(alloc::format!("cannot start a job: {error}")).await,
        }
    }

    /// What a background job reads. With job control that is what the shell reads, and the terminal stops it
    /// (`TTIN`); without, it is nothing.
    async fn null_input(&mut self) -> Option<Arc<dyn File>> {
        if self.options.monitor {
            return None;
        }
        self.sys.open(BStr::new(b"/dev/null"), OpenFlags::READ).await.ok()
    }

    /// Waits for a job in the foreground and sets `$?`.
    pub(super) async fn finish(&mut self, running: Running) -> Flow {
        // A shell without either waits until what is stopped goes on.
        let heeds_stops = self.is_interactive() || self.options.monitor;
        let stopped = async {
            match heeds_stops {
                true => running.job().wait_stopped().await,
                false => core::future::pending().await,
            }
        };
        let exits = match select(running.job().wait(), pin!(stopped)).await {
            Either::Left((exits, _)) => Some(exits),
            Either::Right(_) => None,
        };
        self.take_terminal_back();
        let Some(exits) = exits else { return self.keep_stopped(running).await };
        let (_, names) = running.detach(); // nothing is left to interrupt
        self.report_panics(&names, &exits).await;
        self.status = self.status_of(&exits);
        let Some(Exit::Signaled(signal)) = exits.last() else { return Continue(()) };
        if self.is_interactive() {
            // Whatever ended may have left the terminal in a state of its own.
            self.cook();
            let interrupted = exits.contains(&Exit::Signaled(Signal::Int));
            if interrupted {
                self.tell("\n").await;
                return Break(Leave::Interrupt);
            }
            if *signal != Signal::Pipe {
                self.tell(alloc::format!("{}\n", signal.text())).await;
            }
        }
        Continue(())
    }

    /// Puts a job that was stopped (`^Z`) among the background jobs, for `fg` and `bg`.
    async fn keep_stopped(&mut self, running: Running) -> Flow {
        self.cook();
        let (number, pid, text) = (running.number, running.pid, running.text.clone());
        let (job, names) = running.detach();
        let number = self.jobs.add(number, pid, job, names, text.as_ref());
        let mut notice = Vec::from(b"\n");
        if let Some(entry) = self.jobs.iter().find(|entry| entry.number == number) {
            notice.extend(entry.line(&State::Stopped, self.jobs.marks(), false));
        }
        self.jobs.told(number, &State::Stopped);
        self.tell(notice).await;
        self.status = 128 + Signal::Tstp as u8;
        Continue(())
    }

    /// The status of a pipeline whose stages ended like this.
    pub(crate) fn status_of(&self, exits: &[Exit]) -> u8 {
        let failed = exits.iter().rev().map(Exit::status).find(|&status| status != 0);
        match self.options.pipe_fail {
            true => failed.unwrap_or(0),
            false => exits.last().map_or(0, Exit::status),
        }
    }

    /// Says which stages panicked.
    pub(crate) async fn report_panics(&mut self, names: &[BString], exits: &[Exit]) {
        let mut text = alloc::string::String::new();
        for (name, exit) in names.iter().zip(exits) {
            if let Exit::Panicked(message) = exit {
                text += &alloc::format!("{name}: panicked: {message}\n");
            }
        }
        if !text.is_empty() {
            self.tell(text).await;
        }
    }

    /// Lets the terminal signal this job, where the shell has a terminal.
    pub(crate) fn hand_terminal_to(&mut self, running: &Running) {
        self.with_terminal(|terminal| terminal.set_foreground(Some(running.job().clone())));
    }

    /// Lets it signal the shell itself.
    pub(crate) fn take_terminal_back(&mut self) {
        let shell = Standing::job(self.pid, self.signals.clone());
        self.with_terminal(|terminal| terminal.set_foreground(Some(shell)));
    }

    /// Puts the terminal into the modes that commands expect.
    pub(crate) fn cook(&mut self) {
        let cooked = self.cooked;
        self.with_terminal(|terminal| terminal.set_attributes(cooked));
    }
}

/// What `ps` calls a command before its words are expanded.
fn command_name(command: &Command) -> BString {
    match &command.kind {
        Kind::Simple(simple) => match simple.words.first().map(|word| word.plain()) {
            Some(Some(name)) => name.into(),
            _ => "sh".into(),
        },
        _ => "sh".into(),
    }
}
