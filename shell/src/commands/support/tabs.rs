//! Tab stops, as `expand` and `unexpand` take them.

use alloc::vec::Vec;
use bstr::BStr;

use super::numbers;

/// Where tabs go to.
pub enum Tabs {
    /// To multiples of a distance.
    Every(u64),
    /// To these columns, in order; behind the last, one column on.
    At(Vec<u64>),
}

impl Tabs {
    /// Reads `N` or a list of columns; 8 where none is given. `None` if it is neither.
    pub fn parse(text: Option<&BStr>) -> Option<Self> {
        let Some(text) = text else { return Some(Tabs::Every(8)) };
        let stops: Option<Vec<u64>> = text
            .split(|byte| matches!(byte, b',' | b' '))
            .map(|stop| numbers::parse(stop).filter(|stop| (1..=100_000).contains(stop)))
            .collect();
        match stops?.as_slice() {
            [every] => Some(Tabs::Every(*every)),
            stops if stops.is_sorted_by(|a, b| a < b) => Some(Tabs::At(stops.to_vec())),
            _ => None,
        }
    }

    /// The column that a tab in `column` goes to.
    pub fn after(&self, column: u64) -> u64 {
        self.stop(column).unwrap_or(column + 1)
    }

    /// The next tab stop, if there is one.
    pub fn stop(&self, column: u64) -> Option<u64> {
        match self {
            Tabs::Every(distance) => Some((column / distance + 1) * distance),
            Tabs::At(stops) => stops.iter().copied().find(|stop| *stop > column),
        }
    }
}
