//! The passes: in each, for every row, each runtime once, in an order that rotates.
//!
//! Every measurement is a program of its own (this one again, with `--cell`). So each has fresh memory
//! and its own addresses, which differ from pass to pass like everything else that may favour one; and
//! none can leave threads behind that disturb the next. A program that is not done in
//! [`LONGEST`] ends itself, and its row counts as hanging.

use std::{
    env,
    fs::File,
    io::{self, IsTerminal, Write},
    path::{Path, PathBuf},
    process::{self, Command, Stdio},
    thread,
    time::Duration,
};

use serde_json::Value;

use crate::{
    meters::Span,
    rows::{RUNTIMES, Row},
    stats::median,
};

/// How long one measurement may take; the slowest takes some seconds.
pub const LONGEST: Duration = Duration::from_secs(30);
/// The exit status of a measurement that took longer; as the launcher's for a guest that hangs.
const HANGS: u8 = 252;

/// Seconds a step takes in a row: by runtime, then by pass.
pub type Times = [Vec<f64>; RUNTIMES.len()];

/// What was found about a row.
pub enum Measured {
    Times(Times),
    /// It did not end on the runtime of this number, in some pass.
    Hangs(usize),
}

/// Measures the rows, and tells on standard error how far it is.
pub fn measure(rows: &[Row], passes: usize, threads: usize, span: Span) -> Result<Vec<Measured>, String> {
    let folder = folder();
    let mut found: Vec<_> = rows.iter().map(|_| Measured::Times(Times::default())).collect();
    for pass in 0..passes {
        for (number, (row, found)) in rows.iter().zip(&mut found).enumerate() {
            progress(&format!("pass {} of {passes}: {}", pass + 1, row.name));
            for turn in 0..RUNTIMES.len() {
                let runtime = (pass + number + turn) % RUNTIMES.len();
                let Measured::Times(times) = found else { break };
                match cell(row, runtime, threads, span, &folder)? {
                    Some(time) => times[runtime].push(time),
                    None => *found = Measured::Hangs(runtime),
                }
            }
        }
    }
    progress("");
    Ok(found)
}

/// Ends this program when it takes too long.
pub fn end_when_it_hangs() {
    thread::spawn(|| {
        thread::sleep(LONGEST);
        process::exit(HANGS.into());
    });
}

/// Where criterion leaves what it measures.
fn folder() -> PathBuf {
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| "target".into(), PathBuf::from);
    target.join("criterion").join("executor")
}

/// The folder of a row.
pub fn group(row: &str) -> String {
    row.replace('/', "-")
}

/// One measurement: the median of criterion's samples, in seconds a step; `None` if it hangs.
fn cell(row: &Row, runtime: usize, threads: usize, span: Span, folder: &Path) -> Result<Option<f64>, String> {
    let name = RUNTIMES[runtime];
    let what = format!("{} on {name}", row.name);
    let program = env::current_exe().map_err(|error| format!("finding this program: {error}"))?;
    let mut command = Command::new(program);
    command.args(["executor", "--runtime", name, "--threads", &threads.to_string()]);
    command.args(["--cell", &row.name]).arg(folder);
    command.args(["--span", &span.warm_up.as_millis().to_string(), &span.measure.as_millis().to_string()]);
    let output = command.stdin(Stdio::null()).output().map_err(|error| format!("{what}: {error}"))?;
    if output.status.code() == Some(HANGS.into()) {
        return Ok(None);
    }
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{what}: {}\n{said}", output.status));
    }
    let path = folder.join(group(&row.name)).join(name).join("new").join("sample.json");
    let sample = File::open(&path).map_err(|error| error.to_string());
    let sample = sample.and_then(|file| serde_json::from_reader(file).map_err(|error| error.to_string()));
    let sample = sample.map_err(|error| format!("{what}: {}: {error}", path.display()))?;
    match seconds(&sample) {
        None => Err(format!("{what}: {}: no samples", path.display())),
        time => Ok(time),
    }
}

/// The median of what criterion's `sample.json` says.
fn seconds(sample: &Value) -> Option<f64> {
    let numbers = |key: &str| sample[key].as_array()?.iter().map(Value::as_f64).collect::<Option<Vec<_>>>();
    let (times, steps) = (numbers("times")?, numbers("iters")?);
    let each: Vec<_> = times.iter().zip(&steps).map(|(ns, steps)| ns / steps / 1e9).collect();
    if each.is_empty() { None } else { Some(median(&each)) }
}

fn progress(text: &str) {
    let mut stderr = io::stderr();
    if stderr.is_terminal() {
        // Nobody is there to be told that standard error is closed.
        let _ = write!(stderr, "\r\x1b[K{text}");
        let _ = stderr.flush();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_sample_is_read_as_time_for_each_step() {
        let sample = json!({ "iters": [10.0, 10.0, 20.0], "times": [1000.0, 9000.0, 4000.0] });
        assert_eq!(seconds(&sample), Some(200e-9));
        assert_eq!(seconds(&json!({ "iters": [], "times": [] })), None);
        assert_eq!(seconds(&json!({})), None);
    }
}
