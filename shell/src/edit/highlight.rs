//! Colours for a line: what it says by [`super::scan`], which commands there are, and where it is wrong.

use alloc::{sync::Arc, vec::Vec};

use super::{
    glyph::Style,
    scan::{Kind, spans},
    style,
};
use crate::lang::Parser;

/// A longer line has no colours: a key must not cost more with every key before it.
pub(super) const LONGEST: usize = 4096;

/// Up to which byte each style goes.
pub(super) fn highlight(text: &[u8], known: &(dyn Fn(&[u8]) -> bool + Send)) -> Vec<(usize, Style)> {
    let mut styles = Vec::new();
    let mut start = 0;
    for span in spans(text) {
        let style = match span.kind {
            Kind::Plain => style::PLAIN,
            Kind::Command if known(&text[start..span.end]) => style::COMMAND,
            Kind::Command => style::UNKNOWN,
            Kind::Keyword => style::KEYWORD,
            Kind::Quoted => style::STRING,
            Kind::Variable => style::VARIABLE,
            Kind::Comment => style::COMMENT,
        };
        styles.push((span.end, style));
        start = span.end;
    }
    if let Some(at) = mistake(text) {
        let end =
            text[at..].iter().position(u8::is_ascii_whitespace).map_or(text.len(), |length| at + length);
        insert(&mut styles, at, end.max(at + 1));
    }
    styles
}

/// Where the text is wrong in a way that nothing typed behind it could mend.
fn mistake(text: &[u8]) -> Option<usize> {
    let mut parser = Parser::new(Arc::from(text));
    loop {
        match parser.next_command() {
            Ok(Some(_)) => {}
            Ok(None) => return None,
            Err(error) => return (!error.incomplete && error.at < text.len()).then_some(error.at),
        }
    }
}

/// Lays the style of mistakes over a range.
fn insert(styles: &mut Vec<(usize, Style)>, from: usize, to: usize) {
    let style_at =
        |at: usize| styles.iter().find(|(end, _)| *end > at).map_or(style::PLAIN, |(_, style)| *style);
    let before = style_at(from.saturating_sub(1));
    let mut all: Vec<(usize, Style)> = styles.iter().copied().filter(|(end, _)| *end < from).collect();
    if from > 0 {
        all.push((from, before));
    }
    all.push((to, style::ERROR));
    all.extend(styles.iter().copied().filter(|(end, _)| *end > to));
    *styles = all;
}
