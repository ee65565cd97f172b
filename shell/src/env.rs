//! The ports of the shell: everything it needs of the system it runs on.
//!
//! The shell and its commands know nothing of executors, interrupts or file systems. They see a
//! [`System`] that opens files, makes pipes, runs stages and tells the time. The kernel implements it,
//! the hosted build implements it with the same objects on threads, and [`crate::fake`] implements it
//! in memory for tests.
//!
//! Reading and writing are poll functions, so that moving data never allocates. Operations on paths
//! return a boxed future: one allocation per call, off the hot path.

use alloc::{boxed::Box, string::String, sync::Arc, vec::Vec};
use bstr::{BStr, BString};
use bytes::Bytes;
use core::{
    any::Any,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use crate::{errno::Errno, fd::FdTable, process::Command};
pub use crate::{
    signal::{Action, Disposition, Signal, Signals},
    terminal::{Attributes, Characters, Modes, Pty, Terminal, WindowSize},
};

/// A future on the heap that any CPU may run.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What every port returns: a value, or the POSIX error that says why not.
pub type Result<T> = core::result::Result<T, Errno>;

/// Which pipe an open file is an end of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PipeEnds {
    /// The pipe's number.
    pub number: u64,
    /// Whether it is the end that is read.
    pub reads: bool,
    /// Whether it is the end that is written; a pipe with a name may be open as both.
    pub writes: bool,
}

/// An open file description: what a file descriptor refers to.
///
/// Dropping the last `Arc` closes it: a pipe end that is dropped gives the other end end-of-file or
/// [`Errno::EPIPE`].
pub trait File: Send + Sync {
    /// Reads up to `buf.len()` bytes; `Ok(0)` for a non-empty `buf` is end of file. When pending, the
    /// waker of `cx` is woken once reading may succeed. Several readers may wait at once.
    fn poll_read(&self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<Result<usize>>;

    /// Writes some of `buf` and says how many bytes it took, at least one unless `buf` is empty.
    fn poll_write(&self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<Result<usize>>;

    /// Whether [`File::poll_read_in_place`] works.
    fn reads_in_place(&self) -> bool {
        false
    }

    /// Whether reading in place gives pieces that are large and can be kept, so that a pipe had rather have them lent than copied
    /// into its ring.
    fn lends(&self) -> bool {
        false
    }

    /// Reads up to `most` bytes where they lie: `take` gets them piece by piece and says how many of a piece it used;
    /// the rest stays. How many were used in all; `Ok(0)` without a call of `take` is end of file. When `take` waits or
    /// fails before anything was used, that is the answer.
    ///
    /// `take` runs while no other reader can read. It must not panic: where futures cannot be unwound, nobody would
    /// ever read here again.
    fn poll_read_in_place(
        &self,
        _cx: &mut Context<'_>,
        _most: usize,
        _take: Take<'_>,
    ) -> Poll<Result<usize>> {
        Poll::Ready(Err(Errno::ENOSYS))
    }

    /// Whether [`File::poll_write_in_place`] works.
    fn writes_in_place(&self) -> bool {
        false
    }

    /// Writes up to `most` bytes where they will lie: `fill` gets room, puts bytes at its beginning and says how many.
    /// What stands in the room is old. How many bytes were written in all. The rest is as for
    /// [`File::poll_read_in_place`].
    fn poll_write_in_place(
        &self,
        _cx: &mut Context<'_>,
        _most: usize,
        _fill: Fill<'_>,
    ) -> Poll<Result<usize>> {
        Poll::Ready(Err(Errno::ENOSYS))
    }

    /// [`File::poll_write`] of bytes that may be kept: a pipe hands them to its reader uncopied.
    fn poll_write_loan(&self, cx: &mut Context<'_>, loan: &Bytes) -> Poll<Result<usize>> {
        self.poll_write(cx, loan)
    }

    /// Reads into several buffers, one after the other (`readv`).
    fn poll_read_vectored(&self, cx: &mut Context<'_>, bufs: &mut [&mut [u8]]) -> Poll<Result<usize>> {
        match bufs.iter_mut().find(|buf| !buf.is_empty()) {
            Some(buf) => self.poll_read(cx, buf),
            None => Poll::Ready(Ok(0)),
        }
    }

    /// Writes several buffers, one after the other (`writev`).
    fn poll_write_vectored(&self, cx: &mut Context<'_>, bufs: &[&[u8]]) -> Poll<Result<usize>> {
        match bufs.iter().find(|buf| !buf.is_empty()) {
            Some(buf) => self.poll_write(cx, buf),
            None => Poll::Ready(Ok(0)),
        }
    }

    /// How many bytes a pipe holds (`F_GETPIPE_SZ`); `EBADF` when this is none.
    fn pipe_capacity(&self) -> Result<usize> {
        Err(Errno::EBADF)
    }

    /// Makes a pipe hold `bytes`, or somewhat more, and says how many (`F_SETPIPE_SZ`).
    fn set_pipe_capacity(&self, _bytes: usize) -> Result<usize> {
        Err(Errno::EBADF)
    }

    /// Which pipe this is an end of, if it is one, with a name or without: so that one can see who waits for whom.
    fn pipe_ends(&self) -> Option<PipeEnds> {
        None
    }

    /// Whether a read is over at once; `None` where that is not known. It is for who looks for tasks that were forgotten:
    /// nothing is said about the next moment.
    fn readable(&self) -> Option<bool> {
        None
    }

    /// The same of a write, however large.
    fn writable(&self) -> Option<bool> {
        None
    }

    /// Moves the file offset and returns the new one. Pipes and terminals answer `ESPIPE`.
    fn seek(&self, _to: SeekFrom) -> Result<u64> {
        Err(Errno::ESPIPE)
    }

    /// What `fstat` would tell.
    fn metadata(&self) -> Result<Metadata>;

    /// Cuts or extends it to so many bytes (`ftruncate`); what is added is a hole. `EINVAL` for what has no length of
    /// its own, and for a description that cannot be written.
    fn set_len(&self, _len: u64) -> Result<()> {
        Err(Errno::EINVAL)
    }

    /// The path that it was opened with, if it was opened by a path: for people who look at what is open.
    fn path(&self) -> Option<BString> {
        None
    }

    /// The terminal controls, where this is a terminal (`isatty`).
    fn terminal(&self) -> Option<&dyn Terminal> {
        None
    }

    /// What is known of the master's side of a pseudo terminal, where this is one.
    fn pty(&self) -> Option<&dyn Pty> {
        None
    }
}

/// Some of what can be read, where it lies. Never empty.
#[derive(Clone, Copy, Debug)]
pub struct Piece<'a> {
    /// The bytes.
    pub bytes: &'a [u8],
    /// What they are the beginning of, when they were lent and can be kept without copying them.
    pub lent: Option<&'a Bytes>,
}

impl Piece<'_> {
    /// The bytes to keep, when that takes no copy.
    pub fn loan(&self) -> Option<Bytes> {
        self.lent.map(|lent| lent.slice(..self.bytes.len()))
    }
}

/// What takes bytes in place, see [`File::poll_read_in_place`].
pub type Take<'a> = &'a mut dyn FnMut(&mut Context<'_>, Piece<'_>) -> Poll<Result<usize>>;

/// What writes bytes in place, see [`File::poll_write_in_place`].
pub type Fill<'a> = &'a mut dyn FnMut(&mut Context<'_>, &mut [u8]) -> Poll<Result<usize>>;

/// Where to move a file offset to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SeekFrom {
    /// Bytes from the beginning.
    Start(u64),
    /// Bytes from the current offset.
    Current(i64),
    /// Bytes from the end.
    End(i64),
}

bitflags::bitflags! {
    /// How to open a file, named as in `<fcntl.h>`.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct OpenFlags: u32 {
        /// Open for reading.
        const READ = 1 << 0;
        /// Open for writing.
        const WRITE = 1 << 1;
        /// Every write goes to the end.
        const APPEND = 1 << 2;
        /// Make the file when it is missing.
        const CREATE = 1 << 3;
        /// With `CREATE`: fail with `EEXIST` when it is there.
        const EXCL = 1 << 4;
        /// Cut the file to no bytes.
        const TRUNC = 1 << 5;
        /// Fail with `ENOTDIR` unless it is a directory.
        const DIRECTORY = 1 << 6;
        /// Fail with `ELOOP` when the last component is a symbolic link.
        const NOFOLLOW = 1 << 7;
    }
}

/// What kind of file a name refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileType {
    /// A regular file.
    Regular,
    /// A directory.
    Directory,
    /// A character device, a terminal among them.
    CharDevice,
    /// A pipe.
    Pipe,
    /// A symbolic link.
    Symlink,
}

/// What `stat` tells of a file. Times are since the epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Metadata {
    /// What it is.
    pub kind: FileType,
    /// Size in bytes; 0 where that means nothing.
    pub size: u64,
    /// Permission bits, `0o7777` at most.
    pub mode: u16,
    /// How many names refer to it.
    pub links: u32,
    /// Its owner; 0 is root, the only user there is.
    pub uid: u32,
    /// Its group.
    pub gid: u32,
    /// The number of its file system; 0 for what is in none. With `inode` it tells two files apart.
    pub device: u64,
    /// Serial number on its file system.
    pub inode: u64,
    /// What a device is, as major and minor number.
    pub special: (u32, u32),
    /// The space that it takes, in units of 512 bytes: holes take none.
    pub blocks: u64,
    /// Time of the last reading of the data.
    pub accessed: Duration,
    /// Time of the last change of the data.
    pub modified: Duration,
    /// Time of the last change of the data or of what is told here.
    pub changed: Duration,
}

impl Metadata {
    /// Of a file of which nothing else is known: one name, no bytes, no times.
    pub const fn new(kind: FileType, mode: u16) -> Self {
        Self {
            kind,
            size: 0,
            mode,
            links: 1,
            uid: 0,
            gid: 0,
            device: 0,
            inode: 0,
            special: (0, 0),
            blocks: 0,
            accessed: Duration::ZERO,
            modified: Duration::ZERO,
            changed: Duration::ZERO,
        }
    }

    /// Whether both are of the same file.
    pub fn is_same_file(&self, other: &Metadata) -> bool {
        (self.device, self.inode) == (other.device, other.inode) && self.inode != 0
    }
}

/// What [`System::change`] sets; what is `None` stays as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Permission bits (`chmod`).
    pub mode: Option<u16>,
    /// Owner (`chown`).
    pub uid: Option<u32>,
    /// Group (`chgrp`).
    pub gid: Option<u32>,
    /// Time of the last reading, since the epoch.
    pub accessed: Option<Duration>,
    /// Time of the last change of the data, since the epoch.
    pub modified: Option<Duration>,
}

impl Changes {
    /// The permission bits alone.
    pub fn mode(mode: u16) -> Self {
        Self { mode: Some(mode), ..Self::default() }
    }

    /// Both times that can be set.
    pub fn times(accessed: Duration, modified: Duration) -> Self {
        Self { accessed: Some(accessed), modified: Some(modified), ..Self::default() }
    }
}

/// How full a file system is, in bytes and in files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Space {
    /// What it may hold.
    pub total: u64,
    /// What it holds.
    pub used: u64,
    /// How many files and directories it has.
    pub files: u64,
}

/// A file system in the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MountInfo {
    /// What it was made of, as who mounted it called it.
    pub source: BString,
    /// Where it is.
    pub path: BString,
    /// The kind of file system.
    pub kind: BString,
    /// Whether nothing on it can be changed.
    pub read_only: bool,
    /// The most that it may hold, if that was said when it was mounted.
    pub size: Option<u64>,
    /// Its number, as in [`Metadata::device`].
    pub device: u64,
    /// How full it is, if it takes space at all.
    pub space: Option<Space>,
}

/// What [`System::mount`] is to do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MountRequest {
    /// The kind of file system: `tmpfs`, `proc` or `devfs`.
    pub kind: BString,
    /// A name for what it is made of; no kind needs one.
    pub source: BString,
    /// The directory that it covers.
    pub path: BString,
    /// Nothing on it may be changed.
    pub read_only: bool,
    /// The most bytes that it may hold.
    pub size: Option<u64>,
    /// The permission bits of its root.
    pub mode: Option<u16>,
}

/// One name in a directory. `.` and `..` are not listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirEntry {
    /// The name, without a slash.
    pub name: BString,
    /// What `lstat` would tell of it.
    pub metadata: Metadata,
}

/// A task number as `ps` shows and `kill` takes it.
pub type Pid = u32;

/// How a stage ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exit {
    /// It returned this status.
    Code(u8),
    /// A signal ended it; the future was dropped.
    Signaled(Signal),
    /// It panicked with this message; its descriptors were closed for it.
    Panicked(String),
}

impl Exit {
    /// The value of `$?`: the status, or 128 plus the signal's number.
    pub fn status(&self) -> u8 {
        match self {
            Exit::Code(code) => *code,
            Exit::Signaled(signal) => 128 + *signal as u8,
            Exit::Panicked(_) => 128 + Signal::Abrt as u8,
        }
    }
}

/// One stage of a pipeline, ready to run.
pub struct Stage<'a> {
    /// The command's name, for `ps`.
    pub name: &'a BStr,
    /// The command line, for `ps -f`.
    pub command: BString,
    /// Its descriptors. The system closes them all when the stage ends, however it ends.
    pub fds: Arc<FdTable>,
    /// What it does when signals come.
    pub signals: Arc<Signals>,
    /// The command itself; its output is the exit status.
    pub run: BoxFuture<'static, u8>,
}

/// A pipeline that runs: a scope of tasks. Dropping the last handle neither ends nor waits for it.
pub trait Job: Send + Sync {
    /// Starts a stage at once. The id of the first stage is the id of the job.
    fn spawn(&self, stage: Stage<'_>) -> Result<Pid>;
    /// Sends a signal to every stage, and to those of the jobs that they started within this one. One that ends
    /// a stage drops its future and closes its descriptors.
    fn signal(&self, signal: Signal);
    /// Whether a task is a stage of this job, or of one that was started within it.
    fn contains(&self, _pid: Pid) -> bool {
        false
    }
    /// Waits until every stage that was spawned has ended; how each ended, in the order of spawning.
    /// May be called again, also after the end.
    fn wait(&self) -> BoxFuture<'_, Vec<Exit>>;
    /// Waits until a signal has stopped the job; at once while it is stopped. Never completes for a job that
    /// cannot be stopped.
    fn wait_stopped(&self) -> BoxFuture<'_, ()> {
        Box::pin(core::future::pending())
    }
    /// Whether a signal has stopped the job.
    fn is_stopped(&self) -> bool {
        false
    }
    /// How each stage ended, when all have; `None` while one still runs.
    fn try_wait(&self) -> Option<Vec<Exit>>;
}

/// What to do with the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Power {
    /// Switch it off.
    Off,
    /// Start it anew.
    Reboot,
}

/// How much memory is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Memory {
    /// Only what a person needs to do something about it.
    Out,
    /// Too little to start what nobody waits for.
    Short,
    /// Enough.
    Enough,
}

/// The system that the shell runs on. All paths are absolute (the shell resolves them against its
/// working directory); `.` and `..` in them are followed by the system.
pub trait System: Any + Send + Sync {
    /// How much memory is left. Quick to say.
    fn memory_left(&self) -> Memory {
        Memory::Enough
    }
    /// Commands that this system has besides those of the shell, sorted by name.
    fn commands(&self) -> &'static [Command] {
        &[]
    }

    /// Opens a file. One that is made gets the permissions `0o644`.
    fn open<'a>(&'a self, path: &'a BStr, flags: OpenFlags) -> BoxFuture<'a, Result<Arc<dyn File>>> {
        self.open_mode(path, flags, 0o644)
    }
    /// Opens a file; one that is made gets the permissions `mode`.
    fn open_mode<'a>(
        &'a self,
        path: &'a BStr,
        flags: OpenFlags,
        mode: u16,
    ) -> BoxFuture<'a, Result<Arc<dyn File>>>;
    /// Opens a file that is there, if that is possible at once: without waiting, and without allocating where the
    /// system remembers the file. `None` says nothing: [`System::open`] is to be asked.
    fn try_open(&self, _path: &BStr, _flags: OpenFlags) -> Option<Result<Arc<dyn File>>> {
        None
    }
    /// What a name refers to, symbolic links followed.
    fn stat<'a>(&'a self, path: &'a BStr) -> BoxFuture<'a, Result<Metadata>>;
    /// What a name refers to; a symbolic link is told of itself.
    fn lstat<'a>(&'a self, path: &'a BStr) -> BoxFuture<'a, Result<Metadata>>;
    /// Where a symbolic link leads; `EINVAL` if it is none.
    fn read_link<'a>(&'a self, path: &'a BStr) -> BoxFuture<'a, Result<BString>>;
    /// The names in a directory, in no order: those of one moment, whatever happens to them meanwhile.
    fn read_dir<'a>(&'a self, path: &'a BStr) -> BoxFuture<'a, Result<Vec<DirEntry>>>;
    /// Makes a directory with the permissions `mode`.
    fn mkdir<'a>(&'a self, path: &'a BStr, mode: u16) -> BoxFuture<'a, Result<()>>;
    /// Makes a pipe with a name and the permissions `mode`. Opening it for reading waits until somebody opens it for
    /// writing, and the other way round; for both it does not wait. An open that is given up leaves no trace.
    fn mkfifo<'a>(&'a self, path: &'a BStr, mode: u16) -> BoxFuture<'a, Result<()>>;
    /// Makes a symbolic link that leads to `target`, whether there is such a file or not.
    fn symlink<'a>(&'a self, target: &'a BStr, path: &'a BStr) -> BoxFuture<'a, Result<()>>;
    /// Gives a file one more name. A symbolic link is not followed. `EPERM` for directories, `EXDEV` across file
    /// systems.
    fn link<'a>(&'a self, from: &'a BStr, to: &'a BStr) -> BoxFuture<'a, Result<()>>;
    /// Removes a name that is not a directory.
    fn unlink<'a>(&'a self, path: &'a BStr) -> BoxFuture<'a, Result<()>>;
    /// Removes an empty directory.
    fn rmdir<'a>(&'a self, path: &'a BStr) -> BoxFuture<'a, Result<()>>;
    /// Renames, replacing what is there, as POSIX `rename` does. `EXDEV` across file systems.
    fn rename<'a>(&'a self, from: &'a BStr, to: &'a BStr) -> BoxFuture<'a, Result<()>>;
    /// Sets permissions, owner or times; of a symbolic link itself unless `follow`.
    fn change<'a>(&'a self, path: &'a BStr, changes: Changes, follow: bool) -> BoxFuture<'a, Result<()>>;

    /// All file systems, the root first.
    fn mounts(&self) -> Vec<MountInfo>;
    /// Covers a directory with a file system. `ENODEV` when the kind is not known.
    fn mount<'a>(&'a self, request: &'a MountRequest) -> BoxFuture<'a, Result<()>>;
    /// Takes a file system off its directory. `EINVAL` if there is none, `EBUSY` while it is in use.
    fn unmount<'a>(&'a self, path: &'a BStr) -> BoxFuture<'a, Result<()>>;

    /// A pipe: its read end and its write end. `ENOMEM` when its buffer cannot be had.
    fn pipe(&self) -> Result<(Arc<dyn File>, Arc<dyn File>)>;

    /// A new job with no stages yet, in the session of the task that calls. Signals reach it through its own
    /// handle only: what a shell with job control starts.
    fn new_job(&self) -> Result<Arc<dyn Job>>;
    /// A new job within the one that calls (outside of jobs: a job of its own). Signals to that reach this one as
    /// well: what a command starts, and a shell without job control. Together they are the process group of POSIX.
    fn new_job_within(&self) -> Result<Arc<dyn Job>> {
        self.new_job()
    }
    /// A new job in a session of its own, with this as the terminal that controls it: `/dev/tty` for all that it
    /// starts. It gets `HUP` when the terminal is hung up. `ENOTTY` if it is no terminal.
    fn new_session(&self, terminal: &Arc<dyn File>) -> Result<Arc<dyn Job>> {
        terminal.terminal().ok_or(Errno::ENOTTY)?;
        self.new_job()
    }
    /// A builtin begins, which is no stage of its own. Told to those who watch what happens.
    fn builtin_begins(&self, name: &str) {
        let _ = name;
    }
    /// It ends, with that status.
    fn builtin_ends(&self, name: &str, status: u8) {
        let _ = (name, status);
    }
    /// The number of the task that calls, for `$$`; `None` where that is not known.
    fn current_pid(&self) -> Option<Pid> {
        None
    }
    /// Sends a signal to one task; `ESRCH` if there is none, `EPERM` if it is the kernel's own.
    fn kill(&self, pid: Pid, signal: Signal) -> Result<()>;
    /// Sends a signal to the job that a task is a stage of, and to those that it is within up to the one that is
    /// signalled as a whole (`kill -- -PID`).
    fn kill_job(&self, pid: Pid, signal: Signal) -> Result<()> {
        self.kill(pid, signal)
    }

    /// Time since boot.
    fn uptime(&self) -> Duration;
    /// Time since the epoch, UTC.
    fn now(&self) -> Duration;
    /// Waits.
    fn sleep(&self, time: Duration) -> BoxFuture<'static, ()>;
    /// Lets others run, once.
    fn yield_now(&self) -> BoxFuture<'static, ()>;

    /// Switches the machine off or starts it anew. `status` is what the one who started the machine
    /// gets to see. Completes only when that is not possible.
    fn power(&self, what: Power, status: u8) -> BoxFuture<'static, Errno>;
}
