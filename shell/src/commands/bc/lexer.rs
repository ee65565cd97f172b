//! The words of the language.

use alloc::{string::String, vec::Vec};

/// Where something stands, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub line: usize,
    pub column: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    Number(String),
    Text(Vec<u8>),
    Name(String),
    /// An operator or another sign.
    Sign(&'static str),
    Newline,
    /// Nothing more has come yet.
    End,
}

/// What is wrong, and where; or that more has to come before that can be said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wrong {
    Incomplete,
    At(Place, String),
}

/// The longest first.
const SIGNS: [&str; 38] = [
    "++", "--", "+=", "-=", "*=", "/=", "%=", "^=", "==", "<=", ">=", "!=", "&&", "||", "+", "-", "*", "/", "%", "^",
    "=", "<", ">", "!", "(", ")", "[", "]", "{", "}", ",", ";", ".", "\\", "&", "|", "?", "@",
];

pub(super) struct Lexer<'a> {
    text: &'a [u8],
    at: usize,
    place: Place,
}

impl<'a> Lexer<'a> {
    pub fn new(text: &'a [u8], line: usize) -> Self {
        Self { text, at: 0, place: Place { line, column: 1 } }
    }

    /// What was not taken yet.
    pub fn rest(&self) -> &'a [u8] {
        &self.text[self.at..]
    }

    /// How many bytes were taken.
    pub fn taken(&self) -> usize {
        self.at
    }

    pub fn line(&self) -> usize {
        self.place.line
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn bump(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        match byte {
            b'\n' => self.place = Place { line: self.place.line + 1, column: 1 },
            // A character counts once.
            byte if byte & 0xc0 != 0x80 => self.place.column += 1,
            _ => {}
        }
        Some(byte)
    }

    /// Blanks, comments, and newlines behind a backslash.
    fn skip(&mut self) -> Result<(), Wrong> {
        loop {
            match (self.peek(), self.text.get(self.at + 1)) {
                (Some(b' ' | b'\t' | b'\r'), _) => {
                    self.bump();
                }
                (Some(b'\\'), Some(b'\n')) => {
                    self.bump();
                    self.bump();
                }
                (Some(b'#'), _) => while !matches!(self.peek(), None | Some(b'\n')) {
                    self.bump();
                },
                (Some(b'/'), Some(b'*')) => {
                    self.bump();
                    self.bump();
                    loop {
                        match (self.bump(), self.peek()) {
                            (None, _) => return Err(Wrong::Incomplete),
                            (Some(b'*'), Some(b'/')) => break,
                            _ => {}
                        }
                    }
                    self.bump();
                }
                _ => return Ok(()),
            }
        }
    }

    /// The next word, and where it begins.
    pub fn next(&mut self) -> Result<(Token, Place), Wrong> {
        self.skip()?;
        let place = self.place;
        let Some(byte) = self.peek() else { return Ok((Token::End, place)) };
        let token = match byte {
            b'\n' => {
                self.bump();
                Token::Newline
            }
            b'"' => {
                self.bump();
                let mut text = Vec::new();
                loop {
                    match self.bump() {
                        None => return Err(Wrong::Incomplete),
                        Some(b'"') => break Token::Text(text),
                        Some(byte) => text.push(byte),
                    }
                }
            }
            b'a'..=b'z' => {
                let mut name = String::new();
                while let Some(byte @ (b'a'..=b'z' | b'0'..=b'9' | b'_')) = self.peek() {
                    name.push(char::from(byte));
                    self.bump();
                }
                Token::Name(name)
            }
            b'0'..=b'9' | b'A'..=b'F' | b'.' => self.number(),
            _ => {
                let rest = &self.text[self.at..];
                let Some(sign) = SIGNS.into_iter().find(|sign| rest.starts_with(sign.as_bytes())) else {
                    self.bump();
                    return Err(Wrong::At(place, "there is a character here that has no meaning".into()));
                };
                sign.bytes().for_each(|_| {
                    self.bump();
                });
                Token::Sign(sign)
            }
        };
        Ok((token, place))
    }

    /// A number, or the point that stands for the last one printed.
    fn number(&mut self) -> Token {
        let mut text = String::new();
        let mut point = false;
        loop {
            match self.peek() {
                Some(digit @ (b'0'..=b'9' | b'A'..=b'F')) => text.push(char::from(digit)),
                Some(b'.') if !point => {
                    point = true;
                    text.push('.');
                }
                // A long number may go on in the next line.
                Some(b'\\') if self.text.get(self.at + 1) == Some(&b'\n') => {
                    self.bump();
                }
                _ => break,
            }
            self.bump();
        }
        if text == "." { Token::Name("last".into()) } else { Token::Number(text) }
    }
}
