//! A quick look at a line of shell, for colours and for completion: words, what role each plays, quotes and
//! `$`. Unlike the parser it makes sense of any text, also of one that is not finished. It takes
//! linear time; where it is wrong about a line, a colour is wrong.

use alloc::vec::Vec;

/// What a piece of the line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Plain,
    /// The name of a command; the highlighter finds out whether there is such a command.
    Command,
    Keyword,
    Quoted,
    Variable,
    Comment,
}

/// A piece of the line that ends at `end` and begins where the one before ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub end: usize,
    pub kind: Kind,
}

/// What a word is there for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Role {
    #[default]
    Command,
    Argument,
    /// The file of a redirection.
    File,
    /// The variable of `for`, the word and the patterns of `case`, the name after `function`.
    Other,
}

/// A word, with its quotes taken off.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Word {
    pub start: usize,
    pub text: Vec<u8>,
    /// The quote that is open, if one is.
    pub quote: Option<u8>,
    /// Where the plain text before it ends: the first span that is the word's.
    first: usize,
    /// Something in it is quoted or expanded.
    special: bool,
}

/// What surrounds the commands of a level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Inside {
    Top,
    /// `( ... )`, `$( ... )`
    Parentheses,
    Backquotes,
    /// `${ ... }`
    Braces,
    /// `$(( ... ))`, with the parentheses that are open in it.
    Arithmetic(usize),
}

/// Commands in commands, one inside the other.
#[derive(Clone, Debug)]
pub(crate) struct Level {
    inside: Inside,
    pub role: Role,
    pub word: Option<Word>,
    /// The name of the command that the arguments belong to.
    pub command: Vec<u8>,
    /// How many arguments it has so far.
    pub arguments: usize,
    /// `case` commands that are open; the flag tells that a pattern comes next.
    cases: usize,
    pattern: bool,
    /// The role that comes back after the file of a redirection.
    resume: Role,
    /// What was opened by `<<`.
    here: bool,
}

impl Level {
    fn new(inside: Inside) -> Self {
        Self {
            inside,
            role: Role::Command,
            word: None,
            command: Vec::new(),
            arguments: 0,
            cases: 0,
            pattern: false,
            resume: Role::Command,
            here: false,
        }
    }

    /// Whether the name of a variable in braces is what stands here.
    pub fn in_braces(&self) -> bool {
        self.inside == Inside::Braces
    }

    fn begin_command(&mut self) {
        self.role = if self.pattern { Role::Other } else { Role::Command };
        self.command.clear();
        self.arguments = 0;
    }
}

/// How deep levels are followed.
const DEPTH: usize = 64;

/// Words after which another command follows.
const OPENING: [&[u8]; 11] =
    [b"if", b"then", b"elif", b"else", b"do", b"while", b"until", b"{", b"!", b"time", b"}"];
/// Words that end a command, or that something else than a command follows.
const OTHERS: [&[u8]; 8] = [b"fi", b"done", b"esac", b"for", b"case", b"function", b"[[", b"select"];

/// The look at a line.
#[derive(Debug)]
pub(crate) struct Scan<'a> {
    text: &'a [u8],
    pos: usize,
    pub spans: Vec<Span>,
    /// The words, in order of their ends.
    pub words: Vec<core::ops::Range<usize>>,
    levels: Vec<Level>,
    /// The ends of here-documents that the next lines are.
    documents: Vec<Vec<u8>>,
}

impl<'a> Scan<'a> {
    /// Looks at the whole text.
    pub fn new(text: &'a [u8]) -> Self {
        let mut scan = Self {
            text,
            pos: 0,
            spans: Vec::new(),
            words: Vec::new(),
            levels: alloc::vec![Level::new(Inside::Top)],
            documents: Vec::new(),
        };
        while scan.pos < text.len() {
            scan.step();
        }
        scan
    }

    /// Where the text ends: the innermost level.
    pub fn end(mut self) -> Level {
        self.levels.pop().unwrap_or_else(|| Level::new(Inside::Top))
    }

    fn level(&mut self) -> &mut Level {
        self.levels.last_mut().expect("the outermost level is never left")
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        self.text.get(self.pos + ahead).copied()
    }

    /// Everything up to here, from the end of the last span on, is this.
    fn mark(&mut self, kind: Kind) {
        let start = self.spans.last().map_or(0, |span| span.end);
        if self.pos > start {
            match self.spans.last_mut().filter(|span| span.kind == kind && kind != Kind::Plain) {
                Some(span) => span.end = self.pos,
                None => self.spans.push(Span { end: self.pos, kind }),
            }
        }
    }

    fn word(&mut self) -> &mut Word {
        if self.level().word.is_none() {
            self.mark(Kind::Plain);
        }
        let (start, first) = (self.pos, self.spans.len());
        self.level().word.get_or_insert_with(|| Word { start, first, ..Word::default() })
    }

    fn step(&mut self) {
        let byte = self.text[self.pos];
        let level = self.level();
        let quote = level.word.as_ref().and_then(|word| word.quote);
        let inside = level.inside;
        match (byte, quote) {
            (b'\'', Some(b'\'')) | (b'"', Some(b'"')) => {
                self.word().quote = None;
                self.pos += 1;
                self.mark(Kind::Quoted);
            }
            (_, Some(b'\'')) => self.push(Kind::Quoted),
            (b'\\', _) => {
                let literal = self.peek(1);
                let word = self.word();
                word.special = true;
                word.text.extend(literal.filter(|&byte| byte != b'\n'));
                self.pos += 1 + usize::from(literal.is_some());
                if quote.is_some() {
                    self.mark(Kind::Quoted);
                }
            }
            (b'$', _) => self.dollar(quote),
            (b'`', _) if inside == Inside::Backquotes => self.close(),
            (b'`', _) => self.open(Inside::Backquotes, 1),
            (_, Some(_)) => self.push(Kind::Quoted),
            (b'\'' | b'"', None) => {
                if !matches!(inside, Inside::Arithmetic(_)) {
                    let word = self.word();
                    word.special = true;
                    word.quote = Some(byte);
                    self.mark(Kind::Plain);
                }
                self.pos += 1;
            }
            (b'}', None) if inside == Inside::Braces => self.close(),
            (_, None) if inside == Inside::Braces => self.push(Kind::Variable),
            (_, None) if matches!(inside, Inside::Arithmetic(_)) => self.arithmetic(byte),
            (b' ' | b'\t' | b'\r', None) => {
                self.end_word();
                self.pos += 1;
            }
            (b'#', None) if self.level().word.is_none() => {
                self.mark(Kind::Plain);
                self.pos += self.text[self.pos..].iter().take_while(|&&byte| byte != b'\n').count();
                self.mark(Kind::Comment);
            }
            (b'\n' | b';' | b'|' | b'&' | b'(' | b')' | b'<' | b'>', None) => self.operator(byte),
            _ => {
                self.word().text.push(byte);
                self.pos += 1;
            }
        }
    }

    fn push(&mut self, kind: Kind) {
        let byte = self.text[self.pos];
        self.word().text.push(byte);
        self.pos += 1;
        self.mark(kind);
    }

    fn dollar(&mut self, quote: Option<u8>) {
        self.word().special = true;
        let outside = if quote.is_some() { Kind::Quoted } else { Kind::Plain };
        self.mark(outside);
        match (self.peek(1), self.peek(2)) {
            (Some(b'('), Some(b'(')) => self.open(Inside::Arithmetic(0), 3),
            (Some(b'('), _) => self.open(Inside::Parentheses, 2),
            (Some(b'{'), _) => self.open(Inside::Braces, 2),
            (Some(b'\''), _) if quote.is_none() => {
                let mut end = self.pos + 2;
                while let Some(&byte) = self.text.get(end)
                    && byte != b'\''
                {
                    end += if byte == b'\\' { 2 } else { 1 };
                }
                self.pos = (end + 1).min(self.text.len());
                self.mark(Kind::Quoted);
            }
            (Some(byte), _) if byte == b'_' || byte.is_ascii_alphabetic() => {
                let name = self.text[self.pos + 1..].iter();
                let length = name.take_while(|&&byte| byte == b'_' || byte.is_ascii_alphanumeric()).count();
                let end = self.pos + 1 + length;
                let text = &self.text[self.pos..end];
                self.word().text.extend_from_slice(text);
                self.pos = end;
                self.mark(Kind::Variable);
            }
            (Some(byte), _) if byte.is_ascii_digit() || b"?#$!-@*".contains(&byte) => {
                self.pos += 2;
                self.mark(Kind::Variable);
            }
            _ => {
                self.word().text.push(b'$');
                self.pos += 1;
            }
        }
    }

    fn open(&mut self, inside: Inside, length: usize) {
        self.word().special = true;
        self.pos += length;
        self.mark(Kind::Variable);
        if self.levels.len() < DEPTH {
            self.levels.push(Level::new(inside));
        }
    }

    /// The byte that closes the level.
    fn close(&mut self) {
        self.end_word();
        self.pos += 1;
        if self.levels.len() > 1 {
            self.mark(Kind::Plain);
            self.levels.pop();
            let whole = self.pos;
            // What closes looks like what opened.
            if self.level().word.is_some()
                && let Some(span) = self.spans.last_mut()
                && span.end == whole
                && span.kind == Kind::Plain
            {
                self.recolour_last_byte();
            }
        }
    }

    fn recolour_last_byte(&mut self) {
        let Some(span) = self.spans.pop() else { return };
        let start = self.spans.last().map_or(0, |span| span.end);
        if span.end - 1 > start {
            self.spans.push(Span { end: span.end - 1, kind: Kind::Plain });
        }
        self.mark(Kind::Variable);
    }

    fn arithmetic(&mut self, byte: u8) {
        let next = self.peek(1);
        match (&mut self.level().inside, byte) {
            (Inside::Arithmetic(open), b'(') => *open += 1,
            (Inside::Arithmetic(0), b')') => {
                self.pos += usize::from(next == Some(b')')) + 1;
                self.level().word = None;
                self.mark(Kind::Variable);
                if self.levels.len() > 1 {
                    self.levels.pop();
                }
                return;
            }
            (Inside::Arithmetic(open), b')') => *open -= 1,
            _ => {}
        }
        self.push(Kind::Variable);
    }

    fn operator(&mut self, byte: u8) {
        let digits = self.level().word.as_ref().is_some_and(|word| word.text.iter().all(u8::is_ascii_digit));
        if digits && matches!(byte, b'<' | b'>') {
            self.level().word = None; // a descriptor's number
        }
        self.end_word();
        let next = self.peek(1);
        let level = self.level();
        match byte {
            b'<' | b'>' => {
                if level.role != Role::File {
                    level.resume = level.role;
                }
                level.here = byte == b'<' && next == Some(b'<');
                let string = level.here && self.peek(2) == Some(b'<');
                let level = self.level();
                level.here &= !string;
                // `<(` and `>(` hold commands; else a word follows.
                level.role = if string { Role::Argument } else { Role::File };
                let more = self.text[self.pos + 1..].iter().take(2);
                self.pos += 1 + more.take_while(|byte| b"<>&|-".contains(byte)).count();
            }
            b')' if level.pattern => {
                level.pattern = false;
                level.begin_command();
                self.pos += 1;
            }
            b')' if level.inside == Inside::Parentheses => self.close(),
            b'(' if level.pattern || next == Some(b')') => {
                level.begin_command();
                self.pos += if level.pattern { 1 } else { 2 };
            }
            b'(' => {
                self.pos += 1;
                if self.levels.len() < DEPTH {
                    self.levels.push(Level::new(Inside::Parentheses));
                }
            }
            b';' if level.cases > 0 && matches!(next, Some(b';' | b'&')) => {
                level.pattern = true;
                level.begin_command();
                self.pos += 2;
            }
            b'|' if level.pattern => self.pos += 1,
            _ => {
                level.begin_command();
                self.pos += 1;
                if byte == b'\n' {
                    self.skip_documents();
                }
            }
        }
    }

    /// The here-documents that begin here.
    fn skip_documents(&mut self) {
        for end in core::mem::take(&mut self.documents) {
            self.mark(Kind::Plain);
            while self.pos < self.text.len() {
                let rest = &self.text[self.pos..];
                let length = rest.iter().position(|&byte| byte == b'\n').unwrap_or(rest.len());
                self.pos += (length + 1).min(rest.len());
                if rest[..length].trim_ascii_start() == end {
                    break;
                }
            }
            self.mark(Kind::Quoted);
        }
    }

    fn end_word(&mut self) {
        let Some(word) = self.level().word.take() else { return };
        self.words.push(word.start..self.pos);
        let kind = self.take_role(&word).unwrap_or(Kind::Plain);
        self.mark(Kind::Plain);
        for span in self.spans.iter_mut().skip(word.first) {
            if span.kind == Kind::Plain {
                span.kind = kind;
            }
        }
    }

    /// What a word that has ended is, and what comes after it.
    fn take_role(&mut self, word: &Word) -> Option<Kind> {
        let plain = !word.special;
        let document = core::mem::take(&mut self.level().here);
        let level = self.level();
        match level.role {
            Role::File => {
                level.role = level.resume;
                if document {
                    self.documents.push(word.text.clone());
                }
                None
            }
            Role::Other if level.pattern && plain && word.text == b"esac" => {
                level.pattern = false;
                level.cases = level.cases.saturating_sub(1);
                level.role = Role::Argument;
                Some(Kind::Keyword)
            }
            Role::Other => {
                // `for NAME in`, `case WORD in`
                if plain && (word.text == b"in" || word.text == b"do") {
                    let case = level.command == b"case";
                    level.pattern = case;
                    level.role = match (case, word.text.as_slice()) {
                        (true, _) => Role::Other,
                        (_, b"do") => Role::Command,
                        _ => Role::Argument,
                    };
                    level.command.clear();
                    return Some(Kind::Keyword);
                }
                None
            }
            Role::Argument => {
                level.arguments += 1;
                (plain && word.text == b"]]").then_some(Kind::Keyword)
            }
            Role::Command => {
                let equals = word.text.iter().position(|&byte| byte == b'=');
                let name = equals.map(|at| word.text[..at].strip_suffix(b"+").unwrap_or(&word.text[..at]));
                if name.is_some_and(crate::lang::is_name) {
                    return None; // an assignment; the command comes yet
                }
                level.command.clone_from(&word.text);
                if plain && OPENING.contains(&word.text.as_slice()) {
                    return Some(Kind::Keyword);
                }
                let other = plain && OTHERS.contains(&word.text.as_slice());
                level.role = match (other, word.text.as_slice()) {
                    (true, b"for" | b"case" | b"function" | b"select") => Role::Other,
                    _ => Role::Argument,
                };
                if other && word.text == b"case" {
                    level.cases += 1;
                }
                if other && word.text == b"esac" {
                    level.cases = level.cases.saturating_sub(1);
                }
                Some(if other { Kind::Keyword } else { Kind::Command })
            }
        }
    }
}

/// The pieces of a whole line.
pub(crate) fn spans(text: &[u8]) -> Vec<Span> {
    let mut scan = Scan::new(text);
    scan.end_word();
    scan.mark(Kind::Plain);
    scan.spans
}

/// The last word of a whole line, with its quotes.
pub(crate) fn words(text: &[u8]) -> Vec<core::ops::Range<usize>> {
    let mut scan = Scan::new(text);
    scan.end_word();
    scan.words
}
