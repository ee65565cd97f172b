//! Commands that commands run: `find -exec`, `xargs`, `timeout`, `watch`, `nohup`.
//!
//! Each runs as a job of its own, within that of the command that started it. So it has a stack of its own, however
//! deep commands nest, the system closes its descriptors however it ends, and what stops (`^Z`), continues or
//! ends the job around reaches it as well. It does not outlive the command that started it: when
//! that is ended by a signal, its future is dropped, and so is the [`Child`], which kills the job.

use alloc::{format, string::String, sync::Arc, vec::Vec};
use bstr::{BString, ByteSlice};

use crate::{
    commands,
    env::{BoxFuture, Exit, File, Job, Result, Signal, Stage, System},
    fd::FdTable,
    io,
    process::Process,
    run::{builtins, simple::shown},
    sh,
};

/// Status when there is no such command (XCU 2.8.2).
pub const NOT_FOUND: u8 = 127;
/// Status when there is one, and it cannot be started.
pub const CANNOT_RUN: u8 = 126;

/// A command that runs.
pub struct Child {
    name: BString,
    job: Arc<dyn Job>,
}

impl Child {
    /// Starts a command in the surroundings of `p`, with `stdin` instead of its standard input where
    /// that is given. When it cannot it says so; then the error is a status.
    pub async fn start(
        p: &Process,
        words: Vec<BString>,
        stdin: Option<Arc<dyn File>>,
    ) -> core::result::Result<Child, u8> {
        Child::start_on(p, words, [stdin, None, None]).await
    }

    /// The same, with files instead of any of its standard streams.
    pub async fn start_on(
        p: &Process,
        words: Vec<BString>,
        streams: [Option<Arc<dyn File>>; 3],
    ) -> core::result::Result<Child, u8> {
        let name = words.first().cloned().unwrap_or_default();
        let Some(run) = function(&*p.sys, &name) else {
            io::complain(p, missing(&name)).await;
            return Err(NOT_FOUND);
        };
        match spawn(p, run, words, streams) {
            Ok(job) => Ok(Child { name, job }),
            Err(error) => {
                io::complain(p, format!("cannot start '{}': {error}", shown(&name))).await;
                Err(CANNOT_RUN)
            }
        }
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        self.job.signal(signal);
    }

    /// Waits for its end. Says so when it panicked.
    pub async fn wait(&self, p: &Process) -> Exit {
        let exit = self.job.wait().await.pop().unwrap_or(Exit::Code(0));
        if let Exit::Panicked(message) = &exit {
            io::complain(p, format!("{}: panicked: {message}", shown(&self.name))).await;
        }
        exit
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        if self.job.try_wait().is_none() {
            self.job.signal(Signal::Kill);
        }
    }
}

/// Starts a command and waits for its end.
pub async fn run(
    p: &Process,
    words: Vec<BString>,
    stdin: Option<Arc<dyn File>>,
) -> core::result::Result<Exit, u8> {
    Ok(Child::start(p, words, stdin).await?.wait(p).await)
}

/// What to say of a name that no command has.
pub fn missing(name: &[u8]) -> String {
    let why = match builtins::find(name) {
        Some(_) => "it is a builtin of the shell; sh -c runs it",
        None => "No such command",
    };
    format!("'{}': {why}", shown(name))
}

type Function = fn(Process) -> BoxFuture<'static, u8>;

/// What to run for a name: a command, the shell, or, for a path, the script there.
pub fn function(sys: &dyn System, name: &[u8]) -> Option<Function> {
    match commands::find(sys, name) {
        Some(command) => Some(command.run),
        None if name == sh::NAME.as_bytes() => Some(sh::run),
        None if name.contains(&b'/') => Some(sh::run_file),
        None => None,
    }
}

fn spawn(
    p: &Process,
    run: Function,
    words: Vec<BString>,
    streams: [Option<Arc<dyn File>>; 3],
) -> Result<Arc<dyn Job>> {
    // The standard streams and nothing else: what `p` has opened for itself is its own.
    let fds = Arc::new(FdTable::default());
    for (number, stream) in streams.into_iter().enumerate() {
        if let Some(file) = stream.or_else(|| p.fds.get(number).ok()) {
            fds.set(number, file)?;
        }
    }
    let (name, command) = (words[0].clone(), bstr::join(" ", &words).into());
    let signals = p.signals.child();
    let process = Process { args: words, fds: fds.clone(), signals: signals.clone(), ..p.clone() };
    let job = p.sys.new_job_within()?;
    job.spawn(Stage { name: name.as_bstr(), command, fds, signals, run: run(process) })?;
    Ok(job)
}
