//! One stage that runs: the task of the executor behind it, and what happens when that is over.

use alloc::{sync::Arc, task::Wake};
use bstr::{BString, ByteSlice};
use core::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, Waker},
};
use pollux_executor::{JoinError, JoinHandle, Scope, SpawnError, sync::Lock};
use pollux_shell::{
    env::{self, Exit, Pid, Result, Signal},
    errno::Errno,
    fd::FdTable,
};

use super::{Jobs, job::Group, pid_of};

/// A stage. It is kept by the table and by its job until it has ended, and by the waker of its own join
/// handle, which is let go in [`Stage::look`].
pub(super) struct Stage {
    pid: Pid,
    pub(super) command: BString,
    pub(super) fds: Arc<FdTable>,
    /// Of this one stage: what stops and continues it.
    scope: Scope,
    life: Lock<Life>,
    jobs: Arc<Jobs>,
    group: Arc<Group>,
    /// Its place in the job.
    index: usize,
}

struct Life {
    /// `None` once the end has been dealt with.
    handle: Option<JoinHandle<u8>>,
    /// The first deadly signal.
    signal: Option<Signal>,
    /// A bit for each signal that does nothing.
    ignored: u32,
}

impl Stage {
    /// Starts a stage. When that fails its descriptors are closed, as at every other end.
    pub fn spawn(
        jobs: &Arc<Jobs>,
        group: &Arc<Group>,
        index: usize,
        stage: env::Stage,
    ) -> Result<Arc<Stage>> {
        let env::Stage { name, command, fds, run } = stage;
        let spawned = jobs.executor.scope().map_err(SpawnError::from).and_then(|scope| {
            let handle = scope.spawn(&name.to_str_lossy(), run)?;
            Ok((scope, handle))
        });
        let Ok((scope, handle)) = spawned else {
            fds.close_all();
            return Err(Errno::ENOMEM);
        };
        let stage = Arc::new(Stage {
            pid: pid_of(handle.id()),
            command,
            fds,
            scope,
            life: Lock::new(Life { handle: Some(handle), signal: None, ignored: 0 }),
            jobs: jobs.clone(),
            group: group.clone(),
            index,
        });
        jobs.running.lock().insert(stage.pid, stage.clone());
        stage.look();
        Ok(stage)
    }

    /// Its number.
    pub fn pid(&self) -> Pid {
        self.pid
    }

    /// From now on this signal does nothing.
    pub fn ignore(&self, signal: Signal) {
        self.life.lock().ignored |= 1 << signal as u8;
    }

    /// Ends, stops or continues it.
    pub fn signal(&self, signal: Signal) {
        if self.life.lock().ignored & 1 << signal as u8 != 0 {
            return;
        }
        match signal {
            Signal::Stop | Signal::Tstp => self.scope.stop(),
            Signal::Cont => self.scope.resume(),
            _ => {
                self.life.lock().signal.get_or_insert(signal);
                self.scope.cancel();
                self.scope.resume(); // a stopped one ends as well
            }
        }
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
        drop(handle); // and with it the task's memory, and this waker in it
        let exit = match output {
            Ok(status) => Exit::Code(status),
            Err(JoinError::Cancelled) => Exit::Signaled(signal.unwrap_or(Signal::Kill)),
            Err(JoinError::Panicked(message)) => Exit::Panicked(message),
        };
        self.fds.close_all();
        let listed = self.jobs.running.lock().remove(&self.pid);
        drop(listed);
        self.group.record(self.index, exit);
    }
}

/// The executor wakes the stage when its task is over.
impl Wake for Stage {
    fn wake(self: Arc<Self>) {
        self.look();
    }
}
