//! `uudecode`: files from the text that `uuencode` made of them (POSIX XCU `uudecode`).

use alloc::{format, vec::Vec};
use bstr::{BStr, BString, ByteSlice};

use super::{base64::Group, support::files::Files};
use crate::{
    env::{Changes, OpenFlags},
    io::{self, CHUNK, Ended, Lines, Opened, Outcome},
    mode,
    process::Process,
};

command!(
    "uudecode",
    "uudecode [-o FILE] [FILE]",
    "Makes the files again that uuencode wrote as text; -o gives the name, - is standard output."
);

/// How a file was written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Lines,
    Base64,
}

async fn run(p: Process) -> Outcome {
    let options = io::options(&p, &COMMAND, "mo:", &[("output-file", 'o')]).await?;
    let mut files = Files::new(&p, &options.operands);
    while let Some(mut lines) = files.next().await {
        let mut found = false;
        while let Some(line) = files.line(lines.next_line().await).await {
            let Some((form, mode, name)) = begin(line) else { continue };
            found = true;
            let name = options.value('o').map_or(name, BString::from);
            decode(&p, &mut files, &mut lines, form, mode, name.as_bstr()).await?;
        }
        if !found && files.status == 0 {
            io::complain(&p, format!("{}: there is no line with begin", files.name())).await;
            files.status = 1;
        }
    }
    Ok(files.status)
}

/// `begin MODE NAME` or `begin-base64 MODE NAME`.
fn begin(line: &[u8]) -> Option<(Form, u16, BString)> {
    let line = line.trim_end_with(|c| matches!(c, '\n' | '\r'));
    let (form, rest) = match line.strip_prefix(b"begin-base64 ") {
        Some(rest) => (Form::Base64, rest),
        None => (Form::Lines, line.strip_prefix(b"begin ")?),
    };
    let (mode, name) = rest.split_once_str(b" ")?;
    Some((form, mode::apply(mode, 0, false, 0)?, name.into()))
}

async fn decode(
    p: &Process,
    files: &mut Files<'_>,
    lines: &mut Lines,
    form: Form,
    mode: u16,
    name: &BStr,
) -> Result<(), Ended> {
    let to_stdout = name == "-" || name == "/dev/stdout";
    let flags = OpenFlags::WRITE | OpenFlags::CREATE | OpenFlags::TRUNC;
    let file = match to_stdout {
        true => None,
        false => match io::open(p, name, flags).await {
            Ok(file) => Some(file),
            Err(error) => {
                io::complain_about(p, name, error).await;
                return Err(Ended(1));
            }
        },
    };
    let (mut bytes, mut group) = (Vec::new(), Group::default());
    let mut whole = false;
    while let Some(line) = files.line(lines.next_line().await).await {
        let line = line.trim_ascii_end();
        let fine = match form {
            Form::Base64 if line == b"====" => {
                whole = true;
                break;
            }
            Form::Base64 => line.iter().all(|byte| group.take(*byte, &mut bytes)),
            Form::Lines if line == b"end" => {
                whole = true;
                break;
            }
            Form::Lines => of_line(line, &mut bytes),
        };
        if !fine {
            io::complain(p, format!("{name}: a line is damaged")).await;
            return Err(Ended(1));
        }
        if bytes.len() >= CHUNK {
            write(p, name, &file, &bytes).await?;
            bytes.clear();
        }
    }
    group.rest(&mut bytes);
    write(p, name, &file, &bytes).await?;
    if !whole {
        io::complain(p, format!("{name}: the end is missing")).await;
        return Err(Ended(1));
    }
    if !to_stdout {
        let changes = Changes::mode(mode & 0o777);
        if let Err(error) = p.sys.change(p.absolute(name).as_bstr(), changes, true).await {
            io::complain_about(p, name, error).await;
            return Err(Ended(1));
        }
    }
    Ok(())
}

/// The bytes of a line: its first character says how many.
fn of_line(line: &[u8], bytes: &mut Vec<u8>) -> bool {
    let Some((&first, rest)) = line.split_first() else { return true };
    let bits = |byte: u8| byte.wrapping_sub(b' ') & 63;
    let mut left = usize::from(bits(first));
    // Blanks at the end may have got lost.
    for group in rest.chunks(4) {
        if group.iter().any(|byte| !(b' '..=b'`').contains(byte)) {
            return false;
        }
        let at = |i: usize| u32::from(bits(*group.get(i).unwrap_or(&b' ')));
        let value = at(0) << 18 | at(1) << 12 | at(2) << 6 | at(3);
        let [_, decoded @ ..] = value.to_be_bytes();
        let taken = left.min(3);
        bytes.extend_from_slice(&decoded[..taken]);
        left -= taken;
    }
    bytes.extend(core::iter::repeat_n(0, left));
    true
}

async fn write(p: &Process, name: &BStr, file: &Option<Opened>, bytes: &[u8]) -> Result<(), Ended> {
    match file {
        None => match p.stdout().write_all(bytes).await {
            Ok(()) => Ok(()),
            Err(error) => Err(io::write_failed(p, error).await),
        },
        Some(file) => match file.write_all(bytes).await {
            Ok(()) => Ok(()),
            Err(error) => {
                io::complain_about(p, name, error).await;
                Err(Ended(1))
            }
        },
    }
}
