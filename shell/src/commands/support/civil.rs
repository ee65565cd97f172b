//! The calendar: days since the epoch as year, month and day (UTC, proleptic Gregorian).

use alloc::{format, string::String};
use core::time::Duration;

pub const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
pub const DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/// A moment in UTC, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Civil {
    pub year: u64,
    /// From 1.
    pub month: u64,
    /// From 1.
    pub day: u64,
    pub hour: u64,
    pub minute: u64,
    pub second: u64,
    pub nanos: u32,
    /// From 0, Sunday.
    pub weekday: u64,
    /// From 1.
    pub day_of_year: u64,
    /// Since the epoch.
    pub seconds: u64,
}

impl Civil {
    /// The moment so long after the epoch.
    pub fn new(since_epoch: Duration) -> Self {
        let seconds = since_epoch.as_secs();
        let days = seconds / 86_400;
        // Years begin in March here, so that the leap day is the last day of its year. Day 0 is 0000-03-01,
        // 719468 days before the epoch; 146097 days are 400 years, after which everything repeats.
        let shifted = days + 719_468;
        let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let from_march = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        // Months from March on have 31 30 31 30 31 days, twice, and 31 and the rest: 153 in five.
        let month_from_march = (5 * from_march + 2) / 153;
        let day = from_march - (153 * month_from_march + 2) / 5 + 1;
        let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
        let year = era * 400 + year_of_era + u64::from(month <= 2);
        let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let day_of_year = if month <= 2 { from_march - 305 } else { from_march + 60 + u64::from(leap) };
        let of_day = seconds % 86_400;
        Self {
            year,
            month,
            day,
            hour: of_day / 3600,
            minute: of_day / 60 % 60,
            second: of_day % 60,
            nanos: since_epoch.subsec_nanos(),
            weekday: (days + 4) % 7,
            day_of_year,
            seconds,
        }
    }

    /// So many days from the epoch to a date; `None` if there is no such day, or it was before the epoch.
    pub fn days(year: u64, month: u64, day: u64) -> Option<u64> {
        let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let lengths = [31, 28 + u64::from(leap), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
        let length = *lengths.get(usize::try_from(month.checked_sub(1)?).ok()?)?;
        if day == 0 || day > length || !(1970..=9999).contains(&year) {
            return None;
        }
        let leaps = |years: u64| years / 4 - years / 100 + years / 400;
        let before = (year - 1970) * 365 + leaps(year - 1) - leaps(1969);
        Some(before + lengths[..month as usize - 1].iter().sum::<u64>() + day - 1)
    }

    /// The year and number of the week (ISO 8601): the first has the year's first Thursday.
    pub fn week(&self) -> (u64, u64) {
        let from_monday = (self.weekday + 6) % 7;
        // The Thursday of this week decides, in days from the first of January, which may be in another year.
        let thursday = self.day_of_year as i64 - 1 + 3 - from_monday as i64;
        let length = |year: u64| {
            365 + i64::from(year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)))
        };
        match thursday {
            ..0 => (self.year - 1, ((thursday + length(self.year - 1)) / 7 + 1) as u64),
            _ if thursday >= length(self.year) => (self.year + 1, 1),
            _ => (self.year, (thursday / 7 + 1) as u64),
        }
    }

    /// `HH:MM:SS`.
    pub fn time(&self) -> String {
        format!("{:02}:{:02}:{:02}", self.hour, self.minute, self.second)
    }

    /// `YYYY-MM-DD`.
    pub fn date(&self) -> String {
        format!("{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }

    /// The month in three letters.
    pub fn month_short(&self) -> &'static str {
        &MONTHS[self.month as usize - 1][..3]
    }

    /// The weekday in three letters.
    pub fn weekday_short(&self) -> &'static str {
        &DAYS[self.weekday as usize][..3]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_of_500_years_follows_the_one_before() {
        let length = |year: u64, month| match month {
            4 | 6 | 9 | 11 => 30,
            2 if year.is_multiple_of(4) != year.is_multiple_of(100) || year.is_multiple_of(400) => 29,
            2 => 28,
            _ => 31,
        };
        let (mut year, mut month, mut day, mut weekday, mut of_year) = (1970, 1, 1, 4, 1);
        for days in 0..500 * 365 {
            let civil = Civil::new(Duration::from_secs(days * 86_400 + 86_399));
            let got = (civil.year, civil.month, civil.day, civil.weekday, civil.day_of_year, civil.time());
            assert_eq!(got, (year, month, day, weekday, of_year, "23:59:59".into()));
            assert_eq!(Civil::days(year, month, day), Some(days));
            assert_eq!(Civil::days(year, month, length(year, month) + 1), None);
            weekday = (weekday + 1) % 7;
            (day, of_year) = (day + 1, of_year + 1);
            if day > length(year, month) {
                (day, month) = (1, month + 1);
            }
            if month > 12 {
                (month, year, of_year) = (1, year + 1, 1);
            }
        }
    }
}
