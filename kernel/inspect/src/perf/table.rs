//! Tables with columns as wide as they must be, and numbers for people.

use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};

use pollux_trace::{Place, ShortName, Unit};

/// The lines of a table whose first row is the heading. The first `left` columns begin at the left, the others end at the right.
pub fn lines(rows: &[Vec<String>], left: usize) -> Vec<String> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let line = |row: &Vec<String>| {
        let mut line = String::new();
        for (column, cell) in row.iter().enumerate() {
            let width = widths[column];
            line += &if column < left { format!("{cell:<width$}  ") } else { format!("{cell:>width$}  ") };
        }
        line.truncate(line.trim_end().len());
        line
    };
    rows.iter().map(line).collect()
}

/// A number with its unit, in at most seven characters or so.
pub fn shown(number: u64, unit: Unit) -> String {
    match unit {
        Unit::Ns => time(number),
        Unit::Address => format!("{number:#x}"),
        Unit::Name => ShortName(number).to_string(),
        Unit::Place => Place(number).to_string(),
        Unit::Number | Unit::Task | Unit::Waker | Unit::Bytes | Unit::Pty => format!("{number}"),
    }
}

/// A stretch of time.
pub fn time(ns: u64) -> String {
    let scaled = |unit: u64, name| {
        let (whole, rest) = (ns / unit, ns % unit);
        match whole {
            0..10 => format!("{whole}.{:02} {name}", rest * 100 / unit),
            10..100 => format!("{whole}.{} {name}", rest * 10 / unit),
            _ => format!("{whole} {name}"),
        }
    };
    match ns {
        0..1_000 => format!("{ns} ns"),
        1_000..1_000_000 => scaled(1_000, "us"),
        1_000_000..1_000_000_000 => scaled(1_000_000, "ms"),
        _ => scaled(1_000_000_000, "s"),
    }
}

/// How often a second, with one digit behind the point where it is seldom.
pub fn rate(count: u64, ns: u64) -> String {
    let ns = u128::from(ns.max(1));
    let tenths = (u128::from(count) * 10_000_000_000 + ns / 2) / ns;
    if tenths < 1000 { format!("{}.{}", tenths / 10, tenths % 10) } else { format!("{}", tenths / 10) }
}

/// A share of a whole.
pub fn percent(part: u64, whole: u64) -> String {
    let tenths = u128::from(part) * 1000 / u128::from(whole.max(1));
    format!("{}.{}%", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        assert_eq!(
            [time(999), time(1_000), time(12_345), time(999_999_999)],
            ["999 ns", "1.00 us", "12.3 us", "999 ms"]
        );
        assert_eq!(time(62_000_000_000), "62.0 s");
        assert_eq!(
            [rate(5, 10_000_000_000), rate(16, 16_200_000_000), rate(5000, 1_000_000_000), rate(1, 0)],
            ["0.5", "1.0", "5000", "1000000000"]
        );
        assert_eq!([percent(1, 3), percent(0, 0)], ["33.3%", "0.0%"]);
    }

    #[test]
    fn columns_are_as_wide_as_they_must_be() {
        let row = |cells: [&str; 3]| cells.map(String::from).to_vec();
        let rows = [row(["EVENT", "COUNT", "MAX"]), row(["a", "1234567", ""])];
        assert_eq!(lines(&rows, 1), ["EVENT    COUNT  MAX", "a      1234567"]);
    }
}
