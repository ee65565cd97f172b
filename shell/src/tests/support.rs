//! Running a shell on the fake system.

use alloc::{collections::BTreeMap, format, string::String, sync::Arc};
use bstr::ByteSlice;
use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::{
    path::PathBuf,
    process::{Command, Stdio},
};

use crate::{
    Shell,
    env::{File, OpenFlags},
    fake::{Capture, FakeSystem},
    fd::FdTable,
};

/// What a script left behind.
#[derive(Debug, PartialEq, Eq)]
pub struct Outcome {
    pub stdout: String,
    pub stderr: String,
    pub status: u8,
}

/// The system of the script tests: `/tmp/work` is the directory, with a few files.
pub fn system() -> FakeSystem {
    let sys = FakeSystem::new();
    sys.make_dir("/tmp/work");
    sys.make_dir("/tmp/work/dir");
    for (name, text) in FILES {
        sys.set_file(&alloc::format!("/tmp/work/{name}"), text);
    }
    sys
}

/// The files in that directory.
pub const FILES: &[(&str, &str)] = &[
    ("a.txt", "alpha\n"),
    ("b.txt", "beta\n"),
    ("dir/c.txt", "gamma\n"),
    (".hidden", "h\n"),
    ("lib.sh", "from=lib; echo args $# $1\n"),
];

/// A shell with standard input from a file with this text.
pub fn shell(sys: &FakeSystem, stdin: &[u8]) -> (Shell, Arc<Capture>, Arc<Capture>) {
    sys.set_file("/tmp/stdin", stdin);
    let port = sys.port();
    let input =
        sys.block_on(async { port.open(b"/tmp/stdin".as_bstr(), OpenFlags::READ).await }).expect("stdin");
    let (stdout, stderr) = (Arc::new(Capture::default()), Arc::new(Capture::default()));
    let fds = FdTable::with_stdio(input, stdout.clone() as Arc<dyn File>, stderr.clone() as Arc<dyn File>);
    let env = BTreeMap::from([("HOME".into(), "/tmp/work/dir".into()), ("PWD".into(), "/tmp/work".into())]);
    (Shell::new(sys.port(), env, fds), stdout, stderr)
}

/// Runs a script as `sh -c` does.
pub fn run_on(sys: &FakeSystem, script: &[u8]) -> Outcome {
    let (mut shell, stdout, stderr) = shell(sys, b"in1\nin2\n");
    let status = sys.block_on(shell.run_script(script, b"sh"));
    let text = |capture: &Capture| String::from_utf8_lossy(&capture.bytes()).into_owned();
    Outcome { stdout: text(&stdout), stderr: text(&stderr), status }
}

/// The same on a system of its own.
pub fn run(script: &str) -> Outcome {
    run_on(&system(), script.as_bytes())
}

/// A shell of the host, to compare with.
pub struct HostShell {
    name: &'static str,
    /// Where scripts run; made anew for each, with the files and the input that ours have.
    root: PathBuf,
}

impl HostShell {
    /// The shell of that name. If it is not installed, says so.
    pub fn find(name: &'static str) -> Option<HostShell> {
        if Command::new(name).arg("-c").arg(":").status().is_err() {
            std::println!("{name} is not installed: nothing is compared with it");
            return None;
        }
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let (process, number) = (std::process::id(), NUMBER.fetch_add(1, Relaxed)); // tests run side by side
        Some(HostShell { name, root: std::env::temp_dir().join(format!("pollux-{name}-{process}-{number}")) })
    }

    /// What a script writes to its standard output, and its status.
    pub fn run(&self, script: &str) -> (String, Option<i32>) {
        let root = &self.root;
        std::fs::create_dir_all(root.join("dir")).expect("a directory for the scripts");
        for (name, text) in FILES {
            std::fs::write(root.join(name), text).expect("a file for the scripts");
        }
        std::fs::write(root.join(".stdin"), "in1\nin2\n").expect("the standard input");
        let output = Command::new(self.name)
            .args(["-c", script])
            .current_dir(root)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", root.join("dir"))
            .stdin(std::fs::File::open(root.join(".stdin")).expect("the standard input"))
            .stderr(Stdio::null())
            .output()
            .expect("the shell runs");
        std::fs::remove_dir_all(root).expect("the directory goes");
        (String::from_utf8_lossy(&output.stdout).into_owned(), output.status.code())
    }
}
