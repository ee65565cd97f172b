//! Commands that tell of the system and its time, and conditions.

use super::*;
use crate::env::{Power, System};
use core::time::Duration;

#[test]
fn time_passes() {
    let sys = FakeSystem::new();
    check(
        &sys,
        &[
            ("date", "", "Tue Nov 14 22:13:20 UTC 2023\n", 0),
            ("date +%Y-%m-%d~%H:%M:%S~%s", "", "2023-11-14 22:13:20 1700000000\n", 0),
            (
                "date -u -d @951782400 +%F~%a~%j~%e~%I%p~%-m~%%~%Q",
                "",
                "2000-02-29 Tue 060 29 12AM 2 % %Q\n",
                0,
            ),
            ("date -I", "", "2023-11-14\n", 0),
            ("date -d @0 +%c", "", "Thu Jan  1 00:00:00 1970\n", 0),
            ("date -d @99999999999999", "", "!invalid date", 1),
            ("date -d never", "", "!invalid date 'never'", 1),
            ("date now", "", "!unexpected operand", 2),
            ("uptime", "", " 22:13:20 up 0 min\n", 0),
            ("sleep 1.5m 30", "", "", 0),
            ("uptime", "", " 22:15:20 up 2 min\n", 0),
            ("sleep 25h", "", "", 0),
            ("uptime", "", " 23:15:20 up 1 day,  1:02\n", 0),
            ("uptime -p", "", "up 1 day, 1 hour, 2 minutes\n", 0),
            ("uptime -s", "", "2023-11-14 22:13:20\n", 0),
            ("sleep", "", "!missing operand", 2),
            ("sleep 1x", "", "!invalid time interval '1x'", 2),
            ("sleep -1", "", "!invalid time interval '-1'", 2),
        ],
    );
    assert_eq!(sys.uptime(), Duration::from_secs(120 + 25 * 3600));
}

#[test]
fn proc_files_are_shown() {
    let sys = FakeSystem::new();
    sys.set_file(
        "/proc/tasks",
        "PID STATE CPU POLLS WAKES BUSY_US COMMAND\n1 S 0 50 49 1500000 [kernel log]\n12 R 1 7 6 2000 sh -c ps  -f\n",
    );
    sys.set_file(
        "/proc/meminfo",
        "MemTotal:  32768 kB\nMemFree: 30720 kB\nKernelImage: 900 kB\nHeapUsed: 100 kB\nHeapTotal: 1024 kB\n",
    );
    sys.set_file("/dev/kmsg", "[0.1] up\n");
    sys.set_file(
        "/proc/cpuinfo",
        "processor : 0\nvendor_id : X\nmodel name : Y Z\n\nprocessor : 1\nvendor_id : X\n",
    );
    sys.set_file("/proc/pci", "00:1f.2 0106 8086:2922 rev 02\n00:02.0 ff00 dead:beef rev 00\n");
    check(
        &sys,
        &[
            (
                "ps",
                "",
                "PID STATE BUSY_S COMMAND\n  1 S      1.500 [kernel log]\n 12 R      0.002 sh -c ps  -f\n",
                0,
            ),
            (
                "ps -f",
                "",
                "PID STATE CPU POLLS WAKES BUSY_S COMMAND\n  1 S       0    50    49  1.500 [kernel log]\n 12 R       1     7     6  0.002 sh -c ps  -f\n",
                0,
            ),
            ("dmesg", "", "[0.1] up\n", 0),
            (
                "lspci",
                "",
                "00:1f.2 SATA controller: Intel 82801IR/IO/IH (ICH9R/DO/DH) 6 port SATA Controller [AHCI mode] (rev 02)\n00:02.0 Class ff00: Vendor dead Device beef\n",
                0,
            ),
            ("lspci -n", "", "00:1f.2 0106: 8086:2922 (rev 02)\n00:02.0 ff00: dead:beef\n", 0),
        ],
    );
    let free = run(&sys, "free", b"").text();
    let words: Vec<&str> = free.split_whitespace().collect();
    assert_eq!(words[..7], ["total", "used", "free", "Mem:", "32768", "2048", "30720"]);
    assert_eq!(words[7..11], ["Heap:", "1024", "100", "924"]);
    assert!(run(&sys, "free -h", b"").text().contains("2.0M"));
    let lscpu = run(&sys, "lscpu", b"").text();
    assert!(
        lscpu.contains("CPU(s):                 2\n") && lscpu.contains("Model name:             Y Z\n"),
        "{lscpu}"
    );

    let missing = run(&FakeSystem::new(), "ps", b"");
    assert_eq!(
        (missing.status, missing.error_text().as_str()),
        (1, "ps: /proc/tasks: No such file or directory\n")
    );
}

#[test]
fn environment_and_names() {
    let sys = FakeSystem::new();
    let with = |line: &str| {
        let mut words = line.split(' ');
        let run = Run::new(&sys, words.next().unwrap()).args(words).env("A", "1").env("B", "2").cwd("/tmp");
        let finished = run.run();
        (finished.text(), finished.status)
    };
    assert_eq!(with("env"), ("A=1\nB=2\n".into(), 0));
    assert_eq!(with("env -u A C=3"), ("B=2\nC=3\n".into(), 0));
    assert_eq!(with("env -i X=1 printenv"), ("X=1\n".into(), 0));
    assert_eq!(with("env A=9 printenv A -n"), ("".into(), 2));
    assert_eq!(with("env false"), ("".into(), 1));
    assert_eq!(with("env nonsense"), ("".into(), 127));
    assert_eq!(with("env A=3 sh -c printenv"), ("A=3\nB=2\nPWD=/tmp\n".into(), 0));
    assert_eq!(with("printenv A"), ("1\n".into(), 0));
    assert_eq!(with("printenv A Z"), ("1\n".into(), 1));
    assert_eq!(with("pwd"), ("/tmp\n".into(), 0));
    check(
        &sys,
        &[
            ("basename /a/b.rs", "", "b.rs\n", 0),
            ("basename /a/b.rs .rs", "", "b\n", 0),
            ("basename -s .c x/a.c b.c", "", "a\nb\n", 0),
            ("basename .rs .rs", "", ".rs\n", 0),
            ("basename", "", "!missing operand", 2),
            ("dirname /a/b c /", "", "/a\n.\n/\n", 0),
            ("uname", "", "Pollux\n", 0),
            ("uname -sm", "", "Pollux x86_64\n", 0),
            ("clear", "", "\x1b[H\x1b[2J\x1b[3J", 0),
            ("true x", "", "", 0),
            ("false", "", "", 1),
        ],
    );
}

#[test]
fn power_is_asked_for() {
    let sys = FakeSystem::new();
    check(&sys, &[("poweroff 7", "", "!poweroff: No such device\n", 1)]);
    assert_eq!(sys.powered(), Some((Power::Off, 7)));
    check(&sys, &[("reboot", "", "!reboot: No such device\n", 1)]);
    assert_eq!(sys.powered(), Some((Power::Reboot, 0)));
    check(
        &sys,
        &[("poweroff 256", "", "!invalid status '256'", 2), ("poweroff 1 2", "", "!extra operand '2'", 2)],
    );
}

#[test]
fn conditions() {
    let sys = FakeSystem::new();
    sys.set_file("/f", "x");
    sys.set_file("/empty", "");
    let yes = [
        "-f /f",
        "-d /tmp",
        "-e /dev/null",
        "-c /dev/null",
        "-s /f",
        "! -s /empty",
        "x",
        "-n x",
        "-z ",
        "a = a",
        "a != b",
        "1 -lt 2",
        "2 -ge 2",
        "-1 -eq -1",
        "a < b",
        "x -a y",
        " -o y",
        "( x )",
        "! ( x -a  )",
        "-f",
        "=",
        "! = !",
        "( = (",
        "! x -o y",
        "-r /f -a -w /f",
        "/f -ef /f",
        "/f -nt /none",
        "--help",
    ];
    let no =
        ["", "-d /f", "-f /none", "-n ", "a = b", "2 -lt 1", "! x", "x -a ", "-t 1", "-x /f", "-L /f", "-f "];
    for (line, status) in yes.iter().map(|line| (line, 0)).chain(no.iter().map(|line| (line, 1))) {
        let test = Run::new(&sys, "test").args(line.split(' ')).run();
        assert_eq!((test.status, test.error_text().as_str()), (status, ""), "test {line}");
        let bracket = Run::new(&sys, "[").args(line.split(' ').chain(["]"])).run();
        assert_eq!(bracket.status, status, "[ {line} ]");
    }
    check(
        &sys,
        &[
            ("test 1 -eq x", "", "!test: integer expression expected: 'x'\n", 2),
            ("test a b c", "", "!unexpected 'b'", 2),
            ("test ( x", "", "!')' expected", 2),
            ("[ x", "", "![: missing ']'", 2),
        ],
    );
    assert_eq!(Run::new(&sys, "test").run().status, 1, "nothing is false");
}
