//! `/proc/N`: what is known of one task, and what it has open.
//!
//! The directory is made when it is looked up, and a file in it when that is opened. Of a task that has ended there is
//! nothing more: `ESRCH`, as on Linux.

use alloc::{format, sync::Arc, vec::Vec};
use bstr::{BStr, BString, ByteSlice};
use core::{any::Any, fmt, str::FromStr};
use pollux_shell::{
    env::{DirEntry, FileType, Metadata, OpenFlags, Pid, Result},
    errno::Errno,
};

use super::{Proc, TaskRow, show_text, texts::line};
use crate::fs::{
    inode::{Answer, Inode, Node, Opened, now},
    memory,
};

type Show = fn(&TaskRow<'_>, &mut dyn fmt::Write) -> fmt::Result;

const FILES: [(&str, Show); 4] = [("cmdline", cmdline), ("stat", stat), ("status", status), ("wchan", wchan)];
const FD: &str = "fd";

/// Serial numbers: so many for each task, its directory first, then its files, `fd`, and what is in that.
const NUMBERS: u64 = 1 << 16;
const FD_NUMBER: u64 = 1 + FILES.len() as u64;

/// The words of the command as far as they are known: joined by blanks, and a zero byte at the end.
fn cmdline(row: &TaskRow<'_>, out: &mut dyn fmt::Write) -> fmt::Result {
    line(row.command, out)?;
    out.write_char('\0')
}

/// The fields of proc(5) that mean something here: number, name, state, time in 1/100 s (14 and 15, all of it the
/// kernel's) and CPU (39). The others are 0.
fn stat(row: &TaskRow<'_>, out: &mut dyn fmt::Write) -> fmt::Result {
    write!(out, "{} (", row.pid)?;
    line(row.name, out)?;
    write!(out, ") {}", row.state)?;
    for field in 4..=52 {
        match field {
            15 => write!(out, " {}", row.busy.as_millis() / 10)?,
            39 => write!(out, " {}", row.cpu)?,
            _ => out.write_str(" 0")?,
        }
    }
    out.write_char('\n')
}

fn status(row: &TaskRow<'_>, out: &mut dyn fmt::Write) -> fmt::Result {
    let state = match row.state {
        "R" => "R (running)",
        "T" => "T (stopped)",
        _ => "S (sleeping)",
    };
    out.write_str("Name:\t")?;
    line(row.name, out)?;
    writeln!(out, "\nState:\t{state}\nPid:\t{}\nUid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0", row.pid)?;
    writeln!(out, "Cpu:\t{}\nPolls:\t{}\nWakes:\t{}", row.cpu, row.polls, row.wakes)?;
    writeln!(out, "BusyUs:\t{}\nLongestUs:\t{}", row.busy.as_micros(), row.longest.as_micros())?;
    writeln!(out, "WokenBy:\t{}\nSpawnedAt:\t{}", row.woken_by, row.spawned_at)
}

/// Where it waits: the place in the source. `0` while it does not, or nobody knows.
fn wchan(row: &TaskRow<'_>, out: &mut dyn fmt::Write) -> fmt::Result {
    match row.waits_at.filter(|_| row.state != "R") {
        Some(place) => write!(out, "{}:{}", place.file(), place.line()),
        None => out.write_char('0'),
    }
}

/// Adds the directories of all tasks.
pub(super) fn list(proc: &Arc<Proc>, entries: &mut Vec<DirEntry>) -> Result<()> {
    let mut pids = Vec::new();
    (proc.sources.tasks)(&mut |row| pids.push(row.pid));
    entries.try_reserve(pids.len()).map_err(|_| Errno::ENOMEM)?;
    for pid in pids {
        let metadata = TaskDir { pid, proc: proc.clone() }.metadata();
        entries.push(DirEntry { name: format!("{pid}").into(), metadata });
    }
    Ok(())
}

/// A number as it is written here, and no other way.
fn number<T: FromStr + fmt::Display>(name: &BStr) -> Result<T> {
    let number: Option<T> = name.to_str().ok().and_then(|text| text.parse().ok());
    number.filter(|number| format!("{number}").as_bytes() == name.as_bytes()).ok_or(Errno::ENOENT)
}

pub(super) struct TaskDir {
    pid: Pid,
    proc: Arc<Proc>,
}

impl TaskDir {
    /// The directory of the task with that number.
    pub fn find(proc: &Arc<Proc>, name: &BStr) -> Result<Self> {
        let pid = number(name)?;
        let mut found = false;
        (proc.sources.tasks)(&mut |row| found |= row.pid == pid);
        if found { Ok(Self { pid, proc: proc.clone() }) } else { Err(Errno::ENOENT) }
    }

    fn file(&self, which: usize) -> Arc<TaskFile> {
        Arc::new(TaskFile { which, pid: self.pid, proc: self.proc.clone() })
    }

    fn fds(&self) -> Arc<FdDir> {
        Arc::new(FdDir { pid: self.pid, proc: self.proc.clone() })
    }

    fn find_file(&self, name: &BStr) -> Result<Node> {
        if name == FD {
            return Ok(self.fds());
        }
        let which = FILES.iter().position(|(own, _)| name == *own).ok_or(Errno::ENOENT)?;
        Ok(self.file(which))
    }

    fn list_files(&self) -> Result<Vec<DirEntry>> {
        let mut entries = memory::list(FILES.len() + 1)?;
        for (which, (name, _)) in FILES.iter().enumerate() {
            let metadata = self.file(which).metadata();
            entries.push(DirEntry { name: memory::copy_name(BStr::new(name))?, metadata });
        }
        entries.push(DirEntry { name: FD.into(), metadata: self.fds().metadata() });
        Ok(entries)
    }
}

impl Inode for TaskDir {
    fn kind(&self) -> FileType {
        FileType::Directory
    }

    fn number(&self) -> u64 {
        first_number(self.pid)
    }

    fn metadata(&self) -> Metadata {
        Metadata { links: 3, ..self.proc.metadata(FileType::Directory, 0o555, self.number()) }
    }

    fn open(self: Arc<Self>, _flags: OpenFlags) -> Answer<'static, Opened> {
        now(Err(Errno::EISDIR))
    }

    fn lookup<'a>(&'a self, name: &'a BStr) -> Answer<'a, Node> {
        now(self.find_file(name))
    }

    fn read_dir(&self) -> Answer<'_, Vec<DirEntry>> {
        now(self.list_files())
    }

    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }
}

fn first_number(pid: Pid) -> u64 {
    (u64::from(pid) + 1) * NUMBERS
}

struct TaskFile {
    pid: Pid,
    which: usize,
    proc: Arc<Proc>,
}

impl Inode for TaskFile {
    fn kind(&self) -> FileType {
        FileType::Regular
    }

    fn number(&self) -> u64 {
        first_number(self.pid) + 1 + self.which as u64
    }

    fn metadata(&self) -> Metadata {
        self.proc.metadata(FileType::Regular, 0o444, self.number())
    }

    fn open(self: Arc<Self>, flags: OpenFlags) -> Answer<'static, Opened> {
        let mut found = Err(fmt::Error);
        let mut there = false;
        let opened = show_text(flags, self.metadata(), |out| {
            (self.proc.sources.tasks)(&mut |row| {
                if row.pid == self.pid {
                    there = true;
                    found = FILES[self.which].1(&row, out);
                }
            });
            if there { found } else { Ok(()) }
        });
        now(opened.and_then(|opened| if there { Ok(opened) } else { Err(Errno::ESRCH) }))
    }

    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }
}

/// `/proc/N/fd`: a link for each descriptor.
struct FdDir {
    pid: Pid,
    proc: Arc<Proc>,
}

impl FdDir {
    fn link(&self, fd: usize) -> FdLink {
        FdLink { fd, pid: self.pid, proc: self.proc.clone() }
    }

    fn find(&self, name: &BStr) -> Result<Node> {
        let link = self.link(number(name)?);
        link.leads_to()?;
        Ok(Arc::new(link))
    }

    fn list(&self) -> Result<Vec<DirEntry>> {
        let open = (self.proc.sources.fds)(self.pid).map(|fds| fds.open_numbers()).unwrap_or_default();
        let mut entries = memory::list(open.len())?;
        for fd in open {
            entries.push(DirEntry { name: format!("{fd}").into(), metadata: self.link(fd).metadata() });
        }
        Ok(entries)
    }
}

impl Inode for FdDir {
    fn kind(&self) -> FileType {
        FileType::Directory
    }

    fn number(&self) -> u64 {
        first_number(self.pid) + FD_NUMBER
    }

    fn metadata(&self) -> Metadata {
        Metadata { links: 2, ..self.proc.metadata(FileType::Directory, 0o500, self.number()) }
    }

    fn open(self: Arc<Self>, _flags: OpenFlags) -> Answer<'static, Opened> {
        now(Err(Errno::EISDIR))
    }

    fn lookup<'a>(&'a self, name: &'a BStr) -> Answer<'a, Node> {
        now(self.find(name))
    }

    fn read_dir(&self) -> Answer<'_, Vec<DirEntry>> {
        now(self.list())
    }

    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }
}

/// A link that says what a descriptor refers to: the path that it was opened with, or what it is.
struct FdLink {
    pid: Pid,
    fd: usize,
    proc: Arc<Proc>,
}

impl FdLink {
    fn leads_to(&self) -> Result<BString> {
        let file = (self.proc.sources.fds)(self.pid).ok_or(Errno::ENOENT)?;
        let file = file.get(self.fd).map_err(|_| Errno::ENOENT)?;
        if let Some(path) = file.path() {
            return Ok(path);
        }
        let kind = match file.metadata().map(|metadata| metadata.kind) {
            _ if file.terminal().is_some() => "/dev/tty",
            Ok(FileType::Pipe) => {
                let number = file.pipe_ends().map_or(0, |pipe| pipe.number);
                return Ok(format!("pipe:[{number}]").into());
            }
            Ok(FileType::CharDevice) => "device:",
            _ => "anonymous:",
        };
        Ok(kind.into())
    }
}

impl Inode for FdLink {
    fn kind(&self) -> FileType {
        FileType::Symlink
    }

    fn number(&self) -> u64 {
        first_number(self.pid) + FD_NUMBER + 1 + self.fd as u64
    }

    fn metadata(&self) -> Metadata {
        self.proc.metadata(FileType::Symlink, 0o700, self.number())
    }

    fn open(self: Arc<Self>, _flags: OpenFlags) -> Answer<'static, Opened> {
        now(Err(Errno::ELOOP))
    }

    fn read_link(&self) -> Answer<'_, BString> {
        now(self.leads_to())
    }

    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }
}
