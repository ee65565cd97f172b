//! A job: stages that are signalled and waited for together.

use alloc::{boxed::Box, sync::Arc, vec::Vec};
use core::{future::poll_fn, task::Poll};
use pollux_executor::sync::{Lock, WakerSet};
use pollux_shell::env::{self, BoxFuture, Exit, Job, Pid, Result, Signal};

use super::{Jobs, stage::Stage};

/// What [`Jobs::new_job`] makes. Dropping it leaves its stages alone.
pub(super) struct PipelineJob {
    jobs: Arc<Jobs>,
    group: Arc<Group>,
}

/// What the stages of a job have in common.
pub(super) struct Group {
    state: Lock<State>,
    /// Who waits until the last stage has ended, or until the job is stopped.
    changed: WakerSet,
}

#[derive(Default)]
struct State {
    stages: Vec<Slot>,
    running: usize,
    /// The signal that ended or stopped the job. Stages that come later get it too: `^C` while the shell
    /// is still starting a pipeline ends all of it.
    killed: Option<Signal>,
    stopped: Option<Signal>,
}

enum Slot {
    Starting,
    Running(Arc<Stage>),
    Ended(Exit),
    /// There was no memory for it.
    NeverStarted,
}

impl PipelineJob {
    pub(super) fn new(jobs: Arc<Jobs>) -> Self {
        let group = Group { state: Lock::new(State::default()), changed: WakerSet::new() };
        Self { jobs, group: Arc::new(group) }
    }
}

impl Job for PipelineJob {
    fn spawn(&self, stage: env::Stage) -> Result<Pid> {
        let index = self.group.reserve();
        let started = Stage::spawn(&self.jobs, &self.group, index, stage);
        if let Some(signal) = self.group.started(index, started.as_ref().ok())
            && let Ok(stage) = &started
        {
            stage.signal(signal);
        }
        Ok(started?.pid())
    }

    fn signal(&self, signal: Signal) {
        for stage in self.group.note(signal) {
            stage.signal(signal);
        }
    }

    fn wait(&self) -> BoxFuture<'_, Vec<Exit>> {
        Box::pin(poll_fn(|cx| {
            let state = self.group.state.lock();
            match state.exits() {
                Some(exits) => Poll::Ready(exits),
                None => {
                    // Under the lock that `record` takes first: no end is missed.
                    self.group.changed.register(cx.waker());
                    Poll::Pending
                }
            }
        }))
    }

    fn wait_stopped(&self) -> BoxFuture<'_, ()> {
        Box::pin(poll_fn(|cx| {
            let state = self.group.state.lock();
            if state.stopped.is_some() && state.running > 0 {
                return Poll::Ready(());
            }
            // Under the lock that `note` takes first: no stop is missed.
            self.group.changed.register(cx.waker());
            Poll::Pending
        }))
    }

    fn try_wait(&self) -> Option<Vec<Exit>> {
        self.group.state.lock().exits()
    }
}

impl Group {
    /// A place for a stage that is about to start.
    fn reserve(&self) -> usize {
        let mut state = self.state.lock();
        state.stages.push(Slot::Starting);
        state.running += 1;
        state.stages.len() - 1
    }

    /// Fills the place, unless the stage has ended already. Says which signal came in the meantime.
    fn started(&self, index: usize, stage: Option<&Arc<Stage>>) -> Option<Signal> {
        let mut state = self.state.lock();
        match stage {
            Some(stage) => {
                if let Slot::Starting = state.stages[index] {
                    state.stages[index] = Slot::Running(stage.clone());
                }
                state.killed.or(state.stopped)
            }
            None => {
                state.stages[index] = Slot::NeverStarted;
                state.running -= 1;
                let last = state.running == 0;
                drop(state);
                if last {
                    self.changed.wake_all();
                }
                None
            }
        }
    }

    /// Remembers a signal for stages to come, and says which stages run.
    fn note(&self, signal: Signal) -> Vec<Arc<Stage>> {
        let mut state = self.state.lock();
        match signal {
            Signal::Stop | Signal::Tstp => {
                state.stopped = Some(signal);
                self.changed.wake_all();
            }
            Signal::Cont => state.stopped = None,
            _ => {
                state.killed.get_or_insert(signal);
            }
        }
        let running = |slot: &Slot| match slot {
            Slot::Running(stage) => Some(stage.clone()),
            _ => None,
        };
        state.stages.iter().filter_map(running).collect()
    }

    /// Records how a stage ended; called once by each, after its descriptors were closed.
    ///
    /// A signal reaches all stages of a job at once. One that returns while the signal is being sent to the
    /// others, because it saw the end of a pipe that one of them held, was ended by the signal all the same.
    pub(super) fn record(&self, index: usize, exit: Exit) {
        let mut state = self.state.lock();
        let exit = match (state.killed, exit) {
            (Some(signal), Exit::Code(_)) => Exit::Signaled(signal),
            (_, exit) => exit,
        };
        let old = core::mem::replace(&mut state.stages[index], Slot::Ended(exit));
        state.running -= 1;
        let last = state.running == 0;
        drop(state);
        drop(old); // outside the lock: it may be the last handle of the stage
        if last {
            self.changed.wake_all();
        }
    }
}

impl State {
    /// How each stage ended, when all have.
    fn exits(&self) -> Option<Vec<Exit>> {
        if self.running > 0 {
            return None;
        }
        let ended = |slot: &Slot| match slot {
            Slot::Ended(exit) => Some(exit.clone()),
            _ => None,
        };
        Some(self.stages.iter().filter_map(ended).collect())
    }
}
