//! `resize`: asks the terminal how large it is, for a line that does not tell: the cursor is sent to the far corner,
//! and the terminal says where it came to stand.

use alloc::{format, string::String, vec::Vec};
use bstr::ByteSlice;
use core::{future::poll_fn, pin::pin, time::Duration};
use futures_util::future::{Either, select};

use crate::{
    env::{Attributes, File, Modes, Result, WindowSize},
    errno::Errno,
    io::{self, Outcome, Output},
    process::Process,
};

command!("resize", "resize", "Asks the terminal for the size of its window and sets it, for a serial line; shows what it has set.");

/// Save the cursor, go as far as there is, ask where that is, come back.
const QUESTION: &[u8] = b"\x1b7\x1b[9999;9999H\x1b[6n\x1b8";
/// How long a terminal may think.
const PATIENCE: Duration = Duration::from_secs(2);

async fn run(p: Process) -> Outcome {
    io::options(&p, &COMMAND, "", &[]).await?;
    let Some(file) = p.fds.get(0).ok().filter(|file| file.terminal().is_some()) else {
        io::complain(&p, "standard input is not a terminal".into()).await;
        return Ok(1);
    };
    let Some(terminal) = file.terminal() else { return Ok(1) };
    if let Err(error) = poll_fn(|cx| terminal.poll_change(cx)).await {
        io::complain(&p, format!("cannot ask the terminal from the background: {error}")).await;
        return Ok(1);
    }
    // Put back however this ends, by a signal too.
    let _restore = Restore { file: &*file, before: terminal.attributes() };
    terminal.set_attributes(terminal.attributes().with_modes(Modes::RAW));
    let answer = match select(pin!(ask(&*file)), p.sys.sleep(PATIENCE)).await {
        Either::Left((answer, _)) => answer,
        Either::Right(_) => {
            io::complain(&p, "the terminal does not answer; set the size with stty rows N cols N".into()).await;
            return Ok(1);
        }
    };
    let size = match answer {
        Ok(size) => size,
        Err(error) => {
            io::complain(&p, format!("{error}")).await;
            return Ok(1);
        }
    };
    terminal.set_size(size);
    let mut out = Output::new(&p);
    drop(_restore);
    let text: String = format!("{} {}\n", size.rows, size.cols);
    out.push(text.as_bytes());
    out.finish(0).await
}

struct Restore<'a> {
    file: &'a dyn File,
    before: Attributes,
}

impl Drop for Restore<'_> {
    fn drop(&mut self) {
        if let Some(terminal) = self.file.terminal() {
            terminal.set_attributes(self.before);
        }
    }
}

async fn ask(file: &dyn File) -> Result<WindowSize> {
    let mut rest = QUESTION;
    while !rest.is_empty() {
        let n = poll_fn(|cx| file.poll_write(cx, rest)).await?;
        rest = &rest[n..];
    }
    let mut answer = Vec::new();
    loop {
        // One at a time: what is typed after the answer is not ours.
        let mut byte = [0];
        if poll_fn(|cx| file.poll_read(cx, &mut byte)).await? == 0 {
            return Err(Errno::EIO);
        }
        // What was typed before it is lost; only so much of it can be the beginning of the answer.
        answer.push(byte[0]);
        if let Some(size) = parse(&answer) {
            return Ok(size);
        }
        if answer.len() > 64 {
            answer.drain(..32);
        }
    }
}

/// `ESC [ rows ; columns R` at the end of what was read.
fn parse(answer: &[u8]) -> Option<WindowSize> {
    let text = answer.strip_suffix(b"R")?;
    let (_, numbers) = text.rsplit_once_str("\x1b[")?;
    let (rows, cols) = numbers.split_once_str(";")?;
    let number = |text: &[u8]| text.to_str().ok()?.parse().ok().filter(|&number: &u16| number > 0);
    Some(WindowSize { rows: number(rows)?, cols: number(cols)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_found_behind_what_was_typed() {
        assert_eq!(parse(b"ls\r\x1b[A\x1b[50;132R"), Some(WindowSize { rows: 50, cols: 132 }));
        for none in [&b""[..], b"\x1b[50;132", b"R", b"\x1b[0;80R", b"\x1b[5R", b"\x1b[99999;1R"] {
            assert_eq!(parse(none), None);
        }
    }
}
