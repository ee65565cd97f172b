//! `/`, `?`, `n`, `N`, `*`, `#`: places with a pattern, around the end of the text.

use alloc::{format, string::String, vec::Vec};

use super::{
    super::support::{editing::address::Reader, posix_regex::Syntax},
    chars::{Kind, after, kind},
    editor::Editor,
    motion::{Place, Shape, Target},
};

impl Editor {
    /// A pattern was typed after `/` or `?`; behind another of these may stand by how many lines the target is off.
    pub fn search_typed(&mut self, typed: &[u8], forward: bool, times: usize) -> Result<Target, ()> {
        let delimiter = if forward { b'/' } else { b'?' };
        let mut reader = Reader::new(typed);
        let (pattern, offset) = match reader.pattern(delimiter, Syntax::Basic) {
            Some((pattern, _)) => (pattern, reader.rest().to_vec()),
            None => (typed.to_vec(), Vec::new()),
        };
        if let Err(message) = self.finder.set(&pattern, self.settings.ignorecase) {
            self.complain(message);
            return Err(());
        }
        self.searches_forward = forward;
        self.offset = offset;
        self.search_again(true, times)
    }

    /// The next place with the pattern, in the direction of the last search or the other one.
    pub fn search_again(&mut self, same: bool, times: usize) -> Result<Target, ()> {
        let forward = self.searches_forward == same;
        let mut place = (self.line, self.col);
        for _ in 0..times {
            place = match self.search(place, forward) {
                Ok(place) => place,
                Err(message) => {
                    self.complain(message);
                    return Err(());
                }
            };
        }
        self.remember_jump();
        if self.offset.is_empty() {
            return Ok(Target::new(place, Shape::Exclusive));
        }
        if self.offset == b"e" {
            return Ok(Target::new(self.match_end(place), Shape::Inclusive));
        }
        let mut reader = Reader::new(&self.offset);
        let back = reader.eat(b'-');
        reader.eat(b'+');
        let by = reader.number().unwrap_or(usize::from(back || self.offset == b"+"));
        let line = if back { place.0.saturating_sub(by).max(1) } else { (place.0 + by).min(self.lines()) };
        self.first_of(Some(line)).map(|target| target.unwrap_or(Target::new(place, Shape::Lines)))
    }

    /// Where the match that begins at a place ends: its last character.
    fn match_end(&mut self, place: Place) -> Place {
        let text = self.buffer.text(place.0);
        let found = self.finder.regex().ok().and_then(|regex| regex.find(&text, place.1).ok().flatten());
        let end = found.map_or(place.1, |range| range.end.max(place.1 + 1));
        (place.0, super::chars::before(&text, end))
    }

    /// The next match behind or before a place.
    pub fn search(&mut self, from: Place, forward: bool) -> Result<Place, String> {
        let (lines, wraps) = (self.lines(), self.settings.wrapscan);
        let not_found = self.finder.not_found();
        let regex = self.finder.regex()?;
        let buffer = &self.buffer;
        let mut matches = |number: usize, low: usize, high: usize| -> Result<Option<usize>, String> {
            let text = buffer.line(number);
            let (mut at, mut found) = (low, None);
            while at <= text.len() {
                let Some(range) = regex.find(text, at)? else { break };
                // A match begins on a character, or in an empty line.
                let possible = range.start < text.len() || text.is_empty();
                if range.start >= high || !possible {
                    break;
                }
                found = Some(range.start);
                if forward {
                    break;
                }
                at = after(text, range.start).max(range.start + 1);
            }
            Ok(found)
        };
        let (line, at) = from;
        let low = after(buffer.line(line), at).max(at + 1);
        let near = if forward { matches(line, low, usize::MAX)? } else { matches(line, 0, at)? };
        if let Some(found) = near {
            return Ok((line, found));
        }
        let mut number = line;
        for _ in 0..lines {
            number = match forward {
                true if number >= lines => 1,
                true => number + 1,
                false if number <= 1 => lines,
                false => number - 1,
            };
            let around = if forward { number <= line } else { number >= line };
            if around && !wraps {
                return Err(format!("{not_found} (before the {} of the text)", if forward { "end" } else { "beginning" }));
            }
            if let Some(found) = matches(number, 0, usize::MAX)? {
                return Ok((number, found));
            }
        }
        Err(not_found)
    }

    /// `*`: the word at the cursor or behind it.
    pub fn search_word(&mut self, forward: bool, times: usize) -> Result<Target, ()> {
        let text = self.text();
        let mut start = self.col;
        while start < text.len() && kind(text, start, false) != Kind::Word {
            start = after(text, start);
        }
        if start >= text.len() {
            return Err(());
        }
        while start > 0 && kind(text, super::chars::before(text, start), false) == Kind::Word {
            start = super::chars::before(text, start);
        }
        let mut end = start;
        while end < text.len() && kind(text, end, false) == Kind::Word {
            end = after(text, end);
        }
        let word = text[start..end].to_vec();
        let ascii = word.is_ascii();
        let pattern = if ascii { [b"\\<", &word[..], b"\\>"].concat() } else { word };
        self.col = start;
        self.search_typed(&pattern, forward, times)
    }
}
