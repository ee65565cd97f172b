//! The life of jobs: every way in which a stage can end, and what must be true afterwards.

use super::*;
use crate::{
    pipe,
    testing::{Cpu, Woken, now},
};
use alloc::{
    boxed::Box,
    string::{String, ToString},
    vec,
    vec::Vec,
};
use core::{
    future::{Future, pending, poll_fn},
    sync::atomic::{AtomicUsize, Ordering},
    task::Poll,
};
use pollux_executor::Abandoned;
use pollux_shell::{
    env::{self, Exit, File},
    fd::FdTable,
};

struct Bench {
    cpu: Cpu,
    jobs: Arc<Jobs>,
}

impl Bench {
    fn new() -> Self {
        let cpu = Cpu::new();
        let jobs = Jobs::new(cpu.executor);
        Self { cpu, jobs }
    }

    fn listed(&self) -> Vec<String> {
        let mut lines = Vec::new();
        self.jobs.visit(&mut |row| lines.push(alloc::format!("{} {}", row.state, row.command)));
        lines
    }
}

fn stage(name: &'static str, run: impl Future<Output = u8> + Send + 'static) -> env::Stage<'static> {
    let fds = Arc::new(FdTable::default());
    let signals = env::Signals::new();
    env::Stage { name: name.into(), command: name.into(), fds, signals, run: Box::pin(run) }
}

/// A stage that holds the write end of a pipe, and the read end: it ends when the stage's descriptors
/// are closed. Nothing else ends it, for the table itself is never dropped: so it is after a panic in the
/// kernel, where nothing is unwound.
fn holding(run: impl Future<Output = u8> + Send + 'static) -> (env::Stage<'static>, Arc<dyn File>) {
    let (reader, writer) = pipe::files().unwrap();
    let stage = stage("holder", run);
    stage.fds.set(1, writer).unwrap();
    core::mem::forget(stage.fds.clone());
    (stage, reader)
}

fn is_closed(reader: &Arc<dyn File>) -> bool {
    let woken = Woken::new();
    reader.poll_read(&mut woken.context(), &mut [0; 1]) == Poll::Ready(Ok(0))
}

#[test]
fn stages_return_in_the_order_of_spawning() {
    let bench = Bench::new();
    let job = bench.jobs.new_job();
    let executor = bench.cpu.executor;
    job.spawn(stage("slow", async move {
        executor.sleep(core::time::Duration::from_secs(1)).await;
        3
    }))
    .unwrap();
    job.spawn(stage("fast", async { 4 })).unwrap();
    bench.cpu.run();
    assert_eq!(job.try_wait(), None);
    let mut waiting = job.wait();
    let woken = Woken::new();
    assert!(waiting.as_mut().poll(&mut woken.context()).is_pending());
    bench.cpu.advance(core::time::Duration::from_secs(1));
    assert_eq!(woken.count(), 1);
    let exits = vec![Exit::Code(3), Exit::Code(4)];
    assert_eq!(now(waiting), exits);
    assert_eq!(now(job.wait()), exits, "waiting again gives the same");
    assert_eq!(job.try_wait(), Some(exits));
}

#[test]
fn a_job_without_stages_has_ended() {
    assert_eq!(now(Bench::new().jobs.new_job().wait()), []);
}

#[test]
fn every_end_closes_the_descriptors_though_nobody_waits() {
    for abandon in [Abandoned::Leak, Abandoned::Drop] {
        let mut bench = Bench::new();
        bench.cpu.abandon = abandon;
        let (returns, a) = holding(async { 0 });
        let (panics, b) = holding(async { panic!("on purpose") });
        let (sleeps, c) = holding(pending());
        let (background, foreground) = (bench.jobs.new_job(), bench.jobs.new_job());
        background.spawn(returns).unwrap();
        background.spawn(panics).unwrap();
        drop(background);
        foreground.spawn(sleeps).unwrap();
        assert!(!is_closed(&a) && !is_closed(&b) && !is_closed(&c));
        bench.cpu.run();
        assert!(is_closed(&a), "after a return");
        assert!(is_closed(&b), "after a panic");
        assert!(!is_closed(&c), "it still runs");
        foreground.signal(Signal::Int);
        bench.cpu.run();
        assert!(is_closed(&c), "after a signal");
        assert_eq!(bench.listed(), [] as [String; 0]);
    }
}

#[test]
fn exits_say_how_it_ended() {
    let bench = Bench::new();
    let job = bench.jobs.new_job();
    job.spawn(stage("returns", async { 7 })).unwrap();
    job.spawn(stage("panics", async { panic!("on purpose") })).unwrap();
    job.spawn(stage("sleeps", pending())).unwrap();
    bench.cpu.run();
    job.signal(Signal::Term);
    job.signal(Signal::Kill);
    bench.cpu.run();
    let exits = job.try_wait().unwrap();
    assert_eq!(exits, [Exit::Code(7), Exit::Panicked("on purpose".into()), Exit::Signaled(Signal::Term)]);
    assert_eq!(exits.iter().map(Exit::status).collect::<Vec<_>>(), [7, 134, 143]);
}

#[test]
fn a_stopped_job_holds_still_until_it_is_continued() {
    let bench = Bench::new();
    let job = bench.jobs.new_job();
    let turns = Arc::new(AtomicUsize::new(0));
    let counter = turns.clone();
    let executor = bench.cpu.executor;
    job.spawn(stage("ticks", async move {
        loop {
            counter.fetch_add(1, Ordering::SeqCst);
            executor.sleep(core::time::Duration::from_secs(1)).await;
        }
    }))
    .unwrap();
    let second = core::time::Duration::from_secs(1);
    bench.cpu.run();
    assert_eq!(turns.load(Ordering::SeqCst), 1);
    job.signal(Signal::Tstp);
    bench.cpu.advance(5 * second);
    assert_eq!(turns.load(Ordering::SeqCst), 1);
    assert_eq!(bench.listed(), ["T ticks"]);
    job.signal(Signal::Cont);
    bench.cpu.run();
    assert_eq!(turns.load(Ordering::SeqCst), 2);
    job.signal(Signal::Stop);
    job.signal(Signal::Kill);
    bench.cpu.run();
    assert_eq!(job.try_wait(), Some(vec![Exit::Signaled(Signal::Kill)]), "a stopped job can be killed");
}

#[test]
fn kill_acts_on_one_stage() {
    let bench = Bench::new();
    let job = bench.jobs.new_job();
    let first = job.spawn(stage("first", pending())).unwrap();
    let second = job.spawn(stage("second", pending())).unwrap();
    bench.cpu.run();
    bench.jobs.kill(second, Signal::Stop).unwrap();
    assert_eq!(bench.listed(), ["S first", "T second"]);
    bench.jobs.kill(second, Signal::Hup).unwrap();
    bench.cpu.run();
    assert_eq!(job.try_wait(), None, "the first still runs");
    assert_eq!(bench.jobs.kill(second, Signal::Term), Err(Errno::ESRCH));
    bench.jobs.kill(first, Signal::Quit).unwrap();
    bench.cpu.run();
    assert_eq!(job.try_wait(), Some(vec![Exit::Signaled(Signal::Quit), Exit::Signaled(Signal::Hup)]));
}

#[test]
fn tasks_of_the_kernel_are_listed_and_cannot_be_killed() {
    let bench = Bench::new();
    let handle = bench.cpu.executor.spawn("console", pending::<()>()).unwrap();
    bench.cpu.run();
    assert_eq!(bench.listed(), ["S [console]"]);
    assert_eq!(bench.jobs.kill(pid_of(handle.id()), Signal::Kill), Err(Errno::EPERM));
    assert_eq!(bench.jobs.kill(999_999, Signal::Kill), Err(Errno::ESRCH));
}

#[test]
fn stages_that_come_after_the_signal_end_too() {
    let bench = Bench::new();
    let job = bench.jobs.new_job();
    job.spawn(stage("first", pending())).unwrap();
    job.signal(Signal::Int);
    job.spawn(stage("second", pending())).unwrap();
    bench.cpu.run();
    assert_eq!(job.try_wait(), Some(vec![Exit::Signaled(Signal::Int); 2]));
}

#[test]
fn a_stage_that_returns_while_the_signal_goes_round_was_ended_by_it() {
    let bench = Bench::new();
    let job = bench.jobs.new_job();
    let group = job.clone();
    let mut turns = 0;
    // On a machine with several CPUs another one sends the signal in the middle of this poll.
    let run = poll_fn(move |cx| {
        turns += 1;
        if turns == 1 {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        group.signal(Signal::Int);
        Poll::Ready(0)
    });
    job.spawn(stage("first", pending())).unwrap();
    job.spawn(stage("second", run)).unwrap();
    bench.cpu.run();
    assert_eq!(job.try_wait(), Some(vec![Exit::Signaled(Signal::Int); 2]));
}

#[test]
fn a_pipeline_ends_from_its_tail() {
    let bench = Bench::new();
    let (reader, writer) = pipe::files().unwrap();
    let job = bench.jobs.new_job();
    let yes = stage("yes", pending());
    yes.fds.set(1, writer).unwrap();
    let fds = yes.fds.clone();
    let yes = env::Stage {
        run: Box::pin(async move {
            loop {
                let Ok(out) = fds.get(1) else { return 1 };
                if poll_fn(|cx| out.poll_write(cx, b"y\n")).await.is_err() {
                    return 9;
                }
            }
        }),
        ..yes
    };
    let head = stage("head", pending());
    head.fds.set(0, reader).unwrap();
    let fds = head.fds.clone();
    let head = env::Stage {
        run: Box::pin(async move {
            let file = fds.get(0).unwrap();
            poll_fn(|cx| file.poll_read(cx, &mut [0; 2])).await.map_or(1, |n| n as u8)
        }),
        ..head
    };
    job.spawn(yes).unwrap();
    job.spawn(head).unwrap();
    bench.cpu.run();
    assert_eq!(job.try_wait(), Some(vec![Exit::Code(9), Exit::Code(2)]));
}

#[test]
fn an_ended_stage_leaves_nothing_behind() {
    let bench = Bench::new();
    let job = bench.jobs.new_job();
    let stage = stage("returns", async { 0 });
    let fds = Arc::downgrade(&stage.fds);
    job.spawn(stage).unwrap();
    assert!(fds.upgrade().is_some());
    bench.cpu.run();
    assert!(fds.upgrade().is_none(), "the stage, its handle and its waker hold each other");
    assert_eq!(Arc::strong_count(&bench.jobs), 2, "the table and the job");
    assert_eq!(bench.jobs.running.lock().len(), 0);
    assert_eq!(job.try_wait().unwrap()[0].status().to_string(), "0");
}

#[test]
fn a_stage_knows_its_own_number() {
    let bench = Bench::new();
    assert_eq!(bench.jobs.current(), None);
    let (job, seen) = (bench.jobs.new_job(), Arc::new(AtomicUsize::new(0)));
    let (jobs, seen_inside) = (bench.jobs.clone(), seen.clone());
    let run = async move {
        seen_inside.store(jobs.current().unwrap() as usize, Ordering::SeqCst);
        0
    };
    let pid = job.spawn(stage("asks", run)).unwrap();
    bench.cpu.run();
    assert_eq!(seen.load(Ordering::SeqCst), pid as usize);
}

#[test]
fn a_stage_that_has_waited_for_a_signal_goes_with_its_end() {
    let bench = Bench::new();
    let mut stage = stage("waits", async { 0 });
    let signals = stage.signals.clone();
    let waited = signals.clone();
    stage.run = Box::pin(async move {
        let once = poll_fn(|cx| Poll::Ready(waited.poll_pending(cx, None).is_pending()));
        u8::from(once.await)
    });
    let job = bench.jobs.new_job();
    job.spawn(stage).unwrap();
    bench.cpu.run();
    assert_eq!(now(job.wait()), [Exit::Code(1)]);
    drop(job);
    assert_eq!(Arc::strong_count(&signals), 1, "nobody else has what the stage had");
}

/// Wakes that are lost, of what this crate has; pipes and terminals have tests of their own.
#[cfg(debug_assertions)]
mod lost {
    use super::*;
    use crate::{asked::Asked, waits::Wait};

    /// Of which tasks it is told, and what they wait for.
    fn lost(bench: &Bench) -> Vec<(String, Wait)> {
        bench.cpu.lost_wakes(&bench.jobs)
    }

    fn task(bench: &Bench, name: &str, run: impl Future<Output = ()> + Send + 'static) {
        drop(bench.cpu.executor.spawn(name, run).unwrap());
        bench.cpu.run();
    }

    /// A thing that is there or not, and wakes nobody.
    struct Planted(core::sync::atomic::AtomicBool);

    impl Asked for Planted {
        fn is_there(&self, _: Wait) -> Option<bool> {
            Some(self.0.load(Ordering::SeqCst))
        }
    }

    #[test]
    fn a_task_of_the_kernel_is_told_of_once_for_each_wait() {
        let bench = Bench::new();
        let wait = Wait::Job(1 << 40);
        let thing = Arc::new(Planted(false.into()));
        let waits = thing.clone();
        task(
            &bench,
            "kernel",
            poll_fn(move |cx| {
                wait.tell_of(cx, &waits);
                Poll::Pending
            }),
        );
        assert_eq!(lost(&bench), []);
        thing.0.store(true, Ordering::SeqCst);
        assert_eq!(lost(&bench), [("kernel".to_string(), wait)]);
        assert_eq!(lost(&bench), [], "once is enough");
        drop(thing);
    }

    #[test]
    fn the_end_of_a_task_and_that_of_a_job() {
        let bench = Bench::new();
        let gone = Wait::Task(1 << 40);
        task(
            &bench,
            "joins",
            poll_fn(move |cx| {
                gone.tell(cx);
                Poll::Pending
            }),
        );
        assert_eq!(lost(&bench), [("joins".to_string(), gone)], "there is no such task");
        let job = bench.jobs.new_job();
        job.spawn(stage("endless", pending())).unwrap();
        let waits = job.clone();
        task(&bench, "waits", async move { drop(waits.wait().await) });
        assert_eq!(lost(&bench), [], "it waits as it should");
    }
}
