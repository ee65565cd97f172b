//! What a command gets to work with.

use alloc::{collections::BTreeMap, sync::Arc, vec::Vec};
use bstr::{BStr, BString, ByteSlice};

use crate::{
    env::{BoxFuture, File, OpenFlags, Result, Signals, System},
    fd::{Fd, FdTable},
};

/// Exported variables with their values, by name.
pub type Environment = BTreeMap<BString, BString>;

/// The surroundings of one command: its arguments, environment, directory and descriptors.
#[derive(Clone)]
pub struct Process {
    /// The system it runs on.
    pub sys: Arc<dyn System>,
    /// The words of the command; the first is its name.
    pub args: Vec<BString>,
    /// Exported variables.
    pub env: Arc<Environment>,
    /// Working directory: absolute, without `.` and `..`.
    pub cwd: BString,
    /// Open files.
    pub fds: Arc<FdTable>,
    /// The permissions that files made by it do not get (`umask`).
    pub umask: u16,
    /// What it does when signals come.
    pub signals: Arc<Signals>,
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
        let file = open(&self.sys, &self.fds, path, flags, self.new_mode(0o666)).await?;
        Ok(Fd::new(&self.fds, self.fds.insert(file)?))
    }

    /// The permissions of what is made: those asked for, without those that the file creation mask takes away.
    pub fn new_mode(&self, mode: u16) -> u16 {
        mode & !self.umask
    }
}

/// The file creation mask that a session starts with.
pub const UMASK: u16 = 0o022;

/// Opens a file by its absolute path. `/dev/fd/N`, `/dev/stdin`, `/dev/stdout` and `/dev/stderr` are open files of the one
/// who asks, so they are found here and not on a file system. A file that is made gets the permissions `mode`.
pub(crate) async fn open(
    sys: &Arc<dyn System>,
    fds: &Arc<FdTable>,
    path: &BStr,
    flags: OpenFlags,
    mode: u16,
) -> Result<Arc<dyn File>> {
    if let Some(number) = descriptor(path) {
        return fds.get(number);
    }
    match sys.try_open(path, flags) {
        Some(opened) => opened,
        None => sys.open_mode(path, flags, mode).await,
    }
}

fn descriptor(path: &[u8]) -> Option<usize> {
    match path.strip_prefix(b"/dev/")? {
        b"stdin" => Some(0),
        b"stdout" => Some(1),
        b"stderr" => Some(2),
        rest => rest.strip_prefix(b"fd/")?.to_str().ok()?.parse().ok(),
    }
}

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
