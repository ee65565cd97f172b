//! The history in a file (`HISTFILE`, or `.sh_history` in the home directory), so that it lives as long as
//! the file system does. Every line is appended when it has been read; a newline in it has a backslash before it.

use alloc::vec::Vec;
use bstr::{BString, ByteSlice};

use crate::{
    edit::{HISTORY_BYTES, HISTORY_LINES, Rules},
    env::{FileType, OpenFlags, Result, SeekFrom},
    errno::Errno,
    fd::Fd,
    process::absolute,
    shell::Shell,
};

impl Shell {
    /// Reads the file. What is wrong with it is no reason not to go on.
    pub(super) async fn load_history(&mut self) {
        let limit = self.history_limit();
        let Some(path) = self.history_path() else { return };
        let Ok(text) = self.read_history(&path).await else { return };
        let Some(editor) = &mut self.editor else { return };
        editor.history.set_limit(limit);
        let keep_all = Rules::parse(Some(b""));
        let mut lines = 0;
        for line in decode(&text) {
            editor.history.add(&line, keep_all);
            lines += 1;
        }
        // Lines are only ever appended; here the file is shortened again.
        if lines > limit.saturating_mul(2) {
            let kept: Vec<u8> = editor.history.iter().flat_map(|(_, line)| encode(line)).collect();
            let _ = self.rewrite_history(&path, &kept).await;
        }
    }

    /// Keeps a line that was read.
    pub(crate) async fn remember(&mut self, line: &[u8]) {
        let rules = Rules::parse(self.vars.get("HISTCONTROL").map(|words| words.as_bytes()));
        let limit = self.history_limit();
        let Some(editor) = &mut self.editor else { return };
        editor.history.set_limit(limit);
        if !editor.history.add(line, rules) {
            return;
        }
        // A file that cannot be written is not worth a message after each line.
        if let Some(path) = self.history_path() {
            let _ = self.append_history(&path, &encode(line)).await;
        }
    }

    fn history_limit(&self) -> usize {
        let size = self.vars.get("HISTSIZE").and_then(|size| size.to_str().ok()?.parse().ok());
        size.unwrap_or(HISTORY_LINES)
    }

    fn history_path(&self) -> Option<BString> {
        match self.vars.get("HISTFILE") {
            Some(path) if path.is_empty() => None,
            Some(path) => Some(absolute(self.cwd.as_bstr(), path)),
            None => Some(absolute(self.vars.get("HOME")?, b".sh_history".as_bstr())),
        }
    }

    /// The end of the file, as much as the history holds.
    async fn read_history(&mut self, path: &BString) -> Result<Vec<u8>> {
        let file = self.sys.open(path.as_bstr(), OpenFlags::READ).await?;
        let metadata = file.metadata()?;
        if metadata.kind != FileType::Regular {
            return Err(Errno::EINVAL);
        }
        let skipped = metadata.size.saturating_sub(HISTORY_BYTES as u64);
        file.seek(SeekFrom::Start(skipped))?;
        let fd = Fd::new(&self.fds, self.fds.insert(file)?);
        let mut text = Vec::new();
        let mut piece = [0; 4096];
        let result = loop {
            match fd.read(&mut piece).await {
                Ok(0) => break Ok(()),
                Ok(size) => text.extend_from_slice(&piece[..size]),
                Err(error) => break Err(error),
            }
            if text.len() > HISTORY_BYTES {
                break Ok(());
            }
        };
        fd.close();
        result?;
        if skipped > 0 {
            let whole = text.find_byte(b'\n').map_or(text.len(), |newline| newline + 1);
            text.drain(..whole);
        }
        Ok(text)
    }

    async fn append_history(&mut self, path: &BString, text: &[u8]) -> Result<()> {
        self.write_history(path, OpenFlags::APPEND, text).await
    }

    /// Another text in the file's place. It is complete before it takes that place.
    async fn rewrite_history(&mut self, path: &BString, text: &[u8]) -> Result<()> {
        let mut new = path.clone();
        new.extend_from_slice(b".new");
        self.write_history(&new, OpenFlags::TRUNC, text).await?;
        self.sys.rename(new.as_bstr(), path.as_bstr()).await
    }

    async fn write_history(&mut self, path: &BString, how: OpenFlags, text: &[u8]) -> Result<()> {
        let flags = OpenFlags::WRITE | OpenFlags::CREATE | how;
        let file = self.sys.open(path.as_bstr(), flags).await?;
        let fd = Fd::new(&self.fds, self.fds.insert(file)?);
        let result = fd.write_all(text).await;
        fd.close();
        result
    }
}

/// A line in the form of the file.
fn encode(line: &[u8]) -> Vec<u8> {
    let mut text = line.replace("\n", "\\\n");
    if line.ends_with(b"\\") {
        text.push(b' '); // else it would go on with the next
    }
    text.push(b'\n');
    text
}

/// The lines of the file.
fn decode(text: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    let mut rest = text.lines();
    core::iter::from_fn(move || {
        let mut line = rest.next()?.to_vec();
        while line.ends_with(b"\\")
            && let Some(next) = rest.next()
        {
            line.pop();
            line.push(b'\n');
            line.extend_from_slice(next);
        }
        Some(line)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let lines: [&[u8]; 5] = [b"echo a", b"for i in 1\ndo echo\ndone", b"a \\\nb", b"x\xffy", b"end \\ "];
        let file: Vec<u8> = lines.iter().flat_map(|line| encode(line)).collect();
        assert!(decode(&file).eq(lines.iter().map(|line| line.to_vec())));
        assert_eq!(encode(b"echo \\"), b"echo \\ \n");
    }
}
