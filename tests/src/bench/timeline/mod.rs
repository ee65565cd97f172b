//! The timeline of `report.html`: one pipeline from the key that starts it to the prompt after it, and which CPU ran which stage
//! when.
//!
//! A guest of its own is booted after the benchmarks, whose session at the console is recorded. The launcher types the pipeline
//! there as a person would. When the shell ends, the guest sends what was recorded over the channel.
//!
//! | module | what |
//! |---|---|
//! | [`events`] | what was recorded |
//! | [`run`] | the run of the pipeline in it |
//! | [`slices`] | what is drawn as one |
//! | [`picture`] | the drawing |

mod events;
mod picture;
mod run;
mod slices;

use std::{fmt::Write, fs, path::Path};

use super::{options::Options, page::escape};
use crate::{
    accel,
    guest::{Guest, Laboratory, Recorder, Setup},
    perf::{Recording, files::Received},
};
use events::Events;
use picture::us;
use run::{Role, Run, Task};

/// What is typed: a stage that writes much, one that takes all before it gives anything, and one that keeps the last.
const PIPELINE: &str = "seq 5000 | grep 7 | sort -n | tail -1";
/// What is recorded of it.
const EVENTS: &str = "task,poll,sched:wake,pty,shell";

/// The part of the page about it; it says why there is no picture if there is none.
pub fn section(options: &Options) -> String {
    if let Err(reason) = wanted(options) {
        return without(reason);
    }
    match record(options.smp()) {
        Ok(run) => with_picture(&run),
        Err(reason) => {
            eprintln!("no timeline: {reason}");
            without(&reason)
        }
    }
}

/// The part of the page when there is no picture.
pub fn without(reason: &str) -> String {
    format!("<h2>From keystroke to prompt</h2>\n<p>There is no timeline: {}.</p>\n", escape(reason))
}

/// An error says why nothing is to be recorded.
fn wanted(options: &Options) -> Result<(), &'static str> {
    if options.icount {
        return Err(
            "instructions were counted in this run, and they are its clock; without --icount there is one",
        );
    }
    if !options.names.is_empty() && !options.timeline {
        return Err("only some benchmarks were run; with --timeline there is one, too");
    }
    Ok(())
}

/// Boots a guest, types the pipeline and waits for the prompt.
fn record(smp: u32) -> Result<Run, String> {
    let failed = |failure: crate::failure::Failure| failure.message;
    let laboratory = accel::choose(None).and_then(Laboratory::open).map_err(failed)?;
    let path = laboratory.scratch().join("trace.json");
    let recording =
        Recording { perfetto: Some(path.clone()), events: Some(EVENTS.into()), ..Recording::default() };
    let received = Received::prepare(&recording, Path::new("")).map_err(failed)?;
    let recorder = Recorder { order: recording.order(), files: Box::new(received.clone()) };
    let mut guest = Guest::boot_recorded(&laboratory, &Setup::shell(smp), Some(recorder))?;
    guest.prompt()?;
    // The first time, things are made that stay.
    for line in [PIPELINE, "clear", PIPELINE] {
        guest.type_text(line)?;
        guest.expect_screen("what was typed", |screen| screen.contents().trim_end().ends_with(line))?;
        guest.type_text("\r")?;
        guest.prompt()?;
    }
    guest.type_text("exit\r")?;
    guest.follow_to_end()?;
    if let Some(missing) = received.missing().first() {
        return Err(format!("the guest did not send what it recorded: {missing}"));
    }
    let text = fs::read_to_string(&path).map_err(|error| format!("reading what was recorded: {error}"))?;
    Run::last_of(&Events::read(&text)?)
}

fn with_picture(run: &Run) -> String {
    let picture = picture::draw(run);
    let mut page = format!(
        "<h2>From keystroke to prompt</h2>\n<p><code>{}</code>, typed at the console of a guest with {} CPUs: {} µs from \
         the poll that takes the Enter key from the serial port (<code>pty:in</code>) until the shell has written its prompt \
         (<code>pty:out</code>), in {} polls and {} wakes. Where a CPU has no slice it was idle, or its handlers and its executor ran. Under the pointer each \
         slice tells what it is.",
        escape(PIPELINE),
        run.cpus,
        us(run.prompt_ns),
        run.polls.len(),
        run.wakes.len()
    );
    if picture.grain_ns > 0 {
        let _ = write!(page, " What lies within {} µs is drawn as one.", us(picture.grain_ns));
    }
    page += if picture.has_wakes { " Arrows are wakes." } else { " There are too many wakes to draw them." };
    let _ = write!(page, "</p>\n<div style='overflow-x:auto'>\n{}</div>\n{}", picture.svg, table(run));
    page
}

/// A row for the shell and for each stage.
fn table(run: &Run) -> String {
    let mut table = String::from(
        "<table>\n<tr><th>task<th>polls<th>ran, µs<th>longest poll, µs<th>on CPUs<th>begins, µs<th>ends, µs\n",
    );
    for Task { number, name, from_ns, to_ns, .. } in
        run.tasks_in(Role::Shell).chain(run.tasks_in(Role::Stage))
    {
        let polls: Vec<_> = run.polls.iter().filter(|poll| poll.task == *number).collect();
        let took = || polls.iter().map(|poll| poll.to_ns - poll.from_ns);
        let cpus: Vec<_> = (0..run.cpus).filter(|cpu| polls.iter().any(|poll| poll.cpu == *cpu)).collect();
        let cpus = cpus.iter().map(usize::to_string).collect::<Vec<_>>().join(", ");
        let _ = writeln!(
            table,
            "<tr><td>{}<td>{}<td>{}<td>{}<td>{cpus}<td>{}<td>{}",
            escape(name),
            polls.len(),
            us(took().sum()),
            us(took().max().unwrap_or(0)),
            us(*from_ns),
            us(*to_ns)
        );
    }
    table + "</table>\n"
}

#[cfg(test)]
mod tests;
