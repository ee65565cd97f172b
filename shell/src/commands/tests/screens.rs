//! Full-screen commands: keys in, screens out.

use alloc::{
    collections::BTreeMap,
    string::{String, ToString},
    sync::Arc,
    vec::Vec,
};
use bstr::{BString, ByteSlice};
use core::{
    future::{Future, poll_fn},
    time::Duration,
};
use futures_util::future::join3;

use super::*;
use crate::{
    env::{Exit, File, Job, Modes, OpenFlags, Signal, Stage, System, Terminal},
    fd::FdTable,
    process::Process,
};

/// What a person saw.
pub(super) struct Seen {
    /// The lines on the screen before each piece was typed, and at the end.
    pub screens: Vec<Vec<String>>,
    pub exit: Exit,
    /// Whether the end was on the screen that had been there before.
    pub back: bool,
}

/// Runs a command line at the fake's terminal of 10 by 40 and types the pieces, each when everybody waits.
/// Standard input is `stdin` where that is given.
pub(super) fn at_terminal(sys: &FakeSystem, line: &str, stdin: Option<&[u8]>, pieces: &[&str]) -> Seen {
    at_terminal_while(sys, line, stdin, pieces, |_| core::future::ready(()))
}

/// The same, with something that goes on beside it.
pub(super) fn at_terminal_while<F: Future>(
    sys: &FakeSystem,
    line: &str,
    stdin: Option<&[u8]>,
    pieces: &[&str],
    meanwhile: impl FnOnce(Arc<dyn Job>) -> F,
) -> Seen {
    let terminal = sys.terminal();
    terminal.resize(10, 40);
    pieces.iter().for_each(|piece| terminal.type_when_idle(piece));
    let args: Vec<BString> = line.split(' ').map(|word| word.replace('~', " ").into()).collect();
    let file: Arc<dyn File> = terminal.clone();
    let (input, feed) = match stdin {
        Some(_) => {
            let (read, write) = sys.pipe().unwrap();
            (read, Some(write))
        }
        None => (file.clone(), None),
    };
    let fds = FdTable::with_stdio(input, file.clone(), file);
    let run = find(sys, &args[0]).unwrap_or_else(|| panic!("{line}")).run;
    let env = BTreeMap::new();
    let signals = crate::env::Signals::new();
    let process = Process {
        sys: sys.port(),
        args: args.clone(),
        env: env.into(),
        cwd: "/".into(),
        umask: 0o022,
        fds: fds.clone(),
        signals: signals.clone(),
    };
    let job = sys.new_job().unwrap();
    terminal.set_foreground(Some(job.clone()));
    job.spawn(Stage { name: args[0].as_bstr(), command: line.into(), fds, signals, run: run(process) })
        .unwrap();
    let feeding = async move {
        let mut rest = stdin.unwrap_or_default();
        while let Some(feed) = &feed
            && !rest.is_empty()
            && let Ok(count) = poll_fn(|cx| feed.poll_write(cx, rest)).await
        {
            rest = &rest[count..];
        }
    };
    let (_, _, exits) = sys.block_on(join3(feeding, meanwhile(job.clone()), job.wait()));
    assert_eq!(terminal.modes(), Modes::COOKED, "{line}: the terminal is left as it was");
    let mut parser = vt100::Parser::new(10, 40, 0);
    let mut screens = Vec::new();
    for output in terminal.take_output_by_piece() {
        parser.process(output.replace("\r\n", "\n").replace("\n", "\r\n").as_bytes());
        screens.push(parser.screen().rows(0, 40).map(|line| line.trim_end().into()).collect());
    }
    assert!(!parser.screen().hide_cursor(), "{line}: the cursor is shown again");
    Seen { screens, exit: exits[0].clone(), back: !parser.screen().alternate_screen() }
}

fn numbered(lines: usize) -> String {
    (1..=lines).map(|number| alloc::format!("line {number}\n")).collect()
}

/// The first and the last row of text, and the prompt.
fn ends(screen: &[String]) -> (&str, &str, &str) {
    (&screen[0], &screen[8], &screen[9])
}

#[test]
fn less_goes_through_a_file_in_both_directions() {
    let sys = FakeSystem::new();
    sys.set_file("/f", numbered(100));
    let seen = at_terminal(
        &sys,
        "less /f",
        None,
        &[" ", "j", "k", "b", "d", "G", "u", "g", "50g", "50%", "10j", "\x1b[B", "\x1b[6~", "99k", "5 ", "q"],
    );
    let expected = [
        ("line 1", "line 9", "/f"),
        ("line 10", "line 18", ":"),
        ("line 11", "line 19", ":"),
        ("line 10", "line 18", ":"),
        ("line 1", "line 9", ":"),
        ("line 6", "line 14", ":"),
        ("line 92", "line 100", "(END)"),
        ("line 87", "line 95", ":"),
        ("line 1", "line 9", ":"),
        ("line 50", "line 58", ":"),
        ("line 51", "line 59", ":"),
        ("line 61", "line 69", ":"),
        ("line 62", "line 70", ":"),
        ("line 71", "line 79", ":"),
        ("line 1", "line 9", ":"),
        ("line 6", "line 14", ":"),
    ];
    for (number, (screen, expected)) in seen.screens.iter().zip(expected).enumerate() {
        assert_eq!(ends(screen), expected, "screen {number}");
    }
    assert_eq!((seen.exit, seen.back), (Exit::Code(0), true));
    assert_eq!(seen.screens.len(), 17);
    assert_eq!(seen.screens[16][0], "", "what was there before is back");
}

#[test]
fn less_reads_keys_from_the_terminal_while_text_comes_through_a_pipe() {
    let text = numbered(5000);
    let sys = FakeSystem::new();
    sys.set_pipe_capacity(4096);
    let seen = at_terminal(&sys, "less", Some(text.as_bytes()), &[" ", "G", "g", "=", "q"]);
    assert_eq!(ends(&seen.screens[1]), ("line 10", "line 18", ":"));
    assert_eq!(ends(&seen.screens[2]), ("line 4992", "line 5000", "(END)"));
    assert_eq!(ends(&seen.screens[3]), ("line 1", "line 9", ":"));
    assert!(seen.screens[4][9].starts_with("standard input lines 1-9 byte 63/"), "{:?}", seen.screens[4]);
}

#[test]
fn less_reads_no_more_of_a_pipe_than_it_shows_and_can_be_left_at_any_time() {
    // The feed would be stuck forever if leaving did not close the pipe.
    let endless = b"y\n".repeat(1 << 20);
    let seen = at_terminal(&FakeSystem::new(), "less", Some(&endless), &[" ", "q"]);
    assert_eq!(seen.exit, Exit::Code(0));
    let never = at_terminal(&FakeSystem::new(), "less", Some(b"first\n"), &["q"]);
    assert_eq!((never.screens[0][0].as_str(), never.exit), ("first", Exit::Code(0)));
}

#[test]
fn the_end_of_a_long_pipe_is_kept_and_the_loss_is_said() {
    let line = "x".repeat(99);
    let text: String = (0..100_000).map(|number| alloc::format!("{number:06}{line}\n")).collect();
    let sys = FakeSystem::new();
    sys.set_pipe_capacity(1 << 20);
    let seen = at_terminal(&sys, "less -S", Some(text.as_bytes()), &["G", "g", "-N", "r", "q"]);
    assert!(seen.screens[1][8].starts_with("099999xxx"), "{:?}", seen.screens[1]);
    let first = &seen.screens[2];
    assert!(first[9].contains("KiB not kept)"), "{first:?}");
    // What is left begins in the middle of a line; the next ones have the numbers that they always had.
    let number: usize = first[1][..6].parse().unwrap();
    assert!(number > 10_000, "{first:?}");
    assert!(
        seen.screens[4][1].starts_with(&alloc::format!("  {} {number:06}xxx", number + 1)),
        "{:?}",
        seen.screens[4]
    );
}

#[test]
fn searches_go_both_ways_and_are_shown_in_reverse_video() {
    let sys = FakeSystem::new();
    sys.set_file("/f", numbered(300));
    let seen = at_terminal(
        &sys,
        "less -i /f",
        None,
        &[
            "/LINE 1+5\r",
            "/line 1+5\r",
            "n",
            "N",
            "?^line [0-9]$\r",
            "/!1\r",
            "3/9$\r",
            "/nowhere\r",
            "/((\r",
            "/abc\x7f\x15\x7f",
            "q",
        ],
    );
    let prompts: Vec<_> =
        seen.screens.iter().map(|screen| (screen[0].as_str(), screen[9].as_str())).collect();
    assert_eq!(
        prompts[1..9],
        [
            ("line 1", "Pattern not found"),
            ("line 15", ":"),
            ("line 115", ":"),
            ("line 15", ":"),
            ("line 9", ":"),
            ("line 20", ":"),
            ("line 49", ":"),
            ("line 49", "Pattern not found"),
        ]
    );
    assert!(prompts[9].1.contains("unclosed group") || prompts[9].1.contains('('), "{:?}", prompts[9]);
    assert_eq!(prompts[10], ("line 49", ":"), "an empty pattern that is erased is given up");
}

#[test]
fn a_line_wraps_is_cut_off_or_moves_to_the_side() {
    let sys = FakeSystem::new();
    sys.set_file("/f", "0123456789".repeat(10) + "\nsecond\n\tx\n日本語\n" + &numbered(20));
    let seen = at_terminal(&sys, "less /f", None, &["j", "-S", "\x1b[C", "\x1b[D", "-N", "q"]);
    let tens = "0123456789".repeat(4);
    assert_eq!(seen.screens[0][..5], [&tens[..], &tens, &tens[..20], "second", "        x"]);
    assert_eq!(seen.screens[1][..2], [&tens[..], &tens[..20]], "one row down, within the line");
    assert_eq!(seen.screens[2][..4], [&(tens[..39].to_string() + ">"), "second", "        x", "日本語"]);
    assert_eq!(seen.screens[3][..2], [&(tens[..39].to_string() + ">"), ""]);
    assert_eq!(seen.screens[5][..2], ["      1 0123456789012345678901234567890>", "      2 second"]);
}

#[test]
fn files_follow_each_other_and_marks_lead_back() {
    let sys = FakeSystem::new();
    sys.set_file("/a", numbered(50));
    sys.set_file("/b", "other\n");
    let seen = at_terminal(
        &sys,
        "less /a /none /b",
        None,
        &["5jma", "G", "'a", "''", ":n", ":p", ":p", "h", "q", "q"],
    );
    let tops: Vec<_> = seen.screens.iter().map(|screen| screen[0].trim()).collect();
    assert_eq!(tops[..8], ["line 1", "line 6", "line 42", "line 6", "line 42", "other", "line 1", "line 1"]);
    assert_eq!(seen.screens[7][9], "No previous file");
    assert!(tops[8].contains("KEYS OF LESS"));
    assert_eq!(seen.exit, Exit::Code(1), "one file was missing");
}

#[test]
fn what_fits_is_just_written_with_f_and_by_more() {
    for line in ["less -F", "more"] {
        let seen = at_terminal(&FakeSystem::new(), line, Some(b"one\ntwo\n"), &[]);
        assert_eq!(seen.screens.last().unwrap()[..3], ["one", "two", ""], "{line}");
    }
    let seen = at_terminal(&FakeSystem::new(), "more", Some(numbered(20).as_bytes()), &[" ", "\r", "\r"]);
    assert_eq!(seen.screens[0][8..], ["line 9", "--More--"]);
    assert_eq!(seen.screens[3][..2], ["line 12", "line 13"], "it ends with the last line");
    assert_eq!(seen.exit, Exit::Code(0));
}

#[test]
fn without_a_terminal_to_write_to_less_copies() {
    let sys = FakeSystem::new();
    sys.set_file("/a", "1\n");
    check(
        &sys,
        &[
            ("less", "text\n", "text\n", 0),
            ("more /a -", "2\n", "1\n2\n", 0),
            ("less /a /none", "", "1\n!/none: No such file or directory", 1),
            ("less /dev", "", "!/dev: Is a directory", 1),
        ],
    );
    assert_eq!(at_terminal(&sys, "less", None, &[]).exit, Exit::Code(2), "no file and no pipe");
}

#[test]
fn a_signal_gives_the_screen_back() {
    let sys = FakeSystem::new();
    sys.set_file("/f", numbered(100));
    // `timeout` ends it by a signal, so its future is dropped in the middle of waiting for a key.
    let seen = at_terminal(&sys, "timeout 5 less /f", None, &[]);
    assert_eq!((seen.exit, seen.back), (Exit::Code(124), true));
}

/// Waits until the clock moves, which it does when nothing else can.
pub(super) async fn pause(sys: &FakeSystem) {
    sys.port().sleep(Duration::from_secs(60)).await;
}

#[test]
fn a_stopped_less_has_given_the_screen_back_and_draws_it_anew() {
    let sys = FakeSystem::new();
    sys.set_file("/f", numbered(100));
    let terminal = sys.terminal();
    let seen = at_terminal_while(&sys, "less /f", None, &[" ", "\x1a"], async |job| {
        pause(&sys).await;
        assert_eq!((terminal.modes(), job.try_wait()), (Modes::COOKED, None), "it is stopped");
        terminal.type_when_idle("j"); // goes to nobody yet
        pause(&sys).await;
        job.signal(Signal::Cont);
        pause(&sys).await;
        terminal.type_when_idle("q");
    });
    assert_eq!(seen.screens.len(), 5);
    assert_eq!(seen.screens[2], [""; 10], "what was there before less");
    assert_eq!(ends(&seen.screens[3]), ("line 11", "line 19", ":"));
}

#[test]
fn following_shows_what_is_added() {
    let sys = FakeSystem::new();
    sys.set_file("/f", numbered(3));
    let (port, terminal) = (sys.port(), sys.terminal());
    let seen = at_terminal_while(&sys, "less +F /f", None, &[], async |_| {
        let file = port.open("/f".into(), OpenFlags::WRITE | OpenFlags::APPEND).await.unwrap();
        pause(&sys).await;
        poll_fn(|cx| file.poll_write(cx, b"added\n")).await.unwrap();
        pause(&sys).await;
        terminal.type_when_idle("\x03");
        terminal.type_when_idle("q");
    });
    assert_eq!(seen.screens[0][..5], ["line 1", "line 2", "line 3", "added", "~"]);
    assert_eq!([&seen.screens[0][9], &seen.screens[1][9]], ["Waiting for more (^C ends it)", "(END)"]);
}

/// A system on which time passes for two CPUs and three tasks.
fn machine() -> FakeSystem {
    let sys = FakeSystem::new();
    sys.set_file("/proc/meminfo", "MemTotal: 32768 kB\nMemFree: 16384 kB\nHeapUsed: 1024 kB\n");
    set_moment(&sys, 0);
    sys
}

fn set_moment(sys: &FakeSystem, seconds: u64) {
    let us = seconds * 1_000_000;
    let (wakes, steals) = (1000 + 10 * seconds, 20 + 4 * seconds);
    let stat = alloc::format!("sched0 5 {wakes} {steals} {}\nsched1 5 6 7 {}\n", 500 + us / 4, 900 + us);
    sys.set_file("/proc/stat", stat);
    let tasks = alloc::format!(
        "PID STATE CPU POLLS WAKES BUSY_US COMMAND\n1 S 0 {} 4 1200 [idle]\n7 R 0 9 8 {} /bin/yes y\n12 T 1 3 2 500 cat\n",
        5 + seconds,
        100 + us * 3 / 4,
    );
    sys.set_file("/proc/tasks", tasks);
}

#[test]
fn top_shows_what_happened_since_the_screen_before() {
    let sys = machine();
    sys.set_file("/proc/12/status", "Name:\tsleep\nPolls:\t7\n");
    sys.set_file("/proc/12/wchan", "a.rs:9\n");
    let seen = at_terminal_while(&sys, "top -d 20", None, &[], async |_| {
        sys.port().sleep(Duration::from_secs(19)).await;
        set_moment(&sys, 20);
        sys.port().sleep(Duration::from_secs(2)).await;
        ["N", "R", "i", "1", "k", "12\r", "9\r", "d", "x\r", "h", "h", "v", "12\r", "x", "v", "99\r", "q"]
            .iter()
            .for_each(|key| sys.terminal().type_when_idle(key));
    });
    let lines = &seen.screens[0];
    assert_eq!(lines[0], "top - 22:13:40 up 0:00:20, 3 tasks: 1 ru");
    assert_eq!(lines[1], "CPU0   [|||||||||||||||||||||||       ]");
    assert_eq!(lines[2], "CPU1   [                              ]");
    assert_eq!(lines[3], "Memory [|||||||||||||||               ]");
    assert_eq!(lines[5], "  PID S CPU  %CPU    TIME+   WAKES/S   P");
    assert_eq!(lines[6], "    7 R   0  75.0  0:15.00         0");
    let first =
        |screen: usize, row: usize| seen.screens[screen][row].split_whitespace().next().map(String::from);
    let pids = |screen| [6, 7, 8].map(|row| first(screen, row).unwrap_or_default());
    assert_eq!(pids(0), ["7", "1", "12"]);
    assert_eq!(pids(1), ["1", "7", "12"]);
    assert_eq!(pids(2), ["12", "7", "1"]);
    assert_eq!(pids(3), ["7", "", ""], "without those that did nothing");
    assert!(seen.screens[4][1].starts_with(" 2CPUs ["), "{:?}", seen.screens[4]);
    assert_eq!(seen.screens[5][3], "Signal which task:");
    assert_eq!(seen.screens[6][3], "Signal for 12 [TERM]:");
    assert_eq!(seen.screens[7][3], "12: No such process");
    assert_eq!(seen.screens[9][3], "That is no number of seconds");
    assert!(seen.screens[10][3].starts_with("q leave"), "{:?}", seen.screens[10]);
    assert_eq!(seen.screens[12][3], "View which task:");
    assert_eq!(seen.screens[13][3..6].join("|"), "Name: sleep|Polls: 7|WaitsAt: a.rs:9");
    assert_eq!(seen.screens[16][3], "There is no task 99");
    assert_eq!((seen.exit, seen.back), (Exit::Code(0), true));
}

#[test]
fn what_somebody_else_writes_is_gone_when_the_screen_is_shown_again() {
    let sys = machine();
    let terminal = sys.terminal();
    let seen = at_terminal_while(&sys, "top -d 20", None, &[], async |_| {
        sys.port().sleep(Duration::from_secs(5)).await;
        let said = "[1]+  sort: panicked\n".repeat(12);
        let _ = poll_fn(|cx| terminal.poll_write(cx, said.as_bytes())).await;
        terminal.type_when_idle("z"); // no key of its own: nothing but the screen
        sys.port().sleep(Duration::from_secs(20)).await;
        terminal.type_when_idle("q");
    });
    let [garbled, later, _] = [0, 1, 2].map(|at| seen.screens[at].join("\n"));
    assert!(garbled.contains("panicked") && !garbled.contains("top - "), "{garbled}");
    assert!(later.starts_with("top - ") && later.contains("CPU1 ") && later.contains("  PID S"), "{later}");
    assert!(!later.contains("panicked"), "{later}");
}

#[test]
fn rows_that_are_as_they_were_are_not_sent_again() {
    let sys = machine();
    let terminal = sys.terminal();
    at_terminal_while(&sys, "top -d 20", None, &[], async |_| {
        sys.port().sleep(Duration::from_secs(25)).await; // the tasks are seen to do nothing
        let before = terminal.written();
        sys.port().sleep(Duration::from_secs(20)).await;
        let sent = terminal.written() - before;
        assert!((1..150).contains(&sent), "{sent} bytes for a new time");
        terminal.type_when_idle("q");
    });
}

#[test]
fn top_in_batches_is_plain_text() {
    let sys = machine();
    let finished = run(&sys, "top -b -n 2 -d 5", b"");
    let text = finished.text();
    assert_eq!(
        (finished.status, text.matches("top - ").count(), text.contains('\x1b')),
        (0, 2, false),
        "{text}"
    );
    assert_eq!(text.matches("/bin/yes y\n").count(), 2);
    check(
        &sys,
        &[
            ("top -b -n 0", "", "!invalid count", 2),
            ("top -b -d 0", "", "!invalid delay", 2),
            ("top -o size", "", "!there is no column 'size'", 2),
        ],
    );
}

#[test]
fn watch_runs_a_command_again_and_marks_what_changed() {
    let sys = FakeSystem::new();
    sys.set_file("/f", "count 1\nsame\n");
    let terminal = sys.terminal();
    let seen = at_terminal_while(&sys, "watch -d -n 10 cat~/f", None, &[], async |_| {
        sys.port().sleep(Duration::from_secs(5)).await;
        sys.set_file("/f", "count 2\nsame\n");
        sys.port().sleep(Duration::from_secs(10)).await;
        terminal.type_when_idle("q");
    });
    assert_eq!(seen.screens[0][..5], ["Every 10.0s: cat /f  2023-11-14 22:13:30", "", "count 2", "same", ""]);
    assert_eq!((seen.exit, seen.back), (Exit::Code(0), true));
    assert_eq!(sys.running(), 0);
}

#[test]
fn watch_ends_when_the_output_changes_or_the_command_fails() {
    let sys = FakeSystem::new();
    sys.set_file("/f", "1\n");
    let changes = at_terminal_while(&sys, "watch -tg cat~/f", None, &[], async |_| {
        pause(&sys).await;
        sys.set_file("/f", "2\n");
    });
    assert_eq!((changes.exit, changes.back), (Exit::Code(0), true));
    let fails = at_terminal(&sys, "watch -te cat~/f;false", None, &["x"]);
    assert_eq!(fails.screens[0][..2], ["2", ""]);
    assert_eq!(fails.screens[0][9], "command exited with status 1; any key l");
    assert_eq!(fails.exit, Exit::Code(8));
    let endless = at_terminal(&sys, "watch -x sleep 1000", None, &["\x03"]);
    assert_eq!((endless.exit, sys.running()), (Exit::Code(0), 0), "^C ends what runs, too");
}

#[test]
fn a_page_of_the_manual_is_read_like_any_text() {
    let seen = at_terminal(&FakeSystem::new(), "man sh", None, &["/JOBS\r", "q"]);
    assert!(seen.screens[0][2].starts_with("NAME"), "{:?}", seen.screens[0]);
    assert_eq!(seen.screens[1][0], "JOBS");
    assert_eq!(seen.exit, Exit::Code(0));
}

#[test]
fn nohup_outlives_a_hang_up_and_nothing_else() {
    let sys = FakeSystem::new();
    let terminal = sys.terminal();
    let seen = at_terminal_while(&sys, "nohup sh -c sleep~100;echo~done", None, &[], async |job| {
        sys.port().sleep(Duration::from_secs(1)).await;
        job.signal(Signal::Hup);
        pause(&sys).await;
        assert_eq!(job.try_wait(), None, "it goes on");
        drop(terminal);
    });
    assert_eq!(seen.exit, Exit::Code(0));
    assert_eq!(sys.file("/nohup.out").unwrap(), b"done\n");
    let seen = at_terminal_while(&sys, "nohup sleep 1000", None, &[], async |job| {
        sys.port().sleep(Duration::from_secs(1)).await;
        job.signal(Signal::Term);
    });
    assert_eq!((seen.exit, sys.running()), (Exit::Signaled(Signal::Term), 0));
}

#[test]
fn another_size_of_the_window_is_drawn_without_a_key() {
    let sys = FakeSystem::new();
    sys.set_file("/f", numbered(100));
    let terminal = sys.terminal();
    let seen = at_terminal_while(&sys, "less /f", None, &[], async |_| {
        pause(&sys).await;
        terminal.resize(6, 40);
        pause(&sys).await;
        terminal.type_when_idle("q");
    });
    assert_eq!(seen.screens[0][4..6], ["line 5", "/f"]);
}
