//! The grammar (POSIX.1-2024 XCU 2.10): lists, pipelines, commands, redirections.

use alloc::{boxed::Box, format, string::String, sync::Arc, vec::Vec};
use bstr::{BStr, ByteSlice};
use core::ops::Range;
use smallvec::SmallVec;
use thin_vec::{ThinVec, thin_vec};

use super::{
    Parsed, SyntaxError,
    alias::Expansion,
    ast::{
        AndOr, Command, Commands, Connector, Item, Kind, List, Literal, Part, Pipeline, Program, Redirect,
        RedirectKind, Simple, Source, Timing, Word, literal,
    },
    document::Pending,
    lexer::{Op, Token, TokenKind, mark},
    reserved::Reserved,
};

/// How deep groups, substitutions and quotes may nest. It bounds the recursion of the parser and of
/// everything that walks the tree, and so the stack.
pub const MAX_DEPTH: usize = 64;

/// Reads commands from a text, one complete command (usually a line) at a time.
pub struct Parser {
    pub(super) source: Arc<[u8]>,
    pub(super) pos: usize,
    /// The next token, if it has been read.
    pub(super) token: Token,
    /// Whether it has.
    pub(super) ahead: bool,
    /// Where in the program text the one before it ends.
    pub(super) taken: usize,
    /// Where the word stands in what is read, if the next token is one and stands for itself.
    pub(super) plain: Range<usize>,
    /// The word, if it does not.
    pub(super) word: Word,
    pub(super) depth: usize,
    /// Whether a line continuation was the last thing in the source.
    pub(super) continued: bool,
    /// The here-documents that follow the end of this line.
    pub(super) pending: Vec<Pending>,
    /// Which aliases there are, and in which ones the cursor is.
    pub(super) alias: Expansion,
    /// Whether there are any: mostly there are none.
    pub(super) has_aliases: bool,
    /// Where the command begins that was read last.
    last: usize,
    /// The number of the line that the program text begins in, less 1.
    lines_before: usize,
    /// A place in the program text, and the number of its line.
    line: (usize, usize),
    #[cfg(any(test, feature = "fake"))]
    steps: usize,
}

impl Parser {
    /// A parser at the beginning of `source`.
    pub fn new(source: Arc<[u8]>) -> Self {
        Self {
            source,
            pos: 0,
            token: Token { kind: TokenKind::End, reserved: Reserved::None, marks: 0, start: 0, end: 0 },
            ahead: false,
            taken: 0,
            plain: 0..0,
            word: Word::default(),
            depth: 0,
            continued: false,
            pending: Vec::new(),
            alias: Expansion::default(),
            has_aliases: false,
            last: 0,
            lines_before: 0,
            line: (0, 1),
            #[cfg(any(test, feature = "fake"))]
            steps: 0,
        }
    }

    /// The source begins in the line of this number, rather than in the first.
    pub fn begins_in_line(&mut self, number: usize) {
        self.lines_before = number.saturating_sub(1);
        self.line = (0, number);
    }

    /// A parser of a text that is part of this one, where it begins at `at`.
    pub(super) fn inner(&mut self, source: Arc<[u8]>, at: usize) -> Parser {
        let mut inner = Parser::new(source);
        inner.depth = self.depth + 1;
        inner.begins_in_line(self.line_of(self.in_text(at)));
        inner.set_aliases(self.aliases().clone());
        inner
    }

    /// Counts what the parser looks at, for the tests that say how its work grows.
    #[inline]
    pub(super) fn step(&mut self, _bytes: usize) {
        #[cfg(any(test, feature = "fake"))]
        {
            self.steps += _bytes;
        }
    }

    /// How much it has looked at; counted in tests only.
    pub(crate) fn steps(&self) -> usize {
        #[cfg(any(test, feature = "fake"))]
        return self.steps;
        #[cfg(not(any(test, feature = "fake")))]
        0
    }

    /// The number of the line that a place in the program text is in. It is counted from the place that was asked for
    /// before: from the beginning, many texts in a text would take more than linear time.
    pub fn line_of(&mut self, at: usize) -> usize {
        let (before, number) = self.line;
        let newlines = |range: Range<usize>| {
            // In pieces that a byte can count: the compiler makes vector instructions of it.
            let count = |piece: &[u8]| piece.iter().fold(0_u8, |sum, byte| sum + u8::from(*byte == b'\n'));
            self.text_source()[range].chunks(255).map(|piece| usize::from(count(piece))).sum::<usize>()
        };
        let number = match before <= at {
            true => number + newlines(before..at),
            false => number - newlines(at..before),
        };
        self.step(at.abs_diff(before));
        self.line = (at, number);
        number
    }

    /// Whether the source ends in a line continuation: the line goes on.
    pub fn ends_in_continuation(&self) -> bool {
        self.continued
    }

    /// How much of the program text has been read.
    pub fn position(&self) -> usize {
        self.in_text(self.pos)
    }

    /// The text of the command that was read last, with the lines before it that were passed over.
    pub fn last_command(&self) -> &[u8] {
        self.text_source().get(self.last..self.pos).unwrap_or_default()
    }

    /// The next complete command: what stands on the next line that has any; `None` at the end.
    pub fn next_command(&mut self) -> Parsed<Option<List>> {
        self.last = self.pos;
        self.begin_aliases();
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
                    self.pass();
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

    /// The next token. It stays the next one until it is passed.
    #[inline]
    pub(super) fn peek(&mut self) -> Parsed<&Token> {
        if !self.ahead {
            self.lex()?;
        }
        Ok(&self.token)
    }

    /// The token that was peeked at has been understood.
    #[inline]
    pub(super) fn pass(&mut self) {
        self.ahead = false;
    }

    /// The text of the next token, which is a word, if nothing in it is quoted or expanded.
    #[inline]
    pub(super) fn word_text(&self) -> Option<&BStr> {
        match self.plain.is_empty() {
            true => self.word.plain(),
            false => Some(self.source[self.plain.clone()].as_bstr()),
        }
    }

    /// The next token, which is a word.
    #[inline]
    pub(super) fn pass_word(&mut self) -> Word {
        self.pass();
        match self.plain.is_empty() {
            true => core::mem::take(&mut self.word),
            false => {
                let text = literal(&self.source[self.plain.start..], self.plain.len());
                Word { parts: SmallVec::from_buf([Part::Plain(text)]) }
            }
        }
    }

    pub(super) fn eat(&mut self, op: Op) -> Parsed<bool> {
        let found = self.peek()?.kind == TokenKind::Op(op);
        if found {
            self.pass();
        }
        Ok(found)
    }

    pub(super) fn skip_newlines(&mut self) -> Parsed<()> {
        while self.peek()?.kind == TokenKind::Newline {
            self.pass();
        }
        Ok(())
    }

    /// Whether the next token is this reserved word.
    pub(super) fn at_reserved(&mut self, word: Reserved) -> Parsed<bool> {
        Ok(self.peek()?.reserved == word)
    }

    /// The error for a token that cannot stand where it does.
    pub(super) fn unexpected(&mut self) -> Box<SyntaxError> {
        let Token { kind, start, end, .. } = self.token;
        if !core::mem::take(&mut self.ahead) {
            return self.error(self.pos, "this cannot stand here");
        }
        match kind {
            TokenKind::End => self.incomplete(start, "the input ends where a command should follow"),
            TokenKind::Newline => self.error(start, "the line ends where a command should follow"),
            TokenKind::Op(op) => self.error(end - 1, format!("`{}` cannot stand here", op.text())),
            TokenKind::Word | TokenKind::Number(_) => {
                let word = self.text_source()[start..end].as_bstr();
                let mut text: String = format!("{word}").chars().take(20).collect();
                if text.len() < word.len() {
                    text.push_str("...");
                }
                self.error(start, format!("`{text}` cannot stand here"))
            }
        }
    }

    /// One entry of a list and what separates it from the next; says whether anything does.
    pub(super) fn item(&mut self, list: &mut List) -> Parsed<bool> {
        let mut and_or = self.and_or()?;
        let background = self.eat(Op::Amp)?;
        if background {
            and_or.share();
        }
        let separated = background || self.eat(Op::Semi)?;
        if list.items.capacity() == 0 {
            list.items = ThinVec::with_capacity(2); // mostly few stand together
        }
        list.items.push(Item { and_or, background });
        Ok(separated)
    }

    fn and_or(&mut self) -> Parsed<AndOr> {
        let start = self.peek()?.start;
        let first = self.pipeline()?;
        let mut rest = ThinVec::new();
        let mut range = self.range_from(start);
        loop {
            let connector = match self.peek()?.kind {
                TokenKind::Op(Op::AndIf) => Connector::And,
                TokenKind::Op(Op::OrIf) => Connector::Or,
                _ => break,
            };
            self.pass();
            self.skip_newlines()?;
            rest.push((connector, self.pipeline()?));
            range = self.range_from(start);
        }
        Ok(AndOr { first, rest, range })
    }

    fn pipeline(&mut self) -> Parsed<Pipeline> {
        self.expand_alias()?;
        let timed = match self.eat_reserved(Reserved::Time)? {
            true => Some(self.timing()?),
            false => None,
        };
        let negated = self.eat_reserved(Reserved::Not)?;
        let mut command = self.command()?;
        if !self.piped(&mut command)? {
            return Ok(Pipeline { negated, timed, commands: Commands::Alone(command) });
        }
        let mut stages = thin_vec![Arc::new(command)];
        loop {
            self.skip_newlines()?;
            let mut command = self.command()?;
            let more = self.piped(&mut command)?;
            stages.push(Arc::new(command));
            if !more {
                return Ok(Pipeline { negated, timed, commands: Commands::Shared(stages) });
            }
        }
    }

    /// Whether another command is joined to this one, by an operator, which is taken.
    #[inline]
    fn piped(&mut self, command: &mut Command) -> Parsed<bool> {
        match self.peek()?.kind {
            TokenKind::Op(Op::Pipe) => {}
            TokenKind::Op(Op::PipeAnd) => {
                // `|&` is `2>&1 |`, after all other redirections.
                let one = Part::Plain(Literal::from_slice(b"1"));
                let target = Word { parts: SmallVec::from([one]) };
                let kind = RedirectKind::Duplicate;
                command.redirects.push(Redirect { fd: 2, kind, target, document: None });
            }
            _ => return Ok(false),
        }
        self.pass();
        Ok(true)
    }

    /// What stands between `time` and what it times.
    fn timing(&mut self) -> Parsed<Timing> {
        let is_word = self.peek()?.kind == TokenKind::Word;
        if !is_word || self.word_text().is_none_or(|word| word != "-p") {
            return Ok(Timing::Minutes);
        }
        self.pass();
        Ok(Timing::Seconds)
    }

    fn command(&mut self) -> Parsed<Command> {
        self.expand_alias()?;
        let start = self.peek()?.start;
        match self.compound(start)? {
            Some(kind) => self.with_redirects(kind, start),
            None => self.simple(start),
        }
    }

    fn simple(&mut self, start: usize) -> Parsed<Command> {
        let mut simple = Simple::default();
        let mut redirects = ThinVec::new();
        // Whether the command is one of those whose arguments are assignments.
        let mut declares = false;
        loop {
            if self.peek()?.kind != TokenKind::Word
                && let Some(redirect) = self.redirect()?
            {
                redirects.push(redirect);
                continue;
            }
            let naming = simple.words.is_empty();
            match naming {
                true => self.expand_alias()?,
                false => self.expand_following_alias()?,
            }
            let token = *self.peek()?;
            if token.kind != TokenKind::Word {
                break;
            }
            if naming && token.reserved.is_closing() {
                return Err(self.unexpected());
            }
            let mut word = self.pass_word();
            if (naming || declares) && token.marks & mark::ASSIGNMENT != 0 && word.may_be_assignment() {
                match self.assignment(word)? {
                    Ok(assignment) if naming => {
                        simple.assignments.push(assignment);
                        continue;
                    }
                    Ok(assignment) => {
                        let part = Part::Assignment(Box::new(assignment));
                        simple.words.push(Word { parts: SmallVec::from([part]) });
                        continue;
                    }
                    Err(other) => word = other,
                }
            }
            if naming {
                let first = simple.assignments.is_empty() && redirects.is_empty();
                if first && self.eat(Op::Open)? {
                    return self.function_definition(&word, start);
                }
                declares = word.plain().is_some_and(|name| DECLARING.contains(&name.as_bytes()));
            }
            if token.marks & mark::TILDE != 0 {
                word.mark_tilde();
            }
            if simple.words.capacity() == 0 {
                simple.words = ThinVec::with_capacity(4);
            }
            match token.marks & mark::BRACE {
                0 => simple.words.push(word),
                _ => self.expand_braces(word, &mut simple.words)?,
            }
        }
        if simple.words.is_empty() && simple.assignments.is_empty() && redirects.is_empty() {
            return Err(self.unexpected());
        }
        Ok(Command { kind: Kind::Simple(simple), redirects, range: self.range_from(start) })
    }

    /// `NAME()`, of which the parenthesis has been taken.
    fn function_definition(&mut self, name: &Word, start: usize) -> Parsed<Command> {
        let Some(name) = name.plain().filter(|name| can_name_a_function(name)) else {
            return Err(self.error(start, "a function cannot have this name"));
        };
        if !self.eat(Op::Close)? {
            return Err(self.unexpected());
        }
        let name = Literal::from_slice(name);
        let kind = self.nested(start, |parser| parser.function(name))?;
        Ok(Command { kind, redirects: ThinVec::new(), range: self.range_from(start) })
    }

    /// A redirection, where one comes next.
    pub(super) fn redirect(&mut self) -> Parsed<Option<Redirect>> {
        let number = match self.peek()?.kind {
            TokenKind::Word | TokenKind::Newline | TokenKind::End => return Ok(None),
            TokenKind::Number(number) => {
                self.pass();
                Some(usize::from(number))
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
        let operator = self.token;
        self.pass();
        let fd = number.unwrap_or(default);
        if kind == RedirectKind::Document {
            let strip_tabs = operator.kind == TokenKind::Op(Op::DoubleLessDash);
            let document = Some(self.begin_document(operator.start, strip_tabs)?);
            return Ok(Some(Redirect { fd, kind, target: Word::default(), document }));
        }
        let Some(target) = self.take_word()? else {
            return Err(self.error(operator.end - 1, "a file name must follow this redirection"));
        };
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

    /// From a place to where the last token that was taken ends.
    pub(super) fn range_from(&self, start: usize) -> Range<usize> {
        let end = if self.ahead { self.taken } else { self.span_in_text(self.pos..self.pos).end };
        start..end.max(start)
    }

    /// The program text.
    pub fn source(&self) -> Source {
        Source { bytes: self.text_source().clone(), lines_before: self.lines_before }
    }

    /// Commands of it that a copy of the shell is to run.
    pub(super) fn program(&self, list: List) -> Arc<Program> {
        Arc::new(Program { source: self.source(), list })
    }
}

/// The commands whose arguments may be assignments: in these nothing is split.
const DECLARING: [&[u8]; 5] = [b"export", b"readonly", b"local", b"declare", b"typeset"];

/// Whether a function may have this name: a name (XBD 3.216), and with a few more characters, as bash has it.
pub(super) fn can_name_a_function(name: &[u8]) -> bool {
    let fits = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-.:+@,".contains(byte) || !byte.is_ascii();
    !name.first().is_some_and(|byte| byte.is_ascii_digit() || *byte == b'-') && name.iter().all(fits)
}
