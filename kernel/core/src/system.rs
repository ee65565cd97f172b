//! The system that the shell runs on, put together: files, pipes, jobs, time and the machine.

use alloc::{boxed::Box, sync::Arc, vec::Vec};
use bstr::BStr;
use core::time::Duration;
use pollux_executor::Executor;
use pollux_shell::{
    env::{BoxFuture, DirEntry, File, Job, Metadata, OpenFlags, Pid, Power, Result, Signal, System},
    errno::Errno,
    process::Command,
};

use crate::{
    fs::{Vfs, dev::DevFs, inode::Node, proc, tmpfs},
    jobs::Jobs,
    machine::Machine,
    pipe,
    pty::Slave,
};

/// One per machine. The kernel and the hosted build make it and start sessions on it.
pub struct CoreSystem {
    executor: &'static Executor,
    machine: Arc<dyn Machine>,
    vfs: Arc<Vfs>,
    devices: Arc<DevFs>,
    jobs: Arc<Jobs>,
    commands: &'static [Command],
}

impl CoreSystem {
    /// A system with a tmpfs of at most half of the memory on `/`, with `/dev`, `/proc` and `/tmp`, and with these
    /// commands besides the shell's, sorted by name.
    pub async fn new(
        executor: &'static Executor,
        machine: Arc<dyn Machine>,
        commands: &'static [Command],
    ) -> Result<Arc<Self>> {
        let (limit, clock) = (machine.memory().total / 2, machine.clone());
        let root = tmpfs::root(move || limit, move || clock.now())?;
        let vfs = Arc::new(Vfs::new("tmpfs", root));
        let devices = DevFs::new(machine.clone());
        let jobs = Jobs::new(executor);
        vfs.mount(BStr::new("/dev"), "devfs", devices.clone()).await?;
        let listed = jobs.clone();
        let sources = proc::Sources {
            machine: machine.clone(),
            vfs: Arc::downgrade(&vfs),
            counters: Box::new(move |cpu| {
                let stats = executor.cpu_stats(cpu);
                proc::CpuCounters { polls: stats.polls, wakes: stats.wakes, steals: stats.steals }
            }),
            tasks: Box::new(move |visit| listed.visit(visit)),
        };
        vfs.mount(BStr::new("/proc"), "proc", proc::root(sources)).await?;
        vfs.mkdir(BStr::new("/tmp")).await?;
        Ok(Arc::new(Self { executor, machine, vfs, devices, jobs, commands }))
    }

    /// Shows the files that the launcher packed under `/host`.
    pub async fn mount_host(&self, archive: Node) -> Result<()> {
        self.vfs.mount(BStr::new("/host"), "tar", archive).await
    }

    /// Makes this terminal the one that `/dev/tty` and `/dev/console` open.
    pub fn set_console(&self, terminal: &Arc<Slave>) -> Result<()> {
        for name in ["tty", "console"] {
            // Weak: the name of a terminal does not keep it open.
            let terminal = Arc::downgrade(terminal);
            let open = move || terminal.upgrade().map(|it| it as Arc<dyn File>).ok_or(Errno::ENXIO);
            self.devices.register(BStr::new(name), Arc::new(open))?;
        }
        Ok(())
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

impl System for CoreSystem {
    fn commands(&self) -> &'static [Command] {
        self.commands
    }

    fn open<'a>(&'a self, path: &'a BStr, flags: OpenFlags) -> BoxFuture<'a, Result<Arc<dyn File>>> {
        Box::pin(self.vfs.open(path, flags))
    }

    fn stat<'a>(&'a self, path: &'a BStr) -> BoxFuture<'a, Result<Metadata>> {
        Box::pin(self.vfs.stat(path))
    }

    fn read_dir<'a>(&'a self, path: &'a BStr) -> BoxFuture<'a, Result<Vec<DirEntry>>> {
        Box::pin(self.vfs.read_dir(path))
    }

    fn mkdir<'a>(&'a self, path: &'a BStr) -> BoxFuture<'a, Result<()>> {
        Box::pin(self.vfs.mkdir(path))
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

    fn set_modified<'a>(&'a self, path: &'a BStr, time: Duration) -> BoxFuture<'a, Result<()>> {
        Box::pin(self.vfs.set_modified(path, time))
    }

    fn pipe(&self) -> Result<(Arc<dyn File>, Arc<dyn File>)> {
        pipe::files()
    }

    fn new_job(&self) -> Result<Arc<dyn Job>> {
        Ok(self.jobs.new_job())
    }

    fn current_pid(&self) -> Option<Pid> {
        self.jobs.current()
    }

    fn kill(&self, pid: Pid, signal: Signal) -> Result<()> {
        self.jobs.kill(pid, signal)
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
