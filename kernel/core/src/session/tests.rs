//! A person at a terminal of the real objects: keys in, screen out, with a clock that moves when the test says so.

use super::*;
use crate::{
    fs::tests::Fake,
    pty::{self, Master},
    testing::{Cpu, Woken, now},
};
use alloc::{
    format,
    string::{String, ToString},
    vec,
};
use bstr::BStr;
use core::{future::poll_fn, task::Poll, time::Duration};
use pollux_executor::{Idle, JoinHandle, Tick};
use pollux_shell::env::{Attributes, Modes, OpenFlags, Terminal, WindowSize};

struct Seat {
    cpu: Cpu,
    system: Arc<CoreSystem>,
    slave: Arc<Slave>,
    master: Option<Master>,
    screen: vt100::Parser,
    ended: JoinHandle<Result<Exit>>,
}

impl Seat {
    fn new() -> Self {
        let cpu = Cpu::new();
        let system = now(CoreSystem::new(cpu.executor, Arc::new(Fake::default()), &[])).unwrap();
        let (master, slave) = pty::pair(WindowSize { rows: 30, cols: 80 }).unwrap();
        system.set_console(&slave).unwrap();
        let (for_shell, terminal) = (system.clone(), slave.clone());
        let shell = async move { Session::new(b"xterm").interactive(&for_shell, &terminal, || {}).await };
        let ended = cpu.executor.spawn("init", shell).unwrap();
        let screen = vt100::Parser::new(30, 80, 0);
        let mut seat = Self { cpu, system, slave, master: Some(master), screen, ended };
        seat.settle();
        seat
    }

    fn master(&self) -> &Master {
        self.master.as_ref().expect("it was not hung up")
    }

    /// Brings the screen up to date.
    fn look(&mut self) -> bool {
        let woken = Woken::new();
        let mut buf = vec![0; 4096];
        let mut any = false;
        while let Some(master) = &self.master
            && let Poll::Ready(n @ 1..) = master.poll_output(&mut woken.context(), &mut buf)
        {
            self.screen.process(&buf[..n]);
            any = true;
        }
        any
    }

    /// Until everybody waits.
    fn settle(&mut self) {
        loop {
            self.cpu.run();
            if !self.look() {
                return;
            }
        }
    }

    /// Types, and waits until everybody waits again.
    fn press(&mut self, keys: &str) {
        now(self.master().write_input(keys.as_bytes())).unwrap();
        self.settle();
    }

    /// Types, and goes on until this is so, and no further: the machine is in the middle of something.
    fn press_until(&mut self, keys: &str, reached: impl Fn(&Seat) -> bool) {
        now(self.master().write_input(keys.as_bytes())).unwrap();
        while !reached(self) {
            if self.cpu.executor.tick(0) == Tick::Idle {
                assert!(matches!(self.cpu.executor.prepare_idle(0), Idle::Work), "it has ended too soon");
            }
            self.look();
        }
    }

    fn advance(&mut self, seconds: u64) {
        self.cpu.advance(Duration::from_secs(seconds));
        self.settle();
    }

    fn lines(&self) -> Vec<String> {
        let mut lines: Vec<String> =
            self.screen.screen().rows(0, 80).map(|line| line.trim_end().into()).collect();
        while lines.last().is_some_and(String::is_empty) {
            lines.pop();
        }
        lines
    }

    #[track_caller]
    fn shows(&self, line: &str) {
        // A prompt may stand in front of what jobs in the background write.
        assert!(
            self.lines().iter().any(|shown| shown.ends_with(line)),
            "{line:?} is not on the screen: {:#?}",
            self.lines()
        );
    }

    /// The stages that there are: state and command.
    fn stages(&self) -> Vec<String> {
        let mut stages = Vec::new();
        self.system.jobs().visit(&mut |row| {
            if !row.command.starts_with(b"[") {
                stages.push(format!("{} {}", row.state, row.command));
            }
        });
        stages
    }

    fn text(&self, path: &str) -> String {
        let file = now(self.system.open(BStr::new(path), OpenFlags::READ)).unwrap();
        let mut buf = [0; 4096];
        let n = now(poll_fn(|cx| file.poll_read(cx, &mut buf))).unwrap();
        String::from_utf8(buf[..n].to_vec()).unwrap()
    }
}

#[test]
fn a_pipeline_stopped_in_mid_stream_loses_nothing() {
    let mut seat = Seat::new();
    let pipeline = "seq 1 1000000 | cat | wc";
    let runs =
        |seat: &Seat| seat.stages().len() == 4 && seat.stages().iter().all(|stage| !stage.starts_with('T'));
    seat.press_until(&format!("{pipeline}\r"), runs);
    seat.press("\x1a");
    seat.shows(&format!("[1]+ Stopped      {pipeline}"));
    assert_eq!(seat.stages(), ["S sh", "T seq 1 1000000", "T cat", "T wc"]);
    seat.press_until("bg\r", runs);
    seat.press_until("fg\r", |seat| seat.lines().iter().any(|line| line == pipeline));
    seat.press("\x1a");
    assert_eq!(seat.stages()[1..], ["T seq 1 1000000", "T cat", "T wc"]);
    seat.press("fg %1\r");
    seat.shows("1000000 1000000 6888896");
    assert_eq!(seat.stages(), ["S sh"]);
}

#[test]
fn what_commands_run_stops_and_ends_with_them() {
    for command in ["echo 1000 | xargs -n 1 sleep", "timeout 5000 sleep 1000", "sh -c 'sleep 1000; echo no'"]
    {
        let mut seat = Seat::new();
        seat.press(&format!("{command}\r"));
        assert!(seat.stages().iter().any(|stage| stage.contains("sleep 1000")), "{:?}", seat.stages());
        seat.press("\x1a");
        seat.shows(&format!("[1]+ Stopped      {command}"));
        let states: Vec<_> = seat.stages()[1..].iter().map(|stage| stage.split_at(1).0.to_string()).collect();
        assert!(states.iter().all(|state| state == "T"), "{:?}", seat.stages());
        seat.press("kill -s CONT %1\r");
        assert!(!seat.stages().iter().any(|stage| stage.starts_with('T')), "{:?}", seat.stages());
        seat.press("fg\r");
        seat.press("\x03");
        assert_eq!(seat.stages(), ["S sh"], "{command}");
    }
}

#[test]
fn a_background_reader_is_stopped_until_it_is_in_the_foreground() {
    let mut seat = Seat::new();
    seat.press("cat &\r");
    seat.press("\r");
    seat.shows("[1]+ Stopped      cat");
    seat.press("fg\r");
    seat.press("text\r");
    let lines = seat.lines();
    assert_eq!(lines.iter().filter(|line| *line == "text").count(), 2, "echo and output: {lines:#?}");
    seat.press("\x04");
    assert_eq!(seat.stages(), ["S sh"]);
}

#[test]
fn background_writers_are_stopped_with_tostop_only() {
    let mut seat = Seat::new();
    seat.press("(sleep 1; echo free) &\r");
    seat.advance(2);
    assert!(seat.lines().iter().any(|line| line.ends_with("free")), "{:?}", seat.lines());
    seat.press("stty tostop\r");
    seat.press("(sleep 1; echo held) &\r");
    seat.advance(2);
    assert!(!seat.lines().iter().any(|line| line.ends_with("$ held")), "{:?}", seat.lines());
    assert!(seat.stages().iter().any(|stage| stage.starts_with('T')), "{:?}", seat.stages());
    seat.press("fg\r");
    seat.shows("held");
}

#[test]
fn hanging_up_ends_the_shell_and_its_jobs() {
    for keys in ["sleep 1000 &\r", "cat\r", "sleep 1000\r\x1a", "read line\r", "sh -c 'sleep 1000'\r"] {
        let mut seat = Seat::new();
        seat.press(keys);
        seat.master = None;
        seat.settle();
        assert_eq!(seat.stages(), [] as [&str; 0], "{keys:?}");
        assert!(seat.ended.is_finished(), "{keys:?}");
    }
}

#[test]
fn traps_run_between_commands_and_interrupt_what_waits() {
    let mut seat = Seat::new();
    seat.press("trap 'echo got $?' USR1; (exit 3); kill -USR1 $$; echo status $?\r");
    seat.shows("got 0");
    seat.shows("status 0");
    seat.press("trap\r");
    seat.shows("trap -- 'echo got $?' USR1");
    // A signal ends `wait`, and not what is waited for.
    seat.press("sh -c 'trap \"echo trapped\" TERM; sleep 1000 & wait; echo waited $?; kill $!' &\r");
    seat.press("kill $!\r");
    assert!(seat.lines().iter().any(|line| line.ends_with("trapped")), "{:#?}", seat.lines());
    seat.shows("waited 143");
    assert_eq!(seat.stages(), ["S sh"]);
    // The keys' signals too: the command in the foreground ends, the script goes on.
    seat.press("clear; sh -c 'trap \"echo caught\" INT; sleep 1000; echo after $?'\r");
    seat.press("\x03");
    seat.shows("^Ccaught");
    seat.shows("after 130");
    // Ignored is ignored below as well.
    seat.press("clear; sh -c 'trap \"\" INT; sleep 5; echo slept'\r");
    seat.press("\x03");
    seat.advance(6);
    seat.shows("^Cslept");
    seat.press("trap 'echo bye' EXIT; exit 7\r");
    assert!(seat.ended.is_finished());
    seat.shows("bye");
}

#[test]
fn a_shell_can_be_killed_by_its_own_number() {
    let mut seat = Seat::new();
    seat.press("sh -c 'kill $$; echo no'; echo $?\r");
    seat.shows("143");
    assert!(!seat.lines().contains(&"no".into()));
    seat.press("kill $$; echo still here\r");
    seat.shows("still here");
}

#[test]
fn errors_can_be_trapped() {
    let mut seat = Seat::new();
    seat.press(
        "trap 'echo failed $?' ERR; (exit 3); if false; then :; fi; false || true; trap - ERR; false\r",
    );
    let failed: Vec<_> = seat.lines().into_iter().filter(|line| line.starts_with("failed")).collect();
    assert_eq!(failed, ["failed 3"]);
}

#[test]
fn a_change_of_the_window_is_told() {
    let mut seat = Seat::new();
    seat.press("trap 'stty size' WINCH\r");
    seat.master().set_size(WindowSize { rows: 40, cols: 100 });
    seat.settle();
    assert!(seat.lines().iter().any(|line| line.ends_with("40 100")), "{:#?}", seat.lines());
    seat.press("resize\r");
    // What the terminal answers when it is asked where the cursor is.
    seat.press("\x1b[28;90R");
    seat.shows("28 90");
    assert_eq!(seat.slave.size(), WindowSize { rows: 28, cols: 90 });
    assert_eq!(seat.slave.attributes().modes, Modes::EDITING);
}

#[test]
fn pseudo_terminals_are_terminals() {
    let mut seat = Seat::new();
    seat.press("tty; cd /tmp; echo $(ls /dev/pts)\r");
    seat.shows("/dev/console");
    seat.press("clear; script -q -c 'tty; stty size; echo $(ls /dev/pts); tty < /dev/tty' log; echo $(ls /dev/pts)\r");
    assert_eq!(seat.lines()[..4], ["/dev/pts/0", "30 80", "0", "/dev/pts/0"], "{:#?}", seat.lines());
    assert_eq!(seat.text("/tmp/log"), "/dev/pts/0\r\n30 80\r\n0\r\n/dev/pts/0\r\n");
    assert!(!seat.lines()[4..].contains(&"0".into()), "it is gone with its master: {:#?}", seat.lines());
    // Keys make signals there, and not here.
    seat.press("clear; script -q -c 'sleep 1000; echo never' log; echo $?\r");
    seat.press("\x03");
    seat.shows("130");
    assert_eq!(seat.stages(), ["S sh"]);
    seat.press("clear; script -q log\r");
    seat.press("sleep 1000\r");
    seat.press("\x1a");
    seat.shows("[1]+ Stopped      sleep 1000");
    seat.press("exit 5\r");
    seat.shows(STOPPED_JOBS);
    seat.press("exit 5\r");
    seat.press("echo $?\r");
    seat.shows("5");
    assert_eq!(seat.stages(), ["S sh"]);
}

const STOPPED_JOBS: &str = "there are stopped jobs (see `jobs`); the same once more ends them and the shell";

#[test]
fn the_shell_does_not_leave_stopped_jobs_unasked() {
    let mut seat = Seat::new();
    seat.press("set -o ignoreeof\r");
    seat.press("\x04");
    seat.shows("leave the shell with `exit`");
    seat.press("set +o ignoreeof; sleep 1000\r");
    seat.press("\x1a");
    seat.press("\x04");
    seat.shows(STOPPED_JOBS);
    // After something else it is said again.
    seat.press("clear\r");
    seat.press("exit\r");
    seat.shows(STOPPED_JOBS);
    assert_eq!(seat.stages(), ["S sh", "T sleep 1000"]);
    seat.press("\x04");
    assert!(seat.ended.is_finished());
    assert_eq!(seat.stages(), [] as [&str; 0]);
}

#[test]
fn without_job_control_jobs_are_the_shells_own() {
    let mut seat = Seat::new();
    seat.press("echo $-; set +m; echo $-\r");
    seat.shows("im");
    seat.shows("i");
    // Nothing for a job in the background to read, where it would have been stopped.
    seat.press("cat & wait; echo over\r");
    seat.shows("over");
    seat.press("set -m; cat &\r");
    seat.press("jobs\r");
    seat.shows("[1]+ Stopped      cat");
}

#[test]
fn a_reader_sees_the_end_when_the_owner_of_the_terminal_dies() {
    let seat = Seat::new();
    let open =
        |path: &str| now(seat.system.open(BStr::new(path), OpenFlags::READ | OpenFlags::WRITE)).unwrap();
    let owner = seat.system.new_job().unwrap();
    let fds = Arc::new(FdTable::default());
    fds.set(3, open("/dev/ptmx")).unwrap();
    assert_eq!(fds.get(3).unwrap().pty().unwrap().number(), 0);
    let slave = open("/dev/pts/0");
    let waits = Box::pin(core::future::pending());
    owner
        .spawn(Stage {
            name: "owner".into(),
            command: "owner".into(),
            fds,
            signals: Default::default(),
            run: waits,
        })
        .unwrap();
    let reader = seat.system.new_job().unwrap();
    let run = async move {
        let mut buf = [0; 8];
        match poll_fn(|cx| slave.poll_read(cx, &mut buf)).await {
            Ok(0)
                if poll_fn(|cx| slave.poll_write(cx, b"x")).await == Err(pollux_shell::errno::Errno::EIO) =>
            {
                7
            }
            other => panic!("{other:?}"),
        }
    };
    let (fds, signals) = (Arc::new(FdTable::default()), Default::default());
    reader
        .spawn(Stage { name: "reader".into(), command: "reader".into(), fds, signals, run: Box::pin(run) })
        .unwrap();
    seat.cpu.run();
    assert_eq!(reader.try_wait(), None);
    owner.signal(pollux_shell::env::Signal::Kill);
    seat.cpu.run();
    assert_eq!(reader.try_wait(), Some(vec![Exit::Code(7)]));
    assert!(now(seat.system.open(BStr::new("/dev/pts/0"), OpenFlags::READ)).is_err());
}

/// A read of the slave in raw mode with these MIN and TIME.
fn raw_read(min: u8, time: u8, length: usize, steps: &[(&str, u64)]) -> Option<(usize, u64)> {
    let seat = Seat::new();
    let master = now(seat.system.open(BStr::new("/dev/ptmx"), OpenFlags::READ | OpenFlags::WRITE)).unwrap();
    let slave = now(seat.system.open(BStr::new("/dev/pts/0"), OpenFlags::READ)).unwrap();
    let terminal = slave.terminal().unwrap();
    let mut attributes = Attributes::SANE.with_modes(Modes::RAW);
    (attributes.characters.min, attributes.characters.time) = (min, time);
    terminal.set_attributes(attributes);
    let reader = slave.clone();
    let task = seat.cpu.executor.spawn("reader", async move {
        let mut buf = vec![0; length];
        poll_fn(|cx| reader.poll_read(cx, &mut buf)).await.unwrap()
    });
    let mut task = task.unwrap();
    seat.cpu.run();
    let mut tenths = 0;
    for (keys, wait) in steps {
        if task.is_finished() {
            break;
        }
        if !keys.is_empty() {
            now(poll_fn(|cx| master.poll_write(cx, keys.as_bytes()))).unwrap();
        }
        seat.cpu.run();
        for _ in 0..*wait {
            if !task.is_finished() {
                seat.cpu.advance(Duration::from_millis(100));
                tenths += 1;
            }
        }
    }
    task.is_finished().then(|| (now(&mut task).unwrap(), tenths))
}

#[test]
fn reads_wait_as_min_and_time_say() {
    // MIN > 0, TIME > 0: between two bytes.
    assert_eq!(raw_read(3, 5, 10, &[("", 100)]), None, "the time begins with the first byte");
    assert_eq!(raw_read(3, 5, 10, &[("a", 4), ("b", 4), ("c", 9)]), Some((3, 8)));
    assert_eq!(raw_read(3, 5, 10, &[("a", 4), ("b", 9)]), Some((2, 9)));
    // MIN > 0, TIME = 0.
    assert_eq!(raw_read(3, 0, 10, &[("ab", 1000)]), None);
    assert_eq!(raw_read(3, 0, 10, &[("ab", 10), ("c", 1)]), Some((3, 10)));
    assert_eq!(raw_read(3, 0, 2, &[("ab", 10)]), Some((2, 0)), "a short buffer needs no more than fits");
    // MIN = 0, TIME > 0: from the beginning of the read.
    assert_eq!(raw_read(0, 5, 10, &[("", 9)]), Some((0, 5)));
    assert_eq!(raw_read(0, 5, 10, &[("", 3), ("a", 9)]), Some((1, 3)));
    // MIN = 0, TIME = 0.
    assert_eq!(raw_read(0, 0, 10, &[]), Some((0, 0)));
}
