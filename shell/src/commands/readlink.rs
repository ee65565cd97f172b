//! `readlink`: where symbolic links lead.

use super::support::canonical::{Missing, canonical};
use crate::{
    io::{self, Outcome, Output},
    process::Process,
};
use bstr::ByteSlice;

command!(
    "readlink",
    "readlink [-femnqvz] FILE...",
    "Prints what symbolic links say; -f, -e and -m print the whole path without links instead, of which the last part, nothing or anything may be missing; -n without a newline, -z ends with NUL, -v says what is wrong."
);

async fn run(p: Process) -> Outcome {
    let long = [
        ("canonicalize", 'f'),
        ("canonicalize-existing", 'e'),
        ("canonicalize-missing", 'm'),
        ("no-newline", 'n'),
        ("quiet", 'q'),
        ("silent", 'q'),
        ("verbose", 'v'),
        ("zero", 'z'),
    ];
    let options = io::options(&p, &COMMAND, "femnqsvz", &long).await?;
    if options.operands.is_empty() {
        return Err(io::usage(&p, &COMMAND, "missing operand").await);
    }
    let end: &[u8] = match options.has('z') {
        true => b"\0",
        false if options.has('n') && options.operands.len() == 1 => b"",
        false => b"\n",
    };
    let (mut out, mut status) = (Output::new(&p), 0);
    for name in &options.operands {
        let found = match options.last_of("fem") {
            Some('f') => canonical(&p, name, Missing::Last).await,
            Some('e') => canonical(&p, name, Missing::Nothing).await,
            Some(_) => canonical(&p, name, Missing::Any).await,
            None => p.sys.read_link(p.absolute(name).as_bstr()).await,
        };
        match found {
            Ok(path) => out.write_all(&[&path, end]).await?,
            Err(error) => {
                if options.last_of("qsv") == Some('v') {
                    out.flush().await?;
                    io::complain_about(&p, name, error).await;
                }
                status = 1;
            }
        }
    }
    out.finish(status).await
}
