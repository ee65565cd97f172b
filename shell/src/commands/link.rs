//! `link`: gives a file another name, and does nothing else.

use alloc::format;
use bstr::ByteSlice;

use crate::{
    io::{self, Outcome},
    process::Process,
};

command!("link", "link FILE NAME", "Gives FILE the further name NAME (a hard link).");

async fn run(p: Process) -> Outcome {
    let options = io::options(&p, &COMMAND, "", &[]).await?;
    let [file, name] = *options.operands.as_slice() else {
        return Err(io::usage(&p, &COMMAND, "a file and a name are needed").await);
    };
    let paths = [p.absolute(file), p.absolute(name)];
    match p.sys.link(paths[0].as_bstr(), paths[1].as_bstr()).await {
        Ok(()) => Ok(0),
        Err(error) => {
            io::complain(&p, format!("cannot link '{name}' to '{file}': {error}")).await;
            Ok(1)
        }
    }
}
