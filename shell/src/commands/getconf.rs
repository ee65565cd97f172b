//! `getconf`: limits and what the system can do (POSIX XCU `getconf`), as far as that means something here.

use alloc::format;

use crate::{
    fd::OPEN_MAX,
    io::{self, Ended, Outcome, Output},
    process::Process,
};

command!(
    "getconf",
    "getconf [-a | NAME [PATH]]",
    "Prints a limit of the system, such as PATH_MAX, OPEN_MAX, PAGESIZE or _NPROCESSORS_ONLN; -a all that are known."
);

/// A value that never changes.
enum Value {
    Number(i64),
    Text(&'static str),
    /// There is no limit but memory.
    Undefined,
    Processors,
}

use Value::{Number, Processors, Text, Undefined};

/// What is known, sorted by name.
const VALUES: &[(&str, Value)] = &[
    ("ARG_MAX", Undefined),
    ("BC_BASE_MAX", Number(99)),
    ("CHAR_BIT", Number(8)),
    ("CHILD_MAX", Undefined),
    ("HOST_NAME_MAX", Number(64)),
    ("INT_MAX", Number(i32::MAX as i64)),
    ("INT_MIN", Number(i32::MIN as i64)),
    ("LINE_MAX", Undefined),
    ("LONG_BIT", Number(64)),
    ("LONG_MAX", Number(i64::MAX)),
    ("NAME_MAX", Number(255)),
    ("OPEN_MAX", Number(OPEN_MAX as i64)),
    ("PAGESIZE", Number(4096)),
    ("PAGE_SIZE", Number(4096)),
    ("PATH", Text("/bin")),
    ("PATH_MAX", Number(4096)),
    ("PIPE_BUF", Number(4096)),
    ("POSIX2_VERSION", Number(202_405)),
    ("RE_DUP_MAX", Number(255)),
    ("SSIZE_MAX", Number(i64::MAX)),
    ("SYMLOOP_MAX", Number(40)),
    ("WORD_BIT", Number(32)),
    ("_NPROCESSORS_CONF", Processors),
    ("_NPROCESSORS_ONLN", Processors),
    ("_POSIX_JOB_CONTROL", Number(1)),
    ("_POSIX_VERSION", Number(202_405)),
];

async fn run(p: Process) -> Outcome {
    let options = io::options(&p, &COMMAND, "+av:", &[("all", 'a')]).await?;
    let mut out = Output::new(&p);
    if options.has('a') {
        for (name, value) in VALUES {
            print(&p, &format!("{name:25} "), value, &mut out).await?;
        }
        return out.finish(0).await;
    }
    let name = match options.operands.as_slice() {
        [name] | [name, _] => name,
        [] => return Err(io::usage(&p, &COMMAND, "a name is needed; -a lists them").await),
        [_, _, extra, ..] => return Err(io::usage(&p, &COMMAND, &format!("extra operand '{extra}'")).await),
    };
    match VALUES.iter().find(|(known, _)| *name == *known) {
        Some((_, value)) => print(&p, "", value, &mut out).await?,
        None => return Err(io::usage(&p, &COMMAND, &format!("unknown name '{name}'; -a lists those known")).await),
    }
    out.finish(0).await
}

async fn print(p: &Process, before: &str, value: &Value, out: &mut Output<'_>) -> Result<(), Ended> {
    let text = match value {
        Number(number) => format!("{before}{number}\n"),
        Text(text) => format!("{before}{text}\n"),
        Undefined => format!("{before}undefined\n"),
        Processors => format!("{before}{}\n", super::support::machine::processors(p).await?),
    };
    out.write(text.as_bytes()).await
}
