//! While a command runs: `stat` counts, `record` takes samples.

use alloc::{format, vec::Vec};
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

use bstr::BString;
use pollux_shell::{
    commands::Child,
    io::{Ended, Output},
};
use pollux_trace::{EVENTS, Event, Modes, Stats, samples};

use super::{
    Call,
    hardware::{self, Hardware},
    stats, table,
};
use crate::{switched::Switched, system};

/// Samples a second unless it is said.
static RATE: AtomicU32 = AtomicU32::new(1000);

/// Samples a second unless it is said.
pub fn usual_rate() -> u32 {
    RATE.load(Relaxed)
}

/// Sets [`usual_rate`].
pub fn set_usual_rate(rate: u32) {
    RATE.store(rate, Relaxed);
}

/// Switches modes of these events on for as long as the answer is kept.
pub async fn switch_on(call: &Call, events: &[Event], modes: Modes) -> Result<Switched, Ended> {
    match Switched::on(events, modes) {
        Ok(switched) => Ok(switched),
        Err(error) => Err(call.no_memory(error).await),
    }
}

/// Samples are taken; no more when it goes.
pub struct Sampling {
    /// What takes them.
    by: &'static str,
}

impl Sampling {
    /// Begins anew, at a rate, with so many frames of each stack.
    pub async fn start(call: &Call, rate: u32, depth: usize) -> Result<Sampling, Ended> {
        let Some(by) = system::core(&call.p).await?.machine().sampler() else {
            let why =
                "no samples can be taken here: they come from the timer interrupt, and threads have none";
            return Err(call.fail(why.into()).await);
        };
        if samples::rate() > 0 {
            return Err(call.fail("samples are being taken already".into()).await);
        }
        samples::clear();
        samples::set_depth(depth);
        match samples::set_rate(rate) {
            Ok(()) => Ok(Sampling { by }),
            Err(error) => Err(call.no_memory(error).await),
        }
    }
}

impl Drop for Sampling {
    fn drop(&mut self) {
        // Only switching it on can fail.
        let _ = samples::set_rate(0);
    }
}

/// Runs a command; its status.
pub async fn run(call: &Call, words: Vec<BString>) -> Result<u8, Ended> {
    match Child::start(&call.p, words, None).await {
        Ok(child) => Ok(child.wait(&call.p).await.status()),
        Err(status) => Err(Ended(status)),
    }
}

/// Counts all events while a command runs, and shows them on standard error. Others run meanwhile, and are counted too.
pub async fn stat(call: Call) -> Result<u8, Ended> {
    let options = call.options("+").await?;
    let words = call.words(&options.operands).await?;
    let switched = switch_on(&call, EVENTS, Modes::COUNT).await?;
    let all = || EVENTS.iter().map(|&event| pollux_trace::stats(event, None)).collect::<Vec<Stats>>();
    let (before, began_ns) = (all(), pollux_trace::now_ns());
    let run = run(&call, words);
    let (status, counted) = match system::core(&call.p).await?.machine().counters() {
        Ok(counters) => {
            let hardware = Hardware::start(counters).await;
            let status = hardware.meanwhile(|| call.p.sys.sleep(hardware::OFTEN), run).await?;
            (status, Ok(hardware))
        }
        Err(why) => (run.await?, Err(why)),
    };
    let (after, elapsed_ns) = (all(), pollux_trace::now_ns() - began_ns);
    drop(switched);
    let (counted, note) = match counted {
        Ok(hardware) => (hardware.lines().await, "".into()),
        Err(why) => (Vec::new(), format!("; {why}")),
    };
    let came = EVENTS
        .iter()
        .zip(after.iter().zip(&before))
        .map(|(&event, (now, before))| (event, now.since(before)));
    let rows = stats::rows(came.filter(|(_, stats)| stats.count > 0), elapsed_ns);
    let mut out = Output::to(&call.p, 2);
    for line in table::lines(&rows, 1) {
        out.write_line(line.as_bytes()).await?;
    }
    for line in counted {
        out.write_line(line.as_bytes()).await?;
    }
    out.write_line(format!("\n{} elapsed{note}", table::time(elapsed_ns)).as_bytes()).await?;
    out.finish(status).await
}

/// How many samples each CPU keeps unless it is said: as many as fit into a 64th of the memory that is free.
fn usual_room(cpus: usize, free: u64) -> usize {
    let fits = |samples: usize| (samples * cpus * samples::BYTES) as u64 <= free / 64;
    let mut room = *samples::SIZES.end();
    while room > samples::SAMPLES && !fits(room) {
        room /= 2;
    }
    room
}

/// Takes samples while a command runs; `report` shows them. Each CPU keeps the last, `-b` says how many; `-g` keeps whole stacks.
pub async fn record(call: Call) -> Result<u8, Ended> {
    let options = call.options("+F:gb:").await?;
    let words = call.words(&options.operands).await?;
    let rate = match options.value('F') {
        Some(text) => call.number("rate", text, samples::RATES).await?,
        None => usual_rate(),
    };
    let system = system::core(&call.p).await?;
    let machine = system.machine();
    let room = match options.value('b') {
        Some(text) => call.number("samples", text, samples::SIZES).await?.next_power_of_two(),
        None => usual_room(machine.cpus(), machine.memory().free).max(samples::capacity()),
    };
    if machine.sampler().is_some()
        && samples::rate() == 0
        && let Err(error) = samples::resize(room)
    {
        return Err(call.no_memory(error).await);
    }
    let depth = if options.has('g') { samples::FRAMES } else { 1 };
    // So that the tasks' names are kept.
    let switched = switch_on(&call, &[Event::TaskSpawn], Modes::RECORD).await?;
    let sampling = Sampling::start(&call, rate, depth).await?;
    let status = run(&call, words).await;
    let by = sampling.by;
    drop((sampling, switched));
    match samples::read() {
        Ok((taken, lost)) => {
            let lost = match lost {
                0 => "".into(),
                // More than the most cannot be asked for.
                lost if room == *samples::SIZES.end() => format!(", and {lost} before them were overwritten"),
                lost => format!(", and {lost} before them were overwritten (-b {} keeps more)", room * 2),
            };
            let taken = super::report::counted(taken.len());
            let text = format!("perf: {taken} at {rate} a second, by {by}{lost}; perf report shows them\n");
            // Nobody is there to be told when standard error cannot be written.
            let _ = call.p.stderr().write_all(text.as_bytes()).await;
            status
        }
        Err(error) => Err(call.no_memory(error).await),
    }
}
