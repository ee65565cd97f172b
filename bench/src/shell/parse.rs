//! Parsing a long script: ours in this program, dash's as a program of its own.

use std::{
    fs, io,
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
    time::Instant,
};

use pollux_shell::lang::Parser;

/// Runs before the first sample.
const WARM_UP: usize = 3;

/// Seconds that a text takes to be parsed, one entry a sample.
pub struct Times {
    /// By our parser.
    pub ours: Vec<f64>,
    /// By `dash -n`, less the median of what it takes for an empty file; `None` without dash.
    pub dash: Option<Vec<f64>>,
}

/// Measures both, in turn: what else the machine does meanwhile hits one as it hits the other.
pub fn measure(text: &[u8], samples: usize) -> Result<Times, String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let path = |name: &str| folder.path().join(name);
    for (name, text) in [("script", text), ("empty", b"".as_slice())] {
        fs::write(path(name), text).map_err(|error| format!("{}: {error}", path(name).display()))?;
    }
    let shared: Arc<[u8]> = text.into();
    let has_dash = !dash(&path("empty")).is_err_and(|error| error.kind() == io::ErrorKind::NotFound);
    let (mut own, mut whole, mut start) = (Vec::new(), Vec::new(), Vec::new());
    for number in 0..WARM_UP + samples {
        let keep = |times: &mut Vec<f64>, time| {
            if number >= WARM_UP {
                times.push(time)
            }
        };
        keep(&mut own, timed(|| ours(&shared))?);
        if has_dash {
            let run = |name: &str| timed(|| dash(&path(name)).map_err(|error| format!("dash: {error}")));
            keep(&mut whole, run("script")?);
            keep(&mut start, run("empty")?);
        }
    }
    let less_start =
        |start: f64| whole.iter().map(|seconds| (seconds - start).max(f64::MIN_POSITIVE)).collect();
    Ok(Times { ours: own, dash: has_dash.then(|| less_start(crate::stats::median(&start))) })
}

fn ours(text: &Arc<[u8]>) -> Result<(), String> {
    let mut parser = Parser::new(text.clone());
    loop {
        match parser.next_command() {
            Ok(Some(command)) => drop(std::hint::black_box(command)),
            Ok(None) => return Ok(()),
            Err(error) => return Err(format!("the script does not parse: {error:?}")),
        }
    }
}

fn dash(path: &Path) -> io::Result<()> {
    match Command::new("dash").arg("-n").arg(path).stdin(Stdio::null()).status()? {
        status if status.success() => Ok(()),
        status => Err(io::Error::other(format!("it ended with {status}"))),
    }
}

fn timed(run: impl Fn() -> Result<(), String>) -> Result<f64, String> {
    let began = Instant::now();
    run().map(|()| began.elapsed().as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_that_does_not_parse_is_no_measurement() {
        assert_eq!(measure(b"echo a; (b)\n", 2).map(|times| times.ours.len()), Ok(2));
        assert!(measure(b"if true\n", 1).err().is_some_and(|error| error.contains("does not parse")));
    }
}
