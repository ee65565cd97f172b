//! Aliases (XCU 2.3.1): the lexer reads the text of an alias in the place of its name, and comes back at its end.
//!
//! Spans, and so messages and what `jobs` shows, are about the name as it stands in the program text.

use alloc::{collections::BTreeMap, format, sync::Arc, vec::Vec};
use bstr::BString;
use core::ops::Range;

use super::{Parsed, Parser, lexer::TokenKind, reserved::Reserved};

/// The aliases by name.
pub type Aliases = BTreeMap<BString, Arc<[u8]>>;

/// How much text aliases may stand for in one command: each may hold another one several times.
const MOST: usize = 1 << 20;

/// What is read again when the text of an alias has been.
struct Outer {
    source: Arc<[u8]>,
    pos: usize,
    name: BString,
    /// Where the outermost alias stands in the program text.
    span: Range<usize>,
}

/// Which aliases there are, and in which ones the lexer is.
#[derive(Default)]
pub(super) struct Expansion {
    table: Arc<Aliases>,
    outer: Vec<Outer>,
    /// How much text the aliases of this command were.
    size: usize,
    /// An alias that ends in a blank has just ended: the next word may be one, too.
    follows: bool,
}

impl Parser {
    /// Uses these aliases for the commands that come next.
    pub fn set_aliases(&mut self, table: Arc<Aliases>) {
        self.has_aliases = !table.is_empty();
        self.alias.table = table;
    }

    pub(super) fn aliases(&self) -> &Arc<Aliases> {
        &self.alias.table
    }

    /// Forgets what concerns the command before.
    pub(super) fn begin_aliases(&mut self) {
        if self.alias.outer.is_empty() {
            self.alias.size = 0;
        }
    }

    /// Where a place of what is read now is in the program text.
    pub(super) fn in_text(&self, at: usize) -> usize {
        self.alias.outer.first().map_or(at, |outer| outer.span.start)
    }

    #[inline]
    pub(super) fn span_in_text(&self, span: Range<usize>) -> Range<usize> {
        self.alias.outer.first().map_or(span, |outer| outer.span.clone())
    }

    /// The program text.
    #[inline]
    pub(super) fn text_source(&self) -> &Arc<[u8]> {
        self.alias.outer.first().map_or(&self.source, |outer| &outer.source)
    }

    /// Puts the text of an alias in the place of the next word, where that is the name of one.
    #[inline]
    pub(super) fn expand_alias(&mut self) -> Parsed<()> {
        if self.has_aliases { self.expand_known_alias() } else { Ok(()) }
    }

    fn expand_known_alias(&mut self) -> Parsed<()> {
        loop {
            let token = *self.peek()?;
            self.alias.follows = false;
            if token.kind != TokenKind::Word || token.reserved != Reserved::None {
                break;
            }
            let Some(name) = self.word_text() else { break };
            let Some((name, text)) = self.alias.table.get_key_value(name) else { break };
            // While an alias is being read its name is a word like any other.
            if self.alias.outer.iter().any(|outer| outer.name == *name) {
                break;
            }
            let span = token.start..token.end;
            self.alias.size += text.len();
            if self.alias.size > MOST {
                return Err(
                    self.error(span.start, format!("aliases make more than {MOST} bytes of this command"))
                );
            }
            let (name, source) = (name.clone(), core::mem::replace(&mut self.source, text.clone()));
            let pos = core::mem::take(&mut self.pos);
            self.alias.outer.push(Outer { source, pos, name, span });
            self.pass();
        }
        Ok(())
    }

    /// The same for a word behind an alias that ends in a blank.
    pub(super) fn expand_following_alias(&mut self) -> Parsed<()> {
        if self.alias.follows { self.expand_alias() } else { Ok(()) }
    }

    /// Goes back to where the alias stands whose text has ended; false if it is the program text that has.
    pub(super) fn leave_alias(&mut self) -> bool {
        let Some(outer) = self.alias.outer.pop() else { return false };
        self.alias.follows = self.source.last().is_some_and(|byte| b" \t".contains(byte));
        self.source = outer.source;
        self.pos = outer.pos;
        true
    }
}
