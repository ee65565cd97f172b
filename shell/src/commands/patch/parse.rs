//! Reading what `diff` wrote: unified, context and normal form.

use alloc::{format, string::String, vec::Vec};
use bstr::{BStr, BString, ByteSlice};

use super::super::support::numbers;

/// What is to be done with a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Edit {
    Keep,
    Remove,
    Add,
}

/// Lines that follow each other, with what is to be done to them.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Hunk {
    /// The number of its first line before and after, from 1; of the line before it where it has none.
    pub old_start: usize,
    pub new_start: usize,
    /// Each with its newline, if it has one.
    pub lines: Vec<(Edit, BString)>,
}

/// The changes of one file.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct FilePatch {
    /// The names before, after and behind `Index:`, with all their directories.
    pub old: Option<BString>,
    pub new: Option<BString>,
    pub index: Option<BString>,
    pub hunks: Vec<Hunk>,
}

/// The lines of a patch, and where among them we are.
struct Reader<'a> {
    lines: Vec<&'a [u8]>,
    at: usize,
}

impl<'a> Reader<'a> {
    fn peek(&self) -> Option<&'a [u8]> {
        self.lines.get(self.at).copied()
    }

    fn next(&mut self) -> Option<&'a [u8]> {
        self.at += 1;
        self.lines.get(self.at - 1).copied()
    }

    fn malformed<T>(&self) -> Result<T, String> {
        Err(format!("malformed patch at line {}", self.at.min(self.lines.len())))
    }

    /// Whether the line before has no newline, which is said in a line that begins with a backslash.
    fn lacks_newline(&mut self) -> bool {
        let lacks = self.peek().is_some_and(|line| line.starts_with(b"\\"));
        self.at += usize::from(lacks);
        lacks
    }

    /// The text of a line behind its mark.
    fn text(&mut self, text: &[u8]) -> BString {
        match self.lacks_newline() {
            true => text.strip_suffix(b"\n").unwrap_or(text).into(),
            false => text.into(),
        }
    }
}

/// Takes a whole patch apart. The error says where it cannot be read.
pub(super) fn parse(text: &[u8]) -> Result<Vec<FilePatch>, String> {
    let mut reader = Reader { lines: text.lines_with_terminator().collect(), at: 0 };
    let (mut patches, mut current): (Vec<FilePatch>, _) = (Vec::new(), FilePatch::default());
    let mut finish = |current: &mut FilePatch| {
        let whole = core::mem::take(current);
        if !whole.hunks.is_empty() {
            patches.push(whole);
        }
    };
    while let Some(line) = reader.peek() {
        let next = reader.lines.get(reader.at + 1).copied().unwrap_or_default();
        if let Some(rest) = line.strip_prefix(b"Index: ") {
            finish(&mut current);
            current.index = Some(rest.trim_ascii().into());
            reader.at += 1;
        } else if line.starts_with(b"--- ") && next.starts_with(b"+++ ")
            || line.starts_with(b"*** ") && next.starts_with(b"--- ")
        {
            if !current.hunks.is_empty() {
                finish(&mut current);
            }
            (current.old, current.new) = (Some(name(&line[4..])), Some(name(&next[4..])));
            reader.at += 2;
        } else if line.starts_with(b"@@ -") {
            let hunk = unified(&mut reader)?;
            current.hunks.push(hunk);
        } else if line.starts_with(b"***************") {
            let hunk = context(&mut reader)?;
            current.hunks.push(hunk);
        } else if let Some(command) = Command::parse(line) {
            let hunk = normal(&mut reader, command)?;
            current.hunks.push(hunk);
        } else {
            // What people write around a patch.
            reader.at += 1;
        }
    }
    finish(&mut current);
    Ok(patches)
}

/// The name in a header, without the time behind it.
fn name(text: &[u8]) -> BString {
    let text = text.trim_end_with(|c| matches!(c, '\n' | '\r'));
    text[..text.find_byte(b'\t').unwrap_or(text.len())].trim_ascii().into()
}

/// `3`, or `3,5` as first and second number.
fn pair(text: &[u8]) -> Option<(usize, Option<usize>)> {
    // No file has more lines; sums of such numbers stay numbers.
    let number = |text: &[u8]| numbers::parse(text).filter(|number: &usize| *number < 1 << 40);
    match text.split_once_str(b",") {
        Some((first, second)) => Some((number(first)?, Some(number(second)?))),
        None => Some((number(text)?, None)),
    }
}

/// `@@ -old,count +new,count @@` and its lines.
fn unified(reader: &mut Reader<'_>) -> Result<Hunk, String> {
    let line = reader.next().unwrap_or_default();
    let mut words = line.fields_with(char::is_whitespace).skip(1);
    let range = |word: Option<&[u8]>, sign: &[u8]| {
        let (start, count) = pair(word?.strip_prefix(sign)?)?;
        Some((start, count.unwrap_or(1)))
    };
    let ranges = range(words.next(), b"-").zip(range(words.next(), b"+"));
    let Some(((old_start, mut old), (new_start, mut new))) = ranges else { return reader.malformed() };
    let mut lines = Vec::new();
    while old > 0 || new > 0 {
        let Some(line) = reader.next() else { return reader.malformed() };
        let (edit, text) = match line.split_first() {
            Some((b'-', text)) if old > 0 => (Edit::Remove, text),
            Some((b'+', text)) if new > 0 => (Edit::Add, text),
            Some((b' ', text)) if old > 0 && new > 0 => (Edit::Keep, text),
            // Blanks at the end of lines get lost on the way.
            Some((b'\n', _)) if old > 0 && new > 0 => (Edit::Keep, line),
            _ => return reader.malformed(),
        };
        old -= usize::from(edit != Edit::Add);
        new -= usize::from(edit != Edit::Remove);
        lines.push((edit, reader.text(text)));
    }
    reader.lacks_newline();
    Ok(Hunk { old_start, new_start, lines })
}

/// The two halves of a hunk in context form.
fn context(reader: &mut Reader<'_>) -> Result<Hunk, String> {
    reader.at += 1;
    let (old_start, old) = half(reader, b"*** ", b" ****")?;
    let (new_start, new) = half(reader, b"--- ", b" ----")?;
    let mut lines = Vec::new();
    let (mut old, mut new) = (old.into_iter().peekable(), new.into_iter().peekable());
    loop {
        while let Some((_, text)) = old.next_if(|(mark, _)| *mark != b' ') {
            lines.push((Edit::Remove, text));
        }
        while let Some((_, text)) = new.next_if(|(mark, _)| *mark != b' ') {
            lines.push((Edit::Add, text));
        }
        // A half without changes is left out; then the other has the lines around.
        match (old.next(), new.next()) {
            (Some((_, text)), _) | (None, Some((_, text))) => lines.push((Edit::Keep, text)),
            (None, None) => break,
        }
    }
    Ok(Hunk { old_start, new_start, lines })
}

/// The first line and the marked lines of a half.
type Half = (usize, Vec<(u8, BString)>);

fn half(reader: &mut Reader<'_>, before: &[u8], after: &[u8]) -> Result<Half, String> {
    let line = reader.next().unwrap_or_default();
    let numbers = line.trim_ascii_end().strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
    let Some((start, end)) = numbers.and_then(pair) else { return reader.malformed() };
    let count = match end {
        Some(end) => (end + 1).saturating_sub(start),
        None => usize::from(start > 0),
    };
    let mut lines = Vec::new();
    while lines.len() < count {
        // A half that is left out is followed by what comes next.
        let Some(line) = reader.peek() else { break };
        let (mark, text) = match line {
            [mark @ (b' ' | b'!' | b'-' | b'+'), b' ', text @ ..] => (*mark, text),
            b"\n" => (b' ', line),
            _ if lines.is_empty() => break,
            _ => return reader.malformed(),
        };
        reader.at += 1;
        lines.push((mark, reader.text(text)));
    }
    Ok((start, lines))
}

/// `3,4c5`, `3a4` or `3d2`.
#[derive(Clone, Copy)]
struct Command {
    old: (usize, usize),
    letter: u8,
    new: (usize, usize),
}

impl Command {
    fn parse(line: &[u8]) -> Option<Self> {
        let line = line.trim_end_with(|c| matches!(c, '\n' | '\r'));
        let at = line.find_byteset(b"acd")?;
        let range = |text: &[u8]| pair(text).map(|(first, last)| (first, last.unwrap_or(first)));
        let digits = |text: &[u8]| text.iter().all(|byte| byte.is_ascii_digit() || *byte == b',');
        let (old, new) = (&line[..at], &line[at + 1..]);
        let (old, new) = (digits(old) && digits(new)).then(|| range(old).zip(range(new)))??;
        (old.0 <= old.1 && new.0 <= new.1).then_some(Self { old, letter: line[at], new })
    }
}

fn normal(reader: &mut Reader<'_>, command: Command) -> Result<Hunk, String> {
    reader.at += 1;
    let mut lines = Vec::new();
    if command.letter != b'a' {
        take(reader, b"< ", Edit::Remove, command.old, &mut lines)?;
    }
    if command.letter == b'c' && reader.next().map(|line| line.trim_ascii_end()) != Some(b"---") {
        return reader.malformed();
    }
    if command.letter != b'd' {
        take(reader, b"> ", Edit::Add, command.new, &mut lines)?;
    }
    Ok(Hunk { old_start: command.old.0, new_start: command.new.0, lines })
}

fn take(
    reader: &mut Reader<'_>,
    mark: &[u8],
    edit: Edit,
    range: (usize, usize),
    lines: &mut Vec<(Edit, BString)>,
) -> Result<(), String> {
    for _ in range.0..=range.1 {
        let Some(text) = reader.next().and_then(|line| line.strip_prefix(mark)) else { return reader.malformed() };
        lines.push((edit, reader.text(text)));
    }
    Ok(())
}

impl FilePatch {
    /// The same changes the other way round.
    pub(super) fn reverse(&mut self) {
        core::mem::swap(&mut self.old, &mut self.new);
        for hunk in &mut self.hunks {
            hunk.reverse();
        }
    }
}

impl Hunk {
    pub(super) fn reverse(&mut self) {
        core::mem::swap(&mut self.old_start, &mut self.new_start);
        for (edit, _) in &mut self.lines {
            *edit = match edit {
                Edit::Keep => Edit::Keep,
                Edit::Remove => Edit::Add,
                Edit::Add => Edit::Remove,
            };
        }
    }

    /// The lines that are there before, or after.
    pub(super) fn side(&self, without: Edit) -> impl Iterator<Item = &BStr> {
        self.lines.iter().filter(move |(edit, _)| *edit != without).map(|(_, text)| text.as_bstr())
    }

    /// In unified form.
    pub(super) fn print(&self, out: &mut Vec<u8>) {
        let (old, new) = (self.side(Edit::Add).count(), self.side(Edit::Remove).count());
        let heading = format!("@@ -{},{old} +{},{new} @@\n", self.old_start, self.new_start);
        out.extend_from_slice(heading.as_bytes());
        for (edit, text) in &self.lines {
            out.push(match edit {
                Edit::Keep => b' ',
                Edit::Remove => b'-',
                Edit::Add => b'+',
            });
            out.extend_from_slice(text);
            if !text.ends_with(b"\n") {
                out.extend_from_slice(b"\n\\ No newline at end of file\n");
            }
        }
    }
}
