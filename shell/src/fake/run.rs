//! Running one command on the fake system, with its standard streams through small pipes.

use alloc::{collections::BTreeMap, string::ToString, sync::Arc, vec, vec::Vec};
use bstr::{BString, ByteSlice};
use core::future::poll_fn;
use futures_util::future::join3;

use super::{Capture, FakeSystem};
use crate::{
    commands,
    env::{Exit, File, Signals, Stage},
    fd::FdTable,
    process::{Process, UMASK},
};

/// What a command left behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finished {
    /// What it wrote to standard output, unless that was set to something else.
    pub stdout: Vec<u8>,
    /// What it wrote to standard error.
    pub stderr: Vec<u8>,
    /// Its status as `$?` gives it.
    pub status: u8,
    /// How it ended.
    pub exit: Exit,
}

/// One command to run.
pub struct Run {
    sys: FakeSystem,
    args: Vec<BString>,
    env: BTreeMap<BString, BString>,
    cwd: BString,
    stdin: Vec<u8>,
    stdout: Option<Arc<dyn File>>,
    take: usize,
}

impl Run {
    /// The command `name`, without arguments, in `/`, with empty standard input.
    pub fn new(sys: &FakeSystem, name: &str) -> Self {
        let (env, stdin, stdout) = (BTreeMap::new(), Vec::new(), None);
        Self {
            sys: sys.clone(),
            args: vec![name.into()],
            env,
            cwd: "/".into(),
            stdin,
            stdout,
            take: usize::MAX,
        }
    }

    /// Adds arguments.
    pub fn args<A: AsRef<[u8]>>(mut self, args: impl IntoIterator<Item = A>) -> Self {
        self.args.extend(args.into_iter().map(|arg| BString::from(arg.as_ref())));
        self
    }

    /// Sets what comes in on standard input before its end.
    pub fn stdin(mut self, bytes: impl AsRef<[u8]>) -> Self {
        self.stdin = bytes.as_ref().to_vec();
        self
    }

    /// Sets an environment variable.
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.env.insert(name.into(), value.into());
        self
    }

    /// Sets the working directory.
    pub fn cwd(mut self, dir: &str) -> Self {
        self.cwd = dir.into();
        self
    }

    /// Gives it this file, or terminal, as standard output.
    pub fn stdout(mut self, file: Arc<dyn File>) -> Self {
        self.stdout = Some(file);
        self
    }

    /// Closes the reading end of its standard output after `bytes` bytes.
    pub fn close_stdout_after(mut self, bytes: usize) -> Self {
        self.take = bytes;
        self
    }

    /// Runs it to its end.
    ///
    /// # Panics
    /// If there is no such command, or it waits forever.
    pub fn run(self) -> Finished {
        let name = self.args[0].clone();
        let sys = self.sys.port();
        let command = commands::find(&*sys, &name).unwrap_or_else(|| panic!("no command {name}"));
        let (stdin, feed) = sys.pipe().expect("a pipe for standard input");
        let (drain, stdout) = sys.pipe().expect("a pipe for standard output");
        let stderr = Arc::new(Capture::default());
        let fds = FdTable::with_stdio(stdin, self.stdout.unwrap_or(stdout), stderr.clone());
        let line = bstr::join(" ", &self.args);
        let signals = Signals::new();
        let process = Process {
            sys: sys.clone(),
            args: self.args,
            env: self.env.into(),
            cwd: self.cwd,
            fds: fds.clone(),
            umask: UMASK,
            signals: signals.clone(),
        };
        let job = sys.new_job().expect("a job");
        let stage =
            Stage { name: name.as_bstr(), command: line.into(), fds, signals, run: (command.run)(process) };
        job.spawn(stage).expect("a stage");

        let feeding = async move {
            let mut rest = self.stdin.as_slice();
            while !rest.is_empty() {
                match poll_fn(|cx| feed.poll_write(cx, rest)).await {
                    Ok(n) => rest = &rest[n..],
                    Err(_) => break, // the command has had enough
                }
            }
        };
        let draining = async move {
            let (mut all, mut chunk) = (Vec::new(), [0; 48]);
            while all.len() < self.take {
                let room = chunk.len().min(self.take - all.len());
                match poll_fn(|cx| drain.poll_read(cx, &mut chunk[..room])).await {
                    Ok(0) | Err(_) => break,
                    Ok(n) => all.extend_from_slice(&chunk[..n]),
                }
            }
            all
        };
        let (_, stdout, exits) = self.sys.block_on(join3(feeding, draining, job.wait()));
        let exit = exits[0].clone();
        Finished { stdout, stderr: stderr.bytes(), status: exit.status(), exit }
    }
}

impl Finished {
    /// Standard output as text, for messages and comparisons.
    pub fn text(&self) -> alloc::string::String {
        self.stdout.as_bstr().to_string()
    }

    /// Standard error as text.
    pub fn error_text(&self) -> alloc::string::String {
        self.stderr.as_bstr().to_string()
    }
}
