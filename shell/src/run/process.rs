//! Process substitution: `<(...)` and `>(...)` (not POSIX; as ksh and bash have it).
//!
//! The shell keeps one end of a pipe for as long as the command runs that got its name, `/dev/fd/N`. The number is in
//! the shell's own table, from which that of the command is copied.

use alloc::{sync::Arc, vec::Vec};
use bstr::{BStr, BString};
use core::ops::ControlFlow::{Break, Continue};

use super::{
    Flow, Leave,
    jobs::Running,
    pipeline::{Part, Work},
};
use crate::{
    env::{File, Result},
    lang::ast::Program,
    shell::Shell,
};

/// The end of a pipe that the shell keeps for a command.
pub(crate) struct ProcessEnd {
    /// Its number.
    fd: usize,
    /// What reads from the pipe, where that is what the substitution does: its output belongs to the command.
    reader: Option<Running>,
}

impl ProcessEnd {
    fn path(&self) -> BString {
        alloc::format!("/dev/fd/{}", self.fd).into()
    }
}

impl Shell {
    /// Whether a path is that of a pipe which a process substitution has made.
    pub(super) fn is_process_end(&self, path: &BStr) -> bool {
        self.process_ends.iter().any(|end| end.path() == path)
    }

    /// Starts the commands; the name of the other end of its pipe.
    pub(super) async fn process_substitution(&mut self, program: Arc<Program>, reads: bool) -> Flow<BString> {
        match self.start_process(program, reads) {
            Ok(end) => {
                let path = end.path();
                self.process_ends.push(end);
                Continue(path)
            }
            Err(error) => {
                self.complain(alloc::format!("process substitution: {error}")).await;
                self.status = 2;
                Break(Leave::Error)
            }
        }
    }

    fn start_process(&mut self, program: Arc<Program>, reads: bool) -> Result<ProcessEnd> {
        let (read, write) = self.sys.pipe()?;
        let (theirs, ours): (Arc<dyn File>, Arc<dyn File>) =
            if reads { (read, write) } else { (write, read) };
        let fds = self.fds.duplicate();
        // The pipes of others would not end while this one runs.
        self.process_ends.iter().for_each(|end| fds.close(end.fd));
        fds.set(usize::from(!reads), theirs)?;
        let text = if reads { ">(...)" } else { "<(...)" };
        let (signals, work) = (self.signals.child(), Work::Program(program));
        let part = Part { name: "sh".into(), text: text.into(), fds, signals, work };
        let running = self.launch_beside(part)?;
        let fd = self.fds.insert(ours)?;
        self.last_background = Some(running.pid);
        match reads {
            true => Ok(ProcessEnd { fd, reader: Some(running) }),
            false => {
                running.detach();
                Ok(ProcessEnd { fd, reader: None })
            }
        }
    }

    /// Closes the pipes made since there were `before`, and waits for those that read what the command has written.
    pub(super) async fn end_processes(&mut self, before: usize) -> Flow {
        if self.process_ends.len() <= before {
            return Continue(());
        }
        let ends: Vec<ProcessEnd> = self.process_ends.drain(before..).collect();
        ends.iter().for_each(|end| self.fds.close(end.fd));
        for running in ends.into_iter().filter_map(|end| end.reader) {
            // A signal that is trapped ends this wait as well: its action is due.
            let _ = self.unless_signalled(running.job().wait()).await?;
        }
        Continue(())
    }
}
