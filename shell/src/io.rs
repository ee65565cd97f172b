//! What commands read, write and complain with.
//!
//! A command is an `async fn(Process) -> Outcome`. `Err(Ended(status))` means that whatever there was to
//! say has been said and the command ends with that status, so that `?` reads as "or give up".

mod lines;
mod options;
mod output;

use alloc::{string::String, sync::Arc, vec::Vec};
use bstr::{BStr, ByteSlice};

use crate::{
    env::{File, OpenFlags, Result},
    errno::Errno,
    fd::Fd,
    process::Process,
    splice::Refused,
};

pub use lines::Lines;
pub use options::{Options, help, options, options_of, usage};
pub use output::{Output, write_failed};

/// The command ends with this status; everything has been said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended(pub u8);

/// How a command ends.
pub type Outcome = core::result::Result<u8, Ended>;

/// Status of a command whose standard output is a pipe that nobody reads: 128 + SIGPIPE.
pub const BROKEN_PIPE: u8 = 141;

/// How much a command reads at once where it does not look at lines.
pub const CHUNK: usize = 32 * 1024;

/// Prints `NAME: MESSAGE` on standard error. That this may fail is nobody's business.
pub async fn complain(p: &Process, message: String) {
    let mut text = Vec::new();
    if let Some(name) = p.args.first() {
        text.extend_from_slice(name);
        text.extend_from_slice(b": ");
    }
    text.extend_from_slice(message.as_bytes());
    text.push(b'\n');
    let _ = p.stderr().write_all(&text).await;
}

/// Prints `NAME: WHAT: ERRNO TEXT` on standard error.
pub async fn complain_about(p: &Process, what: &[u8], error: Errno) {
    complain(p, alloc::format!("{}: {error}", what.as_bstr())).await;
}

/// A buffer of `len` zero bytes, or `ENOMEM`.
pub fn buffer(len: usize) -> Result<Vec<u8>> {
    let mut buf = Vec::new();
    buf.try_reserve_exact(len).map_err(|_| Errno::ENOMEM)?;
    buf.resize(len, 0);
    Ok(buf)
}

/// [`buffer`], with the complaint when there is no memory.
pub async fn buffer_or_complain(p: &Process, len: usize) -> core::result::Result<Vec<u8>, Ended> {
    match buffer(len) {
        Ok(buf) => Ok(buf),
        Err(error) => {
            complain(p, alloc::format!("{error}")).await;
            Err(Ended(1))
        }
    }
}

/// Moves up to `most` bytes from `input` to standard output, by the shortest way there is, until its end. A failure of
/// the input is the answer; one of the output ends the command as one of [`Output`] does.
pub async fn copy(p: &Process, input: &Fd, most: u64) -> core::result::Result<Result<()>, Ended> {
    let (mut left, mut buf, out) = (most, Vec::new(), p.stdout());
    while left > 0 {
        let size = usize::try_from(left).unwrap_or(usize::MAX);
        match input.move_to(&out, size, &mut buf).await {
            Ok(0) => break,
            Ok(n) => left -= n as u64,
            Err(Refused::Reading(error)) => return Ok(Err(error)),
            Err(Refused::Writing(error)) => return Err(write_failed(p, error).await),
        }
    }
    Ok(Ok(()))
}

/// A descriptor that is closed when this goes out of scope, unless it is a standard stream.
pub struct Opened(Fd);

impl core::ops::Deref for Opened {
    type Target = Fd;

    fn deref(&self) -> &Fd {
        &self.0
    }
}

impl Drop for Opened {
    fn drop(&mut self) {
        if self.0.number() > 2 {
            self.0.close();
        }
    }
}

/// Opens a file for as long as the result lives.
pub async fn open(p: &Process, path: &BStr, flags: OpenFlags) -> Result<Opened> {
    Ok(Opened(p.open(path, flags).await?))
}

/// Gives an open file a descriptor for as long as the result lives.
pub fn adopt(p: &Process, file: Arc<dyn File>) -> Result<Opened> {
    Ok(Opened(Fd::new(&p.fds, p.fds.insert(file)?)))
}

/// Opens an operand for reading; `-` is standard input. Complains when it cannot.
pub async fn open_input(p: &Process, operand: &BStr) -> Option<Opened> {
    if operand == "-" {
        return Some(Opened(p.stdin()));
    }
    match open(p, operand, OpenFlags::READ).await {
        Ok(file) => Some(file),
        Err(error) => {
            complain_about(p, operand, error).await;
            None
        }
    }
}

/// The operands, or `-` if there are none.
pub fn inputs<'a>(operands: &[&'a BStr]) -> Vec<&'a BStr> {
    if operands.is_empty() { alloc::vec![BStr::new("-")] } else { operands.to_vec() }
}

/// Reads a whole small file, such as one of `/proc`. Complains when it cannot.
pub async fn slurp(p: &Process, path: &BStr) -> core::result::Result<Vec<u8>, Ended> {
    let file = open_input(p, path).await.ok_or(Ended(1))?;
    let mut all = Vec::new();
    let mut chunk = buffer_or_complain(p, 4096).await?;
    loop {
        match file.read(&mut chunk).await {
            Ok(0) => return Ok(all),
            Ok(n) if all.try_reserve(n).is_ok() => all.extend_from_slice(&chunk[..n]),
            failed => {
                complain_about(p, path, failed.err().unwrap_or(Errno::ENOMEM)).await;
                return Err(Ended(1));
            }
        }
    }
}
