//! The rows that the guest measures: the launcher boots it and runs a command.

use std::{
    env,
    ffi::OsString,
    path::Path,
    process::{Command, Stdio},
};

use serde_json::Value;

/// What the guest's `bench` tells of a row, in nanoseconds.
pub struct Figures {
    pub samples: u64,
    pub median: f64,
    pub low: f64,
    pub high: f64,
    pub p95: f64,
}

/// Runs rows of the guest's `bench`, in their order.
pub fn bench(names: &[&str], samples: usize, launcher: &[OsString]) -> Result<Vec<Figures>, String> {
    let text = run(&format!("bench --json --samples {samples} {}", names.join(" ")), launcher)?;
    let rows: Vec<Value> = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    names.iter().map(|name| figures(&rows, name)).collect()
}

fn figures(rows: &[Value], name: &str) -> Result<Figures, String> {
    let row = rows.iter().find(|row| row["name"] == name);
    let row = row.ok_or_else(|| format!("the guest's bench told nothing of {name}"))?;
    let number = |field: &str| row[field].as_f64().ok_or_else(|| format!("{name} has no {field}"));
    Ok(Figures {
        samples: number("samples")? as u64,
        median: number("median")?,
        low: number("low")?,
        high: number("high")?,
        p95: number("p95")?,
    })
}

/// The memory of many jobs, in bytes.
#[derive(Debug, PartialEq)]
pub struct Jobs {
    /// Frames that nobody else can have while all run: what a smaller machine would not have had.
    pub taken: f64,
    /// What of the heap is in use meanwhile.
    pub heap: f64,
    /// The same after all have ended.
    pub kept: f64,
}

/// Starts jobs in the guest that all wait, and looks at its memory before, with them, and after.
pub fn memory_of_jobs(count: u64, launcher: &[OsString]) -> Result<Jobs, String> {
    let look = "grep -E '^(MemFree|HeapUsed):' /proc/meminfo";
    // That all of them are there at once is part of the measurement.
    let script = format!(
        "{look}; i=0; while [ $i -lt {count} ]; do sleep 1000000 & i=$((i+1)); done; {look}; \
         echo Running: $(grep -c 'sleep 1000000$' /proc/tasks); pkill sleep; wait; {look}"
    );
    jobs(&run(&script, launcher)?, count)
}

fn jobs(text: &str, count: u64) -> Result<Jobs, String> {
    let numbers = |name: &str| -> Vec<u64> {
        let values = text.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        values.filter_map(|value| value.split_whitespace().next()?.parse().ok()).collect()
    };
    let (free, used, running) = (numbers("MemFree"), numbers("HeapUsed"), numbers("Running"));
    let ([free, free_with, _], [used, used_with, used_after], [running]) =
        (&free[..], &used[..], &running[..])
    else {
        return Err(format!("the guest could not hold {count} jobs; it said:\n{text}"));
    };
    if *running != count {
        return Err(format!("{running} jobs ran at once, not {count}"));
    }
    let bytes = |from: &u64, to: &u64| to.saturating_sub(*from) as f64 * 1024.0;
    Ok(Jobs { taken: bytes(free_with, free), heap: bytes(used, used_with), kept: bytes(used, used_after) })
}

/// What a command in the guest prints. Its status must be 0.
fn run(command: &str, options: &[OsString]) -> Result<String, String> {
    let root = env::var_os("POLLUX_ROOT")
        .map_or_else(|| concat!(env!("CARGO_MANIFEST_DIR"), "/..").into(), OsString::from);
    let launcher = Path::new(&root).join("run.sh");
    let mut launch = Command::new(&launcher);
    launch.arg("-c").arg(command).args(options).stdin(Stdio::null()).stderr(Stdio::inherit());
    let output = launch.output().map_err(|error| format!("{}: {error}", launcher.display()))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    match output.status.code() {
        Some(0) => Ok(text),
        _ => Err(format!("in the guest '{command}' ended with {}", output.status)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rows_are_found_by_name() {
        let row = r#"{"name":"a/b","samples":9,"median":2.5,"low":2,"high":3,"p95":4}"#;
        let rows = [serde_json::from_str(row).unwrap()];
        assert_eq!(figures(&rows, "a/b").unwrap().median, 2.5);
        assert!(figures(&rows, "a/c").err().unwrap().contains("a/c"));
    }

    #[test]
    fn jobs_that_did_not_all_run_are_no_measurement() {
        let text = "MemFree: 1000 kB\nHeapUsed: 10 kB\nMemFree: 900 kB\nHeapUsed: 60 kB\nRunning: 10\n\
                    MemFree: 990 kB\nHeapUsed: 12 kB\n";
        let expected = Jobs { taken: 102_400.0, heap: 51_200.0, kept: 2048.0 };
        assert_eq!(jobs(text, 10), Ok(expected));
        assert!(jobs(text, 11).unwrap_err().contains("10 jobs ran"));
        assert!(jobs("MemFree: 1 kB\nsh: out of memory\n", 10).unwrap_err().contains("out of memory"));
    }
}
