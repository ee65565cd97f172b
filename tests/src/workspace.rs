//! Where things are, and cargo.

use std::{
    env,
    ffi::OsString,
    fs,
    io::{BufRead, BufReader, IsTerminal, Write},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde_json::Value;

use crate::failure::{Context, Failure, Result};

/// The target of the kernel.
pub const KERNEL_TARGET: &str = "x86_64-unknown-none";

/// The root of the checkout: where `run.sh` is, or else where this program was built.
pub fn root() -> PathBuf {
    match env::var_os("POLLUX_ROOT") {
        Some(root) => root.into(),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join(".."),
    }
}

/// Cargo, to be run at the root.
pub fn cargo() -> Command {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(root());
    cargo
}

/// Where cargo builds.
pub fn target() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// The folder for logs, made when it is missing.
pub fn logs() -> Result<PathBuf> {
    let folder =
        std::path::absolute(target().join("pollux")).context(|| "finding the target folder".into())?;
    fs::create_dir_all(&folder).context(|| format!("making {}", folder.display()))?;
    Ok(folder)
}

/// Builds the kernel when that is needed and returns its path.
pub fn kernel() -> Result<PathBuf> {
    if let Some(kernel) = env::var_os("POLLUX_KERNEL") {
        return Ok(kernel.into());
    }
    build(&["--release", "-p", "pollux-kernel", "--target", KERNEL_TARGET], "pollux-kernel")
}

/// Builds the kernel with debug assertions, which enforce the interrupt contract, and returns its path.
pub fn debug_kernel() -> Result<PathBuf> {
    build(&["-p", "pollux-kernel", "--target", KERNEL_TARGET], "pollux-kernel")
}

/// Builds what measures Linux and returns its path: a static program, since it is the only one of its machine but busybox.
pub fn peer() -> Result<PathBuf> {
    const FLAGS: &str = "target.x86_64-unknown-linux-gnu.rustflags=\
                         ['-Ctarget-feature=+crt-static', '-Crelocation-model=static', '-Cstrip=symbols']";
    let target = ["--target", "x86_64-unknown-linux-gnu", "--config", FLAGS];
    build(&[&["--release", "-p", "pollux-peer"], &target[..]].concat(), "pollux-peer")
}

/// Builds the hosted system and returns its path.
pub fn hosted() -> Result<PathBuf> {
    build(&["--release", "-p", "pollux-hosted"], "pollux-hosted")
}

/// Builds the program of the package of the same name when that is needed and becomes it. Comes back
/// only with an error.
pub fn become_built(package: &str, arguments: &[OsString]) -> Failure {
    match build(&["--release", "-p", package], package) {
        Ok(program) => {
            let error = Command::new(&program).args(arguments).exec();
            Failure::new(format!("{}: {error}", program.display()))
        }
        Err(failure) => failure,
    }
}

/// Runs `cargo build` and returns the program of that name. Cargo is heard on standard error
/// when it compiles something or fails.
fn build(arguments: &[&str], name: &str) -> Result<PathBuf> {
    let mut cargo = cargo();
    cargo.args(["build", "--message-format=json-render-diagnostics"]).args(arguments);
    if std::io::stderr().is_terminal() && env::var_os("NO_COLOR").is_none() {
        cargo.env("CARGO_TERM_COLOR", "always");
    }
    let mut child = cargo
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context(|| "starting cargo".into())?;
    let (stdout, stderr) = (child.stdout.take().expect("piped"), child.stderr.take().expect("piped"));
    let heard = std::thread::spawn(move || {
        for line in BufReader::new(stderr).split(b'\n').map_while(std::result::Result::ok) {
            if !is_idle_chatter(&line) {
                // A closed standard error takes nothing from the build.
                let _ = std::io::stderr().write_all(&[&line[..], b"\n"].concat());
            }
        }
    });
    let mut program = None;
    for line in BufReader::new(stdout).lines().map_while(std::result::Result::ok) {
        program = executable(&line, name).or(program);
    }
    let status = child.wait().context(|| "waiting for cargo".into())?;
    // The thread has only printed.
    let _ = heard.join();
    if !status.success() {
        return Err(Failure::new(format!("building {name} failed: see above")));
    }
    program.ok_or_else(|| Failure::new(format!("cargo built no program {name}")))
}

/// What cargo says even when there was nothing to do.
fn is_idle_chatter(line: &[u8]) -> bool {
    let line = String::from_utf8_lossy(line);
    line.contains("Finished") && line.contains("profile [") || line.contains("Blocking waiting for file lock")
}

/// The program in a message of `cargo build --message-format=json`.
fn executable(line: &str, name: &str) -> Option<PathBuf> {
    let message: Value = serde_json::from_str(line).ok()?;
    if message["reason"] != "compiler-artifact" || message["target"]["name"] != name {
        return None;
    }
    Some(message["executable"].as_str()?.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_is_found_among_the_messages_of_cargo() {
        let line = r#"{"reason":"compiler-artifact","target":{"name":"k"},"executable":"/t/k"}"#;
        assert_eq!(executable(line, "k"), Some("/t/k".into()));
        assert_eq!(executable(line, "other"), None);
        assert_eq!(executable(r#"{"reason":"build-finished","success":true}"#, "k"), None);
        let library = r#"{"reason":"compiler-artifact","target":{"name":"k"},"executable":null}"#;
        assert_eq!(executable(library, "k"), None);
    }

    #[test]
    fn cargo_is_quiet_when_it_had_nothing_to_do() {
        assert!(is_idle_chatter(b"    Finished `release` profile [optimized] target(s) in 0.05s"));
        assert!(is_idle_chatter(
            b"\x1b[1m\x1b[92m    Finished\x1b[0m `release` profile [optimized] target(s)"
        ));
        assert!(!is_idle_chatter(b"   Compiling pollux-kernel v0.1.0"));
        assert!(!is_idle_chatter(b"error: cannot find `Finished` in this scope"));
    }
}
