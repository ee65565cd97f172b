//! `sh` as a command: a new shell in a stage.

use alloc::{boxed::Box, sync::Arc};
use bstr::{BString, ByteSlice};
use core::ops::ControlFlow::{Break, Continue};

use crate::{
    env::{BoxFuture, FileType},
    errno::Errno,
    process::{Command, Process, absolute},
    run::simple::shown,
    shell::Shell,
};

pub(crate) const NAME: &str = "sh";
pub(crate) const SYNOPSIS: &str =
    "sh [-aCefnuvx] [-c COMMANDS [NAME [ARG...]] | -s [ARG...] | FILE [ARG...] | -i | -l]";
pub(crate) const SUMMARY: &str = "Runs a shell: on COMMANDS, on a file, or on standard input.";

/// `sh` for tables of commands.
pub const COMMAND: Command = Command { name: NAME, synopsis: SYNOPSIS, summary: SUMMARY, run };

/// Runs `sh` with its arguments.
pub fn run(process: Process) -> BoxFuture<'static, u8> {
    Box::pin(async move {
        let args = process.args.clone();
        let mut shell = new_shell(process);
        let mut rest = &args[1..];
        let mut commands = false;
        let mut interactive = false;
        let mut from_stdin = false;
        while let Some(arg) = rest.first() {
            match arg.as_slice() {
                b"--help" => {
                    let text = alloc::format!("Usage: {SYNOPSIS}\n{SUMMARY}\n");
                    let stdout = crate::fd::Fd::new(&shell.fds, 1);
                    return if stdout.write_all(text.as_bytes()).await.is_ok() { 0 } else { 1 };
                }
                b"--" => {
                    rest = &rest[1..];
                    break;
                }
                [b'-', letters @ ..] if !letters.is_empty() => {
                    for letter in letters {
                        match letter {
                            b'c' => commands = true,
                            b'i' => interactive = true,
                            b'l' => shell.set_login(),
                            b's' => from_stdin = true,
                            &letter if shell.options.set(letter, true) => {}
                            _ => {
                                shell.complain(alloc::format!("there is no option {arg}")).await;
                                return 2;
                            }
                        }
                    }
                    rest = &rest[1..];
                }
                _ => break,
            }
        }
        match (commands, rest) {
            (true, []) => {
                shell.complain("-c needs the commands as its argument").await;
                2
            }
            (true, [text, rest @ ..]) => {
                let name = rest.first().map_or("sh".into(), BString::clone);
                shell.set_args(rest.iter().skip(1).cloned().collect());
                shell.run_script(text, &name).await
            }
            (false, args) if from_stdin => {
                shell.set_args(args.to_vec());
                if interactive { shell.run_interactive().await } else { shell.run_stdin().await }
            }
            (false, [path, rest @ ..]) => run_script(shell, path.clone(), rest.to_vec()).await,
            (false, []) => {
                let terminal = shell.fds.get(0).is_ok_and(|file| file.terminal().is_some());
                if interactive || terminal { shell.run_interactive().await } else { shell.run_stdin().await }
            }
        }
    })
}

/// Runs the script that the name of the command is the path of.
pub(crate) fn run_file(process: Process) -> BoxFuture<'static, u8> {
    Box::pin(async move {
        let args = process.args.clone();
        let mut shell = new_shell(process);
        // Nobody is asked for permission to read, as there is only root; but what nobody may execute root may not.
        let there = shell.sys.stat(absolute(shell.cwd.as_bstr(), args[0].as_bstr()).as_bstr()).await;
        if there.is_ok_and(|there| there.kind == FileType::Regular && there.mode & 0o111 == 0) {
            let why = Errno::EACCES;
            shell.complain(alloc::format!("{}: {why} (chmod +x lets it run)", shown(&args[0]))).await;
            return 126;
        }
        run_script(shell, args[0].clone(), args[1..].to_vec()).await
    })
}

async fn run_script(mut shell: Shell, path: BString, args: alloc::vec::Vec<BString>) -> u8 {
    shell.set_args(args);
    match shell.read_script(path.as_bstr()).await {
        Continue(text) => shell.run_script(&text, &path).await,
        Break(_) => shell.status,
    }
}

fn new_shell(process: Process) -> Shell {
    let mut env = Arc::unwrap_or_clone(process.env);
    env.insert("PWD".into(), process.cwd);
    let mut shell = Shell::new(process.sys, env, process.fds);
    shell.umask = process.umask;
    shell.set_signals(process.signals);
    shell
}
