//! Finding where a hunk belongs, and doing what it says.

use alloc::vec::Vec;
use bstr::{BStr, BString, ByteSlice};

use super::parse::{Edit, Hunk};

/// A file on its way.
pub(super) struct Patched {
    /// What is still as it was, each line with its newline.
    lines: Vec<BString>,
    /// How many of these are done.
    done: usize,
    new: Vec<u8>,
    /// By how many lines hunks were found further down than they said.
    offset: isize,
    /// How many more lines it has so far.
    grown: isize,
}

/// Where a hunk was found.
pub(super) struct Placed {
    /// The number that its first line has now, from 1.
    pub line: usize,
    /// By how many lines it was found further down than it says.
    pub offset: isize,
    /// How many lines of context did not fit.
    pub fuzz: usize,
}

impl Patched {
    pub(super) fn new(text: &[u8]) -> Self {
        let lines = text.lines_with_terminator().map(BString::from).collect();
        Self { lines, done: 0, new: Vec::new(), offset: 0, grown: 0 }
    }

    /// The number that the first line of a hunk should get.
    pub(super) fn expected(&self, hunk: &Hunk) -> usize {
        (hunk.new_start as isize + self.offset).max(0) as usize
    }

    /// Does what a hunk says; `None` if it fits nowhere, also not without up to `fuzz` lines of its context.
    pub(super) fn apply(&mut self, hunk: &Hunk, fuzz: usize) -> Option<Placed> {
        let kept = |edit: &(Edit, BString)| edit.0 == Edit::Keep;
        let leading = hunk.lines.iter().take_while(|edit| kept(edit)).count();
        let trailing = hunk.lines.iter().rev().take_while(|edit| kept(edit)).count();
        for fuzz in 0..=fuzz.min(leading.max(trailing)) {
            // The longer context gives way first.
            let most = leading.max(trailing);
            let cut = |context: usize| (fuzz + context).saturating_sub(most).min(context);
            let (front, back) = (cut(leading), cut(trailing));
            if front + back > hunk.lines.len() {
                break;
            }
            let lines = &hunk.lines[front..hunk.lines.len() - back];
            let old: Vec<&BString> =
                lines.iter().filter(|(edit, _)| *edit != Edit::Add).map(|(_, text)| text).collect();
            // A hunk without old lines says behind which line it belongs.
            let first = hunk.old_start as isize - isize::from(hunk.side(Edit::Add).next().is_some());
            let wanted = first + front as isize + self.offset;
            // What has no context on one side belongs to that end of the file.
            let at_start = fuzz == 0 && leading < trailing && hunk.old_start <= 1;
            let at_end = fuzz == 0 && trailing < leading;
            if let Some(at) = self.find(&old, wanted, at_start, at_end) {
                self.offset += at as isize - wanted;
                let line = at as isize - front as isize + 1 + self.grown;
                let added = lines.iter().filter(|(edit, _)| *edit == Edit::Add).count();
                let removed = lines.iter().filter(|(edit, _)| *edit == Edit::Remove).count();
                self.grown += added as isize - removed as isize;
                for line in &self.lines[self.done..at] {
                    self.new.extend_from_slice(line);
                }
                self.done = at + old.len();
                // Context is taken from the file: it may differ in what was not compared.
                for (edit, text) in lines {
                    if *edit != Edit::Remove {
                        self.new.extend_from_slice(text);
                    }
                }
                return Some(Placed { line: line.max(1) as usize, offset: self.offset, fuzz });
            }
        }
        None
    }

    /// The place nearest to the wanted one where these lines are.
    fn find(&self, old: &[&BString], wanted: isize, at_start: bool, at_end: bool) -> Option<usize> {
        let last = self.lines.len().checked_sub(old.len())?;
        let fits = |at: isize| {
            let at = usize::try_from(at).ok()?;
            let inside = at >= self.done && at <= last && !(at_start && at > 0) && !(at_end && at < last);
            let fits = inside && self.lines[at..at + old.len()].iter().zip(old).all(|(a, b)| a == *b);
            fits.then_some(at)
        };
        let (wanted, far) = (wanted.clamp(0, last as isize), last as isize);
        (0..=far).find_map(|away| fits(wanted + away).or_else(|| fits(wanted - away)))
    }

    /// The file with all that was done.
    pub(super) fn finish(mut self) -> Vec<u8> {
        for line in &self.lines[self.done..] {
            self.new.extend_from_slice(line);
        }
        self.new
    }
}

/// Whether a hunk fits somewhere.
pub(super) fn fits(text: &[u8], hunk: &Hunk, fuzz: usize) -> bool {
    Patched::new(text).apply(hunk, fuzz).is_some()
}

/// A path without its first `strip` directories; without a number, only the name of the file.
pub(super) fn stripped(name: &BStr, strip: Option<usize>) -> Option<&BStr> {
    let Some(strip) = strip else {
        return name.rsplit_str(b"/").next().map(|name| name.as_bstr());
    };
    let mut rest = name.as_bytes();
    for _ in 0..strip {
        let slash = rest.find_byte(b'/')?;
        rest = rest[slash..].trim_start_with(|c| c == '/');
    }
    (!rest.is_empty()).then(|| rest.as_bstr())
}
