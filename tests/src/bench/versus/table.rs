//! The tables, in Markdown.

use pollux_figures::{Summary, line};

use super::{goals::Pair, rounds::Rounds};
use crate::bench::ratios::digits;

/// A row: what, Linux, Pollux, what was found, what is aimed at, and whether that is met.
pub type Row = [String; 6];

/// An interval over fewer rounds says nothing.
const FEWEST_ROUNDS: usize = 5;

/// The median time with its interval.
pub fn time(of: &Summary) -> String {
    line::time(of.p50) + &interval(of, line::time)
}

/// A ratio with its interval, in three digits.
pub fn times(of: &Summary) -> String {
    digits(of.p50) + &interval(of, digits)
}

fn interval(of: &Summary, show: impl Fn(f64) -> String) -> String {
    if of.samples < FEWEST_ROUNDS {
        return String::new();
    }
    format!(" [{}, {}]", show(of.low), show(of.high))
}

/// The table of goals.
pub fn of_goals(rows: Vec<Row>) -> String {
    let head = ["goal", "Linux", "Pollux", "Linux's time / Pollux's", "aimed at", ""];
    markdown(&head.map(String::from), &rows.iter().map(|row| row.to_vec()).collect::<Vec<_>>())
}

/// The table of all rows that both have.
pub fn of_pairs(pairs: &[Pair], rounds: &Rounds, smp: u32) -> String {
    let rounds = rounds.with(smp);
    let rows = pairs.iter().filter_map(|pair| {
        let (ours, theirs) = pair;
        let (linux, pollux) = (rounds.theirs(theirs)?, rounds.ours(ours)?);
        Some(vec![name(pair), linux.shown(), pollux.shown(), times(&rounds.ratio(pair)?)])
    });
    let head = ["row", "Linux", "Pollux", "Linux's time / Pollux's"];
    markdown(&head.map(String::from), &rows.collect::<Vec<_>>())
}

/// What is compared: the row, and that of Linux if it has another name.
pub fn name((ours, theirs): &Pair) -> String {
    match theirs {
        [same] if same == ours => (*same).to_owned(),
        others => format!("{ours}, on Linux {}", others.join(" or ")),
    }
}

fn markdown(head: &[String], rows: &[Vec<String>]) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let rule: Vec<_> = head.iter().map(|_| "---".to_owned()).collect();
    let rows: String = rows.iter().map(|row| line(row)).collect();
    line(head) + &format!("|{}|\n", rule.join("|")) + &rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::versus::rounds::Round;

    #[test]
    fn a_row_has_both_the_ratio_and_intervals_if_there_are_enough_rounds() {
        let mut rounds = Rounds::default();
        let round =
            Round { smp: 2, ours: [("a/b".into(), 2e3)].into(), theirs: [("a/c".into(), 1e6)].into() };
        rounds.add(round.clone());
        let pairs: [Pair; 2] = [("a/b", &["a/c"]), ("a/b", &["a/none"])];
        let table = of_pairs(&pairs, &rounds, 2);
        assert_eq!(table.lines().count(), 3, "what was not measured has no row:\n{table}");
        assert!(table.ends_with("| a/b, on Linux a/c | 1.000 ms | 2.000 us | 500 |\n"), "{table}");
        (1..5).for_each(|_| rounds.add(round.clone()));
        let table = of_pairs(&pairs, &rounds, 2);
        assert!(
            table.contains(
                "| 1.000 ms [1.000 ms, 1.000 ms] | 2.000 us [2.000 us, 2.000 us] | 500 [500, 500] |"
            ),
            "{table}"
        );
    }
}
