//! Parsing a long script: ours in this program, dash's as a program of its own.

use std::{
    fs, io,
    process::{Command, Stdio},
    sync::Arc,
    time::Instant,
};

use pollux_shell::lang::Parser;

/// Runs before the first sample.
const WARM_UP: usize = 3;

/// Seconds that our parser takes for a text.
pub fn ours(text: &[u8], samples: usize) -> Result<Vec<f64>, String> {
    let shared: Arc<[u8]> = text.into();
    let parse = || {
        let mut parser = Parser::new(shared.clone());
        loop {
            match parser.next_command() {
                Ok(Some(command)) => drop(std::hint::black_box(command)),
                Ok(None) => return Ok(()),
                Err(error) => return Err(format!("the script does not parse: {error:?}")),
            }
        }
    };
    timed(samples, parse)
}

/// Seconds that `dash -n` takes for a text, less the median of what it takes for an empty one; `None` without dash.
pub fn dash(text: &[u8], samples: usize) -> Result<Option<Vec<f64>>, String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let path = |name: &str| folder.path().join(name);
    for (name, text) in [("script", text), ("empty", b"".as_slice())] {
        fs::write(path(name), text).map_err(|error| format!("{}: {error}", path(name).display()))?;
    }
    let run = |name: &str| {
        let status = Command::new("dash").arg("-n").arg(path(name)).stdin(Stdio::null()).status();
        match status {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(format!("dash -n ended with {status}")),
            Err(error) => Err(format!("dash: {error}")),
        }
    };
    if Command::new("dash")
        .arg("-n")
        .arg(path("empty"))
        .status()
        .is_err_and(|it| it.kind() == io::ErrorKind::NotFound)
    {
        return Ok(None);
    }
    let start = crate::stats::median(&timed(samples, || run("empty"))?);
    let whole = timed(samples, || run("script"))?;
    Ok(Some(whole.into_iter().map(|seconds| (seconds - start).max(f64::MIN_POSITIVE)).collect()))
}

fn timed(samples: usize, run: impl Fn() -> Result<(), String>) -> Result<Vec<f64>, String> {
    let mut times = Vec::with_capacity(samples);
    for number in 0..WARM_UP + samples {
        let began = Instant::now();
        run()?;
        if number >= WARM_UP {
            times.push(began.elapsed().as_secs_f64());
        }
    }
    Ok(times)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_that_does_not_parse_is_no_measurement() {
        assert_eq!(ours(b"echo a; (b)\n", 2).map(|times| times.len()), Ok(2));
        assert!(ours(b"if true\n", 1).unwrap_err().contains("does not parse"));
    }
}
