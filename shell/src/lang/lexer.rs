//! Tokens: operators, numbers before redirections, newlines; words are made in [`super::word`].

use alloc::{boxed::Box, string::ToString};
use bstr::ByteSlice;
use core::ops::Range;

use super::{Parsed, Parser, SyntaxError, place::Place, reserved::Reserved};

/// A token and where it stands in the program text. It is small, and stays where it was made: a word is beside it,
/// in [`Parser::word`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    pub kind: TokenKind,
    /// For a word: which reserved word it is where one may stand.
    pub reserved: Reserved,
    /// For a word: which bytes it may have that somebody would look for. The others need not.
    pub marks: u8,
    pub start: usize,
    pub end: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TokenKind {
    Word,
    /// A number with a redirection operator right behind it.
    Number(u16),
    Op(Op),
    Newline,
    End,
}

/// What is found out about a word while its end is looked for.
pub(super) mod mark {
    /// `=` and `[`: it may be an assignment.
    pub const ASSIGNMENT: u8 = 1;
    /// `{`: braces may expand.
    pub const BRACE: u8 = 2;
    /// `~`
    pub const TILDE: u8 = 4;
    /// It may have any of them.
    pub const ALL: u8 = ASSIGNMENT | BRACE | TILDE;
    /// What ends a word.
    pub const END: u8 = 8;
    /// What does not stand for itself, or ends a word only sometimes.
    pub const SPECIAL: u8 = 16;

    /// What each byte is.
    pub static OF: [u8; 256] = {
        let mut of = [0; 256];
        let classes: [(&[u8], u8); 5] = [
            (b"=[", ASSIGNMENT),
            (b"{", BRACE),
            (b"~", TILDE),
            (b" \t\r\n&|;()", END),
            (b"<>\"'\\$`\0", SPECIAL),
        ];
        let mut class = 0;
        while class < classes.len() {
            let (bytes, what) = classes[class];
            let mut at = 0;
            while at < bytes.len() {
                of[bytes[at] as usize] = what;
                at += 1;
            }
            class += 1;
        }
        of
    };
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

    /// Reads one token, which is the next one then.
    pub(super) fn lex(&mut self) -> Parsed<()> {
        self.taken = self.span_in_text(self.pos..self.pos).end;
        self.skip_blanks();
        if self.lex_plain_word() {
            return Ok(());
        }
        loop {
            let start = self.pos;
            let mut reserved = Reserved::None;
            let kind = match self.look() {
                None if self.leave_alias() => {
                    self.skip_blanks();
                    continue;
                }
                None => {
                    self.documents_must_be_read()?;
                    TokenKind::End
                }
                Some(b'\n') => {
                    self.pos += 1;
                    self.read_documents()?;
                    TokenKind::Newline
                }
                Some(b'<' | b'>') if self.look_second() == Some(b'(') => self.lex_word()?,
                Some(byte @ (b'&' | b'|' | b';' | b'<' | b'>' | b'(' | b')')) => {
                    TokenKind::Op(self.operator(byte))
                }
                Some(b'0'..=b'9') => match self.io_number() {
                    Some(number) => TokenKind::Number(number),
                    None => self.lex_word()?,
                },
                Some(_) => {
                    let kind = self.lex_word()?;
                    reserved = self.word.plain().map_or(Reserved::None, |text| Reserved::of(text));
                    kind
                }
            };
            // A newline is one byte; here-documents may follow it.
            let end = if kind == TokenKind::Newline { start + 1 } else { self.pos };
            self.set_token(kind, reserved, mark::ALL, start..end);
            return Ok(());
        }
    }

    /// Most words are one literal, of which nothing is made before somebody takes it. False if none stands here.
    #[inline]
    fn lex_plain_word(&mut self) -> bool {
        let (start, mut found) = (self.pos, 0);
        let rest = &self.source[start..];
        let ends = |byte: &u8| {
            found |= mark::OF[usize::from(*byte)];
            found & (mark::SPECIAL | mark::END) != 0
        };
        let length = rest.iter().position(ends).unwrap_or(rest.len());
        if length == 0 || found & mark::SPECIAL != 0 {
            return false;
        }
        self.step(length);
        let end = start + length;
        self.pos = end;
        self.plain = start..end;
        let reserved = Reserved::of(&self.source[start..end]);
        self.set_token(TokenKind::Word, reserved, found, start..end);
        true
    }

    fn lex_word(&mut self) -> Parsed<TokenKind> {
        self.word = self.text_in(Place::Bare)?;
        self.plain = 0..0;
        Ok(TokenKind::Word)
    }

    #[inline]
    fn set_token(&mut self, kind: TokenKind, reserved: Reserved, marks: u8, span: Range<usize>) {
        let span = self.span_in_text(span);
        self.token = Token { kind, reserved, marks, start: span.start, end: span.end };
        self.ahead = true;
    }

    #[inline]
    pub(super) fn skip_blanks(&mut self) {
        let mut end = self.pos;
        // Lines are indented by blanks in fours, mostly.
        while let Some(b"    ") = self.source[end..].first_chunk() {
            end += 4;
        }
        while let Some(b' ' | b'\t') = self.source.get(end) {
            end += 1;
        }
        self.step(end - self.pos);
        self.pos = end;
        if let Some(b'#' | b'\r' | b'\\') = self.source.get(end) {
            self.skip_comments();
        }
    }

    /// Skips what is not seen so often: comments, carriage returns, line continuations.
    #[inline(never)]
    fn skip_comments(&mut self) {
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

    fn io_number(&mut self) -> Option<u16> {
        let rest = &self.source[self.pos..];
        let digits = rest.iter().take(4).take_while(|byte| byte.is_ascii_digit()).count();
        if !matches!(rest.get(digits), Some(b'<' | b'>')) {
            return None;
        }
        let number = rest[..digits].iter().fold(0, |sum, digit| sum * 10 + u16::from(digit - b'0'));
        self.pos += digits;
        Some(number)
    }
}
