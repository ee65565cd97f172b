//! All benchmarks by name, a file for each group. A benchmark is an `async fn` that gets a [`Meter`] and returns what it
//! measured; what it measures stands beside its name here.

mod base;
mod ipc;
mod mem;
mod pipe;
mod sched;
mod timers;
mod user;

use alloc::{boxed::Box, sync::Arc};

use pollux_core::pipe::IoError;
use pollux_executor::{JoinError, OutOfMemory};
use pollux_shell::{
    env::{BoxFuture, Result},
    errno::Errno,
};

use crate::meter::{Measured, Meter};

/// A benchmark by name.
pub struct Benchmark {
    /// `GROUP/NAME`.
    pub name: &'static str,
    /// What one of what is measured does.
    pub about: &'static str,
    pub run: fn(Arc<Meter>) -> BoxFuture<'static, Result<Measured>>,
}

macro_rules! benchmarks {
    ($($name:literal $group:ident::$function:ident $(($($with:expr),*))?, $about:literal;)*) => {
        /// All of them, group by group.
        pub static BENCHMARKS: &[Benchmark] = &[$(Benchmark {
            name: $name,
            about: $about,
            run: |meter| Box::pin(async move { $group::$function(&meter $($(, $with)*)?).await }),
        }),*];
    };
}

benchmarks! {
    "user/shell_start" user::shell_start, "a stage that runs `sh -c exit`, from its start to its status";
    "user/stage" user::no_op, "a stage that does nothing, from its start to its status";
    "user/pipeline_10" user::pipeline, "a pipeline of 10 stages of `cat` with nothing to read, set up and torn down";
    "user/dd_pipe" user::dd_pipe, "100 MiB through `dd if=/dev/zero bs=1M count=100 | cat > /dev/null`";
    "user/ls_1000" user::ls, "`ls -la` of 1,000 files into a pipe that is read";
    "user/open_read_close" user::open_read_close, "open, read of 4 KiB and close of a file in memory";
    "user/read_zero_4k" user::read_zero, "read of 4 KiB from an open /dev/zero";

    "pipe/copy_1" pipe::copy(1), "write and read of 1 byte at a time through a pipe, by two tasks";
    "pipe/copy_64" pipe::copy(64), "the same with blocks of 64 bytes";
    "pipe/copy_4k" pipe::copy(4 << 10), "the same with blocks of 4 KiB";
    "pipe/copy_64k" pipe::copy(64 << 10), "the same with blocks of 64 KiB";
    "pipe/copy_1m" pipe::copy(1 << 20), "the same with blocks of 1 MiB";
    "pipe/stages_2" pipe::stages(2), "64 KiB blocks through 2 pipes, with a task between them that copies";
    "pipe/stages_4" pipe::stages(4), "the same through 4 pipes, with 3 tasks";
    "pipe/stages_8" pipe::stages(8), "the same through 8 pipes, with 7 tasks";
    "pipe/given_64k" pipe::given, "64 KiB blocks written into buffers that the reading task gave the pipe: one copy";
    "pipe/grant_64k" pipe::grant, "64 KiB filled where they lie in the ring, and consumed there by another task: no copy";
    "pipe/loan_64k" pipe::loan, "a block of 64 KiB lent to a pipe, and consumed by another task: no copy";
    "pipe/splice" pipe::splice, "64 KiB blocks through 2 pipes, with a task between them that splices (see stages_2)";
    "pipe/ping_pong" pipe::ping_pong, "1 byte there through a pipe and back through another, by two tasks";
    "pipe/memcpy_64k" pipe::memcpy(64 << 10), "memcpy of 64 KiB: the limit of a pipe that copies once";
    "pipe/memset_64k" pipe::memset(64 << 10), "memset of 64 KiB";
    "pipe/read_64k" pipe::read(64 << 10), "reading 64 KiB: the limit of one that is not copied";

    "sched/spawn_join" sched::spawn_join, "spawn of an empty task, until its output is there";
    "sched/yield" sched::yields, "yield with nothing else to do";
    "sched/wake_local" sched::wake(0), "a wake of a waiting task on the same CPU, until it is polled";
    "sched/wake_remote" sched::wake(1), "a wake of a waiting task on another CPU, until it is polled";
    "sched/wake_to_poll_idle" sched::wake_to_poll_idle, "from a wake to the poll, of a task whose CPU sleeps";
    "sched/wake_to_poll_loaded" sched::wake_to_poll_loaded, "the same while its CPU has 8 tasks that always yield";
    "sched/interrupt_to_poll" sched::interrupt_to_poll, "from an interrupt whose handler wakes a waiting task of that CPU, to the task's poll";
    "sched/steal" sched::steal, "from the spawn of a task on a CPU that goes on computing, until another CPU has taken it and polls it";
    "sched/context1" sched::context1, "a counter of 4 bytes there and back between two tasks through two pipes";
    "sched/hackbench" sched::hackbench, "10 senders write 20 messages of 100 bytes to each of 10 receivers, by pipes";
    "sched/schbench" sched::schbench, "from a wake to the poll, with 4 workers a CPU that compute 20 us for each message";
    "sched/timer_add" timers::add, "a timer added, with 255 others in a row";
    "sched/timer_cancel" timers::cancel, "a timer cancelled, likewise";
    "sched/timer_fire" timers::fire, "a timer that is due, with 63 others, until the task that waits for it has been polled and has ended";
    "sched/timer_late" timers::late, "how late a timer of 200 us is";
    "sched/scale_1" sched::scale(Some(1)), "1,000 steps of a task that yields, on 1 CPU";
    "sched/scale_2" sched::scale(Some(2)), "the same on 2 CPUs at once, for each";
    "sched/scale_4" sched::scale(Some(4)), "the same on 4 CPUs at once, for each";
    "sched/scale_all" sched::scale(None), "the same on every CPU at once, for each";

    "ipc/channel_round_trip" ipc::channel_round_trip, "a message there and back by two channels, between two tasks";
    "ipc/channel_message" ipc::channel_message, "a message of 64 bytes through a channel with room for 64, sent and received";
    "ipc/pty_4k" ipc::pty, "4 KiB written to a terminal and taken by its master";
    "ipc/key_to_echo" ipc::key_to_echo, "a key given to a terminal, until its echo can be taken";
    "ipc/signal" ipc::signal, "SIGKILL to a stage that waits, until its status is there";

    "mem/heap_16" mem::heap(16), "16 bytes allocated on the heap and freed";
    "mem/heap_64" mem::heap(64), "64 bytes, likewise";
    "mem/heap_256" mem::heap(256), "256 bytes, likewise";
    "mem/heap_512" mem::heap(512), "512 bytes, likewise";
    "mem/heap_1k" mem::heap(1 << 10), "1 KiB, likewise";
    "mem/heap_2k" mem::heap(2 << 10), "2 KiB, likewise: the largest size class";
    "mem/heap_4k" mem::heap(4 << 10), "4 KiB, likewise";
    "mem/heap_64k" mem::heap(64 << 10), "64 KiB, likewise";
    "mem/pool_512" mem::pool(512), "512 bytes taken out of a pool of them, behind a lock, and put back (see heap_512)";
    "mem/pool_4k" mem::pool(4 << 10), "4 KiB, likewise (see heap_4k)";
    "mem/frame" mem::frame, "a frame of memory taken from what the CPU has at hand, and given back";
    "mem/frame_refill" mem::frames, "512 frames taken and then given back, most of them in batches from and to the common ones";
    "mem/frame_contended" mem::frames_contended, "the same on every CPU at once, for each";
    "mem/tlb_page" mem::tlb_page, "forgetting the translation of a page, on this CPU";
    "mem/tlb_pages_64" mem::tlb_pages, "forgetting the translations of 64 pages, one after the other";
    "mem/tlb_all" mem::tlb_all, "forgetting all translations in one batch but the global ones, on this CPU";
    "mem/read_u8" mem::read_u8, "reading 64 KiB of memory, 1 byte at a time, each of which is kept for a moment";
    "mem/read_u16" mem::read_u16, "the same, 2 bytes at a time";
    "mem/read_u32" mem::read_u32, "the same, 4 bytes at a time";
    "mem/read_u64" mem::read_u64, "the same, 8 bytes at a time";
    "mem/copy_8m" pipe::memcpy(8 << 20), "memcpy of 8 MiB: the bandwidth beyond caches";
    "mem/fill_8m" pipe::memset(8 << 20), "memset of 8 MiB";
    "mem/read_8m" pipe::read(8 << 20), "reading 8 MiB";

    "base/clock" base::clock, "reading the clock";
    "base/port_call" base::port_call, "a call of the system's port without boxing: uptime";
    "base/port_call_boxed" base::port_call_boxed, "a call of the system's port that boxes its future: a sleep of no time";
    "base/port_call_unboxed" base::port_call_unboxed, "the future of port_call_boxed where it is, without port and box";
    "base/interrupt" base::interrupt, "interrupt entry and exit, with the common path and without a handler";
    "base/atomic_add" base::atomic_add, "an atomic addition to memory that no other CPU uses";
}

fn no_memory(_: OutOfMemory) -> Errno {
    Errno::ENOMEM
}

/// A task that a benchmark needs has ended before its time: what it said is in the kernel's log.
fn lost(_: JoinError) -> Errno {
    Errno::EIO
}

fn io(error: IoError) -> Errno {
    error.0
}
