//! Random programs on the real executor and on a simple model of what a scheduler must do. One seed decides all:
//! the program, which CPU ticks, the order of its queues, when the clock moves, and when and at which point of
//! an operation the interrupt comes, or another CPU does something. A failure prints the seed; `POLLUX_SEED=n` runs that one again, exactly.
//!
//! The model knows for each task whether it may be polled (it was spawned or woken since its last poll began,
//! and its scope is not stopped), whether it must have been by the end, and how it ends.

mod support;

use futures_util::future::poll_fn;
use pollux_executor::{
    JoinError, JoinHandle, Scope, Tick,
    sim::{interrupt_at, shuffle},
};
use std::{
    cell::RefCell,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    pin::Pin,
    rc::Rc,
    sync::{Arc, Mutex},
    task::{Context, Poll, Waker},
};
use support::{Random, Stage, Trace, interrupt, pass_time};

const CPUS: usize = 3;
const STEPS: usize = 200;
const PROGRAMS: u64 = if cfg!(miri) { 3 } else { 2000 };

/// What the model knows of a task. Shared with its future, which tells of each poll.
#[derive(Default)]
struct Model {
    /// Spawned or woken since the last poll began.
    woken: bool,
    /// Woken once more before that poll: if by an interrupt between the executor's start of the poll and the
    /// future's own, that is one poll more, which nobody can tell from the first.
    woken_again: bool,
    /// To be ready at its next poll.
    ends: bool,
    cancelled: bool,
    /// By another CPU in the middle of something: it may have been polled once more, and even been ready in that.
    cancelled_meanwhile: bool,
    scope: Option<usize>,
    pinned: Option<usize>,
    over: bool,
    /// Behind an `Arc`, so that no waker is counted (which is a point) while this is locked.
    waker: Option<Arc<Waker>>,
}

/// The models of all tasks, by number.
type Models = Arc<Mutex<Vec<Arc<Mutex<Model>>>>>;

struct Simulation {
    stage: Rc<Stage>,
    random: Random,
    trace: Trace,
    models: Models,
    handles: Vec<Option<Arc<JoinHandle<usize>>>>,
    scopes: Vec<Scope>,
    stopped: Arc<Mutex<[bool; 2]>>,
}

impl Simulation {
    fn new(seed: u64) -> Simulation {
        let stage = Rc::new(Stage::new(CPUS));
        shuffle(seed | 1);
        let scopes = (0..2).map(|_| stage.executor.scope().unwrap()).collect();
        Simulation {
            stage,
            random: Random(seed),
            trace: Trace::default(),
            models: Models::default(),
            handles: Vec::new(),
            scopes,
            stopped: Arc::default(),
        }
    }

    /// A future that tells the model of each poll, and in some wakes one or two others, or itself.
    fn future(&mut self, id: usize, model: &Arc<Mutex<Model>>) -> impl Future<Output = usize> + Send + use<> {
        let (model, trace, stopped) = (model.clone(), self.trace.clone(), self.stopped.clone());
        let (models, mut random) = (self.models.clone(), Random(self.random.next()));
        let end = Ended(model.clone());
        poll_fn(move |cx| {
            let _until_dropped = &end;
            trace.say(format!("{id} on {}", support::here()));
            let waker = Arc::new(cx.waker().clone());
            let (ends, _old_waker) = {
                let mut model = model.lock().unwrap();
                assert!(model.woken || model.woken_again, "task {id} is polled, and nobody has woken it");
                assert!(!model.cancelled, "task {id} is polled after it was cancelled");
                let held = model.scope.is_some_and(|scope| stopped.lock().unwrap()[scope]);
                assert!(!held, "task {id} is polled while its scope is stopped");
                let elsewhere = model.pinned.is_some_and(|cpu| cpu != support::here());
                assert!(!elsewhere, "task {id} is polled on a CPU that it is not pinned to");
                model.woken_again &= model.woken;
                model.woken = false;
                (model.ends, model.waker.replace(waker))
            };
            let count = models.lock().unwrap().len() as u64;
            for _ in 0..random.below(6).saturating_sub(3) {
                let other = models.lock().unwrap()[random.below(count) as usize].clone();
                woken(&other)();
            }
            if ends { Poll::Ready(id) } else { Poll::Pending }
        })
    }

    fn spawn(&mut self) {
        let id = self.models.lock().unwrap().len();
        let model = Arc::new(Mutex::new(Model { woken: true, ..Model::default() }));
        let future = self.future(id, &model);
        self.models.lock().unwrap().push(model.clone());
        let (executor, cpu) = (self.stage.executor, self.random.below(CPUS as u64) as usize);
        let handle = match self.random.below(5) {
            0 => executor.spawn("outside", future),
            1 => self.stage.on(cpu, || executor.spawn("inside", future)),
            2 => {
                let pinned_to = self.random.below(CPUS as u64) as usize;
                model.lock().unwrap().pinned = Some(pinned_to);
                self.stage.on(cpu, || executor.spawn_on(pinned_to, "pinned", future))
            }
            n => {
                let scope = (n - 3) as usize;
                model.lock().unwrap().scope = Some(scope);
                Ok(self.stage.on(cpu, || self.scopes[scope].spawn("in scope", future)).unwrap())
            }
        };
        self.handles.push(Some(Arc::new(handle.unwrap())));
    }

    fn model(&self, id: usize) -> Arc<Mutex<Model>> {
        self.models.lock().unwrap()[id].clone()
    }

    fn wake(&mut self, id: usize) {
        let (cpu, how) = (self.random.below(CPUS as u64) as usize, self.random.below(3));
        let wake = woken(&self.model(id));
        match how {
            0 => wake(),
            1 => self.stage.on(cpu, wake),
            _ => self.stage.on(cpu, || interrupt(wake)),
        }
    }

    /// A tick in which, at some point, an interrupt may wake a task, or another CPU has a tick of its own or cancels a task.
    fn tick(&mut self, cpu: usize) {
        let (stage, executor) = (self.stage.clone(), self.stage.executor);
        let tick = move || {
            let _ = stage.tick(cpu);
        };
        let some = self.random.below(self.handles.len().max(1) as u64) as usize;
        let (point, trace) = (self.random.below(400), self.trace.clone());
        let model = self.models.lock().unwrap().get(some).cloned();
        let handle = self.handles.get(some).cloned().flatten();
        let other = (cpu + 1) % CPUS;
        match (self.random.below(5), model) {
            (4, Some(model)) if handle.is_some() => {
                let handler = move || {
                    trace.say(format!("cancel of {some} on {other}"));
                    let mut model = model.lock().unwrap();
                    model.cancelled_meanwhile |= !model.over;
                    drop(model);
                    Stage::as_cpu(other, || handle.iter().for_each(|handle| handle.cancel()));
                };
                interrupt_at(point, handler, tick);
            }
            (0, Some(model)) => {
                let handler = move || {
                    trace.say(format!("interrupt for {some}"));
                    interrupt(woken(&model));
                };
                interrupt_at(point, handler, tick);
            }
            (1, _) => {
                let handler = move || {
                    trace.say(format!("meanwhile on {other}"));
                    Stage::as_cpu(other, || {
                        let _ = executor.tick(other);
                    });
                };
                interrupt_at(point, handler, tick);
            }
            _ => tick(),
        }
    }

    fn step(&mut self) {
        let cpu = self.random.below(CPUS as u64) as usize;
        let id = self.random.below(self.handles.len().max(1) as u64) as usize;
        let exists = id < self.handles.len();
        match self.random.below(20) {
            0 | 1 => self.spawn(),
            2 | 3 if exists => self.wake(id),
            4 if exists => {
                self.model(id).lock().unwrap().ends = true;
                self.wake(id);
            }
            5 if exists => {
                if let Some(handle) = &self.handles[id] {
                    let model = self.model(id);
                    let mut model = model.lock().unwrap();
                    model.cancelled |= !model.over;
                    drop(model);
                    self.stage.on(cpu, || handle.cancel());
                }
            }
            6 if exists => drop(self.handles[id].take()),
            7 => {
                let scope = self.random.below(2) as usize;
                self.stopped.lock().unwrap()[scope] = true;
                self.stage.on(cpu, || self.scopes[scope].stop());
            }
            8 => self.resume(self.trace.len() % 2, cpu),
            9 => pass_time(1000),
            _ => self.tick(cpu),
        }
    }

    fn resume(&self, scope: usize, cpu: usize) {
        self.stopped.lock().unwrap()[scope] = false;
        self.stage.on(cpu, || self.scopes[scope].resume());
    }

    /// Lets everything end, and checks that it did as the model says.
    fn finish(mut self) -> Vec<String> {
        (0..2).for_each(|scope| self.resume(scope, 0));
        let settle = |stage: &Stage| {
            // A CPU that has nothing may get something from one that comes after it.
            while (0..CPUS).any(|cpu| stage.tick(cpu) == Tick::Worked) {}
            for cpu in 0..CPUS {
                stage.sleep(cpu);
            }
            (0..CPUS).for_each(|cpu| stage.wake_up(cpu));
        };
        settle(&self.stage);
        let models = self.models.lock().unwrap().clone();
        for (id, model) in models.iter().enumerate() {
            let model = model.lock().unwrap();
            assert!(!model.woken || model.over, "task {id} was woken and never polled");
            let cancelled = model.cancelled || model.cancelled_meanwhile;
            assert!(!cancelled || model.over, "task {id} was cancelled and is still there");
        }
        for (id, handle) in self.handles.iter_mut().enumerate() {
            let Some(handle) = handle else { continue };
            let handle = Arc::get_mut(handle).expect("nobody else has it any more");
            let end = Pin::new(&mut *handle).poll(&mut Context::from_waker(Waker::noop()));
            let (over, cancelled, meanwhile) = {
                let model = models[id].lock().unwrap();
                (model.over, model.cancelled, model.cancelled_meanwhile)
            };
            match end {
                Poll::Pending => assert!(!over, "the handle of task {id} does not know its end"),
                Poll::Ready(Ok(value)) => {
                    assert!(over && !cancelled && value == id, "task {id} ended with {value}")
                }
                Poll::Ready(Err(JoinError::Cancelled)) => {
                    assert!(cancelled || meanwhile, "task {id} was not cancelled")
                }
                Poll::Ready(Err(error)) => panic!("task {id}: {error}"),
            }
            handle.cancel();
        }
        // Those without a handle end by a last wake.
        models.iter().for_each(|model| model.lock().unwrap().ends = true);
        models.iter().for_each(|model| woken(model)());
        settle(&self.stage);
        let mut left = Vec::new();
        self.stage.executor.tasks(&mut |task| left.push(task));
        assert!(left.is_empty(), "tasks are left: {left:?}");
        shuffle(0);
        self.trace.take()
    }
}

/// Says in the model that the future is gone.
struct Ended(Arc<Mutex<Model>>);

impl Drop for Ended {
    fn drop(&mut self) {
        // In the poll that ends the model is in use no more; it is never dropped in one.
        self.0.lock().unwrap().over = true;
    }
}

/// What a waker of the task does, and what the model has to say of it first.
fn woken(model: &Arc<Mutex<Model>>) -> impl FnOnce() + use<> {
    let model = model.clone();
    move || {
        let waker = {
            let mut model = model.lock().unwrap();
            model.woken_again |= model.woken;
            model.woken |= model.waker.is_some();
            model.waker.clone()
        };
        waker.into_iter().for_each(|waker| waker.wake_by_ref());
    }
}

fn run(seed: u64) -> Vec<String> {
    thread_local!(static STEP: RefCell<usize> = const { RefCell::new(0) });
    let program = || {
        let mut simulation = Simulation::new(seed);
        for step in 0..STEPS {
            STEP.set(step);
            simulation.step();
        }
        simulation.finish()
    };
    catch_unwind(AssertUnwindSafe(program)).unwrap_or_else(|panic| {
        eprintln!("in step {}; to run this again: POLLUX_SEED={seed}", STEP.take());
        resume_unwind(panic)
    })
}

#[test]
fn every_program_does_what_the_model_says() {
    match std::env::var("POLLUX_SEED") {
        Ok(seed) => drop(run(seed.parse().expect("a number in POLLUX_SEED"))),
        Err(_) => (1..=PROGRAMS).for_each(|seed| drop(run(seed))),
    }
}

#[test]
fn a_seed_replays_exactly() {
    let mut last = Vec::new();
    for seed in 42..if cfg!(miri) { 43 } else { 142 } {
        let first = run(seed);
        assert!(first.len() > 20, "much happens: {first:?}");
        assert_eq!(run(seed), first);
        assert_ne!(first, last, "another seed is another run");
        last = first;
    }
}
