//! Counters of a CPU.

/// What a CPU has done since the executor was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CpuStats {
    /// Polls, and tasks that it took up to drop or to hold them instead, as they were cancelled or stopped.
    pub polls: u64,
    /// Tasks that it has woken or spawned, in task context, into whichever queue they went. (Wakes by handlers and
    /// foreign threads are among the kicks of the CPU they go to; what foreign threads spawn is not counted.)
    pub wakes: u64,
    /// Tasks it took from other CPUs' rings.
    pub steals: u64,
    /// Times it went to look for work on other CPUs.
    pub searches: u64,
    /// Times it was kicked out of idle: on a machine, interrupts that other CPUs and handlers have sent to it.
    pub kicks_sent: u64,
    /// Pushes into its inbox, and timers set for it, that needed no kick, since it was awake or being kicked.
    pub kicks_saved: u64,
    /// Time asleep, in nanoseconds, including the sleep it is in.
    pub idle_ns: u64,
    /// Timers that fired.
    pub timers_fired: u64,
}
