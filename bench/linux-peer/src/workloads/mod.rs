//! The rows by name, a file for each group. A row of the same name as one of Pollux's does the same with what Linux has for it.

mod base;
mod boot;
mod ipc;
mod pipe;
mod sched;
mod user;

use crate::{
    Result,
    meter::{Measured, Meter},
    process::Place::{Process, ThreadApart, ThreadBeside},
};

/// A row.
pub struct Row {
    /// `GROUP/NAME`.
    pub name: &'static str,
    /// What one of what is measured does.
    pub about: &'static str,
    pub run: fn(&Meter) -> Result<Measured>,
}

macro_rules! rows {
    ($($name:literal $group:ident::$function:ident $(($($with:expr),*))?, $about:literal;)*) => {
        /// All of them, group by group.
        pub static ROWS: &[Row] = &[$(Row {
            name: $name,
            about: $about,
            run: |meter| $group::$function(meter $($(, $with)*)?),
        }),*];
    };
}

rows! {
    "boot/prompt" boot::prompt, "from the kernel's entry, after it unpacked itself, until a shell shows its prompt; once";

    "user/shell_start" user::shell_start, "fork, exec of busybox `sh -c exit`, wait";
    "user/stage" user::fork, "fork of a process that exits at once, wait";
    "user/stage_exec" user::exec, "fork, exec of busybox `true`, wait";
    "user/pipeline_10" user::pipeline, "busybox sh: a pipeline of 10 `cat` with nothing to read; the shell's own start is in it";
    "user/dd_pipe" user::dd_pipe, "100 MiB through `dd if=/dev/zero bs=1M count=100 | cat > /dev/null` in a busybox sh";
    "user/ls_1000" user::ls, "`ls -la` of 1,000 files in a tmpfs into a pipe that is read, in a busybox sh";
    "user/open_read_close" user::open_read_close, "open, read of 4 KiB and close of a file in a tmpfs";
    "user/read_zero_4k" user::read_zero, "read of 4 KiB from an open /dev/zero";

    "pipe/copy_1" pipe::copy(1, Process), "write and read of 1 byte at a time through a pipe, by two processes";
    "pipe/copy_64" pipe::copy(64, Process), "the same with blocks of 64 bytes";
    "pipe/copy_4k" pipe::copy(4 << 10, Process), "the same with blocks of 4 KiB";
    "pipe/copy_64k" pipe::copy(64 << 10, Process), "the same with blocks of 64 KiB";
    "pipe/copy_1m" pipe::copy(1 << 20, Process), "the same with blocks of 1 MiB";
    "pipe/stages_2" pipe::stages(2), "64 KiB blocks through 2 pipes, with a process between them that copies";
    "pipe/stages_4" pipe::stages(4), "the same through 4 pipes, with 3 processes";
    "pipe/stages_8" pipe::stages(8), "the same through 8 pipes, with 7 processes";
    "pipe/loan_64k" pipe::loan, "64 KiB by vmsplice into a pipe, and by splice out of it to /dev/null in another process";
    "pipe/ping_pong" pipe::round_trips(1, Process), "1 byte there through a pipe and back through another, by two processes";
    "pipe/memcpy_64k" pipe::memcpy, "memcpy of 64 KiB";
    "pipe/memset_64k" pipe::memset, "memset of 64 KiB";
    "pipe/copy_4k_apart" pipe::copy(4 << 10, ThreadApart), "4 KiB blocks by two threads, each held on a CPU of its own";
    "pipe/copy_64k_apart" pipe::copy(64 << 10, ThreadApart), "the same with 64 KiB";
    "pipe/copy_1m_apart" pipe::copy(1 << 20, ThreadApart), "the same with 1 MiB";
    "pipe/ping_pong_apart" pipe::round_trips(1, ThreadApart), "1 byte there and back by two threads, each held on a CPU of its own";
    "pipe/copy_4k_beside" pipe::copy(4 << 10, ThreadBeside), "4 KiB blocks by two threads, both held on one CPU";
    "pipe/copy_64k_beside" pipe::copy(64 << 10, ThreadBeside), "the same with 64 KiB";
    "pipe/copy_1m_beside" pipe::copy(1 << 20, ThreadBeside), "the same with 1 MiB";
    "pipe/ping_pong_beside" pipe::round_trips(1, ThreadBeside), "1 byte there and back by two threads, both held on one CPU";

    "sched/spawn_join" sched::spawn_join, "spawn of an empty thread, until it is joined";
    "sched/yield" sched::yields, "sched_yield with nothing else to do";
    "sched/wake_local" sched::wake(ThreadBeside), "a futex wake of a thread on the same CPU, until it runs";
    "sched/wake_remote" sched::wake(ThreadApart), "a futex wake of a thread on another CPU, until it runs";
    "sched/context1" pipe::round_trips(4, Process), "a counter of 4 bytes there and back between two processes through two pipes";
    "sched/hackbench" sched::hackbench, "10 senders write 20 messages of 100 bytes to each of 10 receivers, by pipes; processes";
    "sched/timer_late" sched::timer_late, "how late a sleep of 200 us is, with the usual timer slack";

    "ipc/pty_4k" ipc::pty, "4 KiB written to a raw terminal by a process and taken by its master";
    "ipc/key_to_echo" ipc::key_to_echo, "a key given to a terminal, until its echo can be taken";
    "ipc/signal" ipc::signal, "SIGKILL to a process that waits, until its status is there";

    "base/clock" base::clock, "reading the clock";
    "base/atomic_add" base::atomic_add, "an atomic addition to memory that no other CPU uses";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_that_needs_no_machine_of_its_own_measures_something() {
        let meter = Meter::new(1, "/no/such/busybox".into());
        let single = std::thread::available_parallelism().is_ok_and(|cpus| cpus.get() < 2);
        for row in ROWS {
            let with_busybox = [
                "user/shell_start",
                "user/stage_exec",
                "user/pipeline_10",
                "user/dd_pipe",
                "user/ls_1000",
                "boot/prompt",
            ];
            if with_busybox.contains(&row.name) {
                let error = (row.run)(&meter).err().map(|error| error.to_string());
                assert!(error.is_some_and(|error| error.contains("/no/such/busybox")), "{}", row.name);
            } else if !(single && (row.name.ends_with("_apart") || row.name == "sched/wake_remote")) {
                let measured = (row.run)(&meter).unwrap_or_else(|error| panic!("{}: {error}", row.name));
                assert!(measured.ns.iter().all(|&ns| ns >= 0.0) && !measured.ns.is_empty(), "{}", row.name);
            }
        }
    }
}
