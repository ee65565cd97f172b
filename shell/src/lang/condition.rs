//! `[[ ... ]]` (not POSIX; as ksh and bash have it).

use alloc::boxed::Box;
use bstr::BStr;
use thin_vec::{ThinVec, thin_vec};

use super::{
    Parsed, Parser,
    ast::{Condition, Kind, Literal, Word},
    lexer::{Op, TokenKind},
    place::Place,
    reserved::Reserved,
};

const UNCLOSED: &str = "this `[[` has no `]]`";

impl Parser {
    /// What follows `[[`, which stands at `start`.
    pub(super) fn condition(&mut self, start: usize) -> Parsed<Kind> {
        let condition = self.any(start)?;
        if !self.at_reserved(Reserved::TestEnd)? {
            return Err(self.missing(start, UNCLOSED)?);
        }
        self.pass();
        Ok(Kind::Test(Box::new(condition)))
    }

    fn any(&mut self, start: usize) -> Parsed<Condition> {
        let all = |parser: &mut Self| parser.joined(Op::AndIf, Condition::All, |parser| parser.not(start));
        self.joined(Op::OrIf, Condition::Any, all)
    }

    fn joined(
        &mut self,
        by: Op,
        join: fn(ThinVec<Condition>) -> Condition,
        mut part: impl FnMut(&mut Self) -> Parsed<Condition>,
    ) -> Parsed<Condition> {
        let first = part(self)?;
        let mut all = thin_vec![first];
        loop {
            self.skip_newlines()?;
            if !self.eat(by)? {
                break;
            }
            all.push(part(self)?);
        }
        Ok(match all.len() {
            1 => all.remove(0),
            _ => join(all),
        })
    }

    fn not(&mut self, start: usize) -> Parsed<Condition> {
        self.skip_newlines()?;
        if self.at_reserved(Reserved::Not)? {
            self.pass();
            let condition = self.nested(start, |parser| parser.not(start))?;
            return Ok(Condition::Not(Box::new(condition)));
        }
        if self.eat(Op::Open)? {
            let condition = self.nested(start, |parser| parser.any(start))?;
            if !self.eat(Op::Close)? {
                return Err(self.missing(start, UNCLOSED)?);
            }
            return Ok(condition);
        }
        self.primary(start)
    }

    fn primary(&mut self, start: usize) -> Parsed<Condition> {
        let left = self.operand_word(start)?;
        let unary =
            left.plain().filter(|text| text.len() == 2 && text[0] == b'-' && text[1].is_ascii_alphabetic());
        if let Some(operator) = unary.map(|text| Literal::from_slice(text))
            && self.peek()?.kind == TokenKind::Word
            && !self.at_reserved(Reserved::TestEnd)?
            && !self.at_binary()?
        {
            return Ok(Condition::Unary(operator, self.operand_word(start)?));
        }
        let kind = self.peek()?.kind;
        let operator = match kind {
            TokenKind::Op(op @ (Op::Less | Op::Great)) => Literal::from_slice(op.text().as_bytes()),
            TokenKind::Word if is_binary(self.word_text()) => {
                Literal::from_slice(self.word_text().unwrap_or_default())
            }
            _ => return Ok(Condition::Word(left)),
        };
        self.pass();
        let right = match operator.as_slice() {
            b"=~" => self.regular_expression(start)?,
            _ => self.operand_word(start)?,
        };
        Ok(Condition::Binary(left, operator, right))
    }

    /// What follows `=~`: parentheses and `|` are part of it.
    fn regular_expression(&mut self, start: usize) -> Parsed<Word> {
        self.skip_blanks();
        let word = self.text_in(Place::Regex)?;
        match word.parts.is_empty() {
            true => Err(self.missing(start, UNCLOSED)?),
            false => Ok(word),
        }
    }

    fn at_binary(&mut self) -> Parsed<bool> {
        Ok(self.peek()?.kind == TokenKind::Word && is_binary(self.word_text()))
    }

    fn operand_word(&mut self, start: usize) -> Parsed<Word> {
        if self.at_reserved(Reserved::TestEnd)? {
            return Err(self.unexpected());
        }
        match self.take_word()? {
            Some(word) => Ok(word),
            None => Err(self.missing(start, UNCLOSED)?),
        }
    }
}

fn is_binary(word: Option<&BStr>) -> bool {
    const OPERATORS: [&str; 13] =
        ["=", "==", "!=", "=~", "-eq", "-ne", "-lt", "-le", "-gt", "-ge", "-nt", "-ot", "-ef"];
    word.is_some_and(|text| OPERATORS.iter().any(|operator| text == operator))
}
