//! Parsing a long script: the hosted system's `-n` beside dash's, each as a program of its own.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Instant,
};

/// Runs before the first sample.
const WARM_UP: usize = 3;

/// Seconds that a text takes to be parsed, one entry a sample, less the median of what an empty one takes.
pub struct Times {
    /// By `pollux-hosted -n`.
    pub ours: Vec<f64>,
    /// By `dash -n`; `None` without dash.
    pub dash: Option<Vec<f64>>,
}

/// Seconds that one program took for the text, and for an empty one.
#[derive(Default)]
struct Taken {
    whole: Vec<f64>,
    start: Vec<f64>,
}

/// Measures both, in turn: what else the machine does meanwhile hits one as it hits the other.
pub fn measure(text: &[u8], samples: usize) -> Result<Times, String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let path = |name: &str| folder.path().join(name);
    for (name, text) in [("script", text), ("empty", b"".as_slice())] {
        fs::write(path(name), text).map_err(|error| format!("{}: {error}", path(name).display()))?;
    }
    let (script, empty) = (path("script"), path("empty"));
    let hosted = hosted()?;
    let dash = Path::new("dash");
    let has_dash = !run(dash, &empty).is_err_and(|error| error.kind() == io::ErrorKind::NotFound);
    let mut shells = vec![(hosted.as_path(), Taken::default())];
    if has_dash {
        shells.push((dash, Taken::default()));
    }
    for number in 0..WARM_UP + samples {
        for (shell, taken) in &mut shells {
            let times = [(&mut taken.whole, &script), (&mut taken.start, &empty)];
            for (times, file) in times {
                let began = Instant::now();
                run(shell, file).map_err(|error| format!("{}: {error}", shell.display()))?;
                if number >= WARM_UP {
                    times.push(began.elapsed().as_secs_f64());
                }
            }
        }
    }
    let mut times = shells.into_iter().map(|(_, taken)| taken.less_start());
    Ok(Times { ours: times.next().unwrap_or_default(), dash: times.next() })
}

impl Taken {
    fn less_start(self) -> Vec<f64> {
        let start = crate::stats::median(&self.start);
        self.whole.iter().map(|seconds| (seconds - start).max(f64::MIN_POSITIVE)).collect()
    }
}

/// The hosted system, which `./run.sh bench shell` has built beside this program.
fn hosted() -> Result<PathBuf, String> {
    let own = env::current_exe().map_err(|error| error.to_string())?;
    // A test runs in a folder below the programs'.
    let found =
        own.ancestors().skip(1).take(2).map(|folder| folder.join("pollux-hosted")).find(|path| path.exists());
    found.ok_or_else(|| {
        "there is no pollux-hosted beside this program; './run.sh bench shell' builds it".into()
    })
}

fn run(shell: &Path, file: &Path) -> io::Result<()> {
    match Command::new(shell).arg("-n").arg(file).stdin(Stdio::null()).status()? {
        status if status.success() => Ok(()),
        status => Err(io::Error::other(format!("it ended with {status}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_that_does_not_parse_is_no_measurement() {
        let script = Path::new("/dev/null");
        assert!(run(Path::new("false"), script).is_err());
        assert!(run(Path::new("true"), script).is_ok());
    }

    #[test]
    fn the_start_is_taken_off() {
        let taken = Taken { whole: vec![5.0, 3.0, 1.0], start: vec![1.0, 1.0, 2.0] };
        assert_eq!(taken.less_start(), [4.0, 2.0, f64::MIN_POSITIVE]);
    }
}
