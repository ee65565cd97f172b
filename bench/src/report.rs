//! The table.

use std::fmt::Write;

use crate::{
    rows::{RUNTIMES, Row},
    stats::{Call, Estimate, FEWEST_PASSES, WIDEST, geometric_mean, median, ratio},
    suite::{LONGEST, Measured},
};

/// The versions of what is compared, as they were built in.
const LOCK: &str = include_str!("../../Cargo.lock");

/// The report in Markdown: medians and ratios of every row, then the means.
pub fn markdown(rows: &[Row], found: &[Measured], passes: usize, threads: usize) -> String {
    let [ours, peers @ ..] = RUNTIMES;
    let mut text = format!(
        "{passes} passes, many = {threads} threads; {}.\n\n",
        peers.map(|peer| format!("{peer} {}", version(LOCK, peer).unwrap_or("?"))).join(", ")
    );
    let mut lines = vec![vec!["row".to_owned(), ours.to_owned()]];
    lines[0].extend(peers.iter().map(|peer| (*peer).to_owned()));
    lines[0].extend(peers.iter().map(|peer| format!("{peer} / {ours}")));
    let mut ratios: [Vec<Vec<f64>>; RUNTIMES.len() - 1] = Default::default();
    for (row, found) in rows.iter().zip(found) {
        let mut line = vec![row.name.clone()];
        let times = match found {
            Measured::Times(times) => times,
            Measured::Hangs(runtime) => {
                line.extend((0..RUNTIMES.len()).map(|n| if n == *runtime { "**hangs**" } else { "" }.into()));
                line.extend(peers.map(|_| String::new()));
                lines.push(line);
                continue;
            }
        };
        line.extend(times.iter().map(|times| duration(median(times))));
        for (peer, ratios) in ratios.iter_mut().enumerate() {
            let by_pass: Vec<_> =
                times[peer + 1].iter().zip(&times[0]).map(|(peer, ours)| peer / ours).collect();
            line.push(called(&ratio(&by_pass)));
            ratios.push(by_pass);
        }
        lines.push(line);
    }
    table(&mut text, &lines);
    text.push('\n');
    // Without rows that hang: there may be none.
    for (peer, ratios) in peers.iter().zip(&ratios).filter(|(_, ratios)| !ratios.is_empty()) {
        let rows: Vec<_> = ratios.iter().map(Vec::as_slice).collect();
        let mean = geometric_mean(&rows);
        let calls: Vec<_> = rows.iter().map(|row| ratio(row).call()).collect();
        let count = |these: &[Call]| calls.iter().filter(|call| these.contains(call)).count();
        let _ = writeln!(
            text,
            "{peer} / {ours}, geometric mean over {} rows: {}; ahead in {}, behind in {}, too noisy to call: {}.",
            rows.len(),
            interval(&mean),
            count(&[Call::Ahead, Call::VaguelyAhead]),
            count(&[Call::Behind, Call::VaguelyBehind]),
            count(&[Call::TooNoisy]),
        );
    }
    let _ = writeln!(
        text,
        "\nA ratio above 1 says that ours is faster. In brackets: its 95 % confidence interval.\n\
         Too noisy to call: the interval includes 1, or there are fewer than {FEWEST_PASSES} passes. By how much is \
         too noisy: its end is more than {WIDEST} times its begin.\n\
         A row hangs if it is not measured within {LONGEST:?}; it is in no mean."
    );
    text
}

fn interval(estimate: &Estimate) -> String {
    let number = |ratio: f64| if ratio < 0.1 { format!("{ratio:.4}") } else { format!("{ratio:.2}") };
    format!("{} [{}, {}]", number(estimate.value), number(estimate.low), number(estimate.high))
}

fn called(estimate: &Estimate) -> String {
    let mark = match estimate.call() {
        Call::Ahead => "",
        Call::VaguelyAhead => " ahead, by how much is too noisy",
        Call::Behind => " **behind**",
        Call::VaguelyBehind => " **behind**, by how much is too noisy",
        Call::TooNoisy => " too noisy to call",
    };
    interval(estimate) + mark
}

/// Three digits and a unit.
pub fn duration(seconds: f64) -> String {
    let (value, unit) = match seconds {
        s if s < 1e-6 => (s * 1e9, "ns"),
        s if s < 1e-3 => (s * 1e6, "µs"),
        s if s < 1.0 => (s * 1e3, "ms"),
        s => (s, "s"),
    };
    let decimals = if value < 10.0 { 2 } else { usize::from(value < 100.0) };
    format!("{value:.decimals$} {unit}")
}

/// A Markdown table with its columns in line; the first line is the head.
pub fn table(text: &mut String, lines: &[Vec<String>]) {
    let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<_> = (0..lines[0].len()).map(width).collect();
    for (number, line) in lines.iter().enumerate() {
        for (cell, width) in line.iter().zip(&widths) {
            let _ = write!(text, "| {cell:width$} ");
        }
        text.push_str("|\n");
        if number == 0 {
            for width in &widths {
                let _ = write!(text, "|{:-<1$}", "", width + 2);
            }
            text.push_str("|\n");
        }
    }
}

/// The version of a package in a lock file.
fn version<'a>(lock: &'a str, package: &str) -> Option<&'a str> {
    let (_, rest) = lock.split_once(&format!("name = \"{package}\"\nversion = \""))?;
    rest.split_once('"').map(|(version, _)| version)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows;

    #[test]
    fn durations_have_three_digits() {
        let texts = [1.234e-9, 12.34e-6, 0.1234, 5.0].map(duration);
        assert_eq!(texts, ["1.23 ns", "12.3 µs", "123 ms", "5.00 s"]);
    }

    #[test]
    fn the_versions_that_are_compared_are_known() {
        assert!(version(LOCK, "tokio").is_some_and(|version| version.starts_with("1.")));
        assert!(version(LOCK, "async-executor").is_some());
        assert_eq!(version(LOCK, "no such package"), None);
    }

    #[test]
    fn the_table_tells_who_is_ahead_behind_and_what_is_noise() {
        let rows: Vec<_> = rows::all().into_iter().take(3).collect();
        let found = [
            Measured::Times([vec![1e-6; 5], vec![2e-6; 5], vec![0.5e-6; 5]]),
            Measured::Times([vec![1e-3; 5], vec![1e-3; 5], vec![4e-3; 5]]),
            Measured::Hangs(2),
        ];
        let text = markdown(&rows, &found, 5, 2);
        let line = |name: &str| text.lines().find(|line| line.contains(name)).unwrap();
        let create = line("| create");
        assert!(create.contains("| 1.00 µs ") && create.contains("| 500 ns "), "{create}");
        assert!(create.contains("| 2.00 [2.00, 2.00] "), "{create}");
        assert!(create.contains("| 0.50 [0.50, 0.50] **behind**"), "{create}");
        assert!(line("spawn_one").contains("1.00 [1.00, 1.00] too noisy to call"), "{text}");
        assert!(line("tokio / ours, geom").contains("2 rows: 1.41 [1.41, 1.41]; ahead in 1, behind in 0"));
        let hangs = line("spawn_batch");
        assert_eq!(hangs.split('|').map(str::trim).nth(4), Some("**hangs**"), "{hangs}");
    }
}
