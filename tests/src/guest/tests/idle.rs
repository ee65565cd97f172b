//! A machine that has nothing to do does nothing.

use std::time::Duration;

use crate::guest::{Check, Guest, Shared};

pub(super) const TESTS: &[Shared] =
    &[("a prompt takes no timer interrupts and next to no processor time", idle)];

/// How long to look.
const TIME: Duration = Duration::from_secs(5);
/// What QEMU may use in that time, for all of its threads: 5% of one processor. What it uses is its
/// own housekeeping; a guest that ticks 100 times a second costs more than twice as much.
const MOST: Duration = Duration::from_millis(250);

fn idle(guest: &mut Guest) -> Check {
    let before = timer_interrupts(guest)?;
    let used = guest.cpu_time()?;
    guest.quiet_for(TIME)?;
    let used = guest.cpu_time()? - used;
    let after = timer_interrupts(guest)?;
    check!(before == after, "timer interrupts at the prompt: before\n{before}\nand {TIME:?} later\n{after}");
    check!(
        used < MOST,
        "QEMU used {used:?} of processor time in {TIME:?} at the prompt; {MOST:?} is the most"
    );
    Ok(())
}

fn timer_interrupts(guest: &mut Guest) -> Check<String> {
    let all = guest.run("cat /proc/interrupts")?;
    let timers: Vec<&str> = all.lines().filter(|line| line.to_lowercase().contains("timer")).collect();
    check!(!timers.is_empty(), "/proc/interrupts names no timer:\n{all}");
    Ok(timers.join("\n"))
}
