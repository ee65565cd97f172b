//! A machine that has nothing to do does nothing.

use std::time::Duration;

use crate::guest::{Check, Guest, Shared};

pub(super) const TESTS: &[Shared] = &[("a prompt does not tick and takes next to no processor time", idle)];

/// How long to look.
const TIME: Duration = Duration::from_secs(5);
/// What QEMU may use in that time, for all of its threads: 5% of one processor. What it uses is its
/// own housekeeping; a guest that ticks 100 times a second costs more than twice as much.
const MOST: Duration = Duration::from_millis(250);
/// Timer interrupts that the commands which look may take themselves: the supervisor has one for every 10 ms that
/// a CPU is awake. A guest that ticks 100 times a second takes 500 in that time.
const OF_THE_COMMANDS: u64 = 20;

fn idle(guest: &mut Guest) -> Check {
    let before = timer_interrupts(guest)?;
    let used = guest.cpu_time()?;
    guest.quiet_for(TIME)?;
    let used = guest.cpu_time()? - used;
    let after = timer_interrupts(guest)?;
    check!(
        after - before <= OF_THE_COMMANDS,
        "{} timer interrupts in {TIME:?} at the prompt; {OF_THE_COMMANDS} are the most",
        after - before
    );
    check!(
        used < MOST,
        "QEMU used {used:?} of processor time in {TIME:?} at the prompt; {MOST:?} is the most"
    );
    Ok(())
}

/// Those of all CPUs.
fn timer_interrupts(guest: &mut Guest) -> Check<u64> {
    let all = guest.run("cat /proc/interrupts")?;
    let timers: Vec<&str> = all.lines().filter(|line| line.to_lowercase().contains("timer")).collect();
    check!(!timers.is_empty(), "/proc/interrupts names no timer:\n{all}");
    let counts = timers.iter().flat_map(|line| line.split_whitespace());
    Ok(counts.filter_map(|count| count.parse::<u64>().ok()).sum())
}
