//! Whether the tracepoints do what they say, and what they cost.

use alloc::{
    format,
    string::{String, ToString},
    vec,
    vec::Vec,
};
use core::{future::poll_fn, hint::black_box};

use pollux_executor::{Executor, yield_now};
use pollux_shell::io::{Ended, Output};
use pollux_trace::{EVENTS, Event, Modes, OutOfMemory, samples};

use super::{
    Call,
    command::{Sampling, switch_on},
    table,
};
use crate::system;

/// Tasks that the check spawns.
const TASKS: u64 = 100;
/// How they are called.
const NAME: &str = "perf-test";

/// Spawns tasks that turn once, and waits for them; false when there is no memory for one.
async fn work(executor: &'static Executor) -> bool {
    for _ in 0..TASKS {
        let Ok(task) = executor.spawn(NAME, yield_now()) else { return false };
        if task.await.is_err() {
            return false;
        }
    }
    true
}

/// Does known things and looks whether they were counted and recorded. Status 1 when not.
pub async fn test(call: Call) -> Result<u8, Ended> {
    call.options_only("").await?;
    let executor = system::core(&call.p).await?.executor();
    let events = [Event::TaskSpawn, Event::TaskComplete, Event::PollBegin, Event::PollEnd, Event::Wake];
    let mut out = Output::new(&call.p);
    let mut failed = false;
    let mut told = |what: &str, problem: Option<String>| {
        failed |= problem.is_some();
        match problem {
            None => format!("ok      {what}"),
            Some(problem) => format!("FAILED  {what}: {problem}"),
        }
    };

    let count = |event| pollux_trace::stats(event, None).count;
    let off: Vec<Event> = events.into_iter().filter(|&event| pollux_trace::modes(event).is_empty()).collect();
    let before: Vec<u64> = off.iter().map(|&event| count(event)).collect();
    let worked = work(executor).await;
    let same = off.iter().zip(&before).all(|(&event, &before)| count(event) == before);
    let problem = (!worked || !same).then(|| "something was".to_string());
    out.write_line(told("what is off is not counted", problem).as_bytes()).await?;

    let switched = switch_on(&call, &events, Modes::COUNT | Modes::RECORD).await?;
    let (before, from_ns) = (events.map(count), pollux_trace::now_ns());
    let worked = work(executor).await;
    let came: Vec<u64> = events.iter().zip(before).map(|(&event, before)| count(event) - before).collect();
    drop(switched);
    // A task that turns once is polled twice. Who waits for it may find it ended, and need no wake.
    let least = [TASKS, TASKS, 2 * TASKS, 2 * TASKS, TASKS];
    let few = events.iter().zip(came.iter().zip(least)).find(|(_, (came, least))| **came < *least);
    let problem =
        few.map(|(event, (came, least))| format!("{} was counted {came} times of {least}", event.name()));
    let problem = problem.or_else(|| (!worked).then(|| "no memory".into()));
    out.write_line(told("spawns, polls, wakes and ends are counted", problem).as_bytes()).await?;

    let snapshot = match pollux_trace::snapshot() {
        Ok(snapshot) => snapshot,
        Err(error) => return Err(call.no_memory(error).await),
    };
    let mut ours = Vec::new();
    pollux_trace::names(|task, name| {
        if name == NAME {
            ours.push(task);
        }
    });
    let find = |event: Event, task: u64| {
        snapshot.records.iter().find(|r| r.at_ns >= from_ns && r.event == event && r.numbers[0] == task)
    };
    let lives = ours
        .iter()
        .filter_map(|&task| Some((find(Event::TaskSpawn, task)?, find(Event::TaskComplete, task)?)));
    let lives: Vec<_> = lives.collect();
    let lost: u64 = snapshot.lost.iter().sum();
    let problem = (lives.len() as u64 != TASKS && lost == 0)
        .then(|| format!("{} of {TASKS} lives are whole, and nothing was overwritten", lives.len()));
    out.write_line(told("records are there, or counted as overwritten", problem).as_bytes()).await?;
    let backwards = lives.iter().any(|(begin, end)| begin.at_ns > end.at_ns);
    let problem = backwards.then(|| "a task ended before it began".to_string());
    out.write_line(told("records are in the order of time", problem).as_bytes()).await?;

    if system::core(&call.p).await?.machine().sampler().is_some() {
        let sampling = Sampling::start(&call, *samples::RATES.end(), samples::FRAMES).await?;
        let until_ns = pollux_trace::now_ns() + 50_000_000;
        while pollux_trace::now_ns() < until_ns {
            yield_now().await;
        }
        drop(sampling);
        let taken = samples::read().map_or(0, |(taken, _)| taken.len());
        samples::clear(); // they say nothing of what anybody wants to know
        let problem = (taken == 0).then(|| "none were taken in 50 ms".to_string());
        out.write_line(told("samples are taken", problem).as_bytes()).await?;
    } else {
        out.write_line(b"-       samples: threads have no timer interrupt to take them").await?;
    }
    out.finish(u8::from(failed)).await
}

/// How often each piece of work is done.
const ROUNDS: u64 = 20_000;
/// What each moves, where it moves anything.
const LITTLE: usize = 4 << 10;
const MUCH: usize = 64 << 10;
const WORK: [&str; 6] = [
    "a turn",
    "a turn that copies 64 KiB twice",
    "a task that is spawned and awaited",
    "64 bytes of the heap and back",
    "4 KiB through a pipe",
    "64 KiB through a pipe",
];

/// What tasks and pipes take with the tracepoints off, counting, and counting and recording, and how much of that is an event.
/// Under `--icount` the times are exact: two nanoseconds an instruction.
pub async fn bench(call: Call) -> Result<u8, Ended> {
    call.options_only("").await?;
    if EVENTS.iter().any(|&event| !pollux_trace::modes(event).is_empty()) {
        return Err(call.fail("tracepoints are on: perf disable, trace off".into()).await);
    }
    let (mut here, mut there) = (vec![0_u8; MUCH], vec![0; MUCH]);
    let mut copies = || {
        there.copy_from_slice(black_box(&here));
        here.copy_from_slice(black_box(&there));
    };
    let mut took = [[Took::default(); 3]; WORK.len()];
    for (at, modes) in [Modes::empty(), Modes::COUNT, Modes::COUNT | Modes::RECORD].into_iter().enumerate() {
        let _switched = switch_on(&call, EVENTS, modes).await?;
        took[0][at] = measure(turns(|| ())).await?;
        took[1][at] = measure(turns(&mut copies)).await?;
        took[2][at] = measure(tasks(&call)).await?;
        took[3][at] = measure(heap(&call)).await?;
        took[4][at] = measure(pipe(&call, LITTLE)).await?;
        took[5][at] = measure(pipe(&call, MUCH)).await?;
    }
    // Nothing that was recorded before is left among all that this has.
    pollux_trace::clear();
    let heads = ["WORK", "OFF", "EVENTS", "COUNTED", "", "AN EVENT", "RECORDED", "", "AN EVENT"];
    let mut rows = Vec::from([heads.map(String::from).to_vec()]);
    for (name, [off, counted, recorded]) in WORK.into_iter().zip(took) {
        let mut row = Vec::from([name.to_string(), of_round(off), format!("{}", counted.events / ROUNDS)]);
        for on in [counted, recorded] {
            let more_ns = on.ns.saturating_sub(off.ns);
            let percent = format!("+{}", table::percent(more_ns, off.ns));
            let tenths = more_ns * 10 / on.events.max(1);
            row.extend([of_round(on), percent, format!("{}.{} ns", tenths / 10, tenths % 10)]);
        }
        rows.push(row);
    }
    let mut out = Output::new(&call.p);
    for line in table::lines(&rows, 1) {
        out.write_line(line.as_bytes()).await?;
    }
    out.finish(0).await
}

/// What all rounds of some work took.
#[derive(Clone, Copy, Default)]
struct Took {
    ns: u64,
    /// How many events were counted meanwhile.
    events: u64,
}

async fn measure(work: impl Future<Output = Result<(), Ended>>) -> Result<Took, Ended> {
    let counted = || EVENTS.iter().map(|&event| pollux_trace::stats(event, None).count).sum::<u64>();
    let (before, began_ns) = (counted(), pollux_trace::now_ns());
    work.await?;
    let ns = pollux_trace::now_ns() - began_ns;
    Ok(Took { ns, events: counted() - before })
}

fn of_round(took: Took) -> String {
    format!("{} ns", took.ns / ROUNDS)
}

/// Turns of this task, in each of which it does that.
async fn turns(mut work: impl FnMut()) -> Result<(), Ended> {
    for _ in 0..ROUNDS {
        work();
        yield_now().await;
    }
    Ok(())
}

/// Tasks that do nothing, each awaited.
async fn tasks(call: &Call) -> Result<(), Ended> {
    let executor = system::core(&call.p).await?.executor();
    for _ in 0..ROUNDS {
        let Ok(task) = executor.spawn(NAME, async {}) else {
            return Err(call.no_memory(OutOfMemory).await);
        };
        _ = task.await; // nobody knows of it who could end it before
    }
    Ok(())
}

/// Small blocks of the heap, each given back.
async fn heap(call: &Call) -> Result<(), Ended> {
    for _ in 0..ROUNDS {
        let mut block = Vec::<u8>::new();
        if block.try_reserve_exact(64).is_err() {
            return Err(call.no_memory(OutOfMemory).await);
        }
        black_box(block);
    }
    Ok(())
}

/// Blocks into a pipe and out of it.
async fn pipe(call: &Call, bytes: usize) -> Result<(), Ended> {
    let ends = match call.p.sys.pipe() {
        Ok(ends) => ends,
        Err(error) => return Err(call.fail(format!("a pipe: {error}")).await),
    };
    let mut block = vec![0; bytes];
    for _ in 0..ROUNDS {
        let written = poll_fn(|cx| ends.1.poll_write(cx, &block)).await;
        let read = poll_fn(|cx| ends.0.poll_read(cx, &mut block)).await;
        if let Err(error) = written.and(read) {
            return Err(call.fail(format!("a pipe: {error}")).await);
        }
    }
    Ok(())
}
