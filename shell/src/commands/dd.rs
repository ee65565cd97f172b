//! `dd`: copies in blocks of a given size, and says how many.
//!
//! Files and devices fill every block; a pipe or terminal gives what it has, as everywhere.

use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use bstr::{BStr, ByteSlice};
use core::time::Duration;

use super::support::numbers;
use crate::{
    env::{FileType, OpenFlags, SeekFrom},
    errno::Errno,
    fd::Fd,
    io::{self, BROKEN_PIPE, Ended, Outcome},
    process::Process,
    splice::Refused,
};

command!(
    "dd",
    "dd [if=FILE] [of=FILE] [bs=BYTES | ibs=BYTES obs=BYTES] [count=BLOCKS] [skip=BLOCKS] [seek=BLOCKS] [cbs=BYTES] [conv=WORDS] [iflag=WORDS] [oflag=WORDS] [status=none|noxfer|progress]",
    "Copies standard input, or the file if=, to standard output, or the file of=, in blocks of BYTES (512; suffixes c w b kB K MB M GB G). conv= takes block, unblock, lcase, ucase, swab, sync, noerror, sparse, notrunc, excl, nocreat and fsync; iflag= fullblock, skip_bytes, count_bytes, nofollow and directory; oflag= append, seek_bytes and nofollow; commas between."
);

/// What the operands say.
struct Plan<'a> {
    input: Option<&'a BStr>,
    output: Option<&'a BStr>,
    ibs: usize,
    obs: usize,
    /// Every block that is read is written as it is: `bs=` was given.
    as_read: bool,
    count: Option<u64>,
    skip: u64,
    seek: u64,
    /// Whether these are bytes, not blocks.
    skip_bytes: bool,
    seek_bytes: bool,
    count_bytes: bool,
    /// How long the records of `conv=block` and `conv=unblock` are.
    cbs: usize,
    input_flags: OpenFlags,
    output_flags: OpenFlags,
    conv: Vec<&'a [u8]>,
    full_blocks: bool,
    append: bool,
    status: &'a [u8],
}

impl<'a> Plan<'a> {
    fn parse(operands: &[&'a BStr]) -> Result<Self, String> {
        let mut plan = Self {
            input: None,
            output: None,
            ibs: 512,
            obs: 512,
            as_read: false,
            count: None,
            skip: 0,
            seek: 0,
            skip_bytes: false,
            seek_bytes: false,
            count_bytes: false,
            cbs: 0,
            input_flags: OpenFlags::READ,
            output_flags: OpenFlags::WRITE,
            conv: Vec::new(),
            full_blocks: false,
            append: false,
            status: b"",
        };
        for operand in operands {
            let Some((name, value)) = operand.split_once_str(b"=") else {
                return Err(format!("unrecognized operand '{operand}'"));
            };
            let value = value.as_bstr();
            let bad = || format!("invalid value '{value}' of {}", name.as_bstr());
            let number = || amount(value).ok_or_else(bad);
            let size = || number().and_then(|n| usize::try_from(n).ok().filter(|n| *n > 0).ok_or_else(bad));
            let each_of = |known: &[&str]| {
                let words: Vec<&[u8]> = value.split_str(b",").collect();
                let fine = words.iter().all(|word| known.iter().any(|known| known.as_bytes() == *word));
                if fine { Ok(words) } else { Err(bad()) }
            };
            match name {
                b"if" => plan.input = Some(value),
                b"of" => plan.output = Some(value),
                b"cbs" => plan.cbs = size()?,
                b"ibs" => plan.ibs = size()?,
                b"obs" => plan.obs = size()?,
                b"bs" => (plan.ibs, plan.obs, plan.as_read) = (size()?, size()?, true),
                b"count" => plan.count = Some(number()?),
                b"skip" | b"iseek" => plan.skip = number()?,
                b"seek" | b"oseek" => plan.seek = number()?,
                b"conv" => plan.conv.extend(each_of(&[
                    "notrunc", "sync", "excl", "nocreat", "lcase", "ucase", "swab", "noerror", "sparse", "block",
                    "unblock",
                    // Nothing is behind the files that could lag.
                    "fsync", "fdatasync",
                ])?),
                b"iflag" => {
                    let flags =
                        each_of(&["fullblock", "skip_bytes", "count_bytes", "nofollow", "directory"])?;
                    plan.count_bytes |= flags.contains(&&b"count_bytes"[..]);
                    plan.input_flags.set(OpenFlags::NOFOLLOW, flags.contains(&&b"nofollow"[..]));
                    plan.input_flags.set(OpenFlags::DIRECTORY, flags.contains(&&b"directory"[..]));
                    plan.full_blocks |= flags.contains(&&b"fullblock"[..]);
                    plan.skip_bytes |= flags.contains(&&b"skip_bytes"[..]);
                }
                b"oflag" => {
                    // What is written is there at once.
                    let flags = each_of(&["append", "seek_bytes", "nofollow", "dsync", "sync"])?;
                    plan.output_flags.set(OpenFlags::NOFOLLOW, flags.contains(&&b"nofollow"[..]));
                    plan.append |= flags.contains(&&b"append"[..]);
                    plan.seek_bytes |= flags.contains(&&b"seek_bytes"[..]);
                }
                b"status" => {
                    plan.status = each_of(&["none", "noxfer", "progress"])?.first().copied().unwrap_or(b"")
                }
                _ => return Err(format!("unrecognized operand '{operand}'")),
            }
        }
        for pair in [["block", "unblock"], ["lcase", "ucase"], ["excl", "nocreat"]] {
            if pair.iter().all(|how| plan.converts(how)) {
                return Err(format!("conv={} and conv={} exclude each other", pair[0], pair[1]));
            }
        }
        if plan.cbs == 0 && (plan.converts("block") || plan.converts("unblock")) {
            return Err("conv=block and conv=unblock need the length of a record: cbs=80".into());
        }
        Ok(plan)
    }

    fn converts(&self, how: &str) -> bool {
        self.conv.contains(&how.as_bytes())
    }
}

/// A number with a suffix, or several with `x` between.
fn amount(text: &[u8]) -> Option<u64> {
    text.split_str(b"x").try_fold(1u64, |product, factor| {
        let digits = factor.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let number: u64 = numbers::parse(&factor[..digits])?;
        let unit = match &factor[digits..] {
            b"" | b"c" => 1,
            b"w" => 2,
            b"b" => 512,
            b"kB" | b"KB" => 1000,
            b"k" | b"K" | b"KiB" => 1 << 10,
            b"MB" => 1_000_000,
            b"M" | b"MiB" => 1 << 20,
            b"GB" => 1_000_000_000,
            b"G" | b"GiB" => 1 << 30,
            _ => return None,
        };
        product.checked_mul(number)?.checked_mul(unit)
    })
}

/// Records that were as long as they should be, and shorter ones.
#[derive(Default)]
struct Records {
    full: u64,
    partial: u64,
}

impl Records {
    fn add(&mut self, full: bool) {
        if full { self.full += 1 } else { self.partial += 1 }
    }
}

/// `conv=block` and `conv=unblock`: lines to records of one length, and back.
struct Blocks {
    pads: bool,
    splits: bool,
    length: usize,
    /// How much of a record there is, and the blanks that may be its end.
    column: usize,
    blanks: usize,
    /// Records that were too long.
    cut: u64,
}

impl Blocks {
    fn new(plan: &Plan<'_>) -> Self {
        let (pads, splits) = (plan.converts("block"), plan.converts("unblock"));
        Self { pads, splits, length: plan.cbs, column: 0, blanks: 0, cut: 0 }
    }

    /// What becomes of some bytes; nothing if they stay what they are.
    fn convert(&mut self, block: &[u8]) -> Option<Vec<u8>> {
        if !self.pads && !self.splits {
            return None;
        }
        let mut out = Vec::new();
        for &byte in block {
            if self.pads && byte == b'\n' {
                out.resize(out.len() + self.length.saturating_sub(self.column), b' ');
                self.column = 0;
            } else if self.pads {
                self.column += 1;
                if self.column <= self.length {
                    out.push(byte);
                }
                self.cut += u64::from(self.column == self.length + 1);
            } else {
                if self.column == self.length {
                    self.end_line(&mut out);
                }
                self.column += 1;
                if byte == b' ' {
                    self.blanks += 1;
                } else {
                    out.resize(out.len() + core::mem::take(&mut self.blanks), b' ');
                    out.push(byte);
                }
            }
        }
        Some(out)
    }

    fn end_line(&mut self, out: &mut Vec<u8>) {
        out.push(b'\n');
        (self.column, self.blanks) = (0, 0);
    }

    /// What the last record lacks.
    fn finish(&mut self) -> Vec<u8> {
        let mut out = Vec::new();
        if self.column > 0 && self.pads {
            out.resize(self.length.saturating_sub(self.column), b' ');
        } else if self.column > 0 && self.splits {
            self.end_line(&mut out);
        }
        out
    }
}

/// How moving a block without a buffer went.
enum Straight {
    Block,
    End,
    /// The files cannot do that.
    NoWay,
}

struct Copy<'p> {
    p: &'p Process,
    plan: &'p Plan<'p>,
    output: Fd,
    read: Records,
    written: Records,
    bytes: u64,
    /// Bytes that were read.
    taken: u64,
    /// The output ends in a hole that has to be made.
    hole: bool,
    records: Blocks,
    status: u8,
    began: Duration,
    told: Duration,
}

async fn run(p: Process) -> Outcome {
    let options = io::options(&p, &COMMAND, "", &[]).await?;
    let plan = match Plan::parse(&options.operands) {
        Ok(plan) => plan,
        Err(mistake) => return Err(io::usage(&p, &COMMAND, &mistake).await),
    };
    let (input_file, output_file); // closed when they go
    let input = match plan.input {
        Some(name) => match io::open(&p, name, plan.input_flags).await {
            Ok(file) => {
                input_file = file;
                input_file.clone()
            }
            Err(error) => return failed(&p, "failed to open", name, error).await,
        },
        None => p.stdin(),
    };
    let mut flags = plan.output_flags;
    flags.set(OpenFlags::CREATE, !plan.converts("nocreat"));
    flags.set(OpenFlags::EXCL, plan.converts("excl"));
    let cuts = !plan.converts("notrunc") && !plan.append;
    flags.set(OpenFlags::TRUNC, cuts && plan.seek == 0);
    flags.set(OpenFlags::APPEND, plan.append);
    let output = match plan.output {
        Some(name) => match io::open(&p, name, flags).await {
            Ok(file) => {
                output_file = file;
                output_file.clone()
            }
            Err(error) => return failed(&p, "failed to open", name, error).await,
        },
        None => p.stdout(),
    };
    if let Err(error) = skip(&input, &plan).await {
        return failed(&p, "cannot skip in", plan.input.unwrap_or(BStr::new("-")), error).await;
    }
    if plan.seek > 0 {
        let unit = if plan.seek_bytes { 1 } else { plan.obs as u64 };
        let to = plan.seek.checked_mul(unit).and_then(|to| i64::try_from(to).ok());
        let moved = match to {
            Some(to) => output.file().and_then(|file| {
                // What is behind the blocks that are passed over goes, as far as there is a length to cut to.
                let regular = file.metadata()?.kind == FileType::Regular;
                if plan.output.is_some() && cuts && regular {
                    file.set_len(to as u64)?;
                }
                file.seek(SeekFrom::Current(to))
            }),
            None => Err(Errno::EINVAL),
        };
        if let Err(error) = moved {
            return failed(&p, "cannot seek in", plan.output.unwrap_or(BStr::new("-")), error).await;
        }
    }
    let began = p.sys.uptime();
    let (read, written) = Default::default();
    let records = Blocks::new(&plan);
    let mut copy =
        Copy { p: &p, plan: &plan, output, read, written, bytes: 0, taken: 0, hole: false, records, status: 0, began, told: began };
    let mut outcome = copy.all(&input).await;
    if let (true, Ok(file)) = (copy.hole, copy.output.file())
        && let Err(error) = file.seek(SeekFrom::Current(0)).and_then(|end| file.set_len(end))
    {
        outcome = Err(copy.writing_failed(error).await);
    }
    copy.report().await;
    outcome.map(|()| copy.status)
}

async fn failed(p: &Process, what: &str, name: &BStr, error: Errno) -> Outcome {
    io::complain(p, format!("{what} '{name}': {error}")).await;
    Ok(1)
}

/// Passes over the first blocks of the input: by its offset if it has one, else by reading.
async fn skip(input: &Fd, plan: &Plan<'_>) -> Result<(), Errno> {
    if plan.skip == 0 {
        return Ok(());
    }
    let mut left = plan.skip.saturating_mul(if plan.skip_bytes { 1 } else { plan.ibs as u64 });
    let regular = input.file()?.metadata().is_ok_and(|metadata| metadata.kind == FileType::Regular);
    if regular && let Ok(by) = i64::try_from(left) {
        return input.file()?.seek(SeekFrom::Current(by)).map(drop);
    }
    let mut buf = Vec::new();
    while left > 0 {
        match input.read_pieces(usize::try_from(left).unwrap_or(usize::MAX), &mut buf, |_| {}).await? {
            0 => return Ok(()),
            n => left -= n as u64,
        }
    }
    Ok(())
}

impl Copy<'_> {
    async fn all(&mut self, input: &Fd) -> Result<(), Ended> {
        let plan = self.plan;
        let fills = plan.full_blocks || fills(input);
        // Blocks that stay what they are go straight from file to file, where the files can do that.
        let moves = ["sync", "lcase", "ucase", "swab", "noerror", "sparse", "block", "unblock"];
        if plan.as_read && !plan.count_bytes && !moves.iter().any(|how| plan.converts(how)) {
            while self.wants_more() {
                match self.straight(input, fills).await? {
                    Straight::Block => self.progress().await,
                    Straight::End => return Ok(()),
                    Straight::NoWay => break,
                }
            }
        }
        let mut buf = io::buffer_or_complain(self.p, plan.ibs).await?;
        let buf = &mut buf[..];
        // Blocks of another size are put together here.
        let as_read = plan.as_read && !plan.converts("block") && !plan.converts("unblock");
        let mut gathered = if as_read { Vec::new() } else { io::buffer_or_complain(self.p, plan.obs).await? };
        gathered.clear();
        let mut result = Ok(());
        while self.wants_more() {
            let size = match plan.count.filter(|_| plan.count_bytes) {
                Some(count) => usize::try_from(count - self.taken).unwrap_or(usize::MAX).min(buf.len()),
                None => buf.len(),
            };
            let (mut n, mut is_bad) = (0, false);
            while n < size {
                match input.read(&mut buf[n..size]).await {
                    Ok(0) => break,
                    Ok(more) => n += more,
                    Err(error) => {
                        result = Err(self.reading_failed(error).await);
                        is_bad = true;
                        break;
                    }
                }
                if !fills {
                    break;
                }
            }
            if is_bad && plan.converts("noerror") && self.pass_bad_block(input) {
                // The block counts, and with `sync` zeros take its place.
                (result, self.status) = (Ok(()), 1);
                buf[n..].fill(0);
                n = if plan.converts("sync") { buf.len() } else { n };
                if n == 0 {
                    self.read.add(false);
                    continue;
                }
            }
            if n == 0 {
                break;
            }
            self.taken += n as u64;
            self.read.add(n == buf.len());
            if plan.converts("sync") {
                let fill = if plan.converts("block") || plan.converts("unblock") { b' ' } else { 0 };
                buf[n..].fill(fill);
                n = buf.len();
            }
            let block = &mut buf[..n];
            if plan.converts("swab") {
                block.as_chunks_mut::<2>().0.iter_mut().for_each(|pair| pair.reverse());
            }
            if plan.converts("lcase") {
                block.make_ascii_lowercase();
            } else if plan.converts("ucase") {
                block.make_ascii_uppercase();
            }
            if as_read {
                self.write(block).await?;
            } else {
                let converted = self.records.convert(block);
                self.gather(converted.as_deref().unwrap_or(block), &mut gathered).await?;
            }
            if result.is_err() {
                break;
            }
            self.progress().await;
        }
        let rest = self.records.finish();
        if !as_read {
            self.gather(&rest, &mut gathered).await?;
        }
        if !gathered.is_empty() {
            self.write(&gathered).await?;
        }
        result
    }

    /// Puts bytes together to blocks of the output.
    async fn gather(&mut self, mut rest: &[u8], gathered: &mut Vec<u8>) -> Result<(), Ended> {
        while !rest.is_empty() {
            let (now, later) = rest.split_at(rest.len().min(self.plan.obs - gathered.len()));
            gathered.extend_from_slice(now);
            rest = later;
            if gathered.len() == self.plan.obs {
                self.write(gathered).await?;
                gathered.clear();
            }
        }
        Ok(())
    }

    /// Goes on behind a block that cannot be read; whether that is possible.
    fn pass_bad_block(&mut self, input: &Fd) -> bool {
        input.file().and_then(|file| file.seek(SeekFrom::Current(self.plan.ibs as i64))).is_ok()
    }

    async fn write(&mut self, block: &[u8]) -> Result<(), Ended> {
        // A block of zeros becomes a hole, where the output has holes.
        let makes_hole = self.plan.converts("sparse") && block.iter().all(|&byte| byte == 0);
        let moved = match makes_hole {
            true => self.output.file().and_then(|file| file.seek(SeekFrom::Current(block.len() as i64))).is_ok(),
            false => false,
        };
        self.hole = moved;
        let done = if moved { Ok(()) } else { self.output.write_all(block).await };
        match done {
            Ok(()) => {
                self.written.add(block.len() == self.plan.obs);
                self.bytes += block.len() as u64;
                Ok(())
            }
            Err(error) => Err(self.writing_failed(error).await),
        }
    }

    fn wants_more(&self) -> bool {
        let so_far = if self.plan.count_bytes { self.taken } else { self.read.full + self.read.partial };
        self.plan.count.is_none_or(|count| so_far < count)
    }

    /// Moves one block without a buffer of ours.
    async fn straight(&mut self, input: &Fd, fills: bool) -> Result<Straight, Ended> {
        let size = self.plan.ibs;
        let mut moved = 0;
        let mut result = Ok(Straight::Block);
        while moved < size {
            match input.splice(&self.output, size - moved).await {
                None => return Ok(Straight::NoWay), // before the first byte: files do not change their ways
                Some(Ok(0)) => break,
                Some(Ok(n)) => {
                    moved += n;
                    self.bytes += n as u64;
                }
                Some(Err(Refused::Reading(error))) => {
                    result = Err(self.reading_failed(error).await);
                    break;
                }
                Some(Err(Refused::Writing(error))) => {
                    result = Err(self.writing_failed(error).await);
                    break;
                }
            }
            if !fills {
                break;
            }
        }
        if moved == 0 {
            return result.map(|_| Straight::End);
        }
        self.read.add(moved == size);
        self.written.add(moved == size);
        result
    }

    async fn reading_failed(&self, error: Errno) -> Ended {
        let name = self.plan.input.unwrap_or(BStr::new("standard input"));
        io::complain(self.p, format!("error reading '{name}': {error}")).await;
        Ended(1)
    }

    async fn writing_failed(&self, error: Errno) -> Ended {
        if error == Errno::EPIPE && self.plan.output.is_none() {
            return Ended(BROKEN_PIPE);
        }
        let name = self.plan.output.unwrap_or(BStr::new("standard output"));
        io::complain(self.p, format!("error writing '{name}': {error}")).await;
        Ended(1)
    }

    /// With `status=progress`, a line every second that the next one overwrites.
    async fn progress(&mut self) {
        let now = self.p.sys.uptime();
        if self.plan.status == b"progress" && now.saturating_sub(self.told) >= Duration::from_secs(1) {
            self.told = now;
            let _ = self.p.stderr().write_all(format!("\r{}", self.speed(now)).as_bytes()).await;
        }
    }

    async fn report(&mut self) {
        let (read, written) = (&self.read, &self.written);
        let mut text = if self.told > self.began { String::from("\n") } else { String::new() };
        text += &format!("{}+{} records in\n", read.full, read.partial);
        text += &format!("{}+{} records out\n", written.full, written.partial);
        match self.records.cut {
            0 => {}
            1 => text += "1 truncated record\n",
            cut => text += &format!("{cut} truncated records\n"),
        }
        match self.plan.status {
            b"none" => return,
            b"noxfer" => {}
            _ => text += &format!("{}\n", self.speed(self.p.sys.uptime())),
        }
        let _ = self.p.stderr().write_all(text.as_bytes()).await;
    }

    fn speed(&self, now: Duration) -> String {
        let (bytes, time) = (self.bytes, now.saturating_sub(self.began));
        let count = match bytes {
            1 => "1 byte".to_string(),
            0..1000 => format!("{bytes} bytes"),
            1000..1024 => format!("{bytes} bytes ({}B)", scaled(bytes, 1000)),
            _ => format!("{bytes} bytes ({}B, {}iB)", scaled(bytes, 1000), scaled(bytes, 1024)),
        };
        let rate = (u128::from(bytes) * 1_000_000_000).checked_div(time.as_nanos());
        let rate = match rate.and_then(|rate| u64::try_from(rate).ok()) {
            Some(rate) => format!("{}B/s", scaled(rate, 1000)),
            None => "Infinity B/s".into(),
        };
        format!("{count} copied, {}.{:06} s, {rate}", time.as_secs(), time.subsec_micros())
    }
}

/// Whether reading again gives more of a block: not from a pipe or a terminal, where one would wait.
fn fills(input: &Fd) -> bool {
    let Ok(file) = input.file() else { return false };
    let kind = file.metadata().map(|metadata| metadata.kind);
    matches!(kind, Ok(FileType::Regular | FileType::CharDevice)) && file.terminal().is_none()
}

/// A number with at most one place and the prefix of its unit: `1.5 k`, `15 M`.
fn scaled(number: u64, base: u64) -> String {
    let mut unit = 1u128;
    let mut prefixes = ["", if base == 1000 { "k" } else { "K" }, "M", "G", "T", "P", "E"].into_iter();
    let mut prefix = prefixes.next().unwrap_or_default();
    let number = u128::from(number);
    // What would be rounded up to the next unit is of that unit.
    while number + unit / 2 >= unit * u128::from(base)
        && let Some(next) = prefixes.next()
    {
        prefix = next;
        unit *= u128::from(base);
    }
    let tenths = (number * 10 + unit / 2) / unit;
    match tenths {
        ..100 if unit > 1 => format!("{}.{} {prefix}", tenths / 10, tenths % 10),
        _ => format!("{} {prefix}", (number + unit / 2) / unit),
    }
}
