//! The shells of this machine.

use std::{
    fs,
    io::{Read, Seek},
    process::{Command, Stdio},
};

use tempfile::TempDir;

use crate::{Case, FILES, Outcome};

/// A shell of the host, to compare with.
pub struct HostShell {
    name: String,
}

impl HostShell {
    /// The shell of that name; `None` if it is not installed.
    pub fn find(name: &str) -> Option<HostShell> {
        let found = Command::new(name).arg("-c").arg(":").status().is_ok();
        found.then(|| HostShell { name: name.to_owned() })
    }

    /// Runs scripts one after another.
    ///
    /// # Errors
    /// What the host did not let happen.
    pub fn run_all(&self, cases: &[&Case]) -> Result<Vec<Outcome>, String> {
        cases.iter().map(|case| self.run(&case.script)).collect()
    }

    /// Runs a script in a directory of its own, with the files and the input that ours have.
    ///
    /// # Errors
    /// What the host did not let happen.
    pub fn run(&self, script: &str) -> Result<Outcome, String> {
        self.try_run(script).map_err(|error| format!("{}: {error}", self.name))
    }

    fn try_run(&self, script: &str) -> std::io::Result<Outcome> {
        let folder = TempDir::new()?;
        let root = folder.path();
        fs::create_dir(root.join("dir"))?;
        for (name, text) in FILES {
            fs::write(root.join(name), text)?;
        }
        // Standard output is a file: a job in the background that holds it open does not keep us.
        let mut output = tempfile::tempfile()?;
        let status = Command::new(&self.name)
            .args(["-c", script, "sh"])
            .current_dir(root)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", root.join("dir"))
            .env("LC_ALL", "C.UTF-8")
            .stdin(fs::File::open(root.join(".stdin"))?)
            .stdout(output.try_clone()?)
            .stderr(Stdio::null())
            .status()?;
        output.rewind()?;
        let mut stdout = Vec::new();
        output.read_to_end(&mut stdout)?;
        let stdout = String::from_utf8_lossy(&stdout).into_owned();
        Ok(Outcome { stdout, stderr: None, status: status.code().unwrap_or(-1) })
    }
}
