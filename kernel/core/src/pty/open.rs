//! The master's side as an open file: what `/dev/ptmx` gives.

use alloc::sync::Arc;
use bstr::BString;
use core::task::{Context, Poll};
use pollux_shell::env::{Attributes, File, FileType, Job, Metadata, Pty, Result, Terminal, WindowSize};

use super::{Master, Registry};

/// Writing it types; reading it gives what is shown, and the end when no program has the terminal any more.
/// Closing it hangs up.
pub struct MasterFile {
    pub(super) master: Master,
    pub(super) registry: Arc<Registry>,
}

impl File for MasterFile {
    fn poll_read(&self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<Result<usize>> {
        self.master.poll_output(cx, buf).map(Ok)
    }

    fn poll_write(&self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<Result<usize>> {
        self.master.poll_input(cx, buf)
    }

    fn metadata(&self) -> Result<Metadata> {
        Ok(Metadata { special: (5, 2), ..Metadata::new(FileType::CharDevice, 0o666) })
    }

    fn terminal(&self) -> Option<&dyn Terminal> {
        Some(self)
    }

    fn pty(&self) -> Option<&dyn Pty> {
        Some(self)
    }
}

impl Pty for MasterFile {
    fn number(&self) -> u32 {
        self.master.shared.number.unwrap_or(0)
    }
}

/// The terminal is one, from whichever side it is set.
impl Terminal for MasterFile {
    fn attributes(&self) -> Attributes {
        self.master.shared.attributes()
    }

    fn set_attributes(&self, attributes: Attributes) {
        self.master.shared.set_attributes(attributes);
    }

    fn size(&self) -> WindowSize {
        self.master.shared.size()
    }

    fn written(&self) -> u64 {
        self.master.shared.written()
    }

    fn set_size(&self, size: WindowSize) {
        self.master.set_size(size);
    }

    fn poll_resized(&self, cx: &mut Context<'_>, last: WindowSize) -> Poll<WindowSize> {
        self.master.shared.poll_resized(cx, last)
    }

    fn set_foreground(&self, job: Option<Arc<dyn Job>>) {
        self.master.shared.set_foreground(job);
    }

    fn name(&self) -> BString {
        "/dev/ptmx".into()
    }
}

impl Drop for MasterFile {
    fn drop(&mut self) {
        self.registry.remove(self.number());
    }
}
