//! The commands of `ed` that read and write files and run command lines: `e E f r w W !`.

use alloc::format;
use bstr::{BStr, BString, ByteSlice};

use super::{
    super::support::editing::{
        address::Reader,
        child,
        file::{self, Loaded, Part},
    },
    session::{Done, Session, Stop},
};
use crate::{errno::Errno, io};

/// What a command reads or writes.
pub enum Operand {
    /// The file whose name is remembered, if there is one.
    Remembered,
    File(BString),
    /// `!`: the output or the input of a command line.
    Shell(BString),
}

impl Session<'_> {
    /// Opens the file of the command line.
    pub async fn open(&mut self, name: &BStr) -> Done {
        if let Some(line) = name.strip_prefix(b"!") {
            return self.edit(Operand::Shell(line.into())).await;
        }
        self.file = Some(name.into());
        let done = self.edit(Operand::Remembered).await;
        match self.p.sys.stat(self.p.absolute(name).as_bstr()).await {
            // It will be new.
            Err(Errno::ENOENT) => Ok(()),
            _ => done,
        }
    }

    /// The name behind a command.
    pub async fn file_operand(&mut self, reader: &mut Reader<'_>, shell: bool) -> Done<Operand> {
        let rest = reader.rest();
        if rest.is_empty() {
            return Ok(Operand::Remembered);
        }
        if !rest.starts_with(b" ") && !rest.starts_with(b"\t") {
            return Err("Unexpected command suffix".into());
        }
        reader.skip_blanks();
        match reader.rest() {
            b"" => Ok(Operand::Remembered),
            [b'!', line @ ..] if shell => Ok(Operand::Shell(self.shell_line(line).await?)),
            name => Ok(Operand::File(name.into())),
        }
    }

    fn remembered(&self) -> Done<BString> {
        self.file.clone().ok_or_else(|| "No current filename".into())
    }

    /// `f`
    pub async fn set_file(&mut self, operand: Operand) -> Done {
        if let Operand::File(name) = operand {
            self.file = Some(name);
        }
        let name = self.remembered()?;
        Ok(self.out.write_line(&name).await?)
    }

    /// `e`: another text.
    pub async fn edit(&mut self, operand: Operand) -> Done {
        if let Operand::File(name) = &operand {
            self.file = Some(name.clone());
        }
        let loaded = self.load(operand).await;
        let len = self.buffer.len();
        self.buffer.remove(1, len);
        self.buffer.forget_steps();
        self.buffer.is_saved();
        self.current = 0;
        let loaded = loaded?;
        self.current = self.buffer.insert(0, loaded.lines);
        self.buffer.forget_steps();
        self.buffer.is_saved();
        self.say_bytes(loaded.bytes + u64::from(loaded.unfinished)).await
    }

    /// `r`: more text.
    pub async fn read(&mut self, operand: Operand, after: usize) -> Done {
        if let (Operand::File(name), None) = (&operand, &self.file) {
            self.file = Some(name.clone());
        }
        let loaded = self.load(operand).await?;
        self.current = after + self.buffer.insert(after, loaded.lines);
        self.say_bytes(loaded.bytes + u64::from(loaded.unfinished)).await
    }

    async fn load(&mut self, operand: Operand) -> Done<Loaded> {
        let name = match operand {
            Operand::Shell(line) => {
                self.out.flush().await?;
                let ran = child::run(self.p, line.as_bstr(), None, true).await.map_err(Stop::error)?;
                return ran.output.map_err(Stop::error);
            }
            Operand::File(name) => name,
            Operand::Remembered => self.remembered()?,
        };
        match file::load(self.p, name.as_bstr()).await {
            Ok(loaded) => {
                if loaded.unfinished && !self.quiet {
                    self.out.write(b"Newline appended\n").await?;
                }
                Ok(loaded)
            }
            Err(error) => {
                self.tell(&format!("{name}: {error}")).await?;
                let what = if error == Errno::ENOENT { "Cannot open input file" } else { "Cannot read input file" };
                Err(what.into())
            }
        }
    }

    /// `w`: writes lines to a file, or behind what it has.
    pub async fn write(&mut self, operand: Operand, (first, last): (usize, usize), append: bool) -> Done {
        if first == 0 && last > 0 {
            return Err(super::super::support::editing::address::INVALID.into());
        }
        let len = self.buffer.len();
        let part = Part { buffer: &self.buffer, first, last, unfinished: false };
        let name = match operand {
            Operand::Shell(line) => {
                self.out.flush().await?;
                let bytes = (first.max(1)..=last).map(|number| self.buffer.line(number).len() as u64 + 1).sum();
                child::run(self.p, line.as_bstr(), Some(part), false).await.map_err(Stop::error)?;
                return self.say_bytes(bytes).await;
            }
            Operand::File(name) => {
                self.file.get_or_insert_with(|| name.clone());
                name
            }
            Operand::Remembered => self.remembered()?,
        };
        let written = match append {
            true => file::append(self.p, name.as_bstr(), part).await,
            false => file::save(self.p, name.as_bstr(), part).await,
        };
        match written {
            Ok(bytes) => {
                if first <= 1 && last == len {
                    self.buffer.is_saved();
                }
                self.say_bytes(bytes).await
            }
            Err(error) => {
                self.tell(&format!("{name}: {error}")).await?;
                Err("Cannot open output file".into())
            }
        }
    }

    /// `!`
    pub async fn shell(&mut self, line: &[u8]) -> Done {
        let line = self.shell_line(line).await?;
        self.out.flush().await?;
        child::run(self.p, line.as_bstr(), None, false).await.map_err(Stop::error)?;
        if !self.quiet {
            self.out.write(b"!\n").await?;
        }
        // `^C` was for the command.
        self.p.signals.forget(crate::env::Signal::Int);
        Ok(())
    }

    /// A command line with `%` for the file and `!` for the last one, which is shown if that changes it.
    async fn shell_line(&mut self, text: &[u8]) -> Done<BString> {
        let (mut line, mut changed) = (BString::default(), false);
        let mut rest = text;
        if let Some(after) = text.strip_prefix(b"!") {
            line = self.shell_line.clone().ok_or("No previous command")?;
            (rest, changed) = (after, true);
        }
        while let Some((&byte, after)) = rest.split_first() {
            rest = after;
            match byte {
                b'\\' if after.first() == Some(&b'%') => {
                    line.push(b'%');
                    rest = &after[1..];
                }
                b'%' => {
                    line.extend_from_slice(&self.remembered()?);
                    changed = true;
                }
                byte => line.push(byte),
            }
        }
        if changed {
            self.out.write_line(&line).await?;
        }
        self.shell_line = Some(line.clone());
        Ok(line)
    }

    async fn say_bytes(&mut self, bytes: u64) -> Done {
        if self.quiet { Ok(()) } else { Ok(self.out.write(format!("{bytes}\n").as_bytes()).await?) }
    }

    /// Says something on standard error, behind what was printed.
    async fn tell(&mut self, text: &str) -> Done {
        self.out.flush().await?;
        let _ = self.p.stderr().write_all(format!("{text}\n").as_bytes()).await;
        Ok(())
    }

    /// Keeps the text when the terminal is gone: in `ed.hup` here, or at home.
    pub async fn rescue(&mut self) {
        if !self.buffer.is_modified() {
            return;
        }
        let part = Part { buffer: &self.buffer, first: 1, last: self.buffer.len(), unfinished: false };
        if file::save(self.p, "ed.hup".into(), part).await.is_err()
            && let Some(home) = self.p.env.get(b"HOME".as_bstr())
        {
            let name = [home, &b"/ed.hup"[..]].concat();
            if let Err(error) = file::save(self.p, name.as_bstr(), part).await {
                io::complain_about(self.p, &name, error).await;
            }
        }
    }
}
