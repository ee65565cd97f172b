//! `perf record`, as far as it is the launcher's: where files go, and what is said when they do not come.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::PathBuf,
    process::Output,
};

use rustix::process::{Pid, Signal, kill_process};

use super::{Launcher, errors};

/// A recording of these steps, with places for what comes.
struct Recording {
    launcher: Launcher,
    place: PathBuf,
}

impl Recording {
    fn new() -> Recording {
        let launcher = Launcher::new();
        let place = launcher.home.path().join("recorded");
        fs::create_dir(&place).unwrap();
        Recording { launcher, place }
    }

    fn path(&self, name: &str) -> String {
        self.place.join(name).into_os_string().into_string().unwrap()
    }

    /// Runs the steps with these options, each with a file in the place for them.
    fn run(&self, steps: &str, places: &[(&str, &str)]) -> Output {
        let paths: Vec<_> =
            places.iter().map(|(option, name)| [(*option).to_owned(), self.path(name)]).collect();
        let options = paths.iter().flatten().map(String::as_str);
        self.launcher.run(&["perf", "record", steps].into_iter().chain(options).collect::<Vec<_>>())
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }
}

#[test]
fn files_come_to_where_the_options_say_and_the_command_keeps_its_streams_and_status() {
    let recording = Recording::new();
    let steps = "order\nout \nfile trace.json\nbytes {}\ncomplete\nfile ctf/metadata\nbytes m\nbytes n\ncomplete\nexit 3";
    let output = recording.run(steps, &[("--perfetto", "t.json"), ("--ctf", "ctf")]);
    assert_eq!(output.status.code(), Some(3), "{}", errors(&output));
    assert_eq!(String::from_utf8_lossy(&output.stdout), "perfetto\nctf\n");
    assert_eq!((recording.read("t.json"), recording.read("ctf/metadata")), ("{}".into(), "mn".into()));
    assert_eq!(recording.launcher.left_behind(), [""; 0]);
}

#[test]
fn stacks_become_text_and_a_picture() {
    let recording = Recording::new();
    let steps = "file samples\nbytes dd;0x1;0x2 4\ncomplete\nexit 0";
    let output = recording.run(steps, &[("--folded", "f"), ("--flamegraph", "f.svg")]);
    assert_eq!(output.status.code(), Some(0), "{}", errors(&output));
    assert_eq!(recording.read("f"), "dd;0x1;0x2 4\n");
    assert!(recording.read("f.svg").contains("<svg"));
}

#[test]
fn a_dash_is_standard_output_which_the_command_leaves_to_it() {
    let recording = Recording::new();
    let steps =
        "out said\nfile samples\nbytes dd;0x1;0x2 4\ncomplete\nfile trace.json\nbytes {}\ncomplete\nexit 3";
    let run = |steps: &str, options: &[&str]| {
        let mut command = recording.launcher.command(&[&["perf", "record", steps], options].concat());
        command.current_dir(&recording.place).output().unwrap()
    };
    for (options, expected) in [
        (["--folded", "-", "--perfetto", "t.json"], "dd;0x1;0x2 4\n"),
        (["--folded", "f", "--perfetto", "-"], "{}"),
    ] {
        let output = run(steps, &options);
        assert_eq!(output.status.code(), Some(3), "{}", errors(&output));
        assert_eq!(String::from_utf8_lossy(&output.stdout), expected);
        assert!(errors(&output).starts_with("said\n"), "{}", errors(&output));
    }
    let picture = run("file samples\nbytes dd;0x1 4\ncomplete\nexit 0", &["--flamegraph", "-"]);
    assert!(picture.stdout.starts_with(b"<?xml") && picture.stdout.ends_with(b"</svg>"), "{picture:?}");
    assert_eq!((recording.read("t.json"), recording.read("f")), ("{}".into(), "dd;0x1;0x2 4\n".into()));
    assert!(!recording.place.join("-").exists());
    let nothing = recording.launcher.run(&["perf", "record", "exit 0", "--perfetto", "-"]);
    assert!(errors(&nothing).contains("standard output: nothing came for it"), "{}", errors(&nothing));
    let folder = recording.launcher.run(&["perf", "record", "out ran\nexit 0", "--ctf", "-"]);
    assert_eq!((folder.status.code(), folder.stdout.as_slice()), (Some(250), &b""[..]));
    assert!(errors(&folder).contains("name a folder"), "{}", errors(&folder));
}

#[test]
fn what_came_of_a_guest_that_dies_is_kept_and_said() {
    let recording = Recording::new();
    let output = recording.run(
        "file trace.json\nbytes {\"half\nlog panic: oh\nquit 81",
        &[("--perfetto", "t.json"), ("--ctf", "ctf")],
    );
    assert_eq!(output.status.code(), Some(251));
    let errors = errors(&output);
    assert!(errors.contains("t.json: 6 bytes came, and not the rest"), "{errors}");
    assert!(errors.contains("ctf: nothing came for it"), "{errors}");
    assert_eq!(recording.read("t.json"), "{\"half");
}

#[test]
fn what_came_before_a_signal_is_said() {
    let recording = Recording::new();
    let path = recording.path("t.json");
    let steps = "file trace.json\nbytes half\nout now\nsilence";
    let mut child =
        recording.launcher.command(&["perf", "record", steps, "--perfetto", &path]).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    assert!(errors(&output).contains("t.json: 4 bytes came, and not the rest"), "{}", errors(&output));
}

#[test]
fn a_guest_that_sends_nothing_is_a_failure() {
    let recording = Recording::new();
    let output = recording.run("exit 0", &[("--perfetto", "t.json")]);
    assert_eq!(output.status.code(), Some(250));
    assert!(errors(&output).contains("t.json: nothing came for it"), "{}", errors(&output));
    assert!(!recording.place.join("t.json").exists());
    let output = recording.run("file samples\ncomplete\nexit 0", &[("--folded", "f")]);
    assert_eq!(output.status.code(), Some(250));
    assert!(errors(&output).contains("there are no samples"), "{}", errors(&output));
}

#[test]
fn what_cannot_be_written_is_said_before_anything_runs() {
    let recording = Recording::new();
    for (option, name) in [("--perfetto", "no/t.json"), ("--flamegraph", "no/f.svg"), ("--folded", "no/f")] {
        let output = recording.run("out ran\nexit 0", &[(option, name)]);
        assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(250), &b""[..]));
        assert!(errors(&output).contains(&format!("{name}: No such file")), "{}", errors(&output));
    }
    fs::write(recording.place.join("file"), "mine").unwrap();
    let output = recording.run("exit 0", &[("--ctf", "file")]);
    assert_eq!(output.status.code(), Some(250));
    assert_eq!(recording.read("file"), "mine");
    let full = recording.launcher.run(&[
        "perf",
        "record",
        "file trace.json\nbytes x\ncomplete\nexit 0",
        "--perfetto",
        "/dev/full",
    ]);
    assert!(errors(&full).contains("writing /dev/full: No space left"), "{}", errors(&full));
    assert_eq!(full.status.code(), Some(250));
}
