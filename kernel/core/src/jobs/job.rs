//! A job: stages that are signalled and waited for together, and the jobs within it.
//!
//! A command that runs another (`xargs`), and a shell without job control, start jobs within their own: a signal
//! to a job reaches all that is below it, like a signal to a process group. Waiting is for the job's own stages only.
//!
//! Stages are stopped, continued and ended with the lock of their job held. A new one sees what came before it, and
//! of two signals at once all stages see the same one last: [`Jobs::walk`] lets one signal through at a time.
//! Locks are taken downwards: the walk, the job, the stage.

use alloc::{
    boxed::Box,
    collections::BTreeMap,
    sync::{Arc, Weak},
    vec::Vec,
};
use core::{future::poll_fn, task::Poll};
use pollux_executor::sync::{Lock, WakerSet};
use pollux_shell::{
    env::{self, BoxFuture, Exit, Job, Pid, Result, Signal},
    errno::Errno,
};

use super::{Jobs, Session, stage::Stage};
use crate::{
    asked::Asked,
    waits::{Wait, new_number},
};

/// What [`Jobs::new_job`] makes. Dropping it leaves its stages alone.
pub(super) struct PipelineJob {
    jobs: Arc<Jobs>,
    group: Arc<Group>,
}

/// What the stages of a job have in common.
pub(super) struct Group {
    /// What it is known by.
    pub number: u64,
    state: Lock<State>,
    /// Who waits until the last stage has ended, or until the job is stopped.
    changed: WakerSet,
    /// The job that it is within.
    outer: Option<Arc<Group>>,
    /// The stage that made it: its parent, which hears of its end.
    maker: Option<Weak<Stage>>,
    /// The terminal that controls it.
    pub session: Option<Arc<Session>>,
}

#[derive(Default)]
struct State {
    stages: Vec<Slot>,
    running: usize,
    /// The signal that ended or stopped the job. Stages that come later get it too: `^C` while the shell
    /// is still starting a pipeline ends all of it.
    ended: Option<Signal>,
    stopped: Option<Signal>,
    /// The jobs within this one, by their numbers.
    inner: BTreeMap<u64, Weak<Group>>,
}

enum Slot {
    Starting,
    Running(Arc<Stage>),
    Ended(Exit),
    /// There was no memory for it.
    NeverStarted,
}

impl PipelineJob {
    pub(super) fn new(
        jobs: Arc<Jobs>,
        outer: Option<Arc<Group>>,
        maker: Option<&Arc<Stage>>,
        session: Option<Arc<Session>>,
    ) -> Self {
        let group = Arc::new(Group {
            number: new_number(),
            state: Lock::new(State::default()),
            changed: WakerSet::new(),
            outer,
            maker: maker.map(Arc::downgrade),
            session,
        });
        if let Some(outer) = &group.outer {
            let mut state = outer.state.lock();
            state.inner.insert(group.number, Arc::downgrade(&group));
            // A stop that its maker has heard of, and in whose list it was not, is for this one as well.
            if maker.is_some_and(|maker| maker.is_stopped()) {
                group.state.lock().stopped = state.stopped;
            }
        }
        Self { jobs, group }
    }
}

impl Job for PipelineJob {
    fn spawn(&self, stage: env::Stage<'_>) -> Result<Pid> {
        let index = self.group.reserve().inspect_err(|_| stage.fds.close_all())?;
        let started = Stage::spawn(&self.jobs, &self.group, index, stage);
        self.group.started(index, started.as_ref().ok());
        Ok(started?.pid())
    }

    fn signal(&self, signal: Signal) {
        self.jobs.signal(&self.group, signal);
    }

    fn contains(&self, pid: Pid) -> bool {
        self.jobs.stage(pid).is_some_and(|stage| stage.group.is_within(&self.group))
    }

    fn wait(&self) -> BoxFuture<'_, Vec<Exit>> {
        Box::pin(poll_fn(|cx| {
            let state = self.group.state.lock();
            match state.exits() {
                Some(exits) => Poll::Ready(exits),
                None => {
                    // Under the lock that `record` takes first: no end is missed.
                    self.group.changed.register(cx.waker());
                    Wait::Job(self.group.number).tell_of(cx, &self.group);
                    Poll::Pending
                }
            }
        }))
    }

    fn wait_stopped(&self) -> BoxFuture<'_, ()> {
        Box::pin(poll_fn(|cx| {
            let state = self.group.state.lock();
            if state.is_stopped() {
                return Poll::Ready(());
            }
            // Under the lock that `act` takes first: no stop is missed.
            self.group.changed.register(cx.waker());
            Wait::Job(self.group.number).tell_of(cx, &self.group);
            Poll::Pending
        }))
    }

    fn is_stopped(&self) -> bool {
        self.group.state.lock().is_stopped()
    }

    fn try_wait(&self) -> Option<Vec<Exit>> {
        self.group.state.lock().exits()
    }
}

impl Group {
    /// This job, the one around it, and so on.
    pub fn outwards(self: &Arc<Self>) -> impl Iterator<Item = &Arc<Group>> {
        core::iter::successors(Some(self), |group| group.outer.as_ref())
    }

    /// The stage that made it, while that lives.
    pub fn maker(&self) -> Option<Arc<Stage>> {
        self.maker.as_ref()?.upgrade()
    }

    /// Whether it is `other` or within it.
    fn is_within(self: &Arc<Self>, other: &Arc<Group>) -> bool {
        self.outwards().any(|group| Arc::ptr_eq(group, other))
    }

    /// Whether somebody is left who could continue it: without, it would be stopped for ever.
    pub fn is_orphaned(self: &Arc<Self>) -> bool {
        let outermost = self.outwards().last().unwrap_or(self);
        outermost.maker.as_ref().is_none_or(|maker| maker.strong_count() == 0)
    }

    /// A place for a stage that is about to start.
    fn reserve(&self) -> Result<usize> {
        let mut state = self.state.lock();
        state.stages.try_reserve(1).map_err(|_| Errno::ENOMEM)?;
        state.stages.push(Slot::Starting);
        state.running += 1;
        Ok(state.stages.len() - 1)
    }

    /// Fills the place, unless the stage has ended already. It gets the signal that came in the meantime.
    fn started(&self, index: usize, stage: Option<&Arc<Stage>>) {
        let mut state = self.state.lock();
        match stage {
            Some(stage) => {
                if let Slot::Starting = state.stages[index] {
                    state.stages[index] = Slot::Running(stage.clone());
                    state.ended.or(state.stopped).map(|signal| stage.act(signal));
                }
            }
            None => {
                state.stages[index] = Slot::NeverStarted;
                state.running -= 1;
                let last = state.running == 0;
                drop(state);
                if last {
                    self.changed.wake_all();
                }
            }
        }
    }

    /// Lets a signal act on the stages of this job, or on one of them. The jobs within are added to `inner`.
    pub fn act(&self, signal: Signal, only: Option<&Arc<Stage>>, inner: &mut Vec<Arc<Group>>) {
        let mut state = self.state.lock();
        let mut ended = None;
        for slot in &state.stages {
            if let Slot::Running(stage) = slot
                && only.is_none_or(|only| Arc::ptr_eq(only, stage))
            {
                ended = ended.or(stage.act(signal));
            }
        }
        if only.is_none() {
            match signal.action() {
                env::Action::Stop => state.stopped = Some(signal),
                env::Action::Continue => state.stopped = None,
                // Where no stage has said what it does with the signal, one that comes later is ended by it.
                env::Action::End if ended.is_some() || state.running == 0 => {
                    state.ended.get_or_insert(signal);
                }
                env::Action::End | env::Action::Nothing => {}
            }
            inner.extend(state.inner.values().filter_map(Weak::upgrade));
        }
        let stopped = state.is_stopped();
        drop(state);
        if stopped {
            self.changed.wake_all();
            self.tell_maker();
        }
    }

    /// Records how a stage ended; called once by each, after its descriptors were closed. `ended_by`: what was sent
    /// to it in particular.
    ///
    /// A signal reaches all stages of a job at once. One that returns while the signal is being sent to the
    /// others, because it saw the end of a pipe that one of them held, was ended by the signal all the same.
    pub(super) fn record(&self, stage: &Stage, index: usize, exit: Exit, ended_by: Option<Signal>) {
        let mut state = self.state.lock();
        let ended_by = ended_by.or(state.ended.filter(|&signal| stage.does(signal) == env::Action::End));
        let exit = match (ended_by, exit) {
            (Some(signal), Exit::Code(_)) => Exit::Signaled(signal),
            (_, exit) => exit,
        };
        let old = core::mem::replace(&mut state.stages[index], Slot::Ended(exit));
        state.running -= 1;
        let (last, stopped) = (state.running == 0, state.is_stopped());
        drop(state);
        drop(old); // outside the lock: it may be the last handle of the stage
        if last || stopped {
            self.changed.wake_all();
            self.tell_maker();
        }
    }

    fn tell_maker(&self) {
        if let Some(maker) = self.maker.as_ref().and_then(Weak::upgrade) {
            maker.tell(Signal::Chld);
        }
    }
}

impl Asked for Group {
    /// Who waits for a stop waits for the end as well.
    fn is_there(&self, _: Wait) -> Option<bool> {
        Some(self.state.try_lock()?.running == 0)
    }
}

/// The jobs around it go one after the other, however deep they are nested. Each takes its name off the list of the one
/// around it, which would keep its memory. No lock of a job is held when the last handle of one goes.
impl Drop for Group {
    fn drop(&mut self) {
        let (mut number, mut next) = (self.number, self.outer.take());
        while let Some(outer) = next {
            outer.state.lock().inner.remove(&number);
            number = outer.number;
            next = Arc::into_inner(outer).and_then(|mut outer| outer.outer.take());
        }
    }
}

impl State {
    /// Whether there are stages, and all of them are stopped.
    fn is_stopped(&self) -> bool {
        let goes_on = |slot: &Slot| match slot {
            Slot::Starting => true,
            Slot::Running(stage) => !stage.is_stopped(),
            Slot::Ended(_) | Slot::NeverStarted => false,
        };
        self.running > 0 && !self.stages.iter().any(goes_on)
    }

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Cpu;

    #[test]
    fn a_job_that_has_gone_is_in_no_list() {
        let jobs = Jobs::new(Cpu::new().executor);
        let outer = PipelineJob::new(jobs.clone(), None, None, None);
        let inner = || PipelineJob::new(jobs.clone(), Some(outer.group.clone()), None, None);
        let first = inner();
        drop(inner());
        assert_eq!(outer.group.state.lock().inner.len(), 1);
        drop(first);
        assert_eq!(outer.group.state.lock().inner.len(), 0);
    }

    /// The stage has ended and been taken down, and nobody was woken.
    #[cfg(debug_assertions)]
    #[test]
    fn who_waits_for_a_job_that_has_ended_is_told_of() {
        let cpu = Cpu::new();
        let jobs = Jobs::new(cpu.executor);
        let job = Arc::new(PipelineJob::new(jobs.clone(), None, None, None));
        let index = job.group.reserve().unwrap();
        let (waits, number) = (job.clone(), job.group.number);
        drop(cpu.executor.spawn("waits", async move { drop(waits.wait().await) }).unwrap());
        let lost = || cpu.lost_wakes(&jobs).into_iter().map(|(_, wait)| wait).collect::<Vec<_>>();
        cpu.run();
        assert_eq!(lost(), []);
        {
            let mut state = job.group.state.lock();
            state.stages[index] = Slot::NeverStarted;
            state.running -= 1;
        }
        assert_eq!(lost(), [Wait::Job(number)]);
    }
}
