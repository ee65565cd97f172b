//! The launcher from outside, with a stand-in for QEMU and the guest (`src/bin/fake-qemu.rs`): exit
//! statuses, standard streams, and what is left behind.

mod bench;
mod perf;

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    os::unix::process::ExitStatusExt,
    path::Path,
    process::{Command, Output, Stdio},
    thread,
};

use rustix::{
    event::{PollFd, PollFlags, poll},
    process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open},
};
use tempfile::TempDir;

/// The launcher, with everything it leaves behind going to its own folder.
struct Launcher {
    home: TempDir,
}

impl Launcher {
    fn new() -> Launcher {
        Launcher { home: tempfile::tempdir().unwrap() }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pollux"));
        let scratch = self.home.path().join("tmp");
        fs::create_dir_all(&scratch).unwrap();
        command.args(arguments);
        command.env("POLLUX_QEMU", env!("CARGO_BIN_EXE_fake-qemu"));
        // Any ELF file has symbols; the stand-in does not run it.
        command.env("POLLUX_KERNEL", env!("CARGO_BIN_EXE_fake-qemu"));
        command.env("CARGO_TARGET_DIR", self.home.path().join("target"));
        command.env("TMPDIR", scratch);
        command.env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    fn run_script(&self, steps: &str) -> Output {
        self.run(&["-c", steps])
    }

    fn left_behind(&self) -> Vec<String> {
        let scratch = fs::read_dir(self.home.path().join("tmp")).unwrap();
        scratch.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }
}

fn errors(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn the_status_and_the_streams_are_those_of_the_command() {
    let launcher = Launcher::new();
    for status in [0, 1, 7, 127, 134, 255] {
        let output = launcher.run_script(&format!("out hello\nerr world\nlog noise\nexit {status}"));
        assert_eq!(output.status.code(), Some(status));
        assert_eq!(output.stdout, b"hello\n");
        assert_eq!(errors(&output), "world\n");
    }
    assert_eq!(launcher.left_behind(), [""; 0]);
    let log = fs::read_to_string(launcher.home.path().join("target/pollux/log-last.txt")).unwrap();
    assert_eq!(log, "noise\n");
}

#[test]
fn input_comes_through_byte_for_byte() {
    let data: Vec<u8> =
        (0..1u32 << 20).map(|n| (n.wrapping_mul(2_654_435_761) >> 13).to_le_bytes()[0]).collect();
    let launcher = Launcher::new();
    let mut child = launcher.command(&["-c", "cat\nexit 0"]).stdin(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let sent = data.clone();
    let writer = thread::spawn(move || input.write_all(&sent).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(output.stdout == data, "{} of {} bytes came back, or others", output.stdout.len(), data.len());
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn a_reader_that_goes_away_ends_the_writer() {
    let launcher = Launcher::new();
    let mut child = launcher.command(&["-c", "yes\nexit 141"]).spawn().unwrap();
    let mut first = [0; 2];
    child.stdout.take().unwrap().read_exact(&mut first).unwrap();
    assert_eq!(first, *b"y\n");
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), errors(&output).as_str()), (Some(141), ""));
}

#[test]
fn an_output_that_cannot_be_written_is_told() {
    let launcher = Launcher::new();
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = launcher.command(&["-c", "out hello\nexit 0"]).stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(250));
    assert!(errors(&output).contains("writing standard output: No space left"), "{}", errors(&output));
}

#[test]
fn a_panic_shows_its_report_and_names_the_log() {
    let launcher = Launcher::new();
    let output = launcher.run_script("log boot\nlog panic: oh\nlog panic:   0: f\nquit 81");
    assert_eq!(output.status.code(), Some(251));
    let errors = errors(&output);
    assert!(errors.starts_with("pollux: panic: oh\npanic:   0: f\npollux: the guest panicked"), "{errors}");
    let log =
        errors.lines().last().unwrap().strip_prefix("pollux: the kernel log is ").expect("names the log");
    assert!(fs::read_to_string(log).unwrap().starts_with("boot\n"));
    assert_eq!(launcher.left_behind(), [""; 0]);
}

#[test]
fn silence_is_a_hang_and_says_where() {
    let launcher = Launcher::new();
    let output = launcher.run(&["--hang-after", "0.2", "-c", "log up\nsilence"]);
    assert_eq!(output.status.code(), Some(252));
    let errors = errors(&output);
    assert!(
        errors.starts_with("pollux: the guest hangs: no sign of life for 0.2 s\nCPU 0 is in "),
        "{errors}"
    );
    assert!(errors.contains("the kernel log is "), "{errors}");
    assert_eq!(launcher.left_behind(), [""; 0]);
}

#[test]
fn a_guest_that_answers_does_not_hang_however_long_it_is_quiet() {
    let output = Launcher::new().run(&["--hang-after", "1", "-c", "pings 6\nexit 3"]);
    assert_eq!((output.status.code(), errors(&output).as_str()), (Some(3), ""));
}

#[test]
fn a_guest_whose_output_nobody_takes_does_not_hang() {
    let launcher = Launcher::new();
    let mut child = launcher.command(&["--hang-after", "0.2", "-c", "yes\nexit 0"]).spawn().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    // Two launchers that hang for good come and go while this one only waits for us.
    for _ in 0..2 {
        assert_eq!(launcher.run(&["--hang-after", "0.2", "-c", "silence"]).status.code(), Some(252));
    }
    let mut first = [0; 2];
    stdout.read_exact(&mut first).unwrap();
    drop(stdout);
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), errors(&output).as_str()), (Some(0), ""));
}

#[test]
fn a_reset_is_told_from_a_reboot() {
    let launcher = Launcher::new();
    let output = launcher.run_script("reset");
    assert_eq!(output.status.code(), Some(253));
    assert!(errors(&output).contains("the guest reset itself (triple fault)"), "{}", errors(&output));
    let output = launcher.run_script("reboot");
    assert_eq!((output.status.code(), errors(&output).as_str()), (Some(0), ""));
    let output = launcher.run_script("quit 0");
    assert_eq!(output.status.code(), Some(253));
    assert!(errors(&output).contains("without telling a status"), "{}", errors(&output));
}

#[test]
fn a_qemu_that_fails_says_why() {
    let launcher = Launcher::new();
    let output =
        launcher.command(&["-c", "exit 0"]).env("FAKE_QEMU_COMPLAINT", "no such CPU").output().unwrap();
    assert_eq!(output.status.code(), Some(250));
    assert!(errors(&output).contains("no such CPU"), "{}", errors(&output));
    let output = launcher.run_script("complain I am tired\nquit 3");
    assert_eq!(output.status.code(), Some(250));
    assert!(errors(&output).contains("I am tired"), "{}", errors(&output));
    let output = launcher.command(&["-c", "exit 0"]).env("POLLUX_QEMU", "/no/such/qemu").output().unwrap();
    assert_eq!(output.status.code(), Some(250));
    assert!(errors(&output).contains("/no/such/qemu: No such file"), "{}", errors(&output));
    assert_eq!(launcher.left_behind(), [""; 0]);
}

/// Starts a guest that never ends and returns the launcher with the process id of its QEMU.
fn endless(launcher: &Launcher) -> (std::process::Child, Pid) {
    let mut child = launcher.command(&["-c", "pid\nsilence"]).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    let qemu = Pid::from_raw(line.trim().parse().unwrap()).unwrap();
    (child, qemu)
}

#[test]
fn a_signal_ends_the_launcher_in_order() {
    for (signal, status) in [(Signal::INT, 130), (Signal::TERM, 143), (Signal::HUP, 129)] {
        let launcher = Launcher::new();
        let (child, qemu) = endless(&launcher);
        kill_process(Pid::from_child(&child), signal).unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(status));
        assert!(!Path::new(&format!("/proc/{}", qemu.as_raw_nonzero())).exists(), "QEMU is still there");
        assert_eq!(launcher.left_behind(), [""; 0]);
    }
}

#[test]
fn qemu_dies_with_a_launcher_that_is_killed() {
    let launcher = Launcher::new();
    let (child, qemu) = endless(&launcher);
    let qemu = pidfd_open(qemu, PidfdFlags::empty()).unwrap();
    kill_process(Pid::from_child(&child), Signal::KILL).unwrap();
    assert_eq!(child.wait_with_output().unwrap().status.signal(), Some(9));
    poll(&mut [PollFd::new(&qemu, PollFlags::IN)], None).unwrap();
}

#[test]
fn bad_options_are_told_before_anything_starts() {
    let launcher = Launcher::new();
    let missing = launcher.home.path().join("missing");
    let missing = missing.to_str().unwrap();
    let cases: [(&[&str], &str); 6] = [
        (&["--smp", "0", "-c", "exit 0"], "--smp 0: the number of CPUs is 1 to 64"),
        (&["--mem", "1", "-c", "exit 0"], "--mem 1: Pollux needs at least 32 MiB"),
        (&["--files", missing, "-c", "exit 0"], "missing: No such file or directory"),
        (&["--files", "/dev/null", "-c", "exit 0"], "/dev/null: not a folder"),
        (&["--display"], "--display: there is no screen here"),
        (&["--bogus"], "--bogus"),
    ];
    for (arguments, expected) in cases {
        let output = launcher.run(arguments);
        assert_eq!(output.status.code(), Some(250), "{arguments:?}");
        let errors = errors(&output);
        assert!(errors.starts_with("pollux: ") && errors.contains(expected), "{arguments:?}: {errors}");
        assert_eq!(output.stdout, b"");
    }
    assert_eq!(launcher.left_behind(), [""; 0]);
}

#[test]
fn files_that_do_not_fit_into_memory_are_told() {
    let launcher = Launcher::new();
    let folder = launcher.home.path().join("files");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("big"), vec![0; 3 << 20]).unwrap();
    let folder = folder.to_str().unwrap();
    let output = launcher.run(&["--mem", "32", "--files", folder, "-c", "exit 0"]);
    assert_eq!(output.status.code(), Some(250));
    assert!(
        errors(&output).contains("--mem 32 is too little for --files: write --mem 40"),
        "{}",
        errors(&output)
    );
    assert_eq!(launcher.run(&["--mem", "40", "--files", folder, "-c", "exit 0"]).status.code(), Some(0));
}

#[test]
fn the_help_goes_to_standard_output() {
    let output = Launcher::new().run(&["--help"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(String::from_utf8(output.stdout).unwrap().starts_with("Pollux"));
}
