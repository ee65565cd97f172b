//! What the kernel tells of itself as text files, `/proc`. A text is made when its file is opened.
//!
//! A new file is one line in [`FILES`] and a function in `texts`; what there is of every task is in `task`.

mod load;
mod task;
mod texts;

use alloc::{
    boxed::Box,
    sync::{Arc, Weak},
    vec::Vec,
};
use bstr::{BStr, BString};
use core::{any::Any, fmt, panic::Location, time::Duration};
use pollux_shell::{
    env::{DirEntry, FileType, Metadata, OpenFlags, Pid, Result},
    errno::Errno,
    fd::FdTable,
};

use self::{load::Load, task::TaskDir};
use super::{
    Lock, Vfs,
    inode::{Answer, Inode, Node, Opened, new_device, now},
    memory,
    text::{OrderFile, TextFile},
};
use crate::machine::Machine;

/// Where the texts come from.
pub struct Sources {
    /// The hardware.
    pub machine: Arc<dyn Machine>,
    /// The tree that `/proc/mounts` shows; weak, because it holds this file system.
    pub vfs: Weak<Vfs>,
    /// What the executor has counted on a CPU.
    pub counters: Box<dyn Fn(usize) -> CpuCounters + Send + Sync>,
    /// Calls back with every task.
    pub tasks: Box<TaskSource>,
    /// The task that asks; `None` where that is not known.
    pub current: Box<dyn Fn() -> Option<Pid> + Send + Sync>,
    /// What a task has open; `None` for the kernel's own.
    pub fds: Box<dyn Fn(Pid) -> Option<Arc<FdTable>> + Send + Sync>,
}

/// Visits every task, in the order in which they are shown.
pub type TaskSource = dyn Fn(&mut dyn FnMut(TaskRow<'_>)) + Send + Sync;

/// What the executor has counted on a CPU since boot.
#[derive(Clone, Copy, Debug, Default)]
pub struct CpuCounters {
    /// Futures polled.
    pub polls: u64,
    /// Tasks woken.
    pub wakes: u64,
    /// Tasks taken from other CPUs.
    pub steals: u64,
}

/// A line of `/proc/tasks`.
#[derive(Clone, Copy)]
pub struct TaskRow<'a> {
    /// Task number.
    pub pid: Pid,
    /// What it does now, in one word.
    pub state: &'a str,
    /// The CPU it ran on last.
    pub cpu: usize,
    /// How often it was polled.
    pub polls: u64,
    /// How often it was woken.
    pub wakes: u64,
    /// How long it has run.
    pub busy: Duration,
    /// What it was started as.
    pub command: &'a BStr,
    /// The name of the command.
    pub name: &'a BStr,
    /// Who woke it last, in words.
    pub woken_by: &'a dyn fmt::Display,
    /// Its longest turn on a CPU.
    pub longest: Duration,
    /// Where it was started.
    pub spawned_at: &'static Location<'static>,
    /// Where it waits, if that is known.
    pub waits_at: Option<&'static Location<'static>>,
}

/// The sources, and what the file system keeps itself.
struct Proc {
    sources: Sources,
    device: u64,
    load: Lock<Load>,
}

impl Proc {
    /// What `stat` tells of a file here; the time is now, as what is in it is of now.
    fn metadata(&self, kind: FileType, mode: u16, inode: u64) -> Metadata {
        let now = self.sources.machine.now();
        Metadata {
            device: self.device,
            inode,
            accessed: now,
            modified: now,
            changed: now,
            ..Metadata::new(kind, mode)
        }
    }
}

/// What a file does.
#[derive(Clone, Copy)]
enum Action {
    /// It can be read; this makes its text.
    Show(fn(&Proc, &mut dyn fmt::Write) -> fmt::Result),
    /// It can be written; this takes the text.
    Take(fn(&Proc, &str) -> Result<()>),
}

const FILES: &[(&str, Action)] = &[
    ("cmdline", Action::Show(texts::cmdline)),
    ("cpuinfo", Action::Show(texts::cpuinfo)),
    ("fault", Action::Take(|proc, kind| proc.sources.machine.fault(kind))),
    ("interrupts", Action::Show(texts::interrupts)),
    ("loadavg", Action::Show(texts::loadavg)),
    ("meminfo", Action::Show(texts::meminfo)),
    ("mounts", Action::Show(texts::mounts)),
    ("pci", Action::Show(texts::pci)),
    ("stat", Action::Show(texts::stat)),
    ("tasks", Action::Show(texts::tasks)),
    ("uptime", Action::Show(texts::uptime)),
    ("version", Action::Show(texts::version)),
];

/// The root directory of the texts.
pub fn root(sources: Sources) -> Node {
    let proc = Arc::new(Proc { sources, device: new_device(), load: Lock::default() });
    let file = |(at, &(name, action)): (usize, &(&'static str, Action))| {
        // The directory itself is number 1.
        (name, Arc::new(ProcFile { number: at as u64 + 2, action, proc: proc.clone() }))
    };
    Arc::new(ProcDir { files: FILES.iter().enumerate().map(file).collect(), proc: proc.clone() })
}

struct ProcDir {
    files: Vec<(&'static str, Arc<ProcFile>)>,
    proc: Arc<Proc>,
}

impl ProcDir {
    fn find(&self, name: &BStr) -> Result<Node> {
        if let Some((_, file)) = self.files.iter().find(|(own, _)| name == *own) {
            return Ok(file.clone());
        }
        if name == "self" {
            return Ok(Arc::new(SelfLink { number: self.files.len() as u64 + 2, proc: self.proc.clone() }));
        }
        Ok(Arc::new(TaskDir::find(&self.proc, name)?))
    }

    fn list(&self) -> Result<Vec<DirEntry>> {
        let mut entries = memory::list(self.files.len() + 1)?;
        for (name, file) in &self.files {
            entries.push(DirEntry { name: memory::copy_name(BStr::new(name))?, metadata: file.metadata() });
        }
        let name = BStr::new("self");
        entries.push(DirEntry { name: memory::copy_name(name)?, metadata: self.find(name)?.metadata() });
        task::list(&self.proc, &mut entries)?;
        Ok(entries)
    }
}

impl Inode for ProcDir {
    fn kind(&self) -> FileType {
        FileType::Directory
    }

    fn number(&self) -> u64 {
        1
    }

    fn metadata(&self) -> Metadata {
        Metadata { links: 2, ..self.proc.metadata(FileType::Directory, 0o555, 1) }
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

struct ProcFile {
    number: u64,
    action: Action,
    proc: Arc<Proc>,
}

impl Inode for ProcFile {
    fn kind(&self) -> FileType {
        FileType::Regular
    }

    fn number(&self) -> u64 {
        self.number
    }

    /// The size is not known before the text is made: 0, as on Linux.
    fn metadata(&self) -> Metadata {
        let mode = match self.action {
            Action::Show(_) => 0o444,
            Action::Take(_) => 0o222,
        };
        self.proc.metadata(FileType::Regular, mode, self.number)
    }

    fn open(self: Arc<Self>, flags: OpenFlags) -> Answer<'static, Opened> {
        let metadata = self.metadata();
        now(match self.action {
            Action::Show(show) => show_text(flags, metadata, |out| show(&self.proc, out)),
            Action::Take(_) if flags.contains(OpenFlags::READ) => Err(Errno::EACCES),
            Action::Take(take) => {
                let take = move |order: &str| take(&self.proc, order);
                Ok(Opened::File(Arc::new(OrderFile { take, metadata })))
            }
        })
    }

    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }
}

/// Opens a file that can be read, with the text that `show` writes.
fn show_text(
    flags: OpenFlags,
    metadata: Metadata,
    show: impl FnOnce(&mut dyn fmt::Write) -> fmt::Result,
) -> Result<Opened> {
    if flags.contains(OpenFlags::WRITE) {
        return Err(Errno::EACCES);
    }
    let mut text = memory::Text::default();
    show(&mut text).map_err(|_| Errno::ENOMEM)?;
    Ok(Opened::Content(Arc::new(TextFile { text: text.0, metadata, write: None })))
}

/// `/proc/self`: the directory of the task that asks.
struct SelfLink {
    number: u64,
    proc: Arc<Proc>,
}

impl Inode for SelfLink {
    fn kind(&self) -> FileType {
        FileType::Symlink
    }

    fn number(&self) -> u64 {
        self.number
    }

    fn metadata(&self) -> Metadata {
        self.proc.metadata(FileType::Symlink, 0o777, self.number)
    }

    fn open(self: Arc<Self>, _flags: OpenFlags) -> Answer<'static, Opened> {
        now(Err(Errno::ELOOP))
    }

    fn read_link(&self) -> Answer<'_, BString> {
        now((self.proc.sources.current)().map(|pid| alloc::format!("{pid}").into()).ok_or(Errno::ENOENT))
    }

    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }
}
