//! The standard streams of the program as open files of the system.
//!
//! Standard input is read by a thread of its own, since reading it may block, and only when a task
//! demands it, and never more than that task has room for: what Pollux does not read is left for whoever
//! has the stream afterwards. Output is written directly; when the host's reader is slow, the CPU that
//! writes waits with it.

use std::{
    collections::VecDeque,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, ready},
    thread,
    time::Duration,
};

use pollux_executor::{budget, sync::WakerSet};
use pollux_shell::{
    env::{File, FileType, Metadata, Result},
    errno::Errno,
};
use rustix::{
    event::{PollFd, PollFlags},
    fd::{AsFd, BorrowedFd},
};

/// The most that one read takes.
const MOST: usize = 64 * 1024;

/// Standard input, output and error.
pub fn files() -> [Arc<dyn File>; 3] {
    [
        Arc::new(Input::new()),
        Arc::new(Output(rustix::stdio::stdout())),
        Arc::new(Output(rustix::stdio::stderr())),
    ]
}

struct Input(Arc<Demand>);

/// What the reading thread and the tasks share.
struct Demand {
    state: Mutex<State>,
    changed: Condvar,
    waiting: WakerSet,
}

#[derive(Default)]
struct State {
    /// How much the thread should read; 0 for nothing.
    wanted: usize,
    /// What it has read and no task has taken yet.
    ready: VecDeque<u8>,
    /// What it found instead of bytes, once.
    end: Option<Result<()>>,
}

impl Input {
    fn new() -> Self {
        let demand =
            Arc::new(Demand { state: Mutex::default(), changed: Condvar::new(), waiting: WakerSet::new() });
        let for_thread = demand.clone();
        thread::spawn(move || serve(&for_thread));
        Self(demand)
    }
}

impl Demand {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The reading thread.
fn serve(demand: &Demand) {
    let mut buf = vec![0; MOST];
    loop {
        let wanted = {
            let idle = |state: &mut State| state.wanted == 0;
            let state = demand.changed.wait_while(demand.lock(), idle);
            state.unwrap_or_else(PoisonError::into_inner).wanted
        };
        let read = wait_and_retry(rustix::stdio::stdin(), PollFlags::IN, || {
            rustix::io::read(rustix::stdio::stdin(), &mut buf[..wanted])
        });
        let mut state = demand.lock();
        state.wanted = 0;
        match read {
            Ok(0) => state.end = Some(Ok(())),
            Ok(n) => state.ready.extend(&buf[..n]),
            Err(error) => state.end = Some(Err(error)),
        }
        drop(state);
        demand.waiting.wake_all();
    }
}

impl File for Input {
    fn poll_read(&self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<Result<usize>> {
        if buf.is_empty() {
            return Poll::Ready(Ok(0));
        }
        ready!(budget::charge(cx));
        let mut state = self.0.lock();
        if !state.ready.is_empty() {
            let n = buf.len().min(state.ready.len());
            buf.iter_mut().zip(state.ready.drain(..n)).for_each(|(to, from)| *to = from);
            return Poll::Ready(Ok(n));
        }
        if let Some(end) = state.end.take() {
            return Poll::Ready(end.map(|()| 0));
        }
        // Under the lock that the thread takes before it wakes: no wake is lost.
        self.0.waiting.register(cx.waker());
        if state.wanted == 0 {
            state.wanted = buf.len().min(MOST);
            self.0.changed.notify_one();
        }
        Poll::Pending
    }

    fn poll_write(&self, _cx: &mut Context<'_>, _buf: &[u8]) -> Poll<Result<usize>> {
        Poll::Ready(Err(Errno::EBADF))
    }

    fn metadata(&self) -> Result<Metadata> {
        metadata(rustix::stdio::stdin())
    }
}

struct Output(BorrowedFd<'static>);

impl File for Output {
    fn poll_read(&self, _cx: &mut Context<'_>, _buf: &mut [u8]) -> Poll<Result<usize>> {
        Poll::Ready(Err(Errno::EBADF))
    }

    fn poll_write(&self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<Result<usize>> {
        ready!(budget::charge(cx));
        Poll::Ready(wait_and_retry(self.0, PollFlags::OUT, || rustix::io::write(self.0, buf)))
    }

    fn metadata(&self) -> Result<Metadata> {
        metadata(self.0)
    }
}

/// Transfers; waits first if somebody has made the stream non-blocking.
fn wait_and_retry(
    fd: impl AsFd,
    until: PollFlags,
    mut transfer: impl FnMut() -> rustix::io::Result<usize>,
) -> Result<usize> {
    loop {
        match transfer() {
            Err(rustix::io::Errno::INTR) => {}
            Err(rustix::io::Errno::AGAIN) => {
                // An error or a signal here shows again in the transfer.
                let _ = rustix::event::poll(&mut [PollFd::new(&fd, until)], None);
            }
            other => return other.map_err(errno),
        }
    }
}

/// Tells the numbers of the host's file systems from those of our own.
const HOST_DEVICE: u64 = 1 << 63;

fn metadata(fd: BorrowedFd<'_>) -> Result<Metadata> {
    let stat = rustix::fs::fstat(fd).map_err(errno)?;
    let kind = match rustix::fs::FileType::from_raw_mode(stat.st_mode) {
        rustix::fs::FileType::RegularFile => FileType::Regular,
        rustix::fs::FileType::Directory => FileType::Directory,
        rustix::fs::FileType::CharacterDevice => FileType::CharDevice,
        _ => FileType::Pipe,
    };
    Ok(Metadata {
        size: stat.st_size as u64,
        links: stat.st_nlink as u32,
        device: HOST_DEVICE | stat.st_dev,
        inode: stat.st_ino,
        blocks: stat.st_blocks as u64,
        accessed: Duration::from_secs(stat.st_atime as u64),
        modified: Duration::from_secs(stat.st_mtime as u64),
        changed: Duration::from_secs(stat.st_ctime as u64),
        ..Metadata::new(kind, (stat.st_mode & 0o7777) as u16)
    })
}

/// The host's error by its name here; what has none is an I/O error.
fn errno(error: rustix::io::Errno) -> Errno {
    match error {
        rustix::io::Errno::PIPE => Errno::EPIPE,
        rustix::io::Errno::NOSPC => Errno::ENOSPC,
        rustix::io::Errno::BADF => Errno::EBADF,
        rustix::io::Errno::ISDIR => Errno::EISDIR,
        rustix::io::Errno::INVAL => Errno::EINVAL,
        _ => Errno::EIO,
    }
}
