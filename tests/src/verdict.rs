//! How a run of the guest ended, from everything that was seen of it.

use crate::failure::{self, Failure};

/// How the process of QEMU ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// With this status.
    Code(i32),
    /// By this signal.
    Signal(i32),
}

/// The status QEMU ends with when the guest leaves through isa-debug-exit after a panic:
/// twice the value 0x28, plus one.
pub const QEMU_PANIC: i32 = 81;

/// What was seen until QEMU ended.
#[derive(Clone, Debug)]
pub struct Ending {
    /// The `X` frame.
    pub status: Option<u8>,
    /// Whether there was an `R` frame.
    pub reboot: bool,
    /// The reason of QEMU's SHUTDOWN event, such as `guest-reset`.
    pub shutdown: Option<String>,
    /// How QEMU ended.
    pub exit: Exit,
    /// Whether a person sits at the console (no `-c`).
    pub interactive: bool,
}

/// What to make of it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Verdict {
    /// The guest, or the person, ended it with this status.
    Status(u8),
    /// Start the machine again.
    Reboot,
    /// Something went wrong.
    Failed(Failure),
}

/// Judges an ending. A panic counts even after a status: a kernel that breaks while it switches off
/// has broken.
pub fn judge(ending: &Ending) -> Verdict {
    let reset = ending.shutdown.as_deref() == Some("guest-reset");
    match (ending.exit, ending.status) {
        (Exit::Code(QEMU_PANIC), _) => {
            failed(failure::PANIC, "the guest panicked; its kernel has ended".into())
        }
        (_, Some(status)) => Verdict::Status(status),
        (Exit::Signal(signal), None) => {
            failed(failure::LAUNCHER, format!("QEMU was ended by signal {signal}"))
        }
        (Exit::Code(0), None) if ending.reboot && ending.interactive => Verdict::Reboot,
        // With -c there is nothing to come back to: a reboot ends the run, as it was asked to.
        (Exit::Code(0), None) if ending.reboot => Verdict::Status(0),
        (Exit::Code(0), None) if reset => {
            failed(failure::RESET, "the guest reset itself (triple fault), without being asked to".into())
        }
        // Ctrl-A X, `quit` in the monitor, a window that was closed.
        (Exit::Code(0), None)
            if ending.interactive && ending.shutdown.as_deref() != Some("guest-shutdown") =>
        {
            Verdict::Status(0)
        }
        (Exit::Code(0), None) => {
            failed(failure::RESET, "the guest switched itself off without telling a status".into())
        }
        (Exit::Code(code), None) => {
            failed(failure::LAUNCHER, format!("QEMU could not run the guest (its status is {code})"))
        }
    }
}

fn failed(status: u8, message: String) -> Verdict {
    Verdict::Failed(Failure { status, message })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quiet() -> Ending {
        Ending { status: None, reboot: false, shutdown: None, exit: Exit::Code(0), interactive: false }
    }

    fn shutdown(reason: &str) -> Option<String> {
        Some(reason.into())
    }

    fn status(ending: Ending) -> Option<u8> {
        match judge(&ending) {
            Verdict::Failed(failure) => Some(failure.status),
            Verdict::Status(_) | Verdict::Reboot => None,
        }
    }

    #[test]
    fn the_status_of_the_guest_is_passed_on_as_it_is() {
        for code in [0, 1, 81, 134, 251, 255] {
            let ending = Ending { status: Some(code), shutdown: shutdown("guest-shutdown"), ..quiet() };
            assert_eq!(judge(&ending), Verdict::Status(code));
        }
    }

    #[test]
    fn a_panic_is_told_even_after_a_status() {
        let exit = Exit::Code(QEMU_PANIC);
        assert_eq!(status(Ending { exit, ..quiet() }), Some(failure::PANIC));
        assert_eq!(status(Ending { exit, status: Some(0), ..quiet() }), Some(failure::PANIC));
    }

    #[test]
    fn a_reset_is_a_triple_fault_unless_it_was_asked_for() {
        let reset = Ending { shutdown: shutdown("guest-reset"), ..quiet() };
        assert_eq!(status(reset.clone()), Some(failure::RESET));
        assert_eq!(status(Ending { interactive: true, ..reset.clone() }), Some(failure::RESET));
        assert_eq!(judge(&Ending { reboot: true, ..reset.clone() }), Verdict::Status(0));
        assert_eq!(judge(&Ending { reboot: true, interactive: true, ..reset }), Verdict::Reboot);
    }

    #[test]
    fn a_person_may_leave_at_any_time() {
        let interactive = Ending { interactive: true, ..quiet() };
        assert_eq!(judge(&interactive), Verdict::Status(0));
        let window = Ending { shutdown: shutdown("host-ui"), ..interactive.clone() };
        assert_eq!(judge(&window), Verdict::Status(0));
        let off = Ending { shutdown: shutdown("guest-shutdown"), ..interactive };
        assert_eq!(status(off), Some(failure::RESET));
    }

    #[test]
    fn silence_and_a_qemu_that_fails_are_failures() {
        assert_eq!(status(quiet()), Some(failure::RESET));
        assert_eq!(status(Ending { exit: Exit::Code(1), ..quiet() }), Some(failure::LAUNCHER));
        assert_eq!(status(Ending { exit: Exit::Signal(9), ..quiet() }), Some(failure::LAUNCHER));
    }
}
