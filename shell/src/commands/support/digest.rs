//! What `md5sum` and `sha256sum` do: digests of files, and checking lists of them.

use alloc::{format, string::String};
use bstr::{BStr, BString, ByteSlice};
use core::fmt::Write;
use sha2::{Digest, digest::Output as Hash};

use super::files::Files;
use crate::{
    io::{self, CHUNK, Ended, Outcome, Output},
    process::{Command, Process},
};

/// Runs the command for the digest `D`, which `tag` names in lists like `SHA256 (name) = digest`.
pub async fn run<D: Digest>(p: &Process, command: &Command, tag: &str) -> Outcome {
    let long = [("check", 'c'), ("binary", 'b'), ("text", 't'), ("quiet", 'q'), ("status", 's')];
    let options = io::options(p, command, "cbtqs", &long).await?;
    let mut out = Output::new(p);
    let mut files = Files::new(p, &options.operands);
    if options.has('c') {
        let mut check = Check { tag, quiet: options.has('q'), silent: options.has('s'), fine: true };
        while let Some(mut lines) = files.next().await {
            let mut counts = Counts::default();
            while let Some(line) = files.line(lines.next_line().await).await {
                check
                    .line::<D>(p, line.trim_end_with(|c| matches!(c, '\n' | '\r')), &mut counts, &mut out)
                    .await?;
            }
            out.flush().await?;
            check.sum_up(p, files.name(), &counts).await;
        }
        let status = files.status.max(u8::from(!check.fine));
        return out.finish(status).await;
    }
    while files.next_file().await.is_some() {
        if let Some(hash) = hash::<D>(p, &mut files).await? {
            let (mark, name) = escape(files.name());
            let between: &[u8] = if options.last_of("bt") == Some('b') { b" *" } else { b"  " };
            out.write_all(&[mark, hex::<D>(&hash).as_bytes(), between, &name, b"\n"]).await?;
        }
    }
    out.finish(files.status).await
}

/// The digest of what is left of the current file; `None` if it cannot be read.
async fn hash<D: Digest>(p: &Process, files: &mut Files<'_>) -> Result<Option<Hash<D>>, Ended> {
    let mut chunk = io::buffer_or_complain(p, CHUNK).await?;
    let mut digest = D::new();
    loop {
        match files.try_read(&mut chunk).await {
            Some(0) => return Ok(Some(digest.finalize())),
            Some(n) => digest.update(&chunk[..n]),
            None => return Ok(None),
        }
    }
}

fn hex<D: Digest>(hash: &Hash<D>) -> String {
    let mut text = String::new();
    for byte in hash {
        let _ = write!(text, "{byte:02x}"); // a string takes everything
    }
    text
}

/// A name that would break a line is escaped, and a backslash in front of the line says so.
fn escape(name: &BStr) -> (&'static [u8], BString) {
    if name.find_byteset(b"\\\n\r").is_none() {
        return (b"", name.into());
    }
    let mut escaped = BString::default();
    for byte in name.iter() {
        match byte {
            b'\\' => escaped.extend_from_slice(b"\\\\"),
            b'\n' => escaped.extend_from_slice(b"\\n"),
            b'\r' => escaped.extend_from_slice(b"\\r"),
            _ => escaped.push(*byte),
        }
    }
    (b"\\", escaped)
}

fn unescape(name: &[u8]) -> BString {
    let name = name.replace(b"\\\\", b"\\\0"); // no name holds the byte 0
    name.replace(b"\\n", b"\n").replace(b"\\r", b"\r").replace(b"\\\0", b"\\").into()
}

#[derive(Default)]
struct Counts {
    lines: u64,
    malformed: u64,
    unreadable: u64,
    different: u64,
}

struct Check<'a> {
    tag: &'a str,
    quiet: bool,
    silent: bool,
    fine: bool,
}

impl Check<'_> {
    async fn line<D: Digest>(
        &self,
        p: &Process,
        line: &[u8],
        counts: &mut Counts,
        out: &mut Output<'_>,
    ) -> Result<(), Ended> {
        if line.starts_with(b"#") {
            return Ok(());
        }
        let Some((wanted, file)) = split(line, self.tag, 2 * <D as Digest>::output_size()) else {
            counts.malformed += u64::from(!line.is_empty());
            return Ok(());
        };
        counts.lines += 1;
        out.flush().await?; // before complaints
        let name = file.as_bstr();
        let mut files = Files::new(p, &[name]);
        let hash = match files.next_file().await.is_some() {
            true => hash::<D>(p, &mut files).await?,
            false => None,
        };
        let verdict = match hash {
            None => {
                counts.unreadable += 1;
                "FAILED open or read"
            }
            Some(hash) if hex::<D>(&hash).as_bytes().eq_ignore_ascii_case(wanted) => "OK",
            Some(_) => {
                counts.different += 1;
                "FAILED"
            }
        };
        if self.silent || self.quiet && verdict == "OK" {
            return Ok(());
        }
        out.write_all(&[escape(name).1.as_bytes(), b": ", verdict.as_bytes(), b"\n"]).await
    }

    /// What went wrong with a list as a whole.
    async fn sum_up(&mut self, p: &Process, name: &BStr, counts: &Counts) {
        if counts.lines == 0 {
            io::complain(p, format!("{name}: no properly formatted checksum lines found")).await;
            self.fine = false;
            return;
        }
        self.fine &= counts.different + counts.unreadable == 0;
        if self.silent {
            return;
        }
        let texts = [
            (counts.malformed, "line is improperly formatted", "lines are improperly formatted"),
            (counts.unreadable, "listed file could not be read", "listed files could not be read"),
            (counts.different, "computed checksum did NOT match", "computed checksums did NOT match"),
        ];
        for (count, one, many) in texts.into_iter().filter(|(count, _, _)| *count > 0) {
            io::complain(p, format!("WARNING: {count} {}", if count == 1 { one } else { many })).await;
        }
    }
}

/// The digest and the name in a line of a list: `DIGEST  NAME`, `DIGEST *NAME` or `TAG (NAME) = DIGEST`.
fn split<'a>(line: &'a [u8], tag: &str, digits: usize) -> Option<(&'a [u8], BString)> {
    let (escaped, line) = match line.strip_prefix(b"\\") {
        Some(line) => (true, line),
        None => (false, line),
    };
    let tagged = line.strip_prefix(tag.as_bytes()).and_then(|rest| rest.strip_prefix(b" ("));
    let (hash, name) = match tagged {
        Some(rest) => {
            let at = rest.rfind(b") = ")?;
            (&rest[at + 4..], &rest[..at])
        }
        None => {
            let (hash, rest) = line.split_at_checked(digits)?;
            let [b' ', b' ' | b'*', name @ ..] = rest else { return None };
            (hash, name)
        }
    };
    let valid = hash.len() == digits && hash.iter().all(u8::is_ascii_hexdigit) && !name.is_empty();
    valid.then(|| (hash, if escaped { unescape(name) } else { name.into() }))
}
