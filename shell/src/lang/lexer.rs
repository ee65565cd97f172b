//! Tokens: operators, numbers before redirections, newlines; words are made in [`super::word`].

use alloc::{boxed::Box, string::ToString};
use bstr::ByteSlice;
use core::ops::Range;

use super::{Parsed, Parser, SyntaxError, ast::Word, reserved::Reserved};

/// A token and where it stands.
#[derive(Debug)]
pub(super) struct Token {
    pub kind: TokenKind,
    pub span: Range<usize>,
    /// For a word: which reserved word it is where one may stand.
    pub reserved: Reserved,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum TokenKind {
    Word(Word),
    /// A number with a redirection operator right behind it.
    Number(usize),
    Op(Op),
    Newline,
    End,
}

macro_rules! operators {
    ($($name:ident = $text:literal),* $(,)?) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Op { $($name),* }

        impl Op {
            pub fn text(self) -> &'static str {
                match self { $(Op::$name => $text),* }
            }
        }
    };
}

operators! {
    AndIf = "&&", AndDoubleGreat = "&>>", AndGreat = "&>", Amp = "&",
    OrIf = "||", PipeAnd = "|&", Pipe = "|",
    DoubleSemiAnd = ";;&", DoubleSemi = ";;", SemiAnd = ";&", Semi = ";",
    DoubleLessDash = "<<-", TripleLess = "<<<", DoubleLess = "<<", LessAnd = "<&", LessGreat = "<>", Less = "<",
    DoubleGreat = ">>", GreatAnd = ">&", Clobber = ">|", Great = ">",
    Open = "(", Close = ")",
}

impl Op {
    fn of(byte: u8) -> Op {
        match byte {
            b'&' => Op::Amp,
            b'|' => Op::Pipe,
            b';' => Op::Semi,
            b'<' => Op::Less,
            b'>' => Op::Great,
            b'(' => Op::Open,
            _ => Op::Close,
        }
    }

    /// The operator that this one and the next byte make.
    fn and(self, byte: u8) -> Option<Op> {
        Some(match (self, byte) {
            (Op::Amp, b'&') => Op::AndIf,
            (Op::Amp, b'>') => Op::AndGreat,
            (Op::AndGreat, b'>') => Op::AndDoubleGreat,
            (Op::Pipe, b'|') => Op::OrIf,
            (Op::Pipe, b'&') => Op::PipeAnd,
            (Op::Semi, b';') => Op::DoubleSemi,
            (Op::Semi, b'&') => Op::SemiAnd,
            (Op::DoubleSemi, b'&') => Op::DoubleSemiAnd,
            (Op::Less, b'<') => Op::DoubleLess,
            (Op::Less, b'&') => Op::LessAnd,
            (Op::Less, b'>') => Op::LessGreat,
            (Op::DoubleLess, b'-') => Op::DoubleLessDash,
            (Op::DoubleLess, b'<') => Op::TripleLess,
            (Op::Great, b'>') => Op::DoubleGreat,
            (Op::Great, b'&') => Op::GreatAnd,
            (Op::Great, b'|') => Op::Clobber,
            _ => return None,
        })
    }
}

impl Parser {
    /// The byte at the cursor, after any line continuation in front of it.
    #[inline]
    pub(super) fn look(&mut self) -> Option<u8> {
        self.step(1);
        match self.source.get(self.pos).copied() {
            Some(b'\\') => self.look_behind_continuations(),
            byte => byte,
        }
    }

    #[cold]
    fn look_behind_continuations(&mut self) -> Option<u8> {
        while self.source[self.pos..].starts_with(b"\\\n") {
            self.pos += 2;
            self.continued = self.pos == self.source.len();
        }
        self.source.get(self.pos).copied()
    }

    /// The byte after the one at the cursor.
    pub(super) fn look_second(&self) -> Option<u8> {
        self.source.get(self.pos + 1).copied()
    }

    pub(super) fn error(&self, at: usize, message: impl ToString) -> Box<SyntaxError> {
        Box::new(SyntaxError { message: message.to_string(), at: self.in_text(at), incomplete: false })
    }

    /// An error that more input could mend.
    pub(super) fn incomplete(&self, at: usize, message: impl ToString) -> Box<SyntaxError> {
        Box::new(SyntaxError { message: message.to_string(), at: self.in_text(at), incomplete: true })
    }

    /// Reads one token.
    pub(super) fn lex(&mut self) -> Parsed<Token> {
        loop {
            self.skip_blanks();
            let start = self.pos;
            let mut reserved = Reserved::None;
            let kind = match self.look() {
                None if self.leave_alias() => continue,
                None => {
                    self.documents_must_be_read()?;
                    TokenKind::End
                }
                Some(b'\n') => {
                    self.pos += 1;
                    self.read_documents()?;
                    TokenKind::Newline
                }
                Some(b'<' | b'>') if self.look_second() == Some(b'(') => TokenKind::Word(self.word()?),
                Some(byte @ (b'&' | b'|' | b';' | b'<' | b'>' | b'(' | b')')) => {
                    TokenKind::Op(self.operator(byte))
                }
                Some(b'0'..=b'9') => match self.io_number() {
                    Some(number) => TokenKind::Number(number),
                    None => TokenKind::Word(self.word()?),
                },
                Some(_) => {
                    let word = self.word()?;
                    if let Some(text) = word.plain() {
                        reserved = Reserved::of(text);
                    }
                    TokenKind::Word(word)
                }
            };
            // A newline is one byte; here-documents may follow it.
            let end = if kind == TokenKind::Newline { start + 1 } else { self.pos };
            return Ok(Token { kind, span: self.span_in_text(start..end), reserved });
        }
    }

    pub(super) fn skip_blanks(&mut self) {
        let rest = &self.source[self.pos..];
        let blanks = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        let next = rest.get(blanks).copied();
        self.step(blanks);
        self.pos += blanks;
        if !matches!(next, Some(b'#' | b'\r' | b'\\')) {
            return;
        }
        let mut comment = false;
        while let Some(byte) = self.look() {
            match byte {
                b'\n' => return,
                b' ' | b'\t' | b'\r' => self.pos += 1,
                byte if comment || byte == b'#' => {
                    let rest = &self.source[self.pos..];
                    let newline = rest.find_byte(b'\n');
                    let length = newline.unwrap_or(rest.len());
                    self.step(length);
                    self.pos += length;
                    // A comment at the end of an alias goes on behind its name.
                    if newline.is_some() || !self.leave_alias() {
                        return;
                    }
                    comment = true;
                }
                _ => return,
            }
        }
    }

    /// The longest operator at the cursor, which begins with `byte`. A line continuation may stand inside.
    fn operator(&mut self, byte: u8) -> Op {
        let mut op = Op::of(byte);
        self.pos += 1;
        while let Some(longer) = self.look().and_then(|byte| op.and(byte)) {
            op = longer;
            self.pos += 1;
        }
        op
    }

    fn io_number(&mut self) -> Option<usize> {
        let rest = &self.source[self.pos..];
        let digits = rest.iter().take(4).take_while(|byte| byte.is_ascii_digit()).count();
        if !matches!(rest.get(digits), Some(b'<' | b'>')) {
            return None;
        }
        let number = rest[..digits].iter().fold(0, |sum, digit| sum * 10 + usize::from(digit - b'0'));
        self.pos += digits;
        Some(number)
    }
}
