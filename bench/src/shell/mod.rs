//! `./run.sh bench shell`: the goals for the shell, each measured where it is one.
//!
//! What a person at the guest's shell waits for is measured in the guest, by its own clock, by the guest's `bench`. The
//! memory of many jobs is what a script at the guest's shell finds in `/proc/meminfo`. Parsing is measured on
//! the host, beside `dash -n` of the same file.

mod guest;
mod parse;
mod script;
mod table;

use table::{Goal, Line};

/// A goal for the median of a row of the guest's `bench`.
const TIMES: [(&str, &str, f64); 3] = [
    ("user/shell_start", "`sh -c exit`", 0.1e6),
    ("user/pipeline_10", "10 stages of `cat`, set up and torn down", 0.3e6),
    ("user/ls_1000", "`ls -la` of 1,000 files", 8e6),
];

/// How many jobs run at once, and what they may take.
const JOBS: u64 = 10_000;
const JOBS_BYTES: f64 = (64 << 20) as f64;
/// Bytes of script in a second.
const PARSE_RATE: f64 = 20e6;

/// Measures all of it; `launcher` are further options for ./run.sh. A table, and below it what could not be had.
pub fn measure(samples: usize, launcher: &[std::ffi::OsString]) -> Result<String, String> {
    let names = TIMES.map(|(name, ..)| name);
    let found = guest::bench(&names, samples, launcher)?;
    let mut lines = Vec::new();
    for ((_, what, goal), figures) in TIMES.iter().zip(found) {
        lines.push(Line::time(what, &figures, Goal::AtMost(*goal)));
    }
    let jobs = guest::memory_of_jobs(JOBS, launcher)?;
    lines.push(Line::bytes(
        &format!("{JOBS} background jobs at once, memory"),
        jobs.taken,
        Goal::AtMost(JOBS_BYTES),
    ));
    lines.push(Line::bytes("of it in use in the heap", jobs.heap, Goal::None));
    lines.push(Line::bytes("in use still when all had ended", jobs.kept, Goal::None));

    let text = script::of_bytes(1_000_000);
    let times = parse::measure(&text, samples)?;
    lines.push(Line::rate(
        "parsing 1 MB of script by the hosted build, its start taken off",
        text.len(),
        &times.ours,
        Goal::AtLeast(PARSE_RATE),
    ));
    let mut notes = String::new();
    match times.dash {
        Some(dash) => {
            lines.push(Line::rate(
                "`dash -n` of the same file, its start taken off",
                text.len(),
                &dash,
                Goal::None,
            ));
            lines.push(Line::ratio("dash's time / ours", &dash, &times.ours, Goal::AtLeast(1.0)));
        }
        None => notes += "\ndash is not installed: the parser is not compared with it.\n",
    }
    Ok(table::markdown(&lines) + &notes)
}
