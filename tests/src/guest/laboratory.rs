//! What all tests of the guest share: the built kernel, and the launcher to run as a script would.

use std::{
    cell::OnceCell,
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
};

use object::{Object, ObjectSegment};
use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGTERM},
    iterator::Signals,
};
use tempfile::TempDir;

use super::Check;
use crate::{
    failure::{Context, Result},
    options::Accel,
    report,
    symbols::Symbols,
    tie, workspace,
};

/// The kernel and a place for files.
pub struct Laboratory {
    /// The kernel as people run it.
    pub kernel: Kernel,
    /// The kernel with debug assertions, built when the first test wants it.
    debug_kernel: OnceCell<Result<Kernel>>,
    /// Who executes.
    pub accel: Accel,
    scratch: TempDir,
}

/// A built kernel.
pub struct Kernel {
    /// The program.
    pub program: PathBuf,
    /// Its symbols, as the guest gets them.
    pub symbols: PathBuf,
    /// How much memory its image takes, in bytes.
    pub size: u64,
}

impl Kernel {
    fn prepare(program: PathBuf, symbols: PathBuf) -> Result<Kernel> {
        let elf = fs::read(&program).context(|| format!("reading the kernel {}", program.display()))?;
        fs::write(&symbols, Symbols::of(&elf)?.text()).context(|| "writing the symbols".into())?;
        let file = object::File::parse(&*elf).context(|| "reading the kernel".into())?;
        let size = file.segments().map(|segment| segment.size()).sum();
        Ok(Kernel { program, symbols, size })
    }
}

/// Lets Ctrl-C end the tests with nothing left behind: the guests are tied to this process and end with it.
fn remove_on_signal(folder: PathBuf) -> Result<()> {
    let mut caught = Signals::new([SIGINT, SIGTERM, SIGHUP]).context(|| "catching signals".into())?;
    thread::spawn(move || {
        if let Some(signal) = caught.forever().next() {
            // What cannot be removed cannot be helped now.
            let _ = fs::remove_dir_all(&folder);
            std::process::exit(128 + signal);
        }
    });
    Ok(())
}

/// How a run of the launcher ended.
#[derive(Debug)]
pub struct Run {
    /// The exit status; `None` if a signal ended it.
    pub status: Option<i32>,
    /// Standard output.
    pub output: Vec<u8>,
    /// Standard error.
    pub errors: String,
}

impl Laboratory {
    /// Builds the kernel.
    pub fn open(accel: Accel) -> Result<Laboratory> {
        let kernel = workspace::kernel()?;
        let scratch = tempfile::Builder::new().prefix("pollux-tests-").tempdir();
        let scratch = scratch.context(|| "making a temporary folder".into())?;
        remove_on_signal(scratch.path().to_owned())?;
        let kernel = Kernel::prepare(kernel, scratch.path().join("symbols"))?;
        Ok(Laboratory { kernel, debug_kernel: OnceCell::new(), accel, scratch })
    }

    /// The kernel with debug assertions.
    pub fn debug_kernel(&self) -> Result<&Kernel> {
        let build = || Kernel::prepare(workspace::debug_kernel()?, self.scratch().join("debug-symbols"));
        self.debug_kernel.get_or_init(build).as_ref().map_err(Clone::clone)
    }

    /// A place for files, gone with the laboratory.
    pub fn scratch(&self) -> &Path {
        self.scratch.path()
    }

    /// The launcher with these arguments, in front of which come those that every test needs.
    pub fn launcher(&self, arguments: &[&str]) -> Command {
        let mut command = tie::command("/proc/self/exe");
        let accel = match self.accel {
            Accel::Tcg => "tcg",
            Accel::Kvm => "kvm",
        };
        command.args(["--accel", accel, "--log"]).arg(self.log()).args(arguments);
        command.env("POLLUX_KERNEL", &self.kernel.program);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs the launcher with these arguments and this standard input to its end.
    pub fn run(&self, arguments: &[&str], input: &[u8]) -> Check<Run> {
        let failed = |error: std::io::Error| format!("running the launcher: {error}");
        let mut child = self.launcher(arguments).stdin(Stdio::piped()).spawn().map_err(failed)?;
        let mut stdin = child.stdin.take().expect("piped");
        let input = input.to_vec();
        // A command that does not read its input closes it; that is no fault.
        let writer = thread::spawn(move || drop(stdin.write_all(&input)));
        let output = child.wait_with_output().map_err(failed)?;
        // The thread has only written.
        let _ = writer.join();
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        Ok(Run { status: output.status.code(), output: output.stdout, errors })
    }

    /// Runs a command in a guest with these options, and checks its status and output.
    pub fn expect(&self, options: &[&str], command: &str, status: i32, output: &str) -> Check<Run> {
        let run = self.run(&[options, &["-c", command]].concat(), b"")?;
        if run.status == Some(status) && run.output == output.as_bytes() {
            return Ok(run);
        }
        Err(format!("{command:?} should end with {status} and print {output:?}\n{}", self.describe(&run)))
    }

    /// A run and the log it left, for the message of a failure.
    pub fn describe(&self, run: &Run) -> String {
        let log = fs::read(self.log()).unwrap_or_default();
        format!(
            "status: {:?}\nstandard output ({} bytes): {:?}\nstandard error: {}\nkernel log:\n{}",
            run.status,
            run.output.len(),
            String::from_utf8_lossy(&run.output[..run.output.len().min(2000)]),
            run.errors,
            report::tail(&String::from_utf8_lossy(&log), 30),
        )
    }

    fn log(&self) -> PathBuf {
        self.scratch().join("launcher-log")
    }
}
