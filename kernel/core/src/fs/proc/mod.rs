//! What the kernel tells of itself as text files, `/proc`. A text is made when its file is opened.
//!
//! A new file is one line in [`FILES`] and a function in `texts`.

mod texts;

use alloc::{
    boxed::Box,
    sync::{Arc, Weak},
    vec::Vec,
};
use bstr::BStr;
use core::{any::Any, fmt, time::Duration};
use pollux_shell::{
    env::{DirEntry, File, FileType, Metadata, OpenFlags, Pid, Result},
    errno::Errno,
};

use super::{
    Vfs,
    description::Description,
    inode::{Answer, Inode, Node, now},
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
#[derive(Clone, Copy, Debug)]
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
}

/// What a file does.
#[derive(Clone, Copy)]
enum Action {
    /// It can be read; this makes its text.
    Show(fn(&Sources, &mut dyn fmt::Write) -> fmt::Result),
    /// It can be written; this takes the text.
    Take(fn(&Sources, &str) -> Result<()>),
}

const FILES: &[(&str, Action)] = &[
    ("cmdline", Action::Show(texts::cmdline)),
    ("cpuinfo", Action::Show(texts::cpuinfo)),
    ("fault", Action::Take(|sources, kind| sources.machine.fault(kind))),
    ("interrupts", Action::Show(texts::interrupts)),
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
    let sources = Arc::new(sources);
    let file = |(at, &(name, action)): (usize, &(&'static str, Action))| {
        // The directory itself is number 1.
        (name, Arc::new(ProcFile { number: at as u64 + 2, action, sources: sources.clone() }))
    };
    Arc::new(ProcDir { files: FILES.iter().enumerate().map(file).collect(), sources: sources.clone() })
}

struct ProcDir {
    files: Vec<(&'static str, Arc<ProcFile>)>,
    sources: Arc<Sources>,
}

impl Inode for ProcDir {
    fn kind(&self) -> FileType {
        FileType::Directory
    }

    fn number(&self) -> u64 {
        1
    }

    fn metadata(&self) -> Metadata {
        let modified = self.sources.machine.now();
        Metadata { kind: FileType::Directory, size: 0, mode: 0o555, links: 2, inode: 1, modified }
    }

    fn open(self: Arc<Self>, _flags: OpenFlags) -> Answer<'static, Arc<dyn File>> {
        now(Err(Errno::EISDIR))
    }

    fn lookup<'a>(&'a self, name: &'a BStr) -> Answer<'a, Node> {
        let found = self.files.iter().find(|(own, _)| name == *own);
        now(found.map(|(_, file)| file.clone() as Node).ok_or(Errno::ENOENT))
    }

    fn read_dir(&self) -> Answer<'_, Vec<DirEntry>> {
        let list = || {
            let mut entries = memory::list(self.files.len())?;
            for (name, file) in &self.files {
                entries
                    .push(DirEntry { name: memory::copy_name(BStr::new(name))?, metadata: file.metadata() });
            }
            Ok(entries)
        };
        now(list())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

struct ProcFile {
    number: u64,
    action: Action,
    sources: Arc<Sources>,
}

impl ProcFile {
    fn open_text(self: Arc<Self>, flags: OpenFlags) -> Result<Arc<dyn File>> {
        let metadata = self.metadata();
        let mut text = memory::Text::default();
        match self.action {
            Action::Show(_) if flags.contains(OpenFlags::WRITE) => Err(Errno::EACCES),
            Action::Show(show) => {
                show(&self.sources, &mut text).map_err(|_| Errno::ENOMEM)?;
                let file = TextFile { text: text.0, metadata, write: None };
                Ok(Arc::new(Description::new(file, flags)))
            }
            Action::Take(_) if flags.contains(OpenFlags::READ) => Err(Errno::EACCES),
            Action::Take(take) => {
                Ok(Arc::new(OrderFile { take: move |order: &str| take(&self.sources, order), metadata }))
            }
        }
    }
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
        let modified = self.sources.machine.now();
        Metadata { kind: FileType::Regular, size: 0, mode, links: 1, inode: self.number, modified }
    }

    fn open(self: Arc<Self>, flags: OpenFlags) -> Answer<'static, Arc<dyn File>> {
        now(self.open_text(flags))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
