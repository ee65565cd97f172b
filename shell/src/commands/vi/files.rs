//! Commands of `ex` that read and write files, run command lines, and leave.

use alloc::{format, string::String, vec::Vec};
use bstr::{BStr, BString, ByteSlice};

use super::{
    super::support::editing::{
        address::{Addresses, Reader},
        child,
        file::{self, Part},
    },
    ex::{Flow, rest_of_command},
    names::Name,
    session::Session,
};
use crate::{env::FileType, errno::Errno};

type Done<T = Flow> = Result<T, String>;

const UNSAVED: &str = "No write since the last change (add ! to override)";

/// What a file was when it was read or written last, to see whether somebody else changed it.
pub type Stamp = (core::time::Duration, u64);

impl Session<'_> {
    pub async fn file_command(
        &mut self,
        name: Name,
        bang: bool,
        reader: &mut Reader<'_>,
        addresses: Addresses,
        all: (usize, usize),
    ) -> Done {
        match name {
            Name::Quit | Name::QuitAll => {
                if self.ed.buffer.is_modified() && !bang {
                    return Err(UNSAVED.into());
                }
                self.more_files(bang || name == Name::QuitAll)?;
                return Ok(Flow::Leave(0));
            }
            Name::FailQuit => return Ok(Flow::Leave(1)),
            Name::Write | Name::WriteQuit | Name::Exit | Name::WriteNext | Name::WriteAll => {
                if name != Name::Exit || self.ed.buffer.is_modified() || !rest(reader).is_empty() {
                    self.write(bang, reader, addresses, all).await?;
                }
                match name {
                    Name::WriteNext => return self.step(1, true).await,
                    Name::Write | Name::WriteAll => {}
                    _ => {
                        self.more_files(bang)?;
                        return Ok(Flow::Leave(0));
                    }
                }
            }
            Name::Edit | Name::Visual => {
                let words = self.expand(rest_of_command(reader))?;
                let (line, words) = match words.strip_prefix(b"+") {
                    Some(rest) => {
                        let end = rest.iter().position(|byte| *byte == b' ').unwrap_or(rest.len());
                        (Some(rest[..end].to_vec()), rest[end..].trim_ascii().to_vec())
                    }
                    None => (None, words),
                };
                if self.ed.buffer.is_modified() && !bang {
                    return Err(UNSAVED.into());
                }
                let file = if words.is_empty() { self.current()? } else { words.into() };
                self.edit(file, line.as_deref()).await?;
            }
            Name::Next | Name::Previous | Name::Rewind => {
                if self.ed.buffer.is_modified() && !bang {
                    return Err(UNSAVED.into());
                }
                let words = self.expand(rest_of_command(reader))?;
                if name == Name::Next && !words.is_empty() {
                    self.ed.files.arguments = words.fields_with(|char| char == ' ').map(BString::from).collect();
                    self.ed.files.index = 0;
                    return self.step(0, true).await;
                }
                let by = match name {
                    Name::Next => 1,
                    Name::Previous => -1,
                    _ => -(self.ed.files.index as isize),
                };
                return self.step(by, true).await;
            }
            Name::Arguments => {
                let files = &self.ed.files;
                let shown = files.arguments.iter().enumerate().map(|(at, file)| match at == files.index {
                    true => format!("[{file}]"),
                    false => format!("{file}"),
                });
                let shown: Vec<String> = shown.collect();
                self.tell(shown.join(" "));
            }
            Name::File => {
                let words = self.expand(rest_of_command(reader))?;
                if !words.is_empty() {
                    self.ed.files.alternate = self.ed.files.current.take();
                    self.ed.files.current = Some(words.into());
                    self.stamp = None;
                }
                self.say_file();
            }
            Name::Read => self.read(reader, addresses).await?,
            Name::Shell => {
                let line = reader.rest().to_vec();
                reader.at = reader.text.len();
                let line = self.shell_line(&line)?;
                match addresses.given {
                    0 => self.outside(line.as_bstr(), None).await?,
                    _ => self.filter(line.as_bstr(), (addresses.first.max(1), addresses.last)).await?,
                }
            }
            Name::Sh => self.outside("sh".into(), None).await?,
            Name::Source => {
                let words = self.expand(rest_of_command(reader))?;
                self.source(words.as_bstr(), true).await?;
            }
            _ => return Err("Not here".into()),
        }
        Ok(Flow::Go)
    }

    fn current(&self) -> Done<BString> {
        self.ed.files.current.clone().ok_or_else(|| "No file name; :f NAME or :w NAME gives one".into())
    }

    /// Whether there are files that were not edited yet; says so once.
    fn more_files(&mut self, anyway: bool) -> Done<()> {
        let files = &self.ed.files;
        let left = files.arguments.len().saturating_sub(files.index + 1);
        if left > 0 && !anyway && !core::mem::replace(&mut self.warned_of_files, true) {
            return Err(format!("{left} more to edit (:n for the next, :q once more leaves)"));
        }
        Ok(())
    }

    /// Goes on to another file of the command line.
    pub async fn step(&mut self, by: isize, say: bool) -> Done {
        let files = &self.ed.files;
        let next = files.index.checked_add_signed(by).filter(|index| *index < files.arguments.len());
        let Some(next) = next else {
            return Err(if by > 0 { "No next file" } else { "No previous file" }.into());
        };
        self.ed.files.index = next;
        let file = self.ed.files.arguments[next].clone();
        self.edit(file, None).await?;
        if !say {
            self.ed.message = None;
        }
        Ok(Flow::Go)
    }

    /// `%` and `#` in file names and command lines.
    fn expand(&self, text: &[u8]) -> Done<Vec<u8>> {
        let (mut out, mut at) = (Vec::new(), 0);
        while at < text.len() {
            match text[at] {
                b'\\' if matches!(text.get(at + 1), Some(b'%' | b'#')) => {
                    out.push(text[at + 1]);
                    at += 1;
                }
                b'%' => out.extend_from_slice(&self.current()?),
                b'#' => {
                    let alternate = self.ed.files.alternate.as_ref();
                    out.extend_from_slice(alternate.ok_or("No other file for #")?);
                }
                byte => out.push(byte),
            }
            at += 1;
        }
        Ok(out)
    }

    fn shell_line(&mut self, text: &[u8]) -> Done<BString> {
        let line = match text.strip_prefix(b"!") {
            Some(rest) => [&self.shell_line.as_ref().ok_or("No previous command line")?[..], rest].concat(),
            None => self.expand(text)?,
        };
        self.shell_line = Some(line.clone().into());
        Ok(line.into())
    }

    /// Reads another file to edit.
    pub async fn edit(&mut self, file: BString, at: Option<&[u8]>) -> Done<()> {
        let loaded = match file::load(self.p, file.as_bstr()).await {
            Ok(loaded) => Some(loaded),
            Err(Errno::ENOENT) => None,
            Err(error) => return Err(format!("{file}: {error}")),
        };
        let same = self.ed.files.current.as_ref() == Some(&file);
        let line = if same && at.is_none() { self.ed.line } else { 1 };
        if !same {
            self.ed.files.alternate = self.ed.files.current.take();
        }
        self.stamp = self.look(file.as_bstr()).await;
        self.ed.files.is_new = loaded.is_none();
        let said = match &loaded {
            Some(loaded) => {
                let end = if loaded.unfinished { " [no newline at the end]" } else { "" };
                let read_only = if self.ed.settings.readonly { " [read only]" } else { "" };
                format!("\"{file}\" {} lines, {} bytes{end}{read_only}", loaded.lines.len(), loaded.bytes)
            }
            None => format!("\"{file}\" [new file]"),
        };
        self.ed.files.current = Some(file);
        let loaded = loaded.unwrap_or_default();
        let len = self.ed.buffer.len();
        self.ed.buffer.remove(1, len);
        self.ed.buffer.insert(0, loaded.lines);
        self.ed.buffer.unfinished = loaded.unfinished;
        self.ed.buffer.forget_steps();
        self.ed.buffer.is_saved();
        self.ed.buffer.mark(b'\'', 1, 0);
        self.ed.visual = None;
        self.go(if self.screen.is_none() { self.ed.buffer.len() } else { line });
        self.ed.say(said);
        match at {
            Some(b"") => self.go(self.ed.buffer.len()),
            Some(command) => {
                let command = command.to_vec();
                self.execute(&command, false).await?;
            }
            None => {}
        }
        Ok(())
    }

    async fn look(&self, file: &BStr) -> Option<Stamp> {
        let metadata = self.p.sys.stat(self.p.absolute(file).as_bstr()).await.ok()?;
        (metadata.kind == FileType::Regular).then_some((metadata.modified, metadata.size))
    }

    async fn write(&mut self, bang: bool, reader: &mut Reader<'_>, addresses: Addresses, (first, last): (usize, usize)) -> Done<()> {
        let whole = addresses.given == 0 || (first <= 1 && last == self.ed.buffer.len());
        reader.skip_blanks();
        if !bang && reader.eat(b'!') {
            let line = reader.rest().to_vec();
            reader.at = reader.text.len();
            let line = self.shell_line(&line)?;
            return self.outside(line.as_bstr(), Some((first, last))).await;
        }
        let append = reader.text[reader.at..].starts_with(b">>");
        reader.at += 2 * usize::from(append);
        let words = self.expand(rest_of_command(reader))?;
        let file: BString = if words.is_empty() { self.current()? } else { words.into() };
        let own = self.ed.files.current.as_ref() == Some(&file);
        let found = self.look(file.as_bstr()).await;
        if !bang && !append {
            if own && self.ed.settings.readonly {
                return Err("This file is for reading only (add ! to override)".into());
            }
            if !own && found.is_some() {
                return Err(format!("{file} is there already (add ! to override)"));
            }
            if own && !whole {
                return Err("These are only some of the lines (add ! to override)".into());
            }
            if own && found.is_some() && found != self.stamp {
                return Err("The file was changed by somebody else since it was read (add ! to override)".into());
            }
        }
        let buffer = &self.ed.buffer;
        let unfinished = buffer.unfinished && last == buffer.len();
        let part = Part { buffer, first, last, unfinished };
        let written = match append {
            true => file::append(self.p, file.as_bstr(), part).await,
            false => file::save(self.p, file.as_bstr(), part).await,
        };
        let bytes = written.map_err(|error| format!("{file}: {error}; nothing of the text is lost"))?;
        if self.ed.files.current.is_none() && whole && !append {
            self.ed.files.current = Some(file.clone());
        }
        if self.ed.files.current.as_ref() == Some(&file) && !append {
            self.stamp = self.look(file.as_bstr()).await;
            self.ed.files.is_new = false;
            if whole {
                let began = self.ed.began;
                self.ed.buffer.commit(began);
                self.ed.buffer.is_saved();
            }
        }
        let lines = if last == 0 { 0 } else { last + 1 - first.max(1) };
        let end = if unfinished { " [no newline at the end]" } else { "" };
        let how = if append { "appended" } else { "written" };
        self.ed.say(format!("\"{file}\" {lines} lines, {bytes} bytes {how}{end}"));
        Ok(())
    }

    async fn read(&mut self, reader: &mut Reader<'_>, addresses: Addresses) -> Done<()> {
        let current = self.ed.line.min(self.ed.buffer.len());
        let (_, after) = addresses.or(current, current);
        reader.skip_blanks();
        let (loaded, what) = if reader.eat(b'!') {
            let line = reader.rest().to_vec();
            reader.at = reader.text.len();
            let line = self.shell_line(&line)?;
            let ran = child::run(self.p, line.as_bstr(), None, true).await.map_err(|error| format!("{error}"))?;
            self.forget_screen();
            (ran.output, line)
        } else {
            let words = self.expand(rest_of_command(reader))?;
            let file: BString = if words.is_empty() { self.current()? } else { words.into() };
            (file::load(self.p, file.as_bstr()).await, file)
        };
        let loaded = loaded.map_err(|error| format!("{what}: {error}"))?;
        let count = self.ed.buffer.insert(after, loaded.lines);
        if count > 0 {
            self.go(if self.screen.is_some() { after + 1 } else { after + count });
        }
        self.ed.say(format!("\"{what}\" {count} lines, {} bytes", loaded.bytes));
        Ok(())
    }

    /// Lines go through a command line and come back.
    async fn filter(&mut self, line: &BStr, (first, last): (usize, usize)) -> Done<()> {
        let part = Part { buffer: &self.ed.buffer, first, last, unfinished: false };
        let ran = child::run(self.p, line, Some(part), true).await.map_err(|error| format!("{error}"))?;
        self.forget_screen();
        let loaded = ran.output.map_err(|error| format!("{error}"))?;
        if ran.status != 0 && loaded.lines.is_empty() {
            return Err(format!("The command failed with status {}; the lines stay", ran.status));
        }
        self.ed.buffer.remove(first, last);
        let count = self.ed.buffer.insert(first - 1, loaded.lines);
        self.go(first);
        if count > 4 || last + 1 - first > 4 {
            self.ed.say(format!("{} lines filtered", last + 1 - first));
        }
        Ok(())
    }

    /// `:source`, `.exrc` and `EXINIT`; a file that is not there is a mistake only if `wanted`.
    pub async fn source(&mut self, file: &BStr, wanted: bool) -> Done<()> {
        let loaded = match file::load(self.p, file).await {
            Ok(loaded) => loaded,
            Err(_) if !wanted => return Ok(()),
            Err(error) => return Err(format!("{file}: {error}")),
        };
        for line in &loaded.lines {
            self.execute(line, false).await?;
        }
        Ok(())
    }

    /// What `^G` says.
    fn say_file(&mut self) {
        let ed = &mut self.ed;
        let name = ed.files.current.as_ref().map_or_else(|| "No file name".into(), |name| format!("\"{name}\""));
        let new = if ed.files.is_new { " [new file]" } else { "" };
        let modified = if ed.buffer.is_modified() { " [modified]" } else { "" };
        let read_only = if ed.settings.readonly { " [read only]" } else { "" };
        let (line, lines) = (ed.line, ed.lines());
        ed.say(format!("{name}{new}{modified}{read_only} line {line} of {lines} --{}%--", line * 100 / lines));
    }
}

fn rest<'a>(reader: &Reader<'a>) -> &'a [u8] {
    reader.rest().trim_ascii()
}
