//! `./run.sh perf record`: what it writes is read by readers that know the formats alone.

use std::{collections::BTreeSet, fs, path::Path, process::Command};

use crate::{
    guest::{
        Alone, Check, Laboratory,
        readers::{ctf::Layout, trace_events},
    },
    tie,
};

pub(super) const TESTS: &[Alone] = &[
    ("a pipeline's stages are slices on CPUs with wakes between them", pipeline),
    ("the Common Trace Format is read by what its metadata says", common_trace_format),
    ("a flame graph names what ran, with the stage and the way there", flame_graph),
    ("what cannot be recorded is said, with a status", bad_input),
    ("the hosted build has the same commands, which say the same", hosted),
];

const PIPELINE: &str = "dd if=/dev/zero bs=64k count=100 2> /dev/null | cat > /dev/null";

fn pipeline(laboratory: &Laboratory) -> Check {
    let path = laboratory.scratch().join("trace.json");
    let path_text = path.to_string_lossy();
    let run = laboratory.run(&["perf", "record", PIPELINE, "--perfetto", &path_text], b"")?;
    check!(run.status == Some(0) && run.output.is_empty(), "{}", laboratory.describe(&run));
    check!(run.errors.contains("pollux: lost: 0 events"), "{}", laboratory.describe(&run));
    let events = trace_events::read(&read(&path)?)?;
    for stage in ["dd", "cat"] {
        let on_cpus = events.slices.iter().filter(|slice| slice.name == stage && slice.depth == 0);
        let tracks: BTreeSet<_> = on_cpus.map(|slice| slice.track.as_str()).collect();
        check!(
            !tracks.is_empty() && tracks.iter().all(|track| track.starts_with("CPU ")),
            "{stage} has no slices on a CPU but on {tracks:?}"
        );
    }
    for (from, to) in [("dd", "cat"), ("cat", "dd")] {
        let wakes = events.arrows.iter().filter(|arrow| (arrow.0.as_str(), arrow.1.as_str()) == (from, to));
        check!(wakes.count() > 0, "{from} never wakes {to}: {:?}", events.arrows);
    }
    let interrupts = events.slices.iter().filter(|slice| slice.name.starts_with("interrupt "));
    check!(interrupts.count() > 0, "no interrupt is a slice");
    Ok(())
}

fn common_trace_format(laboratory: &Laboratory) -> Check {
    let folder = laboratory.scratch().join("ctf");
    let folder_text = folder.to_string_lossy();
    let run = laboratory
        .run(&["--smp", "1", "perf", "record", PIPELINE, "-e", "pipe,poll", "--ctf", &folder_text], b"")?;
    check_eq!(run.status, Some(0), "{}", laboratory.describe(&run));
    let layout = Layout::of(&read(&folder.join("metadata"))?)?;
    let stream = fs::read(folder.join("cpu_0")).map_err(|error| format!("the stream of CPU 0: {error}"))?;
    let (events, discarded) = layout.read(&stream)?;
    check_eq!(discarded, 0, "discarded events");
    for (name, task) in [("pipe:send", "dd"), ("pipe:receive", "cat")] {
        let of_task =
            events.iter().filter(|event| event.name == name && event.text("task_name") == Some(task));
        let bytes: u64 = of_task.filter_map(|event| event.number("bytes")).sum();
        check_eq!(bytes, 100 * 65536, "bytes of {name} by {task}");
    }
    check!(
        events.iter().all(|event| event.name.starts_with("pipe:") || event.name.starts_with("poll:")),
        "other events"
    );
    match Command::new("babeltrace2").arg(&folder).output() {
        Ok(output) => {
            let lines = output.stdout.iter().filter(|&&byte| byte == b'\n').count();
            check!(
                output.status.success() && lines == events.len(),
                "babeltrace2 reads {lines} of {}: {output:?}",
                events.len()
            );
        }
        Err(error) => println!("     not checked with babeltrace2: {error}"),
    }
    Ok(())
}

fn flame_graph(laboratory: &Laboratory) -> Check {
    let (picture, folded) = (laboratory.scratch().join("f.svg"), laboratory.scratch().join("f"));
    let (picture_text, folded_text) = (picture.to_string_lossy(), folded.to_string_lossy());
    let outputs = ["--flamegraph", &picture_text, "--folded", &folded_text, "-F", "2000"];
    let command = "seq 1 300000 | sort -n | wc -l > /dev/null";
    let run = laboratory.run(&[&["perf", "record", command], &outputs[..]].concat(), b"")?;
    check_eq!(run.status, Some(0), "{}", laboratory.describe(&run));
    let stacks = read(&folded)?;
    let of_sort = stacks.lines().filter(|line| line.starts_with("sort;pollux_shell::"));
    let deep = of_sort.filter(|line| line.matches(';').count() > 3);
    check!(deep.count() > 0, "no stack leads into sort:\n{stacks}");
    let svg = read(&picture)?;
    let mut reader = quick_xml::Reader::from_str(&svg);
    let mut titles = 0;
    loop {
        match reader.read_event().map_err(|error| format!("the picture is no XML: {error}"))? {
            quick_xml::events::Event::Start(element) if element.name().as_ref() == b"title" => titles += 1,
            quick_xml::events::Event::Eof => break,
            _ => {}
        }
    }
    check!(titles > 10, "only {titles} frames have a title");
    Ok(())
}

fn bad_input(laboratory: &Laboratory) -> Check {
    let path = laboratory.scratch().join("none.json");
    let path_text = path.to_string_lossy();
    let record = ["perf", "record", "echo ran", "--perfetto", &path_text];
    let unknown = laboratory.run(&[&record[..], &["-e", "pipe,disk"]].concat(), b"")?;
    check!(
        unknown.status == Some(1)
            && unknown.output.is_empty()
            && unknown.errors.contains("no event or group is called 'disk'"),
        "{}",
        laboratory.describe(&unknown)
    );
    let large = laboratory.run(&[&["--mem", "32"], &record[..], &["-b", "65536"]].concat(), b"")?;
    check!(
        large.status == Some(1) && large.errors.contains("65536 records for each of 2 CPUs need"),
        "{}",
        laboratory.describe(&large)
    );
    let early = laboratory.run(&["perf", "record", "poweroff", "--perfetto", &path_text], b"")?;
    check!(
        early.status == Some(250) && early.errors.contains("nothing came for it"),
        "{}",
        laboratory.describe(&early)
    );
    check!(!path.exists(), "an empty file is left");
    Ok(())
}

fn read(path: &Path) -> Check<String> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

/// What the commands say, but for the numbers, and for what only a machine has: interrupts, a channel, somebody who shows
/// the output.
const SAID: &str = "
    exec 2>&1
    perf --help; trace --help; tasks --help; perf list; perf list pipe no:such; echo status $?
    perf enable pipe:receive no:such; echo status $?
    perf configure -r 99; echo status $?
    perf configure -b 1000000000; echo status $?
    perf configure -r 1000 -b 4096; echo status $?
    perf enable pipe job; seq 3 | cat > /dev/null; perf stats pipe:receive; echo status $?
    perf disable; perf baseline save usual; perf baseline show usual; echo status $?
    perf check-regression -t 5; echo status $?
    perf check-regression -b nosuch -t 5; echo status $?
    perf baseline load usual; perf check-regression -t 5; echo status $?
    trace on pipe; seq 3 | cat > /dev/null; trace off; trace dump | grep -v stdout; trace export csv | grep -v stdout
    trace export nosuch; echo status $?
    trace clear; trace dump; echo status $?
    trace sh -c 'exit 3' 2>&1 | grep -E 'spawn|complete|shell'; perf stat true 2>&1 | grep -E '^(task|shell)'
    perf sched true | head -n 1
    tasks | head -n 1; tasks --waits | tail -n 1; tasks --stuck 1000; echo status $?; tasks --nosuch; echo status $?
    perf nosuch; echo status $?";

fn hosted(laboratory: &Laboratory) -> Check {
    let run = laboratory.run(&["-c", SAID], b"")?;
    let guest = masked(&run.output);
    check!(run.status == Some(0) && guest.len() > 100, "{}", laboratory.describe(&run));
    let run = tie::command("/proc/self/exe").args(["host", "-c", SAID]).output();
    let run = run.map_err(|error| format!("running the launcher: {error}"))?;
    let hosted = masked(&run.stdout);
    for (guest, hosted) in guest.iter().zip(&hosted) {
        check_eq!(hosted, guest, "what the hosted build says, and the guest");
    }
    check_eq!(hosted.len(), guest.len(), "lines of the hosted build, and of the guest");
    Ok(())
}

/// The words of each line, with `N` for a number and for a number with its unit.
fn masked(text: &[u8]) -> Vec<String> {
    let number = |c: char| c.is_ascii_digit() || c == '.';
    let word = |word: &str| {
        let mut masked = String::new();
        for c in word.chars() {
            match (c.is_ascii_digit(), masked.ends_with('N') && number(c)) {
                (_, true) => {}
                (true, false) => masked.push('N'),
                (false, false) => masked.push(c),
            }
        }
        masked
    };
    let line = |line: &str| {
        let units = ["ns", "us", "ms", "s"];
        let words = line.split_whitespace().filter(|word| !units.contains(word)).map(word);
        words.collect::<Vec<_>>().join(" ")
    };
    String::from_utf8_lossy(text).lines().map(line).collect()
}
