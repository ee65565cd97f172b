//! `./run.sh bench --vs-linux` and `--vs-host`: Pollux beside Linux, round by round.
//!
//! | module | what |
//! |---|---|
//! | [`debian`] | Linux itself, out of Debian's packages |
//! | [`initramfs`] | the files it starts with |
//! | [`boot`] | a boot of each |
//! | [`goals`] | what is compared with what, and what is aimed at |
//! | [`rounds`] | what was measured, and ratios |
//! | [`table`] | how that is shown |
//!
//! The program on Linux is `bench/linux-peer`; what it measures is in the method of Pollux's own `bench` (`bench/figures`).

mod boot;
mod debian;
mod goals;
mod initramfs;
mod rounds;
mod table;

use std::{collections::BTreeSet, fs, process::Command};

use serde_json::{Value, json};

use super::{
    figure::Figure,
    keep, launcher, listen, machine,
    options::{Beside, Options},
    ratios::Ratio,
    timeline,
};
use crate::{
    failure::{Context, Failure, Result},
    tie, workspace,
};
use goals::{PROMPT, Pair};
use rounds::{Medians, Of, Round, Rounds};

/// What is said below every table.
const COMPARED: &str = "\
Compared are futures in one address space (Pollux) with processes behind a ring transition (Linux): a pipe, a stage or a read in
Pollux never leaves the kernel, and its commands are functions of it. That is what is gained by the design, and not that the same
program runs so much faster. In brackets: the 95 % interval of the median over the rounds, by drawing rounds with replacement.
";

/// Compares as the options say.
pub fn run(options: &Options, beside: Beside) -> Result<u8> {
    match beside {
        Beside::Linux => linux(options),
        Beside::Host => host(options),
    }
}

fn linux(options: &Options) -> Result<u8> {
    let pairs = chosen(goals::PAIRS, &options.names)?;
    let folder = workspace::target().join("bench/linux");
    let files = debian::files(&std::path::absolute(folder).context(|| "finding the target folder".into())?)?;
    // All is built before anything is measured.
    let peer = workspace::peer()?;
    workspace::kernel()?;
    let scratch = tempfile::tempdir().context(|| "making a temporary folder".into())?;
    let archive = scratch.path().join("initramfs");
    boot::pack(&peer, &files.busybox, &archive)?;

    let mut rounds = Rounds::default();
    let mut about = String::new();
    let boots = options.boots();
    let plan = [2, 1].into_iter().flat_map(|smp| (1..=boots).map(move |number| (smp, number)));
    let failure = run_rounds(plan, &mut rounds, |number, round, rounds| {
        let smp = round.smp;
        let (theirs, ours) = names(&pairs, smp);
        let arguments = format!("--samples {} {}", options.samples(), theirs.join(","));
        progress("Linux", smp, number, boots);
        boot::linux(&files, &archive, smp, &arguments, |line| match line.strip_prefix("about ") {
            Some(text) => text.clone_into(&mut about),
            None => take(&mut round.theirs, rounds, line),
        })?;
        progress("Pollux", smp, number, boots);
        if ours.contains(&PROMPT) {
            round.ours.insert(PROMPT.into(), boot::pollux_prompt(smp)?);
        }
        let names = in_guest(&ours);
        if names.is_empty() {
            return Ok(());
        }
        let mut guest = launcher(&Options { names, smp: Some(smp), ..options.clone() });
        measure(guest.args(["--accel", "tcg"]), &mut round.ours, rounds)
    });
    let machine = machine(&Options { smp: Some(2), ..options.clone() })?;
    let times = if boots == 1 { "1 boot" } else { &format!("{boots} boots") };
    let title = format!(
        "{about}\nin QEMU {} (TCG, -M q35 -cpu max, the same flags), beside Pollux; {times} of each with 2 CPUs and with 1, in \
         turn; {} samples in each. Goals are with 2 CPUs.",
        machine["qemu"].as_str().unwrap_or("unknown"),
        options.samples()
    );
    let text = format!(
        "{title}\n\n{}\nWith 2 CPUs:\n\n{}\nWith 1 CPU:\n\n{}\n{COMPARED}",
        table::of_goals(goals::rows(goals::GOALS, &rounds)),
        table::of_pairs(&pairs, &rounds, 2),
        table::of_pairs(&pairs, &rounds, 1),
    );
    show(options, &text, machine, "linux", &pairs, &rounds)?;
    failure.map_or(Ok(0), Err)
}

fn host(options: &Options) -> Result<u8> {
    let pairs = chosen(goals::HOST_PAIRS, &options.names)?;
    let cpus = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    if cpus < 2 {
        return Err(Failure::new("--vs-host holds threads on two CPUs, and there is one"));
    }
    let peer = workspace::peer()?;
    let hosted = workspace::hosted()?;
    let mut rounds = Rounds::default();
    let (theirs, ours) = names(&pairs, 2);
    let samples = options.samples().to_string();
    let plan = (1..=options.boots()).map(|number| (2, number));
    let failure = run_rounds(plan, &mut rounds, |number, round, rounds| {
        progress("Linux", 2, number, options.boots());
        let arguments = ["--samples", &samples, &theirs.join(",")];
        measure(tie::command(&peer).args(arguments), &mut round.theirs, rounds)?;
        progress("Pollux", 2, number, options.boots());
        let command = format!("bench --json --samples {samples} {}", ours.join(" "));
        let arguments = ["--smp", "2", "--pin", "-c", &command];
        measure(tie::command(&hosted).args(arguments), &mut round.ours, rounds)
    });
    let version = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let title = format!(
        "Linux {} on this machine, beside the hosted Pollux on the same CPUs: {} rounds, {samples} samples in each. The threads that \
         are Pollux's CPUs are held on a CPU each; `apart` are two threads held in the same way, `beside` two held on one CPU.",
        version.trim(),
        options.boots(),
    );
    let text = format!(
        "{title}\n\n{}\n{}\n{COMPARED}",
        table::of_goals(goals::rows(goals::HOST_GOALS, &rounds)),
        table::of_pairs(&pairs, &rounds, 2),
    );
    show(options, &text, json!({ "cpu": "host", "smp": 2 }), "host", &pairs, &rounds)?;
    failure.map_or(Ok(0), Err)
}

/// Runs rounds, by their CPUs and numbers, until one fails. What was finished counts.
fn run_rounds(
    plan: impl Iterator<Item = (u32, u32)>,
    rounds: &mut Rounds,
    mut run: impl FnMut(u32, &mut Round, &mut Rounds) -> Result<()>,
) -> Option<Failure> {
    for (smp, number) in plan {
        let mut round = Round { smp, ..Round::default() };
        let result = run(number, &mut round, rounds);
        rounds.add(round);
        if let Err(failure) = result {
            return Some(failure);
        }
    }
    None
}

/// The pairs whose row of ours, or its group, was named; all of them without a name.
fn chosen(pairs: &[Pair], names: &[String]) -> Result<Vec<Pair>> {
    let meant = |row: &str, name: &str| row == name || row.split('/').next() == Some(name);
    if let Some(unknown) = names.iter().find(|name| !pairs.iter().any(|(row, _)| meant(row, name))) {
        let known: BTreeSet<_> = pairs.iter().map(|(row, _)| *row).collect();
        let known = known.into_iter().collect::<Vec<_>>().join(" ");
        return Err(Failure::new(format!("Linux has nothing to stand beside {unknown}; there are: {known}")));
    }
    let wanted = |row: &str| names.is_empty() || names.iter().any(|name| meant(row, name));
    Ok(pairs.iter().filter(|(row, _)| wanted(row)).copied().collect())
}

/// The rows to measure on that many CPUs: Linux's and ours, each once.
fn names(pairs: &[Pair], smp: u32) -> (Vec<&'static str>, Vec<&'static str>) {
    let (mut theirs, mut ours): (Vec<&str>, Vec<&str>) = (Vec::new(), Vec::new());
    let add = |to: &mut Vec<_>, name| {
        if !to.contains(&name) {
            to.push(name);
        }
    };
    for (row, others) in pairs.iter().filter(|(row, _)| smp > 1 || !goals::WITH_TWO_CPUS.contains(row)) {
        add(&mut ours, row);
        others.iter().for_each(|other| add(&mut theirs, other));
    }
    (theirs, ours)
}

fn in_guest(ours: &[&str]) -> Vec<String> {
    ours.iter().filter(|name| **name != PROMPT).map(|name| (*name).to_owned()).collect()
}

/// Runs what says a line for each row, and takes the medians. What fails says so on standard error, and has no row.
fn measure(command: &mut Command, medians: &mut Medians, rounds: &mut Rounds) -> Result<()> {
    let status = listen(command, None, |line| {
        take(medians, rounds, line);
        Ok(())
    })?;
    match status {
        0 | 1 => Ok(()),
        _ => Err(Failure::new(format!("what measures ended with {status}"))),
    }
}

fn take(medians: &mut Medians, rounds: &mut Rounds, line: &str) {
    let Some(figure) = Figure::parse(line) else { return eprintln!("{line}") };
    if let Some(bytes) = figure.bytes {
        rounds.moves(&figure.name, bytes);
    }
    medians.insert(figure.name, figure.median);
}

fn progress(who: &str, smp: u32, number: u32, of: u32) {
    let cpus = if smp == 1 { "1 CPU" } else { "2 CPUs" };
    eprintln!("{who} with {cpus}: {number} of {of}");
}

/// Prints the text, and keeps it beside the report, in which are the bars.
fn show(
    options: &Options,
    text: &str,
    mut machine: Value,
    beside: &str,
    pairs: &[Pair],
    rounds: &Rounds,
) -> Result<()> {
    println!("{text}");
    machine["beside"] = json!(beside);
    let two = rounds.with(2);
    let figures: Vec<_> = names(pairs, 2).1.into_iter().filter_map(|row| two.figure(row)).collect();
    let ratios: Vec<_> = pairs.iter().filter_map(|pair| ratio(&two, pair)).collect();
    let none = timeline::without("this run stood beside Linux; ./run.sh bench records one");
    let history = keep(options, &machine, &figures, &ratios, &none)?;
    let path = history.with_file_name(format!("vs-{beside}.md"));
    fs::write(&path, text).context(|| format!("writing {}", path.display()))?;
    eprintln!("kept as {}", path.display());
    Ok(())
}

fn ratio(rounds: &Of<'_>, pair: &Pair) -> Option<Ratio> {
    let ratio = rounds.ratio(pair)?;
    Some(Ratio {
        name: table::name(pair),
        times: ratio.p50,
        low: ratio.low,
        high: ratio.high,
        linux_ns: rounds.theirs(pair.1)?.ns.p50,
        pollux_ns: rounds.ours(pair.0)?.ns.p50,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_finished_before_a_failure_counts() {
        let mut rounds = Rounds::default();
        let failure = run_rounds([(2, 1), (2, 2), (1, 1)].into_iter(), &mut rounds, |number, round, _| {
            round.ours.insert("a".into(), f64::from(number));
            if number == 2 { Err(Failure::new("died")) } else { Ok(()) }
        });
        assert_eq!(failure.map(|it| it.message).as_deref(), Some("died"));
        assert_eq!(rounds.with(2).ours("a").map(|found| found.ns.samples), Some(2));
        assert!(rounds.with(1).ours("a").is_none(), "the others are not run");
    }

    #[test]
    fn a_ratio_has_the_times_of_both_and_its_interval() {
        let mut rounds = Rounds::default();
        for slow in [1.0, 2.0, 4.0] {
            let theirs = [("a/c".to_owned(), 30.0 * slow)].into();
            rounds.add(Round { smp: 2, ours: [("a/b".to_owned(), 10.0 * slow)].into(), theirs });
        }
        let two = rounds.with(2);
        let found = ratio(&two, &("a/b", &["a/c"])).unwrap();
        assert_eq!((found.times, found.low, found.high), (3.0, 3.0, 3.0));
        assert_eq!((found.linux_ns, found.pollux_ns), (60.0, 20.0));
        assert_eq!(found.name, "a/b, on Linux a/c");
        assert!(ratio(&two, &("a/b", &["a/none"])).is_none());
        assert_eq!(two.figure("a/b").map(|figure| figure.samples), Some(vec![10.0, 20.0, 40.0]));
    }

    #[test]
    fn rows_are_chosen_by_name_or_group_and_asked_for_once() {
        let pairs = chosen(goals::PAIRS, &["user/stage".into(), "sched".into()]).unwrap();
        let (theirs, ours) = names(&pairs, 2);
        assert!(theirs.starts_with(&["user/stage", "user/stage_exec", "sched/spawn_join"]), "{theirs:?}");
        assert!(ours.starts_with(&["user/stage", "sched/spawn_join"]), "{ours:?}");
        assert!(ours.contains(&"sched/wake_remote") && !names(&pairs, 1).1.contains(&"sched/wake_remote"));
        assert_eq!(chosen(goals::PAIRS, &[]).unwrap().len(), goals::PAIRS.len());
        let message = chosen(goals::PAIRS, &["mem/heap_16".into()]).unwrap_err().message;
        assert!(message.contains("beside mem/heap_16; there are: base/atomic_add"), "{message}");
        assert_eq!(in_guest(&[PROMPT, "base/clock"]), ["base/clock"]);
    }
}
