//! A clock that is cheap enough to be read at every poll.
//!
//! The processor's time stamp counter where it runs at one rate whatever the processor does, and the
//! operating system's monotonic clock elsewhere.

use std::time::Instant;

/// Nanoseconds since it was started, the same on every thread.
pub struct Clock {
    started: Instant,
    counter: Option<Counter>,
}

impl Clock {
    /// Starts the clock. With a time stamp counter this takes some milliseconds, to learn its rate.
    pub fn start() -> Clock {
        let counter = Counter::calibrate();
        Clock { started: Instant::now(), counter }
    }

    pub fn now_ns(&self) -> u64 {
        match &self.counter {
            Some(counter) => counter.now_ns(),
            None => self.started.elapsed().as_nanos() as u64,
        }
    }
}

/// A time stamp counter and its rate.
struct Counter {
    base: u64,
    /// Nanoseconds a tick, times 2^32.
    ns_a_tick: u64,
}

#[cfg(target_arch = "x86_64")]
impl Counter {
    fn now_ns(&self) -> u64 {
        let ticks = read_counter().saturating_sub(self.base);
        ((u128::from(ticks) * u128::from(self.ns_a_tick)) >> 32) as u64
    }

    /// `None` where the counter stops or changes its rate.
    fn calibrate() -> Option<Counter> {
        use std::{arch::x86_64::__cpuid, time::Duration};

        let extended = __cpuid(0x8000_0000).eax;
        // "Invariant TSC": AMD64 Architecture Programmer's Manual, volume 3, appendix E.4.6.
        if extended < 0x8000_0007 || __cpuid(0x8000_0007).edx & 1 << 8 == 0 {
            return None;
        }
        let (from, base) = simultaneously();
        while from.elapsed() < Duration::from_millis(10) {
            std::hint::spin_loop();
        }
        let (to, ticks) = simultaneously();
        let ticks = ticks.checked_sub(base).filter(|&ticks| ticks > 0)?;
        let ns = to.duration_since(from).as_nanos();
        Some(Counter { base, ns_a_tick: u64::try_from((ns << 32) / u128::from(ticks)).ok()? })
    }
}

/// Both clocks at one moment: the closest of some readings, as the thread may be interrupted in each.
#[cfg(target_arch = "x86_64")]
fn simultaneously() -> (Instant, u64) {
    let reading = |_| {
        let before = read_counter();
        let time = Instant::now();
        let after = read_counter();
        (after.wrapping_sub(before), time, before.midpoint(after))
    };
    let closest = (0..8).map(reading).min_by_key(|&(apart, ..)| apart);
    let (_, time, ticks) = closest.expect("there were eight readings");
    (time, ticks)
}

#[cfg(target_arch = "x86_64")]
fn read_counter() -> u64 {
    // SAFETY: every x86_64 has the instruction, and Linux lets programs use it.
    unsafe { std::arch::x86_64::_rdtsc() }
}

#[cfg(not(target_arch = "x86_64"))]
impl Counter {
    fn now_ns(&self) -> u64 {
        self.base + self.ns_a_tick
    }

    fn calibrate() -> Option<Counter> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_does_not_run_backwards_and_agrees_with_the_system() {
        let (began, clock) = (Instant::now(), Clock::start());
        let (mut last, inside) = (clock.now_ns(), Instant::now());
        let first = last;
        while inside.elapsed().as_millis() < 5 {
            let now = clock.now_ns();
            assert!(now >= last, "{now} ns came after {last} ns");
            last = now;
        }
        // Read again after the system has said that the time is over: the thread may have lost its processor since the last.
        let measured = u128::from(clock.now_ns() - first);
        let whole = began.elapsed().as_nanos();
        assert!(measured <= whole + whole / 1000, "{measured} ns on the clock passed within {whole} ns");
        assert!(measured >= 4_900_000, "{measured} ns on the clock are not 5 ms");
    }
}
