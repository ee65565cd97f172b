//! The load averages: how many CPUs had work, on average, fading with the time.
//!
//! Nothing is sampled, so that an idle machine stays asleep: what happened since the last look is known from the time
//! that the CPUs were idle, and is taken as having been the same all the while.

use core::time::Duration;

/// One, in the numbers here.
const ONE: u64 = 1 << 20;
/// How much of an average is left after a step, times [`ONE`]: exp(-1/60), exp(-1/300) and exp(-1/900).
const KEPT: [u64; 3] = [1_031_245, 1_045_087, 1_047_412];
const STEP: Duration = Duration::from_secs(1);

#[derive(Default)]
pub(super) struct Load {
    /// Up to when it is known, and how long the CPUs had been idle then.
    known: Duration,
    idle: Duration,
    averages: [u64; 3],
}

impl Load {
    /// The three averages in hundredths, now that the machine is up so long and its CPUs were idle so long, added up.
    pub fn averages(&mut self, uptime: Duration, cpus: usize, idle: Duration) -> [u64; 3] {
        let passed = uptime.saturating_sub(self.known);
        if passed >= STEP {
            let all = passed.as_nanos() * cpus as u128;
            let busy = all.saturating_sub(idle.saturating_sub(self.idle).as_nanos());
            let load = (busy * u128::from(ONE) / passed.as_nanos()) as u64;
            for (average, kept) in self.averages.iter_mut().zip(KEPT) {
                let kept = power(kept, passed.as_secs());
                *average = (*average * kept + load * (ONE - kept)) / ONE;
            }
            (self.known, self.idle) = (uptime, idle);
        }
        self.averages.map(|average| (average * 100 + ONE / 2) / ONE)
    }
}

fn power(mut base: u64, mut exponent: u64) -> u64 {
    let mut product = ONE;
    while exponent > 0 {
        if exponent & 1 == 1 {
            product = product * base / ONE;
        }
        base = base * base / ONE;
        exponent >>= 1;
    }
    product
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn averages_rise_and_fall() {
        let seconds = Duration::from_secs;
        let mut load = Load::default();
        assert_eq!(load.averages(seconds(60), 2, seconds(60)), [63, 18, 6], "1 - 1/e of one busy CPU");
        let mut whole = Load::default();
        let mut last = [0; 3];
        for second in 1..=60 {
            last = whole.averages(seconds(second), 2, seconds(second));
        }
        assert_eq!(last, [63, 18, 6], "however often one looks");
        assert_eq!(load.averages(seconds(60), 2, seconds(60)), [63, 18, 6], "nothing has passed");
        let later = load.averages(seconds(7200), 2, seconds(60 + 2 * 7140));
        assert_eq!(later, [0, 0, 0]);
        assert_eq!(load.averages(seconds(1_000_000), 2, seconds(60 + 2 * 7140)), [200; 3], "two busy CPUs");
    }
}
