//! An in-memory [`System`] for host tests: files, pipes, jobs, a clock and a terminal, all driven by one
//! deterministic loop ([`FakeSystem::block_on`]).
//!
//! It is made to punish: pipes hold 64 bytes so that every blocking path is taken, every call on a path
//! waits once, no future gets more than a few I/O calls per poll, and when nothing can run any more the
//! loop panics with the names of those who wait instead of hanging.

mod driver;
mod fifo;
mod fs;
mod node;
mod pipe;
mod run;
mod terminal;
#[cfg(test)]
mod tests;

use alloc::{boxed::Box, string::String, sync::Arc, vec::Vec};
use bstr::{BStr, BString, ByteSlice};
use core::{
    future::poll_fn,
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
    task::{Context, Poll},
    time::Duration,
};
use spin::Mutex;

use crate::{
    env::{
        BoxFuture, Changes, DirEntry, File, Job, Metadata, MountInfo, MountRequest, OpenFlags, Pid, Power,
        Result, Signal, System,
    },
    errno::Errno,
};

pub use node::Capture;
pub use run::{Finished, Run};
pub use terminal::FakeTerminal;

/// The wall clock when the fake system boots: 2023-11-14 22:13:20 UTC.
pub const EPOCH: Duration = Duration::from_secs(1_700_000_000);

/// How many I/O calls a future gets per poll before it must let others run.
const BUDGET: usize = 64;

/// Counts down to a failure; `None` never fails.
#[derive(Default)]
struct Countdown(Mutex<Option<usize>>);

impl Countdown {
    fn set(&self, successes: usize) {
        *self.0.lock() = Some(successes);
    }

    fn check(&self, error: Errno) -> Result<()> {
        match &mut *self.0.lock() {
            Some(0) => Err(error),
            Some(left) => {
                *left -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }
}

struct Shared {
    driver: driver::Driver,
    tree: Mutex<fs::Tree>,
    terminal: Arc<FakeTerminal>,
    budget: AtomicUsize,
    pipe_capacity: AtomicUsize,
    pipes: Countdown,
    jobs: Countdown,
    spawns: Countdown,
    power: Mutex<Option<(Power, u8)>>,
}

impl Shared {
    /// Takes one from the running future's budget; pending, and woken, when there is none left.
    fn charge(&self, cx: &Context<'_>) -> Poll<()> {
        match self.budget.load(Relaxed) {
            0 => {
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            left => {
                self.budget.store(left - 1, Relaxed);
                Poll::Ready(())
            }
        }
    }
}

/// The fake system. Clones are the same system.
#[derive(Clone)]
pub struct FakeSystem {
    shared: Arc<Shared>,
}

impl Default for FakeSystem {
    fn default() -> Self {
        Self::new()
    }
}

impl FakeSystem {
    /// A system with `/dev/{null,zero,full,tty}`, `/proc`, `/tmp` and nothing else.
    pub fn new() -> Self {
        let terminal = Arc::new(FakeTerminal::default());
        let shared = Arc::new(Shared {
            driver: driver::Driver::default(),
            tree: Mutex::new(fs::Tree::new(terminal.clone())),
            terminal,
            budget: AtomicUsize::new(BUDGET),
            pipe_capacity: AtomicUsize::new(64),
            pipes: Countdown::default(),
            jobs: Countdown::default(),
            spawns: Countdown::default(),
            power: Mutex::new(None),
        });
        Self { shared }
    }

    /// The system as a port.
    pub fn port(&self) -> Arc<dyn System> {
        Arc::new(self.clone())
    }

    /// What `/dev/tty` is.
    pub fn terminal(&self) -> Arc<FakeTerminal> {
        self.shared.terminal.clone()
    }

    /// Makes a regular file, or replaces its content; missing directories are made too.
    pub fn set_file(&self, path: &str, content: impl AsRef<[u8]>) {
        let now = self.now();
        self.shared.tree.lock().set_file(path.as_bytes().as_bstr(), content.as_ref(), now);
    }

    /// The content of a regular file; `None` if there is none of that name.
    pub fn file(&self, path: &str) -> Option<Vec<u8>> {
        self.shared.tree.lock().file(path.as_bytes().as_bstr())
    }

    /// Makes a directory and those above it.
    pub fn make_dir(&self, path: &str) {
        let now = self.now();
        self.shared.tree.lock().make_dirs(path.as_bytes().as_bstr(), now);
    }

    /// Whether the name exists; that a link leads nowhere does not matter.
    pub fn exists(&self, path: &str) -> bool {
        self.shared.tree.lock().stat(path.as_bytes().as_bstr(), false).is_ok()
    }

    /// Covers a directory, made if it is missing, with an empty file system.
    pub fn mount_at(&self, path: &str) {
        self.make_dir(path);
        let request = MountRequest {
            kind: "tmpfs".into(),
            source: "tmpfs".into(),
            path: path.into(),
            ..MountRequest::default()
        };
        self.shared.tree.lock().mount(&request, self.now()).expect("a directory that is no mount yet");
    }

    /// From now on opening `path` fails.
    pub fn fail_open(&self, path: &str, error: Errno) {
        self.shared.tree.lock().fail_open(path.as_bytes().as_bstr(), error);
    }

    /// From now on reading `path` (opened after this) fails.
    pub fn fail_read(&self, path: &str, error: Errno) {
        self.shared.tree.lock().fail_read(path.as_bytes().as_bstr(), error);
    }

    /// How many bytes pipes made from now on hold.
    pub fn set_pipe_capacity(&self, bytes: usize) {
        self.shared.pipe_capacity.store(bytes.max(1), Relaxed);
    }

    /// After `successes` more pipes, making one is `ENOMEM`.
    pub fn fail_pipes_after(&self, successes: usize) {
        self.shared.pipes.set(successes);
    }

    /// After `successes` more jobs, making one is `ENOMEM`.
    pub fn fail_jobs_after(&self, successes: usize) {
        self.shared.jobs.set(successes);
    }

    /// After `successes` more stages, starting one is `ENOMEM`.
    pub fn fail_spawns_after(&self, successes: usize) {
        self.shared.spawns.set(successes);
    }

    /// What [`System::power`] was called with last.
    pub fn powered(&self) -> Option<(Power, u8)> {
        *self.shared.power.lock()
    }

    /// How many stages have not ended, stopped ones included.
    pub fn running(&self) -> usize {
        self.shared.driver.running()
    }

    /// The command lines (`ps -f`) of the stages that have not ended.
    pub fn command_lines(&self) -> Vec<String> {
        self.shared.driver.command_lines()
    }

    /// Runs a command of this crate by name: its standard output, standard error and status.
    ///
    /// # Panics
    /// If there is no such command.
    pub fn run_command(&self, name: &str, args: &[&str], stdin: &[u8]) -> (Vec<u8>, Vec<u8>, u8) {
        let finished = Run::new(self, name).args(args).stdin(stdin).run();
        (finished.stdout, finished.stderr, finished.status)
    }

    /// Waits once, then does `what`: no caller may count on an answer at once.
    fn later<'a, T: Send + 'a>(
        &'a self,
        what: impl FnOnce(&mut fs::Tree) -> T + Send + 'a,
    ) -> BoxFuture<'a, T> {
        Box::pin(async move {
            yield_once().await;
            what(&mut self.shared.tree.lock())
        })
    }
}

/// [`FakeSystem::run_command`] on a fresh system.
pub fn run_command(name: &str, args: &[&str], stdin: &[u8]) -> (Vec<u8>, Vec<u8>, u8) {
    FakeSystem::new().run_command(name, args, stdin)
}

/// Pending once, and woken at once.
async fn yield_once() {
    let mut yielded = false;
    poll_fn(|cx| {
        if core::mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

impl System for FakeSystem {
    fn open_mode<'a>(
        &'a self,
        path: &'a BStr,
        flags: OpenFlags,
        mode: u16,
    ) -> BoxFuture<'a, Result<Arc<dyn File>>> {
        Box::pin(async move {
            yield_once().await;
            let now = self.now();
            let node = self.shared.tree.lock().open(path, flags, mode, now)?;
            Ok(node::open_node(node, flags, &self.shared).await)
        })
    }

    fn stat<'a>(&'a self, path: &'a BStr) -> BoxFuture<'a, Result<Metadata>> {
        self.later(move |tree| tree.stat(path, true))
    }

    fn lstat<'a>(&'a self, path: &'a BStr) -> BoxFuture<'a, Result<Metadata>> {
        self.later(move |tree| tree.stat(path, false))
    }

    fn read_link<'a>(&'a self, path: &'a BStr) -> BoxFuture<'a, Result<BString>> {
        self.later(move |tree| tree.read_link(path))
    }

    fn read_dir<'a>(&'a self, path: &'a BStr) -> BoxFuture<'a, Result<Vec<DirEntry>>> {
        self.later(move |tree| tree.read_dir(path))
    }

    fn mkdir<'a>(&'a self, path: &'a BStr, mode: u16) -> BoxFuture<'a, Result<()>> {
        let now = self.now();
        self.later(move |tree| tree.mkdir(path, mode, now))
    }

    fn mkfifo<'a>(&'a self, path: &'a BStr, mode: u16) -> BoxFuture<'a, Result<()>> {
        let now = self.now();
        self.later(move |tree| tree.mkfifo(path, mode, now))
    }

    fn symlink<'a>(&'a self, target: &'a BStr, path: &'a BStr) -> BoxFuture<'a, Result<()>> {
        let now = self.now();
        self.later(move |tree| tree.symlink(target, path, now))
    }

    fn link<'a>(&'a self, from: &'a BStr, to: &'a BStr) -> BoxFuture<'a, Result<()>> {
        let now = self.now();
        self.later(move |tree| tree.link(from, to, now))
    }

    fn unlink<'a>(&'a self, path: &'a BStr) -> BoxFuture<'a, Result<()>> {
        let now = self.now();
        self.later(move |tree| tree.unlink(path, now))
    }

    fn rmdir<'a>(&'a self, path: &'a BStr) -> BoxFuture<'a, Result<()>> {
        let now = self.now();
        self.later(move |tree| tree.rmdir(path, now))
    }

    fn rename<'a>(&'a self, from: &'a BStr, to: &'a BStr) -> BoxFuture<'a, Result<()>> {
        let now = self.now();
        self.later(move |tree| tree.rename(from, to, now))
    }

    fn change<'a>(&'a self, path: &'a BStr, changes: Changes, follow: bool) -> BoxFuture<'a, Result<()>> {
        let now = self.now();
        self.later(move |tree| tree.change(path, &changes, follow, now))
    }

    fn mounts(&self) -> Vec<MountInfo> {
        self.shared.tree.lock().mounts()
    }

    fn mount<'a>(&'a self, request: &'a MountRequest) -> BoxFuture<'a, Result<()>> {
        let now = self.now();
        self.later(move |tree| tree.mount(request, now))
    }

    fn unmount<'a>(&'a self, path: &'a BStr) -> BoxFuture<'a, Result<()>> {
        self.later(move |tree| tree.unmount(path))
    }

    fn pipe(&self) -> Result<(Arc<dyn File>, Arc<dyn File>)> {
        self.shared.pipes.check(Errno::ENOMEM)?;
        Ok(pipe::pipe(self.shared.pipe_capacity.load(Relaxed), &self.shared))
    }

    fn new_job(&self) -> Result<Arc<dyn Job>> {
        self.shared.jobs.check(Errno::ENOMEM)?;
        Ok(driver::FakeJob::new(&self.shared))
    }

    fn new_job_within(&self) -> Result<Arc<dyn Job>> {
        self.shared.jobs.check(Errno::ENOMEM)?;
        Ok(match self.shared.driver.current_job() {
            Some(outer) => driver::FakeJob::new_within(&outer),
            None => driver::FakeJob::new(&self.shared),
        })
    }

    fn current_pid(&self) -> Option<Pid> {
        self.shared.driver.current_pid()
    }

    fn kill(&self, pid: Pid, signal: Signal) -> Result<()> {
        self.shared.driver.kill(pid, signal)
    }

    fn uptime(&self) -> Duration {
        self.shared.driver.now()
    }

    fn now(&self) -> Duration {
        EPOCH + self.uptime()
    }

    fn sleep(&self, time: Duration) -> BoxFuture<'static, ()> {
        Box::pin(driver::Sleep::new(&self.shared, self.uptime() + time))
    }

    fn yield_now(&self) -> BoxFuture<'static, ()> {
        Box::pin(yield_once())
    }

    fn power(&self, what: Power, status: u8) -> BoxFuture<'static, Errno> {
        *self.shared.power.lock() = Some((what, status));
        Box::pin(core::future::ready(Errno::ENODEV))
    }
}
