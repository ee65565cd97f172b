//! Compound commands (XCU 2.9.4) and function definitions (XCU 2.9.5).

use alloc::{boxed::Box, format, sync::Arc};
use thin_vec::ThinVec;

use super::{
    Parsed, Parser, SyntaxError,
    ast::{Arm, Command, Count, Function, Kind, List, Literal, Then, Word},
    lexer::{Op, TokenKind},
    parser::can_name_a_function,
    place::Place,
    reserved::Reserved,
    word::is_name,
};

/// What ends a list inside of a compound command.
#[derive(Clone, Copy)]
enum Stop<'a> {
    /// `)`
    Close,
    /// One of these words.
    Words(&'a [Reserved]),
    /// The end of an arm of `case`.
    Arm,
}

impl Parser {
    /// The compound command at the cursor, if there is one.
    pub(super) fn compound(&mut self, start: usize) -> Parsed<Option<Kind>> {
        if self.eat(Op::Open)? {
            // The cursor is behind the first parenthesis.
            if self.source.get(self.pos) == Some(&b'(') && self.is_arithmetic(self.pos - 1) {
                self.pos += 1;
                return self
                    .nested(start, |parser| parser.arithmetic(start))
                    .map(|word| Some(Kind::Arithmetic(word)));
            }
            return self.nested(start, |parser| parser.subshell(start)).map(Some);
        }
        let parse: fn(&mut Self, usize) -> Parsed<Kind> = match self.peek()?.reserved {
            Reserved::Open => Self::group,
            Reserved::If => Self::if_clause,
            Reserved::While => |parser, start| parser.loop_clause(start, false),
            Reserved::Until => |parser, start| parser.loop_clause(start, true),
            Reserved::For => |parser, start| parser.for_clause(start, false),
            Reserved::Select => |parser, start| parser.for_clause(start, true),
            Reserved::Case => Self::case_clause,
            Reserved::Function => Self::function_word,
            Reserved::Test => Self::condition,
            _ => return Ok(None),
        };
        self.pass();
        self.nested(start, |parser| parse(parser, start)).map(Some)
    }

    fn subshell(&mut self, start: usize) -> Parsed<Kind> {
        let list = self.list_until_close(start, "this `(` is never closed")?;
        if list.items.is_empty() {
            return Err(self.error(start, "nothing stands between these parentheses"));
        }
        Ok(Kind::Subshell(Arc::new(list)))
    }

    /// Commands up to `)`, which is taken.
    pub(super) fn list_until_close(&mut self, start: usize, unclosed: &str) -> Parsed<List> {
        let list = self.list_until(start, unclosed, Stop::Close)?;
        self.pass();
        Ok(list)
    }

    fn group(&mut self, start: usize) -> Parsed<Kind> {
        let (list, _) = self.commands_before(start, "this `{` is never closed", &[Reserved::Close])?;
        Ok(Kind::Group(list))
    }

    fn if_clause(&mut self, start: usize) -> Parsed<Kind> {
        let unclosed = "this `if` has no `fi`";
        let mut branches = ThinVec::new();
        loop {
            let (condition, _) = self.commands_before(start, unclosed, &[Reserved::Then])?;
            let (body, end) =
                self.commands_before(start, unclosed, &[Reserved::Elif, Reserved::Else, Reserved::Fi])?;
            branches.push((condition, body));
            match end {
                Reserved::Elif => {}
                Reserved::Else => {
                    let (otherwise, _) = self.commands_before(start, unclosed, &[Reserved::Fi])?;
                    return Ok(Kind::If { branches, otherwise: Some(otherwise) });
                }
                _ => return Ok(Kind::If { branches, otherwise: None }),
            }
        }
    }

    fn loop_clause(&mut self, start: usize, until: bool) -> Parsed<Kind> {
        let unclosed = "this loop has no `done`";
        let (condition, _) = self.commands_before(start, unclosed, &[Reserved::Do])?;
        let (body, _) = self.commands_before(start, unclosed, &[Reserved::Done])?;
        Ok(Kind::Loop { until, condition, body })
    }

    fn for_clause(&mut self, start: usize, select: bool) -> Parsed<Kind> {
        let unclosed = if select { "this `select` has no `done`" } else { "this `for` has no `done`" };
        if !select && self.peek()?.kind == TokenKind::Op(Op::Open) && self.source.get(self.pos) == Some(&b'(')
        {
            self.pass();
            self.pos += 1;
            return self.count_clause(start, unclosed);
        }
        let missing = if select { "`select`" } else { "`for`" };
        let name = self.name(&format!("a variable's name must follow {missing}"), is_name)?;
        let at_once = self.eat(Op::Semi)?;
        self.skip_newlines()?;
        let mut words = None;
        if !at_once && self.eat_reserved(Reserved::In)? {
            let list = words.insert(ThinVec::new());
            while let Some(word) = self.take_word()? {
                self.expand_braces(word, list)?;
            }
            match self.peek()?.kind {
                TokenKind::Newline | TokenKind::Op(Op::Semi) => self.pass(),
                _ => return Err(self.unexpected()),
            }
            self.skip_newlines()?;
        }
        let body = self.do_group(start, unclosed)?;
        Ok(Kind::For { select, name, words, body })
    }

    /// `for ((...))`, of which the parentheses have been taken.
    fn count_clause(&mut self, start: usize, unclosed: &str) -> Parsed<Kind> {
        let mut parts = [None, None, None];
        for (index, part) in parts.iter_mut().enumerate() {
            let word = self.text_in(Place::Count)?;
            *part = Some(word).filter(|word| !word.is_blank());
            let (last, byte) = (index == 2, self.look());
            match byte {
                None => return Err(self.incomplete(start, "this `for ((` has no `))`")),
                Some(b';') if !last => self.pos += 1,
                Some(b')') if last && self.look_second() == Some(b')') => self.pos += 2,
                Some(_) => {
                    return Err(
                        self.error(start, "`for ((` has three expressions with `;` between, and `))`")
                    );
                }
            }
        }
        self.eat(Op::Semi)?;
        self.skip_newlines()?;
        let body = self.do_group(start, unclosed)?;
        let [first, condition, step] = parts;
        Ok(Kind::Count(Box::new(Count { first, condition, step, body })))
    }

    fn do_group(&mut self, start: usize, unclosed: &str) -> Parsed<List> {
        if !self.eat_reserved(Reserved::Do)? {
            return Err(self.missing(start, unclosed)?);
        }
        Ok(self.commands_before(start, unclosed, &[Reserved::Done])?.0)
    }

    fn case_clause(&mut self, start: usize) -> Parsed<Kind> {
        let unclosed = "this `case` has no `esac`";
        let Some(word) = self.take_word()? else {
            return Err(self.missing(start, unclosed)?);
        };
        self.skip_newlines()?;
        if !self.eat_reserved(Reserved::In)? {
            return Err(self.missing(start, unclosed)?);
        }
        let mut arms = ThinVec::new();
        loop {
            self.skip_newlines()?;
            if self.peek()?.kind == TokenKind::End {
                return Err(self.incomplete(start, unclosed));
            }
            if self.eat_reserved(Reserved::Esac)? {
                return Ok(Kind::Case { word, arms });
            }
            arms.push(self.arm(start, unclosed)?);
        }
    }

    fn arm(&mut self, start: usize, unclosed: &str) -> Parsed<Arm> {
        self.eat(Op::Open)?;
        let mut patterns = ThinVec::new();
        loop {
            let Some(pattern) = self.take_word()? else { return Err(self.unexpected()) };
            patterns.push(pattern);
            if self.eat(Op::Close)? {
                break;
            }
            if !self.eat(Op::Pipe)? {
                return Err(self.unexpected());
            }
        }
        let body = self.list_until(start, unclosed, Stop::Arm)?;
        let then = match self.peek()?.kind {
            TokenKind::Op(Op::SemiAnd) => Then::FallThrough,
            TokenKind::Op(Op::DoubleSemiAnd) => Then::Test,
            _ => Then::Stop,
        };
        if matches!(self.peek()?.kind, TokenKind::Op(_)) {
            self.pass(); // `esac` is for the caller
        }
        Ok(Arm { patterns, body, then })
    }

    /// `function NAME`, as ksh and bash have it.
    fn function_word(&mut self, _: usize) -> Parsed<Kind> {
        let name = self.name("a name must follow `function`", can_name_a_function)?;
        if self.eat(Op::Open)? && !self.eat(Op::Close)? {
            return Err(self.unexpected());
        }
        self.function(name)
    }

    /// What follows `NAME()`.
    pub(super) fn function(&mut self, name: Literal) -> Parsed<Kind> {
        self.skip_newlines()?;
        let start = self.peek()?.start;
        let Some(kind) = self.compound(start)? else {
            return Err(self.missing(start, "the commands of a function are missing")?);
        };
        let body = self.with_redirects(kind, start)?;
        Ok(Kind::Function { name, function: Arc::new(Function { source: self.source(), body }) })
    }

    /// The rest of a compound command: its redirections.
    pub(super) fn with_redirects(&mut self, kind: Kind, start: usize) -> Parsed<Command> {
        let mut redirects = ThinVec::new();
        while let Some(redirect) = self.redirect()? {
            redirects.push(redirect);
        }
        Ok(Command { kind, redirects, range: self.range_from(start) })
    }

    /// The error where something must follow and does not: what does, or the end, which more input could mend.
    pub(super) fn missing(&mut self, start: usize, message: &str) -> Parsed<Box<SyntaxError>> {
        Ok(match self.peek()?.kind {
            TokenKind::End => self.incomplete(start, message),
            _ => self.unexpected(),
        })
    }

    fn name(&mut self, missing: &str, fits: fn(&[u8]) -> bool) -> Parsed<Literal> {
        let at = self.peek()?.start;
        let name = match self.peek()?.kind {
            TokenKind::Word => {
                self.word_text().filter(|name| fits(name)).map(|name| Literal::from_slice(name))
            }
            TokenKind::End => return Err(self.incomplete(at, missing)),
            _ => None,
        };
        let name = name.ok_or_else(|| self.error(at, missing))?;
        self.pass();
        Ok(name)
    }

    /// The next token, if it is a word.
    pub(super) fn take_word(&mut self) -> Parsed<Option<Word>> {
        let Some(mut word) = self.take_raw_word()? else { return Ok(None) };
        word.mark_tilde();
        Ok(Some(word))
    }

    /// The same with any tilde-prefix still a part of the text.
    pub(super) fn take_raw_word(&mut self) -> Parsed<Option<Word>> {
        if self.peek()?.kind != TokenKind::Word {
            return Ok(None);
        }
        Ok(Some(self.pass_word()))
    }

    /// Commands, at least one, up to one of these words, which is taken.
    fn commands_before(
        &mut self,
        start: usize,
        unclosed: &str,
        words: &[Reserved],
    ) -> Parsed<(List, Reserved)> {
        let list = self.list_until(start, unclosed, Stop::Words(words))?;
        let at = self.peek()?.start;
        for &word in words {
            if self.eat_reserved(word)? {
                return match list.items.is_empty() {
                    true => Err(self.error(at, format!("a command must stand before `{}`", word.text()))),
                    false => Ok((list, word)),
                };
            }
        }
        Err(self.unexpected())
    }

    /// Commands up to what stops them, which stays the next token.
    fn list_until(&mut self, start: usize, unclosed: &str, stop: Stop<'_>) -> Parsed<List> {
        let mut list = List::default();
        let mut separated = true;
        loop {
            if separated {
                self.expand_alias()?;
            }
            // An operator ends a command without any separator; so does a word behind a compound command.
            let at_stop = self.at_stop(stop)?;
            let separates =
                separated || matches!(self.peek()?.kind, TokenKind::Op(_)) || list.ends_compound();
            if at_stop && separates {
                return Ok(list);
            }
            match self.peek()?.kind {
                TokenKind::Newline => {
                    self.skip_newlines()?;
                    separated = true;
                }
                TokenKind::End => return Err(self.incomplete(start, unclosed)),
                _ if separated => separated = self.item(&mut list)?,
                _ => return Err(self.unexpected()),
            }
        }
    }

    fn at_stop(&mut self, stop: Stop<'_>) -> Parsed<bool> {
        let token = self.peek()?;
        Ok(match stop {
            Stop::Close => token.kind == TokenKind::Op(Op::Close),
            Stop::Words(words) => words.contains(&token.reserved),
            Stop::Arm => {
                token.reserved == Reserved::Esac
                    || matches!(token.kind, TokenKind::Op(Op::DoubleSemi | Op::SemiAnd | Op::DoubleSemiAnd))
            }
        })
    }

    pub(super) fn eat_reserved(&mut self, word: Reserved) -> Parsed<bool> {
        let found = self.at_reserved(word)?;
        if found {
            self.pass();
        }
        Ok(found)
    }
}

impl List {
    /// Whether its last command is a compound one, behind which a reserved word needs no separator.
    fn ends_compound(&self) -> bool {
        let last = self.items.last().filter(|item| !item.background).map(|item| {
            let and_or = &item.and_or;
            and_or.rest.last().map_or(&and_or.first, |(_, pipeline)| pipeline)
        });
        let command = last.and_then(|pipeline| pipeline.commands.last());
        command.is_some_and(|command| !matches!(command.kind, Kind::Simple(_)))
    }
}
