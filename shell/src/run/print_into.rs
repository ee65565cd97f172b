//! `printf -v NAME`: what `printf` writes becomes the value of a variable (not POSIX; as bash has it).

use alloc::{sync::Arc, vec::Vec};
use bstr::BString;
use core::{
    ops::ControlFlow::Continue,
    task::{Context, Poll},
};
use spin::Mutex;

use super::{Flow, document::of_memory};
use crate::{
    commands,
    env::{File, Metadata, Result},
    errno::Errno,
    fd::FdTable,
    lang::is_name,
    process::Process,
    shell::Shell,
};

/// Keeps what is written.
#[derive(Default)]
struct Sink(Mutex<Vec<u8>>);

impl File for Sink {
    fn poll_read(&self, _: &mut Context<'_>, _: &mut [u8]) -> Poll<Result<usize>> {
        Poll::Ready(Err(Errno::EBADF))
    }

    fn poll_write(&self, _: &mut Context<'_>, buf: &[u8]) -> Poll<Result<usize>> {
        let mut text = self.0.lock();
        Poll::Ready(match text.try_reserve(buf.len()) {
            Ok(()) => {
                text.extend_from_slice(buf);
                Ok(buf.len())
            }
            Err(_) => Err(Errno::ENOMEM),
        })
    }

    fn metadata(&self) -> Result<Metadata> {
        Ok(of_memory(self.0.lock().len()))
    }
}

impl Shell {
    /// Runs `printf -v NAME FORMAT ...`.
    pub(super) async fn print_into(&mut self, mut words: Vec<BString>, fds: Arc<FdTable>) -> Flow {
        self.status = 2;
        let Some(name) = words.get(2).cloned().filter(|name| is_name(name)) else {
            self.complain("printf: the name of a variable must follow -v").await;
            return Continue(());
        };
        let Some(printf) = commands::find(&*self.sys, b"printf") else { return Continue(()) };
        words.drain(1..3);
        let sink = Arc::new(Sink::default());
        let table = fds.duplicate();
        if let Err(error) = table.set(1, sink.clone()) {
            self.complain(alloc::format!("printf: {error}")).await;
            return Continue(());
        }
        let (sys, env, cwd) = (self.sys.clone(), self.vars.environment(), self.cwd.clone());
        self.status = (printf.run)(Process {
            sys,
            args: words,
            env,
            cwd,
            umask: self.umask,
            fds: table,
            signals: self.signals.clone(),
        })
        .await;
        let text = core::mem::take(&mut *sink.0.lock());
        if let Err(message) = self.vars.assign(&name, text) {
            return self.assignment_failed(message).await;
        }
        Continue(())
    }
}
