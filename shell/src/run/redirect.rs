//! Redirections (XCU 2.7), applied to a table before the command starts.

use alloc::{boxed::Box, string::ToString, sync::Arc, vec::Vec};
use bstr::{BStr, BString, ByteSlice};
use core::{
    future::{Future, poll_fn},
    ops::ControlFlow::{Break, Continue},
    pin::pin,
    task::Poll,
};
use futures_util::future::{Either, Ready, ready};

use super::{
    Flow, Leave,
    document::Document,
    pipeline::{Part, Work},
    simple::shown,
};
use crate::{
    env::{BoxFuture, File, FileType, OpenFlags, Signal},
    errno::Errno,
    fd::FdTable,
    lang::ast::{Redirect, RedirectKind},
    process::{self, absolute},
    shell::Shell,
};

/// Why a redirection is not made.
enum Stop {
    Failed(Errno),
    /// It has to wait for the other end of a pipe with a name, which the stage of its command does.
    Waits,
    /// A signal that is trapped has come meanwhile.
    Signalled(Signal),
    Left(Leave),
}

impl From<Errno> for Stop {
    fn from(error: Errno) -> Self {
        Stop::Failed(error)
    }
}

/// How far redirections have come.
pub(super) enum Redirected {
    All,
    /// It has been said why.
    Failed,
    /// Up to this one, which has to wait.
    UpTo(usize),
}

impl Shell {
    /// Applies redirections in order. When one fails, says so on the table's own standard error, sets
    /// the status to 1, and answers `false`.
    pub(super) fn redirect<'a>(
        &'a mut self,
        table: &'a Arc<FdTable>,
        redirects: &'a [Redirect],
    ) -> Either<Ready<Flow<bool>>, BoxFuture<'a, Flow<bool>>> {
        match redirects.is_empty() {
            true => Either::Left(ready(Continue(true))),
            // Of its own, so that the futures around it stay small: they nest deep.
            false => Either::Right(Box::pin(async move {
                let redirected = self.redirect_up_to(table, redirects, false).await?;
                Continue(matches!(redirected, Redirected::All))
            })),
        }
    }

    /// [`Shell::redirect`] for a command that gets a stage of its own: it ends at what has to wait.
    pub(super) fn redirect_for_stage<'a>(
        &'a mut self,
        table: &'a Arc<FdTable>,
        redirects: &'a [Redirect],
    ) -> Either<Ready<Flow<Redirected>>, BoxFuture<'a, Flow<Redirected>>> {
        match redirects.is_empty() {
            true => Either::Left(ready(Continue(Redirected::All))),
            false => Either::Right(Box::pin(self.redirect_up_to(table, redirects, true))),
        }
    }

    async fn redirect_up_to(
        &mut self,
        table: &Arc<FdTable>,
        redirects: &[Redirect],
        has_stage: bool,
    ) -> Flow<Redirected> {
        for (at, redirect) in redirects.iter().enumerate() {
            let word = redirect.document.as_ref().map_or(Some(&redirect.target), |document| document.word());
            let target = match word {
                Some(word) => self.expand_string(word).await?,
                None => BString::default(), // the parser lets no document go without its lines
            };
            let error = match self.redirect_one(table, redirect, target.as_bstr(), has_stage).await {
                Ok(()) => continue,
                Err(Stop::Failed(error)) => error,
                Err(Stop::Waits) => return Continue(Redirected::UpTo(at)),
                Err(Stop::Left(leave)) => return Break(leave),
                Err(Stop::Signalled(signal)) => {
                    self.status = 128 + signal as u8;
                    return Continue(Redirected::Failed);
                }
            };
            let what = match redirect.kind {
                RedirectKind::Document | RedirectKind::String => "here-document".into(),
                _ => shown(&target),
            };
            self.complain_on(table, alloc::format!("{what}: {error}")).await;
            self.status = 1;
            return Continue(Redirected::Failed);
        }
        Continue(Redirected::All)
    }

    async fn redirect_one(
        &mut self,
        table: &Arc<FdTable>,
        redirect: &Redirect,
        target: &BStr,
        has_stage: bool,
    ) -> core::result::Result<(), Stop> {
        let create = OpenFlags::WRITE | OpenFlags::CREATE;
        let flags = match redirect.kind {
            RedirectKind::Duplicate if target == "-" => {
                table.close(redirect.fd);
                return Ok(());
            }
            RedirectKind::Duplicate => {
                let number = target.to_str().ok().and_then(|text| text.parse().ok());
                let file = table.get(number.ok_or(Errno::EBADF)?)?;
                return Ok(table.set(redirect.fd, file)?);
            }
            RedirectKind::Document => {
                return Ok(table.set(redirect.fd, Arc::new(Document::new(target.to_vec())))?);
            }
            RedirectKind::String => {
                let mut text = target.to_vec();
                text.push(b'\n');
                return Ok(table.set(redirect.fd, Arc::new(Document::new(text)))?);
            }
            RedirectKind::Read => OpenFlags::READ,
            RedirectKind::ReadWrite => OpenFlags::READ | create,
            RedirectKind::Append | RedirectKind::BothAppend => create | OpenFlags::APPEND,
            RedirectKind::Write | RedirectKind::Both if self.options.no_clobber => {
                let path = absolute(self.cwd.as_bstr(), target);
                let there = self.sys.stat(path.as_bstr()).await;
                match there.is_ok_and(|there| there.kind == FileType::Regular) {
                    true => return Err(Errno::EEXIST.into()),
                    false => create,
                }
            }
            RedirectKind::Write | RedirectKind::Clobber | RedirectKind::Both => create | OpenFlags::TRUNC,
        };
        if target.is_empty() {
            return Err(Errno::ENOENT.into());
        }
        let path = absolute(self.cwd.as_bstr(), target);
        // A process substitution in the target has made its pipe after the table was copied.
        let holder = if self.is_process_end(path.as_bstr()) { self.fds.clone() } else { table.clone() };
        let file = self.open_target(&holder, path.as_bstr(), flags, has_stage).await?;
        if matches!(redirect.kind, RedirectKind::Both | RedirectKind::BothAppend) {
            table.set(1, file.clone())?;
            return Ok(table.set(2, file)?);
        }
        Ok(table.set(redirect.fd, file)?)
    }

    /// Opens a file for a redirection. What has to wait for the other end of a pipe with a name is left to a stage, or
    /// ends with a signal.
    async fn open_target(
        &mut self,
        holder: &Arc<FdTable>,
        path: &BStr,
        flags: OpenFlags,
        has_stage: bool,
    ) -> core::result::Result<Arc<dyn File>, Stop> {
        let sys = self.sys.clone();
        let mut opening = pin!(process::open(&sys, holder, path, flags, 0o666 & !self.umask));
        // Asked once: nobody sees an open of such a pipe before it has waited (`tmpfs/fifo.rs` says why).
        if let Poll::Ready(opened) = poll_fn(|cx| Poll::Ready(opening.as_mut().poll(cx))).await {
            return Ok(opened?);
        }
        if !sys.stat(path).await.is_ok_and(|there| there.kind == FileType::Pipe) {
            return Ok(opening.await?);
        }
        if has_stage {
            return Err(Stop::Waits);
        }
        match self.unless_signalled(opening).await {
            Continue(Ok(opened)) => Ok(opened?),
            Continue(Err(signal)) => Err(Stop::Signalled(signal)),
            Break(leave) => Err(Stop::Left(leave)),
        }
    }

    /// Runs a command whose words are known in a stage that makes the rest of its redirections first, one of which has
    /// to wait: so the terminal can interrupt and stop it.
    pub(super) async fn run_waiting(
        &mut self,
        words: Vec<BString>,
        assignments: Vec<(BString, BString)>,
        fds: Arc<FdTable>,
        rest: Vec<Redirect>,
        text: BString,
    ) -> Flow {
        let (name, signals) = (words[0].clone(), self.signals.child());
        let mut copy = self.copy(fds.clone(), signals.clone());
        let (table, line) = (fds.clone(), text.clone());
        let run = Box::pin(async move {
            if let Continue(true) = copy.redirect(&table, &rest).await {
                // However it ends, its status is all that is left of it.
                let _ = copy.run_words(words, assignments, table, line.as_bstr(), true).await;
            }
            copy.status
        });
        self.run_part(Part { name, text, fds, signals, work: Work::Ready(run) }).await
    }

    /// Writes an error message of the shell to a table's standard error.
    pub(super) async fn complain_on(&mut self, table: &Arc<FdTable>, message: impl ToString) {
        let text = alloc::format!("sh: {}\n", message.to_string());
        // Where even that cannot be written, nobody is left to tell.
        let _ = crate::fd::Fd::new(table, 2).write_all(text.as_bytes()).await;
    }
}
