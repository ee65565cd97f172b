//! One benchmark's figures, as the guest tells them.

use pollux_figures::{Summary, line::time};
use serde_json::Value;

/// The figures of one benchmark; times are nanoseconds.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    pub name: String,
    pub median: f64,
    pub low: f64,
    pub high: f64,
    pub p95: f64,
    pub p99: f64,
    pub max: f64,
    pub variation: f64,
    pub outliers: u64,
    pub noisy: bool,
    /// How many bytes each moves, where it is about that.
    pub bytes: Option<f64>,
    /// What was measured, in order.
    pub samples: Vec<f64>,
}

/// The head of the table whose rows are [`Figure::row`].
pub const HEAD: &str = "benchmark                     median         p95         p99         max  95 % of median              var  out";

impl Figure {
    /// A figure out of its line.
    pub fn parse(line: &str) -> Option<Figure> {
        let value: Value = serde_json::from_str(line).ok()?;
        let number = |key: &str| value[key].as_f64();
        Some(Figure {
            name: value["name"].as_str()?.to_owned(),
            median: number("median")?,
            low: number("low")?,
            high: number("high")?,
            p95: number("p95")?,
            p99: number("p99")?,
            max: number("max")?,
            variation: number("variation")?,
            outliers: value["outliers"].as_u64()?,
            noisy: value["noisy"].as_bool()?,
            bytes: number("bytes"),
            samples: value["ns"].as_array()?.iter().filter_map(Value::as_f64).collect(),
        })
    }

    /// The figures of these samples; `None` if there are none.
    pub fn of(name: &str, samples: Vec<f64>, bytes: Option<f64>) -> Option<Figure> {
        let summary = Summary::of(&samples)?;
        Some(Figure {
            name: name.to_owned(),
            median: summary.p50,
            low: summary.low,
            high: summary.high,
            p95: summary.p95,
            p99: summary.p99,
            max: summary.max,
            variation: summary.variation,
            outliers: summary.outliers as u64,
            noisy: summary.is_noisy(),
            bytes,
            samples,
        })
    }

    /// A row of the table.
    pub fn row(&self) -> String {
        let rate =
            self.bytes.map_or(String::new(), |bytes| format!("  {:.0} MB/s", bytes * 1000.0 / self.median));
        format!(
            "{:<25} {:>11} {:>11} {:>11} {:>11}  {:<24} {:>6.1}% {:>4}{rate}{}",
            self.name,
            time(self.median),
            time(self.p95),
            time(self.p99),
            time(self.max),
            format!("[{}, {}]", time(self.low), time(self.high)),
            self.variation * 100.0,
            self.outliers,
            if self.noisy { "  noisy" } else { "" },
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_becomes_a_row() {
        let line = r#"{"name":"pipe/copy_4k","unit":"ns","samples":2,"median":2000.0,"low":1900.0,"high":2100.0,"min":1.0,"p95":3000.0,
            "p99":3000.0,"max":3000.0,"mean":2000.0,"variation":0.2,"outliers":1,"noisy":true,"bytes":4096,"ns":[2000.0,3000.0]}"#;
        let figure = Figure::parse(line).unwrap();
        assert_eq!(figure.samples, [2000.0, 3000.0]);
        let row = figure.row();
        for part in ["pipe/copy_4k ", " 2.000 us ", "[1.900 us, 2.100 us]", " 20.0%", " 2048 MB/s", "noisy"] {
            assert!(row.contains(part), "{part} is not in {row}");
        }
        assert_eq!(Figure::parse("pipe/copy_4k 2 us"), None);
        assert_eq!(Figure::parse("{}"), None);
    }
}
