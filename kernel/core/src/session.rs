//! A shell on a system: interactive on a terminal, or for one command line.

use alloc::{boxed::Box, collections::BTreeMap, sync::Arc, vec::Vec};
use bstr::BString;
use core::future::Future;
use pollux_shell::{
    env::{Exit, File, Job, Result, Signals, Stage, System},
    fd::FdTable,
    shell::Shell,
};

use crate::{pty::Slave, system::CoreSystem};

/// What a shell finds in its environment.
pub struct Session {
    /// Names and values.
    pub environment: BTreeMap<BString, BString>,
}

impl Session {
    /// The environment of the only user there is, at a terminal of this kind (`TERM`).
    pub fn new(term: &[u8]) -> Self {
        let pairs: [(&str, &[u8]); 7] = [
            ("HOME", b"/"),
            ("LOGNAME", b"root"),
            ("PATH", b"/bin"),
            ("PWD", b"/"),
            ("SHELL", b"/bin/sh"),
            ("TERM", term),
            ("USER", b"root"),
        ];
        Self { environment: pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect() }
    }

    /// Runs an interactive shell until it ends. `on_first_prompt` is called when it is ready for a person.
    pub async fn interactive(
        self,
        system: &Arc<CoreSystem>,
        terminal: &Arc<Slave>,
        on_first_prompt: impl FnOnce() + Send + 'static,
    ) -> Result<Exit> {
        let file: Arc<dyn File> = terminal.clone();
        let fds = FdTable::with_stdio(file.clone(), file.clone(), file);
        let mut shell = Shell::new(system.clone(), self.environment, fds.clone());
        shell.set_login();
        shell.on_first_prompt(Box::new(on_first_prompt));
        let file: Arc<dyn File> = terminal.clone();
        let job = system.new_session(&file)?;
        drop(file);
        let signals = shell.signals().clone();
        run(system, &job, b"sh", fds, signals, async move { shell.run_interactive().await }).await
    }

    /// Runs `sh -c text` on these files.
    pub async fn command(
        self,
        system: &Arc<CoreSystem>,
        text: &[u8],
        [stdin, stdout, stderr]: [Arc<dyn File>; 3],
    ) -> Result<Exit> {
        let fds = FdTable::with_stdio(stdin, stdout, stderr);
        let mut shell = Shell::new(system.clone(), self.environment, fds.clone());
        let text = Vec::from(text);
        let command = [b"sh -c ", &text[..]].concat();
        let (job, signals) = (system.new_job()?, shell.signals().clone());
        run(system, &job, &command, fds, signals, async move { shell.run_script(&text, b"sh").await }).await
    }
}

/// Runs the shell as a stage: it has a number, its descriptors are closed when it ends, and a panic ends
/// it and nothing else.
async fn run(
    system: &Arc<CoreSystem>,
    job: &Arc<dyn Job>,
    command: &[u8],
    fds: Arc<FdTable>,
    signals: Arc<Signals>,
    shell: impl Future<Output = u8> + Send + 'static,
) -> Result<Exit> {
    let protected = system.clone();
    let run = Box::pin(async move {
        protected.protect_current();
        shell.await
    });
    job.spawn(Stage { name: "sh".into(), command: command.into(), fds, signals, run })?;
    Ok(job.wait().await.pop().unwrap_or(Exit::Code(0)))
}

#[cfg(test)]
mod tests;
