//! What a command gets to work with.

use alloc::{collections::BTreeMap, sync::Arc, vec::Vec};
use bstr::{BStr, BString, ByteSlice};

use crate::{
    env::{BoxFuture, OpenFlags, Result, System},
    fd::{Fd, FdTable},
};

/// The surroundings of one command: its arguments, environment, directory and descriptors.
#[derive(Clone)]
pub struct Process {
    /// The system it runs on.
    pub sys: Arc<dyn System>,
    /// The words of the command; the first is its name.
    pub args: Vec<BString>,
    /// Exported variables.
    pub env: BTreeMap<BString, BString>,
    /// Working directory: absolute, without `.` and `..`.
    pub cwd: BString,
    /// Open files.
    pub fds: Arc<FdTable>,
    /// The permissions that files made by it do not get (`umask`).
    pub umask: u16,
}

/// A command by name.
pub struct Command {
    /// What one types.
    pub name: &'static str,
    /// One line for `help` and `--help`: the synopsis, as in `head [-n LINES] [-c BYTES] [FILE...]`.
    pub synopsis: &'static str,
    /// One sentence that says what it does.
    pub summary: &'static str,
    /// Runs it; the output is the exit status.
    pub run: fn(Process) -> BoxFuture<'static, u8>,
}

impl Process {
    /// Standard input.
    pub fn stdin(&self) -> Fd {
        Fd::new(&self.fds, 0)
    }

    /// Standard output.
    pub fn stdout(&self) -> Fd {
        Fd::new(&self.fds, 1)
    }

    /// Standard error.
    pub fn stderr(&self) -> Fd {
        Fd::new(&self.fds, 2)
    }

    /// A path made absolute against the working directory. `.` and `..` are left to the system.
    pub fn absolute(&self, path: &BStr) -> BString {
        absolute(self.cwd.as_bstr(), path)
    }

    /// Opens a file and gives it a descriptor.
    pub async fn open(&self, path: &BStr, flags: OpenFlags) -> Result<Fd> {
        let relative;
        let path = match path.starts_with(b"/") {
            true => path,
            false => {
                relative = self.absolute(path);
                relative.as_bstr()
            }
        };
        let file = match self.sys.try_open(path, flags) {
            Some(opened) => opened?,
            None => self.sys.open_mode(path, flags, self.new_mode(0o666)).await?,
        };
        Ok(Fd::new(&self.fds, self.fds.insert(file)?))
    }

    /// The permissions of what is made: those asked for, without those that the file creation mask takes away.
    pub fn new_mode(&self, mode: u16) -> u16 {
        mode & !self.umask
    }
}

/// The file creation mask that a session starts with.
pub const UMASK: u16 = 0o022;

/// `path` made absolute against `cwd`.
pub fn absolute(cwd: &BStr, path: &BStr) -> BString {
    if path.starts_with(b"/") {
        return path.into();
    }
    let mut whole = BString::from(cwd);
    if !whole.ends_with(b"/") {
        whole.push(b'/');
    }
    whole.extend_from_slice(path);
    whole
}
