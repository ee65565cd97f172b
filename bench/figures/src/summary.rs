//! What many samples of one quantity say.
//!
//! Percentiles are nearest ranks: each is a value that was really measured. The interval is that of the median, by the
//! percentile bootstrap: samples are drawn with replacement again and again. Values beyond Tukey's fences (1.5 times
//! the distance of the quartiles away from them) are counted as outliers and stay in all figures.

use alloc::vec::Vec;

/// How often samples are drawn for the interval.
const DRAWS: usize = 500;
/// The seed of the draws: the same samples have the same interval.
const SEED: u64 = 0x706f_6c6c_7578;
/// A coefficient of variation above this makes a run noisy.
const NOISY: f64 = 0.1;

/// The figures of one benchmark, in the unit of the samples.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Summary {
    /// How many there are.
    pub samples: usize,
    /// How many of them are far out.
    pub outliers: usize,
    /// The smallest.
    pub min: f64,
    /// The median.
    pub p50: f64,
    /// What 95 % do not exceed.
    pub p95: f64,
    /// What 99 % do not exceed.
    pub p99: f64,
    /// The largest.
    pub max: f64,
    /// The arithmetic mean.
    pub mean: f64,
    /// Standard deviation by mean.
    pub variation: f64,
    /// Where the 95 % confidence interval of the median begins.
    pub low: f64,
    /// Its end.
    pub high: f64,
}

impl Summary {
    /// The figures of these samples; `None` if there are none.
    pub fn of(samples: &[f64]) -> Option<Summary> {
        let mut sorted = samples.to_vec();
        sorted.sort_by(f64::total_cmp);
        let (&min, &max) = (sorted.first()?, sorted.last()?);
        let count = sorted.len() as f64;
        let mean = sorted.iter().sum::<f64>() / count;
        let variance = sorted.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / count;
        let (first, third) = (rank(&sorted, 25), rank(&sorted, 75));
        let fence = 1.5 * (third - first);
        let outliers = sorted.iter().filter(|&&value| value < first - fence || value > third + fence).count();
        let (low, high) = median_interval(&sorted);
        Some(Summary {
            samples: sorted.len(),
            outliers,
            min,
            p50: rank(&sorted, 50),
            p95: rank(&sorted, 95),
            p99: rank(&sorted, 99),
            max,
            mean,
            variation: if mean == 0.0 { 0.0 } else { libm::sqrt(variance) / mean },
            low,
            high,
        })
    }

    /// Whether the samples differ so much that the figures say little.
    pub fn is_noisy(&self) -> bool {
        self.variation > NOISY
    }
}

/// The smallest value that so many percent of the values do not exceed.
fn rank(sorted: &[f64], percent: usize) -> f64 {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted[rank.max(1) - 1]
}

fn median_interval(sorted: &[f64]) -> (f64, f64) {
    let mut state = SEED;
    let mut draw = || {
        // xorshift64
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        sorted[(state % sorted.len() as u64) as usize]
    };
    let mut drawn = alloc::vec![0.0; sorted.len()];
    let mut medians: Vec<f64> = (0..DRAWS)
        .map(|_| {
            drawn.fill_with(&mut draw);
            let middle = (drawn.len() - 1) / 2;
            *drawn.select_nth_unstable_by(middle, f64::total_cmp).1
        })
        .collect();
    medians.sort_by(f64::total_cmp);
    (medians[DRAWS * 25 / 1000], medians[DRAWS * 975 / 1000])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_ranks_of_what_was_measured() {
        let samples: Vec<f64> = (1..=200).map(f64::from).collect();
        let summary = Summary::of(&samples).unwrap();
        assert_eq!((summary.p50, summary.p95, summary.p99), (100.0, 190.0, 198.0));
        assert_eq!((summary.min, summary.max, summary.mean), (1.0, 200.0, 100.5));
        let one = Summary::of(&[7.0]).unwrap();
        assert_eq!((one.p50, one.p99, one.low, one.high, one.outliers), (7.0, 7.0, 7.0, 7.0, 0));
        assert_eq!(Summary::of(&[]), None);
    }

    #[test]
    fn the_interval_holds_the_median_and_narrows_with_more_samples() {
        let samples = |count: u32| (0..count).map(|n| f64::from(n * 7919 % 100)).collect::<Vec<_>>();
        let (few, many) = (Summary::of(&samples(20)).unwrap(), Summary::of(&samples(2000)).unwrap());
        for summary in [few, many] {
            assert!(summary.low <= summary.p50 && summary.p50 <= summary.high, "{summary:?}");
        }
        assert!(many.high - many.low < (few.high - few.low) / 2.0, "{few:?} {many:?}");
    }

    #[test]
    fn what_is_far_out_is_counted_and_kept() {
        let mut samples = std::vec![10.0, 10.1, 10.2, 9.9, 10.0, 9.9, 10.1, 10.0];
        assert_eq!(Summary::of(&samples).unwrap().outliers, 0);
        assert!(!Summary::of(&samples).unwrap().is_noisy());
        samples.push(100.0);
        let summary = Summary::of(&samples).unwrap();
        assert_eq!((summary.outliers, summary.max), (1, 100.0));
        assert!(summary.is_noisy(), "{summary:?}");
    }
}
