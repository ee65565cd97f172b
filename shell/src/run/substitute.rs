//! Command substitution: what a list writes, taken as text.

use alloc::{sync::Arc, vec::Vec};
use bstr::BString;
use core::ops::ControlFlow::{Break, Continue};

use super::{
    Flow, Leave,
    pipeline::{Part, Work},
};
use crate::{
    env::{File, Result, Signal},
    errno::Errno,
    fd::Fd,
    lang::ast::Program,
    shell::Shell,
};

/// How much a command substitution takes: far more than a command line is good for.
const LIMIT: usize = 16 << 20;

impl Shell {
    /// Runs `program` in a copy of the shell; its output without the newlines at the end.
    pub(super) async fn substitute(&mut self, program: Arc<Program>) -> Flow<BString> {
        let (read, write) = match self.sys.pipe() {
            Ok(ends) => ends,
            Err(error) => return self.substitution_failed(error).await,
        };
        let fds = self.fds.duplicate();
        let started = fds.set(1, write).map(|()| Part {
            name: "sh".into(),
            text: "$(...)".into(),
            fds,
            signals: self.signals.child(),
            work: Work::Program(program),
        });
        let running = match started.and_then(|part| self.launch_one(part)) {
            Ok(running) => running,
            Err(error) => return self.substitution_failed(error).await,
        };
        let output = self.capture(read).await;
        if output.is_err() {
            running.signal(Signal::Kill);
        }
        self.finish(running).await?;
        self.substitution_status = Some(self.status);
        match output {
            Ok(mut text) => {
                // An argument cannot hold a NUL byte.
                text.retain(|&byte| byte != 0);
                while text.last() == Some(&b'\n') {
                    text.pop();
                }
                Continue(text.into())
            }
            Err(error) => self.substitution_failed(error).await,
        }
    }

    /// Reads to the end of the file.
    async fn capture(&mut self, file: Arc<dyn File>) -> Result<Vec<u8>> {
        // It gets a number in the shell's table, so that it is closed even if the shell comes to grief.
        let fd = Fd::new(&self.fds, self.fds.insert(file)?);
        let mut text = Vec::new();
        let result = loop {
            let filled = text.len();
            let more = if filled < 4096 { 1024 } else { filled.min(64 << 10) };
            if filled > LIMIT || text.try_reserve(more).is_err() {
                break Err(Errno::ENOMEM);
            }
            text.resize(filled + more, 0);
            match fd.read(&mut text[filled..]).await {
                Ok(0) => {
                    text.truncate(filled);
                    break Ok(text);
                }
                Ok(size) => text.truncate(filled + size),
                Err(error) => break Err(error),
            }
        };
        fd.close();
        result
    }

    pub(super) async fn substitution_failed<T>(&mut self, error: Errno) -> Flow<T> {
        self.complain(alloc::format!("command substitution: {error}")).await;
        self.status = 2;
        Break(Leave::Error)
    }
}
