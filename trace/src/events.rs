//! The tracepoints: a line each.

use core::fmt;

/// What a number of a record is, for those who show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A number that means nothing more.
    Number,
    /// The number of a task.
    Task,
    /// Who woke a task, in the executor's code for that.
    Waker,
    /// Nanoseconds.
    Ns,
    /// Bytes.
    Bytes,
    /// An address.
    Address,
    /// The first eight bytes of a name: see [`short_name`].
    Name,
    /// A line of source: see [`place_number`](crate::place_number).
    Place,
    /// The number of a pseudo terminal; [`CONSOLE`] is the console's.
    Pty,
}

/// The number of the terminal that is the console, and no `/dev/pts/N`.
pub const CONSOLE: u64 = u32::MAX as u64;

/// The first bytes of a name, as a number of a record has room for them.
pub fn short_name(name: &str) -> u64 {
    let mut bytes = [0; 8];
    bytes.iter_mut().zip(name.bytes()).for_each(|(to, byte)| *to = byte);
    u64::from_le_bytes(bytes)
}

/// A [`short_name`] for people.
#[derive(Clone, Copy, Debug)]
pub struct ShortName(pub u64);

impl fmt::Display for ShortName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.0.to_le_bytes();
        let len = bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len());
        f.write_str(core::str::from_utf8(&bytes[..len]).unwrap_or("?"))
    }
}

/// A number of a record: how it is called, and what it is.
pub type Argument = (&'static str, Unit);

macro_rules! events {
    ($($(#[doc = $doc:literal])* $event:ident $name:literal $(($a:literal $ua:ident $(, $b:literal $ub:ident)?))? $(counts $value:ident)?;)*) => {
        /// What happened. The name has the form `group:event`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum Event { $($(#[doc = $doc])* $event,)* }

        /// All tracepoints, in the order of their numbers.
        pub const EVENTS: &[Event] = &[$(Event::$event,)*];

        pub(crate) static ABOUT: [About; EVENTS.len()] = [$(About {
            name: $name,
            words: concat!($($doc,)*),
            arguments: [
                first!($(Some(($a, Unit::$ua)))?),
                first!($($(Some(($b, Unit::$ub)))?)?),
            ],
            value: first!($(Some(Value::$value))?),
        },)*];

        /// What is called where an event is on. By its address here, as code that refers to assembler of its own crate is inlined
        /// nowhere else.
        #[cfg(all(target_arch = "x86_64", target_os = "none"))]
        pub static ENTRIES: [unsafe extern "C" fn(); EVENTS.len()] = [$(crate::entry::entry::<{ Event::$event as usize }>,)*];
    };
}

macro_rules! first {
    () => {
        None
    };
    ($some:expr) => {
        $some
    };
}

pub(crate) struct About {
    name: &'static str,
    words: &'static str,
    arguments: [Option<Argument>; 2],
    pub(crate) value: Option<Value>,
}

/// Which of the two numbers the statistics are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    First,
    Second,
}

events! {
    /// A task was spawned.
    TaskSpawn "task:spawn" ("task" Task);
    /// A task ended by itself.
    TaskComplete "task:complete" ("task" Task, "busy" Ns) counts Second;
    /// A task was cancelled.
    TaskCancel "task:cancel" ("task" Task);
    /// A poll of a task panicked.
    TaskPanic "task:panic" ("task" Task);
    /// A poll begins, so long after the wake that caused it.
    PollBegin "poll:begin" ("task" Task, "delay" Ns) counts Second;
    /// A poll ends, after so long.
    PollEnd "poll:end" ("task" Task, "took" Ns) counts Second;
    /// A poll took too long.
    PollLong "poll:long" ("task" Task, "took" Ns) counts Second;
    /// A task was woken and is in a queue now.
    Wake "sched:wake" ("task" Task, "by" Waker);
    /// Tasks were taken from another CPU's ring.
    Steal "sched:steal" ("victim" Number, "tasks" Number) counts Second;
    /// A CPU looks for work on others.
    Search "sched:search";
    /// A CPU has nothing to do and sleeps.
    IdleEnter "sched:idle_enter";
    /// A CPU is awake again, after so long.
    IdleLeave "sched:idle_leave" ("slept" Ns) counts First;
    /// A CPU interrupts another to end its sleep.
    Kick "sched:kick" ("cpu" Number);
    /// A CPU was stuck in a poll, and other CPUs took its tasks.
    Stuck "sched:stuck" ("cpu" Number, "moved" Number) counts Second;
    /// A handler begins.
    IrqEnter "irq:enter" ("vector" Number);
    /// A handler ends, after so long.
    IrqLeave "irq:leave" ("vector" Number, "took" Ns) counts Second;
    /// A page fault.
    PageFault "irq:page_fault" ("address" Address, "rip" Address);
    /// A timer was set, to fire after so long.
    TimerAdd "timer:add" ("after" Ns) counts First;
    /// A timer fired, so long after its time.
    TimerFire "timer:fire" ("late" Ns) counts First;
    /// A timer was dropped before its time.
    TimerCancel "timer:cancel";
    /// Bytes went into a pipe.
    PipeSend "pipe:send" ("pipe" Number, "bytes" Bytes) counts Second;
    /// Bytes came out of a pipe.
    PipeReceive "pipe:receive" ("pipe" Number, "bytes" Bytes) counts Second;
    /// Messages went into a channel.
    ChannelSend "channel:send" ("channel" Address, "messages" Number) counts Second;
    /// Messages came out of a channel.
    ChannelReceive "channel:receive" ("channel" Address, "messages" Number) counts Second;
    /// The master of a pseudo terminal wrote: what is typed.
    PtyIn "pty:in" ("pty" Pty, "bytes" Bytes) counts Second;
    /// The slave of a pseudo terminal wrote: what is shown.
    PtyOut "pty:out" ("pty" Pty, "bytes" Bytes) counts Second;
    /// Frames were taken.
    FrameAlloc "mem:frame_alloc" ("address" Address, "bytes" Bytes) counts Second;
    /// Frames were given back.
    FrameFree "mem:frame_free" ("address" Address, "bytes" Bytes) counts Second;
    /// Memory was taken from the heap.
    HeapAlloc "mem:heap_alloc" ("address" Address, "bytes" Bytes) counts Second;
    /// Memory was given back to the heap.
    HeapFree "mem:heap_free" ("address" Address, "bytes" Bytes) counts Second;
    /// The translation of a page was thrown away on this CPU.
    TlbFlush "mem:tlb_flush" ("address" Address);
    /// A file was opened.
    FileOpen "file:open" ("inode" Number);
    /// Bytes were read from a file.
    FileRead "file:read" ("inode" Number, "bytes" Bytes) counts Second;
    /// Bytes were written to a file.
    FileWrite "file:write" ("inode" Number, "bytes" Bytes) counts Second;
    /// A signal was sent to a job or a task.
    Signal "job:signal" ("pid" Number, "signal" Number);
    /// A command of the shell begins.
    CommandBegin "shell:begin" ("pid" Number);
    /// A command of the shell ends.
    CommandEnd "shell:end" ("pid" Number, "status" Number) counts Second;
    /// A builtin of the shell begins, which is no task of its own.
    BuiltinBegin "shell:builtin_begin" ("name" Name);
    /// A builtin ends.
    BuiltinEnd "shell:builtin_end" ("name" Name, "status" Number) counts Second;
    /// A lock was not free: who wanted it at that line waited so long.
    LockContended "lock:contended" ("at" Place, "waited" Ns) counts Second;
}

impl Event {
    /// Its name.
    pub fn name(self) -> &'static str {
        self.about().name
    }

    /// What it is, in a sentence.
    pub fn words(self) -> &'static str {
        self.about().words.trim_start()
    }

    /// The event of that name.
    pub fn named(name: &[u8]) -> Option<Event> {
        EVENTS.iter().copied().find(|event| event.name().as_bytes() == name)
    }

    /// Those that a pattern means: a name, a group such as `pipe`, or `all`.
    pub fn matching(pattern: &[u8]) -> impl Iterator<Item = Event> + use<'_> {
        EVENTS.iter().copied().filter(move |event| {
            let name = event.name().as_bytes();
            let group = name.split(|&byte| byte == b':').next();
            pattern == b"all" || pattern == name || Some(pattern) == group
        })
    }

    /// The event with that number.
    pub(crate) fn numbered(number: u8) -> Option<Event> {
        EVENTS.get(usize::from(number)).copied()
    }

    /// What its two numbers are; `None` for those that it does not use.
    pub fn arguments(self) -> [Option<Argument>; 2] {
        self.about().arguments
    }

    /// What its statistics are about; `None` for what is counted only.
    pub fn value(self) -> Option<Argument> {
        match self.about().value? {
            Value::First => self.about().arguments[0],
            Value::Second => self.about().arguments[1],
        }
    }

    pub(crate) fn about(self) -> &'static About {
        &ABOUT[self as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::ToString;

    #[test]
    fn a_name_says_one_group_and_one_event_and_is_found_again() {
        assert!(EVENTS.len() <= 60, "{} tracepoints", EVENTS.len());
        for &event in EVENTS {
            assert_eq!(event.name().matches(':').count(), 1, "{}", event.name());
            assert!(event.words().ends_with('.'), "{}", event.name());
            assert_eq!(Event::named(event.name().as_bytes()), Some(event));
            assert_eq!(Event::numbered(event as u8), Some(event));
            assert_eq!(event.value().is_some(), event.about().value.is_some(), "{}", event.name());
        }
    }

    #[test]
    fn a_short_name_is_the_beginning_of_a_name() {
        let shown =
            ["cd", "", "readonly", "unreasonable"].map(|name| ShortName(short_name(name)).to_string());
        assert_eq!(shown, ["cd", "", "readonly", "unreason"]);
    }

    #[test]
    fn a_group_means_all_that_are_in_it() {
        assert_eq!(
            Event::matching(b"pipe").collect::<std::vec::Vec<_>>(),
            [Event::PipeSend, Event::PipeReceive]
        );
        assert_eq!(Event::matching(b"all").count(), EVENTS.len());
        assert_eq!(Event::matching(b"pip").count(), 0);
    }
}
