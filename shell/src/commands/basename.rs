//! `basename`: the last component of a path.

use bstr::ByteSlice;

use super::support::paths::base_name;
use crate::{
    io::{self, Outcome, Output},
    process::Process,
};

command!("basename", "basename PATH [SUFFIX] | basename [-s SUFFIX] -a PATH...", "Prints the last component of paths, without SUFFIX.");

async fn run(p: Process) -> Outcome {
    let options = io::options(&p, &COMMAND, "+as:", &[("multiple", 'a'), ("suffix", 's')]).await?;
    let many = options.last_of("as").is_some();
    let (paths, suffix) = match (many, options.operands.as_slice()) {
        (_, []) => return Err(io::usage(&p, &COMMAND, "missing operand").await),
        (true, paths) => (paths, options.value('s')),
        (false, [path]) => (core::slice::from_ref(path), None),
        (false, [path, suffix]) => (core::slice::from_ref(path), Some(*suffix)),
        (false, _) => return Err(io::usage(&p, &COMMAND, "extra operand").await),
    };
    let mut out = Output::new(&p);
    for path in paths {
        let base = base_name(path);
        let shorter = suffix.and_then(|suffix| base.strip_suffix(suffix.as_bytes()));
        // A name that is all suffix is kept.
        out.write_all(&[shorter.filter(|rest| !rest.is_empty()).unwrap_or(base), b"\n"]).await?;
    }
    out.finish(0).await
}
