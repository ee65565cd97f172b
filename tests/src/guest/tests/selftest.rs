//! The tests inside of the guest, which tell their results over the channel.

use crate::{
    channel::Event,
    frame::{Measurement, TestEvent},
    guest::{Check, Guest, Laboratory, Setup},
    suite::{Figures, Outcome, Tally},
    verdict::{Exit, QEMU_PANIC},
};

/// The name of the group that runs on this machine.
pub(in crate::guest) fn group_name(setup: &Setup) -> String {
    let plural = if setup.smp == 1 { "" } else { "s" };
    let debug = if setup.debug { ", debug build" } else { "" };
    let counting = if setup.icount { ", counting instructions" } else { "" };
    format!("guest: inside, {} CPU{plural}{debug}{counting}", setup.smp)
}

/// Runs them. With instruction counting twice, and all figures must be equal: the regression gate of
/// later benchmarks stands on it.
pub(in crate::guest) fn run(
    laboratory: &Laboratory,
    setup: &Setup,
    tally: &mut Tally,
    figures: &mut Figures,
) {
    let group = group_name(setup);
    let first = once(laboratory, setup, &group, tally);
    if !setup.icount {
        return;
    }
    let name = format!("{group}: two runs give equal figures");
    let Some(first) = first else { return };
    let second = measure(laboratory, setup);
    let outcome = match second {
        Ok(second) if second == first && !first.is_empty() => Outcome::Passed,
        Ok(second) => Outcome::Failed(format!("{first:?}\n{second:?}")),
        Err(error) => Outcome::Failed(error),
    };
    tally.record(&name, &outcome);
    first.into_iter().for_each(|measured| figures.add(measured));
}

fn once(laboratory: &Laboratory, setup: &Setup, group: &str, tally: &mut Tally) -> Option<Vec<Measurement>> {
    let mut guest = match Guest::boot(laboratory, setup) {
        Ok(guest) => guest,
        Err(error) => {
            tally.record(group, &Outcome::Failed(error));
            return None;
        }
    };
    let ended = guest.follow_to_end();
    let results = judge(&guest.events(), ended.as_ref().copied());
    for (name, outcome) in results {
        let outcome = match outcome {
            Outcome::Failed(reason) => Outcome::Failed(format!("{reason}\n{}", guest.autopsy())),
            Outcome::Passed => Outcome::Passed,
        };
        tally.record(&format!("{group}: {name}"), &outcome);
    }
    Some(guest.measurements())
}

fn measure(laboratory: &Laboratory, setup: &Setup) -> Check<Vec<Measurement>> {
    let mut guest = Guest::boot(laboratory, setup)?;
    guest.follow_to_end()?;
    Ok(guest.measurements())
}

/// Every test with its outcome, and one more if something is wrong with the run as a whole.
fn judge(events: &[Event], ended: Result<Exit, &String>) -> Vec<(String, Outcome)> {
    let mut results = Vec::new();
    let mut running: Option<&str> = None;
    let (mut plan, mut done) = (None, false);
    for event in events {
        let Event::Test(event) = event else { continue };
        match event {
            TestEvent::Plan(count) => plan = Some(*count),
            TestEvent::Start(name) => running = Some(name),
            TestEvent::Pass(name) => {
                running = None;
                results.push((name.clone(), Outcome::Passed));
            }
            TestEvent::Fail(name, reason) => {
                running = None;
                results.push((name.clone(), Outcome::Failed(reason.clone())));
            }
            TestEvent::Done => done = true,
        }
    }
    let end = match ended {
        Ok(Exit::Code(QEMU_PANIC)) => "the guest panicked".to_owned(),
        Ok(Exit::Code(0)) => "the guest ended".to_owned(),
        Ok(other) => format!("QEMU ended with {other:?}"),
        Err(silence) => silence.clone(),
    };
    if let Some(name) = running {
        results.push((name.to_owned(), Outcome::Failed(format!("{end} in the middle of it"))));
    }
    let whole = match plan {
        None => Outcome::Failed(format!("{end} before it said which tests there are")),
        Some(0) => Outcome::Failed("there are no tests".into()),
        Some(count) if results.len() < count => {
            Outcome::Failed(format!("{end}; {} of {count} tests never ran", count - results.len()))
        }
        Some(count) if results.len() > count => {
            Outcome::Failed(format!("{count} tests were announced and {} ran", results.len()))
        }
        Some(_) if !done => Outcome::Failed(format!("{end} before it said that it was done")),
        Some(_) if ended != Ok(Exit::Code(0)) => Outcome::Failed(format!("after the last test: {end}")),
        Some(_) => return results,
    };
    results.push(("all tests run to the end".into(), whole));
    results
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failures(events: &[TestEvent], ended: Result<Exit, &String>) -> Vec<String> {
        let events: Vec<_> = events.iter().cloned().map(Event::Test).collect();
        let results = judge(&events, ended).into_iter();
        results
            .filter_map(|(name, outcome)| match outcome {
                Outcome::Failed(reason) => Some(format!("{name}: {reason}")),
                Outcome::Passed => None,
            })
            .collect()
    }

    fn start(name: &str) -> TestEvent {
        TestEvent::Start(name.into())
    }

    fn pass(name: &str) -> TestEvent {
        TestEvent::Pass(name.into())
    }

    #[test]
    fn all_is_well_only_when_all_of_the_plan_has_passed() {
        let events = [TestEvent::Plan(2), start("a"), pass("a"), start("b"), pass("b"), TestEvent::Done];
        assert_eq!(failures(&events, Ok(Exit::Code(0))), [""; 0]);
        assert_eq!(failures(&events[..5], Ok(Exit::Code(0))).len(), 1, "it never said that it was done");
    }

    #[test]
    fn failure_panic_and_silence_are_told_apart() {
        let fail = TestEvent::Fail("a".into(), "1 is not 2".into());
        let events = [TestEvent::Plan(3), start("a"), fail, start("b")];
        let expected = [
            "a: 1 is not 2",
            "b: the guest panicked in the middle of it",
            "all tests run to the end: the guest panicked; 1 of 3 tests never ran",
        ];
        assert_eq!(failures(&events, Ok(Exit::Code(QEMU_PANIC))), expected);
        let silence = "silence".to_owned();
        assert!(failures(&events, Err(&silence))[1].starts_with("b: silence in the middle"));
    }

    #[test]
    fn a_guest_that_tests_nothing_fails() {
        assert_eq!(failures(&[], Ok(Exit::Code(0))).len(), 1);
        assert_eq!(failures(&[TestEvent::Plan(0), TestEvent::Done], Ok(Exit::Code(0))).len(), 1);
    }
}
