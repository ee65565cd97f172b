//! `/proc`: the texts, letter by letter.

use super::*;
use crate::fs::proc::{self, CpuCounters, Sources, TaskRow};
use alloc::boxed::Box;
use core::panic::Location;
use pollux_shell::fd::FdTable;

fn with_proc() -> (Arc<Vfs>, Arc<Fake>) {
    let machine = Arc::new(Fake::default());
    let vfs = Arc::new(tree());
    let tasks = |visit: &mut dyn FnMut(TaskRow<'_>)| {
        let here = Location::caller();
        let first = TaskRow {
            pid: 1,
            state: "R",
            cpu: 0,
            polls: 7,
            wakes: 6,
            busy: Duration::from_micros(1500),
            command: name("sh -c x"),
            name: name("sh"),
            woken_by: &"nobody",
            longest: Duration::from_micros(12),
            spawned_at: here,
            waits_at: Some(here),
        };
        let command = BStr::new(b"echo a\nb \xff");
        visit(first);
        visit(TaskRow {
            pid: 12,
            state: "S",
            cpu: 1,
            polls: 1,
            wakes: 0,
            command,
            name: name("echo"),
            ..first
        });
    };
    let fds = FdTable::default();
    let (pipe, _) = crate::pipe::files().unwrap();
    fds.set(0, pipe).unwrap();
    fds.set(3, vfs.open_at("/open", WRITE | CREATE).unwrap()).unwrap();
    let fds = Arc::new(fds);
    let root = proc::root(Sources {
        machine: machine.clone(),
        vfs: Arc::downgrade(&vfs),
        counters: Box::new(|cpu| CpuCounters { polls: 10 + cpu as u64, wakes: 5, steals: cpu as u64 }),
        tasks: Box::new(tasks),
        current: Box::new(|| Some(12)),
        fds: Box::new(move |pid| (pid == 12).then(|| fds.clone())),
    });
    now(vfs.mount(name("/proc"), NewMount::new("proc", root))).unwrap();
    (vfs, machine)
}

#[test]
fn texts() {
    let (vfs, _) = with_proc();
    let version = concat!("Pollux version ", env!("CARGO_PKG_VERSION"), " (x86_64)\n");
    for (file, text) in [
        ("version", version),
        ("cmdline", "loglevel=debug\n"),
        ("cpuinfo", "processor\t: 0\n"),
        ("interrupts", "  4: 1 2 uart\n"),
        ("pci", "00:1f.2 0106 8086:2922 rev 02\n"),
        ("uptime", "100.05 130.50\n"),
        ("loadavg", "0.56 0.20 0.07 1/2 12\n"),
        (
            "meminfo",
            "MemTotal:          32768 kB\nMemFree:           20480 kB\nKernelImage:        4096 kB\n\
             HeapUsed:              4 kB\nHeapTotal:          2048 kB\n\
             Slab:               1024 kB\nCpuCached:           256 kB\nReserve:             512 kB\n",
        ),
        (
            "stat",
            "cpu  0 0 6961 13050\ncpu0 0 0 1005 9000\ncpu1 0 0 5955 4050\nbtime 999899\n\
             sched0 10 5 0 90000000\nsched1 11 5 1 40500000\npolls 21\nwakes 10\nsteals 1\n",
        ),
        (
            "tasks",
            "  PID STATE    CPU     POLLS     WAKES     BUSY_US COMMAND\n    \
             1 R          0         7         6        1500 sh -c x\n   \
             12 S          1         1         0        1500 echo a?b \u{fffd}\n",
        ),
    ] {
        let shown = vfs.get(&std::format!("/proc/{file}")).unwrap();
        assert_eq!(BString::from(shown), BString::from(text), "{file}");
    }
}

#[test]
fn mounts() {
    let (vfs, _) = with_proc();
    let root = root(|| 1 << 20, || Duration::ZERO).unwrap();
    let new = NewMount {
        source: name("none"),
        read_only: true,
        size: Some(1 << 20),
        ..NewMount::new("tmpfs", root)
    };
    now(vfs.mount(name("/a b"), new)).unwrap();
    let text = "tmpfs / tmpfs rw 0 0\nproc /proc proc ro 0 0\nnone /a\\040b tmpfs ro,size=1024k 0 0\n";
    assert_eq!(BString::from(vfs.get("/proc/mounts").unwrap()), BString::from(text));
}

#[test]
fn faults_are_written_and_the_rest_is_read() {
    let (vfs, machine) = with_proc();
    vfs.put("/proc/fault", b" stack-overflow\n").unwrap();
    assert_eq!(*machine.faults.lock(), ["stack-overflow"]);
    assert_eq!(vfs.put("/proc/fault", b"unknown"), Err(Errno::EINVAL));
    assert_eq!(vfs.put("/proc/fault", b"\xff"), Err(Errno::EINVAL));
    assert_eq!(vfs.get("/proc/fault"), Err(Errno::EACCES));
    assert_eq!(vfs.put("/proc/version", b"x"), Err(Errno::EACCES));
    assert_eq!(vfs.put("/proc/new", b"x"), Err(Errno::EROFS));
    assert_eq!(vfs.unlink_at("/proc/version"), Err(Errno::EROFS));
    assert_eq!(vfs.get("/proc/no"), Err(Errno::ENOENT));
    assert_eq!(vfs.names("/proc").unwrap().len(), 15, "12 files, self, and two tasks");
}

#[test]
fn each_task_has_a_directory() {
    let (vfs, _) = with_proc();
    assert_eq!(vfs.names("/proc/12").unwrap(), ["cmdline", "fd", "stat", "status", "wchan"]);
    let get = |path: &str| String::from_utf8(vfs.get(path).unwrap()).unwrap();
    assert_eq!(get("/proc/12/cmdline"), "echo a?b \u{fffd}\0");
    assert_eq!(get("/proc/self/cmdline"), get("/proc/12/cmdline"));
    let stat = get("/proc/1/stat");
    let fields: Vec<_> = stat.split_whitespace().collect();
    assert_eq!(fields[..4], ["1", "(sh)", "R", "0"]);
    assert_eq!((fields.len(), stat.ends_with('\n')), (52, true));
    assert!(get("/proc/12/status").starts_with("Name:\techo\nState:\tS (sleeping)\nPid:\t12\n"));
    assert!(get("/proc/12/status").contains("\nWokenBy:\tnobody\n"));
    let wchan = get("/proc/12/wchan");
    assert!(wchan.contains(".rs:") && !wchan.ends_with('\n'), "{wchan}");
    assert_eq!(get("/proc/1/wchan"), "0", "it runs");
    for (path, error) in [
        ("/proc/2", Errno::ENOENT),
        ("/proc/012", Errno::ENOENT),
        ("/proc/+1", Errno::ENOENT),
        ("/proc/12/no", Errno::ENOENT),
        ("/proc/12/fd/1", Errno::ENOENT),
    ] {
        assert_eq!(vfs.lstat_at(path).err(), Some(error), "{path}");
    }
    assert_eq!(vfs.put("/proc/12/stat", b"x"), Err(Errno::EACCES));
}

#[test]
fn what_a_task_has_open_is_listed() {
    let (vfs, _) = with_proc();
    assert_eq!(vfs.names("/proc/12/fd").unwrap(), ["0", "3"]);
    assert_eq!(vfs.names("/proc/1/fd").unwrap(), Vec::<BString>::new(), "a task of the kernel");
    let link = |fd: u32| now(vfs.read_link(std::format!("/proc/12/fd/{fd}").as_str().into())).unwrap();
    let pipe = link(0);
    assert!(pipe.starts_with(b"pipe:[") && pipe != "pipe:[0]", "{pipe}");
    assert_eq!(link(3), "/open");
    assert_eq!(vfs.put("/proc/12/fd/3", b"through it"), Ok(()));
    assert_eq!(vfs.get("/open").unwrap(), b"through it");
}
