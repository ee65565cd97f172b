//! Tells a guest that hangs from one that is only busy, or whose launcher is.
//!
//! Time is counted in ticks and not on a clock: when the launcher itself was stopped for an hour
//! (Ctrl-Z, a host that slept), one tick has passed and not an hour.

/// How many ticks of silence are a hang. A tick is this part of `--hang-after`.
pub const TICKS: u32 = 4;

/// Counts ticks in which nothing was heard.
#[derive(Debug, Default)]
pub struct Watchdog {
    silent: u32,
    heard: u64,
}

/// What to do at a tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Tick {
    /// Nothing: the guest has not said hello yet, and bytes that it does not expect could tear a
    /// frame while it sets its receiver up.
    Wait,
    /// Ask the guest whether it is there.
    Ping,
    /// The guest hangs.
    Hang,
}

impl Watchdog {
    /// A tick has passed. `heard` is the number of frames so far; `excused` says that the guest could
    /// not speak: the launcher was blocked on its output, or the machine is paused.
    pub fn tick(&mut self, heard: u64, excused: bool) -> Tick {
        if heard != self.heard || excused {
            self.heard = heard;
            self.silent = 0;
        } else {
            self.silent += 1;
        }
        match (self.silent, heard) {
            (TICKS.., _) => Tick::Hang,
            (_, 0) => Tick::Wait,
            _ => Tick::Ping,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guest_that_never_speaks_hangs_after_four_ticks_and_is_never_pinged() {
        let mut dog = Watchdog::default();
        let ticks: Vec<_> = (0..4).map(|_| dog.tick(0, false)).collect();
        assert_eq!(ticks, [Tick::Wait, Tick::Wait, Tick::Wait, Tick::Hang]);
    }

    #[test]
    fn an_answer_starts_the_count_anew() {
        let mut dog = Watchdog::default();
        for heard in [1, 1, 1, 1, 2, 2, 2, 2] {
            assert_eq!(dog.tick(heard, false), Tick::Ping, "heard {heard}");
        }
        assert_eq!(dog.tick(2, false), Tick::Hang);
    }

    #[test]
    fn time_in_which_the_guest_could_not_speak_does_not_count() {
        let mut dog = Watchdog::default();
        for _ in 0..100 {
            assert_eq!(dog.tick(1, true), Tick::Ping);
        }
        let ticks: Vec<_> = (0..4).map(|_| dog.tick(1, false)).collect();
        assert_eq!(ticks, [Tick::Ping, Tick::Ping, Tick::Ping, Tick::Hang]);
    }
}
