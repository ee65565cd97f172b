//! Running a shell on the fake system.

use alloc::{collections::BTreeMap, string::String, sync::Arc};
use bstr::ByteSlice;
use pollux_cases::FILES;

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

/// A shell with standard input from a file with this text.
pub fn shell(sys: &FakeSystem, stdin: &[u8]) -> (Shell, Arc<Capture>, Arc<Capture>) {
    sys.set_file("/tmp/stdin", stdin);
    let port = sys.port();
    let input =
        sys.block_on(async { port.open(b"/tmp/stdin".as_bstr(), OpenFlags::READ).await }).expect("stdin");
    let (stdout, stderr) = (Arc::new(Capture::default()), Arc::new(Capture::default()));
    let fds = FdTable::with_stdio(input, stdout.clone() as Arc<dyn File>, stderr.clone() as Arc<dyn File>);
    let env = BTreeMap::from([
        ("HOME".into(), "/tmp/work/dir".into()),
        ("PATH".into(), "/bin".into()),
        ("PWD".into(), "/tmp/work".into()),
    ]);
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
