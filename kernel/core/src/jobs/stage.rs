//! One stage that runs: the task of the executor behind it, what signals do to it, and what happens when it is over.

use alloc::{sync::Arc, task::Wake};
use bstr::{BString, ByteSlice};
use core::{
    future::Future,
    pin::Pin,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    task::{Context, Poll, Waker},
};
use pollux_executor::{JoinError, JoinHandle, Scope, SpawnError, sync::Lock};
use pollux_shell::{
    env::{self, Action, Disposition, Exit, Pid, Result, Signal, Signals},
    errno::Errno,
    fd::FdTable,
};
use pollux_trace::trace;

use super::{Jobs, job::Group, pid_of};

/// A stage. It is kept by the table and by its job until it has ended, and by the waker of its own join
/// handle, which is let go in [`Stage::look`].
pub(super) struct Stage {
    pid: Pid,
    pub(super) command: BString,
    pub(super) fds: Arc<FdTable>,
    signals: Arc<Signals>,
    /// Of this one stage: what stops and continues it.
    scope: Scope,
    /// Whether it is stopped. Written with the lock of its job.
    stopped: AtomicBool,
    life: Lock<Life>,
    jobs: Arc<Jobs>,
    pub(super) group: Arc<Group>,
    /// Its place in the job.
    index: usize,
}

struct Life {
    /// `None` once the end has been dealt with.
    handle: Option<JoinHandle<u8>>,
    /// The first signal that ended it.
    signal: Option<Signal>,
}

impl Stage {
    /// Starts a stage. When that fails its descriptors are closed, as at every other end.
    pub fn spawn(
        jobs: &Arc<Jobs>,
        group: &Arc<Group>,
        index: usize,
        stage: env::Stage<'_>,
    ) -> Result<Arc<Stage>> {
        let env::Stage { name, command, fds, signals, run } = stage;
        if let Err(error) = jobs.running.lock().promise() {
            fds.close_all();
            return Err(error);
        }
        let spawned = jobs.executor.scope().map_err(SpawnError::from).and_then(|scope| {
            let handle = scope.spawn(&name.to_str_lossy(), run)?;
            Ok((scope, handle))
        });
        let Ok((scope, handle)) = spawned else {
            jobs.running.lock().forgo();
            fds.close_all();
            return Err(Errno::ENOMEM);
        };
        let stage = Arc::new(Stage {
            pid: pid_of(handle.id()),
            command,
            fds,
            signals,
            scope,
            stopped: AtomicBool::new(false),
            life: Lock::new(Life { handle: Some(handle), signal: None }),
            jobs: jobs.clone(),
            group: group.clone(),
            index,
        });
        trace!(CommandBegin, stage.pid);
        jobs.running.lock().insert(stage.clone());
        stage.look();
        Ok(stage)
    }

    /// Its number.
    pub fn pid(&self) -> Pid {
        self.pid
    }

    /// Whether it is stopped.
    pub fn is_stopped(&self) -> bool {
        self.stopped.load(Relaxed)
    }

    /// What a signal would do to it.
    pub fn does(&self, signal: Signal) -> Action {
        match self.signals.disposition(signal) {
            Disposition::Default => signal.action(),
            Disposition::Ignored | Disposition::Caught => Action::Nothing,
        }
    }

    /// What becomes of a signal, when nothing has to be done.
    pub fn tell(&self, signal: Signal) {
        let _ = self.signals.deliver(signal);
    }

    /// Does what a signal does; says which one ends it, if one does. Only with the lock of its job: so a stop and
    /// a continuation that come at the same time come one after the other to all of it.
    pub(super) fn act(&self, signal: Signal) -> Option<Signal> {
        trace!(Signal, self.pid, signal as u8);
        if signal == Signal::Cont {
            self.stopped.store(false, Relaxed);
            self.scope.resume();
        }
        match self.signals.deliver(signal) {
            Action::Stop => {
                self.stopped.store(true, Relaxed);
                self.scope.stop();
            }
            Action::End => {
                self.life.lock().signal.get_or_insert(signal);
                self.stopped.store(false, Relaxed);
                self.scope.cancel();
                self.scope.resume(); // a stopped one ends as well
                return Some(signal);
            }
            Action::Continue | Action::Nothing => {}
        }
        None
    }

    /// Deals with the end, if the task has ended; else asks to be woken when it does.
    fn look(self: &Arc<Self>) {
        let waker = Waker::from(self.clone());
        let mut life = self.life.lock();
        let Some(handle) = &mut life.handle else { return };
        let Poll::Ready(output) = Pin::new(handle).poll(&mut Context::from_waker(&waker)) else { return };
        let handle = life.handle.take();
        let signal = life.signal;
        drop(life);
        // A shell may have waited for a signal: the waker keeps its task, which keeps us.
        self.signals.end();
        drop(handle); // and with it the task's memory, and this waker in it
        // Each way by itself, which knows its status.
        let told = |exit: Exit| {
            trace!(CommandEnd, self.pid, exit.status());
            exit
        };
        let exit = match output {
            Ok(status) => told(Exit::Code(status)),
            Err(JoinError::Cancelled) => {
                if signal.is_none() {
                    self.tell_of_memory();
                }
                told(Exit::Signaled(signal.unwrap_or(Signal::Kill)))
            }
            Err(JoinError::Panicked(message)) => told(Exit::Panicked(message)),
        };
        self.fds.close_all();
        let listed = self.jobs.running.lock().remove(self.pid);
        drop(listed);
        self.group.record(self, self.index, exit, signal);
    }

    /// Nobody has sent it a signal: it was ended because it took of the last of the memory. It cannot say so itself any
    /// more, and what does not fit where its errors go at once is lost.
    fn tell_of_memory(&self) {
        log::warn!("{} ({}) was ended: it took of the last of the memory", self.command, self.pid);
        if let Ok(errors) = self.fds.get(2) {
            let name = self.command.split(|&byte| byte == b' ').next().unwrap_or_default();
            let text = alloc::format!("{}: ended: out of memory\n", name.as_bstr());
            let _ = errors.poll_write(&mut Context::from_waker(Waker::noop()), text.as_bytes());
        }
    }
}

/// The executor wakes the stage when its task is over.
impl Wake for Stage {
    fn wake(self: Arc<Self>) {
        self.look();
    }
}
