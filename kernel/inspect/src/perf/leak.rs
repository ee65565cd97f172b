//! `perf leak`: memory that a command has taken and nobody gives back.
//!
//! What is left when a command has ended need not be lost: much is made the first time and stays, or is replaced the
//! next time. So the command runs several times, and lost is what each run leaves:
//!
//! ```text
//!   run        1              2 .. n-1                            n
//!              makes what     a stack from which each of these    gives back what
//!              stays          has left something is a leak        the last one left
//! ```
//!
//! What only some of them left is told as a number: a buffer that has grown, a table that got more entries. So is what is in
//! files: whoever wants that back removes them.

use alloc::{
    collections::{BTreeMap, BTreeSet},
    format,
    string::String,
    vec::Vec,
};
use core::{cmp::Reverse, ops::RangeInclusive, time::Duration};

use bstr::BString;
use pollux_executor::Executor;
use pollux_shell::{
    commands::Child,
    env::Exit,
    io::{Ended, Output},
};
use pollux_trace::{
    Event, Modes,
    export::Names,
    watch::{self, Found, Piece, Watch, WatchError},
};

use super::{Call, command::switch_on};
use crate::{names, symbols::Symbols, system};

/// How often the command runs, unless it is said.
const RUNS: u32 = 4;
/// Stacks that are shown, unless it is said.
const LINES: usize = 10;
/// How long tasks that a run has left behind may take to end.
const PATIENCE: Duration = Duration::from_secs(1);
/// Status when nothing can be said of leaks.
const UNKNOWN: u8 = 2;

/// Functions that are on the way from who wants memory to the tracepoint: parts of their names.
const ON_THE_WAY: [&str; 10] = [
    "pollux_trace::",
    "pollux_hosted::",
    "pollux_memory::",
    "pollux_kernel::tracing::",
    "pollux_kernel::mem::heap::",
    "pollux_kernel::backtrace::",
    "__rust_alloc",
    "__rust_realloc",
    "alloc::alloc::",
    "alloc::raw_vec::",
];

/// The function that takes memory for what is in a file, part of its name.
const FILES: &str = "fs::tmpfs::chunk::";

/// The function that polls a task, part of its name: who called that is the same for all, or differs from CPU to CPU.
const POLLER: &str = "pollux_executor::task::cell::";

/// The runs that count, of so many.
fn counted(runs: u32) -> RangeInclusive<u32> {
    match runs {
        1 | 2 => 1..=1,
        _ => 2..=runs - 1,
    }
}

/// Runs a command and shows on standard error what it leaves. Status 1 when that is something.
pub async fn leak(call: Call) -> Result<u8, Ended> {
    let options = call.options("+ab:n:r:").await?;
    let pieces = match options.value('b') {
        Some(text) => call.number("allocations", text, watch::SIZES).await?.next_power_of_two(),
        None => watch::PIECES,
    };
    let lines = match options.value('n') {
        Some(text) => call.number("lines", text, 1..=super::stats::MOST as usize).await?,
        None => LINES,
    };
    let runs = match options.value('r') {
        Some(text) => call.number("runs", text, 1..=1_000_000).await?,
        None => RUNS,
    };
    let words = call.words(&options.operands).await?;
    let system = system::core(&call.p).await?;
    // So that the tasks' names are kept.
    let switched = switch_on(&call, &[Event::TaskSpawn], Modes::RECORD).await?;
    let us = call.p.sys.current_pid().unwrap_or(0);
    let watch = match Watch::begin(pieces, us, options.has('a')) {
        Ok(watch) => watch,
        Err(WatchError::Busy) => return Err(unknown(&call, "a perf leak runs already".into()).await),
        Err(WatchError::OutOfMemory) => return Err(no_memory(&call, pieces).await),
    };
    for number in 1..=runs {
        run(&call, &words, &watch, number, us, system.executor()).await?;
    }
    // Cells of ended tasks are kept for others.
    system.executor().trim();
    let found = watch.end();
    drop(switched);
    let Ok(found) = found else { return Err(no_memory(&call, pieces).await) };
    let addresses = found.left.iter().flat_map(|piece| piece.stack.iter().copied());
    let symbols = Symbols::of(&**system.machine(), addresses);
    let report = Report::new(&found, &symbols, &names::of(system.executor()), counted(runs));
    let mut out = Output::to(&call.p, 2);
    for line in report.lines(lines) {
        out.write_line(line.as_bytes()).await?;
    }
    let lost = lost(&found, pieces);
    if let Some(lost) = &lost {
        out.write_line(lost.as_bytes()).await?;
    }
    let status = match (report.leaks.is_empty(), lost) {
        (false, _) => 1,
        (true, Some(_)) => UNKNOWN,
        (true, None) => 0,
    };
    out.finish(status).await
}

/// Runs the command once, and waits until all its tasks have ended.
async fn run(
    call: &Call,
    words: &[BString],
    watch: &Watch,
    number: u32,
    us: u32,
    executor: &'static Executor,
) -> Result<(), Ended> {
    watch.set_run(number);
    let exit = match Child::start(&call.p, words.to_vec(), None).await {
        Ok(child) => child.wait(&call.p).await,
        Err(status) => return Err(Ended(status)),
    };
    watch.set_run(0); // what we take ourselves is in no run
    if let Exit::Signaled(_) = exit {
        return Err(unknown(call, "a signal has ended the command before its time".into()).await);
    }
    let until_ns = executor.now_ns() + PATIENCE.as_nanos() as u64;
    loop {
        let mut left = None;
        executor.tasks(&mut |task| {
            if task.id.0 as u32 != us && watch.is_watched(task.id.0 as u32) {
                left = Some(format!("task {} ({})", task.id, task.name));
            }
        });
        match left {
            None => return Ok(()),
            Some(task) if executor.now_ns() > until_ns => {
                let why = "has not ended with the command: what it has cannot be told from what is lost. \
                           Have the command end it, or wait for it";
                return Err(unknown(call, format!("{task} {why}")).await);
            }
            Some(_) => call.p.sys.sleep(Duration::from_millis(1)).await,
        }
    }
}

/// Nothing can be said of leaks, and this is why.
async fn unknown(call: &Call, why: String) -> Ended {
    call.fail(why).await;
    Ended(UNKNOWN)
}

async fn no_memory(call: &Call, pieces: usize) -> Ended {
    let less = if pieces > *watch::SIZES.start() { "; -b takes less" } else { "" };
    unknown(call, format!("there is not enough memory to watch {pieces} allocations{less}")).await
}

/// What was not watched, and what to do about it.
fn lost(found: &Found, pieces: usize) -> Option<String> {
    let mut parts = Vec::new();
    if found.lost > 0 {
        parts.push(format!(
            "{} allocations were not watched, as too many were outstanding: -b {} watches more at a time",
            found.lost,
            2 * pieces
        ));
    }
    if found.lost_tasks > 0 {
        parts.push(format!(
            "{} tasks were not watched, as there were too many: -r runs it fewer times, -a watches all",
            found.lost_tasks
        ));
    }
    (!parts.is_empty()).then(|| parts.join("; "))
}

/// Pieces that come from one place.
struct Group<'a> {
    task: String,
    stack: &'a [u64],
    runs: BTreeSet<u32>,
    pieces: u64,
    bytes: u64,
}

struct Report<'a> {
    counted: RangeInclusive<u32>,
    /// What each of the runs left, the largest first.
    leaks: Vec<Group<'a>>,
    /// What only some of them left.
    once: Vec<Group<'a>>,
    /// What is in files.
    files: Vec<Group<'a>>,
    symbols: &'a Symbols,
    lost_stacks: u64,
}

impl<'a> Report<'a> {
    fn new(
        found: &'a Found,
        symbols: &'a Symbols,
        names: &Names,
        counted: RangeInclusive<u32>,
    ) -> Report<'a> {
        let mut groups: BTreeMap<(String, &[u64]), Group<'_>> = BTreeMap::new();
        for piece in found.left.iter().filter(|piece| counted.contains(&piece.run)) {
            let task = names::shown(names, piece.task);
            let stack = of_task(&piece.stack, symbols);
            let none = || Group { stack, task: task.clone(), runs: BTreeSet::new(), pieces: 0, bytes: 0 };
            let group = groups.entry((task.clone(), stack)).or_insert_with(none);
            group.add(piece);
        }
        let in_file = |group: &Group<'_>| group.stack.iter().any(|&at| symbols.name(at).contains(FILES));
        let in_each = |group: &Group<'_>| group.runs.len() == counted.clone().count();
        let (files, others): (Vec<_>, Vec<_>) = groups.into_values().partition(in_file);
        let (mut leaks, once): (Vec<_>, Vec<_>) = others.into_iter().partition(in_each);
        leaks.sort_by_key(|group| Reverse(group.bytes));
        Report { counted, leaks, once, files, symbols, lost_stacks: found.lost_stacks }
    }

    fn runs(&self) -> String {
        match (self.counted.start(), self.counted.end()) {
            (1, 1) => "the run".into(),
            (first, last) if first == last => format!("run {first}"),
            (first, last) => format!("each of the runs {first} to {last}"),
        }
    }

    fn lines(&self, most: usize) -> Vec<String> {
        let mut lines = Vec::new();
        let sum = |groups: &[Group<'_>]| {
            let (pieces, bytes) =
                groups.iter().fold((0, 0), |(n, b), group| (n + group.pieces, b + group.bytes));
            format!("{bytes} bytes in {pieces} allocations")
        };
        if self.leaks.is_empty() {
            lines.push(format!("nothing is left by {}", self.runs()));
        } else {
            lines.push(format!("left by {}: {}", self.runs(), sum(&self.leaks)));
        }
        for group in self.leaks.iter().take(most) {
            lines.push(String::new());
            lines.push(format!("{} bytes in {} allocations by {}", group.bytes, group.pieces, group.task));
            let names: Vec<String> = group.stack.iter().map(|&at| self.symbols.name(at)).collect();
            if names.is_empty() {
                lines.push("    from where is not known".into());
            }
            let on_the_way = |name: &&String| ON_THE_WAY.iter().any(|part| name.contains(part));
            lines.extend(names.iter().skip_while(on_the_way).map(|name| format!("    {name}")));
        }
        if self.leaks.len() > most {
            lines.push(format!("\n{} more places: -n shows more", self.leaks.len() - most));
        }
        if !self.once.is_empty() {
            lines.push(format!("not in each run, so what is kept or has grown: {}", sum(&self.once)));
        }
        if !self.files.is_empty() {
            lines.push(format!("in files: {}", sum(&self.files)));
        }
        if self.lost_stacks > 0 {
            lines.push(format!(
                "the stacks of {} allocations were not kept: there were too many different ones",
                self.lost_stacks
            ));
        }
        lines
    }
}

/// The part of a stack that is the task's own.
fn of_task<'a>(stack: &'a [u64], symbols: &Symbols) -> &'a [u64] {
    let end = stack.iter().position(|&at| symbols.name(at).contains(POLLER));
    &stack[..end.unwrap_or(stack.len())]
}

impl Group<'_> {
    fn add(&mut self, piece: &Piece) {
        self.runs.insert(piece.run);
        self.pieces += 1;
        self.bytes += piece.bytes;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALLOC: u64 = 1;
    const LEAKS: u64 = 2;
    const KEEPS: u64 = 3;
    const FILE: u64 = 4;
    const POLL: u64 = 5;

    fn symbols() -> Symbols {
        Symbols::called(&[
            (ALLOC, "alloc::alloc::alloc"),
            (LEAKS, "leaks"),
            (KEEPS, "keeps"),
            (FILE, "pollux_core::fs::tmpfs::chunk::Chunk::with"),
            (POLL, "pollux_executor::task::cell::Functions<F>::poll"),
            (6, "on_one_cpu"),
            (7, "on_another"),
        ])
    }

    fn piece(run: u32, stack: &[u64]) -> Piece {
        Piece { address: 0x1000, bytes: 100, task: 9, run, stack: stack.into() }
    }

    fn said(left: Vec<Piece>, runs: u32) -> Vec<String> {
        let found = Found { left, ..Found::default() };
        let mut names = Names::new(|_, _| Ok(()));
        names.insert(9, "cat");
        Report::new(&found, &symbols(), &names, counted(runs)).lines(10)
    }

    #[test]
    fn a_leak_is_what_each_run_that_counts_has_left_on_whatever_cpu() {
        let left = Vec::from([
            piece(1, &[ALLOC, KEEPS, POLL, 6]),
            piece(2, &[ALLOC, LEAKS, POLL, 6]),
            piece(3, &[ALLOC, LEAKS, POLL, 7]),
            piece(3, &[ALLOC, KEEPS, POLL, 6]),
            piece(2, &[ALLOC, FILE, POLL, 6]),
            piece(3, &[ALLOC, FILE, POLL, 6]),
            piece(4, &[ALLOC, LEAKS, POLL, 7]),
        ]);
        let expected = [
            "left by each of the runs 2 to 3: 200 bytes in 2 allocations",
            "",
            "200 bytes in 2 allocations by cat",
            "    leaks",
            "not in each run, so what is kept or has grown: 100 bytes in 1 allocations",
            "in files: 200 bytes in 2 allocations",
        ];
        assert_eq!(said(left, 4), expected);
    }

    #[test]
    fn a_single_run_has_no_other_to_be_compared_with() {
        let left = || Vec::from([piece(1, &[ALLOC, KEEPS, POLL])]);
        assert_eq!(said(left(), 1)[0], "left by the run: 100 bytes in 1 allocations");
        assert_eq!(said(left(), 4), ["nothing is left by each of the runs 2 to 3"]);
    }

    #[test]
    fn what_was_not_watched_is_told_with_what_to_do() {
        assert_eq!(lost(&Found::default(), 1024), None);
        let found = Found { lost: 7, ..Found::default() };
        let text = lost(&found, 1024).unwrap_or_default();
        assert!(
            text.starts_with("7 allocations were not watched")
                && text.ends_with("-b 2048 watches more at a time")
        );
    }
}
