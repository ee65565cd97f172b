//! `logger`: adds lines to the kernel's log.

use alloc::{format, string::String, vec::Vec};
use bstr::{BStr, BString, ByteSlice};

use super::support::{files::Files, owner};
use crate::{
    env::OpenFlags,
    fd::Fd,
    io::{self, Outcome},
    process::Process,
};

command!(
    "logger",
    "logger [-is] [-p PRIORITY] [-t TAG] [-f FILE] [MESSAGE...]",
    "Adds MESSAGE, or each line of FILE or standard input, to the kernel's log, with TAG (the user) before it; -i also the number of the task, -s shows it on standard error as well, -p how much it matters, as in user.warning or err. dmesg shows the log."
);

/// More of a line is cut off: a log is to be read.
const LONGEST: usize = 1024;

/// Severities as in syslog (RFC 5424), the most urgent first.
const LEVELS: [&[&str]; 8] = [
    &["emerg", "panic"],
    &["alert"],
    &["crit"],
    &["err", "error"],
    &["warning", "warn"],
    &["notice"],
    &["info"],
    &["debug"],
];
const FACILITIES: &str = "auth authpriv cron daemon ftp kern lpr mail news security syslog user uucp \
    local0 local1 local2 local3 local4 local5 local6 local7";

/// The number of a severity behind the name of who tells it, which the log here does not keep.
fn severity(text: &BStr) -> Option<usize> {
    let text = text.to_str().ok()?;
    let level = match text.split_once('.') {
        None => text,
        Some((facility, level)) if FACILITIES.split_whitespace().any(|known| known == facility) => level,
        Some(_) => return None,
    };
    let by_number = || level.parse().ok().filter(|number| *number < LEVELS.len());
    LEVELS.iter().position(|names| names.contains(&level)).or_else(by_number)
}

async fn run(p: Process) -> Outcome {
    let long = [("id", 'i'), ("stderr", 's'), ("priority", 'p'), ("tag", 't'), ("file", 'f')];
    let options = io::options(&p, &COMMAND, "+isp:t:f:", &long).await?;
    let level = match options.value('p').map(|text| (text, severity(text))) {
        None => 5,
        Some((_, Some(level))) => level,
        Some((text, None)) => {
            let message = format!("unknown priority '{text}'; try info, warning, err or user.notice");
            return Err(io::usage(&p, &COMMAND, &message).await);
        }
    };
    let mut head = match options.value('t') {
        Some(tag) => String::from_utf8_lossy(tag).into_owned(),
        None => owner::name(0).into_owned(),
    };
    if let (true, Some(pid)) = (options.has('i'), p.sys.current_pid()) {
        head += &format!("[{pid}]");
    }
    let log = match io::open(&p, BStr::new("/dev/kmsg"), OpenFlags::WRITE | OpenFlags::APPEND).await {
        Ok(log) => log,
        Err(error) => {
            io::complain_about(&p, b"/dev/kmsg", error).await;
            return Ok(1);
        }
    };
    let to = Log { p: &p, log: log.clone(), head, level, shows: options.has('s') };
    if !options.operands.is_empty() && options.value('f').is_none() {
        let message: BString = bstr::join(" ", &options.operands).into();
        return Ok(u8::from(!to.line(&message).await));
    }
    let names: Vec<&BStr> = options.value('f').into_iter().collect();
    let mut files = Files::new(&p, &names);
    let mut fine = true;
    while let Some(mut lines) = files.next().await {
        while let Some(line) = files.line(lines.next_line().await).await {
            fine &= to.line(line).await;
        }
    }
    Ok(files.status.max(u8::from(!fine)))
}

struct Log<'p> {
    p: &'p Process,
    log: Fd,
    head: String,
    level: usize,
    shows: bool,
}

impl Log<'_> {
    /// Adds one line; whether that could be done. Empty ones are not worth a line.
    async fn line(&self, line: &[u8]) -> bool {
        let text = String::from_utf8_lossy(line.trim_ascii_end());
        let text: String = text.chars().map(|c| if c.is_control() && c != '\t' { ' ' } else { c }).collect();
        if text.trim().is_empty() {
            return true;
        }
        let mut line = format!("{}: {text}", self.head);
        if line.len() > LONGEST {
            let cut = (0..=LONGEST).rev().find(|&at| line.is_char_boundary(at)).unwrap_or(0);
            line.truncate(cut);
        }
        line.push('\n');
        if self.shows {
            let _ = self.p.stderr().write_all(line.as_bytes()).await;
        }
        // In one write, which is one line of the log.
        match self.log.write_all(format!("<{}>{line}", self.level).as_bytes()).await {
            Ok(()) => true,
            Err(error) => {
                io::complain_about(self.p, b"/dev/kmsg", error).await;
                false
            }
        }
    }
}
