//! `mkfifo`: makes pipes with names.

use alloc::format;
use bstr::ByteSlice;

use crate::{
    env::Changes,
    io::{self, Outcome},
    mode,
    process::Process,
};

command!(
    "mkfifo",
    "mkfifo [-m MODE] NAME...",
    "Makes pipes with names: who opens one for reading waits for a writer, and the other way round; -m with these permissions, like 600 or go=."
);

async fn run(p: Process) -> Outcome {
    let options = io::options(&p, &COMMAND, "m:", &[("mode", 'm')]).await?;
    if options.operands.is_empty() {
        return Err(io::usage(&p, &COMMAND, "missing operand").await);
    }
    let mode = match options.value('m').map(|text| (text, mode::apply(text, 0o666, false, p.umask))) {
        None => None,
        Some((_, Some(mode))) if mode & !0o777 == 0 => Some(mode),
        Some((text, Some(_))) => {
            io::complain(&p, format!("mode '{text}' has more than permissions to read, write and execute")).await;
            return Ok(1);
        }
        Some((text, None)) => {
            let message = format!("invalid mode '{text}'; try 600 or u=rw,go=");
            return Err(io::usage(&p, &COMMAND, &message).await);
        }
    };
    let mut status = 0;
    for name in &options.operands {
        let path = p.absolute(name);
        let made = match (p.sys.mkfifo(path.as_bstr(), p.new_mode(0o666)).await, mode) {
            (Ok(()), Some(mode)) => p.sys.change(path.as_bstr(), Changes::mode(mode), false).await,
            (made, _) => made,
        };
        if let Err(error) = made {
            io::complain(&p, format!("cannot make fifo '{name}': {error}")).await;
            status = 1;
        }
    }
    Ok(status)
}
