//! Processes and threads to do a workload with.

use std::{
    ffi::CStr,
    io::{self, PipeReader, PipeWriter, Read, Write, pipe},
    os::fd::AsFd,
    thread,
};

use nix::{
    sched::{CpuSet, sched_getaffinity, sched_setaffinity},
    sys::wait::{WaitStatus, waitpid},
    unistd::{ForkResult, Pid, dup2_stderr, dup2_stdin, dup2_stdout, execv, fork},
};

use crate::Result;

/// Who else works besides the one that measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Another process; Linux chooses the CPUs.
    Process,
    /// Another thread on another CPU; each is held on its own.
    ThreadApart,
    /// Another thread; both are held on one CPU.
    ThreadBeside,
}

/// Somebody who works, to be waited for.
#[must_use]
pub enum Worker {
    Process(Pid),
    Thread(thread::JoinHandle<Result<()>>),
}

/// Starts a process that does this and ends.
pub fn process(work: impl FnOnce() -> Result<()>) -> Result<Worker> {
    // SAFETY: whoever forks has no second thread at that time (those of a workload have been joined), so the child may do
    // whatever this program may. It leaves with `_exit`: what its parent has not written yet is not written twice.
    match unsafe { fork() }? {
        ForkResult::Parent { child } => Ok(Worker::Process(child)),
        ForkResult::Child => {
            let status = i32::from(work().is_err());
            // SAFETY: it ends the process, as said above.
            unsafe { nix::libc::_exit(status) }
        }
    }
}

/// Starts somebody who does `work` with `theirs`, and gives back `ours`, which a process does not keep open.
pub fn worker<T: Send + 'static, U>(
    place: Place,
    theirs: T,
    ours: U,
    work: impl FnOnce(T) -> Result<()> + Send + 'static,
) -> Result<(Worker, U)> {
    let cpu = match place {
        Place::Process => {
            let mut ours = Some(ours);
            let worker = process(|| {
                drop(ours.take());
                work(theirs)
            })?;
            let ours = ours.ok_or(io::ErrorKind::Other)?;
            return Ok((worker, ours));
        }
        Place::ThreadApart => 1,
        Place::ThreadBeside => 0,
    };
    let work = move || {
        hold(cpu)?;
        work(theirs)
    };
    Ok((Worker::Thread(thread::Builder::new().spawn(work)?), ours))
}

impl Worker {
    /// Waits until the work is done. That it failed is an error.
    pub fn wait(self) -> Result<()> {
        match self {
            Worker::Process(child) => match waitpid(child, None)? {
                WaitStatus::Exited(_, 0) => Ok(()),
                other => Err(io::Error::other(format!("a process ended with {other:?}"))),
            },
            Worker::Thread(thread) => thread.join().map_err(|_| io::Error::other("a thread panicked"))?,
        }
    }
}

/// A line on which workers say that they are ready, or done: a byte for each.
pub struct Told {
    reader: PipeReader,
    writer: PipeWriter,
}

impl Told {
    pub fn new() -> Result<Told> {
        let (reader, writer) = pipe()?;
        Ok(Told { reader, writer })
    }

    /// An end for a worker.
    pub fn line(&self) -> Result<PipeWriter> {
        self.writer.try_clone()
    }

    /// Waits until that was said so many times.
    pub fn wait(&mut self, times: usize) -> Result<()> {
        self.reader.read_exact(&mut vec![0; times])
    }
}

/// Says it.
pub fn tell(line: &mut PipeWriter) -> Result<()> {
    line.write_all(&[0])
}

/// Holds the calling thread on the CPU of that number among those that this program was started on.
pub fn hold(number: usize) -> Result<()> {
    let cpus = allowed()?;
    let none = || io::Error::other(format!("there is no CPU {number}: there are {}", cpus.len()));
    let mut set = CpuSet::new();
    set.set(*cpus.get(number).ok_or_else(none)?)?;
    Ok(sched_setaffinity(Pid::from_raw(0), &set)?)
}

/// Does something while the calling thread is held on the first CPU, if others are to be held as well.
pub fn held<T>(place: Place, run: impl FnOnce() -> Result<T>) -> Result<T> {
    if place == Place::Process {
        return run();
    }
    let before = sched_getaffinity(Pid::from_raw(0))?;
    hold(0)?;
    let result = run();
    sched_setaffinity(Pid::from_raw(0), &before)?;
    result
}

/// The CPUs that this program was started on. The first thread, which is asked, may be held on one of them by now, so they are
/// remembered.
fn allowed() -> Result<&'static [usize]> {
    static ALLOWED: std::sync::OnceLock<Vec<usize>> = std::sync::OnceLock::new();
    if ALLOWED.get().is_none() {
        let set = sched_getaffinity(Pid::from_raw(0))?;
        let cpus = (0..CpuSet::count()).filter(|&cpu| set.is_set(cpu).unwrap_or(false)).collect();
        ALLOWED.get_or_init(|| cpus);
    }
    Ok(ALLOWED.get().map_or(&[], |cpus| cpus))
}

/// Starts a program with these standard streams and no environment, and waits for its status 0.
pub fn run(program: &CStr, arguments: &[&CStr], streams: [&impl AsFd; 3]) -> Result<()> {
    process(|| {
        dup2_stdin(streams[0])?;
        dup2_stdout(streams[1])?;
        dup2_stderr(streams[2])?;
        execv(program, arguments)?;
        Ok(())
    })?
    .wait()
}
