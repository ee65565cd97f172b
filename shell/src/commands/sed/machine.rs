//! Running a `sed` script over its input.

use alloc::{format, vec::Vec};
use bstr::{BStr, ByteSlice};
use core::ops::{ControlFlow, Range as Part};

use super::{
    super::support::{
        replacement::{self, Matches},
        script_text::character_length,
        unambiguous::unambiguous,
    },
    files::{Edited, Readers, Sink, copy},
    input::{Input, Line},
    script::{Action, Address, Pattern, Range, Script, Substitute},
};
use crate::{
    env::OpenFlags,
    io::{self, Ended},
    process::Process,
};

/// How the options say that it is to run.
pub(super) struct Settings<'p> {
    pub print: bool,
    pub separate: bool,
    /// Edit in place, and the suffix for what was there.
    pub in_place: Option<&'p BStr>,
    pub unbuffered: bool,
    pub end: u8,
    pub width: usize,
}

/// What is written when a cycle ends.
enum Queued {
    Text(usize),
    File(usize),
    Line(Vec<u8>),
}

/// How a cycle ended.
enum Cycle {
    /// At the end of the script: the line is printed.
    End,
    /// By `d` and the like: it is not.
    Deleted,
    /// By `D`: the next cycle begins with what is left.
    Again,
    /// By `n` or `N` without a next line: it is printed, and that was all.
    Over,
    Quit { status: u8, print: bool },
}

pub(super) struct Machine<'p> {
    p: &'p Process,
    script: Script,
    settings: Settings<'p>,
    input: Input<'p>,
    stdout: Sink<'p>,
    writes: Vec<Option<Sink<'p>>>,
    readers: Readers<'p>,
    edited: Option<Edited<'p>>,
    line: Vec<u8>,
    ended: bool,
    hold: Vec<u8>,
    /// Whether the line held ended with a newline.
    hold_ended: bool,
    number: u64,
    substituted: bool,
    last_used: Option<usize>,
    queue: Vec<Queued>,
    groups: Vec<Option<Part<usize>>>,
    /// Commands since others were let run.
    steps: u32,
}

impl<'p> Machine<'p> {
    /// Opens the files that the script writes to.
    pub async fn new(
        p: &'p Process,
        script: Script,
        settings: Settings<'p>,
        names: Vec<&'p BStr>,
    ) -> Result<Self, Ended> {
        let mut writes = Vec::new();
        for name in &script.writes {
            writes.push(match name.as_slice() {
                b"/dev/stdout" => None,
                _ => Some(Sink::create(p, name.as_bstr(), OpenFlags::TRUNC, settings.end).await?),
            });
        }
        Ok(Self {
            p,
            input: Input::new(p, names, settings.end, settings.separate),
            stdout: Sink::stdout(p, settings.end, settings.unbuffered),
            readers: Readers::new(p),
            script,
            settings,
            writes,
            edited: None,
            line: Vec::new(),
            ended: true,
            hold: Vec::new(),
            hold_ended: true,
            number: 0,
            substituted: false,
            last_used: None,
            queue: Vec::new(),
            groups: Vec::new(),
            steps: 0,
        })
    }

    /// Runs until the input ends or the script says so; the exit status.
    pub async fn run(mut self) -> Result<u8, Ended> {
        let result = self.cycles().await;
        // What was printed stays printed, however it ended.
        self.stdout.flush().await?;
        for sink in self.writes.iter_mut().flatten() {
            sink.flush().await?;
        }
        let status = result?;
        Ok(if status == 0 { self.input.status } else { status })
    }

    async fn cycles(&mut self) -> Result<u8, Ended> {
        let mut status = 0;
        let mut more = self.read().await?;
        while more {
            let cycle = self.commands().await?;
            let print = matches!(cycle, Cycle::End | Cycle::Over | Cycle::Quit { print: true, .. });
            if print && self.settings.print {
                self.print_line().await?;
            }
            if matches!(cycle, Cycle::Quit { print: false, .. }) {
                self.queue.clear(); // `Q` leaves without a word
            }
            self.end_of_cycle().await?;
            match cycle {
                Cycle::Quit { status: code, print } => {
                    status = code;
                    if print {
                        self.sink().finish_line();
                    }
                    self.copy_rest().await?;
                    break;
                }
                Cycle::Again => {}
                Cycle::Over => break,
                Cycle::End | Cycle::Deleted => more = self.read().await?,
            }
        }
        self.finish_edit().await?;
        Ok(status)
    }

    /// Reads the next line into the pattern space; false at the end.
    async fn read(&mut self) -> Result<bool, Ended> {
        let Some((line, first)) = self.input.next().await else { return Ok(false) };
        self.take(line, first).await?;
        Ok(true)
    }

    async fn take(&mut self, line: Line, first: bool) -> Result<(), Ended> {
        if first && self.settings.separate {
            self.finish_edit().await?;
            self.number = 0;
            self.script.commands.iter_mut().for_each(|command| command.range = Range::Before);
            if self.settings.in_place.is_some() && self.input.name() != "-" {
                self.edited = Some(Edited::begin(self.p, self.input.name(), self.settings.end).await?);
            }
        }
        self.number += 1;
        self.substituted = false;
        self.line = line.text;
        self.ended = line.ended;
        Ok(())
    }

    async fn finish_edit(&mut self) -> Result<(), Ended> {
        match (self.edited.take(), self.settings.in_place) {
            (Some(mut edited), Some(suffix)) => edited.finish(suffix).await,
            _ => Ok(()),
        }
    }

    /// After `q`, a file that is edited in place keeps its other lines.
    async fn copy_rest(&mut self) -> Result<(), Ended> {
        while self.edited.is_some() && !self.input.is_at_end().await {
            let Some((line, _)) = self.input.next().await else { break };
            self.sink().line(&line.text, line.ended).await?;
        }
        Ok(())
    }

    fn sink(&mut self) -> &mut Sink<'p> {
        match self.edited.as_mut().and_then(Edited::sink) {
            Some(sink) => sink,
            None => &mut self.stdout,
        }
    }

    async fn print_line(&mut self) -> Result<(), Ended> {
        let line = core::mem::take(&mut self.line);
        let ended = self.ended;
        let result = self.sink().line(&line, ended).await;
        self.line = line;
        result
    }

    async fn print_text(&mut self, text: &[u8]) -> Result<(), Ended> {
        self.sink().text(text).await
    }

    async fn write(&mut self, index: usize, text: &[u8], ended: bool) -> Result<(), Ended> {
        match &mut self.writes[index] {
            Some(sink) => sink.line(text, ended).await,
            None => self.stdout.line(text, ended).await,
        }
    }

    async fn end_of_cycle(&mut self) -> Result<(), Ended> {
        for queued in core::mem::take(&mut self.queue) {
            match queued {
                Queued::Text(command) => {
                    if let Action::Append(text) = &self.script.commands[command].action {
                        let text = text.clone();
                        self.print_text(&text).await?;
                    }
                }
                Queued::Line(line) => self.sink().line(&line, true).await?,
                Queued::File(command) => {
                    // The script may have written what it reads now.
                    for sink in self.writes.iter_mut().flatten() {
                        sink.flush().await?;
                    }
                    if let Action::ReadFile(name) = &self.script.commands[command].action {
                        let (p, name) = (self.p, name.clone());
                        copy(p, name.as_bstr(), self.sink()).await?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Lets others run now and then: a script may go round without reading.
    async fn step(&mut self) {
        self.steps += 1;
        if self.steps == 512 {
            self.steps = 0;
            self.p.sys.yield_now().await;
        }
    }

    async fn commands(&mut self) -> Result<Cycle, Ended> {
        let mut at = 0;
        while at < self.script.commands.len() {
            self.step().await;
            let here = at;
            at += 1;
            if !self.is_selected(here).await? {
                if let Action::Block(end) = self.script.commands[here].action {
                    at = end + 1;
                }
                continue;
            }
            match self.action(here, &mut at).await? {
                ControlFlow::Continue(()) => {}
                ControlFlow::Break(cycle) => return Ok(cycle),
            }
        }
        Ok(Cycle::End)
    }

    async fn action(&mut self, here: usize, at: &mut usize) -> Result<ControlFlow<Cycle>, Ended> {
        let first_line = |line: &[u8]| line.find_byte(b'\n').unwrap_or(line.len());
        match &self.script.commands[here].action {
            Action::Block(_) | Action::Nothing => {}
            Action::LineNumber => {
                let text = format!("{}\n", self.number);
                self.print_text(text.as_bytes()).await?;
            }
            Action::Append(_) => self.queue.push(Queued::Text(here)),
            Action::ReadFile(_) => self.queue.push(Queued::File(here)),
            Action::ReadLine(name) => {
                if let Some(line) = self.readers.line(name.as_bstr(), self.settings.end).await {
                    self.queue.push(Queued::Line(line));
                }
            }
            Action::Insert(text) => {
                let text = text.clone();
                self.print_text(&text).await?;
            }
            Action::Change(text) => {
                let command = &self.script.commands[here];
                // In a range, once at its end.
                if command.negated || command.last.is_none() || !matches!(command.range, Range::Within(_)) {
                    let text = text.clone();
                    self.print_text(&text).await?;
                }
                return Ok(ControlFlow::Break(Cycle::Deleted));
            }
            Action::Branch(to) => *at = *to,
            Action::BranchIfDone(to) => {
                if core::mem::take(&mut self.substituted) {
                    *at = *to;
                }
            }
            Action::BranchUnlessDone(to) => {
                if !core::mem::take(&mut self.substituted) {
                    *at = *to;
                }
            }
            Action::Delete => return Ok(ControlFlow::Break(Cycle::Deleted)),
            Action::DeleteFirstLine => {
                return Ok(ControlFlow::Break(match self.line.find_byte(b'\n') {
                    Some(newline) => {
                        self.line.drain(..=newline);
                        Cycle::Again
                    }
                    None => Cycle::Deleted,
                }));
            }
            Action::PrintFileName => {
                let text = format!("{}\n", self.input.name());
                self.print_text(text.as_bytes()).await?;
            }
            Action::Get => {
                self.line.clone_from(&self.hold);
                self.ended = self.hold_ended;
            }
            Action::GetAppend => {
                self.line.push(b'\n');
                self.line.extend_from_slice(&self.hold);
                self.ended = self.hold_ended;
            }
            Action::Hold => {
                self.hold.clone_from(&self.line);
                self.hold_ended = self.ended;
            }
            Action::HoldAppend => {
                self.hold.push(b'\n');
                self.hold.extend_from_slice(&self.line);
                self.hold_ended = self.ended;
            }
            Action::Exchange => {
                core::mem::swap(&mut self.hold, &mut self.line);
                core::mem::swap(&mut self.hold_ended, &mut self.ended);
            }
            Action::List(width) => {
                let text = unambiguous(&self.line, width.unwrap_or(self.settings.width), false);
                self.print_text(&text).await?;
            }
            Action::Next => {
                if self.input.is_over().await {
                    return Ok(ControlFlow::Break(Cycle::Over));
                }
                if self.settings.print {
                    self.print_line().await?;
                }
                self.end_of_cycle().await?;
                if !self.read().await? {
                    return Ok(ControlFlow::Break(Cycle::Deleted));
                }
            }
            Action::NextAppend => {
                if self.input.is_over().await {
                    return Ok(ControlFlow::Break(Cycle::Over));
                }
                self.end_of_cycle().await?;
                let mut line = core::mem::take(&mut self.line);
                let more = self.read().await?;
                line.push(b'\n');
                line.append(&mut self.line);
                self.line = line;
                if !more {
                    return Ok(ControlFlow::Break(Cycle::Over));
                }
            }
            Action::Print => self.print_line().await?,
            Action::PrintFirstLine => {
                let text = self.line[..first_line(&self.line)].to_vec();
                let ended = self.ended || text.len() < self.line.len();
                self.sink().line(&text, ended).await?;
            }
            Action::Quit { status, print } => {
                return Ok(ControlFlow::Break(Cycle::Quit { status: *status, print: *print }));
            }
            Action::Substitute(_) => self.substitute(here).await?,
            Action::Write(index) => {
                let (index, line) = (*index, core::mem::take(&mut self.line));
                let result = self.write(index, &line, self.ended).await;
                self.line = line;
                result?;
            }
            Action::WriteFirstLine(index) => {
                let (index, text) = (*index, self.line[..first_line(&self.line)].to_vec());
                let ended = self.ended || text.len() < self.line.len();
                self.write(index, &text, ended).await?;
            }
            Action::Translate(pairs) => {
                let mut out = Vec::with_capacity(self.line.len());
                let mut rest = self.line.as_slice();
                while !rest.is_empty() {
                    let (character, after) = rest.split_at(character_length(rest));
                    let found = pairs.iter().find(|(from, _)| from == character);
                    out.extend_from_slice(found.map_or(character, |(_, to)| to.as_slice()));
                    rest = after;
                }
                self.line = out;
            }
            Action::Zap => self.line.clear(),
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Whether the current line is one of a command's.
    async fn is_selected(&mut self, here: usize) -> Result<bool, Ended> {
        let command = &self.script.commands[here];
        let (first, last, negated, range) = (command.first, command.last, command.negated, command.range);
        let Some(first) = first else { return Ok(!negated) };
        let Some(last) = last else { return Ok(self.matches(first).await? != negated) };
        let (range, selected) = self.range(first, last, range).await?;
        self.script.commands[here].range = range;
        Ok(selected != negated)
    }

    /// The next state of a range, and whether the line is in it.
    async fn range(&mut self, first: Address, last: Address, range: Range) -> Result<(Range, bool), Ended> {
        if let Range::Within(end) = range {
            return Ok(match (end, last) {
                // Past a line number the range is over; past `+N` and `~N` one more line counts, as GNU's has it.
                (Some(end), Address::Plus(_) | Address::Multiple(_)) if self.number >= end => (done(first), true),
                (Some(end), _) if self.number >= end => (done(first), self.number == end),
                (Some(_), _) => (range, true),
                (None, last) => {
                    (if self.matches(last).await? { done(first) } else { range }, true)
                }
            });
        }
        let begins = match first {
            // `0,/RE/`: as if it had begun before the first line.
            Address::Line(0) => range == Range::Before,
            // The line itself may have been read by `N` in between.
            Address::Line(line) => range == Range::Before && self.number >= line,
            _ => self.matches(first).await?,
        };
        if !begins {
            return Ok((range, false));
        }
        let end = match last {
            Address::Line(line) => Some(line),
            Address::Plus(count) => Some(self.number.saturating_add(count)),
            Address::Multiple(0) => Some(self.number),
            Address::Multiple(step) => Some((self.number / step).saturating_add(1).saturating_mul(step)),
            Address::Last if self.input.is_at_end().await => Some(self.number),
            Address::Regex(_) if first == Address::Line(0) => {
                return Ok((if self.matches(last).await? { Range::Done } else { Range::Within(None) }, true));
            }
            Address::Last | Address::Step(..) | Address::Regex(_) => None,
        };
        Ok(match end {
            Some(end) if end < self.number => {
                (done(first), !matches!(first, Address::Line(line) if line != self.number))
            }
            Some(end) if end == self.number => (done(first), true),
            end => (Range::Within(end), true),
        })
    }

    async fn matches(&mut self, address: Address) -> Result<bool, Ended> {
        Ok(match address {
            Address::Line(line) => self.number == line,
            Address::Step(first, 0) => self.number == first,
            Address::Step(first, step) => self.number >= first && (self.number - first).is_multiple_of(step),
            Address::Last => self.input.is_at_end().await,
            Address::Regex(pattern) => {
                let index = self.pattern(pattern).await?;
                let found = self.script.regexes[index].is_match(&self.line);
                self.or_give_up(found).await?
            }
            Address::Plus(_) | Address::Multiple(_) => false,
        })
    }

    async fn pattern(&mut self, pattern: Pattern) -> Result<usize, Ended> {
        let index = match pattern {
            Pattern::Own(index) => Some(index),
            Pattern::LastUsed => self.last_used,
        };
        let Some(index) = index else {
            io::complain(self.p, "no previous regular expression".into()).await;
            return Err(Ended(1));
        };
        self.last_used = Some(index);
        Ok(index)
    }

    async fn or_give_up<T>(&self, found: Result<T, &'static str>) -> Result<T, Ended> {
        match found {
            Ok(found) => Ok(found),
            Err(message) => {
                io::complain(self.p, format!("line {}: {message}", self.number)).await;
                Err(Ended(4))
            }
        }
    }

    async fn substitute(&mut self, here: usize) -> Result<(), Ended> {
        let Action::Substitute(Substitute { pattern, .. }) = &self.script.commands[here].action else {
            return Ok(());
        };
        let index = self.pattern(*pattern).await?;
        let mut groups = core::mem::take(&mut self.groups);
        let result = self.replace(here, index, &mut groups).await;
        self.groups = groups;
        if !self.or_give_up(result).await? {
            return Ok(());
        }
        self.substituted = true;
        let Action::Substitute(Substitute { print, write, .. }) = &self.script.commands[here].action else {
            return Ok(());
        };
        let (print, write) = (*print, *write);
        if print {
            self.print_line().await?;
        }
        if let Some(index) = write {
            let line = core::mem::take(&mut self.line);
            let result = self.write(index, &line, self.ended).await;
            self.line = line;
            result?;
        }
        Ok(())
    }

    /// Puts the replacement in; whether there was something to replace.
    async fn replace(
        &mut self,
        here: usize,
        index: usize,
        groups: &mut Vec<Option<Part<usize>>>,
    ) -> Result<bool, &'static str> {
        let mut out = Vec::new();
        let (mut copied, mut count, mut matches) = (0, 0, Matches::default());
        loop {
            let Self { script, line, .. } = &mut *self;
            let Action::Substitute(substitute) = &script.commands[here].action else { break };
            let Some(found) = matches.next(&mut script.regexes[index], line, groups)? else { break };
            count += 1;
            if count >= substitute.number {
                out.extend_from_slice(&line[copied..found.start]);
                replacement::append(&substitute.replacement, line, groups, &mut out);
                copied = found.end;
                if !substitute.global {
                    break;
                }
            }
            self.step().await;
        }
        let done = {
            let Action::Substitute(substitute) = &self.script.commands[here].action else { return Ok(false) };
            count >= substitute.number
        };
        if done {
            out.extend_from_slice(&self.line[copied..]);
            self.line = out;
        }
        Ok(done)
    }
}

/// The state of a range that ended.
fn done(first: Address) -> Range {
    if matches!(first, Address::Line(_)) { Range::Done } else { Range::Before }
}
