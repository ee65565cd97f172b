//! `dmesg`: the kernel log.

use bstr::ByteSlice;
use core::time::Duration;

use crate::{
    io::{self, Outcome, Output},
    process::Process,
};

command!("dmesg", "dmesg [-w]", "Prints the kernel log; -w goes on with what is added.");

const PAUSE: Duration = Duration::from_millis(500);

async fn run(p: Process) -> Outcome {
    let options = io::options(&p, &COMMAND, "w", &[("follow", 'w')]).await?;
    let mut out = Output::new(&p);
    let mut log = io::slurp(&p, "/dev/kmsg".into()).await?;
    out.write(&log).await?;
    while options.has('w') {
        out.flush().await?;
        p.sys.sleep(PAUSE).await;
        let now = io::slurp(&p, "/dev/kmsg".into()).await?;
        out.write(added(&log, &now)).await?;
        log = now;
    }
    out.finish(0).await
}

/// What is in a log beyond what it was before. Its beginning may be gone; a line has its time, so the last one that
/// was there is found again.
fn added<'a>(before: &[u8], now: &'a [u8]) -> &'a [u8] {
    if let Some(rest) = now.strip_prefix(before) {
        return rest;
    }
    let last = before.lines_with_terminator().next_back().unwrap_or_default();
    now.rfind(last).map_or(now, |at| &now[at + last.len()..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_new_is_shown() {
        assert_eq!(added(b"", b"1 a\n"), b"1 a\n");
        assert_eq!(added(b"1 a\n2 b\n", b"1 a\n2 b\n3 c\n"), b"3 c\n");
        assert_eq!(added(b"1 a\n2 b\n", b"2 b\n3 c\n4 d\n"), b"3 c\n4 d\n", "the beginning is gone");
        assert_eq!(added(b"1 a\n2 b\n", b"8 c\n9 d\n"), b"8 c\n9 d\n", "all of it is gone");
    }
}
