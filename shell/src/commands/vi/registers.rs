//! Where text goes that is deleted or yanked.

use alloc::{collections::BTreeMap, collections::VecDeque, vec::Vec};

use super::super::support::editing::buffer::Text;

/// Text that was taken: whole lines, or from within lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    pub lines: Vec<Text>,
    pub whole: bool,
}

#[derive(Default)]
pub struct Registers {
    /// What `p` puts when no name is given.
    last: Taken,
    yanked: Taken,
    /// `"1` to `"9`, the newest first.
    deleted: VecDeque<Taken>,
    named: BTreeMap<u8, Taken>,
}

impl Registers {
    /// Keeps a text under a name; a capital letter adds to what is there.
    pub fn keep(&mut self, name: Option<u8>, taken: Taken, yank: bool) {
        match name {
            Some(b'_') => return,
            Some(letter) if letter.is_ascii_uppercase() => {
                let slot = self.named.entry(letter.to_ascii_lowercase()).or_default();
                add(slot, taken);
                self.last = slot.clone();
                return;
            }
            Some(letter) if letter.is_ascii_alphanumeric() => {
                self.named.insert(letter, taken.clone());
            }
            _ if yank => self.yanked = taken.clone(),
            _ => {
                self.deleted.push_front(taken.clone());
                self.deleted.truncate(9);
            }
        }
        self.last = taken;
    }

    /// What is kept under a name.
    pub fn get(&self, name: Option<u8>) -> Option<&Taken> {
        let found = match name {
            None | Some(b'"' | b'+' | b'*') => Some(&self.last),
            Some(b'0') => Some(&self.yanked),
            Some(digit @ b'1'..=b'9') => self.deleted.get(usize::from(digit - b'1')),
            Some(letter) => self.named.get(&letter.to_ascii_lowercase()),
        };
        found.filter(|taken| !taken.lines.is_empty())
    }
}

/// Whether something can have this name.
pub fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'"' | b'_' | b'+' | b'*')
}

fn add(slot: &mut Taken, more: Taken) {
    if slot.lines.is_empty() {
        *slot = more;
        return;
    }
    if !slot.whole && !more.whole {
        let last = slot.lines.pop().unwrap_or_else(|| Text::from(&b""[..]));
        let first = more.lines.first().map_or(&b""[..], |line| line);
        slot.lines.push(Text::from([&last[..], first].concat()));
        slot.lines.extend(more.lines.into_iter().skip(1));
    } else {
        slot.whole = true;
        slot.lines.extend(more.lines);
    }
}
