//! What holds for every command.

use super::*;
use crate::{
    env::{OpenFlags, System},
    io::BROKEN_PIPE,
};

/// Commands with an output of their own, and the words that make them print something.
const PRINTING: &[(&str, &[&str])] = &[
    ("cat", &["/big"]),
    ("date", &[]),
    ("dmesg", &[]),
    ("echo", &["x"]),
    ("free", &[]),
    ("grep", &["1", "/big"]),
    ("head", &["-n", "900", "/big"]),
    ("less", &["/big"]),
    ("ls", &["/dev"]),
    ("lscpu", &[]),
    ("lspci", &[]),
    ("man", &["ls"]),
    ("more", &["/big"]),
    ("pgrep", &["-f", "idle"]),
    ("pidof", &["[idle]"]),
    ("printf", &["x"]),
    ("ps", &[]),
    ("pwd", &[]),
    ("seq", &["1000"]),
    ("sort", &["/big"]),
    ("tail", &["-n", "900", "/big"]),
    ("top", &["-b", "-n", "1"]),
    ("tput", &["bold"]),
    ("uname", &[]),
    ("uniq", &["/big"]),
    ("uptime", &[]),
    ("vmstat", &[]),
    ("wc", &["/big"]),
    ("yes", &[]),
];

fn system() -> FakeSystem {
    let sys = FakeSystem::new();
    let big: String = (0..1000).map(|i| alloc::format!("line {i}\n")).collect();
    sys.set_file("/big", big);
    sys.set_file("/dev/kmsg", "[0.0] hello\n");
    sys.set_file("/proc/meminfo", "MemTotal: 32768 kB\nMemFree: 30000 kB\n");
    sys.set_file("/proc/cpuinfo", "processor : 0\nvendor_id : GenuineIntel\n");
    sys.set_file("/proc/pci", "00:00.0 0600 8086:29c0 rev 00\n");
    sys.set_file("/proc/stat", "cpu 0 0 10 90\nsched0 100 50 5 900000\n");
    sys.set_file("/proc/tasks", "PID STATE CPU POLLS WAKES BUSY_US COMMAND\n1 S 0 5 4 1200 [idle]\n");
    sys
}

#[test]
fn a_closed_pipe_ends_it_silently() {
    for (name, args) in PRINTING {
        let finished = Run::new(&system(), name).args(*args).close_stdout_after(0).run();
        assert_eq!((finished.status, finished.error_text().as_str()), (BROKEN_PIPE, ""), "{name}");
    }
}

#[test]
fn a_full_device_is_an_error_with_a_message() {
    for (name, args) in PRINTING {
        let sys = system();
        let full = sys.block_on(sys.open("/dev/full".into(), OpenFlags::WRITE)).unwrap();
        let finished = Run::new(&sys, name).args(*args).stdout(full).run();
        let message = alloc::format!("{name}: write error: No space left on device\n");
        assert_eq!((finished.status, finished.error_text()), (1, message), "{name}");
    }
}

#[test]
fn help_and_bad_options() {
    for command in COMMANDS {
        let name = command.name;
        let help = Run::new(&system(), name).args(["--help"]).run();
        match name {
            "test" => {
                assert_eq!((help.status, help.text().as_str()), (0, ""), "a word that is not empty is true")
            }
            "false" => assert_eq!(help.status, 1),
            _ => assert_eq!(help.status, 0, "{name}"),
        }
        if name != "test" {
            assert!(
                help.text().contains(command.synopsis) && help.text().contains(command.summary),
                "{name}"
            );
        }
        if ["[", "test", "true", "false", "echo", "expr", "printf"].contains(&name) {
            continue; // these take any word
        }
        let bad = Run::new(&system(), name).args(["-@"]).run();
        let text = alloc::format!("{name}: invalid option -- '@'\nusage: {}\n", command.synopsis);
        assert_eq!((bad.status, bad.error_text(), bad.text().as_str()), (2, text, ""), "{name}");
    }
}

#[test]
fn missing_and_unreadable_files_are_named() {
    for name in ["cat", "head", "tail", "wc", "sort", "uniq"] {
        let missing = Run::new(&system(), name).args(["/none"]).run();
        let text = alloc::format!("{name}: /none: No such file or directory\n");
        let status = if name == "sort" { 2 } else { 1 };
        assert_eq!((missing.status, missing.error_text()), (status, text), "{name}");

        let directory = Run::new(&system(), name).args(["/dev"]).run();
        let text = alloc::format!("{name}: /dev: Is a directory\n");
        assert_eq!((directory.status, directory.error_text()), (status, text), "{name}");
    }
}

#[test]
fn descriptors_are_closed_again() {
    let sys = system();
    let names = alloc::vec!["/big"; 600];
    let finished = Run::new(&sys, "wc").args(["-l"]).args(&names).run();
    assert_eq!((finished.status, finished.error_text().as_str()), (0, ""), "more files than OPEN_MAX");
    assert!(finished.text().ends_with("600000 total\n"), "{}", finished.text());
}
