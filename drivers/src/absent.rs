//! The one way in which bringing up a legacy device fails.

use core::{error::Error, fmt};

/// The device is not there, or does not behave as its datasheet says. Nobody's fault on a machine
/// without it: go on without the driver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Absent;

impl fmt::Display for Absent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no such device answers")
    }
}

impl Error for Absent {}
