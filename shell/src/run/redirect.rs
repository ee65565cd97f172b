//! Redirections (XCU 2.7), applied to a table before the command starts.

use alloc::{boxed::Box, string::ToString, sync::Arc};
use bstr::{BStr, BString, ByteSlice};
use core::ops::ControlFlow::Continue;
use futures_util::future::{Either, Ready, ready};

use super::{Flow, document::Document, simple::shown};
use crate::{
    env::{BoxFuture, FileType, OpenFlags, Result},
    errno::Errno,
    fd::FdTable,
    lang::ast::{Redirect, RedirectKind},
    process::{self, absolute},
    shell::Shell,
};

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
            false => Either::Right(Box::pin(self.redirect_all(table, redirects))),
        }
    }

    async fn redirect_all(&mut self, table: &Arc<FdTable>, redirects: &[Redirect]) -> Flow<bool> {
        for redirect in redirects {
            let word = redirect.document.as_ref().map_or(Some(&redirect.target), |document| document.word());
            let target = match word {
                Some(word) => self.expand_string(word).await?,
                None => BString::default(), // the parser lets no document go without its lines
            };
            if let Err(error) = self.redirect_one(table, redirect, target.as_bstr()).await {
                let what = match redirect.kind {
                    RedirectKind::Document | RedirectKind::String => "here-document".into(),
                    _ => shown(&target),
                };
                self.complain_on(table, alloc::format!("{what}: {error}")).await;
                self.status = 1;
                return Continue(false);
            }
        }
        Continue(true)
    }

    async fn redirect_one(&mut self, table: &Arc<FdTable>, redirect: &Redirect, target: &BStr) -> Result<()> {
        let create = OpenFlags::WRITE | OpenFlags::CREATE;
        let flags = match redirect.kind {
            RedirectKind::Duplicate if target == "-" => {
                table.close(redirect.fd);
                return Ok(());
            }
            RedirectKind::Duplicate => {
                let number = target.to_str().ok().and_then(|text| text.parse().ok());
                let file = table.get(number.ok_or(Errno::EBADF)?)?;
                return table.set(redirect.fd, file);
            }
            RedirectKind::Document => {
                return table.set(redirect.fd, Arc::new(Document::new(target.to_vec())));
            }
            RedirectKind::String => {
                let mut text = target.to_vec();
                text.push(b'\n');
                return table.set(redirect.fd, Arc::new(Document::new(text)));
            }
            RedirectKind::Read => OpenFlags::READ,
            RedirectKind::ReadWrite => OpenFlags::READ | create,
            RedirectKind::Append | RedirectKind::BothAppend => create | OpenFlags::APPEND,
            RedirectKind::Write | RedirectKind::Both if self.options.no_clobber => {
                let path = absolute(self.cwd.as_bstr(), target);
                let there = self.sys.stat(path.as_bstr()).await;
                match there.is_ok_and(|there| there.kind == FileType::Regular) {
                    true => return Err(Errno::EEXIST),
                    false => create,
                }
            }
            RedirectKind::Write | RedirectKind::Clobber | RedirectKind::Both => create | OpenFlags::TRUNC,
        };
        if target.is_empty() {
            return Err(Errno::ENOENT);
        }
        let path = absolute(self.cwd.as_bstr(), target);
        // A process substitution in the target has made its pipe after the table was copied.
        let holder = if self.is_process_end(path.as_bstr()) { &self.fds } else { table };
        let file = process::open(&self.sys, holder, path.as_bstr(), flags, 0o666 & !self.umask).await?;
        if matches!(redirect.kind, RedirectKind::Both | RedirectKind::BothAppend) {
            table.set(1, file.clone())?;
            return table.set(2, file);
        }
        table.set(redirect.fd, file)
    }

    /// Writes an error message of the shell to a table's standard error.
    pub(super) async fn complain_on(&mut self, table: &Arc<FdTable>, message: impl ToString) {
        let text = alloc::format!("sh: {}\n", message.to_string());
        // Where even that cannot be written, nobody is left to tell.
        let _ = crate::fd::Fd::new(table, 2).write_all(text.as_bytes()).await;
    }
}
