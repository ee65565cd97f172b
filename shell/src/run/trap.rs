//! Signals for the shell itself, and what `trap` has said about them.
//!
//! The shell takes a signal that was caught between two commands, and what it waits for itself (`wait`, `read`,
//! a line from a person) is raced with the next one. A shell with a person at it always catches what the keys of
//! the terminal send, and while no job is in the foreground it stands there itself ([`Standing`]).

use alloc::{boxed::Box, collections::BTreeMap, sync::Arc, vec::Vec};
use bstr::BString;
use core::{
    future::{Future, pending, poll_fn},
    ops::ControlFlow::{Break, Continue},
    pin::pin,
};
use futures_util::future::{Either, Ready, ready, select};

use super::{Flow, Leave};
use crate::{
    env::{BoxFuture, Disposition, Exit, Job, Pid, Result, Signal, Signals, Stage},
    errno::Errno,
    shell::Shell,
};

/// What a shell with a person at it catches by itself: the keys and the end of the terminal, so that they reach the
/// jobs and not the shell.
const CAUGHT_WHEN_INTERACTIVE: [Signal; 7] =
    [Signal::Hup, Signal::Int, Signal::Quit, Signal::Term, Signal::Tstp, Signal::Ttin, Signal::Ttou];

/// What can be trapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Condition {
    /// The end of the shell.
    Exit,
    /// This signal.
    Signal(Signal),
    /// A command that failed, where `set -e` would act.
    Error,
}

impl Condition {
    pub fn parse(text: &[u8]) -> Option<Condition> {
        match text.to_ascii_uppercase().as_slice() {
            b"EXIT" | b"0" => Some(Condition::Exit),
            b"ERR" => Some(Condition::Error),
            _ => Signal::parse(text).map(Condition::Signal),
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Condition::Exit => "EXIT",
            Condition::Error => "ERR",
            Condition::Signal(signal) => signal.name(),
        }
    }
}

/// The actions that `trap` has set, and the signals that nobody here may touch.
#[derive(Clone, Default)]
pub(crate) struct Traps {
    /// An empty action ignores.
    actions: BTreeMap<Condition, BString>,
    /// The actions are those of the shell that this one is a copy of: shown, not run, until one is set here.
    foreign: bool,
    /// What was ignored when a shell that is not interactive began.
    ignored_from_outside: Vec<Signal>,
    /// `$?` before the action that runs now, which `exit` without a number leaves with.
    pub status_before: Option<u8>,
}

impl Traps {
    /// Remembers what was ignored when the shell began.
    pub fn note_ignored(&mut self, signals: &Signals) {
        let ignored = |signal: &Signal| signals.disposition(*signal) == Disposition::Ignored;
        self.ignored_from_outside = Signal::ALL.iter().copied().filter(ignored).collect();
    }

    /// What a subshell has: nothing is trapped, and `trap` still shows what was (XCU trap).
    pub fn for_a_copy(&self) -> Traps {
        let ignored_from_outside = self.ignored_from_outside.clone();
        Traps { actions: self.actions.clone(), foreign: true, ignored_from_outside, status_before: None }
    }

    /// What is to be run.
    pub fn action(&self, condition: Condition) -> Option<&BString> {
        self.actions.get(&condition).filter(|_| !self.foreign)
    }

    pub fn iter(&self) -> impl Iterator<Item = (Condition, &BString)> {
        self.actions.iter().map(|(condition, action)| (*condition, action))
    }

    pub fn shown(&self, condition: Condition) -> Option<&BString> {
        self.actions.get(&condition)
    }
}

/// The shell in the place of a job where the terminal has one.
pub(crate) struct Standing {
    pid: Pid,
    signals: Arc<Signals>,
}

impl Standing {
    pub fn job(pid: Pid, signals: Arc<Signals>) -> Arc<dyn Job> {
        Arc::new(Self { pid, signals })
    }
}

impl Job for Standing {
    fn spawn(&self, _: Stage<'_>) -> Result<Pid> {
        Err(Errno::EINVAL)
    }

    fn signal(&self, signal: Signal) {
        // All that a terminal sends is caught, so there is nothing for the system to do.
        let _ = self.signals.deliver(signal);
    }

    fn contains(&self, pid: Pid) -> bool {
        pid == self.pid
    }

    fn wait(&self) -> BoxFuture<'_, Vec<Exit>> {
        Box::pin(pending())
    }

    fn try_wait(&self) -> Option<Vec<Exit>> {
        None
    }
}

impl Shell {
    /// Sets what is done about a condition: run this, nothing when it is empty, the default without an action.
    pub(crate) fn set_trap(&mut self, condition: Condition, action: Option<&BString>) {
        if core::mem::take(&mut self.traps.foreign) {
            // What was ignored stays ignored; the rest was never in force here.
            self.traps.actions.retain(|_, action| action.is_empty());
        }
        if let Condition::Signal(signal) = condition {
            if self.traps.ignored_from_outside.contains(&signal) && !self.is_interactive() {
                return; // no error either (XCU trap)
            }
            let disposition = match action {
                Some(action) if action.is_empty() => Disposition::Ignored,
                Some(_) => Disposition::Caught,
                None => self.usual(signal),
            };
            self.signals.set(signal, disposition);
        }
        match action {
            Some(action) => drop(self.traps.actions.insert(condition, action.clone())),
            None => drop(self.traps.actions.remove(&condition)),
        }
    }

    /// What the shell does with a signal that is not trapped.
    fn usual(&self, signal: Signal) -> Disposition {
        match self.is_interactive() && CAUGHT_WHEN_INTERACTIVE.contains(&signal) {
            true => Disposition::Caught,
            false => Disposition::Default,
        }
    }

    /// Begins to catch what a shell with a person at it catches.
    pub(crate) fn catch_keys(&mut self) {
        for signal in CAUGHT_WHEN_INTERACTIVE {
            self.signals.set(signal, Disposition::Caught);
        }
    }

    /// Does what is to be done about signals that have come. In a future of its own: most of the time none has, and
    /// the lists that ask nest deep.
    pub(crate) fn heed_signals(&mut self) -> Either<Ready<Flow>, BoxFuture<'_, Flow>> {
        match self.signals.is_pending() {
            true => Either::Right(Box::pin(self.heed_pending())),
            false => Either::Left(ready(Continue(()))),
        }
    }

    async fn heed_pending(&mut self) -> Flow {
        while let Some(signal) = self.signals.take() {
            let condition = Condition::Signal(signal);
            match (self.traps.action(condition), signal) {
                (Some(_), _) => self.run_trap(condition).await?,
                (None, Signal::Int) => {
                    self.tell("\n").await;
                    self.status = 130;
                    return Break(Leave::Interrupt);
                }
                (None, Signal::Hup) => {
                    self.end_jobs();
                    self.status = 128 + Signal::Hup as u8;
                    return Break(Leave::Exit);
                }
                // The person at the shell ends it, and no signal.
                _ => {}
            }
        }
        Continue(())
    }

    /// Forgets a `^C` that came before.
    pub(crate) fn forget_interrupt(&self) {
        if self.traps.action(Condition::Signal(Signal::Int)).is_none() {
            self.signals.forget(Signal::Int);
        }
    }

    /// Runs what `trap` has set, if it has. `$?` is afterwards what it was before.
    pub(crate) async fn run_trap(&mut self, condition: Condition) -> Flow {
        let Some(action) = self.traps.action(condition).cloned() else { return Continue(()) };
        self.enter().await?;
        let status = self.status;
        let outer = self.traps.status_before.replace(status);
        let flow = self.run_text(Arc::from(action.as_slice())).await;
        self.leave();
        self.traps.status_before = outer;
        match flow {
            Continue(()) | Break(Leave::Error) => {
                self.status = status;
                Continue(())
            }
            leave => leave,
        }
    }

    /// A command has failed, and nothing excuses that.
    pub(super) fn run_error_trap(&mut self) -> Either<Ready<Flow>, BoxFuture<'_, Flow>> {
        // One that fails itself is not about itself.
        match self.traps.action(Condition::Error).is_some() && self.traps.status_before.is_none() {
            true => Either::Right(Box::pin(self.run_trap(Condition::Error))),
            false => Either::Left(ready(Continue(()))),
        }
    }

    /// Does what `trap` wants done at the end. The status stays, unless the commands call `exit` with another.
    pub(crate) async fn run_exit_trap(&mut self) {
        // Whatever the commands say, this is the end.
        let _ = self.run_trap(Condition::Exit).await;
        self.traps.actions.remove(&Condition::Exit);
    }

    /// Waits for something, unless a signal that is trapped comes first: that is the error, and its action runs
    /// when the command that waited has ended (XCU 2.12). `^C` leaves a shell with a person at it right here.
    pub(crate) async fn unless_signalled<T>(
        &mut self,
        future: impl Future<Output = T>,
    ) -> Flow<core::result::Result<T, Signal>> {
        let mut future = pin!(future);
        loop {
            let signals = self.signals.clone();
            // The end of a child is what `wait` waits for: its action runs afterwards.
            let signalled = poll_fn(|cx| signals.poll_pending(cx, Some(Signal::Chld)));
            let signal = match select(signalled, &mut future).await {
                Either::Left((signal, _)) => signal,
                Either::Right((output, _)) => return Continue(Ok(output)),
            };
            if self.traps.action(Condition::Signal(signal)).is_some() {
                return Continue(Err(signal));
            }
            self.heed_signals().await?;
        }
    }
}
