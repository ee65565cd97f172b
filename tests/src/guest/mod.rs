//! Tests of the real guest: they boot QEMU and type at its consoles, or run the launcher as a script
//! would.
//!
//! A boot serves many tests where they can share it. A test that fails shows what was on the console
//! and the end of the kernel log, and the next one gets a fresh guest.

/// Fails the test with a message unless the condition holds.
macro_rules! check {
    ($condition:expr, $($message:tt)+) => {
        if !$condition {
            return Err(format!($($message)+));
        }
    };
}

/// Fails the test unless both are equal, showing both.
macro_rules! check_eq {
    ($actual:expr, $expected:expr, $($message:tt)+) => {{
        let (actual, expected) = (&$actual, &$expected);
        if actual != expected {
            return Err(format!("{}:\n  is        {actual:?}\n  should be {expected:?}", format!($($message)+)));
        }
    }};
}

mod driver;
mod laboratory;
mod readers;
mod seen;
mod tests;
mod timeline;

pub use driver::{Guest, Recorder, Setup};
pub use laboratory::{Laboratory, Run};

use crate::suite::{Figures, Outcome, Tally};

/// How a test says that something is not as it should be.
pub type Check<T = ()> = Result<T, String>;

/// A test that types at a guest that it shares with the others of its group.
type Shared = (&'static str, fn(&mut Guest) -> Check);
/// A test that brings up what it needs itself.
type Alone = (&'static str, fn(&Laboratory) -> Check);

/// Tests that belong together.
enum Group {
    /// They share a guest.
    Sharing(&'static str, Setup, &'static [Shared]),
    /// Each is on its own.
    Apart(&'static str, &'static [Alone]),
    /// The tests inside of the guest.
    Inside(Setup),
}

impl Group {
    fn names(&self) -> Vec<String> {
        match self {
            Group::Sharing(group, _, tests) => {
                tests.iter().map(|(test, _)| format!("guest: {group}: {test}")).collect()
            }
            Group::Apart(group, tests) => {
                tests.iter().map(|(test, _)| format!("guest: {group}: {test}")).collect()
            }
            Group::Inside(setup) => vec![tests::selftest::group_name(setup)],
        }
    }
}

/// The names of all tests (of those inside of the guest, the names of their groups).
pub fn names() -> Vec<String> {
    tests::groups().iter().flat_map(Group::names).collect()
}

/// Runs those that are wanted.
pub fn run_all(laboratory: &Laboratory, tally: &mut Tally, figures: &mut Figures) {
    for group in tests::groups() {
        match &group {
            Group::Sharing(_, setup, tests) => {
                let mut guest = None;
                for (name, (_, test)) in group.names().iter().zip(*tests) {
                    if tally.wants(name) {
                        let outcome = share(laboratory, setup, &mut guest, *test);
                        tally.record(name, &outcome);
                    }
                }
                // Time that is counted is not time.
                if !(setup.debug || setup.icount) {
                    guest.iter().flat_map(Guest::measurements).for_each(|measured| figures.add(measured));
                }
            }
            Group::Apart(_, tests) => {
                for (name, (_, test)) in group.names().iter().zip(*tests) {
                    if tally.wants(name) {
                        tally.record(name, &test(laboratory).into());
                    }
                }
            }
            Group::Inside(setup) => {
                if tally.wants_any(&group.names()) {
                    tests::selftest::run(laboratory, setup, tally, figures);
                }
            }
        }
    }
}

/// Runs a test on the shared guest, which is booted when there is none and given up after a failure.
fn share(
    laboratory: &Laboratory,
    setup: &Setup,
    shared: &mut Option<Guest>,
    test: fn(&mut Guest) -> Check,
) -> Outcome {
    let mut guest = match shared.take() {
        Some(guest) => guest,
        None => match Guest::boot(laboratory, setup).and_then(|mut guest| guest.prompt().map(|_| guest)) {
            Ok(guest) => guest,
            Err(error) => return Outcome::Failed(format!("the guest does not come up: {error}")),
        },
    };
    match test(&mut guest) {
        Ok(()) => {
            *shared = Some(guest).filter(Guest::is_alive);
            Outcome::Passed
        }
        Err(error) => Outcome::Failed(format!("{error}\n{}", guest.autopsy())),
    }
}
