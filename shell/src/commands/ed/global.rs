//! Commands for all lines with a pattern: `g`, `v`, and one by one `G`, `V`.

use alloc::vec::Vec;

use super::{
    super::support::editing::address::{Addresses, Reader},
    commands::{present, suffix},
    input::Came,
    session::{Done, Print, Session, Stop},
};

impl Session<'_> {
    pub async fn global(&mut self, name: u8, addresses: Addresses, reader: &mut Reader<'_>) -> Done {
        if self.input.has_list() {
            return Err("Cannot nest global commands".into());
        }
        let len = self.buffer.len();
        let (first, last) = addresses.or(len.min(1), len);
        present(first)?;
        let delimiter = reader.next().filter(|byte| !matches!(byte, b' ' | b'\n')).ok_or("Invalid pattern delimiter")?;
        let (pattern, _) = reader.pattern(delimiter, self.syntax).ok_or("Trailing backslash (\\)")?;
        self.finder.set(&pattern, reader.eat(b'I'))?;
        let wanted = matches!(name, b'g' | b'G');
        let mut numbers = Vec::new();
        for number in first..=last {
            if self.finder.regex()?.is_match(self.buffer.line(number))? == wanted {
                numbers.push(number);
            }
            if number % 1000 == 0 {
                self.p.sys.yield_now().await;
            }
        }
        let interactive = matches!(name, b'G' | b'V');
        let list = match interactive {
            true => {
                suffix(reader)?;
                Vec::new()
            }
            false => self.list(reader.rest()).await?,
        };
        let (lines, mut near) = (self.buffer.watch(&numbers), 1);
        for (done, line) in lines.into_iter().enumerate() {
            let Some(number) = self.buffer.visit(line, near) else { continue };
            self.current = number;
            near = number;
            let list = match interactive {
                false => list.clone(),
                true => match self.ask(number).await? {
                    Some(list) => list,
                    None => continue,
                },
            };
            self.run_list(list).await?;
            if done % 100 == 99 {
                self.p.sys.yield_now().await;
            }
            if self.p.signals.is_pending() {
                self.interrupted()?;
            }
        }
        Ok(())
    }

    /// Shows a line and reads the commands for it; `None` for none.
    async fn ask(&mut self, number: usize) -> Done<Option<Vec<u8>>> {
        self.print(number, number, Print { plain: true, ..Print::default() }).await?;
        self.out.flush().await?;
        match self.input.typed().await? {
            Came::Line(line) if line.is_empty() => Ok(None),
            Came::Line(line) if line == b"&" => match self.repeated.is_empty() {
                true => Err("No previous command".into()),
                false => Ok(Some(self.repeated.clone())),
            },
            Came::Line(line) => {
                let list = self.list(&line).await?;
                self.repeated.clone_from(&list);
                Ok(Some(list))
            }
            Came::End => Err("Unexpected end-of-file".into()),
            Came::Interrupted => Err(Stop::Interrupted),
            Came::HungUp => Err(Stop::HungUp),
        }
    }

    /// A list of commands: lines that end with a backslash go on.
    async fn list(&mut self, first: &[u8]) -> Done<Vec<u8>> {
        let mut list = Vec::new();
        let mut line = first.to_vec();
        while continues(&line) {
            line.pop();
            list.extend_from_slice(&line);
            list.push(b'\n');
            line = match self.input.typed().await? {
                Came::Line(line) => line,
                Came::End => return Err("Unexpected end-of-file".into()),
                Came::Interrupted => return Err(Stop::Interrupted),
                Came::HungUp => return Err(Stop::HungUp),
            };
        }
        list.extend_from_slice(&line);
        Ok(if list.is_empty() { b"p".to_vec() } else { list })
    }

    async fn run_list(&mut self, list: Vec<u8>) -> Done {
        self.input.set_list(Some((list, 0)));
        let done = async {
            while let Came::Line(line) = self.input.line().await? {
                if !self.command(line, false).await? {
                    return Err("Cannot end within a global command".into());
                }
            }
            Ok(())
        };
        let done = done.await;
        self.input.set_list(None);
        done
    }
}

/// Whether a line ends with a backslash that is none of a pair.
pub fn continues(line: &[u8]) -> bool {
    line.iter().rev().take_while(|&&byte| byte == b'\\').count() % 2 == 1
}
