//! Reading the real-time clock at any moment and in any format.

use pollux_drivers::rtc::{RtcError, read};
use pollux_hal::mock::{FakeClock, FakeCmos, NoDevice};

/// 2026-11-21 01:22:58 UTC.
const THEN: u64 = 1_795_224_178;
const BCD_24: &[(u8, u8)] =
    &[(0, 0x58), (2, 0x22), (4, 0x01), (7, 0x21), (8, 0x11), (9, 0x26), (0x0b, 0x02), (0x32, 0x20)];

fn clock() -> FakeClock {
    FakeClock::stepping(1_000)
}

fn with(changes: &[(u8, u8)]) -> Result<u64, RtcError> {
    let contents: Vec<_> = BCD_24.iter().chain(changes).copied().collect();
    read(&FakeCmos::new(&contents), &clock(), Some(0x32))
}

#[test]
fn formats() {
    assert_eq!(with(&[]), Ok(THEN));
    let binary = [(0, 58), (2, 22), (4, 1), (7, 21), (8, 11), (9, 26), (0x0b, 0x06), (0x32, 20)];
    assert_eq!(with(&binary), Ok(THEN));
    let start_of_day = THEN - 3600;
    for (raw, hour) in [(0x12, 0), (0x01, 1), (0x11, 11), (0x92, 12), (0x81, 13), (0x91, 23)] {
        assert_eq!(with(&[(4, raw), (0x0b, 0x00)]), Ok(start_of_day + hour * 3600), "{raw:#x} of 12 hours");
    }
}

#[test]
fn centuries() {
    assert_eq!(read(&FakeCmos::new(BCD_24), &clock(), None), Ok(THEN));
    assert_eq!(with(&[(0x32, 0xff)]), Ok(THEN), "a century register that is none");
    let epoch = [(0, 0), (2, 0), (4, 0), (7, 1), (8, 1), (9, 0x70), (0x32, 0x19)];
    assert_eq!(with(&epoch), Ok(0));
    assert_eq!(with(&[(9, 0x00), (8, 0x02), (7, 0x29)]), Ok(951_787_378), "2000 was a leap year");
    assert_eq!(with(&[(9, 0x00), (8, 0x02), (7, 0x29), (0x32, 0x21)]), Err(RtcError::NotSet), "2100 is none");
}

#[test]
fn waits_for_the_end_of_an_update_but_not_for_ever() {
    assert_eq!(read(&FakeCmos::new(BCD_24).updating(9), &clock(), Some(0x32)), Ok(THEN));
    assert_eq!(
        read(&FakeCmos::new(BCD_24).updating(usize::MAX), &clock(), Some(0x32)),
        Err(RtcError::Absent)
    );
    assert_eq!(read(&NoDevice, &clock(), None), Err(RtcError::Absent));
}

#[test]
fn an_update_in_the_middle_of_a_reading_is_not_mixed_in() {
    // From 01:59:59 to 02:00:00: a mixture would be off by up to an hour.
    let before: Vec<_> = BCD_24.iter().copied().chain([(0, 0x59), (2, 0x59)]).collect();
    let after: Vec<_> = BCD_24.iter().copied().chain([(0, 0x00), (2, 0x00), (4, 0x02)]).collect();
    let two = THEN - 22 * 60 - 58 + 3600;
    for moment in 0..20 {
        let cmos = FakeCmos::new(&before).changing_after(moment, &after);
        let time = read(&cmos, &clock(), Some(0x32)).expect("two readings agree");
        assert!(time == two || time == two - 1, "after {moment} register readings: {time}, not {two}");
    }
}

#[test]
fn a_clock_that_was_never_set() {
    for nonsense in [(8, 0x13), (7, 0x00), (7, 0x32), (4, 0x24), (0, 0x60), (2, 0x5f), (9, 0xff)] {
        assert_eq!(with(&[nonsense]), Err(RtcError::NotSet), "{nonsense:x?}");
    }
}
