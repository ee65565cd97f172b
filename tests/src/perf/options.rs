//! The options of `perf record`.

use std::{
    ffi::OsString,
    ops::RangeInclusive,
    path::{Path, PathBuf},
};

use lexopt::{Arg, ValueExt};

/// Samples a second that a person may ask for.
const RATES: RangeInclusive<u32> = 100..=100_000;
/// Records that the ring of a CPU may have.
const RECORDS: RangeInclusive<u32> = 1024..=65536;
/// Samples a second unless it is said.
const RATE: u32 = 1000;

/// Whether a file is standard output. One of that name in the working folder is `./-`.
pub fn is_standard(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// What is to be recorded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recording {
    /// `--perfetto`: trace events in JSON.
    pub perfetto: Option<PathBuf>,
    /// `--ctf`: a folder in the Common Trace Format.
    pub ctf: Option<PathBuf>,
    /// `--flamegraph`: a picture of where time went.
    pub flamegraph: Option<PathBuf>,
    /// `--folded`: what that is made of.
    pub folded: Option<PathBuf>,
    /// `-F`: samples a second.
    pub rate: Option<u32>,
    /// `-e`: the events, by patterns that the guest knows.
    pub events: Option<String>,
    /// `-b`: records for each CPU.
    pub records: Option<u32>,
}

/// An option of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// `--perfetto`
    Perfetto,
    /// `--ctf`
    Ctf,
    /// `--flamegraph`
    Flamegraph,
    /// `--folded`
    Folded,
    /// `-F`
    Rate,
    /// `-e`
    Events,
    /// `-b`
    Records,
}

impl Wish {
    /// The option that an argument is.
    pub fn of(argument: &Arg) -> Option<Wish> {
        Some(match argument {
            Arg::Long("perfetto") => Wish::Perfetto,
            Arg::Long("ctf") => Wish::Ctf,
            Arg::Long("flamegraph") => Wish::Flamegraph,
            Arg::Long("folded") => Wish::Folded,
            Arg::Short('F') => Wish::Rate,
            Arg::Short('e') => Wish::Events,
            Arg::Short('b') => Wish::Records,
            _ => return None,
        })
    }

    /// How it is written.
    pub fn option(self) -> &'static str {
        match self {
            Wish::Perfetto => "--perfetto",
            Wish::Ctf => "--ctf",
            Wish::Flamegraph => "--flamegraph",
            Wish::Folded => "--folded",
            Wish::Rate => "-F",
            Wish::Events => "-e",
            Wish::Records => "-b",
        }
    }
}

impl Recording {
    /// Takes the value of an option.
    pub fn take(&mut self, wish: Wish, value: OsString) -> Result<(), lexopt::Error> {
        match wish {
            Wish::Perfetto => self.perfetto = Some(value.into()),
            Wish::Ctf => self.ctf = Some(value.into()),
            Wish::Flamegraph => self.flamegraph = Some(value.into()),
            Wish::Folded => self.folded = Some(value.into()),
            Wish::Rate => self.rate = Some(number(wish, "samples a second", RATES, value)?),
            Wish::Events => self.events = Some(one_line(value)?),
            Wish::Records => self.records = Some(number(wish, "records for each CPU", RECORDS, value)?),
        }
        Ok(())
    }

    /// Says what is missing.
    pub fn check(&self, has_command: bool) -> Result<(), lexopt::Error> {
        if !has_command {
            return Err("perf record: what should be recorded? Write: perf record CMD".into());
        }
        if self.perfetto.is_none() && self.ctf.is_none() && !self.wants_samples() {
            return Err("perf record: where should it go? \
                 Write at least one of --flamegraph FILE, --perfetto FILE, --ctf FOLDER and --folded FILE"
                .into());
        }
        if self.ctf.as_deref().is_some_and(is_standard) {
            return Err("--ctf -: the Common Trace Format is a folder of files, and standard output is one file; name a folder"
                .into());
        }
        if self.files().filter(|path| is_standard(path)).count() > 1 {
            return Err("perf record: only one of the files can go to standard output (-)".into());
        }
        if self.rate.is_some() && !self.wants_samples() {
            return Err("-F says how often to sample, for --flamegraph and --folded".into());
        }
        Ok(())
    }

    /// What comes in one file, where it is wanted.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        [&self.perfetto, &self.folded, &self.flamegraph].into_iter().filter_map(Option::as_deref)
    }

    /// Whether standard output has a file, so that the command's output must go elsewhere.
    pub fn has_standard_output(&self) -> bool {
        self.files().any(is_standard)
    }

    /// Whether the stacks of tasks are wanted.
    pub fn wants_samples(&self) -> bool {
        self.flamegraph.is_some() || self.folded.is_some()
    }

    /// The order for the guest: see `kernel/inspect/src/recording.rs`.
    pub fn order(&self) -> String {
        let mut lines = Vec::new();
        lines.extend(self.events.as_ref().map(|events| format!("events {events}")));
        lines.extend(self.records.map(|records| format!("records {records}")));
        lines.extend(self.perfetto.is_some().then(|| "perfetto".to_owned()));
        lines.extend(self.ctf.is_some().then(|| "ctf".to_owned()));
        lines.extend(self.wants_samples().then(|| format!("samples {}", self.rate.unwrap_or(RATE))));
        lines.join("\n")
    }
}

fn number(wish: Wish, what: &str, range: RangeInclusive<u32>, value: OsString) -> Result<u32, lexopt::Error> {
    match value.to_str().and_then(|text| text.parse().ok()) {
        Some(number) if range.contains(&number) => Ok(number),
        _ => {
            let value = value.to_string_lossy();
            let option = wish.option();
            Err(format!("{option} {value}: there can be {} to {} {what}", range.start(), range.end()).into())
        }
    }
}

/// Patterns stand in a line of the order.
fn one_line(value: OsString) -> Result<String, lexopt::Error> {
    let text = value.string()?;
    match text.contains('\n') || text.is_empty() {
        true => Err("-e: names of events or groups, such as -e poll,sched:wake".into()),
        false => Ok(text),
    }
}
