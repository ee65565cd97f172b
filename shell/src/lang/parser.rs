//! The grammar (POSIX.1-2024 XCU 2.10): lists, pipelines, commands, redirections.

use alloc::{format, string::String, sync::Arc, vec::Vec};
use bstr::{BString, ByteSlice};

use super::{
    SyntaxError,
    ast::{
        AndOr, Assignment, Command, Connector, Item, Kind, List, Part, Pipeline, Redirect, RedirectKind,
        Simple, Text, Word,
    },
    compound::is_closing,
    document::Pending,
    lexer::{Op, Token, TokenKind},
    word::is_name,
};

/// How deep groups, substitutions and quotes may nest. It bounds the recursion of the parser and of
/// everything that walks the tree, and so the stack.
pub const MAX_DEPTH: usize = 64;

/// Reads commands from a text, one complete command (usually a line) at a time.
pub struct Parser {
    pub(super) source: Arc<[u8]>,
    pub(super) pos: usize,
    pub(super) peeked: Option<Token>,
    pub(super) depth: usize,
    /// Whether a line continuation was the last thing in the source.
    pub(super) continued: bool,
    /// The here-documents that follow the end of this line.
    pub(super) pending: Vec<Pending>,
    /// Where the command begins that was read last.
    last: usize,
}

type Parsed<T> = Result<T, SyntaxError>;

impl Parser {
    /// A parser at the beginning of `source`.
    pub fn new(source: Arc<[u8]>) -> Self {
        Self { source, pos: 0, peeked: None, depth: 0, continued: false, pending: Vec::new(), last: 0 }
    }

    /// Whether the source ends in a line continuation: the line goes on.
    pub fn ends_in_continuation(&self) -> bool {
        self.continued
    }

    /// The text of the command that was read last, with the lines before it that were passed over.
    pub fn last_command(&self) -> &[u8] {
        &self.source[self.last..self.pos]
    }

    /// The next complete command: what stands on the next line that has any; `None` at the end.
    pub fn next_command(&mut self) -> Parsed<Option<List>> {
        self.last = self.pos;
        self.skip_newlines()?;
        if self.peek()?.kind == TokenKind::End {
            return Ok(None);
        }
        let mut list = List::default();
        loop {
            let separated = self.item(&mut list)?;
            match self.peek()?.kind {
                TokenKind::End => return Ok(Some(list)),
                TokenKind::Newline => {
                    self.peeked = None;
                    return Ok(Some(list));
                }
                _ if separated => {}
                _ => return Err(self.unexpected()),
            }
        }
    }

    /// All commands to the end.
    pub(super) fn whole(&mut self) -> Parsed<List> {
        let mut list = List::default();
        while let Some(mut line) = self.next_command()? {
            list.items.append(&mut line.items);
        }
        Ok(list)
    }

    /// Runs `parse` one level deeper.
    pub(super) fn nested<T>(&mut self, at: usize, parse: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth >= MAX_DEPTH {
            return Err(self.error(at, format!("nested deeper than {MAX_DEPTH} levels")));
        }
        self.depth += 1;
        let result = parse(self);
        self.depth -= 1;
        result
    }

    pub(super) fn peek(&mut self) -> Parsed<&Token> {
        let token = match self.peeked.take() {
            Some(token) => token,
            None => self.lex()?,
        };
        Ok(self.peeked.insert(token))
    }

    /// Takes the token that was peeked at.
    pub(super) fn take(&mut self) -> Parsed<Token> {
        match self.peeked.take() {
            Some(token) => Ok(token),
            None => self.lex(),
        }
    }

    pub(super) fn eat(&mut self, op: Op) -> Parsed<bool> {
        let found = self.peek()?.kind == TokenKind::Op(op);
        if found {
            self.peeked = None;
        }
        Ok(found)
    }

    pub(super) fn skip_newlines(&mut self) -> Parsed<()> {
        while self.peek()?.kind == TokenKind::Newline {
            self.peeked = None;
        }
        Ok(())
    }

    /// Whether the next token is this reserved word.
    pub(super) fn at_reserved(&mut self, word: &str) -> Parsed<bool> {
        Ok(match &self.peek()?.kind {
            TokenKind::Word(found) => found.plain().is_some_and(|found| found == word),
            _ => false,
        })
    }

    /// The error for a token that cannot stand where it does.
    pub(super) fn unexpected(&mut self) -> SyntaxError {
        match self.peeked.take() {
            Some(Token { kind: TokenKind::End, span }) => {
                self.incomplete(span.start, "the input ends where a command should follow")
            }
            Some(Token { kind: TokenKind::Newline, span }) => {
                self.error(span.start, "the line ends where a command should follow")
            }
            Some(Token { kind: TokenKind::Op(op), span }) => {
                self.error(span.end - 1, format!("`{}` cannot stand here", op.text()))
            }
            Some(Token { span, .. }) => {
                let word = self.source[span.clone()].as_bstr();
                let mut text: String = format!("{word}").chars().take(20).collect();
                if text.len() < word.len() {
                    text.push_str("...");
                }
                self.error(span.start, format!("`{text}` cannot stand here"))
            }
            None => self.error(self.pos, "this cannot stand here"),
        }
    }

    /// One entry of a list and what separates it from the next; says whether anything does.
    pub(super) fn item(&mut self, list: &mut List) -> Parsed<bool> {
        let and_or = Arc::new(self.and_or()?);
        let background = self.eat(Op::Amp)?;
        let separated = background || self.eat(Op::Semi)?;
        list.items.push(Item { and_or, background });
        Ok(separated)
    }

    fn and_or(&mut self) -> Parsed<AndOr> {
        let start = self.peek()?.span.start;
        let first = self.pipeline()?;
        let mut rest = Vec::new();
        let mut end = self.end_of_last();
        loop {
            let connector = match self.peek()?.kind {
                TokenKind::Op(Op::AndIf) => Connector::And,
                TokenKind::Op(Op::OrIf) => Connector::Or,
                _ => break,
            };
            self.peeked = None;
            self.skip_newlines()?;
            rest.push((connector, self.pipeline()?));
            end = self.end_of_last();
        }
        Ok(AndOr { first, rest, text: self.text(start, end) })
    }

    fn pipeline(&mut self) -> Parsed<Pipeline> {
        let timed = self.at_reserved("time")?;
        if timed {
            self.peeked = None;
        }
        let negated = self.at_reserved("!")?;
        if negated {
            self.peeked = None;
        }
        let mut commands = Vec::new();
        loop {
            let mut command = self.command()?;
            let more = match self.peek()?.kind {
                TokenKind::Op(Op::Pipe) => true,
                TokenKind::Op(Op::PipeAnd) => {
                    // `|&` is `2>&1 |`, after all other redirections.
                    let target = Word { parts: Vec::from([Part::Plain("1".into())]) };
                    let kind = RedirectKind::Duplicate;
                    command.redirects.push(Redirect { fd: 2, kind, target, document: None });
                    true
                }
                _ => false,
            };
            commands.push(Arc::new(command));
            if !more {
                return Ok(Pipeline { negated, timed, commands });
            }
            self.peeked = None;
            self.skip_newlines()?;
        }
    }

    fn command(&mut self) -> Parsed<Command> {
        let start = self.peek()?.span.start;
        match self.compound(start)? {
            Some(kind) => self.with_redirects(kind, start),
            None => self.simple(start),
        }
    }

    fn simple(&mut self, start: usize) -> Parsed<Command> {
        let mut simple = Simple::default();
        let mut redirects = Vec::new();
        loop {
            if let Some(redirect) = self.redirect()? {
                redirects.push(redirect);
                continue;
            }
            if !matches!(self.peek()?.kind, TokenKind::Word(_)) {
                break;
            }
            let token = self.take()?;
            let TokenKind::Word(mut word) = token.kind else { break };
            if simple.words.is_empty() {
                if word.plain().is_some_and(|word| is_closing(word)) {
                    self.peeked = Some(Token { kind: TokenKind::Word(word), span: token.span });
                    return Err(self.unexpected());
                }
                match assignment(word) {
                    Ok(assignment) => {
                        simple.assignments.push(assignment);
                        continue;
                    }
                    Err(other) => word = other,
                }
            }
            let first = simple.words.is_empty() && simple.assignments.is_empty() && redirects.is_empty();
            if first && self.eat(Op::Open)? {
                return self.function_definition(&word, start);
            }
            word.mark_tilde();
            self.expand_braces(word, &mut simple.words)?;
        }
        if simple.words.is_empty() && simple.assignments.is_empty() && redirects.is_empty() {
            return Err(self.unexpected());
        }
        let end = self.end_of_last();
        Ok(Command { kind: Kind::Simple(simple), redirects, text: self.text(start, end) })
    }

    /// `NAME()`, of which the parenthesis has been taken.
    fn function_definition(&mut self, name: &Word, start: usize) -> Parsed<Command> {
        let Some(name) = name.plain().filter(|name| is_name(name)) else {
            return Err(self.error(start, "a function cannot have this name"));
        };
        if !self.eat(Op::Close)? {
            return Err(self.unexpected());
        }
        let name = name.into();
        let kind = self.nested(start, |parser| parser.function(name))?;
        let end = self.end_of_last();
        Ok(Command { kind, redirects: Vec::new(), text: self.text(start, end) })
    }

    /// A redirection, where one comes next.
    pub(super) fn redirect(&mut self) -> Parsed<Option<Redirect>> {
        let number = match self.peek()?.kind {
            TokenKind::Number(number) => {
                self.peeked = None;
                Some(number)
            }
            _ => None,
        };
        let (default, kind) = match self.peek()?.kind {
            TokenKind::Op(Op::Less) => (0, RedirectKind::Read),
            TokenKind::Op(Op::Great) => (1, RedirectKind::Write),
            TokenKind::Op(Op::Clobber) => (1, RedirectKind::Clobber),
            TokenKind::Op(Op::DoubleGreat) => (1, RedirectKind::Append),
            TokenKind::Op(Op::LessGreat) => (0, RedirectKind::ReadWrite),
            TokenKind::Op(Op::LessAnd) => (0, RedirectKind::Duplicate),
            TokenKind::Op(Op::GreatAnd) => (1, RedirectKind::Duplicate),
            TokenKind::Op(Op::AndGreat) => (1, RedirectKind::Both),
            TokenKind::Op(Op::AndDoubleGreat) => (1, RedirectKind::BothAppend),
            TokenKind::Op(Op::TripleLess) => (0, RedirectKind::String),
            TokenKind::Op(Op::DoubleLess | Op::DoubleLessDash) => (0, RedirectKind::Document),
            _ => return Ok(None),
        };
        let operator = self.take()?;
        let fd = number.unwrap_or(default);
        if kind == RedirectKind::Document {
            let strip_tabs = operator.kind == TokenKind::Op(Op::DoubleLessDash);
            let document = Some(self.document(operator.span.start, strip_tabs)?);
            return Ok(Some(Redirect { fd, kind, target: Word::default(), document }));
        }
        let TokenKind::Word(mut target) = self.take()?.kind else {
            return Err(self.error(operator.span.end - 1, "a file name must follow this redirection"));
        };
        target.mark_tilde();
        let kind = match kind {
            // `>&FILE` as bash has it; `>&$fd` stays a duplication.
            RedirectKind::Duplicate if operator.kind == TokenKind::Op(Op::GreatAnd) && number.is_none() => {
                match target.plain() {
                    Some(text) if text != "-" && !text.iter().all(u8::is_ascii_digit) => RedirectKind::Both,
                    _ => kind,
                }
            }
            _ => kind,
        };
        Ok(Some(Redirect { fd, kind, target, document: None }))
    }

    /// Where the last token that was taken ends, less blanks: the token read ahead begins behind it.
    pub(super) fn end_of_last(&self) -> usize {
        let end = self.peeked.as_ref().map_or(self.pos, |token| token.span.start);
        self.source[..end].trim_ascii_end().len()
    }

    pub(super) fn text(&self, start: usize, end: usize) -> Text {
        Text { source: self.source.clone(), range: start..end.max(start) }
    }
}

/// Splits `NAME=value` and `NAME+=value`; gives the word back when it is neither.
fn assignment(mut word: Word) -> Result<Assignment, Word> {
    let Some(Part::Plain(text)) = word.parts.first_mut() else { return Err(word) };
    let Some(equals) = text.find_byte(b'=') else { return Err(word) };
    let before = &text[..equals];
    let (name, append) = before.strip_suffix(b"+").map_or((before, false), |name| (name, true));
    if !is_name(name) {
        return Err(word);
    }
    let name = BString::from(name);
    text.drain(..=equals);
    if text.is_empty() {
        word.parts.remove(0);
    }
    word.mark_tildes();
    Ok(Assignment { name, value: word, append })
}
