//! Where a run of word characters stands, which decides what ends it and what quotes mean in it.

use super::lexer::mark;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Outside of quotes: ends at a blank or an operator.
    Bare,
    /// After the operator of `${...}`, outside of double quotes: ends at `}`.
    Brace,
    /// The same inside of double quotes, where single quotes mean nothing.
    QuotedBrace,
    /// A pattern that is replaced: ends at `/` or `}`.
    Pattern,
    /// Between double quotes: ends at `"`.
    Quotes,
    /// In a here-document: ends with it, and double quotes stand for themselves.
    Document,
    /// In `$((...))`: ends at the `)` that closes it.
    Arithmetic,
    /// One of the expressions of `for ((...))`: ends at `;` too.
    Count,
    /// In `[...]`: an arithmetic expression that ends at the `]` that closes it.
    Subscript,
    /// In `${NAME:...}`: an arithmetic expression that ends at `:` or `}`.
    Slice,
    /// A regular expression after `=~`: ends at a blank outside of parentheses.
    Regex,
}

type Table = [bool; 256];

const fn table(bytes: &[u8]) -> Table {
    let mut table = [false; 256];
    let mut at = 0;
    while at < bytes.len() {
        table[bytes[at] as usize] = true;
        at += 1;
    }
    table
}

/// What the lexer does not take for a plain word's.
static BARE: Table = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < table.len() {
        table[byte] = mark::OF[byte] & (mark::END | mark::SPECIAL) != 0;
        byte += 1;
    }
    table
};
static OUTSIDE: Table = table(b" \t\r\n&|;<>()[]{}:/\"'\\$`\0");
static QUOTES: Table = table(b"\"\\$`\0");
static EXPRESSION: Table = table(b"();[]{}:\"\\$`\0");

impl Place {
    /// The bytes that may mean something here; all others stand for themselves.
    pub fn table(self) -> &'static Table {
        match self {
            Place::Bare => &BARE,
            Place::Brace | Place::Pattern | Place::Regex => &OUTSIDE,
            Place::Quotes | Place::Document => &QUOTES,
            Place::QuotedBrace | Place::Arithmetic | Place::Count | Place::Subscript | Place::Slice => {
                &EXPRESSION
            }
        }
    }

    /// Whether what stands here counts as quoted.
    pub fn quoted(self) -> bool {
        !matches!(self, Place::Bare | Place::Brace | Place::Pattern | Place::Regex)
    }

    /// Whether double quotes here are as if they were not there (XCU 2.6.4).
    pub fn drops_quotes(self) -> bool {
        matches!(self, Place::Arithmetic | Place::Count | Place::Subscript | Place::Slice)
    }

    /// Whether a backslash, where all is quoted, takes the meaning off this byte.
    pub fn escapes(self, byte: u8) -> bool {
        match byte {
            b'$' | b'`' | b'\\' => true,
            b'"' => self != Place::Document,
            b'}' => self == Place::QuotedBrace,
            _ => false,
        }
    }

    /// Whether a byte, outside of what nests, ends the place; `next` is the one behind it.
    pub fn ends_at(self, byte: u8, next: Option<u8>) -> bool {
        match self {
            Place::Bare => match byte {
                b' ' | b'\t' | b'\r' | b'\n' | b'&' | b'|' | b';' | b'(' | b')' => true,
                b'<' | b'>' => next != Some(b'('),
                _ => false,
            },
            Place::Brace | Place::QuotedBrace => byte == b'}',
            Place::Pattern => matches!(byte, b'}' | b'/'),
            Place::Quotes => byte == b'"',
            Place::Document => false,
            Place::Arithmetic => byte == b')',
            Place::Count => matches!(byte, b')' | b';'),
            Place::Subscript => byte == b']',
            Place::Slice => matches!(byte, b':' | b'}'),
            Place::Regex => matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b'&' | b';' | b')'),
        }
    }

    /// Whether a byte opens (true) or closes (false) what the end of the place does not stand in.
    pub fn nests(self, byte: u8) -> Option<bool> {
        match (self, byte) {
            (Place::Arithmetic | Place::Count | Place::Slice | Place::Regex, b'(')
            | (Place::Subscript, b'[') => Some(true),
            (Place::Arithmetic | Place::Count | Place::Slice | Place::Regex, b')')
            | (Place::Subscript, b']') => Some(false),
            _ => None,
        }
    }
}
