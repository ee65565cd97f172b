//! `./run.sh bench`: boots Pollux, lets its `bench` command measure, and keeps, compares and draws what it says.
//!
//! The figures come as lines of JSON on the standard output of the guest's command, which has the launcher's channel to itself.

mod baseline;
mod figure;
mod gate;
mod options;
mod page;
mod ratios;
mod timeline;
mod versus;

use std::{
    ffi::OsString,
    fs,
    io::{BufRead, BufReader, Write},
    path::PathBuf,
    process::{Command, ExitStatus, Stdio},
    sync::mpsc::{self, RecvTimeoutError},
    thread,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Map, Value, json};

use crate::{
    failure::{self, Context, Failure, Result},
    machine::CPU,
    qemu, tie, workspace,
};
use baseline::{Baseline, Verdict};
use figure::Figure;
pub use gate::gate;
use options::{Options, Ran};
use ratios::Ratio;

/// The exit status when something is slower than the baseline allows.
const SLOWER: u8 = 1;
/// A guest whose instructions are counted is not asked whether it is there, which would take instructions: so long it may
/// say nothing, for each sample.
const SILENCE: Duration = Duration::from_secs(60);

/// Does what the arguments say. Comes back with the exit status.
pub fn run(arguments: &[OsString]) -> Result<u8> {
    match options::parse(arguments)? {
        Ran::Beside => {
            if arguments.first().is_some_and(|first| first == "shell") {
                workspace::hosted()?; // whose parser is measured, as the program that it is
            }
            Err(workspace::become_built("pollux-bench", arguments))
        }
        Ran::Help => {
            // Somebody who closes the pager has read enough.
            let _ = std::io::stdout().write_all(options::HELP.as_bytes());
            Ok(0)
        }
        Ran::Inside(options) => match options.beside {
            Some(beside) => versus::run(&options, beside),
            None => inside(&options),
        },
    }
}

fn inside(options: &Options) -> Result<u8> {
    if options.list {
        let status = launcher(options).status().context(|| "starting the launcher".into())?;
        return Ok(code(status));
    }
    let machine = machine(options)?;
    // Before anything is measured: a baseline that does not fit is known at once.
    let baseline = options.check.as_ref().map(|name| Baseline::load(name, &machine)).transpose()?;
    if !options.json {
        println!("{}", figure::HEAD);
    }
    let (figures, mut status) = measure(options, |figure, line| {
        println!("{}", if options.json { line.to_owned() } else { figure.row() });
    })?;
    if let Some(baseline) = &baseline {
        let verdicts = baseline.compare(&figures, options.names.is_empty());
        verdicts.iter().for_each(|verdict| eprintln!("{verdict}"));
        if status == 0 && verdicts.iter().any(Verdict::fails) {
            status = SLOWER;
        }
    }
    if !figures.is_empty() {
        keep(options, &machine, &figures, &[], &timeline::section(options))?;
    }
    if let (Some(name), 0) = (&options.save, status) {
        let path = baseline::save(name, &machine, &figures, options.names.is_empty())?;
        eprintln!("saved as {}", path.display());
    }
    Ok(status)
}

/// Boots and measures. Hands out each figure, with its line, as it comes; also returns the status of the guest's command.
/// What was finished when the guest died is there.
fn measure(options: &Options, mut show: impl FnMut(&Figure, &str)) -> Result<(Vec<Figure>, u8)> {
    let mut figures = Vec::new();
    let patience = options.icount.then(|| SILENCE * options.samples());
    let status = listen(&mut launcher(options), patience, |line| {
        let figure = Figure::parse(line)
            .ok_or_else(|| Failure::new(format!("the guest's bench said what is no figure: {line}")))?;
        show(&figure, line);
        figures.push(figure);
        Ok(())
    })?;
    Ok((figures, status))
}

/// Runs what measures, and hands out each line that it says. Returns its status.
///
/// With a patience nothing disturbs it: its standard input neither says anything nor ends. In exchange it is ended when it
/// says nothing for so long.
fn listen(
    command: &mut Command,
    patience: Option<Duration>,
    mut hear: impl FnMut(&str) -> Result<()>,
) -> Result<u8> {
    let input = if patience.is_some() { Stdio::piped() } else { Stdio::null() };
    let started = command.stdin(input).stdout(Stdio::piped()).spawn();
    let mut child = started.context(|| format!("starting {}", command.get_program().display()))?;
    let said = child.stdout.take().expect("piped");
    let (tell, told) = mpsc::channel();
    // It ends with what it listens to.
    thread::spawn(move || BufReader::new(said).lines().try_for_each(|line| tell.send(line)));
    let heard = loop {
        let line = match patience {
            Some(patience) => told.recv_timeout(patience),
            None => told.recv().map_err(RecvTimeoutError::from),
        };
        match line {
            Ok(Ok(line)) => hear(&line)?,
            Ok(Err(error)) => break Err(Failure::new(format!("reading the figures: {error}"))),
            Err(RecvTimeoutError::Disconnected) => break Ok(()),
            Err(RecvTimeoutError::Timeout) => {
                // Asked to, it ends in order. That it has ended already is fine.
                let _ = kill_process(Pid::from_child(&child), Signal::TERM);
                let silence = patience.unwrap_or_default().as_secs();
                let message = format!("the guest hangs: it said nothing for {silence} s");
                break Err(Failure::with_status(failure::HANG, message));
            }
        }
    };
    let status = child.wait().context(|| "waiting for the figures".into())?;
    heard.map(|()| code(status))
}

/// This program, to boot the guest and run its command.
fn launcher(options: &Options) -> Command {
    // Not `current_exe`: that path may hold a newer build by now, or none.
    let mut launcher = tie::command("/proc/self/exe");
    launcher.args(options.launch()).stdin(Stdio::null());
    launcher
}

/// The exit status to pass on.
fn code(status: ExitStatus) -> u8 {
    status.code().and_then(|code| code.try_into().ok()).unwrap_or(failure::LAUNCHER)
}

/// What decides whether figures can be compared: whose instructions they are, and who executes them.
fn machine(options: &Options) -> Result<Value> {
    let qemu = version(Command::new(qemu::program()).arg("--version"), 3)?;
    let rustc = version(Command::new("rustc").arg("--version").current_dir(workspace::root()), 1)?;
    Ok(json!({ "qemu": qemu, "cpu": CPU, "smp": options.smp(), "icount": options.icount, "rustc": rustc }))
}

/// A program's version: that word of what it says.
fn version(command: &mut Command, word: usize) -> Result<String> {
    let program = command.get_program().display().to_string();
    let output = command.output().context(|| format!("asking {program} for its version"))?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    Ok(said.split_whitespace().nth(word).unwrap_or("unknown").to_owned())
}

/// Adds the run to the history, and draws the page, with that part about the timeline. Returns where the history is.
fn keep(
    options: &Options,
    machine: &Value,
    figures: &[Figure],
    ratios: &[Ratio],
    timeline: &str,
) -> Result<PathBuf> {
    let folder = workspace::target().join("bench");
    fs::create_dir_all(&folder).context(|| format!("making {}", folder.display()))?;
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
    let medians: Map<String, Value> =
        figures.iter().map(|figure| (figure.name.clone(), figure.median.into())).collect();
    let mut run = json!({ "time": seconds, "commit": commit(), "machine": machine, "samples": options.samples(), "median_ns": medians });
    if !ratios.is_empty() {
        run["ratio"] = ratios::to_value(ratios);
    }
    let history = folder.join("history.jsonl");
    let about = || format!("writing {}", history.display());
    let mut file = fs::OpenOptions::new().create(true).append(true).open(&history).context(about)?;
    writeln!(file, "{run}").context(about)?;
    let before = fs::read_to_string(&history).context(|| format!("reading {}", history.display()))?;
    let page = folder.join("report.html");
    fs::write(&page, page::html(machine, figures, &before, timeline))
        .context(|| format!("writing {}", page.display()))?;
    eprintln!("plots: {}", page.display());
    Ok(history)
}

/// The commit that is checked out, with a + when files differ from it; `None` where git does not know.
fn commit() -> Option<String> {
    let git = |arguments: &[&str]| {
        let output = Command::new("git").args(arguments).current_dir(workspace::root()).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let changed = !git(&["status", "--porcelain", "--untracked-files=no"])?.is_empty();
    Some(git(&["rev-parse", "--short", "HEAD"])? + if changed { "+" } else { "" })
}
