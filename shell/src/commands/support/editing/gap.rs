//! A sequence with a gap where it was changed last: changes near to each other move nothing far.

use alloc::vec::Vec;

pub struct Gap<T> {
    before: Vec<T>,
    /// In reverse.
    after: Vec<T>,
}

impl<T> Gap<T> {
    pub const fn new() -> Self {
        Self { before: Vec::new(), after: Vec::new() }
    }

    pub fn len(&self) -> usize {
        self.before.len() + self.after.len()
    }

    pub fn get(&self, index: usize) -> Option<&T> {
        match index.checked_sub(self.before.len()) {
            None => self.before.get(index),
            Some(behind) => self.after.get(self.after.len().checked_sub(behind + 1)?),
        }
    }

    /// Takes out `count` items from `at` on and puts others there.
    pub fn splice(&mut self, at: usize, count: usize, with: impl IntoIterator<Item = T>) -> Vec<T> {
        let at = at.min(self.len());
        if at < self.before.len() {
            self.after.extend(self.before.drain(at..).rev());
        } else {
            let keep = self.len() - at;
            self.before.extend(self.after.drain(keep..).rev());
        }
        let rest = self.after.len().saturating_sub(count);
        let removed = self.after.drain(rest..).rev().collect();
        self.before.extend(with);
        removed
    }
}
