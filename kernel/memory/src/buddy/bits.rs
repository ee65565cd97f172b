//! A set of numbers that finds its smallest member fast: a bit each, and a bit for each word that has any.

/// Where a set lies in the words that hold it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Bits {
    /// The first word of the members' bits.
    members: usize,
    /// The first word of the summary, which has a bit for each word of members, and where it ends.
    summary: usize,
    end: usize,
    /// How many members there are.
    pub count: usize,
    /// No word of the summary before this one, counted from `summary`, has a bit.
    hint: usize,
}

impl Bits {
    /// An empty set of numbers below `limit` in the words from `start` on, which are zero.
    pub fn new(start: usize, limit: usize) -> Bits {
        let summary = start + limit.div_ceil(64);
        let end = summary + limit.div_ceil(64).div_ceil(64);
        Bits { members: start, summary, end, count: 0, hint: 0 }
    }

    /// One past the last word.
    pub fn end(&self) -> usize {
        self.end
    }

    /// Members are below this.
    pub fn limit(&self) -> usize {
        (self.summary - self.members) * 64
    }

    /// Whether the number is in the set; one beyond the limit is not.
    pub fn contains(&self, words: &[u64], number: usize) -> bool {
        let word = self.members + number / 64;
        word < self.summary && words[word] & (1 << (number % 64)) != 0
    }

    /// Adds a number that is not in it.
    pub fn insert(&mut self, words: &mut [u64], number: usize) {
        let word = number / 64;
        words[self.members + word] |= 1 << (number % 64);
        words[self.summary + word / 64] |= 1 << (word % 64);
        self.hint = self.hint.min(word / 64);
        self.count += 1;
    }

    /// Takes a number out that is in it.
    pub fn remove(&mut self, words: &mut [u64], number: usize) {
        let word = number / 64;
        words[self.members + word] &= !(1 << (number % 64));
        if words[self.members + word] == 0 {
            words[self.summary + word / 64] &= !(1 << (word % 64));
        }
        self.count -= 1;
    }

    /// The smallest member.
    pub fn first(&mut self, words: &[u64]) -> Option<usize> {
        if self.count == 0 {
            return None;
        }
        while words[self.summary + self.hint] == 0 {
            self.hint += 1;
        }
        let word = self.hint * 64 + words[self.summary + self.hint].trailing_zeros() as usize;
        Some(word * 64 + words[self.members + word].trailing_zeros() as usize)
    }
}
