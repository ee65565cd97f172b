//! Changes of members' names: `pax -s /OLD/NEW/gp`.

use alloc::{format, string::String, vec::Vec};
use bstr::{BStr, BString};
use core::ops::Range;

use crate::commands::support::{
    posix_regex::Syntax,
    regex::{Extent, Regex, Style},
};

/// One substitution.
pub struct Rename {
    regex: Regex,
    new: Vec<Piece>,
    global: bool,
    shows: bool,
}

enum Piece {
    Text(Vec<u8>),
    /// What a group has matched; group 0 is all of it.
    Group(usize),
}

/// A name after all changes.
pub(super) struct Renamed {
    pub name: BString,
    /// What `p` wants shown.
    pub shown: Option<Vec<u8>>,
}

impl Rename {
    /// Reads `/OLD/NEW/FLAGS`; the first character is what stands between.
    pub fn parse(text: &BStr) -> Result<Self, String> {
        let shape = || format!("invalid substitution '{text}'; try ',OLD,NEW,'");
        let (&between, mut rest) =
            text.split_first().filter(|(first, _)| **first != b'\\').ok_or_else(shape)?;
        let mut part = || -> Option<Vec<u8>> {
            let mut part = Vec::new();
            loop {
                let (&byte, after) = rest.split_first()?;
                rest = after;
                match (byte, rest.first()) {
                    (b'\\', Some(&next)) => {
                        rest = &rest[1..];
                        if next != between {
                            part.push(b'\\');
                        }
                        part.push(next);
                    }
                    (byte, _) if byte == between => return Some(part),
                    (byte, _) => part.push(byte),
                }
            }
        };
        let (old, new) = part().zip(part()).ok_or_else(shape)?;
        let flags = rest;
        if flags.iter().any(|flag| !b"gp".contains(flag)) {
            return Err(shape());
        }
        let style =
            Style { syntax: Syntax::Basic, ignore_case: false, multi_line: false, extent: Extent::Part };
        let regex = Regex::new(&[old], style)?;
        let new = pieces(&new, regex.groups())?;
        Ok(Self { regex, new, global: flags.contains(&b'g'), shows: flags.contains(&b'p') })
    }

    /// The name that this makes of one; nothing where it does not match.
    fn apply(&mut self, name: &[u8]) -> Result<Option<Vec<u8>>, &'static str> {
        let (mut out, mut groups) = (Vec::new(), Vec::<Option<Range<usize>>>::new());
        let (mut copied, mut from, mut found_any) = (0, 0, false);
        while from <= name.len() && self.regex.captures(name, from, &mut groups)? {
            let Some(Some(found)) = groups.first().cloned() else { break };
            found_any = true;
            out.extend_from_slice(&name[copied..found.start]);
            for piece in &self.new {
                match piece {
                    Piece::Text(text) => out.extend_from_slice(text),
                    Piece::Group(group) => {
                        if let Some(Some(range)) = groups.get(*group) {
                            out.extend_from_slice(&name[range.clone()]);
                        }
                    }
                }
            }
            copied = found.end;
            from = found.end + usize::from(found.is_empty());
            if !self.global {
                break;
            }
        }
        out.extend_from_slice(&name[copied..]);
        Ok(found_any.then_some(out))
    }
}

fn pieces(new: &[u8], groups: usize) -> Result<Vec<Piece>, String> {
    let mut pieces = Vec::new();
    let mut text = Vec::new();
    let mut bytes = new.iter().copied();
    while let Some(byte) = bytes.next() {
        let group = match byte {
            b'&' => 0,
            b'\\' => match bytes.next() {
                Some(digit @ b'1'..=b'9') => usize::from(digit - b'0'),
                Some(other) => {
                    text.push(other);
                    continue;
                }
                None => continue,
            },
            byte => {
                text.push(byte);
                continue;
            }
        };
        if group > groups {
            return Err(format!("there is no group {group} in the substitution"));
        }
        pieces.push(Piece::Text(core::mem::take(&mut text)));
        pieces.push(Piece::Group(group));
    }
    pieces.push(Piece::Text(text));
    Ok(pieces)
}

/// The first substitution that matches is made.
pub(super) fn apply(renames: &mut [Rename], name: BString) -> Result<Renamed, &'static str> {
    for rename in renames {
        if let Some(new) = rename.apply(&name)? {
            let shown = rename.shows.then(|| [&name[..], b" >> ", &new[..], b"\n"].concat());
            return Ok(Renamed { name: new.into(), shown });
        }
    }
    Ok(Renamed { name, shown: None })
}
