//! `ps`: the tasks, from `/proc/tasks`. Names in brackets are the kernel's own.

use alloc::{format, string::String, vec::Vec};

use super::support::proc;
use crate::{
    io::{self, Outcome, Output},
    process::Process,
};

command!("ps", "ps [-ef]", "Lists tasks: R runs, Q is queued, S waits, T is stopped; -f with CPU, polls and wakes.");

/// The columns of `/proc/tasks`; the last takes the rest of the line.
const COLUMNS: usize = 7;
/// Those of a short list: pid, state, busy time and command.
const SHORT: [usize; 4] = [0, 1, 5, 6];

async fn run(p: Process) -> Outcome {
    let options = io::options(&p, &COMMAND, "aefxu", &[]).await?;
    let text = proc::read(&p, "/proc/tasks").await?;
    let shown: Vec<usize> = if options.has('f') { (0..COLUMNS).collect() } else { SHORT.into() };
    let rows: Vec<Vec<String>> = text.lines().map(row).filter(|row| row.len() == COLUMNS).collect();
    let mut widths = [0; COLUMNS];
    for row in &rows {
        widths.iter_mut().zip(row).for_each(|(width, cell)| *width = cell.chars().count().max(*width));
    }
    let mut out = Output::new(&p);
    for row in &rows {
        for &column in &shown {
            let (cell, width) = (&row[column], widths[column]);
            match column {
                6 => out.write_line(cell.as_bytes()).await?,
                1 => out.push(format!("{cell:width$} ").as_bytes()),
                _ => out.push(format!("{cell:>width$} ").as_bytes()),
            }
        }
    }
    out.finish(0).await
}

/// The cells of a line, its blanks in the command kept. Busy time becomes seconds.
fn row(line: &str) -> Vec<String> {
    let mut cells = Vec::new();
    let mut rest = line.trim_start();
    while cells.len() < COLUMNS - 1
        && let Some((cell, after)) = rest.split_once(' ')
    {
        cells.push(String::from(cell));
        rest = after.trim_start();
    }
    cells.push(rest.into());
    if let Some(cell) = cells.get_mut(5) {
        *cell = match cell.parse::<u64>() {
            Ok(micros) => format!("{}.{:03}", micros / 1_000_000, micros / 1000 % 1000),
            Err(_) => "BUSY_S".into(),
        };
    }
    cells
}
