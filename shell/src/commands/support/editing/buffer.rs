//! The text that is edited: lines of bytes, marks that stay with their lines, and every change with its way back.
//!
//! Changes gather in a step until [`Buffer::commit`]; [`Buffer::undo`] and [`Buffer::redo`] go from step to step. Lines
//! are shared: a step keeps what it took out without copying it.

use alloc::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::Arc,
    vec::Vec,
};

use super::gap::Gap;

/// The bytes of a line, without its newline.
pub type Text = Arc<[u8]>;

/// How many steps are remembered.
const STEPS: usize = 1000;

#[derive(Clone)]
struct Line {
    text: Text,
    /// Stays the same while the line is changed or moved.
    id: u64,
}

/// Lines that were taken out, and how many came in their place.
struct Edit {
    at: usize,
    removed: Vec<Line>,
    inserted: usize,
}

struct Step {
    edits: Vec<Edit>,
    /// The version of the text on the other side of the step.
    version: u64,
    /// Where the person was there.
    place: Place,
}

/// A line, and a byte in it.
pub type Place = (usize, usize);

/// Where a step led.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moved {
    /// The place that was given when the step began.
    pub place: Place,
    /// The first line that is different.
    pub first: usize,
}

/// See the module's text.
pub struct Buffer {
    lines: Gap<Line>,
    next_id: u64,
    step: Vec<Edit>,
    done: VecDeque<Step>,
    undone: Vec<Step>,
    /// Tells one state of the text from another.
    version: u64,
    last_version: u64,
    /// The version before the step that is being made.
    before: u64,
    /// The version that the file has.
    saved: u64,
    /// By name: a line, and a place in it.
    marks: BTreeMap<u8, (u64, usize)>,
    /// Lines that a global command still has to visit; one that is deleted leaves.
    watched: BTreeSet<u64>,
    /// The last line of the file has no newline.
    pub unfinished: bool,
}

impl Buffer {
    pub fn new() -> Self {
        Self {
            lines: Gap::new(),
            next_id: 0,
            step: Vec::new(),
            done: VecDeque::new(),
            undone: Vec::new(),
            version: 0,
            last_version: 0,
            before: 0,
            saved: 0,
            marks: BTreeMap::new(),
            watched: BTreeSet::new(),
            unfinished: false,
        }
    }

    /// How many lines there are.
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// A line by its number; empty where there is none.
    pub fn line(&self, number: usize) -> &[u8] {
        number.checked_sub(1).and_then(|index| self.lines.get(index)).map_or(b"", |line| &line.text)
    }

    /// The same, to keep.
    pub fn text(&self, number: usize) -> Text {
        let line = number.checked_sub(1).and_then(|index| self.lines.get(index));
        line.map_or_else(|| Arc::from(&b""[..]), |line| line.text.clone())
    }

    /// The lines from `first` to `last`.
    pub fn texts(&self, first: usize, last: usize) -> Vec<Text> {
        (first.max(1)..=last.min(self.len())).map(|number| self.text(number)).collect()
    }

    fn splice(&mut self, at: usize, count: usize, with: Vec<Line>) -> Edit {
        let inserted = with.len();
        let removed = self.lines.splice(at, count, with);
        if !self.watched.is_empty() {
            for line in &removed {
                self.watched.remove(&line.id);
            }
        }
        Edit { at, removed, inserted }
    }

    fn change(&mut self, at: usize, count: usize, with: Vec<Line>) {
        if count == 0 && with.is_empty() {
            return;
        }
        let edit = self.splice(at, count, with);
        // What is typed into one line is one change of it.
        let again = edit.inserted == 1
            && edit.removed.len() == 1
            && self.step.last().is_some_and(|last| {
                (last.at, last.inserted, last.removed.len()) == (at, 1, 1)
                    && last.removed[0].id == edit.removed[0].id
            });
        if !again {
            self.step.push(edit);
        }
        self.last_version += 1;
        self.version = self.last_version;
    }

    /// Puts lines behind line `after`.
    pub fn insert(&mut self, after: usize, texts: impl IntoIterator<Item = Text>) -> usize {
        let mut id = self.next_id;
        let number = |text| {
            id += 1;
            Line { text, id }
        };
        let lines: Vec<Line> = texts.into_iter().map(number).collect();
        self.next_id = id;
        let count = lines.len();
        self.change(after, 0, lines);
        count
    }

    /// Takes the lines from `first` to `last` out.
    pub fn remove(&mut self, first: usize, last: usize) {
        if first <= last {
            self.change(first - 1, last + 1 - first, Vec::new());
        }
    }

    /// Puts another text in the place of a line, which keeps its marks.
    pub fn replace(&mut self, number: usize, text: Text) {
        let Some(line) = number.checked_sub(1).and_then(|index| self.lines.get(index)) else {
            self.insert(number, [text]);
            return;
        };
        if line.text != text {
            let line = Line { text, id: line.id };
            let watched = self.watched.contains(&line.id).then_some(line.id);
            self.change(number - 1, 1, alloc::vec![line]);
            self.watched.extend(watched);
        }
    }

    /// Moves lines behind line `after`, which is not one of them. They keep their marks.
    pub fn shift(&mut self, first: usize, last: usize, after: usize) {
        let count = last + 1 - first;
        let lines: Vec<Line> =
            (first..=last).filter_map(|number| self.lines.get(number - 1).cloned()).collect();
        let watched: Vec<u64> =
            lines.iter().map(|line| line.id).filter(|id| self.watched.contains(id)).collect();
        self.change(first - 1, count, Vec::new());
        self.change(if after >= last { after - count } else { after }, 0, lines);
        self.watched.extend(watched);
    }

    /// Ends a step, if anything was changed since the last one; `place` is where the person was before it.
    pub fn commit(&mut self, place: Place) -> bool {
        let before = core::mem::replace(&mut self.before, self.version);
        let edits = core::mem::take(&mut self.step);
        if edits.is_empty() {
            return false;
        }
        self.undone.clear();
        if self.done.len() == STEPS {
            self.done.pop_front();
        }
        self.done.push_back(Step { edits, version: before, place });
        true
    }

    /// Goes back one step; `place` is where the person is now.
    pub fn undo(&mut self, place: Place) -> Option<Moved> {
        self.commit(place);
        let step = self.done.pop_back()?;
        let (back, moved) = self.cross(step, place);
        self.undone.push(back);
        Some(moved)
    }

    /// Makes a step again that was undone.
    pub fn redo(&mut self, place: Place) -> Option<Moved> {
        let step = self.undone.pop()?;
        let (back, moved) = self.cross(step, place);
        self.done.push_back(back);
        Some(moved)
    }

    /// Forgets all steps.
    pub fn forget_steps(&mut self) {
        self.step.clear();
        self.done.clear();
        self.undone.clear();
        self.before = self.version;
    }

    fn cross(&mut self, step: Step, place: Place) -> (Step, Moved) {
        let mut first = usize::MAX;
        let mut edits = Vec::with_capacity(step.edits.len());
        for edit in step.edits.into_iter().rev() {
            first = first.min(edit.at + 1);
            edits.push(self.splice(edit.at, edit.inserted, edit.removed));
        }
        let version = core::mem::replace(&mut self.version, step.version);
        self.before = self.version;
        let first = first.min(self.len()).max(1);
        (Step { edits, version, place }, Moved { place: step.place, first })
    }

    /// Whether the text is another than that of the file.
    pub fn is_modified(&self) -> bool {
        self.version != self.saved
    }

    /// The file has this text now.
    pub fn is_saved(&mut self) {
        self.saved = self.version;
    }

    /// Marks a place.
    pub fn mark(&mut self, name: u8, number: usize, column: usize) {
        if let Some(line) = number.checked_sub(1).and_then(|index| self.lines.get(index)) {
            self.marks.insert(name, (line.id, column));
        }
    }

    /// The line of a mark, and the place in it.
    pub fn marked(&self, name: u8) -> Option<(usize, usize)> {
        let (id, column) = *self.marks.get(&name)?;
        Some((self.find(id, 1)?, column))
    }

    /// Begins to watch these lines, for a global command; their names in order.
    pub fn watch(&mut self, numbers: &[usize]) -> Vec<u64> {
        let ids = numbers.iter().filter_map(|number| Some(self.lines.get(number.checked_sub(1)?)?.id));
        let ids: Vec<u64> = ids.collect();
        self.watched = ids.iter().copied().collect();
        ids
    }

    /// Where a watched line is now, unless it was deleted. It is no longer watched then. `near` is where it may be.
    pub fn visit(&mut self, id: u64, near: usize) -> Option<usize> {
        if !self.watched.remove(&id) {
            return None;
        }
        self.find(id, near)
    }

    /// Looks for a line from `near` on in both directions.
    fn find(&self, id: u64, near: usize) -> Option<usize> {
        let near = near.clamp(1, self.len().max(1)) - 1;
        let is = |index: usize| self.lines.get(index).is_some_and(|line| line.id == id);
        (0..self.len()).find_map(|distance| {
            let behind = near + distance;
            let before = near.checked_sub(distance);
            if is(behind) {
                Some(behind + 1)
            } else {
                before.filter(|&index| is(index)).map(|index| index + 1)
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn texts(buffer: &Buffer) -> Vec<Vec<u8>> {
        (1..=buffer.len()).map(|number| buffer.line(number).to_vec()).collect()
    }

    fn text(word: &[u8]) -> Text {
        Arc::from(word)
    }

    proptest! {
        /// Whatever is done is undone step by step through the same texts, and made again.
        #[test]
        fn undo_goes_back_the_same_way(changes in proptest::collection::vec((0..5u8, any::<u16>(), any::<u16>(), any::<u16>()), 1..60)) {
            let mut buffer = Buffer::new();
            buffer.insert(0, (0..10u8).map(|number| text(&[number])));
            buffer.forget_steps();
            buffer.is_saved();
            let mut states = alloc::vec![texts(&buffer)];
            for (what, a, b, c) in changes {
                let len = buffer.len();
                let pick = |value: u16| usize::from(value) % len.max(1) + 1;
                let (first, last) = (pick(a).min(pick(b)), pick(a).max(pick(b)));
                match what {
                    _ if len == 0 => { buffer.insert(0, [text(b"new")]); }
                    0 => { buffer.insert(usize::from(a) % (len + 1), [text(b"x"), text(b"y")]); }
                    1 => buffer.remove(first, last),
                    2 => { buffer.replace(first, text(&c.to_be_bytes())); buffer.replace(first, text(b"typed")); }
                    3 => {
                        let to = usize::from(c) % (len + 1);
                        if to < first || to > last { buffer.shift(first, last, to); }
                    }
                    _ => { buffer.remove(first, first); buffer.replace(last.min(len - 1), text(b"z")); }
                }
                if buffer.commit((first, 0)) {
                    states.push(texts(&buffer));
                }
            }
            for state in states.iter().rev().skip(1) {
                prop_assert!(buffer.undo((1, 0)).is_some());
                prop_assert_eq!(&texts(&buffer), state);
            }
            prop_assert!(buffer.undo((1, 0)).is_none());
            prop_assert!(!buffer.is_modified());
            for state in states.iter().skip(1) {
                prop_assert!(buffer.redo((1, 0)).is_some());
                prop_assert_eq!(&texts(&buffer), state);
            }
            prop_assert!(buffer.redo((1, 0)).is_none());
        }
    }

    #[test]
    fn marks_stay_with_their_lines() {
        let mut buffer = Buffer::new();
        buffer.insert(0, ["a", "b", "c"].map(|word| text(word.as_bytes())));
        buffer.mark(b'x', 2, 7);
        buffer.insert(0, [text(b"new")]);
        assert_eq!(buffer.marked(b'x'), Some((3, 7)));
        buffer.shift(3, 3, 0);
        buffer.replace(1, text(b"changed"));
        assert_eq!(buffer.marked(b'x'), Some((1, 7)));
        buffer.remove(1, 1);
        assert_eq!(buffer.marked(b'x'), None);
        buffer.undo((1, 0));
        assert_eq!(buffer.marked(b'x').map(|(_, column)| column), None, "all was one step");
    }
}
