//! The table of shell cases (`shell/tests/cases/`), all of them in one guest and through its console.

use std::{fs, path::Path};

use pollux_cases::{Case, FILES, Outcome, Table};

use super::terminal::Terminal;
use crate::guest::{Alone, Check, Laboratory};

pub(super) const TESTS: &[Alone] = &[("the shell does what the table says", table)];

/// Runs every script in a directory of its own, and writes what came of it behind a line with the status and the sizes.
/// A substitution takes off the newlines at the end, which a script may need.
const DRIVER: &str = "\
for script in /host/scripts/*; do
  cd /tmp; rm -rf /tmp/work; cp -R /host/files /tmp/work; cd /tmp/work
  text=$(cat $script; echo .)
  HOME=/tmp/work/dir PATH=/bin sh -c \"${text%.}\" sh < /host/files/.stdin > /tmp/out 2> /tmp/messages
  echo \"case $? $(wc -c < /tmp/out) $(wc -c < /tmp/messages)\"
  cat /tmp/out /tmp/messages
done
";

fn table(laboratory: &Laboratory) -> Check {
    Table::load()?.run(None, "", |cases| run(laboratory, cases)).map(drop)
}

fn run(laboratory: &Laboratory, cases: &[&Case]) -> Check<Vec<Outcome>> {
    let folder = laboratory.scratch().join("cases");
    lay_out(&folder, cases).map_err(|error| format!("{}: {error}", folder.display()))?;
    let folder = folder.to_str().ok_or("the temporary folder has no name in UTF-8")?;
    let mut terminal = Terminal::open(laboratory, &["--files", folder])?;
    terminal.expect("$ ")?;
    // As digits: whatever the scripts write, it is no matter to the terminal.
    terminal.write("sh /host/driver | xxd -p; echo 'all' ran\r")?;
    terminal.expect("\n")?;
    let digits = terminal.expect("all ran")?;
    terminal.write("exit\r")?;
    terminal.expect_status(0)?;
    let output = bytes(&digits)?;
    let mut outcomes = Vec::new();
    let mut rest = output.as_slice();
    while !rest.is_empty() {
        match outcome(&mut rest) {
            Some(outcome) => outcomes.push(outcome),
            None => {
                let rest = String::from_utf8_lossy(rest);
                return Err(format!("behind {} cases the driver wrote {rest:.400}", outcomes.len()));
            }
        }
    }
    check_eq!(outcomes.len(), cases.len(), "cases that ran");
    Ok(outcomes)
}

/// What hexadecimal digits with line ends between them say.
fn bytes(digits: &[u8]) -> Check<Vec<u8>> {
    let digits: Vec<u8> = digits.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let wrong = || format!("no digits: {:.400}", String::from_utf8_lossy(&digits));
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    digits.chunks(2).map(byte).collect::<Option<_>>().ok_or_else(wrong)
}

/// Puts the driver, the scripts and their files where the guest gets them from.
fn lay_out(folder: &Path, cases: &[&Case]) -> std::io::Result<()> {
    fs::create_dir_all(folder.join("scripts"))?;
    fs::create_dir_all(folder.join("files/dir"))?;
    fs::write(folder.join("driver"), DRIVER)?;
    for (name, text) in FILES {
        fs::write(folder.join("files").join(name), text)?;
    }
    for (number, case) in cases.iter().enumerate() {
        // The names are in the order of the cases.
        fs::write(folder.join(format!("scripts/{number:05}")), &case.script)?;
    }
    Ok(())
}

/// Takes the next outcome from the driver's output.
fn outcome(rest: &mut &[u8]) -> Option<Outcome> {
    let end = rest.iter().position(|&byte| byte == b'\n')?;
    let line = std::str::from_utf8(&rest[..end]).ok()?;
    let mut numbers = line.strip_prefix("case ")?.split(' ').map(str::parse::<usize>);
    let mut number = || numbers.next()?.ok();
    let (status, stdout, stderr) = (number()?, number()?, number()?);
    let (written, after) = rest[end + 1..].split_at_checked(stdout + stderr)?;
    *rest = after;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (stdout, stderr) = written.split_at(stdout);
    Some(Outcome { stdout: text(stdout), stderr: Some(text(stderr)), status: status as i32 })
}
