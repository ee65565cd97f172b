//! Command lines: those of `ex`, and those that are typed after `:` in `vi`.

use alloc::{boxed::Box, format, string::String, sync::Arc, vec::Vec};

use super::{
    super::support::{
        editing::address::{Addresses, Dialect, INVALID, Places, Reader},
        posix_regex::Syntax,
        unambiguous::unambiguous,
    },
    chars::indent,
    names::{self, Name},
    operator::{Operator, Span},
    registers::is_name,
    session::Session,
};
use crate::env::BoxFuture;

/// What follows a command.
#[derive(Debug, PartialEq, Eq)]
pub enum Flow {
    Go,
    Leave(u8),
    /// `:s///c` asks; what is behind it on the line is dropped.
    Asks,
    /// To `vi`, to `ex`.
    Visual,
    Suspend,
}

type Done<T = Flow> = Result<T, String>;

/// Columns of `:l`.
const WIDTH: usize = 73;

impl Session<'_> {
    /// Carries a line of commands out. `global`: for one line of a `:g`. On the heap: commands run commands.
    pub fn execute<'a>(&'a mut self, line: &'a [u8], global: bool) -> BoxFuture<'a, Done> {
        Box::pin(async move {
            let mut reader = Reader::new(line);
            loop {
                while matches!(reader.peek(), Some(b' ' | b'\t' | b':' | b'|')) {
                    reader.at += 1;
                }
                let addresses = self.places().addresses(&mut reader)?;
                reader.skip_blanks();
                let flow = self.command(&mut reader, addresses, global).await?;
                if flow != Flow::Go {
                    return Ok(flow);
                }
                reader.skip_blanks();
                match reader.next() {
                    None => return Ok(Flow::Go),
                    Some(b'|') => {}
                    Some(_) => return Err("Trailing characters".into()),
                }
            }
        })
    }

    fn places(&mut self) -> Places<'_> {
        let ed = &mut self.ed;
        Places {
            buffer: &ed.buffer,
            finder: &mut ed.finder,
            current: ed.line.min(ed.buffer.len()),
            dialect: Dialect::Ex,
            syntax: Syntax::Basic,
            ignore_case: ed.settings.ignorecase,
        }
    }

    async fn command(&mut self, reader: &mut Reader<'_>, addresses: Addresses, global: bool) -> Done {
        let (current, len) = (self.ed.line.min(self.ed.buffer.len()), self.ed.buffer.len());
        let all = addresses.or(len.min(1), len);
        let here = addresses.or(current, current);
        let name = names::read(reader)?;
        let bang = !matches!(name, Name::Shell | Name::Nothing) && reader.eat(b'!');
        // Line 0 is only a place to put something behind.
        let from_zero = matches!(
            name,
            Name::Append | Name::Read | Name::Put | Name::Nothing | Name::Insert | Name::Number | Name::Write | Name::Global | Name::Except
        );
        if addresses.given > 0 && here.0 == 0 && !from_zero && len > 0 {
            return Err(INVALID.into());
        }
        match name {
            Name::Nothing => {
                let target = match (addresses.given, self.screen.is_some()) {
                    (0, true) => return Ok(Flow::Go),
                    (0, false) => current + 1,
                    _ => here.1,
                };
                if target > len {
                    return Err("At the end of the text".into());
                }
                self.go(target.max(1));
                if self.screen.is_none() {
                    self.print((here.0.max(1).min(target), target), false, false);
                }
            }
            Name::Print | Name::Numbers | Name::List => {
                let lines = self.counted(reader, here);
                self.print(lines, name == Name::Numbers || self.ed.settings.number, name == Name::List);
                self.go(lines.1.max(1));
            }
            Name::Window => {
                let rows = reader.number().unwrap_or(self.ed.view.size.rows).max(1);
                let first = if addresses.given == 0 { (current + 1).min(len) } else { here.1 };
                let lines = (first, (first + rows - 1).min(len));
                self.print(lines, false, false);
                self.go(lines.1.max(1));
            }
            Name::Number => {
                let (_, last) = addresses.or(len, len);
                self.tell(format!("{last}"));
            }
            Name::Append | Name::Insert | Name::Change => self.text_command(name, here).await?,
            Name::Delete | Name::Yank => {
                let register = self.register(reader);
                let (first, last) = self.counted(reader, here);
                let operator = if name == Name::Delete { Operator::Delete } else { Operator::Yank };
                let span = Span { start: (first.max(1), 0), end: (last.max(1), 0), lines: true };
                let cursor = (self.ed.line, self.ed.col);
                self.ed.operate(operator, span, register);
                if name == Name::Yank {
                    (self.ed.line, self.ed.col) = cursor;
                }
                if global {
                    self.ed.message = None;
                }
            }
            Name::Put => {
                let register = self.register(reader);
                let after = addresses.or(current, current).1;
                // Text from within lines is put as lines here.
                let taken = self.ed.registers.get(register).cloned().ok_or("Nothing in this register")?;
                let after = if bang { after.max(1) - 1 } else { after };
                let count = self.ed.buffer.insert(after, taken.lines);
                self.go(after + count);
            }
            Name::Join => {
                let (first, last) = if addresses.given == 2 { here } else { (here.1, here.1 + 1) };
                let (_, last) = match reader.peek() {
                    Some(b'0'..=b'9') => (0, last + reader.number().unwrap_or(1) - 1),
                    _ => (first, last),
                };
                if last > len {
                    return Err(INVALID.into());
                }
                self.ed.join(first, last, !bang);
                self.go(first);
            }
            Name::Move | Name::Copy => {
                let target = self.places().address(reader, current)?.ok_or("A destination is needed")?;
                let (first, last) = here;
                let count = last + 1 - first;
                if name == Name::Copy {
                    let texts = self.ed.buffer.texts(first, last);
                    self.ed.buffer.insert(target, texts);
                    self.go(target + count);
                } else if (first..last).contains(&target) {
                    return Err("Lines cannot move into themselves".into());
                } else if target == last || target + 1 == first {
                    self.go(last);
                } else {
                    self.ed.buffer.shift(first, last, target);
                    self.go(if target < first { target + count } else { target });
                }
            }
            Name::Right | Name::Left => {
                let times = 1 + usize::from(bang);
                let byte = if name == Name::Right { b'>' } else { b'<' };
                let mut times = times;
                while reader.eat(byte) {
                    times += 1;
                }
                let (first, last) = self.counted(reader, here);
                for line in first.max(1)..=last {
                    self.ed.shift_line(line, name == Name::Right, times);
                }
                self.go(last);
            }
            Name::Mark => {
                reader.skip_blanks();
                let mark = reader.next().filter(u8::is_ascii_lowercase).ok_or("A mark is a letter from a to z")?;
                self.ed.buffer.mark(mark, here.1, 0);
            }
            Name::Substitute | Name::Again => {
                if name == Name::Again && !matches!(reader.peek(), None | Some(b' ' | b'|' | b'0'..=b'9' | b'g' | b'c' | b'&')) {
                    return Err("Trailing characters".into());
                }
                let lines = (here.0.max(1), here.1.max(1));
                if self.ed.substitute(reader, lines, global)? {
                    return Ok(if self.screen.is_some() { Flow::Asks } else { self.ask_in_lines().await? });
                }
            }
            Name::Global | Name::Except => return self.global(reader, all, (name == Name::Global) != bang, global).await,
            Name::Undo | Name::Redo => {
                let began = self.ed.began;
                self.ed.buffer.commit(began);
                self.ed.undo(name == Name::Undo, 1);
            }
            Name::Set => {
                let words = rest_of_command(reader);
                let answers = self.ed.settings.set(words)?;
                answers.into_iter().for_each(|answer| self.tell(answer));
            }
            Name::Registers => self.show_registers(),
            Name::Visual if self.screen.is_none() => return Ok(Flow::Visual),
            Name::Stop => return Ok(Flow::Suspend),
            Name::Version => self.tell("vi of Pollux: vi and ex of POSIX.1-2024; see man vi".into()),
            Name::Help => self.tell("man vi tells what there is; :q leaves, :q! without saving".into()),
            Name::NoHighlight => {}
            Name::At => {
                reader.skip_blanks();
                let name = reader.next().filter(|byte| is_name(*byte));
                let taken = self.ed.registers.get(name).cloned().ok_or("Nothing in this register")?;
                for line in &taken.lines {
                    let flow = self.execute(line, global).await?;
                    if flow != Flow::Go {
                        return Ok(flow);
                    }
                }
            }
            name => return self.file_command(name, bang, reader, addresses, all).await,
        }
        Ok(Flow::Go)
    }

    /// Puts the cursor into a line.
    pub fn go(&mut self, line: usize) {
        self.ed.line = line.clamp(1, self.ed.lines());
        self.ed.col = indent(self.ed.text());
        self.ed.settle_column();
        self.ed.like_column();
    }

    /// The name of a register behind a command.
    fn register(&self, reader: &mut Reader<'_>) -> Option<u8> {
        reader.skip_blanks();
        let name = reader.peek().filter(|byte| byte.is_ascii_alphabetic() || *byte == b'"' || *byte == b'_')?;
        reader.at += 1;
        Some(name)
    }

    /// A count behind a command: so many lines from the last one on.
    fn counted(&self, reader: &mut Reader<'_>, (first, last): (usize, usize)) -> (usize, usize) {
        reader.skip_blanks();
        match reader.number() {
            Some(count) => (last, (last + count.max(1) - 1).min(self.ed.buffer.len())),
            None => (first, last),
        }
    }

    /// Keeps a line to show.
    pub fn tell(&mut self, line: String) {
        self.printed.push(line.into_bytes());
    }

    fn print(&mut self, (first, last): (usize, usize), numbers: bool, list: bool) {
        for line in first.max(1)..=last {
            let mut shown = if numbers { format!("{line:>6}  ").into_bytes() } else { Vec::new() };
            if list {
                let text = unambiguous(self.ed.buffer.line(line), WIDTH, true);
                shown.extend_from_slice(text.strip_suffix(b"\n").unwrap_or(&text));
            } else {
                shown.extend_from_slice(self.ed.buffer.line(line));
            }
            self.printed.push(shown);
        }
    }

    /// `:a`, `:i` and `:c`: the lines that follow, up to a dot.
    async fn text_command(&mut self, name: Name, (first, last): (usize, usize)) -> Done<()> {
        if self.screen.is_some() {
            return Err("Here text is typed after o, O, or S; :a, :i and :c are for ex".into());
        }
        let mut texts = Vec::new();
        while let Some(line) = self.read_line().await {
            if line == b"." {
                break;
            }
            texts.push(Arc::from(line));
        }
        let after = match name {
            Name::Append => last,
            Name::Insert => last.max(1) - 1,
            _ => {
                self.ed.buffer.remove(first.max(1), last);
                first.max(1) - 1
            }
        };
        let count = self.ed.buffer.insert(after, texts);
        self.go(after + count);
        Ok(())
    }

    async fn global(&mut self, reader: &mut Reader<'_>, (first, last): (usize, usize), wanted: bool, nested: bool) -> Done {
        if nested {
            return Err("A global command within another one".into());
        }
        let delimiter = reader.next().filter(u8::is_ascii_punctuation).ok_or("A pattern is needed, as in :g/x/d")?;
        let (pattern, _) = reader.pattern(delimiter, Syntax::Basic).ok_or("The pattern ends with a backslash")?;
        self.ed.finder.set(&pattern, self.ed.settings.ignorecase)?;
        let command = reader.rest().to_vec();
        reader.at = reader.text.len();
        let command = if command.is_empty() { b"p".to_vec() } else { command };
        let mut numbers = Vec::new();
        for number in first.max(1)..=last {
            if self.ed.finder.regex()?.is_match(self.ed.buffer.line(number))? == wanted {
                numbers.push(number);
            }
        }
        if numbers.is_empty() {
            return Err(self.ed.finder.not_found());
        }
        self.ed.remember_jump();
        let before = self.ed.buffer.len();
        let (lines, mut near) = (self.ed.buffer.watch(&numbers), 1);
        for (done, line) in lines.into_iter().enumerate() {
            let Some(number) = self.ed.buffer.visit(line, near) else { continue };
            self.go(number);
            near = number;
            let flow = self.execute(&command, true).await?;
            if flow != Flow::Go {
                return Ok(flow);
            }
            if done % 100 == 99 {
                self.p.sys.yield_now().await;
            }
        }
        let after = self.ed.buffer.len();
        match before.abs_diff(after) {
            0..=4 => {}
            count if after < before => self.ed.say(format!("{count} fewer lines")),
            count => self.ed.say(format!("{count} more lines")),
        }
        Ok(Flow::Go)
    }

    fn show_registers(&mut self) {
        let names = [None].into_iter().chain((b'0'..=b'9').chain(b'a'..=b'z').map(Some));
        for name in names {
            let Some(taken) = self.ed.registers.get(name) else { continue };
            let text = bstr::join(if taken.whole { "^J" } else { "\\n" }, &taken.lines);
            let shown = [&[b'"', name.unwrap_or(b'"')], &b"   "[..], &text[..text.len().min(200)]].concat();
            self.printed.push(shown);
        }
    }
}

/// What is left of a command, up to a bar.
pub fn rest_of_command<'a>(reader: &mut Reader<'a>) -> &'a [u8] {
    let rest = reader.rest();
    let end = rest.iter().position(|byte| *byte == b'|').unwrap_or(rest.len());
    reader.at += end;
    rest[..end].trim_ascii()
}
