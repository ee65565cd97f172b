//! Collapsed stacks: `task;outermost;...;innermost count`, a line for each stack that was seen.

use alloc::{collections::BTreeMap, string::String, vec::Vec};
use core::fmt::{self, Write};

use super::{Export, Names, put};

/// A line for each stack.
pub struct Folded<'a, R> {
    stacks: alloc::collections::btree_map::IntoIter<(u32, Vec<u64>), u64>,
    names: &'a Names,
    resolve: R,
}

impl<'a, R: FnMut(u64, &mut dyn Write) -> fmt::Result> Folded<'a, R> {
    /// Of samples: the number of the task that ran, or 0, and its frames, the innermost first. `resolve` writes what is at
    /// an address.
    pub fn new<'s>(
        samples: impl Iterator<Item = (u32, &'s [u64])>,
        names: &'a Names,
        resolve: R,
    ) -> Folded<'a, R> {
        let mut stacks = BTreeMap::new();
        for (task, frames) in samples {
            *stacks.entry((task, frames.iter().rev().copied().collect())).or_insert(0) += 1;
        }
        Folded { stacks: stacks.into_iter(), names, resolve }
    }
}

impl<R: FnMut(u64, &mut dyn Write) -> fmt::Result> Export for Folded<'_, R> {
    fn piece(&mut self, out: &mut Vec<u8>) -> bool {
        let Some(((task, frames), count)) = self.stacks.next() else { return false };
        match (self.names.task(task.into()), task) {
            (_, 0) => put!(out, "(no task)"),
            (Some(name), _) => put!(out, "{}", Frame(name)),
            (None, _) => put!(out, "task {task}"),
        }
        let mut name = String::new();
        for address in frames {
            name.clear();
            // Strings take all text.
            let _ = (self.resolve)(address, &mut name);
            put!(out, ";{}", Frame(&name));
        }
        put!(out, " {count}\n");
        true
    }
}

/// A frame's name without what has a meaning in these lines.
struct Frame<'a>(&'a str);

impl fmt::Display for Frame<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|c| f.write_char(if matches!(c, ';' | '\n') { ':' } else { c }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::testing::{names, text};

    #[test]
    fn equal_stacks_are_one_line_with_their_number_and_the_outermost_frame_first() {
        let mut names = names();
        names.insert(9, "a;b");
        let samples: [(u32, &[u64]); 5] = [(7, &[2, 1]), (8, &[1]), (7, &[2, 1]), (9, &[]), (0, &[3])];
        let resolve = |address: u64, out: &mut dyn Write| write!(out, "f{address}");
        assert_eq!(
            text(Folded::new(samples.into_iter(), &names, resolve)),
            "(no task);f3 1\ndd;f1;f2 2\ncat;f1 1\na:b 1\n"
        );
    }
}
