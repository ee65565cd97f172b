//! The table of shell cases in `shell/tests/cases/`, and how it is run.
//!
//! What runs a script is not in here: the shell's own tests bring the shell on a fake system, the tests of the guest
//! bring QEMU, and [`HostShell`] is the dash or bash of this machine. All three go through [`Table::run`].

mod differences;
mod format;
mod host;

use std::{fmt::Write, fs, path::Path};

pub use differences::Differences;
pub use format::{Case, parse};
pub use host::HostShell;

/// What stands in the directory that every script begins in; `.stdin` is the standard input.
pub const FILES: &[(&str, &str)] = &[
    (".stdin", "in1\nin2\n"),
    (".hidden", "h\n"),
    ("a.txt", "alpha\n"),
    ("b.txt", "beta\n"),
    ("dir/c.txt", "gamma\n"),
    ("lib.sh", "from=lib; echo args $# $1\n"),
];

/// What a script left behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Standard output, with what is no UTF-8 replaced.
    pub stdout: String,
    /// Standard error; `None` where it is not compared, because every shell words its messages in its own way.
    pub stderr: Option<String>,
    /// The exit status.
    pub status: i32,
}

/// All cases.
pub struct Table {
    /// By file and, in it, by line.
    pub cases: Vec<Case>,
    /// Where a shell of the host does something else on purpose.
    pub differences: Differences,
}

impl Table {
    /// Reads the table of this source tree.
    ///
    /// # Errors
    /// What is wrong with a file, and where.
    pub fn load() -> Result<Table, String> {
        Self::load_from(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/cases")))
    }

    fn load_from(folder: &Path) -> Result<Table, String> {
        let explain = |error: std::io::Error| format!("{}: {error}", folder.display());
        let mut files: Vec<_> = fs::read_dir(folder)
            .map_err(explain)?
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.extension().is_some_and(|extension| extension == "sh"))
            .collect();
        files.sort();
        let mut cases = Vec::new();
        for file in files {
            let text = fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
            let stem = file.file_stem().unwrap_or_default().to_string_lossy();
            cases.append(&mut parse(&stem, &text)?);
        }
        let text = fs::read_to_string(folder.join("differences.txt")).map_err(explain)?;
        let differences = Differences::parse(&text, &cases)?;
        Ok(Table { cases, differences })
    }

    /// Runs the cases whose names contain `filter` and that `shell` (`None`: ours) is asked to agree on. `run` gets
    /// them in order and answers with one outcome for each. The error lists what went wrong.
    ///
    /// # Errors
    /// A report of every case that went wrong, for a person to read.
    pub fn run(
        &self,
        shell: Option<&str>,
        filter: &str,
        run: impl FnOnce(&[&Case]) -> Result<Vec<Outcome>, String>,
    ) -> Result<usize, String> {
        let asked = |case: &&Case| {
            case.name.contains(filter) && shell.is_none_or(|shell| case.shells.iter().any(|it| it == shell))
        };
        let cases: Vec<&Case> = self.cases.iter().filter(asked).collect();
        let outcomes = run(&cases)?;
        let mut report = String::new();
        let mut wrong = 0;
        for (case, outcome) in cases.iter().zip(&outcomes) {
            let excuse = shell.and_then(|shell| self.differences.reason(shell, &case.name));
            let problem = match (excuse, case.fits(outcome)) {
                (None, true) | (Some(_), false) => continue,
                (None, false) => "",
                (Some(_), true) => "  agrees, although differences.txt says that it does not\n",
            };
            wrong += 1;
            let _ =
                writeln!(report, "{} (line {}):\n{}{problem}", case.name, case.line, case.script.trim_end());
            let _ = write!(report, "  expected {}  found    {}", case.expected(), shown(outcome));
        }
        if outcomes.len() != cases.len() {
            let _ = writeln!(report, "{} of {} cases ran", outcomes.len(), cases.len());
            wrong += 1;
        }
        match wrong {
            0 => Ok(cases.len()),
            _ => Err(format!("{report}{wrong} of {} cases went wrong", cases.len())),
        }
    }
}

fn shown(outcome: &Outcome) -> String {
    let Outcome { stdout, stderr, status } = outcome;
    format!(
        "status {status}, output {stdout:?}, messages {:?}\n",
        stderr.as_deref().unwrap_or("(not looked at)")
    )
}
