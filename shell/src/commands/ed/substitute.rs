//! `s` of `ed`.

use alloc::{sync::Arc, vec::Vec};
use bstr::ByteSlice;

use super::{
    super::support::{
        editing::address::{Addresses, Reader},
        replacement::{self, Piece, Which},
    },
    commands::present,
    global::continues,
    input::Came,
    session::{Done, Print, Session, Stop},
};

/// What `s` without a pattern does again.
#[derive(Clone)]
pub struct Substitution {
    /// The replacement as it was written, for `%`.
    written: Vec<u8>,
    pieces: Vec<Piece>,
    which: Which,
    print: Print,
}

impl Session<'_> {
    pub async fn substitute(&mut self, addresses: Addresses, reader: &mut Reader<'_>) -> Done {
        let (first, last) = addresses.or(self.current, self.current);
        present(first)?;
        let substitution = match reader.peek() {
            None | Some(b'0'..=b'9' | b'g' | b'p' | b'r' | b'l' | b'n' | b'I') => self.again(reader)?,
            Some(_) => self.read_substitution(reader).await?,
        };
        let (mut number, mut last, mut done) = (first, last, None);
        while number <= last {
            let text = self.buffer.text(number);
            let replaced = replacement::replace(self.finder.regex()?, &text, &substitution.pieces, substitution.which)?;
            if let Some(replaced) = replaced {
                let mut lines = replaced.split_str(b"\n");
                self.buffer.replace(number, Arc::from(lines.next().unwrap_or_default()));
                let more = self.buffer.insert(number, lines.map(Arc::from));
                (number, last) = (number + more, last + more);
                done = Some(number);
            }
            number += 1;
            if number % 1000 == 0 {
                self.p.sys.yield_now().await;
            }
        }
        let print = substitution.print;
        self.substitution = Some(substitution);
        match done {
            Some(number) => self.current = number,
            // In a global command another line may have it.
            None if self.input.has_list() => return Ok(()),
            None => return Err("No match".into()),
        }
        self.print_current(print).await
    }

    /// `s`, `sg`, `sp`, `sr`: the last one again.
    fn again(&mut self, reader: &mut Reader<'_>) -> Done<Substitution> {
        let mut substitution = self.substitution.clone().ok_or("No previous substitution")?;
        let mut last_pattern = false;
        substitution.print = Print::default();
        while let Some(byte) = reader.peek() {
            match byte {
                b'g' => substitution.which.global = !substitution.which.global,
                b'p' => substitution.print.plain = true,
                b'l' => substitution.print.list = true,
                b'n' => substitution.print.number = true,
                b'r' => last_pattern = true,
                b'0'..=b'9' => {
                    substitution.which.number = reader.number().filter(|number| *number > 0).unwrap_or(1) as u64;
                    continue;
                }
                _ => return Err("Invalid command suffix".into()),
            }
            reader.at += 1;
        }
        if !last_pattern && let Some(pattern) = &self.substituted {
            let pattern = pattern.clone();
            self.finder.set(&pattern, false)?;
        }
        Ok(substitution)
    }

    async fn read_substitution(&mut self, reader: &mut Reader<'_>) -> Done<Substitution> {
        let delimiter = reader.next().filter(|byte| !matches!(byte, b' ' | b'\n')).ok_or("Invalid pattern delimiter")?;
        let (pattern, ended) = reader.pattern(delimiter, self.syntax).ok_or("Trailing backslash (\\)")?;
        if !ended {
            return Err("Missing pattern delimiter".into());
        }
        let (written, rest) = self.read_replacement(reader.rest(), delimiter).await?;
        let mut flags = Reader::new(rest.as_deref().unwrap_or_default());
        let mut which = Which { number: 1, global: false };
        // Where the last delimiter is missing, the line is printed.
        let mut print = Print { plain: rest.is_none(), ..Print::default() };
        let mut ignore_case = false;
        while let Some(byte) = flags.peek() {
            match byte {
                b'g' => which.global = true,
                b'i' | b'I' => ignore_case = true,
                b'p' => print.plain = true,
                b'l' => print.list = true,
                b'n' => print.number = true,
                b'0'..=b'9' => {
                    which.number = flags.number().filter(|number| *number > 0).ok_or("Invalid command suffix")? as u64;
                    continue;
                }
                _ => return Err("Invalid command suffix".into()),
            }
            flags.at += 1;
        }
        self.finder.set(&pattern, ignore_case)?;
        self.substituted = self.finder.pattern().map(|pattern| pattern.to_vec());
        let written = match &self.substitution {
            Some(before) if written == b"%" => before.written.clone(),
            None if written == b"%" => return Err("No previous substitution".into()),
            _ => written,
        };
        let pieces = replacement::parse(&written, delimiter, self.finder.regex()?.groups())?;
        Ok(Substitution { written, pieces, which, print })
    }

    /// The replacement up to its delimiter, over as many lines as it goes on, and what is behind it.
    async fn read_replacement(&mut self, text: &[u8], delimiter: u8) -> Done<(Vec<u8>, Option<Vec<u8>>)> {
        let mut text = text.to_vec();
        let mut at = 0;
        loop {
            match text.get(at) {
                None if continues(&text) => {
                    text.push(b'\n');
                    match self.input.line().await? {
                        Came::Line(line) => text.extend_from_slice(&line),
                        Came::End => return Err("Unexpected end-of-file".into()),
                        Came::Interrupted => return Err(Stop::Interrupted),
                        Came::HungUp => return Err(Stop::HungUp),
                    }
                    // Behind the newline, which has the backslash.
                    at += 1;
                }
                None => return Ok((text, None)),
                Some(b'\\') if at + 1 < text.len() => at += 2,
                Some(&byte) if byte == delimiter => {
                    let rest = text.split_off(at + 1);
                    text.pop();
                    return Ok((text, Some(rest)));
                }
                Some(_) => at += 1,
            }
        }
    }
}
