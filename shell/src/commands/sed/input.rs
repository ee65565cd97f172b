//! The lines that `sed` reads: those of all files in a row, or with `-s` and `-i` of each by itself.

use alloc::{collections::VecDeque, vec::Vec};
use bstr::{BStr, BString};

use crate::{
    env::FileType,
    io::{self, Lines, Opened},
    process::Process,
};

/// One line, without what ends it.
pub(super) struct Line {
    pub text: Vec<u8>,
    /// Whether it ended with a newline, which the last of a file may lack.
    pub ended: bool,
}

pub(super) struct Input<'p> {
    process: &'p Process,
    names: VecDeque<&'p BStr>,
    end: u8,
    separate: bool,
    current: Option<(&'p BStr, Lines, Opened)>,
    /// A line that was read to learn whether there is one, and whether it begins a file.
    ahead: Option<(Line, bool)>,
    /// Of the line that was handed out last.
    name: BString,
    /// 2 once a file could not be read.
    pub status: u8,
}

impl<'p> Input<'p> {
    pub fn new(process: &'p Process, names: Vec<&'p BStr>, end: u8, separate: bool) -> Self {
        let (current, ahead) = (None, None);
        Self { process, names: names.into(), end, separate, current, ahead, name: "-".into(), status: 0 }
    }

    /// The next line, and whether it is the first of its file; `None` when there is none.
    pub async fn next(&mut self) -> Option<(Line, bool)> {
        let line = match self.ahead.take() {
            Some(line) => line,
            None => self.read(true).await?,
        };
        if line.1 {
            self.name = self.current.as_ref().map_or("-".into(), |(name, ..)| (*name).into());
        }
        Some(line)
    }

    /// Whether no line follows: none at all, or none in this file where files are separate.
    pub async fn is_at_end(&mut self) -> bool {
        if self.ahead.is_none() {
            self.ahead = self.read(!self.separate).await;
        }
        self.ahead.is_none()
    }

    /// Whether no line follows in this file and no file follows it.
    pub async fn is_over(&mut self) -> bool {
        self.is_at_end().await && self.names.is_empty()
    }

    /// The file that the line handed out last is from.
    pub fn name(&self) -> &BStr {
        self.name.as_ref()
    }

    async fn read(&mut self, may_go_on: bool) -> Option<(Line, bool)> {
        let mut first = false;
        loop {
            if let Some((name, lines, _)) = &mut self.current {
                match lines.next_until(self.end).await {
                    Ok(Some(line)) => {
                        let (text, ended) = match line.strip_suffix(&[self.end]) {
                            Some(text) => (text, true),
                            None => (line, false),
                        };
                        return Some((Line { text: text.to_vec(), ended }, first));
                    }
                    Ok(None) => {}
                    Err(error) => {
                        io::complain_about(self.process, name, error).await;
                        self.status = 2;
                    }
                }
                if !may_go_on {
                    return None;
                }
                self.current = None;
            }
            let name = self.names.pop_front()?;
            first = true;
            if self.separate && name != "-" && !self.is_regular(name).await {
                continue;
            }
            match io::open_input(self.process, name).await {
                Some(file) => self.current = Some((name, Lines::new(&file), file)),
                None => self.status = 2,
            }
        }
    }

    /// `-i` and `-s` are for files; says so when it is another thing.
    async fn is_regular(&mut self, name: &BStr) -> bool {
        let found = self.process.sys.stat(self.process.absolute(name).as_ref()).await;
        let message = match found {
            Ok(metadata) if matches!(metadata.kind, FileType::Directory | FileType::Pipe) => "not a regular file",
            _ => return true, // opening it will tell
        };
        io::complain(self.process, alloc::format!("couldn't edit {name}: {message}")).await;
        self.status = 4;
        false
    }
}
