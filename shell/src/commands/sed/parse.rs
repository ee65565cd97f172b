//! Reading a `sed` script (XCU `sed`, and what GNU's takes beyond it).

use alloc::{collections::BTreeMap, format, string::String, vec, vec::Vec};
use bstr::{BStr, BString, ByteSlice};

use super::{
    super::support::{
        numbers,
        posix_regex::Syntax,
        regex::{Extent, Regex, Style},
        replacement,
        script_text::{regex_text, translate_escapes},
    },
    script::{Action, Address, Command, Pattern, Range, Script, Substitute},
    text,
};

type Result<T> = core::result::Result<T, String>;

/// Reads a script; the error says what is wrong with it and where.
pub(super) fn parse(text: &[u8], syntax: Syntax) -> Result<Script> {
    let mut parser = Parser {
        text,
        at: 0,
        syntax,
        commands: Vec::new(),
        regexes: Vec::new(),
        writes: Vec::new(),
        blocks: Vec::new(),
        labels: BTreeMap::new(),
        jumps: Vec::new(),
    };
    let quiet = text == b"#n" || text.starts_with(b"#n\n");
    parser.script().map_err(|message| {
        let before = &text[..parser.at.min(text.len())];
        let line = 1 + before.find_iter("\n").count();
        let column = before.len() - before.rfind_byte(b'\n').map_or(0, |at| at + 1);
        format!("line {line}, character {column} of the script: {message}")
    })?;
    for (command, label) in core::mem::take(&mut parser.jumps) {
        let target = match parser.labels.get(label) {
            Some(target) => *target,
            None if label.is_empty() => parser.commands.len(),
            None => return Err(format!("can't find label for jump to '{}'", label.as_bstr())),
        };
        match &mut parser.commands[command].action {
            Action::Branch(to) | Action::BranchIfDone(to) | Action::BranchUnlessDone(to) => *to = target,
            _ => {}
        }
    }
    Ok(Script { commands: parser.commands, regexes: parser.regexes, writes: parser.writes, quiet })
}

struct Parser<'a> {
    text: &'a [u8],
    at: usize,
    syntax: Syntax,
    commands: Vec<Command>,
    regexes: Vec<Regex>,
    writes: Vec<BString>,
    /// The blocks that are open, by the index of their `{`.
    blocks: Vec<usize>,
    labels: BTreeMap<&'a [u8], usize>,
    /// Commands that jump, and the labels they jump to.
    jumps: Vec<(usize, &'a [u8])>,
}

impl<'a> Parser<'a> {
    fn script(&mut self) -> Result<()> {
        loop {
            self.skip(|byte| byte.is_ascii_whitespace() || byte == b';');
            let Some(byte) = self.peek() else { break };
            if byte == b'#' {
                self.rest_of_line();
                continue;
            }
            self.command()?;
        }
        if self.blocks.is_empty() { Ok(()) } else { Err("unmatched '{'".into()) }
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.peek();
        self.at += 1;
        byte
    }

    fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn skip(&mut self, wanted: impl Fn(u8) -> bool) -> &'a [u8] {
        let start = self.at.min(self.text.len());
        self.at = start + self.text[start..].iter().take_while(|byte| wanted(**byte)).count();
        &self.text[start..self.at]
    }

    fn skip_blanks(&mut self) {
        self.skip(|byte| byte != b'\n' && byte.is_ascii_whitespace());
    }

    /// What is left of the line, which is passed over with its newline.
    fn rest_of_line(&mut self) -> &'a [u8] {
        let line = self.skip(|byte| byte != b'\n');
        self.at += 1;
        line
    }

    fn number(&mut self) -> Result<Option<u64>> {
        let digits = self.skip(|byte| byte.is_ascii_digit());
        if digits.is_empty() {
            return Ok(None);
        }
        numbers::parse(digits).map(Some).ok_or_else(|| "the number is too big".into())
    }

    fn command(&mut self) -> Result<()> {
        let first = self.address(false)?;
        let mut last = None;
        self.skip_blanks();
        if first.is_some() && self.eat(b',') {
            self.skip_blanks();
            last = self.address(true)?;
            if last.is_none() {
                return Err("unexpected ','".into());
            }
        }
        if first == Some(Address::Line(0)) && !matches!(last, Some(Address::Regex(_))) {
            return Err("line 0 is only for a range that ends with a regular expression".into());
        }
        let mut negated = false;
        loop {
            self.skip_blanks();
            if !self.eat(b'!') {
                break;
            }
            negated = true;
        }
        let addresses = usize::from(first.is_some()) + usize::from(last.is_some());
        let name = self.next().ok_or("missing command")?;
        let action = self.action(name, addresses)?;
        self.commands.push(Command { first, last, negated, range: Range::Before, action });
        Ok(())
    }

    fn address(&mut self, second: bool) -> Result<Option<Address>> {
        let address = match self.peek() {
            Some(b'0'..=b'9') => {
                let line = self.number()?.unwrap_or(0);
                if self.eat(b'~') { Address::Step(line, self.number()?.unwrap_or(0)) } else { Address::Line(line) }
            }
            Some(b'$') => {
                self.at += 1;
                Address::Last
            }
            Some(mark @ (b'+' | b'~')) if second => {
                self.at += 1;
                let number = self.number()?.ok_or("a number has to follow '+' and '~'")?;
                if mark == b'+' { Address::Plus(number) } else { Address::Multiple(number) }
            }
            Some(b'/' | b'\\') => {
                self.eat(b'\\');
                let delimiter = self.next().ok_or("unterminated address regex")?;
                let pattern = self.regex_text(delimiter).ok_or("unterminated address regex")?;
                let (mut ignore_case, mut multi_line) = (false, false);
                loop {
                    match self.peek() {
                        Some(b'I') => ignore_case = true,
                        Some(b'M') => multi_line = true,
                        _ => break,
                    }
                    self.at += 1;
                }
                Address::Regex(self.regex(&pattern, ignore_case, multi_line)?)
            }
            _ => return Ok(None),
        };
        Ok(Some(address))
    }

    fn regex_text(&mut self, delimiter: u8) -> Option<BString> {
        regex_text(self.text, &mut self.at, delimiter, self.syntax)
    }

    fn regex(&mut self, pattern: &[u8], ignore_case: bool, multi_line: bool) -> Result<Pattern> {
        if pattern.is_empty() {
            return if ignore_case || multi_line {
                Err("the empty regular expression takes no flags".into())
            } else {
                Ok(Pattern::LastUsed)
            };
        }
        let pattern = translate_escapes(pattern, self.syntax);
        let style = Style { syntax: self.syntax, ignore_case, multi_line, extent: Extent::Part };
        self.regexes.push(Regex::new(&[pattern], style)?);
        Ok(Pattern::Own(self.regexes.len() - 1))
    }

    fn action(&mut self, name: u8, addresses: usize) -> Result<Action> {
        let at_most = |most: usize, what: &str| {
            if addresses > most { Err(format!("{}: takes no more than {what}", char::from(name))) } else { Ok(()) }
        };
        let here = self.commands.len();
        let action = match name {
            b'{' => {
                self.blocks.push(here);
                return Ok(Action::Block(0));
            }
            b'}' => {
                at_most(0, "no address")?;
                let open = self.blocks.pop().ok_or("unexpected '}'")?;
                self.commands[open].action = Action::Block(here);
                Action::Nothing
            }
            b':' => {
                at_most(0, "no address")?;
                self.skip_blanks();
                let label = self.skip(|byte| !byte.is_ascii_whitespace() && byte != b';');
                if label.is_empty() {
                    return Err("\":\" lacks a label".into());
                }
                if self.labels.insert(label, here).is_some() {
                    return Err(format!("label '{}' is there twice", label.as_bstr()));
                }
                // GNU's lets a blank end the label; what follows has to be separate all the same.
                return Ok(Action::Nothing);
            }
            b'b' | b't' | b'T' => {
                self.skip_blanks();
                let label = self.skip(|byte| !byte.is_ascii_whitespace() && byte != b';' && byte != b'}');
                self.jumps.push((here, label));
                match name {
                    b'b' => Action::Branch(0),
                    b't' => Action::BranchIfDone(0),
                    _ => Action::BranchUnlessDone(0),
                }
            }
            b'a' => return Ok(Action::Append(self.text_argument()?)),
            b'i' => return Ok(Action::Insert(self.text_argument()?)),
            b'c' => return Ok(Action::Change(self.text_argument()?)),
            b'r' => return Ok(Action::ReadFile(self.file_name()?.into())),
            b'R' => return Ok(Action::ReadLine(self.file_name()?.into())),
            b'w' => return Ok(Action::Write(self.write_file()?)),
            b'W' => return Ok(Action::WriteFirstLine(self.write_file()?)),
            b's' => self.substitute()?,
            b'y' => self.translate()?,
            b'q' | b'Q' => {
                at_most(1, "one address")?;
                self.skip_blanks();
                let status = self.number()?.unwrap_or(0);
                let status = u8::try_from(status).map_err(|_| "an exit status is 255 at most")?;
                Action::Quit { status, print: name == b'q' }
            }
            b'l' => {
                self.skip_blanks();
                Action::List(self.number()?.map(|width| usize::try_from(width).unwrap_or(usize::MAX)))
            }
            b'=' => Action::LineNumber,
            b'd' => Action::Delete,
            b'D' => Action::DeleteFirstLine,
            b'F' => Action::PrintFileName,
            b'g' => Action::Get,
            b'G' => Action::GetAppend,
            b'h' => Action::Hold,
            b'H' => Action::HoldAppend,
            b'n' => Action::Next,
            b'N' => Action::NextAppend,
            b'p' => Action::Print,
            b'P' => Action::PrintFirstLine,
            b'v' => {
                self.skip(|byte| !byte.is_ascii_whitespace() && byte != b';');
                Action::Nothing
            }
            b'x' => Action::Exchange,
            b'z' => Action::Zap,
            other => return Err(format!("unknown command: '{}'", BStr::new(&[other]))),
        };
        self.end_of_command()?;
        Ok(action)
    }

    fn end_of_command(&mut self) -> Result<()> {
        self.skip_blanks();
        match self.peek() {
            None | Some(b'\n' | b';' | b'#' | b'}') => Ok(()),
            Some(_) => {
                self.at += 1;
                Err("extra characters after command".into())
            }
        }
    }

    /// The text of `a`, `i` and `c`: `a\` and lines that go on after a backslash, or GNU's `a TEXT`.
    fn text_argument(&mut self) -> Result<BString> {
        const MISSING: &str = "expected \\ after 'a', 'c' or 'i'";
        self.skip_blanks();
        if self.peek().is_none() {
            return Err(MISSING.into());
        }
        if self.eat(b'\\') {
            if self.peek().is_none() {
                return Ok(BString::default());
            }
            let after = self.at;
            self.skip_blanks();
            if !self.eat(b'\n') {
                self.at = after; // `a\  TEXT` keeps the blanks
            }
        }
        if self.peek() == Some(b'\n') && self.text.get(self.at.wrapping_sub(1)) != Some(&b'\n') {
            return Err(MISSING.into());
        }
        Ok(text::argument(self.text, &mut self.at))
    }

    fn file_name(&mut self) -> Result<&'a BStr> {
        self.skip_blanks();
        let name = self.rest_of_line();
        if name.is_empty() { Err("missing file name".into()) } else { Ok(name.as_bstr()) }
    }

    fn write_file(&mut self) -> Result<usize> {
        let name = self.file_name()?;
        if let Some(known) = self.writes.iter().position(|write| write == name) {
            return Ok(known);
        }
        self.writes.push(name.into());
        Ok(self.writes.len() - 1)
    }

    fn substitute(&mut self) -> Result<Action> {
        const UNTERMINATED: &str = "unterminated 's' command";
        let delimiter = self.delimiter("s")?;
        let pattern = self.regex_text(delimiter).ok_or(UNTERMINATED)?;
        let start = self.at;
        let replacement = self.delimited(delimiter).ok_or(UNTERMINATED)?;
        let mut substitute = Substitute {
            pattern: Pattern::LastUsed,
            replacement: Vec::new(),
            global: false,
            print: false,
            number: 1,
            write: None,
        };
        let (mut ignore_case, mut multi_line, mut numbered) = (false, false, false);
        loop {
            match self.peek() {
                Some(b'i' | b'I') => ignore_case = true,
                Some(b'm' | b'M') => multi_line = true,
                Some(b'g') => substitute.global = true,
                Some(b'p') => substitute.print = true,
                Some(b'0'..=b'9') => {
                    let number = self.number()?.unwrap_or(0);
                    if number == 0 {
                        return Err("number option to 's' command may not be zero".into());
                    }
                    if core::mem::replace(&mut numbered, true) {
                        return Err("multiple number options to 's' command".into());
                    }
                    substitute.number = number;
                    continue;
                }
                Some(b'w') => {
                    self.at += 1;
                    substitute.write = Some(self.write_file()?);
                    self.at -= 1; // the newline, for the end of the command
                    break;
                }
                Some(byte) if !byte.is_ascii_whitespace() && !b";#}".contains(&byte) => {
                    self.at += 1;
                    return Err("unknown option to 's'".into());
                }
                _ => break,
            }
            self.at += 1;
        }
        substitute.pattern = self.regex(&pattern, ignore_case, multi_line)?;
        let most = match substitute.pattern {
            Pattern::Own(index) => self.regexes[index].groups(),
            Pattern::LastUsed => 9,
        };
        let end = self.at;
        self.at = start; // where a mistake would be
        substitute.replacement = replacement::parse(replacement, delimiter, most)?;
        self.at = end;
        Ok(Action::Substitute(substitute))
    }

    fn delimiter(&mut self, command: &str) -> Result<u8> {
        match self.next() {
            Some(byte) if byte != b'\n' && byte != b'\\' => Ok(byte),
            _ => Err(format!("unterminated '{command}' command")),
        }
    }

    /// The text up to a delimiter that has no backslash before it.
    fn delimited(&mut self, delimiter: u8) -> Option<&'a [u8]> {
        let start = self.at;
        loop {
            match self.next()? {
                byte if byte == delimiter => return Some(&self.text[start..self.at - 1]),
                b'\\' => drop(self.next()?),
                _ => {}
            }
        }
    }

    fn translate(&mut self) -> Result<Action> {
        const UNTERMINATED: &str = "unterminated 'y' command";
        let delimiter = self.delimiter("y")?;
        let mut sides = vec![];
        for _ in 0..2 {
            let side = self.delimited(delimiter).ok_or(UNTERMINATED)?;
            sides.push(text::characters(side, delimiter)?);
        }
        let (to, from) = (sides.pop().unwrap_or_default(), sides.pop().unwrap_or_default());
        if from.len() != to.len() {
            return Err("strings for 'y' command are different lengths".into());
        }
        Ok(Action::Translate(from.into_iter().zip(to).collect()))
    }
}
