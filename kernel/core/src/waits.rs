//! What a task waits for, among the things that are built on the executor: kinds for [`Awaited`], and back.

use alloc::sync::Arc;
use core::{
    fmt,
    future::{Future, poll_fn},
    panic::Location,
    pin::pin,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    task::Context,
};
use pollux_executor::{Awaited, TaskInfo, waits_for};

use crate::asked::Asked;

/// What a task waits for. Pipes and jobs are meant by the numbers of [`new_number`], terminals by those in `/dev/pts` plus
/// one; the console is 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// A time in nanoseconds.
    Time(u64),
    /// Permits of a semaphore, by its address.
    Permits(u64),
    /// A mutex or a read-write lock, by its address.
    Lock(u64),
    /// The end of a task, by its number.
    Task(u64),
    /// The value of a oneshot, by its address.
    Value(u64),
    /// A notification, by the address of what gives it.
    Notice(u64),
    /// A new value of a watch, by its address.
    Change(u64),
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
    /// A device, by the number of its interrupt.
    Device(u64),
    /// What the machine's surroundings send: the launcher, the host.
    Outside,
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
const DEVICE: u8 = PIPE_BYTES + 9;
const OUTSIDE: u8 = PIPE_BYTES + 10;

impl Wait {
    /// Tells that the task that is polled is about to wait for this, here. Before it returns pending.
    #[track_caller]
    pub fn tell(self, cx: &Context<'_>) {
        waits_for(cx, Location::caller(), self.code());
    }

    /// [`Wait::tell`], of a thing that can be asked whether it is there.
    #[track_caller]
    pub fn tell_of<T: Asked + 'static>(self, cx: &Context<'_>, thing: &Arc<T>) {
        self.tell(cx);
        #[cfg(debug_assertions)]
        crate::asked::enter(self, thing);
        #[cfg(not(debug_assertions))]
        let _ = thing;
    }

    /// A future that tells this whenever it is pending, for one that does not tell itself what it waits for: of drivers,
    /// which know no tasks, and of other crates.
    #[track_caller]
    pub fn told<F: Future>(self, future: F) -> impl Future<Output = F::Output> {
        let place = Location::caller();
        async move {
            let mut future = pin!(future);
            poll_fn(|cx| {
                let polled = future.as_mut().poll(cx);
                if polled.is_pending() {
                    waits_for(cx, place, self.code());
                }
                polled
            })
            .await
        }
    }

    /// As the executor keeps it.
    pub fn code(self) -> Awaited {
        let (kind, number) = match self {
            Self::Time(ns) => (Awaited::TIME, ns),
            Self::Permits(address) => (Awaited::PERMITS, address),
            Self::Lock(address) => (Awaited::LOCK, address),
            Self::Task(number) => (Awaited::TASK, number),
            Self::Value(address) => (Awaited::VALUE, address),
            Self::Notice(address) => (Awaited::NOTICE, address),
            Self::Change(address) => (Awaited::CHANGE, address),
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
            Self::Device(interrupt) => (DEVICE, interrupt),
            Self::Outside => (OUTSIDE, 0),
        };
        Awaited { kind, number }
    }

    /// What a task waits for, if its leaf future told.
    pub fn of(task: &TaskInfo) -> Option<Wait> {
        let Awaited { kind, number } = task.waits_for?;
        Some(match kind {
            Awaited::TIME => Self::Time(number),
            Awaited::PERMITS => Self::Permits(number),
            Awaited::LOCK => Self::Lock(number),
            Awaited::TASK => Self::Task(number),
            Awaited::VALUE => Self::Value(number),
            Awaited::NOTICE => Self::Notice(number),
            Awaited::CHANGE => Self::Change(number),
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
            DEVICE => Self::Device(number),
            OUTSIDE => Self::Outside,
            _ => return None,
        })
    }
}

impl fmt::Display for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Time(ns) => write!(f, "the time {}.{:03} s", ns / 1_000_000_000, ns / 1_000_000 % 1000),
            Self::Permits(address) => write!(f, "permits of the semaphore at {address:#x}"),
            Self::Lock(address) => write!(f, "the lock at {address:#x}"),
            Self::Task(number) => write!(f, "the end of task {number}"),
            Self::Value(address) => write!(f, "the value of the oneshot at {address:#x}"),
            Self::Notice(address) => write!(f, "a notification from {address:#x}"),
            Self::Change(address) => write!(f, "a new value of the watch at {address:#x}"),
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
            Self::Device(interrupt) => write!(f, "the device of interrupt {interrupt}"),
            Self::Outside => f.write_str("something from outside"),
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
    use alloc::vec::Vec;
    use core::task::{Poll, Waker};
    use pollux_executor::sync::Lock;

    #[test]
    fn what_is_told_is_what_is_seen_and_no_longer_than_it_is_true() {
        let all = [
            Wait::Time(7),
            Wait::Permits(1),
            Wait::Lock(11),
            Wait::Task(12),
            Wait::Value(13),
            Wait::Notice(14),
            Wait::Change(15),
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
            Wait::Job((1 << 55) - 1),
            Wait::Lock(u64::MAX - 15),
            Wait::Device(4),
            Wait::Outside,
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

    #[test]
    fn what_a_future_does_not_tell_itself_is_told_for_it_with_the_place() {
        let cpu = Cpu::new();
        let line = line!() + 1;
        let reads = Wait::Device(4).told(core::future::pending::<()>());
        let _task = cpu.executor.spawn("reader", reads).unwrap();
        cpu.run();
        let mut seen = Vec::new();
        cpu.executor.tasks(&mut |info| seen.push((Wait::of(&info), info.waits_at.map(|place| place.line()))));
        assert_eq!(seen, [(Some(Wait::Device(4)), Some(line))]);
    }
}
