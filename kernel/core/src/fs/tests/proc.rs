//! `/proc`: the texts, letter by letter.

use super::*;
use crate::fs::proc::{self, CpuCounters, Sources, TaskRow};
use alloc::boxed::Box;

fn with_proc() -> (Arc<Vfs>, Arc<Fake>) {
    let machine = Arc::new(Fake::default());
    let vfs = Arc::new(tree());
    let tasks = |visit: &mut dyn FnMut(TaskRow<'_>)| {
        let busy = Duration::from_micros(1500);
        visit(TaskRow { pid: 1, state: "Running", cpu: 0, polls: 7, wakes: 6, busy, command: name("sh") });
        let command = BStr::new(b"echo a\nb \xff");
        visit(TaskRow { pid: 12, state: "Waiting", cpu: 1, polls: 1, wakes: 0, busy, command });
    };
    let root = proc::root(Sources {
        machine: machine.clone(),
        vfs: Arc::downgrade(&vfs),
        counters: Box::new(|cpu| CpuCounters { polls: 10 + cpu as u64, wakes: 5, steals: cpu as u64 }),
        tasks: Box::new(tasks),
    });
    now(vfs.mount(name("/proc"), "proc", root)).unwrap();
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
        (
            "meminfo",
            "MemTotal:          32768 kB\nMemFree:           20480 kB\nKernelImage:        4096 kB\n\
             HeapUsed:              4 kB\nHeapTotal:          2048 kB\n",
        ),
        (
            "stat",
            "cpu  0 0 6961 13050\ncpu0 0 0 1005 9000\ncpu1 0 0 5955 4050\nbtime 999899\n\
             polls 21\nwakes 10\nsteals 1\n",
        ),
        (
            "tasks",
            "  PID STATE    CPU     POLLS     WAKES     BUSY_US COMMAND\n    \
             1 Running    0         7         6        1500 sh\n   \
             12 Waiting    1         1         0        1500 echo a?b \u{fffd}\n",
        ),
    ] {
        let shown = vfs.get(&std::format!("/proc/{file}")).unwrap();
        assert_eq!(BString::from(shown), BString::from(text), "{file}");
    }
}

#[test]
fn mounts() {
    let (vfs, _) = with_proc();
    now(vfs.mount(name("/a b"), "tmpfs", root(|| 1 << 20, || Duration::ZERO).unwrap())).unwrap();
    let text = "tmpfs / tmpfs rw 0 0\nproc /proc proc ro 0 0\ntmpfs /a\\040b tmpfs rw 0 0\n";
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
    assert_eq!(vfs.names("/proc").unwrap().len(), 11);
}
