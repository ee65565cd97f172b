//! The expression of `find`, compiled to a flat program: no stack is needed to evaluate it.

use alloc::{format, string::String, vec, vec::Vec};
use bstr::{BStr, BString, ByteSlice};
use core::{cmp::Ordering, time::Duration};

use super::super::support::{numbers, posix_regex::Syntax};
use crate::{env::FileType, mode};

/// How deep parentheses may nest.
const MAX_DEPTH: usize = 100;

/// A number with the sign that says how to compare: `+N` is more, `-N` less.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bound {
    pub ordering: Ordering,
    pub number: u64,
}

impl Bound {
    fn parse(text: &[u8]) -> Option<Self> {
        let (ordering, digits) = match text.split_first()? {
            (b'+', rest) => (Ordering::Greater, rest),
            (b'-', rest) => (Ordering::Less, rest),
            _ => (Ordering::Equal, text),
        };
        // `parse` would take a second sign.
        let number = numbers::parse(digits).filter(|_| digits[0].is_ascii_digit())?;
        Some(Self { ordering, number })
    }

    pub fn holds(self, number: u64) -> bool {
        number.cmp(&self.number) == self.ordering
    }
}

/// Which time of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Time {
    Accessed,
    Modified,
    Changed,
}

impl Time {
    /// The letter that the names of tests begin with.
    fn of_letter(letter: u8) -> Self {
        match letter {
            b'a' => Time::Accessed,
            b'c' => Time::Changed,
            _ => Time::Modified,
        }
    }
}

/// How permissions are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Match {
    Exactly,
    All,
    Any,
}

/// A test or an action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Primary {
    Always(bool),
    Name(BString),
    /// With the pattern in lower case.
    NameFolded(BString),
    Path(BString),
    Type(Vec<FileType>),
    /// The size in units of so many bytes, rounded up.
    Size(Bound, u64),
    /// The path, or all of it in lower case.
    PathFolded(BString),
    /// A time's age in units of so many seconds, rounded down; from the end of the day with `-daystart`.
    Age(Time, Bound, u64, bool),
    /// A time that is later than this moment, as it was written.
    NewerThanDate(Time, BString),
    /// A time that is later than the last change of a file.
    NewerThanFile(Time, Time, BString),
    Newer(Time, Duration),
    Links(Bound),
    Inode(Bound),
    User(Bound),
    Group(Bound),
    /// The permissions that the file must have: all of them and no other, all of them, or any.
    Mode(Match, u16),
    /// What may be done with it: reading, writing, executing.
    Access(u16),
    /// The kind of what a link leads to.
    TypeBehind(Vec<FileType>),
    /// The kind of file system.
    FileSystem(BString),
    /// A regular expression for the whole path.
    Regex { pattern: BString, syntax: Syntax, ignore_case: bool },
    /// One of those, compiled.
    Matches(usize),
    /// Where a link leads; in lower case if `true`.
    LinkName(BString, bool),
    /// Another name of this file.
    SameFile(BString),
    IsFile(u64, u64),
    Empty,
    Prune,
    Quit,
    Print(u8),
    /// The path and what it ends with, into the file of that place in [`Expression::files`].
    PrintTo(usize, u8),
    /// A format, and a file when not to standard output.
    Format(BString, Option<usize>),
    /// As `ls -l` has it.
    List,
    Delete,
    Exec(Exec, Vec<BString>),
    /// `-exec ... {} +`: the place of its words in [`Expression::batches`].
    Batch(usize),
}

/// How a command is run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Exec {
    /// In the directory that the file is in.
    pub inside: bool,
    /// Only when who is asked says so.
    pub asks: bool,
}

/// A step of the program. There is one truth value, that of the last test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    Test(Primary),
    Not,
    JumpIf(bool, usize),
}

/// What the words say.
#[derive(Debug, Default)]
pub struct Expression {
    pub steps: Vec<Step>,
    pub batches: Vec<Vec<BString>>,
    /// The names of files to print into.
    pub files: Vec<BString>,
    pub max_depth: Option<u64>,
    pub min_depth: u64,
    /// What is in a directory comes before the directory.
    pub depth_first: bool,
    /// Directories on other file systems are not entered.
    pub one_device: bool,
    /// Links are followed wherever they are.
    pub follow: bool,
}

/// Whether a word begins the expression.
pub fn begins(word: &[u8]) -> bool {
    word.len() > 1 && word[0] == b'-' || matches!(word, b"(" | b"!")
}

/// Compiles an expression; the error is for a person.
pub fn parse(words: &[BString]) -> Result<Expression, String> {
    let mut parser = Parser {
        words,
        at: 0,
        found: Expression::default(),
        acts: false,
        syntax: Syntax::Basic,
        from_day_start: false,
    };
    if !words.is_empty() {
        parser.any(0)?;
    }
    if let Some(word) = parser.peek() {
        return Err(match word.as_bytes() {
            b")" => "there is a ')' too many".into(),
            _ => format!("unexpected '{word}'"),
        });
    }
    let steps = &mut parser.found.steps;
    if !parser.acts {
        if !steps.is_empty() {
            steps.push(Step::JumpIf(false, steps.len() + 2));
        }
        steps.push(Step::Test(Primary::Print(b'\n')));
    }
    Ok(parser.found)
}

struct Parser<'a> {
    words: &'a [BString],
    at: usize,
    found: Expression,
    /// Whether there is an action, so that `-print` is not added.
    acts: bool,
    /// How `-regex` is read from here on.
    syntax: Syntax,
    from_day_start: bool,
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<&'a BStr> {
        self.words.get(self.at).map(|word| word.as_bstr())
    }

    fn takes(&mut self, choices: &[&str]) -> bool {
        let found = self.peek().is_some_and(|word| choices.iter().any(|choice| word == *choice));
        self.at += usize::from(found);
        found
    }

    /// Lets a jump made earlier go to here.
    fn land(&mut self, jump: usize) {
        let here = self.found.steps.len();
        if let Some(Step::JumpIf(_, target)) = self.found.steps.get_mut(jump) {
            *target = here;
        }
    }

    fn jump_if(&mut self, value: bool) -> usize {
        self.found.steps.push(Step::JumpIf(value, 0));
        self.found.steps.len() - 1
    }

    /// Lists joined by commas: all are done, the last one's truth counts.
    fn any(&mut self, depth: usize) -> Result<(), String> {
        self.either(depth)?;
        while self.takes(&[","]) {
            self.either(depth)?;
        }
        Ok(())
    }

    fn either(&mut self, depth: usize) -> Result<(), String> {
        self.all(depth)?;
        while self.takes(&["-o", "-or"]) {
            let jump = self.jump_if(true);
            self.all(depth)?;
            self.land(jump);
        }
        Ok(())
    }

    fn all(&mut self, depth: usize) -> Result<(), String> {
        self.one(depth)?;
        loop {
            let joined = self.takes(&["-a", "-and"]);
            let ends = self.peek().is_none_or(|word| [")", ",", "-o", "-or"].iter().any(|end| word == end));
            if ends && !joined {
                return Ok(());
            }
            let jump = self.jump_if(false);
            self.one(depth)?;
            self.land(jump);
        }
    }

    fn one(&mut self, depth: usize) -> Result<(), String> {
        let mut negated = false;
        while self.takes(&["!", "-not"]) {
            negated = !negated;
        }
        if self.takes(&["("]) {
            if depth == MAX_DEPTH {
                return Err("the parentheses are nested too deep".into());
            }
            self.any(depth + 1)?;
            if !self.takes(&[")"]) {
                return Err("there is a ')' missing".into());
            }
        } else {
            let primary = self.primary()?;
            self.found.steps.push(Step::Test(primary));
        }
        if negated {
            self.found.steps.push(Step::Not);
        }
        Ok(())
    }

    fn value(&mut self, of: &BStr) -> Result<&'a BStr, String> {
        let value = self.peek().ok_or_else(|| format!("missing argument to '{of}'"))?;
        self.at += 1;
        Ok(value)
    }

    fn primary(&mut self) -> Result<Primary, String> {
        let Some(word) = self.peek() else { return Err("an expression is missing at the end".into()) };
        self.at += 1;
        let bad = |value: &BStr| format!("invalid argument '{value}' to '{word}'");
        self.acts |= matches!(
            word.as_bytes(),
            b"-print" | b"-print0" | b"-delete" | b"-exec" | b"-execdir" | b"-ok" | b"-okdir" | b"-printf" | b"-ls"
                | b"-fprint" | b"-fprint0" | b"-fprintf" | b"-quit"
        );
        Ok(match word.as_bytes() {
            b"-true" => Primary::Always(true),
            b"-false" => Primary::Always(false),
            b"-name" => Primary::Name(self.value(word)?.into()),
            b"-iname" => Primary::NameFolded(self.value(word)?.to_ascii_lowercase().into()),
            b"-path" | b"-wholename" => Primary::Path(self.value(word)?.into()),
            b"-ipath" | b"-iwholename" => Primary::PathFolded(self.value(word)?.to_ascii_lowercase().into()),
            b"-regex" | b"-iregex" => Primary::Regex {
                pattern: self.value(word)?.into(),
                syntax: self.syntax,
                ignore_case: word == "-iregex",
            },
            b"-regextype" => {
                let value = self.value(word)?;
                self.syntax = match value.as_bytes() {
                    b"emacs" | b"findutils-default" | b"sed" | b"grep" | b"ed" | b"posix-basic"
                    | b"posix-minimal-basic" => Syntax::Basic,
                    b"egrep" | b"awk" | b"gnu-awk" | b"posix-awk" | b"posix-egrep" | b"posix-extended" => {
                        Syntax::Extended
                    }
                    _ => return Err(bad(value)),
                };
                Primary::Always(true)
            }
            b"-type" | b"-xtype" => {
                let value = self.value(word)?;
                let kinds = types(value).ok_or_else(|| bad(value))?;
                if word == "-type" { Primary::Type(kinds) } else { Primary::TypeBehind(kinds) }
            }
            b"-readable" => Primary::Access(4),
            b"-writable" => Primary::Access(2),
            b"-executable" => Primary::Access(1),
            // There is a name for root only, and a number for everyone.
            b"-nouser" => Primary::User(Bound { ordering: Ordering::Greater, number: 0 }),
            b"-nogroup" => Primary::Group(Bound { ordering: Ordering::Greater, number: 0 }),
            b"-fstype" => Primary::FileSystem(self.value(word)?.into()),
            b"-daystart" => {
                self.from_day_start = true;
                Primary::Always(true)
            }
            b"-follow" => {
                self.found.follow = true;
                Primary::Always(true)
            }
            b"-noleaf" | b"-warn" | b"-nowarn" | b"-ignore_readdir_race" | b"-noignore_readdir_race" => {
                Primary::Always(true)
            }
            b"-size" => {
                let value = self.value(word)?;
                let (digits, unit) = unit(value);
                Primary::Size(Bound::parse(digits).ok_or_else(|| bad(value))?, unit)
            }
            b"-mtime" | b"-mmin" | b"-atime" | b"-amin" | b"-ctime" | b"-cmin" => {
                let value = self.value(word)?;
                let unit = if word.ends_with(b"time") { 86_400 } else { 60 };
                let bound = Bound::parse(value).ok_or_else(|| bad(value))?;
                Primary::Age(Time::of_letter(word[1]), bound, unit, self.from_day_start)
            }
            b"-newer" | b"-anewer" | b"-cnewer" => {
                Primary::NewerThanFile(Time::of_letter(word[1]), Time::Modified, self.value(word)?.into())
            }
            [b'-', b'n', b'e', b'w', b'e', b'r', of @ (b'a' | b'c' | b'm'), than @ (b'a' | b'c' | b'm' | b't')] => {
                let (of, value) = (Time::of_letter(*of), self.value(word)?.into());
                match than {
                    b't' => Primary::NewerThanDate(of, value),
                    than => Primary::NewerThanFile(of, Time::of_letter(*than), value),
                }
            }
            b"-links" | b"-inum" | b"-uid" | b"-gid" | b"-user" | b"-group" => {
                let value = self.value(word)?;
                let named = value == "root" && (word == "-user" || word == "-group");
                let bound = if named { Bound::parse(b"0") } else { Bound::parse(value) };
                let bound = bound.ok_or_else(|| bad(value))?;
                match word.as_bytes() {
                    b"-links" => Primary::Links(bound),
                    b"-inum" => Primary::Inode(bound),
                    b"-uid" | b"-user" => Primary::User(bound),
                    _ => Primary::Group(bound),
                }
            }
            b"-perm" => {
                let value = self.value(word)?;
                let (how, text) = match value.split_first() {
                    Some((b'-', text)) => (Match::All, text),
                    Some((b'/', text)) => (Match::Any, text),
                    _ => (Match::Exactly, value.as_bytes()),
                };
                Primary::Mode(how, mode::apply(text, 0, false, 0).ok_or_else(|| bad(value))?)
            }
            b"-lname" => Primary::LinkName(self.value(word)?.into(), false),
            b"-ilname" => Primary::LinkName(self.value(word)?.to_ascii_lowercase().into(), true),
            b"-samefile" => Primary::SameFile(self.value(word)?.into()),
            b"-xdev" | b"-mount" => {
                self.found.one_device = true;
                Primary::Always(true)
            }
            b"-empty" => Primary::Empty,
            b"-prune" => Primary::Prune,
            b"-print" => Primary::Print(b'\n'),
            b"-print0" => Primary::Print(0),
            b"-printf" => Primary::Format(self.value(word)?.into(), None),
            b"-fprint" => Primary::PrintTo(self.file(word)?, b'\n'),
            b"-fprint0" => Primary::PrintTo(self.file(word)?, 0),
            b"-fprintf" => {
                let file = self.file(word)?;
                Primary::Format(self.value(word)?.into(), Some(file))
            }
            b"-ls" => Primary::List,
            b"-quit" => Primary::Quit,
            b"-depth" | b"-d" => {
                self.found.depth_first = true;
                Primary::Always(true)
            }
            b"-delete" => {
                self.found.depth_first = true;
                Primary::Delete
            }
            b"-maxdepth" | b"-mindepth" => {
                let value = self.value(word)?;
                let depth = Some(value).filter(|value| value.iter().all(u8::is_ascii_digit));
                let depth = depth.and_then(|value| numbers::parse(value)).ok_or_else(|| bad(value))?;
                match word == "-maxdepth" {
                    true => self.found.max_depth = Some(depth),
                    false => self.found.min_depth = depth,
                }
                Primary::Always(true)
            }
            b"-exec" | b"-execdir" | b"-ok" | b"-okdir" => self.exec(word)?,
            [b'-', letter @ b'!'..=b'~'] => return Err(format!("invalid option -- '{}'", char::from(*letter))),
            b")" => return Err("an expression is missing before ')'".into()),
            [b'-', ..] => return Err(format!("unknown predicate '{word}'")),
            _ => return Err(format!("paths must come before the expression: '{word}'")),
        })
    }

    /// The place of a file to print into.
    fn file(&mut self, of: &BStr) -> Result<usize, String> {
        let name = self.value(of)?;
        let known = self.found.files.iter().position(|known| known == name);
        Ok(known.unwrap_or_else(|| {
            self.found.files.push(name.into());
            self.found.files.len() - 1
        }))
    }

    fn exec(&mut self, of: &BStr) -> Result<Primary, String> {
        let mut words: Vec<BString> = vec![];
        let how = Exec { inside: of.ends_with(b"dir"), asks: of.starts_with(b"-ok") };
        loop {
            let word = self.value(of)?;
            match word.as_bytes() {
                b";" if !words.is_empty() => return Ok(Primary::Exec(how, words)),
                // Each in its own directory is a command for each.
                b"+" if how.inside && words.last().is_some_and(|word| word == "{}") => {
                    return Ok(Primary::Exec(how, words));
                }
                b"+" if !how.asks && words.len() > 1 && words.last().is_some_and(|word| word == "{}") => {
                    words.pop();
                    self.found.batches.push(words);
                    return Ok(Primary::Batch(self.found.batches.len() - 1));
                }
                b";" => return Err(format!("missing argument to '{of}'")),
                _ => words.push(word.into()),
            }
        }
    }
}

fn types(value: &[u8]) -> Option<Vec<FileType>> {
    let letters = value.split_str(b",").map(|letter| match letter {
        b"f" => Some(FileType::Regular),
        b"d" => Some(FileType::Directory),
        b"c" => Some(FileType::CharDevice),
        b"p" => Some(FileType::Pipe),
        b"l" => Some(FileType::Symlink),
        _ => None,
    });
    letters.collect()
}

/// The number of `-size`, and its unit in bytes.
fn unit(value: &[u8]) -> (&[u8], u64) {
    let (letter, digits) = value.split_last().unwrap_or((&0, b""));
    match letter {
        b'c' => (digits, 1),
        b'w' => (digits, 2),
        b'b' => (digits, 512),
        b'k' => (digits, 1 << 10),
        b'M' => (digits, 1 << 20),
        b'G' => (digits, 1 << 30),
        _ => (value, 512),
    }
}
