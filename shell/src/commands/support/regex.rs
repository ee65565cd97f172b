//! Matching POSIX regular expressions in lines of any bytes, for `grep`, `sed` and the like.
//!
//! Of the matches that begin leftmost the longest counts, as POSIX has it; which part of it a group takes is decided
//! by the order of alternatives and greediness. The time is linear in the line, except for patterns with
//! back-references, where a search that takes too many steps is given up with an error.

use alloc::{borrow::Cow, boxed::Box, format, string::String, vec::Vec};
use core::ops::Range;
use regex_automata::{
    Anchored, Input, MatchKind,
    meta::{Cache, Config, Regex as Automaton},
    util::{primitives::NonMaxUsize, syntax},
};

use super::posix_regex::{Engine, Refusal, Syntax, stand_in, translate};

/// Bounds on what a compiled pattern takes.
const NFA_BYTES: usize = 4 << 20;
const CACHE_BYTES: usize = 256 << 10;
/// How many steps a search with back-references may take.
const STEPS: usize = 1_000_000;

/// How patterns are read.
#[derive(Clone, Copy)]
pub struct Style {
    /// The syntax.
    pub syntax: Syntax,
    /// Letters match in either case.
    pub ignore_case: bool,
    /// `^` and `$` match at newlines, too.
    pub multi_line: bool,
    /// What a match has to be.
    pub extent: Extent,
}

/// What a match has to be.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// Any part.
    Part,
    /// Whole words.
    Word,
    /// The whole text.
    Whole,
}

/// Patterns, compiled.
pub struct Regex {
    matcher: Matcher,
    groups: usize,
}

enum Matcher {
    Linear(Box<Linear>),
    Backtracking(fancy_regex::Regex),
}

struct Linear {
    /// Finds where the leftmost match begins.
    first: Automaton,
    first_cache: Cache,
    /// Finds the longest match at a place. Made when it is first needed.
    longest: Option<(Automaton, Cache)>,
    pattern: String,
    style: Style,
    slots: Vec<Option<NonMaxUsize>>,
}

/// What a search gives: an error says why it was given up.
pub type Found<T> = Result<T, &'static str>;

impl Regex {
    /// Compiles alternatives; the error says what is wrong with them.
    pub fn new<P: AsRef<[u8]>>(patterns: &[P], style: Style) -> Result<Self, String> {
        match join(patterns, style, Engine::Linear) {
            Ok((pattern, groups)) => {
                let first = automaton(&pattern, style, MatchKind::LeftmostFirst)?;
                let first_cache = first.create_cache();
                let slots = Vec::new();
                let linear = Linear { first, first_cache, longest: None, pattern, style, slots };
                Ok(Self { matcher: Matcher::Linear(Box::new(linear)), groups })
            }
            Err(Refusal::BackReference) => {
                let (pattern, groups) = join(patterns, style, Engine::Backtracking)?;
                let regex = fancy_regex::RegexBuilder::new(&pattern)
                    .case_insensitive(style.ignore_case)
                    .multi_line(style.multi_line)
                    .dot_matches_new_line(true)
                    .leftmost_longest(true)
                    .backtrack_limit(STEPS)
                    .delegate_size_limit(NFA_BYTES)
                    .delegate_dfa_size_limit(CACHE_BYTES)
                    .build()
                    .map_err(|error| format!("invalid regular expression: {error}"))?;
                Ok(Self { matcher: Matcher::Backtracking(regex), groups })
            }
            Err(refusal) => Err(refusal.into()),
        }
    }

    /// How many groups the patterns have.
    pub fn groups(&self) -> usize {
        self.groups
    }

    /// Whether the text has a match.
    pub fn is_match(&mut self, text: &[u8]) -> Found<bool> {
        match &mut self.matcher {
            Matcher::Linear(linear) => {
                let Linear { first, first_cache, .. } = &mut **linear;
                Ok(first.search_half_with(first_cache, &Input::new(text).earliest(true)).is_some())
            }
            Matcher::Backtracking(regex) => regex.is_match(&*Readable::new(text).text).map_err(given_up),
        }
    }

    /// The first match that begins at `from` or later.
    pub fn find(&mut self, text: &[u8], from: usize) -> Found<Option<Range<usize>>> {
        match &mut self.matcher {
            Matcher::Linear(linear) => {
                let Linear { first, first_cache, longest, pattern, style, .. } = &mut **linear;
                let Some(found) = first.search_with(first_cache, &Input::new(text).range(from..)) else {
                    return Ok(None);
                };
                let (regex, cache) = longest_of(longest, pattern, *style)?;
                let input = Input::new(text).range(found.start()..).anchored(Anchored::Yes);
                let end = regex.search_half_with(cache, &input).map_or(found.end(), |half| half.offset());
                Ok(Some(found.start()..end))
            }
            Matcher::Backtracking(regex) => {
                let readable = Readable::new(text);
                let found = regex.find_from_pos(&*readable.text, readable.place(from)).map_err(given_up)?;
                Ok(found.map(|found| readable.range(found.range())))
            }
        }
    }

    /// [`Regex::find`], with what the groups matched: `groups[0]` is the match.
    pub fn captures(
        &mut self,
        text: &[u8],
        from: usize,
        groups: &mut Vec<Option<Range<usize>>>,
    ) -> Found<bool> {
        let count = self.groups;
        groups.clear();
        if count == 0 {
            groups.push(self.find(text, from)?);
            return Ok(groups[0].is_some());
        }
        match &mut self.matcher {
            Matcher::Linear(linear) => {
                let Linear { first, first_cache, longest, pattern, style, slots } = &mut **linear;
                let Some(found) = first.search_with(first_cache, &Input::new(text).range(from..)) else {
                    return Ok(false);
                };
                let (regex, cache) = longest_of(longest, pattern, *style)?;
                let input = Input::new(text).range(found.start()..).anchored(Anchored::Yes);
                slots.clear();
                slots.resize(2 * (count + 1), None);
                regex.search_slots_with(cache, &input, slots);
                let range = |pair: &[Option<NonMaxUsize>]| Some(pair[0]?.get()..pair[1]?.get());
                groups.extend(slots.chunks_exact(2).map(range));
                Ok(groups[0].is_some())
            }
            Matcher::Backtracking(regex) => {
                let readable = Readable::new(text);
                let found =
                    regex.captures_from_pos(&*readable.text, readable.place(from)).map_err(given_up)?;
                let Some(found) = found else { return Ok(false) };
                let range = |group| found.get(group).map(|part| readable.range(part.range()));
                groups.extend((0..=count).map(range));
                Ok(true)
            }
        }
    }
}

/// A text as UTF-8, each byte that is not replaced by its [`stand_in`].
struct Readable<'a> {
    text: Cow<'a, str>,
    /// Where each character begins, here and in the original; empty when nothing was replaced.
    places: Vec<(usize, usize)>,
}

impl<'a> Readable<'a> {
    fn new(original: &'a [u8]) -> Self {
        if let Ok(text) = core::str::from_utf8(original) {
            return Self { text: text.into(), places: Vec::new() };
        }
        let (mut text, mut places, mut at) = (String::new(), Vec::new(), 0);
        for chunk in original.utf8_chunks() {
            for char in chunk.valid().chars() {
                places.push((text.len(), at));
                text.push(char);
                at += char.len_utf8();
            }
            for &byte in chunk.invalid() {
                places.push((text.len(), at));
                text.push(stand_in(byte));
                at += 1;
            }
        }
        places.push((text.len(), at));
        Self { text: text.into(), places }
    }

    /// Where a place of the original is here: the next beginning of a character.
    fn place(&self, original: usize) -> usize {
        if self.places.is_empty() {
            return (original..self.text.len())
                .find(|at| self.text.is_char_boundary(*at))
                .unwrap_or(self.text.len());
        }
        let at = self.places.partition_point(|(_, place)| *place < original);
        self.places.get(at).map_or(self.text.len(), |(here, _)| *here)
    }

    /// The part of the original that a part of this is.
    fn range(&self, range: Range<usize>) -> Range<usize> {
        if self.places.is_empty() {
            return range;
        }
        let place = |here| self.places[self.places.partition_point(|(place, _)| *place < here)].1;
        place(range.start)..place(range.end)
    }
}

/// One pattern for all alternatives, and how many groups it has.
fn join<P: AsRef<[u8]>>(patterns: &[P], style: Style, engine: Engine) -> Result<(String, usize), Refusal> {
    let (before, after) = match (style.extent, engine) {
        (Extent::Part, _) => ("(?:", ")"),
        (Extent::Whole, _) => (r"\A(?:", r")\z"),
        (Extent::Word, Engine::Linear) => (r"(?-u:\b{start-half})(?:", r")(?-u:\b{end-half})"),
        (Extent::Word, Engine::Backtracking) => ("(?<![0-9A-Za-z_])(?:", ")(?![0-9A-Za-z_])"),
    };
    let (mut whole, mut groups) = (String::new(), 0);
    for pattern in patterns {
        let translated = translate(pattern.as_ref(), style.syntax, engine, groups)?;
        groups += translated.groups;
        if !whole.is_empty() {
            whole.push('|');
        }
        whole.push_str(before);
        whole.push_str(&translated.text);
        whole.push_str(after);
    }
    if whole.is_empty() {
        whole.push_str(r"[^\x{0}-\x{10FFFF}]"); // without a pattern nothing matches: an empty class
    }
    Ok((whole, groups))
}

fn automaton(pattern: &str, style: Style, kind: MatchKind) -> Result<Automaton, String> {
    let syntax = syntax::Config::new()
        .utf8(false)
        .dot_matches_new_line(true)
        .case_insensitive(style.ignore_case)
        .multi_line(style.multi_line);
    let config = Config::new()
        .utf8_empty(false)
        .match_kind(kind)
        .nfa_size_limit(Some(NFA_BYTES))
        .hybrid_cache_capacity(CACHE_BYTES);
    let regex = Automaton::builder().configure(config).syntax(syntax).build(pattern);
    regex.map_err(|error| match error.size_limit() {
        Some(_) => String::from("regular expression too big"),
        None => format!("invalid regular expression: {error}"),
    })
}

fn longest_of<'a>(
    longest: &'a mut Option<(Automaton, Cache)>,
    pattern: &str,
    style: Style,
) -> Found<&'a mut (Automaton, Cache)> {
    if longest.is_none() {
        let regex = automaton(pattern, style, MatchKind::All).map_err(|_| "regular expression too big")?;
        let cache = regex.create_cache();
        *longest = Some((regex, cache));
    }
    longest.as_mut().ok_or("regular expression too big")
}

fn given_up(_: fancy_regex::Error) -> &'static str {
    "the search took too many steps; simplify the pattern, or do without back-references"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn regex(pattern: &str, syntax: Syntax) -> Regex {
        let style = Style { syntax, ignore_case: false, multi_line: false, extent: Extent::Part };
        Regex::new(&[pattern], style).unwrap()
    }

    #[test]
    fn the_longest_of_the_leftmost_matches_counts() {
        for (pattern, text, found) in [
            ("a|ab|abc", "xabcd", 1..4),
            ("(a|ab)(c|bcd)", "abcd", 0..4),
            ("a*", "baa", 0..0),
            (r"(a|ab)\1", "aabab", 0..2),
            (r"(.*)b\1", "aabaac", 0..5),
        ] {
            assert_eq!(
                regex(pattern, Syntax::Extended).find(text.as_bytes(), 0),
                Ok(Some(found)),
                "{pattern}"
            );
        }
    }

    #[test]
    fn groups_of_both_engines() {
        let mut groups = Vec::new();
        for pattern in [r"\(a*\)\(b*\)\(x\)*", r"\(a*\)\(b*\)\(x\)*\(\)\4"] {
            assert_eq!(regex(pattern, Syntax::Basic).captures(b"-aab\xff", 1, &mut groups), Ok(true));
            assert_eq!(groups[..4], [Some(1..4), Some(1..3), Some(3..4), None], "{pattern}");
        }
    }

    #[test]
    fn a_search_without_end_is_given_up() {
        let mut hard = regex(r"\(x*\)*\(x*\)*\(x*\)*\(x*\)*y\1\2\3\4z", Syntax::Basic);
        let text = alloc::vec![b'x'; 2000];
        assert!(
            hard.is_match(&text).map_or_else(|message| message.contains("too many steps"), |found| !found)
        );
    }
}
