//! The parts of the system together: what is mounted, what opens the terminal, and pipes between jobs.

use super::*;
use crate::{
    fs::tests::Fake,
    pty,
    testing::{Cpu, now},
};
use alloc::{string::String, vec::Vec};
use core::future::{pending, poll_fn};
use pollux_shell::{
    env::{Stage, WindowSize},
    fd::FdTable,
};

fn system() -> (Cpu, Arc<CoreSystem>) {
    let cpu = Cpu::new();
    let system = now(CoreSystem::new(cpu.executor, Arc::new(Fake::default()), &[])).unwrap();
    (cpu, system)
}

fn text(system: &CoreSystem, path: &str) -> String {
    let file = now(system.open(BStr::new(path), OpenFlags::READ)).unwrap();
    let mut buf = [0; 4096];
    let n = now(poll_fn(|cx| file.poll_read(cx, &mut buf))).unwrap();
    String::from_utf8(buf[..n].to_vec()).unwrap()
}

#[test]
fn the_usual_places_are_there() {
    let (_cpu, system) = system();
    let mut names: Vec<_> =
        now(system.read_dir(BStr::new("/"))).unwrap().into_iter().map(|entry| entry.name).collect();
    names.sort();
    assert_eq!(names, ["dev", "proc", "tmp"]);
    let mounts = text(&system, "/proc/mounts");
    assert_eq!(
        mounts,
        "tmpfs / tmpfs rw 0 0\ndevfs /dev devfs ro 0 0\ndevpts /dev/pts devpts ro 0 0\nproc /proc proc ro 0 0\n"
    );
}

#[test]
fn proc_tasks_shows_a_running_stage() {
    let (cpu, system) = system();
    let job = system.new_job().unwrap();
    let run = Box::pin(pending());
    let (fds, signals) = (Arc::new(FdTable::default()), Default::default());
    let stage = Stage { name: "sleep".into(), command: "sleep 100".into(), fds, signals, run };
    let pid = job.spawn(stage).unwrap();
    cpu.run();
    let tasks = text(&system, "/proc/tasks");
    let line = tasks.lines().nth(1).unwrap();
    assert!(line.trim_start().starts_with(&alloc::format!("{pid} S ")), "{tasks}");
    assert!(line.ends_with(" sleep 100"), "{tasks}");
    system.kill(pid, Signal::Kill).unwrap();
    cpu.run();
    assert_eq!(text(&system, "/proc/tasks").lines().count(), 1);
}

#[test]
fn dev_console_is_the_console_while_that_is_open() {
    let (_cpu, system) = system();
    let open = || now(system.open(BStr::new("/dev/console"), OpenFlags::READ | OpenFlags::WRITE));
    assert_eq!(open().err(), Some(Errno::ENOENT));
    let (_master, slave) = pty::pair(WindowSize { rows: 25, cols: 80 }).unwrap();
    system.set_console(&slave).unwrap();
    assert_eq!(open().unwrap().terminal().unwrap().size().rows, 25);
    drop(slave);
    assert_eq!(open().err(), Some(Errno::ENXIO));
    let tty = now(system.open(BStr::new("/dev/tty"), OpenFlags::READ));
    assert_eq!(tty.err(), Some(Errno::ENXIO), "nothing controls what is no job");
}

#[test]
fn sleeping_takes_the_time_of_the_executor() {
    let (cpu, system) = system();
    let handle = cpu.executor.spawn("sleeper", system.sleep(Duration::from_secs(3))).unwrap();
    cpu.run();
    cpu.advance(Duration::from_secs(2));
    assert!(!handle.is_finished());
    cpu.advance(Duration::from_secs(1));
    assert!(handle.is_finished());
}
