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
pub fn bench(names: &[&str], samples: usize, qemu: &[OsString]) -> Result<Vec<Figures>, String> {
    let text = run(&format!("bench --json --samples {samples} {}", names.join(" ")), qemu)?;
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
    /// While all ran.
    pub taken: f64,
    /// After all had ended.
    pub kept: f64,
}

/// Starts jobs in the guest that all wait, and looks at its memory before, with them, and after.
pub fn memory_of_jobs(count: u64, qemu: &[OsString]) -> Result<Jobs, String> {
    // `ps` goes last before the end of the jobs: that all of them are there is part of the measurement.
    let script = format!(
        "grep MemFree: /proc/meminfo; i=0; while [ $i -lt {count} ]; do sleep 1000000 & i=$((i+1)); done; \
         grep MemFree: /proc/meminfo; grep -c 'sleep 1000000$' /proc/tasks; pkill sleep; wait; \
         grep MemFree: /proc/meminfo"
    );
    jobs(&run(&script, qemu)?, count)
}

fn jobs(text: &str, count: u64) -> Result<Jobs, String> {
    let numbers: Vec<u64> = text
        .lines()
        .filter_map(|line| line.trim_start_matches("MemFree:").split_whitespace().next()?.parse().ok())
        .collect();
    let [before, with, running, after] = numbers[..] else {
        return Err(format!("the guest could not hold {count} jobs; it said:\n{text}"));
    };
    if running != count {
        return Err(format!("{running} jobs ran at once, not {count}"));
    }
    let taken = |after: u64| before.saturating_sub(after) as f64 * 1024.0;
    Ok(Jobs { taken: taken(with), kept: taken(after) })
}

/// What a command in the guest prints. Its status must be 0.
fn run(command: &str, qemu: &[OsString]) -> Result<String, String> {
    let root = env::var_os("POLLUX_ROOT")
        .map_or_else(|| concat!(env!("CARGO_MANIFEST_DIR"), "/..").into(), OsString::from);
    let launcher = Path::new(&root).join("run.sh");
    let mut launch = Command::new(&launcher);
    launch.arg("-c").arg(command).args(qemu).stdin(Stdio::null()).stderr(Stdio::inherit());
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
        let text = "MemFree:   1000 kB\nMemFree:    900 kB\n10\nMemFree:    990 kB\n";
        assert_eq!(jobs(text, 10), Ok(Jobs { taken: 102_400.0, kept: 10_240.0 }));
        assert!(jobs(text, 11).unwrap_err().contains("10 jobs ran"));
        assert!(jobs("MemFree: 1 kB\nsh: out of memory\n", 10).unwrap_err().contains("out of memory"));
    }
}
