//! Loom's models of the state machine. Each says what must hold in every interleaving, and names a change of
//! `state.rs` that it was seen to catch.

use loom::{cell::UnsafeCell, sync::Arc, thread};

use super::state::{Birth, Complete, Joined, Start, State, Suspend, Wake};
use crate::shim::{AtomicBool, AtomicUsize, Ordering::*};

/// A task whose queue is a count, and whose future is a cell: loom tells when two touch it at once, or one
/// without having acquired what the other did.
struct Task {
    state: State,
    queued: AtomicUsize,
    future: UnsafeCell<Seen>,
    /// What the wakers have to say.
    news: AtomicUsize,
    output: UnsafeCell<bool>,
    joiner: UnsafeCell<Option<&'static str>>,
    /// The handle is pending.
    waits: AtomicBool,
}

#[derive(Clone, Copy, Default)]
struct Seen {
    polls: usize,
    news: usize,
    dropped: bool,
}

impl Task {
    fn new(birth: Birth) -> Arc<Task> {
        let state = State::new();
        state.begin(birth, false);
        Arc::new(Task {
            state,
            queued: AtomicUsize::new(usize::from(birth == Birth::Ready)),
            future: UnsafeCell::new(Seen::default()),
            news: AtomicUsize::new(0),
            output: UnsafeCell::new(false),
            joiner: UnsafeCell::new(None),
            waits: AtomicBool::new(false),
        })
    }

    fn push(&self) {
        // Relaxed: what a queue orders is not what these models are about.
        let before = self.queued.fetch_add(1, Relaxed);
        assert_eq!(before, 0, "the task is in the queue twice");
    }

    fn follow(&self, wake: Wake) {
        if wake == Wake::Push {
            self.push();
        }
    }

    /// The short way first, as `TaskPtr::wake` does.
    fn wake_with_news(&self) {
        self.news.fetch_add(1, Relaxed);
        if self.state.wake_unpinned() {
            return self.push();
        }
        let wake = self.state.wake();
        self.follow(wake);
    }

    fn cancel(&self) {
        let wake = self.state.cancel();
        self.follow(wake);
    }

    /// What a CPU does: takes the task out of the queue, if it is there, and polls it once.
    fn run(&self) {
        self.run_up_to(1);
    }

    /// What a CPU does that has nothing else to do: if the task was woken in its poll, it is polled once more at once.
    fn run_again(&self) {
        self.run_up_to(2);
    }

    fn poll(&self) {
        self.future.with_mut(|seen| {
            // SAFETY: checked by loom.
            let seen = unsafe { &mut *seen };
            seen.polls += 1;
            seen.news = self.news.load(Relaxed);
        });
    }

    fn run_up_to(&self, polls: usize) {
        if self.queued.compare_exchange(1, 0, Relaxed, Relaxed).is_err() {
            return;
        }
        match self.state.start() {
            Start::Hold => return,
            Start::Drop => {
                // SAFETY: checked by loom.
                self.future.with_mut(|seen| unsafe { (*seen).dropped = true });
                return self.is_over();
            }
            Start::Poll => self.poll(),
        }
        for _ in 1..polls {
            if self.state.is_woken() && self.state.restart() {
                self.poll();
            }
        }
        if self.state.suspend() != Suspend::Wait {
            self.push();
        }
    }

    /// All is over but what is in the queue.
    fn run_to_the_end(&self) -> Seen {
        while self.queued.load(Relaxed) > 0 {
            self.run();
        }
        // SAFETY: checked by loom.
        self.future.with(|seen| unsafe { *seen })
    }
}

/// Explores the interleavings of three threads with at most three preemptions, which finds all that was ever
/// broken here on purpose, in seconds; all of them take minutes. Two threads are explored without a bound.
fn model_of_three(f: impl Fn() + Sync + Send + 'static) {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(3);
    model.check(f);
}

fn together(task: &Arc<Task>, others: &[fn(&Task)], me: fn(&Task)) {
    let others: Vec<_> = others
        .iter()
        .map(|&other| {
            let task = task.clone();
            thread::spawn(move || other(&task))
        })
        .collect();
    me(task);
    others.into_iter().for_each(|other| other.join().unwrap());
}

/// Two wakers and a CPU: the last poll has seen what both had to say before they woke, and the task was
/// never in the queue twice. Caught: Relaxed instead of Release in `wake`; a wake that only looks at SCHEDULED
/// and does not write.
#[test]
fn loom_state_a_wake_is_never_lost() {
    model_of_three(|| {
        let task = Task::new(Birth::Ready);
        together(&task, &[Task::wake_with_news, Task::wake_with_news], Task::run);
        let seen = task.run_to_the_end();
        assert_eq!(seen.news, 2, "the last poll has not seen all news");
        assert!((1..=3).contains(&seen.polls), "{} polls for a spawn and two wakes", seen.polls);
    });
}

/// A waker and two CPUs that take from the same queue: only one polls at a time, and it has acquired what
/// the other left. Caught: Relaxed instead of Release in `suspend`, and instead of Acquire in `start`.
#[test]
fn loom_state_one_cpu_polls_at_a_time() {
    model_of_three(|| {
        let task = Task::new(Birth::Ready);
        together(&task, &[Task::wake_with_news, Task::run], Task::run);
        assert_eq!(task.run_to_the_end().news, 1);
    });
}

/// A cancel, a wake and a CPU: the future is dropped once, by a CPU, and nothing is queued after. Caught: a
/// cancel that does not push a waiting task.
#[test]
fn loom_state_a_cancelled_task_is_dropped_once() {
    model_of_three(|| {
        let task = Task::new(Birth::Ready);
        together(&task, &[Task::wake_with_news, Task::cancel], Task::run);
        assert!(task.run_to_the_end().dropped, "the future is left");
        assert!(task.state.is_done());
        task.wake_with_news();
        assert_eq!(task.queued.load(Relaxed), 0, "a task that is done was queued");
    });
}

/// A wake and a cancel against a CPU that polls the task again at once when it was woken: the cancel is not lost with the
/// wake that is taken back. Caught: a `restart` that does not look whether the task was cancelled meanwhile.
#[test]
fn loom_state_a_restart_forgets_no_cancel() {
    model_of_three(|| {
        let task = Task::new(Birth::Ready);
        together(&task, &[Task::wake_with_news, Task::cancel], Task::run_again);
        assert!(task.run_to_the_end().dropped, "the future is left");
    });
}

/// Two wakers and such a CPU: the last poll has seen what both had to say. Caught: Relaxed instead of Acquire in `restart`.
#[test]
fn loom_state_a_restart_sees_the_news() {
    model_of_three(|| {
        let task = Task::new(Birth::Ready);
        together(&task, &[Task::wake_with_news, Task::wake_with_news], Task::run_again);
        assert_eq!(task.run_to_the_end().news, 2, "the last poll has not seen all news");
    });
}

/// A stop and a continue against a wake and a CPU: the wake comes through when the task goes on. Caught: a
/// resume that does not push a held task; a hold that does not keep SCHEDULED.
#[test]
fn loom_state_a_held_wake_is_released() {
    model_of_three(|| {
        let task = Task::new(Birth::Ready);
        let stop_and_go: fn(&Task) = |task| {
            task.state.stop();
            let wake = task.state.resume();
            task.follow(wake);
        };
        together(&task, &[Task::wake_with_news, stop_and_go], Task::run);
        assert_eq!(task.run_to_the_end().news, 1, "the wake is still held");
    });
}

/// A stop against a CPU that runs the task: once stopped, and the CPU done, nothing polls it until it goes on.
#[test]
fn loom_state_a_stopped_task_is_not_polled() {
    model_of_three(|| {
        let task = Task::new(Birth::Ready);
        together(&task, &[Task::wake_with_news, Task::run], |task| task.state.stop());
        let polls = |task: &Task| task.future.with(|seen| unsafe { (*seen).polls }); // SAFETY: checked by loom.
        let before = polls(&task);
        task.run_to_the_end();
        assert_eq!(polls(&task), before, "a stopped task was polled");
        let wake = task.state.resume();
        task.follow(wake);
        assert_eq!(task.run_to_the_end().news, 1);
    });
}

/// A task that is born held, as in a scope, against a cancel: it is queued by exactly one of the two.
#[test]
fn loom_state_a_held_birth_is_released_once() {
    loom::model(|| {
        let task = Task::new(Birth::Held);
        together(&task, &[Task::cancel], |task| {
            let wake = task.state.resume();
            task.follow(wake);
        });
        assert!(task.run_to_the_end().dropped);
    });
}

impl Task {
    /// The CPU's side of an end.
    fn end(&self) {
        assert_eq!(self.state.start(), Start::Poll);
        self.is_over();
    }

    /// It has come to its end: there is an output, or the word that it was cancelled.
    fn is_over(&self) {
        // SAFETY: checked by loom.
        self.output.with_mut(|output| unsafe { *output = true });
        match self.state.complete() {
            // SAFETY: checked by loom.
            Complete::DropOutput => self.output.with_mut(|output| unsafe { *output = false }),
            Complete::WakeJoiner => {
                // SAFETY: checked by loom.
                let joiner = self.joiner.with(|joiner| unsafe { *joiner });
                assert!(joiner.is_some(), "the joiner is to be woken and has left no waker");
                self.news.fetch_add(1, Relaxed);
            }
            Complete::Nothing => {}
        }
    }

    fn take_output(&self) {
        // SAFETY: checked by loom.
        let output = self.output.with_mut(|output| unsafe { core::mem::take(&mut *output) });
        assert!(output, "the task is done, and its output is not there");
    }

    /// The handle's side of a poll, as in `join.rs`: true when the output was taken.
    fn join(&self, waker: &'static str) -> bool {
        // SAFETY: checked by loom.
        let set = || self.joiner.with_mut(|joiner| unsafe { *joiner = Some(waker) });
        let done = match self.state.look_joined() {
            Joined::Done => true,
            Joined::Waits => {
                self.state.join_unwait() || {
                    set();
                    self.state.join_wait_again()
                }
            }
            Joined::No => {
                set();
                self.state.join_wait()
            }
        };
        if done {
            self.take_output();
        }
        done
    }
}

/// A handle that is polled twice, with another waker each time, while the task ends: it has the output, or it
/// was woken. Caught: a `join_wait` or `join_wait_again` that does not say that the task is done; Relaxed in `complete`.
#[test]
fn loom_join_gets_the_output_or_a_wake() {
    loom::model(|| {
        let task = Task::new(Birth::Ready);
        together(&task, &[Task::end], |task| {
            if !task.join("first") && !task.join("second") {
                // Recorded for the check below: it waits.
                task.queued.store(7, Relaxed);
            }
        });
        if task.queued.load(Relaxed) == 7 {
            assert_eq!(task.news.load(Relaxed), 1, "the joiner waits, and nobody woke it");
            assert!(task.join("third"));
        }
    });
}

/// A handle that goes while the task ends: exactly one of the two drops the output. Caught: `detach` that does
/// not look at DONE.
#[test]
fn loom_join_a_detached_output_is_dropped_once() {
    loom::model(|| {
        let task = Task::new(Birth::Ready);
        together(&task, &[Task::end], |task| {
            if task.state.detach() {
                task.take_output();
            }
        });
        // SAFETY: checked by loom.
        assert!(!task.output.with(|output| unsafe { *output }), "the output is left");
    });
}

/// A handle that is polled while the task is cancelled and a CPU takes it up: it has the word of that, or it was woken.
/// Caught: a `join_wait` that does not say that the task is done.
#[test]
fn loom_join_of_a_cancelled_task_gets_the_word_or_a_wake() {
    model_of_three(|| {
        let task = Task::new(Birth::Ready);
        together(&task, &[Task::cancel, Task::run], |task| {
            // Recorded for the check below: it waits.
            task.waits.store(!task.join("the handle"), Relaxed);
        });
        assert!(task.run_to_the_end().dropped, "the future is left");
        if task.waits.load(Relaxed) {
            assert_eq!(task.news.load(Relaxed), 1, "the joiner waits, and nobody woke it");
            assert!(task.join("the handle again"));
        }
    });
}
