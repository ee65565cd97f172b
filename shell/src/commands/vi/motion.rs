//! Where the keys lead that move the cursor. A motion changes nothing; with an operator before it, it says how far
//! that reaches.

use super::{
    chars::{Kind, after, before, indent, kind, last},
    editor::Editor,
    layout,
};

pub use super::super::support::editing::buffer::Place;

/// How much an operator takes of the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Up to the character at the end of it.
    Exclusive,
    Inclusive,
    /// Whole lines.
    Lines,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    pub place: Place,
    pub shape: Shape,
    /// The cursor keeps the column that it would like to be in.
    pub keeps_column: bool,
}

impl Target {
    pub fn new(place: Place, shape: Shape) -> Self {
        Self { place, shape, keeps_column: false }
    }
}

/// `f`, `F`, `t`, `T` and the character that they look for.
#[derive(Clone, Debug)]
pub struct Find {
    pub forward: bool,
    /// Stop one before.
    pub till: bool,
    pub text: alloc::vec::Vec<u8>,
}

/// The column at the end of each line.
pub const END: usize = usize::MAX;

impl Editor {
    /// Where a key leads; `Ok(None)` if it is no motion, an error if it leads nowhere.
    pub fn motion(&mut self, key: char, count: Option<usize>) -> Result<Option<Target>, ()> {
        let times = count.unwrap_or(1);
        let (number, at) = (self.line, self.col);
        let lines = self.lines();
        let with = |place, shape| Ok(Some(Target::new(place, shape)));
        match key {
            'h' | '\x08' => {
                let mut to = at;
                for _ in 0..times.min(at) {
                    to = before(self.text(), to);
                }
                if to == at { Err(()) } else { with((number, to), Shape::Exclusive) }
            }
            'l' => {
                let mut to = at;
                for _ in 0..times.min(self.text().len()) {
                    to = after(self.text(), to);
                }
                // An operator takes the last character, too; the cursor stays on it.
                let most = if self.is_operating() { self.text().len() } else { last(self.text()) };
                let to = to.min(most);
                if to == at && !self.is_operating() { Err(()) } else { with((number, to), Shape::Exclusive) }
            }
            ' ' => {
                let mut place = (number, at);
                for _ in 0..times {
                    let next = after(self.buffer.line(place.0), place.1);
                    let behind = next >= self.buffer.line(place.0).len();
                    place = match behind && place.0 < lines && !(self.is_operating() && next > place.1) {
                        true => (place.0 + 1, 0),
                        false => (place.0, next),
                    };
                }
                if !self.is_operating() {
                    place.1 = place.1.min(last(self.buffer.line(place.0)));
                }
                if place == (number, at) { Err(()) } else { with(place, Shape::Exclusive) }
            }
            'j' | '\x0e' | '\n' => self.vertical(number.checked_add(times)),
            'k' | '\x10' => self.vertical(number.checked_sub(times)),
            '+' | '\r' => self.first_of(number.checked_add(times)),
            '-' => self.first_of(number.checked_sub(times)),
            '_' => self.first_of(number.checked_add(times - 1)),
            'G' => self.first_of(Some(count.unwrap_or(lines).min(lines))),
            '0' | HOME => with((number, 0), Shape::Exclusive),
            '^' => with((number, indent(self.text()).min(last(self.text()))), Shape::Exclusive),
            '$' => {
                let to = number + times - 1;
                if to > lines {
                    return Err(());
                }
                self.want = END;
                let place = (to, last(self.buffer.line(to)));
                Ok(Some(Target { keeps_column: true, ..Target::new(place, Shape::Inclusive) }))
            }
            '|' => {
                let to = layout::at_column(self.text(), times - 1, self.settings.tabstop);
                with((number, to), Shape::Exclusive)
            }
            'w' | 'W' => {
                let big = key == 'W';
                let mut place = (number, at);
                for step in 0..times {
                    let next = self.word_after(place, big);
                    // The last word of an operator ends with its line.
                    let ends_line = self.is_operating() && step + 1 == times && next.0 > place.0;
                    place = if ends_line { (place.0, self.buffer.line(place.0).len()) } else { next };
                }
                if place == (number, at) {
                    return Err(());
                }
                if !self.is_operating() {
                    place.1 = place.1.min(last(self.buffer.line(place.0)));
                }
                with(place, Shape::Exclusive)
            }
            'e' | 'E' => {
                let place = (0..times).fold((number, at), |place, _| self.word_end(place, key == 'E'));
                if place == (number, at) { Err(()) } else { with(place, Shape::Inclusive) }
            }
            'b' | 'B' => {
                let place = (0..times).fold((number, at), |place, _| self.word_before(place, key == 'B'));
                if place == (number, at) { Err(()) } else { with(place, Shape::Exclusive) }
            }
            ';' | ',' => {
                let find = self.find.clone().ok_or(())?;
                let forward = find.forward == (key == ';');
                self.find_char(&Find { forward, ..find }, times, true).map(Some)
            }
            '%' => match count {
                Some(percent @ 1..=100) => self.first_of(Some((percent * lines).div_ceil(100).max(1))),
                Some(_) => Err(()),
                None => self.bracket().map(|place| Some(Target::new(place, Shape::Inclusive))).ok_or(()),
            },
            '}' => {
                let place = (0..times).fold((number, at), |place, _| self.paragraph_after(place));
                if place == (number, at) { Err(()) } else { with(place, Shape::Exclusive) }
            }
            '{' => {
                let to = (0..times).fold(number, |line, _| self.paragraph_before(line));
                if (to, 0) == (number, at) { Err(()) } else { with((to, 0), Shape::Exclusive) }
            }
            ')' | '(' => {
                let step = |place, _| if key == ')' { self.sentence_after(place) } else { self.sentence_before(place) };
                let place = (0..times).fold((number, at), step);
                if place == (number, at) { Err(()) } else { with(place, Shape::Exclusive) }
            }
            'H' | 'M' | 'L' => {
                let (top, bottom) = self.visible();
                let line = match key {
                    'H' => (top + times - 1).min(bottom),
                    'M' => self.middle(),
                    _ => (bottom + 1).saturating_sub(times).max(top),
                };
                self.first_of(Some(line))
            }
            'n' | 'N' => self.search_again(key == 'n', times).map(Some),
            '*' | '#' => self.search_word(key == '*', times).map(Some),
            _ => Ok(None),
        }
    }

    fn vertical(&mut self, to: Option<usize>) -> Result<Option<Target>, ()> {
        let to = to.filter(|line| (1..=self.lines()).contains(line)).ok_or(())?;
        let at = self.column_in(to);
        Ok(Some(Target { place: (to, at), shape: Shape::Lines, keeps_column: true }))
    }

    /// The character of a line that is in the column where the cursor would like to be.
    pub fn column_in(&self, line: usize) -> usize {
        let text = self.buffer.line(line);
        match self.want {
            END => last(text),
            want => layout::at_column(text, want, self.settings.tabstop),
        }
    }

    /// The first character of a line that is no blank.
    pub fn first_of(&self, line: Option<usize>) -> Result<Option<Target>, ()> {
        let line = line.filter(|line| (1..=self.lines()).contains(line)).ok_or(())?;
        let text = self.buffer.line(line);
        Ok(Some(Target::new((line, indent(text).min(last(text))), Shape::Lines)))
    }

    fn word_after(&self, (mut line, mut at): Place, big: bool) -> Place {
        let text = self.buffer.line(line);
        let first = kind(text, at, big);
        if first != Kind::Blank {
            while at < text.len() && kind(text, at, big) == first {
                at = after(text, at);
            }
        }
        loop {
            let text = self.buffer.line(line);
            if at >= text.len() {
                if line >= self.lines() {
                    return (line, text.len());
                }
                (line, at) = (line + 1, 0);
                if self.buffer.line(line).is_empty() {
                    return (line, 0);
                }
            } else if kind(text, at, big) == Kind::Blank {
                at = after(text, at);
            } else {
                return (line, at);
            }
        }
    }

    pub fn word_end(&self, start: Place, big: bool) -> Place {
        let (mut line, mut at) = start;
        at = after(self.buffer.line(line), at);
        loop {
            let text = self.buffer.line(line);
            if at >= text.len() {
                if line >= self.lines() {
                    return (line, last(text));
                }
                (line, at) = (line + 1, 0);
            } else if kind(text, at, big) == Kind::Blank {
                at = after(text, at);
            } else {
                let word = kind(text, at, big);
                loop {
                    let next = after(text, at);
                    if next >= text.len() || kind(text, next, big) != word {
                        return (line, at);
                    }
                    at = next;
                }
            }
        }
    }

    /// The character before a place, on the line before if need be; `Err` with where a motion ends when that is empty or
    /// there is none.
    fn character_before(&self, (mut line, mut at): Place) -> Result<Place, Place> {
        if at == 0 {
            if line == 1 {
                return Err((1, 0));
            }
            line -= 1;
            at = self.buffer.line(line).len();
            if at == 0 {
                return Err((line, 0));
            }
        }
        Ok((line, before(self.buffer.line(line), at)))
    }

    fn word_before(&self, mut place: Place, big: bool) -> Place {
        loop {
            let (line, mut at) = match self.character_before(place) {
                Ok(place) => place,
                Err(end) => return end,
            };
            place = (line, at);
            let text = self.buffer.line(line);
            let word = kind(text, at, big);
            if word == Kind::Blank {
                continue;
            }
            while at > 0 && kind(text, before(text, at), big) == word {
                at = before(text, at);
            }
            return (line, at);
        }
    }

    /// The end of the word before (`ge`).
    pub fn word_end_before(&self, (mut line, mut at): Place, big: bool) -> Place {
        let text = self.buffer.line(line);
        let first = kind(text, at, big);
        while at > 0 && first != Kind::Blank && kind(text, before(text, at), big) == first {
            at = before(text, at);
        }
        loop {
            (line, at) = match self.character_before((line, at)) {
                Ok(place) => place,
                Err(end) => return end,
            };
            if kind(self.buffer.line(line), at, big) != Kind::Blank {
                return (line, at);
            }
        }
    }

    /// Looks for a character in the line; `again`: one that is next to the cursor is where the last search stopped.
    pub fn find_char(&self, find: &Find, times: usize, again: bool) -> Result<Target, ()> {
        let text = self.text();
        let (mut at, mut left) = (self.col, times);
        let is = |at: usize| text[at..].starts_with(&find.text);
        let step = |at: usize| if find.forward { after(text, at) } else { before(text, at) };
        let mut first = true;
        loop {
            let next = step(at);
            if next == at || next >= text.len() {
                return Err(());
            }
            let skipped = core::mem::take(&mut first) && again && find.till && times == 1;
            at = next;
            if is(at) && !skipped {
                left -= 1;
                if left == 0 {
                    break;
                }
            }
        }
        let at = match (find.till, find.forward) {
            (true, true) => before(text, at),
            (true, false) => after(text, at),
            _ => at,
        };
        let shape = if find.forward { Shape::Inclusive } else { Shape::Exclusive };
        Ok(Target::new((self.line, at), shape))
    }

    /// The partner of the first bracket at the cursor or behind it.
    fn bracket(&self) -> Option<Place> {
        let text = self.text();
        let at = (self.col..text.len()).find(|&at| b"()[]{}".contains(&text[at]))?;
        self.partner((self.line, at))
    }

    /// The partner of the bracket that is there.
    pub fn partner(&self, (line, at): Place) -> Option<Place> {
        let bracket = *self.buffer.line(line).get(at)?;
        let which = b"()[]{}<>".iter().position(|byte| *byte == bracket)?;
        let partner = b")(][}{><"[which];
        self.unmatched((line, at), bracket, partner, which % 2 == 0)
    }

    /// The next `partner` from a place on that no `bracket` belongs to.
    pub fn unmatched(&self, (mut line, at): Place, bracket: u8, partner: u8, forward: bool) -> Option<Place> {
        let mut depth = 0_usize;
        let mut check = |byte: u8| {
            if byte == bracket {
                depth += 1;
            } else if byte == partner {
                if depth == 0 {
                    return true;
                }
                depth -= 1;
            }
            false
        };
        let text = self.buffer.line(line);
        let found = match forward {
            true => (at + 1..text.len()).find(|&at| check(text[at])),
            false => (0..at.min(text.len())).rev().find(|&at| check(text[at])),
        };
        if let Some(at) = found {
            return Some((line, at));
        }
        loop {
            line = if forward { line + 1 } else { line - 1 };
            if line == 0 || line > self.lines() {
                return None;
            }
            let text = self.buffer.line(line);
            let found = match forward {
                true => (0..text.len()).find(|&at| check(text[at])),
                false => (0..text.len()).rev().find(|&at| check(text[at])),
            };
            if let Some(at) = found {
                return Some((line, at));
            }
        }
    }

    fn paragraph_after(&self, (mut line, at): Place) -> Place {
        let lines = self.lines();
        while line < lines && self.buffer.line(line).is_empty() {
            line += 1;
        }
        while line < lines && !self.buffer.line(line).is_empty() {
            line += 1;
        }
        let text = self.buffer.line(line);
        if text.is_empty() {
            return (line, 0);
        }
        // At the end of the text an operator takes the last character, too.
        (line, if self.is_operating() { text.len() } else { last(text).max(at * usize::from(line == self.line)) })
    }

    fn paragraph_before(&self, mut line: usize) -> usize {
        while line > 1 && self.buffer.line(line).is_empty() {
            line -= 1;
        }
        while line > 1 && !self.buffer.line(line).is_empty() {
            line -= 1;
        }
        line
    }

    /// The beginnings of sentences in a paragraph, whose first line is given, and of what follows it.
    fn sentences(&self, first: usize) -> alloc::vec::Vec<Place> {
        let mut starts = alloc::vec::Vec::new();
        let (mut line, mut begins) = (first, true);
        loop {
            let text = self.buffer.line(line);
            if text.is_empty() && line > first || line > self.lines() {
                if line <= self.lines() {
                    starts.push((line, 0));
                }
                return starts;
            }
            let mut at = 0;
            while at < text.len() {
                if begins && !matches!(text[at], b' ' | b'\t') {
                    starts.push((line, at));
                    begins = false;
                }
                if matches!(text[at], b'.' | b'!' | b'?') {
                    let closing = text[at + 1..].iter().take_while(|byte| b")]\"'".contains(byte)).count();
                    at += closing;
                    begins |= matches!(text.get(at + 1), None | Some(b' ' | b'\t'));
                }
                at += 1;
            }
            if text.is_empty() {
                starts.push((line, 0));
                begins = true;
            }
            line += 1;
        }
    }

    fn sentence_after(&self, place: Place) -> Place {
        let mut first = place.0;
        while first > 1 && !self.buffer.line(first).is_empty() && !self.buffer.line(first - 1).is_empty() {
            first -= 1;
        }
        let end = (self.lines(), last(self.buffer.line(self.lines())));
        self.sentences(first).into_iter().find(|start| *start > place).unwrap_or(end)
    }

    fn sentence_before(&self, place: Place) -> Place {
        let mut first = place.0;
        loop {
            while first > 1 && !self.buffer.line(first).is_empty() && !self.buffer.line(first - 1).is_empty() {
                first -= 1;
            }
            if let Some(start) = self.sentences(first).into_iter().rfind(|start| *start < place) {
                return start;
            }
            if first == 1 {
                return (1, 0);
            }
            first -= 1;
        }
    }

    /// `]]` and `[[`: the next line that begins with a brace.
    pub fn section(&self, forward: bool, times: usize) -> Target {
        let mut line = self.line;
        for _ in 0..times {
            loop {
                let end = if forward { line >= self.lines() } else { line == 1 };
                if end {
                    break;
                }
                line = if forward { line + 1 } else { line - 1 };
                if self.buffer.line(line).starts_with(b"{") {
                    break;
                }
            }
        }
        Target::new((line, 0), Shape::Lines)
    }
}

/// The Home key, which is no digit.
pub const HOME: char = '\u{e000}';
