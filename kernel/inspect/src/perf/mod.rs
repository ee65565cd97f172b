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

/// A subcommand: its name, its synopsis, and what it does.
struct Sub {
    name: &'static str,
    synopsis: &'static str,
    run: fn(Call) -> BoxFuture<'static, Result<u8, Ended>>,
}

/// A call of a subcommand: the process, whose words begin with the subcommand's name.
struct Call {
    p: Process,
    sub: &'static Sub,
}

macro_rules! subs {
    ($($name:literal $synopsis:literal $function:path;)*) => {
        const SUBS: &[Sub] = &[$(Sub {
            name: $name,
            synopsis: concat!("perf ", $name, $synopsis),
            run: |call| Box::pin($function(call)),
        },)*];

        const SYNOPSIS: &str = concat!("perf SUBCOMMAND [...]", $("\n       perf ", $name, $synopsis,)*);
    };
}

subs! {
    "list" " [EVENT | GROUP]..." switch::list;
    "enable" " [EVENT | GROUP | all]..." switch::enable;
    "disable" " [EVENT | GROUP | all]..." switch::disable;
    "reset" "" switch::reset;
    "configure" " [-r RATE] [-b RECORDS]" switch::configure;
    "stats" " [-c] [-H] [EVENT | GROUP]..." stats::stats;
    "monitor" " [-i SECONDS] [-n COUNT] [-w EVENT=RATE]... [EVENT | GROUP]..." stats::monitor;
    "baseline" " save NAME | load NAME | show [NAME]" baseline::baseline;
    "check-regression" " [-b NAME] [-e EVENT]... -t PERCENT" baseline::check;
    "stat" " COMMAND [ARGUMENT]..." command::stat;
    "record" " [-F HZ] [-g] [-b SAMPLES] COMMAND [ARGUMENT]..." command::record;
    "report" " [-g] [-n LINES]" report::report;
    "samples" " [-n COUNT]" report::samples;
    "top" " [-d SECONDS] [-n COUNT]" report::top;
    "sched" " [COMMAND [ARGUMENT]...]" sched::sched;
    "lock" " [COMMAND [ARGUMENT]...]" sched::lock;
    "leak" " [-a] [-r RUNS] [-b ALLOCATIONS] [-n LINES] COMMAND [ARGUMENT]..." leak::leak;
    "test" "" check::test;
    "bench" "" check::bench;
}

/// `perf`.
pub const COMMAND: Command = Command {
    name: "perf",
    synopsis: SYNOPSIS,
    summary: "Counts what happens in the kernel, and looks where its CPUs are. enable switches counting on, stats shows it; stat \
              counts while a command runs, record takes samples while one runs, report shows them. leak runs a command four \
              times (-r) and shows what memory each run but the first and the last leaves that nobody has given back at the \
              end, by the stack of where it was taken (-n: how many stacks): status 1 if there is any, 2 if that cannot be \
              told. It counts what the command's tasks take (-a: all tasks), up to 16384 allocations at a time (-b).",
    run: |process| Box::pin(async move { run(process).await.unwrap_or_else(|Ended(status)| status) }),
};

async fn run(mut p: Process) -> Outcome {
    let Some(name) = p.args.get(1).cloned() else {
        return Err(io::usage(&p, &COMMAND, "missing subcommand").await);
    };
    if name == "--help" || name == "-h" {
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

    fn command(&self) -> Command {
        Command { synopsis: self.sub.synopsis, ..COMMAND }
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
