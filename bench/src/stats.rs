//! Medians, and how far they can be trusted.
//!
//! A pass measures the three runtimes one right after the other, so what disturbs a pass disturbs all
//! three of it: it is the ratio within a pass that is kept. How sure the median of those ratios is, is
//! found by drawing passes with replacement, again and again (the percentile bootstrap).

/// How often passes are drawn.
const DRAWS: usize = 2000;
/// The seed of the draws: the same measurements give the same table.
const SEED: u64 = 0x706f_6c6c_7578;
/// An interval whose end is more than this many times its begin is too wide to say by how much.
pub const WIDEST: f64 = 1.5;
/// The fewest passes that say anything about noise.
pub const FEWEST_PASSES: usize = 5;

/// A value and its 95 % confidence interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    pub value: f64,
    pub low: f64,
    pub high: f64,
}

/// What can be said about a ratio of their time to ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    Ahead,
    Behind,
    /// Ahead, but nobody knows by how much.
    VaguelyAhead,
    /// Behind, but nobody knows by how much.
    VaguelyBehind,
    TooNoisy,
}

impl Estimate {
    pub fn call(&self) -> Call {
        if self.low <= 1.0 && 1.0 <= self.high {
            return Call::TooNoisy;
        }
        match (self.low > 1.0, self.high > WIDEST * self.low) {
            (true, false) => Call::Ahead,
            (true, true) => Call::VaguelyAhead,
            (false, false) => Call::Behind,
            (false, true) => Call::VaguelyBehind,
        }
    }
}

/// The middle of the values, or of the middle two.
///
/// # Panics
/// If there are none.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    if sorted.len().is_multiple_of(2) {
        f64::midpoint(sorted[middle - 1], sorted[middle])
    } else {
        sorted[middle]
    }
}

/// The median of ratios, one for each pass.
pub fn ratio(by_pass: &[f64]) -> Estimate {
    geometric_mean(&[by_pass])
}

/// The geometric mean over rows of their medians of ratios. Every draw takes the same passes of all
/// rows, as a disturbed pass is disturbed for all.
///
/// # Panics
/// If there are no rows, or rows of different numbers of passes.
pub fn geometric_mean(rows: &[&[f64]]) -> Estimate {
    let passes = rows[0].len();
    let of = |drawn: &[usize]| {
        let logs = rows.iter().map(|row| {
            assert_eq!(row.len(), passes, "every row has every pass");
            let ratios: Vec<_> = drawn.iter().map(|&pass| row[pass]).collect();
            median(&ratios).ln()
        });
        (logs.sum::<f64>() / rows.len() as f64).exp()
    };
    let mut chance = fastrand::Rng::with_seed(SEED);
    let mut drawn: Vec<_> = (0..passes).collect();
    let value = of(&drawn);
    if passes < FEWEST_PASSES {
        return Estimate { value, low: 0.0, high: f64::INFINITY };
    }
    let mut values: Vec<_> = (0..DRAWS)
        .map(|_| {
            drawn.fill_with(|| chance.usize(..passes));
            of(&drawn)
        })
        .collect();
    values.sort_by(f64::total_cmp);
    let at = |part: f64| values[((DRAWS - 1) as f64 * part).round() as usize];
    Estimate { value, low: at(0.025), high: at(0.975) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_or_between_the_middle_two() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), 2.5);
    }

    #[test]
    fn an_interval_holds_the_median_and_grows_with_the_noise() {
        let calm = ratio(&[2.0, 2.1, 1.9, 2.05, 1.95, 2.0, 2.02, 1.98]);
        let wild = ratio(&[2.0, 4.0, 1.0, 3.0, 1.5, 2.0, 5.0, 0.8]);
        for estimate in [calm, wild] {
            assert!(estimate.low <= estimate.value && estimate.value <= estimate.high, "{estimate:?}");
        }
        assert!(wild.high / wild.low > 2.0 * calm.high / calm.low);
        assert_eq!(calm.call(), Call::Ahead);
        assert_eq!(wild.call(), Call::TooNoisy);
    }

    #[test]
    fn few_passes_say_nothing_about_noise() {
        assert_eq!(ratio(&[2.0; FEWEST_PASSES]).call(), Call::Ahead);
        let few = ratio(&[2.0; FEWEST_PASSES - 1]);
        assert_eq!((few.value, few.call()), (2.0, Call::TooNoisy));
    }

    #[test]
    fn a_call_needs_one_outside_of_a_narrow_interval() {
        let call = |low, value, high| Estimate { value, low, high }.call();
        assert_eq!(call(1.1, 1.2, 1.3), Call::Ahead);
        assert_eq!(call(0.7, 0.8, 0.9), Call::Behind);
        assert_eq!(call(0.9, 1.2, 1.3), Call::TooNoisy, "it may as well be behind");
        assert_eq!(call(2.0, 3.0, 4.0), Call::VaguelyAhead);
        assert_eq!(call(0.001, 0.01, 0.1), Call::VaguelyBehind);
    }

    #[test]
    fn the_geometric_mean_weighs_rows_alike() {
        let mean = geometric_mean(&[&[8.0; 5], &[2.0; 5]]);
        assert!((mean.value - 4.0).abs() < 1e-9 && (mean.high - mean.low).abs() < 1e-9, "{mean:?}");
    }
}
