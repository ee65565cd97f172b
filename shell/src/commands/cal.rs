//! `cal`: a calendar. Up to 2 September 1752 it is that of Julius Caesar; the day after was the 14th.

use alloc::{format, string::String, vec::Vec};

use super::support::{
    civil::{Civil, MONTHS},
    numbers,
};
use crate::{
    io::{self, Outcome, Output},
    process::Process,
};

command!(
    "cal",
    "cal [-13ymj] [[MONTH] YEAR]",
    "Prints the calendar of this month, of a month or of a year; -3 with the months around it, -y of the whole year, -m weeks begin on Monday, -j days of the year."
);

/// The first day of the new calendar is the 14th of September 1752; the day before was the 2nd.
const CHANGE: (u64, u64) = (1752, 9);

fn is_leap(year: u64) -> bool {
    let every_fourth = year.is_multiple_of(4);
    if year <= CHANGE.0 { every_fourth } else { every_fourth && (!year.is_multiple_of(100) || year.is_multiple_of(400)) }
}

fn length(year: u64, month: u64) -> u64 {
    match month {
        2 => 28 + u64::from(is_leap(year)),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// The days of a month.
fn days(year: u64, month: u64) -> impl Iterator<Item = u64> {
    (1..=length(year, month)).filter(move |day| (year, month) != CHANGE || !(3..14).contains(day))
}

/// How many days of the year are before a month.
fn before(year: u64, month: u64) -> u64 {
    (1..month).map(|month| days(year, month).count() as u64).sum()
}

/// The weekday of the first of a month, from 0, Sunday.
fn first_weekday(year: u64, month: u64) -> u64 {
    let past = year - 1;
    let leap_days = match past < CHANGE.0 {
        true => past / 4,
        // Those that the new calendar left out, and the eleven days.
        false => past / 4 - (past / 100 - 17) + (past / 400 - 4) - 11,
    };
    // The first of January of the year 1 was a Saturday.
    (6 + past * 365 + leap_days + before(year, month)) % 7
}

struct Plan {
    monday: bool,
    of_year: bool,
}

impl Plan {
    fn day_width(&self) -> usize {
        if self.of_year { 3 } else { 2 }
    }

    /// How wide a month is.
    fn width(&self) -> usize {
        7 * (self.day_width() + 1) - 1
    }

    /// The weeks of a month below its name, all lines equally wide.
    fn month(&self, year: u64, month: u64, with_year: bool) -> Vec<String> {
        let width = self.width();
        let name = MONTHS[month as usize - 1];
        let title = if with_year { format!("{name} {year}") } else { name.into() };
        let names = ["Su", "Mo", "Tu", "We", "Th", "Fr", "Sa"];
        let day_width = self.day_width();
        let heading: Vec<String> =
            (0..7).map(|day| format!("{:>day_width$}", names[(day + usize::from(self.monday)) % 7])).collect();
        let mut lines = Vec::from([format!("{title:^width$}"), heading.join(" ")]);
        let mut column = (first_weekday(year, month) + 7 - u64::from(self.monday)) % 7;
        let mut line = " ".repeat(column as usize * (day_width + 1));
        for (passed, day) in days(year, month).enumerate() {
            let shown = if self.of_year { before(year, month) + passed as u64 + 1 } else { day };
            line += &format!("{shown:day_width$} ");
            column += 1;
            if column == 7 {
                lines.push(format!("{:width$}", line.trim_end()));
                (column, line) = (0, String::new());
            }
        }
        if column > 0 {
            lines.push(format!("{:width$}", line.trim_end()));
        }
        while lines.len() < 8 {
            lines.push(" ".repeat(width));
        }
        lines
    }

    /// Months beside each other.
    fn row(&self, months: &[(u64, u64)], with_year: bool) -> String {
        let blocks: Vec<Vec<String>> =
            months.iter().map(|(year, month)| self.month(*year, *month, with_year)).collect();
        let mut text = String::new();
        for line in 0..8 {
            let parts: Vec<&str> = blocks.iter().map(|block| block[line].as_str()).collect();
            text += parts.join("  ").trim_end();
            text.push('\n');
        }
        text
    }
}

async fn run(p: Process) -> Outcome {
    let long = [("one", '1'), ("three", '3'), ("year", 'y'), ("monday", 'm'), ("julian", 'j'), ("sunday", 's')];
    let options = io::options(&p, &COMMAND, "13ymjs", &long).await?;
    let now = Civil::new(p.sys.now());
    let (year, month) = match *options.operands.as_slice() {
        [] => (Some(now.year), Some(now.month)),
        [year] => (numbers::parse(year), None),
        [month, year] => {
            let named = MONTHS.iter().position(|name| {
                month.len() >= 3 && name.len() >= month.len() && name.as_bytes()[..month.len()].eq_ignore_ascii_case(month)
            });
            let month = named.map(|month| month as u64 + 1).or_else(|| numbers::parse(month));
            match month.filter(|month| (1..=12).contains(month)) {
                Some(month) => (numbers::parse(year), Some(month)),
                None => return Err(io::usage(&p, &COMMAND, "months are from 1 to 12").await),
            }
        }
        [_, _, extra, ..] => return Err(io::usage(&p, &COMMAND, &format!("extra operand '{extra}'")).await),
    };
    let Some(year) = year.filter(|year| (1..=9999).contains(year)) else {
        return Err(io::usage(&p, &COMMAND, "years are from 1 to 9999").await);
    };
    let plan = Plan { monday: options.last_of("ms") == Some('m'), of_year: options.has('j') };
    let mut out = Output::new(&p);
    let text = match month.filter(|_| !options.has('y')) {
        Some(month) if options.last_of("13") == Some('3') => {
            let around = |away: u64| match (month + away + 10) % 12 + 1 {
                12 if away == 0 => (year - 1, 12),
                1 if away == 2 => (year + 1, 1),
                month => (year, month),
            };
            if year == 1 && month == 1 {
                return Err(io::usage(&p, &COMMAND, "years are from 1 to 9999").await);
            }
            plan.row(&[around(0), around(1), around(2)], true)
        }
        Some(month) => plan.row(&[(year, month)], true),
        None => {
            // Wide months stand in two columns, others in three.
            let columns = if plan.of_year { 2 } else { 3 };
            let width = plan.width() * columns + 2 * (columns - 1);
            let mut text = format!("{:^width$}", format!("{year}"));
            text.truncate(text.trim_end().len());
            text += "\n\n";
            let months: Vec<(u64, u64)> = (1..=12).map(|month| (year, month)).collect();
            for row in months.chunks(columns) {
                text += &plan.row(row, false);
            }
            text
        }
    };
    out.write(text.as_bytes()).await?;
    out.finish(0).await
}
