//! `script`: runs a command, or a shell, on a pseudo terminal of its own, and keeps what that shows.
//!
//! The command is a session: the pseudo terminal controls it, keys make signals there and not here, and when this
//! command ends the terminal is hung up and the session with it.

use alloc::{format, sync::Arc, vec, vec::Vec};
use bstr::{BStr, BString, ByteSlice};
use core::{
    future::{pending, poll_fn},
    pin::pin,
};
use futures_util::future::{Either, join, select};

use crate::{
    env::{Attributes, File, Modes, OpenFlags, Result, Signals, Stage},
    errno::Errno,
    fd::{Fd, FdTable},
    io::{self, Outcome},
    process::Process,
    sh,
};

command!(
    "script",
    "script [-aq] [-c COMMAND] [FILE]",
    "Runs COMMAND, or a shell, on a pseudo terminal of its own; what it shows also goes to FILE (typescript), with -a to its end. -q says nothing about it. The status is that of COMMAND."
);

async fn run(p: Process) -> Outcome {
    let long = [("append", 'a'), ("quiet", 'q'), ("command", 'c'), ("return", 'e')];
    let options = io::options(&p, &COMMAND, "aqec:", &long).await?;
    let path: &BStr = match options.operands.as_slice() {
        [] => BStr::new("typescript"),
        [path] => path,
        [_, more, ..] => return Err(io::usage(&p, &COMMAND, &format!("extra operand '{more}'")).await),
    };
    let how = if options.has('a') { OpenFlags::APPEND } else { OpenFlags::TRUNC };
    let log = match p.open(path, OpenFlags::WRITE | OpenFlags::CREATE | how).await {
        Ok(log) => log,
        Err(error) => {
            io::complain_about(&p, path, error).await;
            return Ok(1);
        }
    };
    let master = match p.open(BStr::new("/dev/ptmx"), OpenFlags::READ | OpenFlags::WRITE).await {
        Ok(master) => master,
        Err(error) => {
            io::complain_about(&p, b"/dev/ptmx", error).await;
            return Ok(1);
        }
    };
    let here = p.fds.get(0).ok().filter(|file| file.terminal().is_some());
    let job = match start(&p, &master, here.as_ref(), options.value('c')).await {
        Ok(job) => job,
        Err(error) => {
            io::complain(&p, format!("cannot start: {error}")).await;
            return Ok(1);
        }
    };
    if !options.has('q') {
        let _ = p.stdout().write_all(format!("Script started, output file is '{path}'.\n").as_bytes()).await;
    }
    let raw = here.as_ref().map(|file| Raw::set(file.clone()));
    let carried = carry(&p, &master, here.as_ref(), &log).await;
    drop(raw);
    master.close(); // hangs up, should the session still be there
    let exit = job.wait().await.pop();
    if let Err(error) = carried {
        io::complain(&p, format!("{error}")).await;
        return Ok(1);
    }
    if !options.has('q') {
        let _ = p.stdout().write_all(b"Script done.\n").await;
    }
    Ok(exit.map_or(0, |exit| exit.status()))
}

/// Starts the shell in a session on the other side of `master`, which gets the size of the terminal here.
async fn start(
    p: &Process,
    master: &Fd,
    here: Option<&Arc<dyn File>>,
    command: Option<&BStr>,
) -> Result<Arc<dyn crate::env::Job>> {
    let file = master.file()?;
    let number = file.pty().ok_or(Errno::ENOTTY)?.number();
    if let (Some(there), Some(here)) = (file.terminal(), here.and_then(|here| here.terminal())) {
        there.set_size(here.size());
    }
    drop(file);
    let name: BString = format!("/dev/pts/{number}").into();
    let slave = p.sys.open(name.as_bstr(), OpenFlags::READ | OpenFlags::WRITE).await?;
    let job = p.sys.new_session(&slave)?;
    let fds = FdTable::with_stdio(slave.clone(), slave.clone(), slave);
    let mut args: Vec<BString> = vec![sh::NAME.into()];
    match command {
        Some(command) => args.extend(["-c".into(), command.into()]),
        None => args.push("-i".into()),
    }
    let (text, signals) = (bstr::join(" ", &args).into(), Signals::new());
    let process = Process { args, fds: fds.clone(), signals: signals.clone(), ..p.clone() };
    job.spawn(Stage { name: sh::NAME.into(), command: text, fds, signals, run: sh::run(process) })?;
    Ok(job)
}

/// Carries keys there and what is shown here, and the size of the window, until the session is over.
async fn carry(p: &Process, master: &Fd, here: Option<&Arc<dyn File>>, log: &Fd) -> Result<()> {
    let keys = async {
        let stdin = p.stdin();
        let mut buf = [0; 256];
        loop {
            match stdin.read(&mut buf).await {
                Ok(n @ 1..) if master.write_all(&buf[..n]).await.is_ok() => {}
                // The end of a file that was redirected is ^D there.
                Ok(0) if here.is_none() => {
                    let _ = master.write_all(b"\x04").await;
                    pending().await
                }
                _ => return,
            }
        }
    };
    let sizes = async {
        let Some(terminal) = here.and_then(|file| file.terminal()) else { return pending().await };
        let mut size = terminal.size();
        loop {
            size = poll_fn(|cx| terminal.poll_resized(cx, size)).await;
            if let Ok(file) = master.file()
                && let Some(there) = file.terminal()
            {
                there.set_size(size);
            }
        }
    };
    let shown = async {
        let mut buf = io::buffer(4096)?;
        loop {
            let n = master.read(&mut buf).await?;
            if n == 0 {
                return Ok(());
            }
            log.write_all(&buf[..n]).await?;
            p.stdout().write_all(&buf[..n]).await?;
        }
    };
    match select(pin!(shown), pin!(join(keys, sizes))).await {
        Either::Left((result, _)) => result,
        Either::Right(_) => Ok(()),
    }
}

/// The terminal here without any line discipline, for as long as this lives.
struct Raw {
    file: Arc<dyn File>,
    before: Option<Attributes>,
}

impl Raw {
    fn set(file: Arc<dyn File>) -> Self {
        let before = file.terminal().map(|terminal| terminal.attributes());
        if let (Some(terminal), Some(before)) = (file.terminal(), before) {
            terminal.set_attributes(before.with_modes(Modes::IUTF8));
        }
        Self { file, before }
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        if let (Some(terminal), Some(before)) = (self.file.terminal(), self.before) {
            terminal.set_attributes(before);
        }
    }
}
