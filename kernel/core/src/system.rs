//! The system that the shell runs on, put together: files, pipes, jobs, time and the machine.

use alloc::{boxed::Box, sync::Arc, vec::Vec};
use bstr::{BStr, BString};
use core::{
    fmt,
    future::Future,
    pin::pin,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    task::{Context, Poll, Waker},
    time::Duration,
};
use pollux_executor::{Executor, TaskId};
use pollux_shell::{
    env::{
        BoxFuture, Changes, DirEntry, File, Job, Memory, Metadata, MountInfo, MountRequest, OpenFlags, Pid,
        Power, Result, Signal, System,
    },
    errno::Errno,
    process::Command,
};

use pollux_trace::trace;

use crate::{
    fs::{
        NewMount, Vfs,
        archive::{self, ArchiveError, Bytes},
        dev::DevFs,
        inode::Node,
        proc, tmpfs,
    },
    jobs::Jobs,
    machine::Machine,
    pipe,
    pty::{Registry, Slave},
};

/// One per machine. The kernel and the hosted build make it and start sessions on it.
pub struct CoreSystem {
    executor: &'static Executor,
    machine: Arc<dyn Machine>,
    vfs: Arc<Vfs>,
    devices: Arc<DevFs>,
    proc: Node,
    jobs: Arc<Jobs>,
    commands: &'static [Command],
    /// The number of the task that is the person's shell.
    shell: AtomicU64,
}

impl CoreSystem {
    /// A system with a tmpfs of at most half of the memory on `/`, with `/dev`, `/proc` and `/tmp`, and with these
    /// commands besides the shell's, sorted by name.
    pub async fn new(
        executor: &'static Executor,
        machine: Arc<dyn Machine>,
        commands: &'static [Command],
    ) -> Result<Arc<Self>> {
        let root = tmpfs::root(limit_of_memory(&machine), clock(&machine))?;
        let vfs = Arc::new(Vfs::new("tmpfs", root));
        let devices = DevFs::new(machine.clone());
        let jobs = Jobs::new(executor);
        vfs.mount(BStr::new("/dev"), NewMount::new("devfs", devices.clone())).await?;
        let terminals = Registry::new(&jobs, machine.now());
        devices.add_directory("pts".into());
        vfs.mount(BStr::new("/dev/pts"), NewMount::new("devpts", terminals.clone())).await?;
        devices.register(BStr::new("ptmx"), Arc::new(move || terminals.open_master()))?;
        let controlling = jobs.clone();
        devices.register(BStr::new("tty"), Arc::new(move || controlling.terminal().ok_or(Errno::ENXIO)))?;
        let (listed, asked, opened) = (jobs.clone(), jobs.clone(), jobs.clone());
        let proc = proc::root(proc::Sources {
            machine: machine.clone(),
            vfs: Arc::downgrade(&vfs),
            counters: Box::new(move |cpu| {
                let stats = executor.cpu_stats(cpu);
                proc::CpuCounters { polls: stats.polls, wakes: stats.wakes, steals: stats.steals }
            }),
            tasks: Box::new(move |visit| listed.visit(visit)),
            current: Box::new(move || asked.current()),
            fds: Box::new(move |pid| opened.fds(pid)),
        });
        vfs.mount(BStr::new("/proc"), NewMount::new("proc", proc.clone())).await?;
        vfs.mkdir(BStr::new("/tmp"), 0o1777).await?;
        Ok(Arc::new(Self { executor, machine, vfs, devices, proc, jobs, commands, shell: AtomicU64::new(0) }))
    }

    /// Shows the files that the launcher packed under `/host`.
    pub async fn mount_host(&self, archive: impl Into<Bytes>) -> core::result::Result<(), HostFiles> {
        let root = archive::root(archive, limit_of_memory(&self.machine), clock(&self.machine));
        let new = NewMount::new("tar", root.map_err(HostFiles::Archive)?);
        self.vfs.mount(BStr::new("/host"), new).await.map_err(HostFiles::Mount)
    }

    /// Makes this terminal the one that `/dev/console` opens.
    pub fn set_console(&self, terminal: &Arc<Slave>) -> Result<()> {
        terminal.set_jobs(&self.jobs);
        // Weak: the name of a terminal does not keep it open.
        let terminal = Arc::downgrade(terminal);
        let open = move || terminal.upgrade().map(|it| it as Arc<dyn File>).ok_or(Errno::ENXIO);
        self.devices.register(BStr::new("console"), Arc::new(open))
    }

    /// Lets the task that calls, the person's shell, use up the memory that is left when others get no more.
    pub(crate) fn protect_current(&self) {
        if let Some(task) = self.current_task() {
            self.shell.store(task.0, Relaxed);
            self.machine.protect_shell(task);
        }
    }

    /// `ENOMEM` while memory is so short that what is begun may not come to an end. What the person starts may use
    /// more than others get.
    fn begin(&self) -> Result<()> {
        let enough = match self.machine.memory_left() {
            Memory::Enough => true,
            Memory::Short => self.current_task().is_some_and(|task| task.0 == self.shell.load(Relaxed)),
            Memory::Out => false,
        };
        if enough { Ok(()) } else { Err(Errno::ENOMEM) }
    }

    fn current_task(&self) -> Option<TaskId> {
        let cpu = self.executor.current_cpu()?;
        Some(self.executor.current_task(cpu)?.id)
    }

    /// The tree of files.
    pub fn vfs(&self) -> &Arc<Vfs> {
        &self.vfs
    }

    /// The names in `/dev`.
    pub fn devices(&self) -> &Arc<DevFs> {
        &self.devices
    }

    /// The executor that runs it all.
    pub fn executor(&self) -> &'static Executor {
        self.executor
    }

    /// The machine.
    pub fn machine(&self) -> &Arc<dyn Machine> {
        &self.machine
    }

    /// The jobs.
    pub fn jobs(&self) -> &Arc<Jobs> {
        &self.jobs
    }
}

/// Why the launcher's files cannot be shown.
#[derive(Debug)]
pub enum HostFiles {
    /// They cannot be read.
    Archive(ArchiveError),
    /// `/host` cannot be had.
    Mount(Errno),
}

impl fmt::Display for HostFiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Archive(error) => write!(f, "{error}"),
            Self::Mount(error) => write!(f, "cannot mount it: {error}"),
        }
    }
}

impl core::error::Error for HostFiles {}

/// What a file system in memory may hold unless something else is said: half of the memory, and no more than it has
/// while memory is short.
fn limit_of_memory(machine: &Arc<dyn Machine>) -> impl Fn() -> u64 + Send + Sync + use<> {
    let (machine, limit) = (machine.clone(), machine.memory().total / 2);
    move || if machine.memory_left() == Memory::Enough { limit } else { 0 }
}

fn clock(machine: &Arc<dyn Machine>) -> impl Fn() -> Duration + Send + Sync + use<> {
    let machine = machine.clone();
    move || machine.now()
}

impl CoreSystem {
    async fn mount_new(&self, request: &MountRequest) -> Result<()> {
        // What the request says of size and permissions is for a file system that is made for it.
        let plain = request.size.is_none() && request.mode.is_none();
        let root = match request.kind.as_slice() {
            b"tmpfs" => {
                let clock = clock(&self.machine);
                let root = match request.size {
                    Some(size) => tmpfs::root(move || size, clock)?,
                    None => tmpfs::root(limit_of_memory(&self.machine), clock)?,
                };
                root.change(&Changes::mode(request.mode.unwrap_or(0o1777))).await?;
                root
            }
            b"proc" if plain => self.proc.clone(),
            b"devfs" if plain => self.devices.clone(),
            b"proc" | b"devfs" => return Err(Errno::EINVAL),
            _ => return Err(Errno::ENODEV),
        };
        let path = request.path.as_ref();
        self.vfs.stat(path).await?; // unlike at boot, the directory has to be there
        let (kind, source) = (request.kind.as_ref(), request.source.as_ref());
        let new = NewMount { kind, source, root, read_only: request.read_only, size: request.size };
        self.vfs.mount(path, new).await
    }
}

impl System for CoreSystem {
    fn memory_left(&self) -> Memory {
        self.machine.memory_left()
    }

    fn commands(&self) -> &'static [Command] {
        self.commands
    }

    fn open_mode<'a>(
        &'a self,
        path: &'a BStr,
        flags: OpenFlags,
        mode: u16,
    ) -> BoxFuture<'a, Result<Arc<dyn File>>> {
        Box::pin(self.vfs.open(path, flags, mode))
    }

    fn try_open(&self, path: &BStr, flags: OpenFlags) -> Option<Result<Arc<dyn File>>> {
        if flags.contains(OpenFlags::CREATE) {
            return None; // what was made half-way must not be given up
        }
        // On the stack, and polled once: what is in memory answers at once.
        match pin!(self.vfs.open(path, flags, 0)).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(opened) => Some(opened),
            Poll::Pending => None,
        }
    }

    fn stat<'a>(&'a self, path: &'a BStr) -> BoxFuture<'a, Result<Metadata>> {
        Box::pin(self.vfs.stat(path))
    }

    fn lstat<'a>(&'a self, path: &'a BStr) -> BoxFuture<'a, Result<Metadata>> {
        Box::pin(self.vfs.lstat(path))
    }

    fn read_link<'a>(&'a self, path: &'a BStr) -> BoxFuture<'a, Result<BString>> {
        Box::pin(self.vfs.read_link(path))
    }

    fn read_dir<'a>(&'a self, path: &'a BStr) -> BoxFuture<'a, Result<Vec<DirEntry>>> {
        Box::pin(self.vfs.read_dir(path))
    }

    fn mkdir<'a>(&'a self, path: &'a BStr, mode: u16) -> BoxFuture<'a, Result<()>> {
        Box::pin(self.vfs.mkdir(path, mode))
    }

    fn mkfifo<'a>(&'a self, path: &'a BStr, mode: u16) -> BoxFuture<'a, Result<()>> {
        Box::pin(self.vfs.mkfifo(path, mode))
    }

    fn symlink<'a>(&'a self, target: &'a BStr, path: &'a BStr) -> BoxFuture<'a, Result<()>> {
        Box::pin(self.vfs.symlink(target, path))
    }

    fn link<'a>(&'a self, from: &'a BStr, to: &'a BStr) -> BoxFuture<'a, Result<()>> {
        Box::pin(self.vfs.link(from, to))
    }

    fn unlink<'a>(&'a self, path: &'a BStr) -> BoxFuture<'a, Result<()>> {
        Box::pin(self.vfs.unlink(path))
    }

    fn rmdir<'a>(&'a self, path: &'a BStr) -> BoxFuture<'a, Result<()>> {
        Box::pin(self.vfs.rmdir(path))
    }

    fn rename<'a>(&'a self, from: &'a BStr, to: &'a BStr) -> BoxFuture<'a, Result<()>> {
        Box::pin(self.vfs.rename(from, to))
    }

    fn change<'a>(&'a self, path: &'a BStr, changes: Changes, follow: bool) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move { self.vfs.change(path, &changes, follow).await })
    }

    fn mounts(&self) -> Vec<MountInfo> {
        self.vfs.mounts()
    }

    fn mount<'a>(&'a self, request: &'a MountRequest) -> BoxFuture<'a, Result<()>> {
        Box::pin(self.mount_new(request))
    }

    fn unmount<'a>(&'a self, path: &'a BStr) -> BoxFuture<'a, Result<()>> {
        Box::pin(self.vfs.unmount(path))
    }

    fn pipe(&self) -> Result<(Arc<dyn File>, Arc<dyn File>)> {
        self.begin()?;
        pipe::files()
    }

    fn new_job(&self) -> Result<Arc<dyn Job>> {
        self.begin()?;
        Ok(self.jobs.new_job())
    }

    fn new_job_within(&self) -> Result<Arc<dyn Job>> {
        self.begin()?;
        Ok(self.jobs.new_job_within())
    }

    fn new_session(&self, terminal: &Arc<dyn File>) -> Result<Arc<dyn Job>> {
        let controls = terminal.terminal().ok_or(Errno::ENOTTY)?;
        let leader = self.jobs.new_session(terminal);
        controls.lead(leader.clone());
        Ok(leader)
    }

    fn builtin_begins(&self, name: &str) {
        trace!(BuiltinBegin, pollux_trace::short_name(name));
    }

    fn builtin_ends(&self, name: &str, status: u8) {
        trace!(BuiltinEnd, pollux_trace::short_name(name), status);
    }

    fn current_pid(&self) -> Option<Pid> {
        self.jobs.current()
    }

    fn kill(&self, pid: Pid, signal: Signal) -> Result<()> {
        self.jobs.kill(pid, signal)
    }

    fn kill_job(&self, pid: Pid, signal: Signal) -> Result<()> {
        self.jobs.kill_job(pid, signal)
    }

    fn uptime(&self) -> Duration {
        self.machine.uptime()
    }

    fn now(&self) -> Duration {
        self.machine.now()
    }

    fn sleep(&self, time: Duration) -> BoxFuture<'static, ()> {
        Box::pin(self.executor.sleep(time))
    }

    fn yield_now(&self) -> BoxFuture<'static, ()> {
        Box::pin(pollux_executor::yield_now())
    }

    fn power(&self, what: Power, status: u8) -> BoxFuture<'static, Errno> {
        match self.machine.power(what, status) {
            Ok(()) => Box::pin(core::future::pending()),
            Err(error) => Box::pin(core::future::ready(error)),
        }
    }
}

#[cfg(test)]
mod tests;
