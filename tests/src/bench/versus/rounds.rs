//! What was measured, round by round. In a round each of the two is measured once, one right after the other: what disturbs
//! the machine for longer disturbs both, so a ratio is taken within a round.

use std::collections::BTreeMap;

use pollux_figures::{Summary, line};

use super::{goals::Pair, table};
use crate::bench::figure::Figure;

/// The median of each row, in nanoseconds.
pub type Medians = BTreeMap<String, f64>;

/// Both, once.
#[derive(Clone, Debug, Default)]
pub struct Round {
    pub smp: u32,
    pub ours: Medians,
    pub theirs: Medians,
}

/// All rounds.
#[derive(Debug, Default)]
pub struct Rounds {
    all: Vec<Round>,
    /// The bytes that a row moves at a time, where it is about that.
    bytes: BTreeMap<String, f64>,
}

/// Those with one number of CPUs, in their order.
pub struct Of<'a> {
    rounds: Vec<&'a Round>,
    bytes: &'a BTreeMap<String, f64>,
}

/// What a row took, over the rounds.
pub struct Found {
    pub ns: Summary,
    bytes: Option<f64>,
}

impl Rounds {
    pub fn add(&mut self, round: Round) {
        self.all.push(round);
    }

    /// The row of that name moves so many bytes at a time.
    pub fn moves(&mut self, name: &str, bytes: f64) {
        self.bytes.insert(name.into(), bytes);
    }

    pub fn with(&self, smp: u32) -> Of<'_> {
        Of { rounds: self.all.iter().filter(|round| round.smp == smp).collect(), bytes: &self.bytes }
    }
}

impl Of<'_> {
    /// Our row, over the rounds; `None` if it was not measured.
    pub fn ours(&self, name: &str) -> Option<Found> {
        let ns = self.over(|round| round.ours.get(name).copied())?;
        Some(Found { ns, bytes: self.bytes.get(name).copied() })
    }

    /// The same with a sample for each round.
    pub fn figure(&self, name: &str) -> Option<Figure> {
        let samples = self.rounds.iter().filter_map(|round| round.ours.get(name).copied()).collect();
        Figure::of(name, samples, self.bytes.get(name).copied())
    }

    /// Linux's row, or the faster one of several in each round.
    pub fn theirs(&self, names: &[&str]) -> Option<Found> {
        let bytes = names.first().and_then(|name| self.bytes.get(*name).copied());
        Some(Found { ns: self.over(|round| fastest(round, names))?, bytes })
    }

    /// Linux's time by ours.
    pub fn ratio(&self, (ours, theirs): &Pair) -> Option<Summary> {
        self.over(|round| Some(fastest(round, theirs)? / round.ours.get(*ours)?))
    }

    /// One of our rows by another.
    pub fn own(&self, above: &str, below: &str) -> Option<Summary> {
        self.over(|round| Some(round.ours.get(above)? / round.ours.get(below)?))
    }

    /// Our row by the same of the rounds of another kind, first by first.
    pub fn ours_by(&self, other: &Of<'_>, name: &str) -> Option<Summary> {
        self.by(other, |round| round.ours.get(name).copied())
    }

    /// Linux's row, likewise.
    pub fn theirs_by(&self, other: &Of<'_>, names: &[&str]) -> Option<Summary> {
        self.by(other, |round| fastest(round, names))
    }

    fn over(&self, value: impl Fn(&Round) -> Option<f64>) -> Option<Summary> {
        Summary::of(&self.rounds.iter().filter_map(|round| value(round)).collect::<Vec<_>>())
    }

    fn by(&self, other: &Of<'_>, value: impl Fn(&Round) -> Option<f64>) -> Option<Summary> {
        let pairs = self.rounds.iter().zip(&other.rounds);
        Summary::of(
            &pairs.filter_map(|(above, below)| Some(value(above)? / value(below)?)).collect::<Vec<_>>(),
        )
    }
}

impl Found {
    /// Megabytes (10^6) in a second, if it moves bytes.
    pub fn rate(&self) -> Option<f64> {
        self.bytes.map(|bytes| bytes * 1e3 / self.ns.p50)
    }

    /// The median, its interval, and the rate.
    pub fn shown(&self) -> String {
        table::time(&self.ns) + &self.rate_shown()
    }

    /// The median and the rate.
    pub fn shown_briefly(&self) -> String {
        line::time(self.ns.p50) + &self.rate_shown()
    }

    fn rate_shown(&self) -> String {
        self.rate().map_or(String::new(), |rate| format!(", {rate:.0} MB/s"))
    }
}

fn fastest(round: &Round, names: &[&str]) -> Option<f64> {
    names.iter().filter_map(|name| round.theirs.get(*name).copied()).reduce(f64::min)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round(smp: u32, ours: f64, theirs: f64) -> Round {
        Round { smp, ours: [("a".into(), ours)].into(), theirs: [("a".into(), theirs)].into() }
    }

    #[test]
    fn a_ratio_is_taken_within_a_round() {
        let mut rounds = Rounds::default();
        // The machine is ten times slower for a while: the ratio stays what it is.
        for slow in [1.0, 10.0, 1.0, 10.0, 10.0] {
            rounds.add(round(2, slow, 3.0 * slow));
            rounds.add(round(1, 2.0 * slow, 0.0));
        }
        let two = rounds.with(2);
        let ratio = two.ratio(&("a", &["a"])).unwrap();
        assert_eq!((ratio.low, ratio.p50, ratio.high, ratio.samples), (3.0, 3.0, 3.0, 5));
        assert_eq!(two.ours("a").unwrap().ns.p50, 10.0);
        let scaling = rounds.with(1).ours_by(&two, "a").unwrap();
        assert_eq!((scaling.low, scaling.high), (2.0, 2.0));
        assert!(two.ours("b").is_none());
    }

    #[test]
    fn a_row_that_moves_bytes_has_a_rate() {
        let mut rounds = Rounds::default();
        rounds.add(round(2, 500.0, 1000.0));
        assert_eq!(rounds.with(2).ours("a").unwrap().shown(), "500.0 ns");
        rounds.moves("a", 4096.0);
        assert_eq!(rounds.with(2).theirs(&["a"]).unwrap().shown_briefly(), "1.000 us, 4096 MB/s");
    }
}
