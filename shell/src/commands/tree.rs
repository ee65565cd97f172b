//! `tree`: directories as a drawing. Memory is that of the names between the root and where it is.

use alloc::{format, string::String, vec, vec::IntoIter};
use bstr::{BStr, BString, ByteSlice};

use super::support::{numbers, paths::child};
use crate::{
    env::{DirEntry, FileType, Result},
    io::{self, Ended, Outcome, Output},
    process::Process,
};

command!(
    "tree",
    "tree [-adf] [-L LEVELS] [DIRECTORY]...",
    "Draws directories (.) with all in them; -a hidden files too, -d only directories, -f whole paths, -L down to LEVELS."
);

/// A directory whose names are being drawn.
struct Level {
    path: BString,
    entries: IntoIter<DirEntry>,
}

struct Drawing<'p> {
    p: &'p Process,
    out: Output<'p>,
    all: bool,
    only_dirs: bool,
    whole_paths: bool,
    levels: usize,
    dirs: u64,
    files: u64,
    status: u8,
}

async fn run(p: Process) -> Outcome {
    let options = io::options(&p, &COMMAND, "adfL:", &[("all", 'a')]).await?;
    let levels = match options.value('L') {
        None => usize::MAX,
        Some(text) => match numbers::parse(text).filter(|&levels| levels > 0) {
            Some(levels) => levels,
            None => return Err(io::usage(&p, &COMMAND, &format!("invalid number of levels '{text}'")).await),
        },
    };
    let mut drawing = Drawing {
        p: &p,
        out: Output::new(&p),
        all: options.has('a'),
        only_dirs: options.has('d'),
        whole_paths: options.has('f'),
        levels,
        dirs: 0,
        files: 0,
        status: 0,
    };
    let here = [BStr::new(".")];
    for root in if options.operands.is_empty() { &here } else { options.operands.as_slice() } {
        drawing.draw(root).await?;
    }
    let mut sum = match drawing.dirs {
        1 => String::from("\n1 directory"),
        dirs => format!("\n{dirs} directories"),
    };
    match drawing.files {
        _ if drawing.only_dirs => {}
        1 => sum += ", 1 file",
        files => sum += &format!(", {files} files"),
    }
    drawing.out.write_line(sum.as_bytes()).await?;
    drawing.out.finish(drawing.status).await
}

impl Drawing<'_> {
    async fn draw(&mut self, root: &BStr) -> core::result::Result<(), Ended> {
        let first = match self.list(root).await {
            Ok(entries) => entries,
            Err(error) => {
                self.out.flush().await?;
                io::complain_about(self.p, root, error).await;
                self.status = 1;
                return Ok(());
            }
        };
        self.out.write_all(&[root, b"\n"]).await?;
        let mut levels = vec![Level { path: root.into(), entries: first }];
        // What stands before each name: for each level above, whether more is to come there.
        let mut before = String::new();
        while let Some(level) = levels.last_mut() {
            let Some(entry) = level.entries.next() else {
                levels.pop();
                // Each level adds four characters.
                let kept = before.chars().count().saturating_sub(4);
                before = before.chars().take(kept).collect();
                continue;
            };
            let last = level.entries.len() == 0;
            let path = child(level.path.as_bstr(), entry.name.as_bstr());
            let shown = if self.whole_paths { &path } else { &entry.name };
            let branch = if last { "└── " } else { "├── " };
            let line = [before.as_bytes(), branch.as_bytes(), shown];
            self.out.write_all(&[line[0], line[1], line[2]]).await?;
            if entry.metadata.kind == FileType::Symlink
                && let Ok(target) = self.p.sys.read_link(self.p.absolute(path.as_bstr()).as_bstr()).await
            {
                self.out.write_all(&[b" -> ", &target]).await?;
            }
            if entry.metadata.kind != FileType::Directory {
                self.files += 1;
                self.out.write_all(&[b"\n"]).await?;
                continue;
            }
            self.dirs += 1;
            if levels.len() >= self.levels {
                self.out.write_all(&[b"\n"]).await?;
                continue;
            }
            match self.list(path.as_bstr()).await {
                Ok(entries) => {
                    self.out.write_all(&[b"\n"]).await?;
                    before.push_str(if last { "    " } else { "│   " });
                    levels.push(Level { path, entries });
                }
                Err(error) => {
                    self.status = 1;
                    self.out.write_all(&[format!("  [{error}]\n").as_bytes()]).await?;
                }
            }
        }
        Ok(())
    }

    /// What is to be drawn of a directory, in the order of names.
    async fn list(&self, dir: &BStr) -> Result<IntoIter<DirEntry>> {
        let mut entries = self.p.sys.read_dir(self.p.absolute(dir).as_bstr()).await?;
        entries.retain(|entry| {
            (self.all || !entry.name.starts_with(b"."))
                && (!self.only_dirs || entry.metadata.kind == FileType::Directory)
        });
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(entries.into_iter())
    }
}
