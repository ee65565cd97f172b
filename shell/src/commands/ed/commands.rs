//! The commands of `ed`.

use alloc::{boxed::Box, format, sync::Arc, vec::Vec};

use super::{
    super::support::editing::{
        address::{Addresses, INVALID, Reader},
        buffer::Text,
    },
    session::{Done, MODIFIED, Print, Session},
};
use crate::env::BoxFuture;

const SUFFIX: &str = "Invalid command suffix";

impl Session<'_> {
    /// Runs one command line; false when it ends the session. `warned`: the command before was warned that the text is
    /// not saved. On the heap: global commands run commands.
    pub fn command<'a>(&'a mut self, line: Vec<u8>, warned: bool) -> BoxFuture<'a, Done<bool>> {
        Box::pin(async move {
            let mut reader = Reader::new(&line);
            let addresses = self.places().addresses(&mut reader)?;
            reader.skip_blanks();
            let Some(name) = reader.next() else {
                let (_, last) = addresses.or(0, self.current + 1);
                if last == 0 || last > self.buffer.len() {
                    return Err(INVALID.into());
                }
                self.print(last, last, Print { plain: true, ..Print::default() }).await?;
                return Ok(true);
            };
            match name {
                b'q' | b'Q' => {
                    none(addresses)?;
                    end(&reader)?;
                    if name == b'q' && self.buffer.is_modified() && !warned {
                        self.warned = true;
                        return Err(MODIFIED.into());
                    }
                    return Ok(false);
                }
                b'e' | b'E' => {
                    none(addresses)?;
                    if name == b'e' && self.buffer.is_modified() && !warned {
                        self.warned = true;
                        return Err(MODIFIED.into());
                    }
                    let name = self.file_operand(&mut reader, true).await?;
                    self.edit(name).await?;
                }
                b'f' => {
                    none(addresses)?;
                    let name = self.file_operand(&mut reader, false).await?;
                    self.set_file(name).await?;
                }
                b'r' => {
                    let (_, after) = addresses.or(0, self.buffer.len());
                    let name = self.file_operand(&mut reader, true).await?;
                    self.read(name, after).await?;
                }
                b'w' | b'W' => {
                    let leaves = reader.eat(b'q');
                    let target = self.file_operand(&mut reader, true).await?;
                    let (first, last) = addresses.or(self.buffer.len().min(1), self.buffer.len());
                    self.write(target, (first, last), name == b'W').await?;
                    return Ok(!leaves);
                }
                b'!' => {
                    none(addresses)?;
                    self.shell(reader.rest()).await?;
                }
                b'g' | b'v' | b'G' | b'V' => self.global(name, addresses, &mut reader).await?,
                b's' => self.substitute(addresses, &mut reader).await?,
                b'#' => {}
                _ => self.simple(name, addresses, &mut reader).await?,
            }
            Ok(true)
        })
    }

    /// The commands that only need the text.
    async fn simple(&mut self, name: u8, addresses: Addresses, reader: &mut Reader<'_>) -> Done {
        let (current, len) = (self.current, self.buffer.len());
        let (first, last) = addresses.or(current, current);
        match name {
            b'a' | b'i' | b'c' => {
                let how = suffix(reader)?;
                if name == b'c' && last == 0 && len > 0 && addresses.given > 0 && first != last {
                    return Err(INVALID.into());
                }
                let texts = self.text().await?;
                match name {
                    b'a' => self.current = last + self.buffer.insert(last, texts),
                    b'i' => {
                        let after = last.max(1) - 1;
                        let count = self.buffer.insert(after, texts);
                        self.current = if count == 0 { last } else { after + count };
                    }
                    _ => {
                        let first = first.max(1);
                        self.buffer.remove(first, last);
                        let count = self.buffer.insert(first - 1, texts);
                        let behind = if count == 0 { first } else { first - 1 + count };
                        self.current = behind.min(self.buffer.len());
                    }
                }
                self.print_current(how).await
            }
            b'd' => {
                let how = suffix(reader)?;
                present(first)?;
                self.buffer.remove(first, last);
                self.current = first.min(self.buffer.len());
                self.print_current(how).await
            }
            b'j' => {
                let (first, last) = addresses.or(current, current + 1);
                let how = suffix(reader)?;
                present(first)?;
                if last > len {
                    return Err(INVALID.into());
                }
                if first < last {
                    let joined: Vec<u8> = (first..=last).flat_map(|at| self.buffer.line(at)).copied().collect();
                    self.buffer.replace(first, Arc::from(joined));
                    self.buffer.remove(first + 1, last);
                    self.current = first;
                }
                self.print_current(how).await
            }
            b'm' | b't' => {
                let target = match self.places().address(reader, current)? {
                    Some(target) => target,
                    None => current,
                };
                let how = suffix(reader)?;
                present(first)?;
                let count = last + 1 - first;
                if name == b't' {
                    let texts = self.buffer.texts(first, last);
                    self.buffer.insert(target, texts);
                    self.current = target + count;
                } else if (first..last).contains(&target) {
                    return Err("Invalid destination".into());
                } else if target == last || target + 1 == first {
                    self.current = last;
                } else {
                    self.buffer.shift(first, last, target);
                    self.current = if target < first { target + count } else { target };
                }
                self.print_current(how).await
            }
            b'p' | b'l' | b'n' => {
                reader.at -= 1;
                let how = suffix(reader)?;
                self.print(first, last, how).await
            }
            b'k' => {
                let mark = reader.next().filter(u8::is_ascii_lowercase).ok_or("Invalid mark character")?;
                let how = suffix(reader)?;
                present(last)?;
                self.buffer.mark(mark, last, 0);
                self.print_current(how).await
            }
            b'=' => {
                let (_, last) = addresses.or(len, len);
                let how = suffix(reader)?;
                self.out.write(format!("{last}\n").as_bytes()).await?;
                self.print_current(how).await
            }
            b'z' => {
                let (_, from) = addresses.or(0, current + 1);
                if let Some(window) = reader.number().filter(|window| *window > 0) {
                    self.window = window;
                }
                let how = suffix(reader)?;
                if from == 0 || from > len {
                    return Err(INVALID.into());
                }
                let to = from.saturating_add(self.window - 1).min(len);
                self.print(from, to, Print { plain: true, ..how }).await
            }
            b'u' => {
                none(addresses)?;
                let how = suffix(reader)?;
                self.undo()?;
                self.print_current(how).await
            }
            b'h' | b'H' | b'P' => {
                none(addresses)?;
                let how = suffix(reader)?;
                match name {
                    b'h' => self.explain(),
                    b'P' => self.prompts = !self.prompts,
                    _ => {
                        self.explains = !self.explains;
                        if self.explains {
                            self.explain();
                        }
                    }
                }
                self.print_current(how).await
            }
            _ => Err("Unknown command".into()),
        }
    }

    /// The text behind `a`, `i` and `c`.
    async fn text(&mut self) -> Done<Vec<Text>> {
        Ok(self.input.text().await?.into_iter().map(Arc::from).collect())
    }

    /// Goes back one step, or forth again after that.
    fn undo(&mut self) -> Done {
        let moved = match self.undone {
            true => self.buffer.redo((self.current, 0)),
            false => self.buffer.undo((self.current, 0)),
        };
        self.current = moved.ok_or("Nothing to undo")?.place.0.min(self.buffer.len());
        self.undone = !self.undone;
        Ok(())
    }

    pub async fn print_current(&mut self, how: Print) -> Done {
        if how.any() { self.print(self.current, self.current, how).await } else { Ok(()) }
    }
}

/// `p`, `l` and `n` behind a command.
pub fn suffix(reader: &mut Reader<'_>) -> Done<Print> {
    let mut how = Print::default();
    loop {
        match reader.peek() {
            Some(b'p') => how.plain = true,
            Some(b'l') => how.list = true,
            Some(b'n') => how.number = true,
            _ => break,
        }
        reader.at += 1;
    }
    end(reader)?;
    Ok(how)
}

/// Nothing may follow.
fn end(reader: &Reader<'_>) -> Done {
    if reader.rest().iter().all(|byte| matches!(byte, b' ' | b'\t')) { Ok(()) } else { Err(SUFFIX.into()) }
}

/// No address may be given.
fn none(addresses: Addresses) -> Done {
    if addresses.given == 0 { Ok(()) } else { Err("Unexpected address".into()) }
}

/// Line 0 is no line.
pub fn present(number: usize) -> Done {
    if number == 0 { Err(INVALID.into()) } else { Ok(()) }
}
