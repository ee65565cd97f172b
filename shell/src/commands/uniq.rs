//! `uniq`: joins equal lines that follow each other. Memory is that of one line.

use alloc::{format, vec::Vec};
use bstr::ByteSlice;

use super::support::numbers;
use crate::{
    env::OpenFlags,
    io::{self, Ended, Lines, Outcome, Output},
    process::Process,
};

command!(
    "uniq",
    "uniq [-cdui] [-f FIELDS] [-s CHARS] [INPUT [OUTPUT]]",
    "Prints each of equal neighbouring lines once; -c counts them, -d only repeated ones, -u only others, -i ignores case."
);

/// What counts for comparing, and what is printed.
struct Plan {
    count: bool,
    repeated: bool,
    single: bool,
    ignore_case: bool,
    skip_fields: usize,
    skip_chars: usize,
}

impl Plan {
    fn same(&self, a: &[u8], b: &[u8]) -> bool {
        let (a, b) = (self.compared(a), self.compared(b));
        if self.ignore_case { a.eq_ignore_ascii_case(b) } else { a == b }
    }

    fn compared<'a>(&self, line: &'a [u8]) -> &'a [u8] {
        let blank = |byte: &&u8| **byte == b' ' || **byte == b'\t';
        let mut rest = line;
        for _ in 0..self.skip_fields {
            rest = &rest[rest.iter().take_while(blank).count()..];
            rest = &rest[rest.iter().take_while(|byte| !blank(byte)).count()..];
        }
        &rest[self.skip_chars.min(rest.len())..]
    }

    async fn print(&self, line: &[u8], count: u64, out: &mut Output<'_>) -> Result<(), Ended> {
        let wanted = if count > 1 { !self.single } else { !self.repeated };
        if count == 0 || !wanted {
            return Ok(());
        }
        if self.count {
            out.push(format!("{count:7} ").as_bytes());
        }
        out.write_line(line).await
    }
}

async fn run(p: Process) -> Outcome {
    let long = [("count", 'c'), ("repeated", 'd'), ("unique", 'u'), ("ignore-case", 'i'), ("skip-fields", 'f')];
    let options = io::options(&p, &COMMAND, "cduif:s:", &long).await?;
    let number = |option| options.value(option).map_or(Some(0), |text| numbers::parse(text));
    let (Some(skip_fields), Some(skip_chars)) = (number('f'), number('s')) else {
        return Err(io::usage(&p, &COMMAND, "invalid number to skip").await);
    };
    if let Some(extra) = options.operands.get(2) {
        return Err(io::usage(&p, &COMMAND, &format!("extra operand '{extra}'")).await);
    }
    let plan = Plan {
        count: options.has('c'),
        repeated: options.has('d'),
        single: options.has('u'),
        ignore_case: options.has('i'),
        skip_fields,
        skip_chars,
    };
    let name = *options.operands.first().unwrap_or(&"-".as_bytes().as_bstr());
    let input = io::open_input(&p, name).await.ok_or(Ended(1))?;
    if let Some(output) = options.operands.get(1).filter(|name| **name != "-") {
        let flags = OpenFlags::WRITE | OpenFlags::CREATE | OpenFlags::TRUNC;
        if let Err(error) = io::open(&p, output, flags).await.and_then(|file| p.fds.set(1, file.file()?)) {
            io::complain_about(&p, output, error).await;
            return Ok(1);
        }
    }
    let mut out = Output::new(&p);
    let mut lines = Lines::new(&input);
    let (mut current, mut count): (Vec<u8>, u64) = (Vec::new(), 0);
    loop {
        let line = match lines.next_line().await {
            Ok(Some(line)) => line.strip_suffix(b"\n").unwrap_or(line),
            Ok(None) => break,
            Err(error) => {
                io::complain_about(&p, name, error).await;
                out.flush().await?;
                return Ok(1);
            }
        };
        if count > 0 && plan.same(&current, line) {
            count += 1;
        } else {
            plan.print(&current, count, &mut out).await?;
            current.clear();
            current.extend_from_slice(line);
            count = 1;
        }
    }
    plan.print(&current, count, &mut out).await?;
    out.finish(0).await
}
