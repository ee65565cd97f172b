//! Text objects: `iw`, `a"`, `i(`, `ap` and their like.

use bstr::ByteSlice;

use super::{
    chars::{Kind, after, before, kind},
    editor::Editor,
    operator::Span,
};

impl Editor {
    /// The object that a key names around the cursor; `around`: with what belongs to it.
    pub fn object(&self, key: char, around: bool, count: usize) -> Option<Span> {
        match key {
            'w' | 'W' => self.word_object(key == 'W', around, count),
            '"' | '\'' | '`' => self.quoted(key as u8, around),
            '(' | ')' | 'b' => self.bracketed(b'(', b')', around, count),
            '{' | '}' | 'B' => self.bracketed(b'{', b'}', around, count),
            '[' | ']' => self.bracketed(b'[', b']', around, count),
            '<' | '>' => self.bracketed(b'<', b'>', around, count),
            'p' => Some(self.paragraph_object(around, count)),
            _ => None,
        }
    }

    fn word_object(&self, big: bool, around: bool, count: usize) -> Option<Span> {
        let text = self.text();
        if text.is_empty() {
            return Some(Span { start: (self.line, 0), end: (self.line, 0), lines: false });
        }
        let here = kind(text, self.col, big);
        let mut start = self.col;
        while start > 0 && kind(text, before(text, start), big) == here {
            start = before(text, start);
        }
        let run = |from: usize| {
            let what = kind(text, from, big);
            let mut end = from;
            while end < text.len() && kind(text, end, big) == what {
                end = after(text, end);
            }
            end
        };
        let mut end = start;
        for _ in 0..count {
            end = run(end);
            if around && end < text.len() && (here == Kind::Blank || kind(text, end, big) == Kind::Blank) {
                end = run(end);
            } else if around && here != Kind::Blank {
                // Without blanks behind it those before it belong to it.
                while start > 0 && kind(text, before(text, start), big) == Kind::Blank {
                    start = before(text, start);
                }
            }
        }
        Some(Span { start: (self.line, start), end: (self.line, end), lines: false })
    }

    fn quoted(&self, quote: u8, around: bool) -> Option<Span> {
        let text = self.text();
        let (mut open, mut at) = (None, 0);
        while at < text.len() {
            if text[at] == b'\\' {
                at += 2;
                continue;
            }
            if text[at] == quote {
                match open.take() {
                    None => open = Some(at),
                    // The first pair that ends at the cursor or behind it.
                    Some(start) if at >= self.col => {
                        let blanks = text[at + 1..].iter().take_while(|byte| **byte == b' ').count();
                        // Without blanks behind it those before it belong to it.
                        let before = match blanks {
                            0 => text[..start].iter().rev().take_while(|byte| **byte == b' ').count(),
                            _ => 0,
                        };
                        let (start, end) =
                            if around { (start - before, at + 1 + blanks) } else { (start + 1, at) };
                        return Some(Span { start: (self.line, start), end: (self.line, end), lines: false });
                    }
                    Some(_) => {}
                }
            }
            at += 1;
        }
        None
    }

    fn bracketed(&self, open: u8, close: u8, around: bool, count: usize) -> Option<Span> {
        let here = (self.line, self.col);
        let on = self.text().get(self.col).copied();
        // Outside of any, the next one in the line.
        let next = || Some((self.line, self.col + self.text().get(self.col..)?.find_byte(open)?));
        let around_here = || self.unmatched(here, close, open, false).filter(|start| self.partner(*start) >= Some(here));
        let mut start = if on == Some(open) { here } else { around_here().or_else(next)? };
        for _ in 1..count {
            start = self.unmatched(start, close, open, false)?;
        }
        let end = self.partner(start)?;
        if around {
            return Some(Span { start, end: (end.0, end.1 + 1), lines: false });
        }
        // Brackets at the ends of lines: the lines between them.
        let opens_line = start.1 + 1 == self.buffer.line(start.0).len();
        let before_close = &self.buffer.line(end.0)[..end.1];
        if opens_line && end.0 > start.0 + 1 && before_close.iter().all(|byte| matches!(byte, b' ' | b'\t')) {
            return Some(Span { start: (start.0 + 1, 0), end: (end.0 - 1, 0), lines: true });
        }
        Some(Span { start: (start.0, start.1 + 1), end, lines: false })
    }

    fn paragraph_object(&self, around: bool, count: usize) -> Span {
        let blank = |line: usize| self.buffer.line(line).is_empty();
        let (mut first, mut last) = (self.line, self.line);
        while first > 1 && blank(first - 1) == blank(self.line) {
            first -= 1;
        }
        let run = |from: usize| {
            let mut last = from;
            while last < self.lines() && blank(last + 1) == blank(from) {
                last += 1;
            }
            last
        };
        for step in 0..count {
            last = run(if step == 0 { last } else { (last + 1).min(self.lines()) });
            if around && last < self.lines() {
                last = run(last + 1);
            }
        }
        Span { start: (first, 0), end: (last, 0), lines: true }
    }
}
