//! `csplit`: a file in pieces, parted where lines say. Memory is that of a line, and of as many lines as an offset goes
//! back.

use alloc::{collections::VecDeque, format, string::String, vec::Vec};
use bstr::{BStr, BString, ByteSlice};

use super::support::{
    numbers,
    posix_regex::Syntax,
    regex::{Extent, Regex, Style},
};
use crate::{
    env::OpenFlags,
    io::{self, CHUNK, Ended, Lines, Opened, Outcome, Output},
    process::Process,
};

command!(
    "csplit",
    "csplit [-ksz] [-f PREFIX] [-n DIGITS] FILE PLACE...",
    "Writes FILE in pieces xx00, xx01... up to each PLACE, and prints how many bytes they have: a line number, /PATTERN/[OFFSET], %PATTERN%[OFFSET], which leaves the piece out, and {TIMES} or {*} to repeat; -k keeps pieces after a mistake, -z leaves empty ones out, -s prints nothing."
);

/// Where a piece ends.
enum Place {
    Line(u64),
    /// Before the line with a match that comes so many lines before or after the end.
    Match { regex: Regex, offset: i64, keeps: bool },
}

struct Target<'a> {
    word: &'a BStr,
    place: Place,
    /// How often it is done again; `None` as often as it can be.
    repeats: Option<u64>,
}

struct Splitter<'p> {
    p: &'p Process,
    name: &'p BStr,
    lines: Lines,
    /// Lines that were read and are in no piece yet.
    ahead: VecDeque<Vec<u8>>,
    /// How many lines are behind.
    passed: u64,
    prefix: &'p BStr,
    digits: usize,
    elide: bool,
    current: Option<(BString, Opened)>,
    gathered: Vec<u8>,
    size: u64,
    made: Vec<BString>,
    out: Output<'p>,
    silent: bool,
}

impl Splitter<'_> {
    /// The line so many lines ahead; `None` behind the end.
    async fn line(&mut self, ahead: usize) -> Result<Option<&[u8]>, Ended> {
        while self.ahead.len() <= ahead {
            match self.lines.next_line().await {
                Ok(Some(line)) => self.ahead.push_back(line.to_vec()),
                Ok(None) => return Ok(None),
                Err(error) => {
                    io::complain_about(self.p, self.name, error).await;
                    return Err(Ended(1));
                }
            }
        }
        Ok(self.ahead.get(ahead).map(Vec::as_slice))
    }

    /// Moves a line into the piece, or drops it.
    async fn pass(&mut self, keeps: bool) -> Result<(), Ended> {
        let Some(line) = self.ahead.pop_front() else { return Ok(()) };
        self.passed += 1;
        if keeps {
            self.gathered.extend_from_slice(&line);
            self.size += line.len() as u64;
            if self.gathered.len() >= CHUNK {
                self.flush().await?;
            }
        }
        Ok(())
    }

    async fn flush(&mut self) -> Result<(), Ended> {
        if self.current.is_none() {
            let name: BString = format!("{}{:02$}", self.prefix, self.made.len(), self.digits).into();
            let flags = OpenFlags::WRITE | OpenFlags::CREATE | OpenFlags::TRUNC;
            match io::open(self.p, name.as_bstr(), flags).await {
                Ok(file) => {
                    self.made.push(name.clone());
                    self.current = Some((name, file));
                }
                Err(error) => {
                    io::complain_about(self.p, &name, error).await;
                    return Err(Ended(1));
                }
            }
        }
        let Some((name, file)) = &self.current else { return Ok(()) };
        if let Err(error) = file.write_all(&self.gathered).await {
            io::complain_about(self.p, name, error).await;
            return Err(Ended(1));
        }
        self.gathered.clear();
        Ok(())
    }

    /// Ends the piece.
    async fn end(&mut self) -> Result<(), Ended> {
        if self.size == 0 && self.elide {
            return Ok(());
        }
        self.flush().await?;
        self.current = None;
        if !self.silent {
            self.out.write(format!("{}\n", self.size).as_bytes()).await?;
        }
        self.size = 0;
        Ok(())
    }

    /// Goes to a place; false if it is not there.
    async fn to(&mut self, place: &mut Place, again: u64) -> Result<bool, Ended> {
        match place {
            Place::Line(number) => {
                // Again is that many lines further.
                let target = number.saturating_mul(again + 1) - 1;
                if target < self.passed {
                    return Ok(false);
                }
                while self.passed < target {
                    if self.line(0).await?.is_none() {
                        return Ok(false);
                    }
                    self.pass(true).await?;
                }
                let there = self.line(0).await?.is_some();
                if there {
                    self.end().await?;
                }
                Ok(there)
            }
            Place::Match { regex, offset, keeps } => {
                let back = usize::try_from(offset.saturating_neg()).unwrap_or(0);
                // A line where a piece begins does not end it.
                let mut at = usize::from(self.passed > 0 && *keeps || again > 0);
                loop {
                    let Some(line) = self.line(at).await? else {
                        while !self.ahead.is_empty() {
                            self.pass(*keeps).await?;
                        }
                        return Ok(false);
                    };
                    let found = regex.is_match(line.strip_suffix(b"\n").unwrap_or(line));
                    match found {
                        Ok(true) => break,
                        Ok(false) => at += 1,
                        Err(message) => {
                            io::complain(self.p, message.into()).await;
                            return Err(Ended(1));
                        }
                    }
                    // What no offset reaches back to is done with.
                    while at > back {
                        self.pass(*keeps).await?;
                        at -= 1;
                    }
                }
                let Some(target) = (at as i64).checked_add(*offset).and_then(|target| usize::try_from(target).ok()) else {
                    return Ok(false);
                };
                for _ in 0..target {
                    if self.line(0).await?.is_none() {
                        return Ok(false);
                    }
                    self.pass(*keeps).await?;
                }
                if *keeps {
                    self.end().await?;
                }
                Ok(true)
            }
        }
    }
}

async fn run(p: Process) -> Outcome {
    let long = [
        ("prefix", 'f'),
        ("digits", 'n'),
        ("keep-files", 'k'),
        ("quiet", 's'),
        ("silent", 's'),
        ("elide-empty-files", 'z'),
    ];
    let options = io::options(&p, &COMMAND, "f:n:ksqz", &long).await?;
    let Some((name, words)) = options.operands.split_first().filter(|(_, words)| !words.is_empty()) else {
        return Err(io::usage(&p, &COMMAND, "a file and places in it are needed").await);
    };
    let digits = match options.value('n').map(|text| numbers::parse(text)) {
        None => 2,
        Some(Some(digits @ 1..=20)) => digits,
        Some(_) => return Err(io::usage(&p, &COMMAND, "the number of digits is from 1 to 20").await),
    };
    let mut targets = match targets(words) {
        Ok(targets) => targets,
        Err(message) => return Err(io::usage(&p, &COMMAND, &message).await),
    };
    let file = io::open_input(&p, name).await.ok_or(Ended(1))?;
    let mut splitter = Splitter {
        p: &p,
        name,
        lines: Lines::new(&file),
        ahead: VecDeque::new(),
        passed: 0,
        prefix: options.value('f').unwrap_or(BStr::new("xx")),
        digits,
        elide: options.has('z'),
        current: None,
        gathered: Vec::new(),
        size: 0,
        made: Vec::new(),
        out: Output::new(&p),
        silent: options.last_of("sq").is_some(),
    };
    let done = split(&mut splitter, &mut targets).await;
    let finished = splitter.out.finish(0).await;
    if done.is_err() && !options.has('k') {
        for name in &splitter.made {
            let _ = p.sys.unlink(p.absolute(name.as_bstr()).as_bstr()).await; // the mistake has been told
        }
    }
    done.and(finished)
}

async fn split(splitter: &mut Splitter<'_>, targets: &mut [Target<'_>]) -> Result<(), Ended> {
    for target in targets {
        let mut again = 0;
        loop {
            if !splitter.to(&mut target.place, again).await? {
                if target.repeats.is_none() && again > 0 {
                    break;
                }
                splitter.end().await?;
                splitter.out.flush().await?;
                io::complain(splitter.p, format!("'{}': there is no such place", target.word)).await;
                return Err(Ended(1));
            }
            again += 1;
            if target.repeats.is_some_and(|repeats| again > repeats) {
                break;
            }
        }
    }
    while splitter.line(0).await?.is_some() {
        splitter.pass(true).await?;
    }
    splitter.end().await
}

fn targets<'a>(words: &[&'a BStr]) -> Result<Vec<Target<'a>>, String> {
    let mut targets: Vec<Target<'a>> = Vec::new();
    for &word in words {
        let bad = || format!("invalid place '{word}'");
        if let Some(count) = word.strip_prefix(b"{").and_then(|rest| rest.strip_suffix(b"}")) {
            let last = targets.last_mut().ok_or_else(bad)?;
            last.repeats = match count {
                b"*" => None,
                count => Some(numbers::parse(count).ok_or_else(bad)?),
            };
            continue;
        }
        let place = match word.first() {
            Some(mark @ (b'/' | b'%')) => {
                let end = word.rfind_byte(*mark).filter(|end| *end > 0).ok_or_else(bad)?;
                let offset = match &word.as_bytes()[end + 1..] {
                    b"" => 0,
                    offset => numbers::parse(offset.strip_prefix(b"+").unwrap_or(offset)).ok_or_else(bad)?,
                };
                let pattern = word[1..end].replace([b'\\', *mark], [*mark]);
                let style =
                    Style { syntax: Syntax::Basic, ignore_case: false, multi_line: false, extent: Extent::Part };
                Place::Match { regex: Regex::new(&[pattern], style)?, offset, keeps: *mark == b'/' }
            }
            _ => Place::Line(numbers::parse(word).filter(|number| *number > 0).ok_or_else(bad)?),
        };
        targets.push(Target { word, place, repeats: Some(0) });
    }
    Ok(targets)
}
