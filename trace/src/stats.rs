//! What is counted of an event on a CPU: how often, and how its values are distributed.
//!
//! Buckets are logarithmic with four steps for each power of two: a percentile is at most an eighth off.

use core::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};

/// Four for each power of two from 4 on, and one for each value below.
pub(crate) const BUCKETS: usize = 4 + 62 * 4;

/// The bucket of a value.
fn bucket_of(value: u64) -> usize {
    let power = (value | 4).ilog2();
    4 * (power as usize - 2) + (value >> (power - 2)) as usize
}

/// The least value of a bucket.
fn first_of(bucket: usize) -> u64 {
    if bucket < 4 { bucket as u64 } else { (4 + bucket as u64 % 4) << (bucket / 4 - 1) }
}

/// The greatest value of a bucket.
fn last_of(bucket: usize) -> u64 {
    if bucket + 1 < BUCKETS { first_of(bucket + 1) - 1 } else { u64::MAX }
}

/// The values of an event on one CPU. A handler may count while a task does: each step is one atomic.
pub(crate) struct Values {
    pub(crate) total: AtomicU64,
    pub(crate) min: AtomicU64,
    pub(crate) max: AtomicU64,
    pub(crate) buckets: [AtomicU32; BUCKETS],
}

impl Values {
    pub(crate) const fn new() -> Values {
        Values {
            total: AtomicU64::new(0),
            min: AtomicU64::new(u64::MAX),
            max: AtomicU64::new(0),
            buckets: [const { AtomicU32::new(0) }; BUCKETS],
        }
    }

    pub(crate) fn add(&self, value: u64) {
        self.total.fetch_add(value, Relaxed);
        if value < self.min.load(Relaxed) {
            self.min.fetch_min(value, Relaxed);
        }
        if value > self.max.load(Relaxed) {
            self.max.fetch_max(value, Relaxed);
        }
        self.buckets[bucket_of(value)].fetch_add(1, Relaxed);
    }

    pub(crate) fn reset(&self) {
        self.total.store(0, Relaxed);
        self.min.store(u64::MAX, Relaxed);
        self.max.store(0, Relaxed);
        for bucket in &self.buckets {
            bucket.store(0, Relaxed);
        }
    }

    pub(crate) fn add_to(&self, stats: &mut Stats) {
        stats.total = stats.total.wrapping_add(self.total.load(Relaxed));
        stats.min = stats.min.min(self.min.load(Relaxed));
        stats.max = stats.max.max(self.max.load(Relaxed));
        for (sum, bucket) in stats.buckets.iter_mut().zip(&self.buckets) {
            *sum += u64::from(bucket.load(Relaxed));
        }
        stats.count = stats.values();
    }
}

/// What was counted of an event, on one CPU or on all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stats {
    /// How often it happened.
    pub count: u64,
    /// The sum of its values.
    pub total: u64,
    min: u64,
    /// The greatest value; 0 while there is none.
    pub max: u64,
    buckets: [u64; BUCKETS],
}

impl Default for Stats {
    fn default() -> Stats {
        Stats { count: 0, total: 0, min: u64::MAX, max: 0, buckets: [0; BUCKETS] }
    }
}

impl Stats {
    /// What came since `before`, which was counted of the same before. Least and greatest value are exact where that can be told:
    /// of a single value, and where they were never reached before. Else they are those of the buckets.
    pub fn since(&self, before: &Stats) -> Stats {
        let buckets: [u64; BUCKETS] =
            core::array::from_fn(|at| self.buckets[at].saturating_sub(before.buckets[at]));
        let first = buckets.iter().position(|&n| n > 0);
        let last = buckets.iter().rposition(|&n| n > 0);
        let total = self.total.wrapping_sub(before.total);
        let single = buckets.iter().sum::<u64>() == 1;
        let least = |bucket| match first_of(bucket).max(self.min) {
            _ if single => total,
            _ if self.min < before.min => self.min,
            least => least,
        };
        let min = first.map_or(u64::MAX, least);
        let greatest = |bucket| match last_of(bucket).min(self.max) {
            _ if single => total,
            _ if self.max > before.max => self.max,
            // None is greater than all together, unless their sum was too large for its 64 bits.
            greatest => greatest.min(total.max(first_of(bucket))).max(min),
        };
        Stats {
            count: self.count.saturating_sub(before.count),
            total,
            min,
            max: last.map_or(0, greatest),
            buckets,
        }
    }

    /// The least value; 0 while there is none.
    pub fn min(&self) -> u64 {
        if self.min == u64::MAX { 0 } else { self.min }
    }

    /// The mean value; 0 while there is none.
    pub fn mean(&self) -> u64 {
        self.total.checked_div(self.values()).unwrap_or(0)
    }

    /// How many values there are.
    fn values(&self) -> u64 {
        self.buckets.iter().sum()
    }

    /// The value below or at which so many thousandths of all lie, at most an eighth off; 0 while there is none.
    pub fn percentile(&self, thousandths: u64) -> u64 {
        let rank = (self.values() * thousandths).div_ceil(1000).max(1);
        let mut seen = 0;
        for (bucket, &n) in self.buckets.iter().enumerate() {
            seen += n;
            if seen >= rank {
                let (first, last) = (first_of(bucket), last_of(bucket));
                return (first + (last - first) / 2).clamp(self.min(), self.max);
            }
        }
        0
    }

    /// The buckets that are not empty: the least value of each, and how many are in it.
    pub fn histogram(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        self.buckets.iter().enumerate().filter(|(_, n)| **n > 0).map(|(bucket, &n)| (first_of(bucket), n))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn buckets_join_without_gaps_and_cover_all() {
        for bucket in 1..BUCKETS {
            assert_eq!(bucket_of(first_of(bucket)), bucket);
            assert_eq!(bucket_of(first_of(bucket) - 1), bucket - 1);
        }
        assert_eq!(bucket_of(u64::MAX), BUCKETS - 1);
    }

    #[test]
    fn nothing_counted_is_zero() {
        let stats = Stats::default();
        assert_eq!((stats.min(), stats.mean(), stats.percentile(990)), (0, 0, 0));
    }

    #[test]
    fn what_came_since_is_what_was_added() {
        let counted = Values::new();
        let look = || {
            let mut stats = Stats::default();
            counted.add_to(&mut stats);
            stats
        };
        counted.add(5);
        let before = look();
        assert_eq!(look().since(&before), Stats::default());
        [1000, 70, 1100].into_iter().for_each(|value| counted.add(value));
        let since = look().since(&before);
        assert_eq!((since.total, since.percentile(1), since.max, since.min()), (2170, 71, 1100, 64));
    }

    #[test]
    fn what_came_since_has_its_own_least_and_greatest_where_they_can_be_told() {
        let counted = Values::new();
        let look = || {
            let mut stats = Stats::default();
            counted.add_to(&mut stats);
            stats
        };
        let ends = |stats: Stats| (stats.min(), stats.percentile(500), stats.max);
        assert_eq!(ends(look().since(&Stats::default())), (0, 0, 0));
        counted.add(1000);
        assert_eq!(ends(look().since(&Stats::default())), (1000, 1000, 1000));
        let before = look();
        counted.add(1100);
        let one = look();
        assert_eq!(ends(one.since(&before)), (1100, 1100, 1100), "one value is all of them");
        counted.add(1050);
        counted.add(900);
        assert_eq!(ends(look().since(&one)).0, 900, "less than ever before");
        let two = look();
        counted.add(0);
        counted.add(1030);
        let since = look().since(&two);
        assert_eq!(
            (since.total, since.max),
            (1030, 1030),
            "not the 1100 of before, nor the end of the bucket"
        );
    }

    proptest! {
        /// Against the exact quantile of the sorted values.
        #[test]
        fn a_percentile_is_at_most_an_eighth_off(
            values in prop::collection::vec((0u32..60).prop_flat_map(|bits| 0..(2u64 << bits)), 1..300),
            thousandths in 1u64..=1000,
        ) {
            let counted = Values::new();
            for &value in &values {
                counted.add(value);
            }
            let mut stats = Stats::default();
            counted.add_to(&mut stats);
            let mut sorted = values.clone();
            sorted.sort_unstable();
            let rank = (sorted.len() as u64 * thousandths).div_ceil(1000) as usize;
            let exact = sorted[rank - 1];
            let told = stats.percentile(thousandths);
            prop_assert!(told.abs_diff(exact) <= exact / 8, "{told} for {exact}");
            prop_assert_eq!((stats.min(), stats.max), (sorted[0], sorted[sorted.len() - 1]));
            prop_assert_eq!(stats.total, values.iter().fold(0, |sum: u64, v| sum.wrapping_add(*v)));
        }
    }
}
