//! The table of goals.

use super::guest::Figures;
use crate::{
    report::{duration, table},
    stats::median,
};

/// What is aimed at.
#[derive(Clone, Copy)]
pub enum Goal {
    AtMost(f64),
    AtLeast(f64),
    None,
}

/// A row: what, its median, how far its samples lie apart, the goal, and whether that is met.
pub struct Line([String; 5]);

impl Line {
    fn new(what: &str, value: f64, spread: String, goal: Goal, show: impl Fn(f64) -> String) -> Line {
        let (aim, met) = match goal {
            Goal::AtMost(most) => (format!("at most {}", show(most)), Some(value <= most)),
            Goal::AtLeast(least) => (format!("at least {}", show(least)), Some(value >= least)),
            Goal::None => (String::new(), None),
        };
        let met = met.map_or("", |met| if met { "met" } else { "**not met**" });
        Line([what.into(), show(value), spread, aim, met.into()])
    }

    /// A time in the guest, in nanoseconds.
    pub fn time(what: &str, figures: &Figures, goal: Goal) -> Line {
        let show = |ns: f64| duration(ns / 1e9);
        let Figures { samples, median, low, high, p95 } = figures;
        let spread = format!("[{}, {}], p95 {}, {samples} samples", show(*low), show(*high), show(*p95));
        Line::new(what, *median, spread, goal, show)
    }

    /// An amount of memory.
    pub fn bytes(what: &str, bytes: f64, goal: Goal) -> Line {
        Line::new(what, bytes, "once".into(), goal, |bytes| format!("{:.1} MiB", bytes / (1 << 20) as f64))
    }

    /// Bytes of a text that takes so many seconds, in a second.
    pub fn rate(what: &str, bytes: usize, seconds: &[f64], goal: Goal) -> Line {
        let show = |rate: f64| format!("{:.1} MB/s", rate / 1e6);
        let rates: Vec<f64> = seconds.iter().map(|seconds| bytes as f64 / seconds).collect();
        Line::new(what, median(&rates), spread(&rates, show), goal, show)
    }

    /// Two times, taken in the same run.
    pub fn ratio(what: &str, above: &[f64], below: &[f64], goal: Goal) -> Line {
        let show = |ratio: f64| format!("{ratio:.2}");
        let ratios: Vec<f64> = above.iter().zip(below).map(|(above, below)| above / below).collect();
        Line::new(what, median(above) / median(below), spread(&ratios, show), goal, show)
    }
}

/// Where the middle nine tenths of the samples are.
fn spread(samples: &[f64], show: impl Fn(f64) -> String) -> String {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = |part: f64| sorted[((sorted.len() - 1) as f64 * part).round() as usize];
    format!("p5 {}, p95 {}, {} samples", show(at(0.05)), show(at(0.95)), samples.len())
}

/// The table, and what its columns are.
pub fn markdown(lines: &[Line]) -> String {
    let head = ["what", "median", "spread", "goal", ""].map(String::from);
    let cells: Vec<Vec<String>> =
        std::iter::once(&head).chain(lines.iter().map(|line| &line.0)).map(|it| it.to_vec()).collect();
    let mut text = String::new();
    table(&mut text, &cells);
    text + "\nIn brackets: the 95 % confidence interval of the median. Times in the guest are by its own clock.\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_says_what_is_met() {
        let figures = Figures { samples: 9, median: 2e6, low: 1e6, high: 3e6, p95: 4e6 };
        let lines = [
            Line::time("slow", &figures, Goal::AtMost(1e6)),
            Line::time("fast", &figures, Goal::AtMost(2e6)),
            Line::rate("parse", 1000, &[0.5, 1.0, 2.0], Goal::AtLeast(1000.0)),
            Line::ratio("ratio", &[1.0, 2.0], &[4.0, 4.0], Goal::AtLeast(1.0)),
            Line::bytes("memory", 1048576.0, Goal::None),
        ];
        let text = markdown(&lines);
        let line = |name: &str| text.lines().find(|line| line.contains(name)).unwrap().to_owned();
        assert!(line("slow").contains("| 2.00 ms ") && line("slow").contains("**not met**"), "{text}");
        assert!(line("fast").contains("| met "), "{text}");
        assert!(line("parse").contains("0.0 MB/s") && line("parse").contains("| met "), "{text}");
        assert!(line("| ratio").contains("| 0.38 ") && line("| ratio").contains("**not met**"), "{text}");
        assert!(line("memory").contains("| 1.0 MiB ") && !line("memory").contains("met "), "{text}");
    }
}
