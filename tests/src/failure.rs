//! What can go wrong, as a person sees it: one message and one exit status.

use std::fmt;

/// The launcher or QEMU failed before the guest could tell a status of its own.
pub const LAUNCHER: u8 = 250;
/// The guest's kernel panicked.
pub const PANIC: u8 = 251;
/// The guest made no progress for the time of `--hang-after`.
pub const HANG: u8 = 252;
/// The guest reset itself without asking for it, or ended without a status.
pub const RESET: u8 = 253;

/// A failure that ends the launcher.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The exit status of the launcher.
    pub status: u8,
    /// What to print after `pollux: `: what happened, and what to do about it.
    pub message: String,
}

/// The result of everything that can end the launcher.
pub type Result<T> = std::result::Result<T, Failure>;

impl Failure {
    /// The launcher's own failure, status 250.
    pub fn new(message: impl Into<String>) -> Self {
        Failure { status: LAUNCHER, message: message.into() }
    }

    /// The failure `status` with a message.
    pub fn with_status(status: u8, message: impl Into<String>) -> Self {
        Failure { status, message: message.into() }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

/// Says what was being done when an error came up.
pub trait Context<T> {
    /// Turns the error into a [`Failure`] that reads `doing what: error`.
    fn context(self, doing: impl FnOnce() -> String) -> Result<T>;
}

impl<T, E: fmt::Display> Context<T> for std::result::Result<T, E> {
    fn context(self, doing: impl FnOnce() -> String) -> Result<T> {
        self.map_err(|error| Failure::new(format!("{}: {error}", doing())))
    }
}
