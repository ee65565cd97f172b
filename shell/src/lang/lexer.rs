//! Tokens: operators, numbers before redirections, newlines; words are made in [`super::word`].

use alloc::string::{String, ToString};
use core::ops::Range;

use super::{Parser, SyntaxError, ast::Word};

/// A token and where it stands.
#[derive(Debug)]
pub(super) struct Token {
    pub kind: TokenKind,
    pub span: Range<usize>,
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
        /// The operators, those that are prefixes of others last.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Op { $($name),* }

        const OPERATORS: &[(Op, &str)] = &[$((Op::$name, $text)),*];

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

impl Parser {
    /// The byte at the cursor, after any line continuation in front of it.
    pub(super) fn look(&mut self) -> Option<u8> {
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

    pub(super) fn error(&self, at: usize, message: impl ToString) -> SyntaxError {
        SyntaxError { message: message.to_string(), at, incomplete: false }
    }

    /// An error that more input could mend.
    pub(super) fn incomplete(&self, at: usize, message: impl ToString) -> SyntaxError {
        SyntaxError { message: message.to_string(), at, incomplete: true }
    }

    /// Reads one token.
    pub(super) fn lex(&mut self) -> Result<Token, SyntaxError> {
        self.skip_blanks();
        let start = self.pos;
        let kind = match self.look() {
            None => {
                self.documents_must_be_read()?;
                TokenKind::End
            }
            Some(b'\n') => {
                self.pos += 1;
                self.read_documents()?;
                TokenKind::Newline
            }
            Some(b'&' | b'|' | b';' | b'<' | b'>' | b'(' | b')') => TokenKind::Op(self.operator()),
            Some(b'0'..=b'9') => match self.io_number() {
                Some(number) => TokenKind::Number(number),
                None => TokenKind::Word(self.word()?),
            },
            Some(_) => TokenKind::Word(self.word()?),
        };
        // A newline is one byte; here-documents may follow it.
        let end = if kind == TokenKind::Newline { start + 1 } else { self.pos };
        Ok(Token { kind, span: start..end })
    }

    fn skip_blanks(&mut self) {
        while let Some(byte) = self.look() {
            match byte {
                b' ' | b'\t' | b'\r' => self.pos += 1,
                b'#' => {
                    let rest = &self.source[self.pos..];
                    self.pos += rest.iter().position(|&byte| byte == b'\n').unwrap_or(rest.len());
                    return;
                }
                _ => return,
            }
        }
    }

    /// The longest operator at the cursor, where there is one. A line continuation may stand inside.
    fn operator(&mut self) -> Op {
        let mut best = Op::Amp;
        let mut text = String::new();
        while text.len() < 3
            && let Some(byte) = self.look()
        {
            text.push(char::from(byte));
            match OPERATORS.iter().find(|(_, operator)| *operator == text) {
                Some((operator, _)) => best = *operator,
                None => break,
            }
            self.pos += 1;
        }
        best
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
