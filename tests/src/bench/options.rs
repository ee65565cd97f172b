//! The command line of `./run.sh bench`.

use std::ffi::OsString;

use lexopt::{Arg, Parser, ValueExt};

use crate::{
    failure::{Failure, Result},
    options::MAX_CPUS,
};

/// The baseline of counted instructions that is committed.
pub const COUNTED: &str = "icount";

pub const HELP: &str = "\
Pollux measured.

usage: ./run.sh bench [GROUP | NAME]... [OPTIONS]   in the guest: boots it and runs its `bench` command
       ./run.sh bench executor|shell [OPTIONS]      the executor beside tokio and async-executor, or the shell beside its goals:
                                                    see ./run.sh bench executor --help
       ./run.sh bench --vs-linux | --vs-host [NAME]...   the guest beside Linux in the same emulator, or the hosted build beside
                                                    Linux on this machine, round by round, and what is aimed at
       ./run.sh bench --list                        the names, and what each measures

options:
  --smp N         CPUs (default 2; 1 with --icount, where a second one would make when they take turns part of the figures)
  --samples N     samples for each, 5 to 100000 (default 200; 5 with --icount; 30 in each round beside Linux)
  --boots N       rounds beside Linux, 1 to 100 (default 5; fewer have no intervals)
  --icount        count instructions: an instruction is 2 ns, and every run with such a QEMU gives the same figures
  --timeline      draw the timeline of a pipeline in the report also when only some benchmarks are named
  --json          a JSON object for each, instead of the table
  --save [NAME]   keep the medians as the baseline bench/baselines/NAME.json; with --icount NAME is icount unless it is given,
                  with which ./run.sh test compares
  --check [NAME]  compare with that baseline. Timed: more than 5 % slower is told, more than 10 % fails; with --icount 1 % and 3 %.
                  Rows that may differ more are in bench/baselines/NAME.allow.json, each with its reason
  -h, --help      this text

--vs-linux boots Debian's cloud kernel with busybox and Pollux in turn, with 2 CPUs and then with 1. The packages are fetched
with apt-get download into target/bench/linux, and nothing is installed. The tables are kept as target/bench/vs-linux.md.

Every run is added to target/bench/history.jsonl and drawn in target/bench/report.html, with a timeline of one pipeline.
The status is 0, 1 if something failed or is slower than allowed, or the launcher's (see ./run.sh --help).
";

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ran {
    /// The executor or the shell beside others, by a program of its own.
    Beside,
    /// The guest's own benchmarks.
    Inside(Options),
    Help,
}

/// Who stands beside Pollux, round by round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beside {
    /// Linux in the same emulator.
    Linux,
    /// Linux on this machine, beside the hosted build.
    Host,
}

/// What is measured in the guest, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    pub names: Vec<String>,
    pub smp: Option<u32>,
    pub samples: Option<u32>,
    pub icount: bool,
    pub json: bool,
    pub timeline: bool,
    pub list: bool,
    pub save: Option<String>,
    pub check: Option<String>,
    pub beside: Option<Beside>,
    pub boots: Option<u32>,
}

/// Parses the arguments after `bench`.
pub fn parse(arguments: &[OsString]) -> Result<Ran> {
    if arguments.first().is_some_and(|first| first == "executor" || first == "shell") {
        return Ok(Ran::Beside);
    }
    parse_all(&mut Parser::from_args(arguments)).map_err(|error| {
        let message = match error {
            lexopt::Error::Custom(message) => message.to_string(),
            other => other.to_string(),
        };
        Failure::new(format!("{message}\nTry './run.sh bench --help'."))
    })
}

fn parse_all(parser: &mut Parser) -> std::result::Result<Ran, lexopt::Error> {
    let mut options = Options::default();
    let (mut save, mut check) = (None, None);
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Short('h') | Arg::Long("help") => return Ok(Ran::Help),
            Arg::Long("smp") => options.smp = Some(number(parser.value()?, "--smp", 1..=MAX_CPUS)?),
            Arg::Long("samples") => {
                options.samples = Some(number(parser.value()?, "--samples", 5..=100_000)?)
            }
            Arg::Long("vs-linux") => beside(&mut options, Beside::Linux)?,
            Arg::Long("vs-host") => beside(&mut options, Beside::Host)?,
            Arg::Long("boots") => options.boots = Some(number(parser.value()?, "--boots", 1..=100)?),
            Arg::Long("icount") => options.icount = true,
            Arg::Long("json") => options.json = true,
            Arg::Long("timeline") => options.timeline = true,
            Arg::Long("list") => options.list = true,
            Arg::Long("save") => save = Some(perhaps_name(parser)?),
            Arg::Long("check") => check = Some(perhaps_name(parser)?),
            Arg::Value(name) => options.names.push(name.string()?),
            other => return Err(other.unexpected()),
        }
    }
    let named = |option, given: Option<Option<String>>| match given {
        Some(None) if options.icount => Ok(Some(COUNTED.to_owned())),
        Some(None) => Err(format!("{option} needs a name, but with --icount")),
        Some(name) => Ok(name),
        None => Ok(None),
    };
    (options.save, options.check) = (named("--save", save)?, named("--check", check)?);
    if options.list && (options.save.is_some() || options.check.is_some()) {
        return Err("--list measures nothing that could be saved or checked".into());
    }
    if options.timeline && (options.list || options.icount) {
        return Err(
            "--timeline records a guest that tells times; it does not go with --icount and --list".into()
        );
    }
    let alone = [
        ("--smp", options.smp.is_some()),
        ("--icount", options.icount),
        ("--json", options.json),
        ("--timeline", options.timeline),
        ("--list", options.list),
        ("--save", options.save.is_some()),
        ("--check", options.check.is_some()),
    ];
    match (options.beside, alone.iter().find(|(_, given)| *given)) {
        (Some(_), Some((option, _))) => {
            Err(format!("{option} does not go with --vs-linux and --vs-host").into())
        }
        (None, _) if options.boots.is_some() => Err("--boots goes with --vs-linux and --vs-host".into()),
        _ => Ok(Ran::Inside(options)),
    }
}

fn beside(options: &mut Options, beside: Beside) -> std::result::Result<(), lexopt::Error> {
    match options.beside.replace(beside) {
        Some(other) if other != beside => Err("--vs-linux and --vs-host do not go together".into()),
        _ => Ok(()),
    }
}

fn number(
    value: OsString,
    option: &str,
    allowed: std::ops::RangeInclusive<u32>,
) -> std::result::Result<u32, lexopt::Error> {
    let text = value.to_string_lossy();
    text.parse().ok().filter(|n| allowed.contains(n)).ok_or_else(|| {
        format!("{option} {text}: it takes a number from {} to {}", allowed.start(), allowed.end()).into()
    })
}

/// The name that follows, if one does.
fn perhaps_name(parser: &mut Parser) -> std::result::Result<Option<String>, lexopt::Error> {
    if let Some(value) = parser.optional_value() {
        return name(value).map(Some);
    }
    let follows =
        parser.try_raw_args().and_then(|next| next.peek().map(|it| !it.as_encoded_bytes().starts_with(b"-")));
    if follows == Some(true) { name(parser.value()?).map(Some) } else { Ok(None) }
}

/// The name of a baseline is that of a file.
fn name(value: OsString) -> std::result::Result<String, lexopt::Error> {
    let text = value.string()?;
    let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if text.is_empty() || text.starts_with('.') || !text.chars().all(good) {
        return Err(format!("{text}: a baseline's name has letters, digits, '-', '_' and '.'").into());
    }
    Ok(text)
}

impl Options {
    /// All benchmarks, counted.
    pub fn counted() -> Options {
        Options { icount: true, ..Options::default() }
    }

    /// The CPUs.
    pub fn smp(&self) -> u32 {
        self.smp.unwrap_or(if self.icount { 1 } else { 2 })
    }

    /// The samples of each.
    pub fn samples(&self) -> u32 {
        self.samples.unwrap_or(match self {
            Options { icount: true, .. } => 5,
            Options { beside: Some(_), .. } => 30,
            _ => 200,
        })
    }

    /// The rounds beside Linux.
    pub fn boots(&self) -> u32 {
        self.boots.unwrap_or(5)
    }

    /// The arguments of the launcher that boots and measures.
    pub fn launch(&self) -> Vec<OsString> {
        let mut command = format!("bench --samples {}", self.samples());
        command += if self.list { " --list" } else { " --json" };
        for name in &self.names {
            // Whatever somebody types arrives as one word.
            command += &format!(" '{}'", name.replace('\'', "'\\''"));
        }
        let mut arguments = ["--smp", &self.smp().to_string(), "-c", &command].map(str::to_owned).to_vec();
        if self.icount {
            // Nothing is sent to it while it counts: an interrupt takes instructions, at another place each time.
            arguments.extend(["--icount", "--hang-after", "0"].map(str::to_owned));
        }
        arguments.into_iter().map(OsString::from).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Ran> {
        parse(&line.split_whitespace().map(OsString::from).collect::<Vec<_>>())
    }

    fn inside(line: &str) -> Options {
        match parsed(line) {
            Ok(Ran::Inside(options)) => options,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn the_executor_has_a_program_of_its_own() {
        assert_eq!(parsed("executor --quick").unwrap(), Ran::Beside);
        assert_eq!(parsed("--help").unwrap(), Ran::Help);
    }

    #[test]
    fn what_is_measured_becomes_the_guests_command_line() {
        let launch = inside("pipe sched/yield --smp 4 --icount").launch();
        let expected = [
            "--smp",
            "4",
            "-c",
            "bench --samples 5 --json 'pipe' 'sched/yield'",
            "--icount",
            "--hang-after",
            "0",
        ];
        assert_eq!(launch, expected.map(OsString::from));
        let quoted = Options { names: vec!["a'b; rm".into()], ..Options::default() };
        assert_eq!(quoted.launch()[3], OsString::from("bench --samples 200 --json 'a'\\''b; rm'"));
    }

    #[test]
    fn a_baseline_of_counted_instructions_has_a_name() {
        let names = |line| {
            let options = inside(line);
            (options.save, options.check)
        };
        let icount = || Some("icount".to_owned());
        assert_eq!(names("--icount --save"), (icount(), None));
        assert_eq!(names("--save --icount"), (icount(), None), "an option is no name");
        assert_eq!(names("--check --icount pipe"), (None, icount()));
        assert_eq!(names("--save mine --check=yours"), (Some("mine".into()), Some("yours".into())));
        assert!(parsed("--save").unwrap_err().message.contains("--save needs a name, but with --icount"));
    }

    #[test]
    fn instructions_are_counted_with_one_cpu() {
        assert_eq!((inside("--icount").smp(), inside("").smp(), inside("--icount --smp 3").smp()), (1, 2, 3));
        assert_eq!(Options::counted(), inside("--icount"));
    }

    #[test]
    fn beside_linux_there_are_fewer_samples_and_five_rounds() {
        let options = inside("--vs-linux pipe");
        assert_eq!((options.beside, options.samples(), options.boots()), (Some(Beside::Linux), 30, 5));
        let options = inside("--vs-host --boots 2 --samples 9");
        assert_eq!((options.beside, options.samples(), options.boots()), (Some(Beside::Host), 9, 2));
    }

    #[test]
    fn bad_values_are_named_with_what_would_be_right() {
        let message = |line| parsed(line).expect_err("this line is wrong").message;
        assert!(message("--samples 2").contains("5 to 100000"));
        assert!(message("--smp x").contains("1 to 64"));
        assert!(message("--save ../x").contains("letters"));
        assert!(message("--bogus").contains("--bogus"));
        assert!(message("--list --save x").contains("--list"));
        assert!(message("--timeline --icount").contains("does not go with --icount"));
        assert!(message("--vs-host --timeline").contains("--timeline does not go with"));
        assert!(message("--vs-linux --boots 0").contains("1 to 100"));
        assert!(message("--boots 3").contains("--boots goes with --vs-linux"));
        assert!(message("--vs-linux --smp 2").contains("--smp does not go with --vs-linux"));
        assert!(message("--vs-host --save x").contains("--save does not go with"));
        assert!(message("--vs-host --vs-linux").contains("do not go together"));
    }
}
