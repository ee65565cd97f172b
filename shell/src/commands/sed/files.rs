//! The files that a `sed` script reads and writes besides its input: those of `w`, `R` and `-i`.

use alloc::{collections::BTreeMap, format, vec::Vec};
use bstr::{BStr, BString, ByteSlice};

use crate::{
    env::{Changes, OpenFlags},
    errno::Errno,
    io::{self, Ended, Lines, Opened, Output},
    process::Process,
};

/// Where lines go: standard output, a file of `w`, or the one that is edited in place.
pub(super) struct Sink<'p> {
    out: Output<'p>,
    /// Kept open as long as it is written to.
    _file: Option<Opened>,
    /// The last line lacked its newline; one is due before the next.
    unfinished: bool,
    unbuffered: bool,
    end: u8,
}

impl<'p> Sink<'p> {
    pub fn stdout(p: &'p Process, end: u8, unbuffered: bool) -> Self {
        Self { out: Output::new(p), _file: None, unfinished: false, unbuffered, end }
    }

    /// A new file, or the terminal and pipes of `/dev/stdout` and `/dev/stderr`.
    pub async fn create(p: &'p Process, name: &BStr, flags: OpenFlags, end: u8) -> Result<Self, Ended> {
        if name == "/dev/stderr" {
            let out = Output::to(p, 2);
            return Ok(Self { out, _file: None, unfinished: false, unbuffered: true, end });
        }
        match io::open(p, name, OpenFlags::WRITE | OpenFlags::CREATE | flags).await {
            Ok(file) => {
                let out = Output::to(p, file.number());
                Ok(Self { out, _file: Some(file), unfinished: false, unbuffered: false, end })
            }
            Err(error) => {
                io::complain(p, format!("couldn't open file {name}: {error}")).await;
                Err(Ended(4))
            }
        }
    }

    /// Writes a line with what ends it, unless the input lacked that, too.
    pub async fn line(&mut self, text: &[u8], ended: bool) -> Result<(), Ended> {
        self.finish_line();
        self.out.push(text);
        if ended {
            self.out.push(&[self.end]);
        }
        self.unfinished = !ended;
        self.settle().await
    }

    /// Writes text as it is.
    pub async fn text(&mut self, text: &[u8]) -> Result<(), Ended> {
        self.finish_line();
        self.out.write(text).await?;
        self.settle().await
    }

    pub async fn flush(&mut self) -> Result<(), Ended> {
        self.out.flush().await
    }

    /// Ends a line that lacked its end.
    pub fn finish_line(&mut self) {
        if core::mem::take(&mut self.unfinished) {
            self.out.push(&[self.end]);
        }
    }

    async fn settle(&mut self) -> Result<(), Ended> {
        if self.unbuffered { self.out.flush().await } else { self.out.settle().await }
    }
}

/// The files that `R` reads, each from where it stopped.
pub(super) struct Readers<'p> {
    process: &'p Process,
    open: BTreeMap<BString, Option<(Lines, Opened)>>,
}

impl<'p> Readers<'p> {
    pub fn new(process: &'p Process) -> Self {
        Self { process, open: BTreeMap::new() }
    }

    /// The next line of a file; `None` at its end, or when it cannot be read, which is no error.
    pub async fn line(&mut self, name: &BStr, end: u8) -> Option<Vec<u8>> {
        if !self.open.contains_key(name) {
            let file = open_quietly(self.process, name).await;
            self.open.insert(name.into(), file.map(|file| (Lines::new(&file), file)));
        }
        let (lines, _) = self.open.get_mut(name)?.as_mut()?;
        let line = lines.next_until(end).await.ok()??;
        Some(line.strip_suffix(&[end]).unwrap_or(line).to_vec())
    }
}

/// Copies a file to a sink; one that cannot be read counts as empty (XCU `sed`, "r").
pub(super) async fn copy(p: &Process, name: &BStr, sink: &mut Sink<'_>) -> Result<(), Ended> {
    let Some(file) = open_quietly(p, name).await else { return Ok(()) };
    let mut chunk = io::buffer_or_complain(p, io::CHUNK).await?;
    while let Ok(n @ 1..) = file.read(&mut chunk).await {
        sink.text(&chunk[..n]).await?;
    }
    Ok(())
}

async fn open_quietly(p: &Process, name: &BStr) -> Option<Opened> {
    if name == "/dev/stdin" {
        return io::open_input(p, BStr::new("-")).await;
    }
    io::open(p, name, OpenFlags::READ).await.ok()
}

/// A file that is edited in place: its lines go to a new one, which takes its name in the end.
pub(super) struct Edited<'p> {
    process: &'p Process,
    name: BString,
    new: BString,
    /// None once it is done.
    sink: Option<Sink<'p>>,
}

impl<'p> Edited<'p> {
    pub async fn begin(p: &'p Process, name: &BStr, end: u8) -> Result<Self, Ended> {
        let directory = name.rfind_byte(b'/').map_or(&b""[..], |at| &name[..=at]);
        for number in 0..1000 {
            let mut new = BString::from(directory);
            new.extend_from_slice(format!("sed{:04}{number}", p.sys.uptime().subsec_micros() % 10_000).as_bytes());
            if p.sys.stat(p.absolute(new.as_bstr()).as_bstr()).await == Err(Errno::ENOENT) {
                let sink = Sink::create(p, new.as_bstr(), OpenFlags::EXCL, end).await?;
                return Ok(Self { process: p, name: name.into(), new, sink: Some(sink) });
            }
        }
        io::complain(p, format!("couldn't edit {name}: no name is free for the new file")).await;
        Err(Ended(4))
    }

    pub fn sink(&mut self) -> Option<&mut Sink<'p>> {
        self.sink.as_mut()
    }

    /// Gives the new file the name of the old one, which is kept under another when there is a suffix: behind the
    /// name, or where a `*` in it stands for the name.
    pub async fn finish(&mut self, suffix: &BStr) -> Result<(), Ended> {
        let p = self.process;
        if let Some(mut sink) = self.sink.take() {
            sink.flush().await?;
        }
        let old = p.absolute(self.name.as_bstr());
        if let Ok(metadata) = p.sys.stat(old.as_bstr()).await {
            let new = p.absolute(self.new.as_bstr());
            // Not to be able to is no reason to give up the edit.
            let _ = p.sys.change(new.as_bstr(), Changes::mode(metadata.mode), true).await;
        }
        if !suffix.is_empty() {
            let (directory, base) = self.name.split_at(self.name.rfind_byte(b'/').map_or(0, |at| at + 1));
            let backup: BString = match suffix.contains(&b'*') {
                true => {
                    let named: BString = suffix.replace("*", base).into();
                    if named.contains(&b'/') { named } else { [directory, &named[..]].concat().into() }
                }
                false => [&self.name[..], suffix].concat().into(),
            };
            if let Err(error) = p.sys.rename(old.as_bstr(), p.absolute(backup.as_bstr()).as_bstr()).await {
                io::complain(p, format!("cannot rename {}: {error}", self.name)).await;
                return Err(Ended(4));
            }
        }
        if let Err(error) = p.sys.rename(p.absolute(self.new.as_bstr()).as_bstr(), old.as_bstr()).await {
            io::complain(p, format!("cannot rename {}: {error}", self.new)).await;
            return Err(Ended(4));
        }
        Ok(())
    }
}
