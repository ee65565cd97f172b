//! What a task waits for, among the things that are built on the executor: kinds for [`Awaited`], and back.

use core::{
    fmt,
    panic::Location,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    task::Context,
};
use pollux_executor::{Awaited, TaskInfo, waits_for};

/// What a task waits for. Pipes and jobs are meant by the numbers of [`new_number`], terminals by those in `/dev/pts` plus
/// one; the console is 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// A time in nanoseconds.
    Time(u64),
    /// Permits of a semaphore, or a lock, by its address.
    Permits(u64),
    /// A message in a channel, by its address.
    Message(u64),
    /// Room in a channel.
    Room(u64),
    /// Bytes in a pipe, or its end.
    PipeBytes(u64),
    /// Room in a pipe.
    PipeRoom(u64),
    /// Somebody who opens a pipe with a name for writing.
    PipeWriter(u64),
    /// Somebody who opens it for reading.
    PipeReader(u64),
    /// Something typed at a terminal.
    Keys(u64),
    /// A terminal that shows what was written.
    Screen(u64),
    /// Something to show on a terminal.
    Output(u64),
    /// A program that reads what was typed.
    KeysRead(u64),
    /// The end of a job, or its stop.
    Job(u64),
}

const PIPE_BYTES: u8 = Awaited::FOREIGN;
const PIPE_ROOM: u8 = PIPE_BYTES + 1;
const PIPE_WRITER: u8 = PIPE_BYTES + 2;
const PIPE_READER: u8 = PIPE_BYTES + 3;
const KEYS: u8 = PIPE_BYTES + 4;
const SCREEN: u8 = PIPE_BYTES + 5;
const OUTPUT: u8 = PIPE_BYTES + 6;
const KEYS_READ: u8 = PIPE_BYTES + 7;
const JOB: u8 = PIPE_BYTES + 8;

impl Wait {
    /// Tells that the task that is polled is about to wait for this, here. Before it returns pending.
    #[track_caller]
    pub fn tell(self, cx: &Context<'_>) {
        waits_for(cx, Location::caller(), self.code());
    }

    /// As the executor keeps it.
    pub fn code(self) -> Awaited {
        let (kind, number) = match self {
            Self::Time(ns) => (Awaited::TIME, ns),
            Self::Permits(address) => (Awaited::PERMITS, address),
            Self::Message(address) => (Awaited::MESSAGE, address),
            Self::Room(address) => (Awaited::ROOM, address),
            Self::PipeBytes(number) => (PIPE_BYTES, number),
            Self::PipeRoom(number) => (PIPE_ROOM, number),
            Self::PipeWriter(number) => (PIPE_WRITER, number),
            Self::PipeReader(number) => (PIPE_READER, number),
            Self::Keys(number) => (KEYS, number),
            Self::Screen(number) => (SCREEN, number),
            Self::Output(number) => (OUTPUT, number),
            Self::KeysRead(number) => (KEYS_READ, number),
            Self::Job(number) => (JOB, number),
        };
        Awaited { kind, number }
    }

    /// What a task waits for, if its leaf future told.
    pub fn of(task: &TaskInfo) -> Option<Wait> {
        let Awaited { kind, number } = task.waits_for?;
        Some(match kind {
            Awaited::TIME => Self::Time(number),
            Awaited::PERMITS => Self::Permits(number),
            Awaited::MESSAGE => Self::Message(number),
            Awaited::ROOM => Self::Room(number),
            PIPE_BYTES => Self::PipeBytes(number),
            PIPE_ROOM => Self::PipeRoom(number),
            PIPE_WRITER => Self::PipeWriter(number),
            PIPE_READER => Self::PipeReader(number),
            KEYS => Self::Keys(number),
            SCREEN => Self::Screen(number),
            OUTPUT => Self::Output(number),
            KEYS_READ => Self::KeysRead(number),
            JOB => Self::Job(number),
            _ => return None,
        })
    }
}

impl fmt::Display for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Time(ns) => write!(f, "the time {}.{:03} s", ns / 1_000_000_000, ns / 1_000_000 % 1000),
            Self::Permits(address) => write!(f, "the lock at {address:#x}"),
            Self::Message(address) => write!(f, "a message in the channel at {address:#x}"),
            Self::Room(address) => write!(f, "room in the channel at {address:#x}"),
            Self::PipeBytes(number) => write!(f, "bytes in pipe {number}"),
            Self::PipeRoom(number) => write!(f, "room in pipe {number}"),
            Self::PipeWriter(number) => write!(f, "a writer of pipe {number}"),
            Self::PipeReader(number) => write!(f, "a reader of pipe {number}"),
            Self::Keys(terminal) => write!(f, "keys at {}", Name(*terminal)),
            Self::Screen(terminal) => write!(f, "room for output on {}", Name(*terminal)),
            Self::Output(terminal) => write!(f, "output of {}", Name(*terminal)),
            Self::KeysRead(terminal) => write!(f, "a program that reads the keys of {}", Name(*terminal)),
            Self::Job(number) => write!(f, "the end of job {number}"),
        }
    }
}

/// A terminal.
struct Name(u64);

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.checked_sub(1) {
            Some(number) => write!(f, "/dev/pts/{number}"),
            None => f.write_str("/dev/console"),
        }
    }
}

/// A number for a pipe or a job, which no other of them gets.
pub fn new_number() -> u64 {
    static LAST: AtomicU64 = AtomicU64::new(0);
    LAST.fetch_add(1, Relaxed) + 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Cpu;
    use alloc::{sync::Arc, vec::Vec};
    use core::{
        future::poll_fn,
        task::{Poll, Waker},
    };
    use pollux_executor::sync::Lock;

    #[test]
    fn what_is_told_is_what_is_seen_and_no_longer_than_it_is_true() {
        let all = [
            Wait::Time(7),
            Wait::Permits(1),
            Wait::Message(2),
            Wait::Room(3),
            Wait::PipeBytes(4),
            Wait::PipeRoom(5),
            Wait::PipeWriter(6),
            Wait::PipeReader(7),
            Wait::Keys(0),
            Wait::Screen(8),
            Wait::Output(9),
            Wait::KeysRead(10),
            Wait::Job((1 << 56) - 1),
        ];
        let cpu = Cpu::new();
        let look = || {
            let mut seen = Vec::new();
            cpu.executor
                .tasks(&mut |info| seen.push((Wait::of(&info), info.waits_at.map(|place| place.line()))));
            seen
        };
        let again = Arc::new(Lock::new(None::<Waker>));
        let (kept, mut left) = (again.clone(), all.into_iter());
        let told = poll_fn(move |cx| {
            kept.lock().replace(cx.waker().clone());
            left.next().inspect(|wait| wait.tell(cx)); // the last poll tells nothing
            Poll::<()>::Pending
        });
        let _task = cpu.executor.spawn("teller", told).unwrap();
        assert_eq!(look(), [(None, None)], "it was not polled yet");
        for wait in all {
            cpu.run();
            let [(seen, Some(_))] = look()[..] else { panic!("{:?}", look()) };
            assert_eq!(seen, Some(wait));
            let waker = again.lock().take();
            waker.unwrap().wake();
        }
        cpu.run();
        assert_eq!(look(), [(None, None)], "what was told before is over");
    }
}
