//! The date and time that the battery keeps (MC146818 data sheet; century register from ACPI's FADT).

use core::{error::Error, fmt};
use pollux_hal::{Clock, Registers};

/// Index port; bit 7 would turn NMI off, so it is written as 0.
const INDEX: usize = 0;
const DATA: usize = 1;

const SECONDS: u8 = 0x00;
const MINUTES: u8 = 0x02;
const HOURS: u8 = 0x04;
const DAY: u8 = 0x07;
const MONTH: u8 = 0x08;
const YEAR: u8 = 0x09;
const STATUS_A: u8 = 0x0a;
const STATUS_B: u8 = 0x0b;

const UPDATE_IN_PROGRESS: u8 = 1 << 7;
const BINARY: u8 = 1 << 2;
const HOURS_24: u8 = 1 << 1;
const PM: u8 = 1 << 7;

/// An update takes 2 ms and comes once a second: one that lasts this long never ends.
const PATIENCE_NS: u64 = 100_000_000;
/// Two equal readings in a row are all but certain after three; a clock that differs so often is broken.
const READINGS: usize = 8;

/// Why there is no time. Nobody's fault: go on with time since boot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RtcError {
    /// No clock answers, or it is stuck in an update, or no two readings agree.
    Absent,
    /// The registers hold no date: the battery is empty, or the clock was never set.
    NotSet,
}

impl fmt::Display for RtcError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            RtcError::Absent => "no real-time clock answers",
            RtcError::NotSet => "the real-time clock is not set: set the date in the firmware's menu",
        })
    }
}

impl Error for RtcError {}

/// The time registers as they are, with status B.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Reading {
    seconds: u8,
    minutes: u8,
    hours: u8,
    day: u8,
    month: u8,
    year: u8,
    century: Option<u8>,
    status_b: u8,
}

/// Seconds since the epoch, taking the clock to run in UTC. `regs` starts at port 0x70 and is 2 bytes
/// long; nobody else uses it meanwhile. `century_register` is FADT's `century`, `None` when that is 0:
/// then years below 70 are in this century.
pub fn read(
    regs: &impl Registers,
    clock: &impl Clock,
    century_register: Option<u8>,
) -> Result<u64, RtcError> {
    let mut last = read_once(regs, clock, century_register)?;
    for _ in 1..READINGS {
        // An update may begin between looking for one and the last register. It cannot do so twice in
        // the same way.
        let again = read_once(regs, clock, century_register)?;
        if again == last {
            return seconds(again).ok_or(RtcError::NotSet);
        }
        last = again;
    }
    Err(RtcError::Absent)
}

fn read_once(regs: &impl Registers, clock: &impl Clock, century: Option<u8>) -> Result<Reading, RtcError> {
    let get = |register: u8| {
        regs.write8(INDEX, register & 0x7f);
        regs.read8(DATA)
    };
    let start = clock.now_ns();
    while get(STATUS_A) & UPDATE_IN_PROGRESS != 0 {
        if clock.now_ns().wrapping_sub(start) > PATIENCE_NS {
            return Err(RtcError::Absent);
        }
        core::hint::spin_loop();
    }
    Ok(Reading {
        seconds: get(SECONDS),
        minutes: get(MINUTES),
        hours: get(HOURS),
        day: get(DAY),
        month: get(MONTH),
        year: get(YEAR),
        century: century.map(get),
        status_b: get(STATUS_B),
    })
}

fn seconds(reading: Reading) -> Option<u64> {
    let number = |raw: u8| -> Option<u64> {
        if reading.status_b & BINARY != 0 {
            return Some(raw.into());
        }
        let (tens, ones) = (raw >> 4, raw & 0xf);
        (tens < 10 && ones < 10).then_some(u64::from(tens * 10 + ones))
    };
    let hour = if reading.status_b & HOURS_24 != 0 {
        number(reading.hours)?
    } else {
        let hour = number(reading.hours & !PM)?;
        if !(1..=12).contains(&hour) {
            return None;
        }
        hour % 12 + if reading.hours & PM != 0 { 12 } else { 0 }
    };
    let (minute, second) = (number(reading.minutes)?, number(reading.seconds)?);
    let (day, month, short_year) = (number(reading.day)?, number(reading.month)?, number(reading.year)?);
    // A century register that holds nonsense is one that the machine does not have.
    let century = match reading.century.and_then(number).filter(|century| (19..=29).contains(century)) {
        Some(century) => century,
        None if short_year < 70 => 20,
        None => 19,
    };
    let year = century * 100 + short_year;
    let valid = hour < 24 && minute < 60 && second < 60 && short_year < 100 && (1..=12).contains(&month);
    if !valid || day == 0 || day > days_in_month(year, month) || year < 1970 {
        return None;
    }
    Some(((days_since_epoch(year, month, day) * 24 + hour) * 60 + minute) * 60 + second)
}

fn is_leap(year: u64) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

fn days_in_month(year: u64, month: u64) -> u64 {
    match month {
        2 => 28 + u64::from(is_leap(year)),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

fn days_since_epoch(year: u64, month: u64, day: u64) -> u64 {
    let leap_days_before = |year: u64| (year - 1) / 4 - (year - 1) / 100 + (year - 1) / 400;
    let years = (year - 1970) * 365 + leap_days_before(year) - leap_days_before(1970);
    years + (1..month).map(|month| days_in_month(year, month)).sum::<u64>() + day - 1
}
