//! The command line of `./run.sh`.

use std::{ffi::OsString, path::PathBuf, time::Duration};

use lexopt::{Arg, Parser, ValueExt};

use crate::{
    failure::{Failure, Result},
    perf::{Recording, options::Wish},
};

/// The most CPUs the kernel is made for.
pub const MAX_CPUS: u32 = 64;
/// The least memory the kernel comes up with, in MiB.
pub const MIN_MEMORY_MIB: u64 = 32;

/// What the launcher is asked to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Boot and give a shell, or run the command of `-c`.
    Run,
    /// Boot with the processor stopped, for gdb.
    Debug,
    /// Run the tests whose names contain the filter.
    Test(Option<String>),
    /// Run the hosted build with these arguments.
    Host(Vec<OsString>),
    /// Run the benches with these arguments.
    Bench(Vec<OsString>),
    /// Print the help.
    Help,
    /// Become another program that dies with this parent: see [`crate::tie`].
    Tied(u32, Vec<OsString>),
}

/// Who executes the guest's instructions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accel {
    /// QEMU's emulator.
    Tcg,
    /// The processor itself.
    Kvm,
}

/// The parsed command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// What to do.
    pub action: Action,
    /// `-c`: what to run instead of an interactive shell; any bytes.
    pub command: Option<OsString>,
    /// `--smp`: how many CPUs.
    pub smp: u32,
    /// `--mem`: memory in MiB.
    pub mem_mib: u64,
    /// `--accel`, or `None` to choose.
    pub accel: Option<Accel>,
    /// `--icount`: count instructions.
    pub icount: bool,
    /// `--display`: open a window.
    pub display: bool,
    /// `--files`: the folder to pack for the guest.
    pub files: Option<PathBuf>,
    /// `--hang-after`: how long the guest may be silent; `None` is for ever.
    pub hang_after: Option<Duration>,
    /// `perf record`: what is recorded while the command runs.
    pub recording: Option<Recording>,
    /// `--log`: where the kernel log goes.
    pub log: Option<PathBuf>,
    /// What follows `--`, for QEMU.
    pub qemu_args: Vec<OsString>,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            action: Action::Run,
            command: None,
            smp: 2,
            mem_mib: 256,
            accel: None,
            icount: false,
            display: false,
            files: None,
            hang_after: Some(Duration::from_secs(30)),
            recording: None,
            log: None,
            qemu_args: Vec::new(),
        }
    }
}

/// Parses the arguments after the program's name.
pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Options> {
    let mut parser = Parser::from_args(arguments);
    parse_all(&mut parser).map_err(|error| {
        let message = match error {
            lexopt::Error::Custom(message) => message.to_string(),
            other => other.to_string(),
        };
        Failure::new(format!("{message}\nTry './run.sh --help'."))
    })
}

fn parse_all(parser: &mut Parser) -> std::result::Result<Options, lexopt::Error> {
    let mut options = Options::default();
    let mut named_action = false;
    // The tests choose the machines they run on; what they would ignore is refused.
    let mut not_for_tests: Option<&'static str> = None;
    let mut recording = Recording::default();
    let mut is_recording = false;
    let mut wished = None;
    loop {
        if let Some(rest) = after_dashes(parser) {
            options.qemu_args = rest;
            not_for_tests = Some("--");
            break;
        }
        let Some(argument) = parser.next()? else { break };
        match argument {
            Arg::Short('h') | Arg::Long("help") => {
                return Ok(Options { action: Action::Help, ..options });
            }
            Arg::Short('c') => {
                options.command = Some(parser.value()?);
                not_for_tests = Some("-c");
            }
            Arg::Long("smp") => {
                options.smp = cpus(parser.value()?)?;
                not_for_tests = Some("--smp");
            }
            Arg::Long("mem") => {
                options.mem_mib = memory(parser.value()?)?;
                not_for_tests = Some("--mem");
            }
            Arg::Long("accel") => options.accel = Some(accel(parser.value()?)?),
            Arg::Long("icount") => {
                options.icount = true;
                not_for_tests = Some("--icount");
            }
            Arg::Long("display") => {
                options.display = true;
                not_for_tests = Some("--display");
            }
            Arg::Long("files") => {
                options.files = Some(parser.value()?.into());
                not_for_tests = Some("--files");
            }
            Arg::Long("hang-after") => {
                options.hang_after = hang_after(parser.value()?)?;
                not_for_tests = Some("--hang-after");
            }
            Arg::Long("log") => {
                options.log = Some(parser.value()?.into());
                not_for_tests = Some("--log");
            }
            Arg::Long("tied-to") => {
                let parent = parser.value()?.parse()?;
                let arguments = parser.raw_args()?.collect();
                return Ok(Options { action: Action::Tied(parent, arguments), ..options });
            }
            Arg::Value(command) if is_recording && options.command.is_none() => {
                options.command = Some(command);
            }
            Arg::Value(name) if named_action => match &mut options.action {
                Action::Test(filter @ None) => *filter = Some(name.string()?),
                _ => return Err(Arg::Value(name).unexpected()),
            },
            Arg::Value(name) => {
                named_action = true;
                options.action = match name.to_str() {
                    Some("test") => Action::Test(None),
                    Some("debug") => Action::Debug,
                    Some("host") => Action::Host(parser.raw_args()?.collect()),
                    Some("bench") => Action::Bench(parser.raw_args()?.collect()),
                    Some("perf") => {
                        records(parser)?;
                        is_recording = true;
                        Action::Run
                    }
                    _ => {
                        let name = name.to_string_lossy();
                        return Err(format!(
                            "no such action: {name} (there are test, host, bench, perf and debug; \
                             to run a command, write -c '{name}')"
                        )
                        .into());
                    }
                };
            }
            other => match Wish::of(&other) {
                Some(wish) => {
                    recording.take(wish, parser.value()?)?;
                    wished = Some(wish);
                }
                None => return Err(other.unexpected()),
            },
        }
    }
    if let (Action::Test(_), Some(option)) = (&options.action, not_for_tests) {
        return Err(format!("{option} does not go with test: each test chooses its own machine").into());
    }
    match wished {
        _ if is_recording => {
            recording.check(options.command.is_some())?;
            options.recording = Some(recording);
        }
        Some(wish) => return Err(format!("{} goes with: perf record CMD", wish.option()).into()),
        None => {}
    }
    if options.icount && options.accel == Some(Accel::Kvm) {
        return Err("--icount counts what the emulator does; it does not go with --accel kvm".into());
    }
    if options.icount {
        options.accel = Some(Accel::Tcg);
    }
    if options.display && options.command.is_some() {
        return Err("--display shows an interactive shell; it does not go with -c".into());
    }
    Ok(options)
}

/// The arguments after `--`, when that is what comes next.
fn after_dashes(parser: &mut Parser) -> Option<Vec<OsString>> {
    let rest = parser.try_raw_args()?;
    if rest.peek()? != "--" {
        return None;
    }
    Some(rest.skip(1).collect())
}

/// What follows `perf` must be `record`.
fn records(parser: &mut Parser) -> std::result::Result<(), lexopt::Error> {
    match parser.next()? {
        Some(Arg::Value(word)) if word == "record" => Ok(()),
        _ => Err("perf: here there is only: perf record CMD. The guest's own perf is run by -c, such as -c 'perf list'".into()),
    }
}

fn cpus(value: OsString) -> std::result::Result<u32, lexopt::Error> {
    match value.to_str().and_then(|text| text.parse().ok()) {
        Some(n @ 1..=MAX_CPUS) => Ok(n),
        _ => Err(format!("--smp {}: the number of CPUs is 1 to {MAX_CPUS}", value.to_string_lossy()).into()),
    }
}

fn memory(value: OsString) -> std::result::Result<u64, lexopt::Error> {
    let text = value.to_string_lossy();
    match text.parse::<u64>() {
        Ok(mib) if mib >= MIN_MEMORY_MIB => Ok(mib),
        Ok(_) => Err(format!("--mem {text}: Pollux needs at least {MIN_MEMORY_MIB} MiB").into()),
        Err(_) => {
            Err(format!("--mem {text}: not a number of MiB, {MIN_MEMORY_MIB} or more, such as 256").into())
        }
    }
}

fn accel(value: OsString) -> std::result::Result<Accel, lexopt::Error> {
    match value.to_str() {
        Some("tcg") => Ok(Accel::Tcg),
        Some("kvm") => Ok(Accel::Kvm),
        _ => Err(format!("--accel {}: there are tcg and kvm", value.to_string_lossy()).into()),
    }
}

fn hang_after(value: OsString) -> std::result::Result<Option<Duration>, lexopt::Error> {
    let text = value.to_string_lossy();
    let seconds = text.parse::<f64>().ok().and_then(|s| Duration::try_from_secs_f64(s).ok());
    match seconds {
        Some(Duration::ZERO) => Ok(None),
        Some(time) => Ok(Some(time)),
        None => {
            Err(format!("--hang-after {text}: not a number of seconds, such as 30; 0 is for ever").into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Options> {
        parse(line.split_whitespace().map(OsString::from))
    }

    fn message(line: &str) -> String {
        parsed(line).expect_err("this line is wrong").message
    }

    #[test]
    fn nothing_at_all_is_an_interactive_shell() {
        assert_eq!(parsed("").unwrap(), Options::default());
    }

    #[test]
    fn every_option_is_understood() {
        let line = "--smp 4 --mem=64 --accel tcg --icount --files f --hang-after 2.5 --log l -c ls -- -s -S";
        let expected = Options {
            action: Action::Run,
            command: Some("ls".into()),
            smp: 4,
            mem_mib: 64,
            accel: Some(Accel::Tcg),
            icount: true,
            display: false,
            files: Some("f".into()),
            hang_after: Some(Duration::from_millis(2500)),
            recording: None,
            log: Some("l".into()),
            qemu_args: vec!["-s".into(), "-S".into()],
        };
        assert_eq!(parsed(line).unwrap(), expected);
    }

    #[test]
    fn a_command_may_look_like_an_option_or_be_empty() {
        let options = parse(["-c", "--"].map(OsString::from)).unwrap();
        assert_eq!(options.command, Some("--".into()));
        let options = parse(["-c", ""].map(OsString::from)).unwrap();
        assert_eq!(options.command, Some("".into()));
    }

    #[test]
    fn actions_take_what_is_theirs() {
        assert_eq!(parsed("test").unwrap().action, Action::Test(None));
        assert_eq!(parsed("test boot --accel tcg").unwrap().action, Action::Test(Some("boot".into())));
        let host = parsed("host --smp 3 -c ls -- x").unwrap().action;
        let arguments = ["--smp", "3", "-c", "ls", "--", "x"].map(OsString::from).to_vec();
        assert_eq!(host, Action::Host(arguments));
        let bench = parsed("bench executor --quick").unwrap().action;
        assert_eq!(bench, Action::Bench(["executor", "--quick"].map(OsString::from).to_vec()));
        assert_eq!(parsed("debug -c ls").unwrap().command, Some("ls".into()));
    }

    #[test]
    fn a_recording_has_a_command_and_places_for_what_is_recorded() {
        let options = parsed("--smp 4 perf record ls --perfetto t.json --ctf d -e pipe -b 4096").unwrap();
        let expected = Recording {
            perfetto: Some("t.json".into()),
            ctf: Some("d".into()),
            events: Some("pipe".into()),
            records: Some(4096),
            ..Recording::default()
        };
        assert_eq!((options.smp, options.action), (4, Action::Run));
        assert_eq!((options.command, options.recording), (Some("ls".into()), Some(expected.clone())));
        assert_eq!(expected.order(), "events pipe\nrecords 4096\nperfetto\nctf");
        let sampled = parsed("perf record --flamegraph f.svg -F 250 ls").unwrap().recording.unwrap();
        assert_eq!(sampled.order(), "samples 250");
        assert!(message("perf record ls").contains("where should it go?"));
        assert!(message("perf record --ctf d").contains("perf record CMD"));
        assert!(message("perf top").contains("-c 'perf list'"));
        assert!(
            message("perf record ls --ctf d -F 10").contains("-F 10: there can be 100 to 100000 samples")
        );
        assert!(message("perf record ls --ctf d -F 500").contains("--flamegraph"));
        assert!(message("perf record ls --ctf d -b 7").contains("1024 to 65536"));
        assert!(message("-c ls --perfetto t.json").contains("--perfetto goes with: perf record CMD"));
        assert!(message("perf record a b --ctf d").contains("\"b\""));
        assert!(message("perf record ls --ctf d --colour").contains("--colour"));
        assert!(
            message("perf record ls --ctf - --folded f")
                .contains("--ctf -: the Common Trace Format is a folder")
        );
        assert!(message("perf record ls --folded - --perfetto -").contains("only one"));
        assert!(parsed("perf record ls --folded - --perfetto t.json --ctf ./-").is_ok());
    }

    #[test]
    fn bad_values_are_named_with_what_would_be_right() {
        assert!(message("--smp 0").contains("--smp 0: the number of CPUs is 1 to 64"));
        assert!(message("--smp 65").contains("1 to 64"));
        assert!(message("--smp two").contains("--smp two"));
        assert!(message("--mem 1").contains("--mem 1: Pollux needs at least 32 MiB"));
        assert!(message("--mem x").contains("not a number of MiB"));
        assert!(message("--accel hvf").contains("tcg and kvm"));
        assert!(message("--hang-after -1").contains("seconds"));
        assert!(message("--bogus").contains("--bogus"));
        assert!(message("ls").contains("-c 'ls'"));
        assert!(message("test --smp 1").contains("--smp does not go with test"));
        assert!(message("--display -c ls").contains("--display"));
        assert!(message("-c").contains("-c"));
    }

    #[test]
    fn zero_turns_hang_detection_off() {
        assert_eq!(parsed("--hang-after 0").unwrap().hang_after, None);
    }
}
