//! Programs that die with us, however we die.
//!
//! Such a program is started through the launcher itself (`pollux --tied-to PID PROGRAM ARGUMENTS`), which
//! asks Linux to kill it when its parent dies, and then becomes the program. Linux means the parent
//! *thread*: start it on a thread that lives as long as the program may.

use std::{
    ffi::{OsStr, OsString},
    io,
    os::unix::process::CommandExt,
    process::Command,
};

use rustix::process::{Signal, getppid, set_parent_process_death_signal};

use crate::failure::Failure;

/// A command that will run the program tied to this process. Its arguments may be added.
pub fn command(program: impl AsRef<OsStr>) -> Command {
    // Not `current_exe`: that path may hold a newer build by now, or none.
    let mut command = Command::new("/proc/self/exe");
    command.arg("--tied-to").arg(std::process::id().to_string()).arg(program);
    command
}

/// Becomes the program with its arguments. Comes back only with an error.
pub fn become_tied(parent: u32, arguments: Vec<OsString>) -> Failure {
    let mut arguments = arguments.into_iter();
    let Some(program) = arguments.next() else {
        return Failure::new("--tied-to is for the launcher's own use");
    };
    if let Err(error) = set_parent_process_death_signal(Some(Signal::KILL)) {
        return Failure::new(format!("tying {} to the launcher: {error}", program.to_string_lossy()));
    }
    // It may have died before it was asked for above.
    if getppid().map(|pid| pid.as_raw_nonzero().get().cast_unsigned()) != Some(parent) {
        return Failure::new("the launcher has ended");
    }
    let error = Command::new(&program).args(arguments).exec();
    let hint = match error.kind() {
        io::ErrorKind::NotFound => "; on Debian: apt-get install qemu-system-x86",
        _ => "",
    };
    Failure::new(format!("{}: {error}{hint}", program.to_string_lossy()))
}
