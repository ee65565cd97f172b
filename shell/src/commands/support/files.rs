//! Reading operands one after the other, each complaint made on the way.

use alloc::{vec, vec::Vec};
use bstr::{BStr, BString};

use crate::{
    env,
    io::{self, Ended, Lines, Opened},
    process::Process,
};

/// Files to read in turn. What cannot be opened or read is named on standard error and left.
pub struct Files<'p> {
    process: &'p Process,
    names: vec::IntoIter<&'p BStr>,
    /// The one being read; it closes when the next one is asked for.
    current: Option<(&'p BStr, Opened)>,
    /// 1 once something could not be read.
    pub status: u8,
}

impl<'p> Files<'p> {
    /// The operands, or standard input if there are none.
    pub fn new(process: &'p Process, operands: &[&'p BStr]) -> Self {
        Self { process, names: io::inputs(operands).into_iter(), current: None, status: 0 }
    }

    /// Opens the next file that can be opened.
    pub async fn next_file(&mut self) -> Option<&Opened> {
        self.current = None;
        for name in self.names.by_ref() {
            match io::open_input(self.process, name).await {
                Some(file) => return Some(&self.current.insert((name, file)).1),
                None => self.status = 1,
            }
        }
        None
    }

    /// The next file by lines.
    pub async fn next(&mut self) -> Option<Lines> {
        self.next_file().await.map(|file| Lines::new(file))
    }

    /// The name of the file that [`Files::next`] opened.
    pub fn name(&self) -> &'p BStr {
        self.current.as_ref().map_or(BStr::new("-"), |(name, _)| name)
    }

    /// Reads from the current file; 0 at its end, `None` after a failure, which is told.
    pub async fn try_read(&mut self, chunk: &mut [u8]) -> Option<usize> {
        let (_, file) = self.current.as_ref()?;
        match file.read(chunk).await {
            Ok(n) => Some(n),
            Err(error) => {
                self.line(Err(error)).await;
                None
            }
        }
    }

    /// What [`Lines::next_line`] gave; a failure is told and ends the file.
    pub async fn line<'a>(&mut self, read: env::Result<Option<&'a [u8]>>) -> Option<&'a [u8]> {
        match read {
            Ok(line) => line,
            Err(error) => {
                io::complain_about(self.process, self.name(), error).await;
                self.status = 1;
                None
            }
        }
    }

    /// What [`Lines::next_chunk`] gave; `None` at the end of the file.
    pub async fn chunk<'a>(&mut self, read: env::Result<&'a [u8]>) -> Option<&'a [u8]> {
        self.line(read.map(Some)).await.filter(|chunk| !chunk.is_empty())
    }
}

/// The names that a file lists, each ended by byte 0 (`--files0-from`); `-` is standard input.
pub async fn names_in(p: &Process, list: &BStr) -> Result<Vec<BString>, Ended> {
    let text = io::slurp(p, list).await?;
    let text = text.strip_suffix(b"\0").unwrap_or(&text);
    if text.is_empty() {
        io::complain(p, alloc::format!("no names in '{list}'")).await;
        return Err(Ended(1));
    }
    Ok(text.split(|byte| *byte == 0).map(BString::from).collect())
}
