//! `paste`: puts lines of several files side by side. Memory is that of one line of each.

use alloc::vec::Vec;
use bstr::{BStr, ByteSlice};

use super::support::{
    escape::{Octal, unescape},
    files::Files,
};
use crate::{
    io::{self, Ended, Lines, Opened, Outcome, Output},
    process::Process,
};

command!(
    "paste",
    "paste [-s] [-d LIST] [FILE...]",
    "Joins lines that have the same number with tabs, or with the characters of LIST in turn; -s joins the lines of one file after the other."
);

async fn run(p: Process) -> Outcome {
    let options = io::options(&p, &COMMAND, "sd:", &[("serial", 's'), ("delimiters", 'd')]).await?;
    let delimiters = delimiters(options.value('d').map_or(b"\\t", |text| text.as_ref()));
    let mut out = Output::new(&p);
    if options.has('s') {
        let mut files = Files::new(&p, &options.operands);
        while let Some(mut lines) = files.next().await {
            let mut between = delimiters.iter().cycle();
            let mut first = true;
            while let Some(line) = files.line(lines.next_line().await).await {
                if !first {
                    out.push(between.next().map_or(b"", Vec::as_slice));
                }
                first = false;
                out.write(line.strip_suffix(b"\n").unwrap_or(line)).await?;
            }
            out.write(b"\n").await?;
        }
        out.finish(files.status).await
    } else {
        let status = side_by_side(&p, &io::inputs(&options.operands), &delimiters, &mut out).await?;
        out.finish(status).await
    }
}

/// The delimiters, each as bytes; `\0` is none at all. Never empty.
fn delimiters(list: &[u8]) -> Vec<Vec<u8>> {
    let mut delimiters = Vec::new();
    let mut chars = list.char_indices();
    while let Some((start, mut end, c)) = chars.next() {
        if c == '\\'
            && let Some((_, escaped, c)) = chars.next()
        {
            end = escaped;
            if c == '0' {
                delimiters.push(Vec::new());
                continue;
            }
            let mut bytes = Vec::new();
            if matches!(c, 'b' | 'f' | 'n' | 'r' | 't' | 'v' | '\\') {
                unescape(&list[start..end], Octal::Plain, &mut bytes);
            } else {
                bytes.extend_from_slice(&list[start + 1..end]);
            }
            delimiters.push(bytes);
        } else {
            delimiters.push(list[start..end].to_vec());
        }
    }
    if delimiters.is_empty() {
        delimiters.push(Vec::new());
    }
    delimiters
}

/// A column: where its lines come from, until there are no more.
struct Column<'a> {
    name: &'a BStr,
    /// Which of the sources it reads, as several columns may share standard input.
    source: usize,
}

struct Source {
    lines: Lines,
    ended: bool,
    _file: Opened,
}

async fn side_by_side(
    p: &Process,
    names: &[&BStr],
    delimiters: &[Vec<u8>],
    out: &mut Output<'_>,
) -> Result<u8, Ended> {
    let (mut columns, mut sources): (Vec<Column<'_>>, Vec<Source>) = (Vec::new(), Vec::new());
    for name in names {
        let shared = columns.iter().find(|column| *name == "-" && column.name == "-");
        let source = match shared {
            Some(column) => column.source,
            None => {
                let file = io::open_input(p, name).await.ok_or(Ended(1))?;
                sources.push(Source { lines: Lines::new(&file), ended: false, _file: file });
                sources.len() - 1
            }
        };
        columns.push(Column { name, source });
    }
    let (mut status, mut row) = (0, Vec::new());
    loop {
        row.clear();
        let mut any = false;
        for (i, column) in columns.iter().enumerate() {
            if i > 0 {
                row.extend_from_slice(&delimiters[(i - 1) % delimiters.len()]);
            }
            let source = &mut sources[column.source];
            if source.ended {
                continue;
            }
            match source.lines.next_line().await {
                Ok(Some(line)) => {
                    row.extend_from_slice(line.strip_suffix(b"\n").unwrap_or(line));
                    any = true;
                }
                Ok(None) => source.ended = true,
                Err(error) => {
                    io::complain_about(p, column.name, error).await;
                    (source.ended, status) = (true, 1);
                }
            }
        }
        if !any {
            return Ok(status);
        }
        row.push(b'\n');
        out.write(&row).await?;
    }
}
