//! `cd` and `pwd`.

use alloc::borrow::ToOwned;
use bstr::{BString, ByteSlice};
use core::ops::ControlFlow::Continue;

use crate::{env::FileType, errno::Errno, path, process::absolute, run::Flow, shell::Shell};

pub(super) async fn cd(shell: &mut Shell, args: &[BString]) -> Flow<u8> {
    let skip = args[1..].iter().take_while(|arg| matches!(arg.as_slice(), b"--" | b"-L")).count();
    let args = &args[skip..];
    let (back, target) = match args.get(1) {
        None => (false, shell.vars.get("HOME").map(ToOwned::to_owned)),
        Some(arg) if arg == "-" => (true, shell.vars.get("OLDPWD").map(ToOwned::to_owned)),
        Some(arg) => (false, Some(arg.clone())),
    };
    let Some(target) = target else {
        shell.complain(if back { "cd: OLDPWD is not set" } else { "cd: HOME is not set" }).await;
        return Continue(1);
    };
    if args.len() > 2 {
        shell.complain("cd: too many arguments").await;
        return Continue(1);
    }
    let full = absolute(shell.cwd.as_bstr(), target.as_bstr());
    // `..` is taken off as text (`cd -L`), but only if what it follows is there.
    let directory = path::normal(&full);
    let found = match shell.sys.stat(full.as_bstr()).await {
        Ok(_) => shell.sys.stat(directory.as_bstr()).await,
        // Out of a directory that has been removed there is only the way as text.
        Err(Errno::ENOENT) if shell.sys.stat(shell.cwd.as_bstr()).await.is_err() => {
            shell.sys.stat(directory.as_bstr()).await
        }
        Err(error) => Err(error),
    };
    let error = match found {
        Ok(metadata) if metadata.kind == FileType::Directory => None,
        Ok(_) => Some(Errno::ENOTDIR),
        Err(error) => Some(error),
    };
    if let Some(error) = error {
        shell.complain(alloc::format!("cd: {target}: {error}")).await;
        return Continue(1);
    }
    let old = core::mem::replace(&mut shell.cwd, directory.clone());
    shell.vars.set("OLDPWD", old);
    shell.vars.set("PWD", directory.clone());
    if back {
        return shell.print(alloc::format!("{directory}\n")).await;
    }
    Continue(0)
}

pub(super) async fn pwd(shell: &mut Shell, _args: &[BString]) -> Flow<u8> {
    let mut line = shell.cwd.clone();
    line.push(b'\n');
    shell.print(line).await
}
