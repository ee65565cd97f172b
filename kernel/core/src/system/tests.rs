//! The parts of the system together: what is mounted, what opens the terminal, and pipes between jobs.

use super::*;
use crate::{
    fs::tests::Fake,
    pty,
    testing::{Cpu, now},
};
use alloc::{string::String, vec::Vec};
use core::future::{pending, poll_fn};
use futures_util::FutureExt;
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

#[test]
fn a_small_file_system_fills_up_and_nothing_else_is_hurt() {
    let (_cpu, system) = system();
    now(system.mkdir(BStr::new("/mnt"), 0o755)).unwrap();
    let request = MountRequest {
        kind: "tmpfs".into(),
        source: "none".into(),
        path: "/mnt".into(),
        size: Some(64 << 10),
        ..MountRequest::default()
    };
    now(system.mount(&request)).unwrap();
    assert!(text(&system, "/proc/mounts").contains("none /mnt tmpfs rw,size=64k 0 0\n"));
    let flags = OpenFlags::WRITE | OpenFlags::CREATE;
    let write = |path: &str, size: usize| {
        let file = now(system.open(BStr::new(path), flags)).unwrap();
        let (data, mut done) = (alloc::vec![7; size], 0);
        while done < size {
            done += now(poll_fn(|cx| file.poll_write(cx, &data[done..])))?;
        }
        Ok(done)
    };
    assert_eq!(write("/mnt/a", 100 << 10), Err(Errno::ENOSPC));
    assert_eq!(now(system.stat(BStr::new("/mnt/a"))).unwrap().size % 4096, 0, "what fitted is there");
    assert_eq!(write("/elsewhere", 100 << 10), Ok(100 << 10));
    let space = system.mounts().pop().unwrap().space.unwrap();
    assert!(space.used <= space.total && space.total == 64 << 10, "{space:?}");
    assert_eq!(now(system.unmount(BStr::new("/mnt"))), Ok(()));
    for (kind, size, error) in [("ext9", None, Errno::ENODEV), ("proc", Some(1), Errno::EINVAL)] {
        let request = MountRequest { kind: kind.into(), size, ..request.clone() };
        assert_eq!(now(system.mount(&request)), Err(error));
    }
    let request = MountRequest { path: "/none".into(), ..request };
    assert_eq!(now(system.mount(&request)), Err(Errno::ENOENT), "the directory has to be there");
}

#[test]
fn a_file_that_was_open_before_is_opened_at_once_and_without_allocating() {
    let (_cpu, system) = system();
    let path = BStr::new("/tmp/small");
    let file = now(system.open(path, OpenFlags::WRITE | OpenFlags::CREATE)).unwrap();
    now(poll_fn(|cx| file.poll_write(cx, b"small"))).unwrap();
    drop(file);
    let mut buf = [0; 16];
    let mut once = || {
        let file = system.try_open(path, OpenFlags::READ).unwrap().unwrap();
        assert_eq!(now(poll_fn(|cx| file.poll_read(cx, &mut buf))), Ok(5));
    };
    once();
    let again = allocation_counter::measure(once);
    assert_eq!(again.count_total, 0, "{again:?}");
    assert!(system.try_open(path, OpenFlags::WRITE | OpenFlags::CREATE).is_none(), "making one may wait");
    assert_eq!(system.try_open(BStr::new("/no"), OpenFlags::READ).unwrap().err(), Some(Errno::ENOENT));
}

#[test]
fn a_task_has_a_directory_with_what_it_has_open() {
    let (cpu, system) = system();
    let fds = Arc::new(FdTable::default());
    let flags = OpenFlags::WRITE | OpenFlags::CREATE;
    fds.set(4, now(system.open(BStr::new("/tmp/out"), flags)).unwrap()).unwrap();
    let job = system.new_job().unwrap();
    let run = Box::pin(system.sleep(Duration::from_secs(100)).map(|()| 0));
    let pid = job
        .spawn(Stage {
            name: "nap".into(),
            command: "nap 100".into(),
            fds,
            signals: pollux_shell::env::Signals::new(),
            run,
        })
        .unwrap();
    cpu.run();
    let at = |name: &str| alloc::format!("/proc/{pid}/{name}");
    assert_eq!(text(&system, &at("cmdline")), "nap 100\0");
    assert!(text(&system, &at("status")).starts_with("Name:\tnap\nState:\tS (sleeping)\n"));
    assert!(text(&system, &at("wchan")).contains(".rs:"), "where it waits: {}", text(&system, &at("wchan")));
    assert_eq!(now(system.read_link(BStr::new(&at("fd/4")))).unwrap(), "/tmp/out");
    system.kill(pid, Signal::Kill).unwrap();
    cpu.run();
    assert_eq!(now(system.stat(BStr::new(&at("stat")))).err(), Some(Errno::ENOENT));
}
