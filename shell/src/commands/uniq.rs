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
    "uniq [-cdDuiz] [-f FIELDS] [-s CHARS] [-w CHARS] [--group[=METHOD]] [INPUT [OUTPUT]]",
    "Prints each of equal neighbouring lines once; -c counts them, -d only repeated ones, -D each of the repeated ones, -u only others, -i ignores case, -f and -s skip fields and characters, -w compares so many; --group=separate, prepend, append or both prints all with empty lines between groups; -z: lines end with byte 0."
);

// Options that have long names only.
const REPEATED: char = '\u{1}';
const GROUP: char = '\u{2}';

/// What counts for comparing, and what is printed.
struct Plan {
    count: bool,
    repeated: bool,
    single: bool,
    ignore_case: bool,
    skip_fields: usize,
    skip_chars: usize,
    compare_chars: usize,
    /// Every line of a group is printed, with empty ones between groups.
    all: Option<Between>,
    end: u8,
}

/// Where empty lines stand among groups of equal lines.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Between {
    None,
    /// Before each.
    Prepend,
    /// After each.
    Append,
    Separate,
    /// Before the first and after each.
    Both,
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
        let rest = &rest[self.skip_chars.min(rest.len())..];
        &rest[..self.compare_chars.min(rest.len())]
    }

    async fn print(&self, line: &[u8], count: u64, out: &mut Output<'_>) -> Result<(), Ended> {
        let wanted = if count > 1 { !self.single } else { !self.repeated };
        if count == 0 || !wanted {
            return Ok(());
        }
        if self.count {
            out.push(format!("{count:7} ").as_bytes());
        }
        out.write_all(&[line, &[self.end]]).await
    }
}

/// The groups of equal lines that are printed whole.
struct Groups {
    only_repeated: bool,
    printed: u64,
}

impl Groups {
    /// Puts the empty line in front of a group.
    fn begin(&mut self, between: Between, end: u8, out: &mut Output<'_>) {
        let first = self.printed == 0;
        self.printed += 1;
        let empty = match between {
            Between::None => false,
            Between::Prepend => true,
            Between::Both if first => true,
            Between::Append | Between::Separate | Between::Both => !first,
        };
        if empty {
            out.push(&[end]);
        }
    }
}

async fn run(p: Process) -> Outcome {
    let long = [
        ("count", 'c'),
        ("repeated", 'd'),
        ("all-repeated", REPEATED),
        ("group", GROUP),
        ("unique", 'u'),
        ("ignore-case", 'i'),
        ("skip-fields", 'f'),
        ("skip-chars", 's'),
        ("check-chars", 'w'),
        ("zero-terminated", 'z'),
    ];
    let options = io::options(&p, &COMMAND, "cdDuizf:s:w:\u{1}::\u{2}::", &long).await?;
    let number = |option| options.value(option).map_or(Some(0), |text| numbers::parse(text));
    let most = options.value('w').map_or(Some(usize::MAX), |text| numbers::parse(text));
    let (Some(skip_fields), Some(skip_chars), Some(compare_chars)) = (number('f'), number('s'), most) else {
        return Err(io::usage(&p, &COMMAND, "invalid number of fields or characters").await);
    };
    let method = options.value(GROUP).or(options.value(REPEATED)).map(|method| method.as_bytes());
    let all = match method {
        None => options.has('D').then_some(Between::None),
        Some(b"none") if options.has(REPEATED) => Some(Between::None),
        Some(b"") if options.has(REPEATED) => Some(Between::None),
        Some(b"" | b"separate") => Some(Between::Separate),
        Some(b"prepend") => Some(Between::Prepend),
        Some(b"append") if options.has(GROUP) => Some(Between::Append),
        Some(b"both") if options.has(GROUP) => Some(Between::Both),
        Some(method) => {
            let message = format!("invalid method '{}'; try separate or prepend", method.as_bstr());
            return Err(io::usage(&p, &COMMAND, &message).await);
        }
    };
    if all.is_some() && options.has('c') || options.has(GROUP) && options.last_of("dDu\u{1}").is_some() {
        return Err(io::usage(&p, &COMMAND, "printing all lines goes not with choosing or counting them").await);
    }
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
        compare_chars,
        all,
        end: if options.has('z') { 0 } else { b'\n' },
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
    let mut groups = Groups { only_repeated: !options.has(GROUP), printed: 0 };
    loop {
        let line = match lines.next_until(plan.end).await {
            Ok(Some(line)) => line.strip_suffix(&[plan.end]).unwrap_or(line),
            Ok(None) => break,
            Err(error) => {
                io::complain_about(&p, name, error).await;
                out.flush().await?;
                return Ok(1);
            }
        };
        if count > 0 && plan.same(&current, line) {
            count += 1;
            if let Some(between) = plan.all {
                // The first of repeated ones could not be printed before there was a second.
                if count == 2 && groups.only_repeated {
                    groups.begin(between, plan.end, &mut out);
                    out.push(&current);
                    out.push(&[plan.end]);
                }
                out.write_all(&[line, &[plan.end]]).await?;
            }
        } else if let Some(between) = plan.all {
            if !groups.only_repeated {
                groups.begin(between, plan.end, &mut out);
                out.write_all(&[line, &[plan.end]]).await?;
            }
            current.clear();
            current.extend_from_slice(line);
            count = 1;
        } else {
            plan.print(&current, count, &mut out).await?;
            current.clear();
            current.extend_from_slice(line);
            count = 1;
        }
    }
    match plan.all {
        None => plan.print(&current, count, &mut out).await?,
        Some(Between::Append | Between::Both) if groups.printed > 0 => out.push(&[plan.end]),
        Some(_) => {}
    }
    out.finish(0).await
}
