//! `perf`: what is counted and sampled.
//!
//! | module | subcommands |
//! |---|---|
//! | `switch` | `list`, `enable`, `disable`, `reset`, `configure` |
//! | `stats` | `stats`, `monitor` |
//! | `baseline` | `baseline`, `check-regression` |
//! | `command`, `hardware` | `stat`, `record`: while a command runs |
//! | `report` | `report`, `samples`, `top` |
//! | `sched` | `sched`, `lock`: out of records |
//! | `leak` | `leak`: what a command does not give back |
//! | `check` | `test`, `bench`: of the tracepoints themselves |

mod baseline;
mod check;
mod command;
mod hardware;
mod leak;
mod report;
mod sched;
mod stats;
mod switch;
mod table;

use alloc::{boxed::Box, format};

use bstr::{BStr, BString, ByteSlice};
use pollux_shell::{
    env::BoxFuture,
    io::{self, Ended, Options, Outcome},
    process::{Command, Process},
};
use pollux_trace::{Event, OutOfMemory};

use crate::events;

/// A subcommand: its name, its synopsis, what it does in words, and what does it.
struct Sub {
    name: &'static str,
    synopsis: &'static str,
    summary: &'static str,
    run: fn(Call) -> BoxFuture<'static, Result<u8, Ended>>,
}

/// A call of a subcommand: the process, whose words begin with the subcommand's name.
struct Call {
    p: Process,
    sub: &'static Sub,
}

macro_rules! subs {
    ($($name:literal $synopsis:literal $function:path, $summary:literal;)*) => {
        const SUBS: &[Sub] = &[$(Sub {
            name: $name,
            synopsis: concat!("perf ", $name, $synopsis),
            summary: $summary,
            run: |call| Box::pin($function(call)),
        },)*];

        const SYNOPSIS: &str = concat!("perf SUBCOMMAND [...]", $("\n       perf ", $name, $synopsis,)*);

        const SUMMARY: &str = concat!(
            "Counts what happens in the kernel, and looks where its CPUs are; perf SUBCOMMAND --help tells of one subcommand.",
            $("\n", $name, ": ", $summary,)*
        );
    };
}

subs! {
    "list" " [-v] [EVENT | GROUP]..." switch::list,
        "Shows the tracepoints, whether each is counted and recorded, and the numbers that go with it; -v says what each is.";
    "enable" " [EVENT | GROUP | all]..." switch::enable,
        "Has events be counted, all when none are named.";
    "disable" " [EVENT | GROUP | all]..." switch::disable,
        "Has events no longer be counted; what was counted stays.";
    "reset" "" switch::reset,
        "Begins to count anew.";
    "configure" " [-r RATE] [-b RECORDS]" switch::configure,
        "Sets how many samples a second are taken (-r, 100 to 100000), and how many records the ring of each CPU keeps (-b, \
         1024 to 65536, rounded up to a power of two; what was recorded is forgotten). Shows that without options.";
    "stats" " [-c] [-H] [EVENT | GROUP]..." stats::stats,
        "Shows what was counted: how often each event happened, and of its value the total, least, mean, percentiles (at most an \
         eighth off) and greatest; -c for each CPU, -H with histograms.";
    "monitor" " [-i SECONDS] [-n COUNT] [-w EVENT=RATE]... [EVENT | GROUP]..." stats::monitor,
        "Shows every SECONDS (1) what came since the last time, COUNT times or until ^C; -w marks an event that comes more often \
         than RATE times a second.";
    "baseline" " save NAME | load NAME | show [NAME]" baseline::baseline,
        "Keeps what was counted under a name, chooses such a baseline for check-regression, or shows one.";
    "check-regression" " [-b NAME] [-e EVENT]... -t PERCENT" baseline::check,
        "Compares what was counted with a baseline: status 1 when something is more than PERCENT worse. Compared is what costs: mean \
         and 95th percentile of the times that something takes or is late (task:complete, poll:begin, poll:end, poll:long, irq:leave, \
         timer:fire, lock:contended), and how often a second there is what nobody wants (poll:long, lock:contended, task:panic, \
         sched:stuck, irq:page_fault). More of the others, such as bytes that are moved, is neither better nor worse.";
    "stat" " COMMAND [ARGUMENT]..." command::stat,
        "Counts all events while a command runs, and shows them on standard error. What others do meanwhile is counted, too.";
    "record" " [-F HZ] [-g] [-b SAMPLES] COMMAND [ARGUMENT]..." command::record,
        "Takes samples while a command runs, HZ times a second on each CPU that is awake (unless it is said: configure -r); -g \
         keeps whole stacks, -b so many samples of each CPU, the last ones (128 to 8192).";
    "report" " [-g] [-n LINES]" report::report,
        "Shows in which functions of which tasks the samples are; -g shows whole stacks, -n so many (20).";
    "samples" " [-n COUNT]" report::samples,
        "Shows the samples one by one, with -n the last ones only.";
    "top" " [-d SECONDS] [-n COUNT]" report::top,
        "Shows every SECONDS (2) where the CPUs were since the last time, COUNT times or until ^C.";
    "sched" " [COMMAND [ARGUMENT]...]" sched::sched,
        "Shows how long each task waited for a CPU after each of its wakes: while a command runs, or in what was recorded.";
    "lock" " [COMMAND [ARGUMENT]...]" sched::lock,
        "Shows how long locks were waited for, at which line of source and by whom: while a command runs, or in what was recorded.";
    "leak" " [-a] [-r RUNS] [-b ALLOCATIONS] [-n LINES] COMMAND [ARGUMENT]..." leak::leak,
        "Runs a command four times (-r) and shows what memory each run but the first and the last leaves that nobody has given \
         back at the end, by the stack of where it was taken (-n: how many stacks): status 1 if there is any, 2 if that cannot be \
         told. It counts what the command's tasks take (-a: all tasks), up to 16384 allocations at a time (-b).";
    "test" "" check::test,
        "Does known things, and looks whether they were counted, recorded and sampled: status 1 when not.";
    "bench" "" check::bench,
        "Shows what a turn of a task and a block through a pipe take with the tracepoints off, counting, and recording as well, and \
         what an event of a turn takes.";
}

/// `perf`.
pub const COMMAND: Command = Command {
    name: "perf",
    synopsis: SYNOPSIS,
    summary: SUMMARY,
    run: |process| Box::pin(async move { run(process).await.unwrap_or_else(|Ended(status)| status) }),
};

async fn run(mut p: Process) -> Outcome {
    let Some(name) = p.args.get(1).cloned() else {
        return Err(io::usage(&p, &COMMAND, "missing subcommand").await);
    };
    if name == "--help" || name == "-h" || name == "help" {
        return Err(io::help(&p, &COMMAND).await);
    }
    let Some(sub) = SUBS.iter().find(|sub| sub.name.as_bytes() == name.as_bytes()) else {
        return Err(io::usage(&p, &COMMAND, &format!("there is no subcommand '{name}'")).await);
    };
    p.args.remove(0);
    p.args[0] = format!("perf {name}").into(); // as it is called in messages
    (sub.run)(Call { p, sub }).await
}

impl Call {
    /// The options of the subcommand; its mistakes are told with its own synopsis.
    async fn options(&self, short: &str) -> Result<Options<'_>, Ended> {
        io::options(&self.p, &self.command(), short, &[]).await
    }

    /// The same of a subcommand that takes no operands.
    async fn options_only(&self, short: &str) -> Result<Options<'_>, Ended> {
        let options = self.options(short).await?;
        match options.operands.first() {
            None => Ok(options),
            Some(operand) => Err(self.usage(&format!("extra operand '{operand}'")).await),
        }
    }

    fn command(&self) -> Command {
        Command { synopsis: self.sub.synopsis, summary: self.sub.summary, ..COMMAND }
    }

    /// A mistake in the arguments.
    async fn usage(&self, message: &str) -> Ended {
        io::usage(&self.p, &self.command(), message).await
    }

    /// What cannot be done.
    async fn fail(&self, message: alloc::string::String) -> Ended {
        io::complain(&self.p, message).await;
        Ended(1)
    }

    async fn no_memory(&self, _: OutOfMemory) -> Ended {
        self.fail("there is not enough memory for that".into()).await
    }

    /// The rows of the terminal that standard output is.
    fn rows(&self) -> usize {
        let size = self.p.stdout().file().ok().and_then(|file| Some(file.terminal()?.size()));
        size.map_or(24, |size| if size.rows == 0 { 24 } else { size.rows.into() })
    }

    /// A number within bounds.
    async fn number<T>(
        &self,
        what: &str,
        text: &BStr,
        bounds: core::ops::RangeInclusive<T>,
    ) -> Result<T, Ended>
    where
        T: core::str::FromStr + PartialOrd + core::fmt::Display,
    {
        match text.to_str().ok().and_then(|text| text.parse().ok()).filter(|n| bounds.contains(n)) {
            Some(number) => Ok(number),
            None => {
                let (least, most) = (bounds.start(), bounds.end());
                Err(self.usage(&format!("{what} '{text}': it is a number from {least} to {most}")).await)
            }
        }
    }

    /// The events that the words mean; all when there are none. An unknown one ends the command before anything is done.
    async fn events(&self, words: &[&BStr]) -> Result<alloc::vec::Vec<Event>, Ended> {
        match events::named(words.iter().map(|word| word.as_bytes())) {
            Ok(events) => Ok(events),
            Err(unknown) => Err(self.fail(events::unknown(unknown)).await),
        }
    }

    /// The command that the operands are.
    async fn words(&self, operands: &[&BStr]) -> Result<alloc::vec::Vec<BString>, Ended> {
        if operands.is_empty() {
            return Err(self.usage("missing command").await);
        }
        Ok(operands.iter().map(|&word| word.into()).collect())
    }
}
