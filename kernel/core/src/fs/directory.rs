//! A directory that was opened: it can be asked what it is, and keeps its file system mounted.

use bstr::BString;
use core::task::{Context, Poll};
use pollux_shell::{
    env::{File, Metadata, Result},
    errno::Errno,
};

use super::{inode::Node, mount::InUse};

pub(super) struct Directory {
    pub node: Node,
    pub path: BString,
    pub _in_use: InUse,
}

impl File for Directory {
    fn poll_read(&self, _cx: &mut Context<'_>, _buf: &mut [u8]) -> Poll<Result<usize>> {
        Poll::Ready(Err(Errno::EISDIR))
    }

    fn poll_write(&self, _cx: &mut Context<'_>, _buf: &[u8]) -> Poll<Result<usize>> {
        Poll::Ready(Err(Errno::EBADF))
    }

    fn metadata(&self) -> Result<Metadata> {
        Ok(self.node.metadata())
    }

    fn path(&self) -> Option<BString> {
        Some(self.path.clone())
    }
}
