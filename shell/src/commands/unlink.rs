//! `unlink`: takes one name of a file away, and does nothing else.

use alloc::format;
use bstr::ByteSlice;

use crate::{
    io::{self, Outcome},
    process::Process,
};

command!("unlink", "unlink FILE", "Removes the name FILE; the file goes with its last name.");

async fn run(p: Process) -> Outcome {
    let options = io::options(&p, &COMMAND, "", &[]).await?;
    let [file] = *options.operands.as_slice() else {
        return Err(io::usage(&p, &COMMAND, "one file is needed").await);
    };
    match p.sys.unlink(p.absolute(file).as_bstr()).await {
        Ok(()) => Ok(0),
        Err(error) => {
            io::complain(&p, format!("cannot unlink '{file}': {error}")).await;
            Ok(1)
        }
    }
}
