//! Packing.

use alloc::{collections::BTreeMap, format, vec, vec::Vec};
use bstr::{BStr, BString, ByteSlice};

use super::{
    super::{paths::child, tree::Links},
    Job, member_name, put,
    read::Archive,
};
use crate::{
    env::{Changes, FileType, OpenFlags, SeekFrom},
    errno::Errno,
    fd::Fd,
    io::{self, Ended, Lines, Opened, Outcome, Output},
    process::Process,
    ustar::{self, BLOCK, Kind, Member},
};

const CHUNK: usize = 32 * 1024;

struct Packing<'p, 'j> {
    job: &'j Job<'p>,
    archive: Fd,
    written: u64,
    /// The first names of files that have several.
    names: BTreeMap<(u64, u64), BString>,
    status: u8,
    shortened: bool,
}

/// Packs the files of these names into an archive. The archive is closed in the end.
pub async fn pack(job: &Job<'_>, archive: Opened, names: &mut Names<'_>, appends: bool) -> Outcome {
    let p = job.p;
    let mut packing = Packing {
        job,
        archive: archive.clone(),
        written: 0,
        names: BTreeMap::new(),
        status: 0,
        shortened: job.is_copy,
    };
    if appends {
        packing.written = end_of(p, &archive).await?;
    }
    let mut out = Output::to(p, job.tells.map_or(1, |(number, _)| number));
    while let Some(name) = names.next().await? {
        packing.operand(name.as_bstr(), &mut out).await?;
    }
    let end = (packing.written + 2 * BLOCK as u64).next_multiple_of(job.record);
    let zeros = vec![0; (end - packing.written) as usize];
    put(p, &archive, &zeros).await?;
    out.finish(packing.status).await
}

/// The names of what is to be packed: from the command line, or lines of a file.
pub enum Names<'a> {
    Given(vec::IntoIter<BString>),
    Lines(&'a Process, Lines),
}

impl Names<'_> {
    async fn next(&mut self) -> Result<Option<BString>, Ended> {
        match self {
            Names::Given(names) => Ok(names.next()),
            Names::Lines(p, lines) => loop {
                match lines.next_line().await {
                    Ok(Some(b"\n")) => {}
                    Ok(Some(line)) => return Ok(Some(line.strip_suffix(b"\n").unwrap_or(line).into())),
                    Ok(None) => return Ok(None),
                    Err(error) => {
                        io::complain_about(p, b"standard input", error).await;
                        return Err(Ended(1));
                    }
                }
            },
        }
    }
}

/// Goes to where the members of an archive end, to go on there.
async fn end_of(p: &Process, archive: &Fd) -> Result<u64, Ended> {
    let mut reading = Archive::new(p, archive.clone()).await?;
    while reading.next().await?.is_some() {}
    let end = reading.end_of_members();
    match archive.file().and_then(|file| file.seek(SeekFrom::Start(end))) {
        Ok(_) => Ok(end),
        Err(error) => {
            io::complain(p, format!("cannot add to the archive: {error}")).await;
            Err(Ended(2))
        }
    }
}

impl Packing<'_, '_> {
    async fn operand(&mut self, operand: &BStr, out: &mut Output<'_>) -> Result<(), Ended> {
        let mut work = vec![(BString::from(operand), true)];
        let mut device = None;
        while let Some((path, is_operand)) = work.pop() {
            if self.job.excludes(&path) {
                continue;
            }
            match self.one(path.as_bstr(), is_operand, &mut device, out).await {
                Ok(names) => work.extend(names.into_iter().map(|name| (name, false))),
                Err(Stop::Failed(error)) => {
                    out.flush().await?;
                    io::complain_about(self.job.p, &path, error).await;
                    self.status = 2;
                }
                Err(Stop::Ended(ended)) => return Err(ended),
            }
        }
        Ok(())
    }

    /// Packs one file; what is in it, backwards, if it is a directory.
    async fn one(
        &mut self,
        path: &BStr,
        is_operand: bool,
        device: &mut Option<u64>,
        out: &mut Output<'_>,
    ) -> Result<Vec<BString>, Stop> {
        let p = self.job.p;
        let absolute = self.job.path(path);
        let follow = self.job.links == Links::All || self.job.links == Links::Operands && is_operand;
        let found = match follow {
            true => p.sys.stat(absolute.as_bstr()).await,
            false => p.sys.lstat(absolute.as_bstr()).await,
        };
        let found = found.map_err(Stop::Failed)?;
        if self.job.itself.is_some_and(|itself| itself.is_same_file(&found)) {
            let what = if self.job.is_copy { "where the copies go" } else { "the archive" };
            io::complain(p, format!("{path}: this is {what}; it is left out")).await;
            return Ok(Vec::new());
        }
        if self.job.one_file_system && *device.get_or_insert(found.device) != found.device {
            return Ok(Vec::new());
        }
        let (mut name, shortened) = member_name(path);
        if shortened && !core::mem::replace(&mut self.shortened, true) {
            io::complain(p, "the slash before names is left out".into()).await;
        }
        let key = (found.device, found.inode);
        let mut below = Vec::new();
        let kind = match found.kind {
            FileType::Directory => {
                if self.job.descends {
                    let mut entries = p.sys.read_dir(absolute.as_bstr()).await.map_err(Stop::Failed)?;
                    entries.sort_by(|a, b| b.name.cmp(&a.name));
                    below.extend(entries.iter().map(|entry| child(path, entry.name.as_bstr())));
                }
                if !name.ends_with(b"/") {
                    name.push(b'/');
                }
                Kind::Directory
            }
            FileType::Regular | FileType::Symlink | FileType::Pipe
                if found.links > 1 && self.names.contains_key(&key) =>
            {
                Kind::HardLink(self.names[&key].to_vec().into())
            }
            FileType::Symlink => {
                let target = p.sys.read_link(absolute.as_bstr()).await.map_err(Stop::Failed)?;
                Kind::Symlink(Vec::from(target).into())
            }
            FileType::Regular => Kind::File,
            FileType::Pipe => Kind::Fifo,
            FileType::CharDevice => {
                io::complain(p, format!("{path}: devices are made by the system; it is left out")).await;
                return Ok(Vec::new());
            }
        };
        // A name that is changed to nothing leaves the file out, but not what is below it.
        let Some(name) = self.job.renamed(name).await.map_err(Stop::Ended)? else { return Ok(below) };
        let is_file = kind == Kind::File;
        // Opened before its header is written: what cannot be read is not in the archive.
        let file = match is_file {
            true => {
                let file = p.sys.open(absolute.as_bstr(), OpenFlags::READ).await;
                Some(file.and_then(|file| io::adopt(p, file)).map_err(Stop::Failed)?)
            }
            false => None,
        };
        if found.links > 1 && found.kind != FileType::Directory {
            self.names.entry(key).or_insert_with(|| name.clone());
        }
        let size = if is_file { found.size } else { 0 };
        let member = Member {
            path: name.as_slice().into(),
            kind,
            mode: found.mode,
            uid: found.uid,
            gid: found.gid,
            modified_s: found.modified.as_secs(),
        };
        let header = ustar::write(&member, size);
        if self.job.plain && header.len() > BLOCK {
            io::complain(
                p,
                format!("{path}: its name, size or owner is too long for the ustar format; try -x pax"),
            )
            .await;
            self.status = 1;
            return Ok(below);
        }
        if let Some((_, details)) = self.job.tells {
            self.job.tell(out, &member, size, details).await.map_err(Stop::Ended)?;
        }
        self.put(&header).await?;
        if let Some(file) = file {
            self.data(path, &file, size).await?;
            if self.job.resets_times {
                let changes = Changes::times(found.accessed, found.modified);
                p.sys.change(absolute.as_bstr(), changes, true).await.map_err(Stop::Failed)?;
            }
        }
        Ok(below)
    }

    /// Copies so many bytes, whatever the file has by now, and fills the last block.
    async fn data(&mut self, path: &BStr, file: &Fd, size: u64) -> Result<(), Stop> {
        let p = self.job.p;
        let mut chunk = io::buffer_or_complain(p, CHUNK).await.map_err(Stop::Ended)?;
        let mut left = size;
        while left > 0 {
            let room = usize::try_from(left).unwrap_or(usize::MAX).min(CHUNK);
            let n = match file.read(&mut chunk[..room]).await {
                Ok(0) => {
                    io::complain(
                        p,
                        format!("{path}: it became shorter by {left} bytes; zeros take their place"),
                    )
                    .await;
                    self.status = self.status.max(1);
                    break;
                }
                Ok(n) => n,
                Err(error) => {
                    io::complain_about(p, path, error).await;
                    self.status = 2;
                    break;
                }
            };
            self.put(&chunk[..n]).await?;
            left -= n as u64;
        }
        chunk.fill(0);
        let mut zeros = left + (size.next_multiple_of(BLOCK as u64) - size);
        while zeros > 0 {
            let n = zeros.min(CHUNK as u64);
            self.put(&chunk[..n as usize]).await?;
            zeros -= n;
        }
        Ok(())
    }

    async fn put(&mut self, bytes: &[u8]) -> Result<(), Stop> {
        put(self.job.p, &self.archive, bytes).await.map_err(Stop::Ended)?;
        self.written += bytes.len() as u64;
        Ok(())
    }
}

/// Why a file is not packed.
enum Stop {
    /// It cannot be looked at.
    Failed(Errno),
    /// Nothing more can be packed, and that has been said.
    Ended(Ended),
}
