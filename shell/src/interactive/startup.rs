//! The files that an interactive shell runs before its first prompt.

use bstr::{BString, ByteSlice};
use core::ops::ControlFlow::{Break, Continue};

use crate::{
    process::absolute,
    run::{Flow, Leave},
    shell::Shell,
};

impl Shell {
    /// Runs `/etc/profile` and `~/.profile` for a login shell, then the file that `ENV` names (XCU, `sh`). Those that
    /// are missing are passed over; `exit` in one of them leaves the shell.
    pub(super) async fn run_startup_files(&mut self) -> Flow {
        if self.login {
            self.run_startup_file("/etc/profile".into()).await?;
            if let Some(home) = self.vars.get("HOME") {
                let profile = absolute(home, b".profile".as_bstr());
                self.run_startup_file(profile).await?;
            }
        }
        let Some(form) = self.vars.get("ENV").filter(|form| !form.is_empty()).map(BString::from) else {
            return Continue(());
        };
        match self.expand_text(&form).await {
            Some(path) => self.run_startup_file(absolute(self.cwd.as_bstr(), path.as_bstr())).await,
            None => Continue(()),
        }
    }

    async fn run_startup_file(&mut self, path: BString) -> Flow {
        if self.sys.stat(path.as_bstr()).await.is_err() {
            return Continue(());
        }
        let Continue(text) = self.read_script(path.as_bstr()).await else { return Continue(()) };
        match self.run_text(text).await {
            Break(Leave::Exit) => Break(Leave::Exit),
            _ => Continue(()), // an error in it ends the file and not the shell
        }
    }
}
