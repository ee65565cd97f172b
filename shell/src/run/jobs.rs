//! Pipelines that run, in the foreground and in the background.

use alloc::{string::String, sync::Arc, vec::Vec};
use bstr::{BStr, BString, ByteSlice};

use futures_util::FutureExt;

use crate::{
    env::{self, Exit, Job, Pid, Signal},
    errno::Errno,
};

/// A pipeline that was started and that somebody waits for. Dropping it before its end interrupts it:
/// when a shell is ended, what it waits for ends with it.
pub(crate) struct Running {
    job: Arc<dyn Job>,
    pub pid: Pid,
    /// The stages, for messages.
    pub names: Vec<BString>,
    /// What was typed.
    pub text: BString,
    /// Whether it starts in the background.
    pub background: bool,
    /// The `n` of `%n` that it had among the background jobs.
    pub number: Option<usize>,
    waited_for: bool,
}

impl Running {
    pub fn new(job: Arc<dyn Job>, background: bool) -> Self {
        let (names, text) = (Vec::new(), BString::default());
        Self { job, pid: 0, names, text, background, number: None, waited_for: true }
    }

    /// A background job that somebody waits for again.
    pub fn resumed(entry: Entry) -> Self {
        let Entry { job, pid, names, text, number, .. } = entry;
        Self { job, pid, names, text, background: false, number: Some(number), waited_for: true }
    }

    pub fn job(&self) -> &Arc<dyn Job> {
        &self.job
    }

    pub fn signal(&self, signal: Signal) {
        self.job.signal(signal);
    }

    /// Lets it outlive this handle.
    pub fn detach(mut self) -> (Arc<dyn Job>, Vec<BString>) {
        self.waited_for = false;
        (self.job.clone(), core::mem::take(&mut self.names))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.waited_for && self.job.try_wait().is_none() {
            self.job.signal(Signal::Int);
        }
    }
}

/// A job in the shell's table.
#[derive(Clone)]
pub(crate) struct Entry {
    /// The `n` of `%n`.
    pub number: usize,
    pub pid: Pid,
    pub job: Arc<dyn Job>,
    pub names: Vec<BString>,
    /// What was typed.
    pub text: BString,
    /// When it was started, stopped or continued last, counted in such events.
    touched: u64,
    /// The person knows that it is stopped.
    told_stopped: bool,
}

/// What a job does now.
pub(crate) enum State {
    Running,
    Stopped,
    Ended(Vec<Exit>),
}

impl State {
    /// As `jobs` and the notices say it.
    fn text(&self) -> String {
        match self {
            State::Running => "Running".into(),
            State::Stopped => "Stopped".into(),
            State::Ended(exits) => ending(exits),
        }
    }
}

impl Entry {
    pub fn state(&self) -> State {
        match self.job.try_wait() {
            Some(exits) => State::Ended(exits),
            None if self.job.wait_stopped().now_or_never().is_some() => State::Stopped,
            None => State::Running,
        }
    }
}

/// The background jobs, by number.
#[derive(Clone, Default)]
pub(crate) struct Jobs {
    entries: Vec<Entry>,
    events: u64,
}

impl Jobs {
    /// Makes room for one more, or `ENOMEM`.
    pub fn make_room(&mut self) -> env::Result<()> {
        self.entries.try_reserve(1).map_err(|_| Errno::ENOMEM)
    }

    /// Adds a job, under a number that it had before or the next.
    pub fn add(
        &mut self,
        number: Option<usize>,
        pid: Pid,
        job: Arc<dyn Job>,
        names: Vec<BString>,
        text: &BStr,
    ) -> usize {
        let next = || self.entries.last().map_or(1, |last| last.number + 1);
        let number = number.unwrap_or_else(next);
        self.events += 1;
        let place = self.entries.partition_point(|entry| entry.number < number);
        let text = text.into();
        self.entries.insert(
            place,
            Entry { number, pid, job, names, text, touched: self.events, told_stopped: false },
        );
        number
    }

    pub fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter()
    }

    pub fn remove(&mut self, number: usize) {
        self.entries.retain(|entry| entry.number != number);
    }

    /// The person has been told what this job does now.
    pub fn told(&mut self, number: usize, state: &State) {
        match state {
            State::Ended(_) => self.remove(number),
            state => {
                let stopped = matches!(state, State::Stopped);
                let entry = self.entries.iter_mut().find(|entry| entry.number == number);
                entry.into_iter().for_each(|entry| entry.told_stopped = stopped);
            }
        }
    }

    /// `bg` lets it go on.
    pub fn continued(&mut self, number: usize) {
        self.events += 1;
        if let Some(entry) = self.entries.iter_mut().find(|entry| entry.number == number) {
            (entry.touched, entry.told_stopped) = (self.events, false);
        }
    }

    /// What the person has not been told yet: the lines of jobs that have ended or were stopped, and of those
    /// that have ended the names and ends of their stages.
    pub fn take_news(&mut self) -> Vec<(Vec<u8>, Vec<BString>, Vec<Exit>)> {
        let mut news = Vec::new();
        let mut ended = Vec::new();
        for entry in &self.entries {
            match entry.state() {
                State::Ended(exits) => {
                    let state = State::Ended(exits.clone());
                    news.push((self.line(entry, &state, false), entry.names.clone(), exits));
                    ended.push(entry.number);
                }
                State::Stopped if !entry.told_stopped => {
                    news.push((self.line(entry, &State::Stopped, false), Vec::new(), Vec::new()));
                }
                _ => {}
            }
        }
        self.entries.retain(|entry| !ended.contains(&entry.number));
        for entry in &mut self.entries {
            entry.told_stopped = matches!(entry.state(), State::Stopped);
        }
        news
    }

    /// A line about a job: `[1]+ Running      sleep 100`.
    pub fn line(&self, entry: &Entry, state: &State, long: bool) -> Vec<u8> {
        let [current, previous] = self.marked();
        let mark = match Some(entry.number) {
            number if number == current => '+',
            number if number == previous => '-',
            _ => ' ',
        };
        let pid = if long { alloc::format!("{} ", entry.pid) } else { String::new() };
        alloc::format!("[{}]{mark} {pid}{:<12} {}\n", entry.number, state.text(), entry.text).into_bytes()
    }

    /// The numbers of the current job and of the one before it: stopped ones first, then the latest (XCU jobs).
    fn marked(&self) -> [Option<usize>; 2] {
        let mut best: [Option<(bool, u64, usize)>; 2] = [None, None];
        for entry in &self.entries {
            let this = Some((matches!(entry.state(), State::Stopped), entry.touched, entry.number));
            if this > best[0] {
                best = [this, best[0]];
            } else if this > best[1] {
                best[1] = this;
            }
        }
        best.map(|job| job.map(|(.., number)| number))
    }

    /// The job that `%n`, `%%`, `%+`, `%-`, `%text` or `%?text` means; no text means the current one.
    pub fn find(&self, spec: &BStr) -> Result<&Entry, &'static str> {
        let numbered = |number: Option<usize>| self.entries.iter().find(|entry| Some(entry.number) == number);
        let only = |fits: &dyn Fn(&Entry) -> bool| {
            let mut found = self.entries.iter().filter(|entry| fits(entry));
            match (found.next(), found.next()) {
                (Some(_), Some(_)) => Err("ambiguous: several jobs match"),
                (found, _) => Ok(found),
            }
        };
        let found = match spec.strip_prefix(b"%").unwrap_or(spec) {
            b"" | b"%" | b"+" => numbered(self.marked()[0]),
            b"-" => {
                let [current, previous] = self.marked();
                numbered(previous.or(current))
            }
            text if text.iter().all(u8::is_ascii_digit) => {
                numbered(text.to_str().ok().and_then(|text| text.parse().ok()))
            }
            [b'?', text @ ..] => only(&|entry| entry.text.contains_str(text))?,
            text => only(&|entry| entry.text.starts_with(text))?,
        };
        found.ok_or("no such job")
    }

    pub fn find_pid(&self, pid: Pid) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.pid == pid)
    }
}

/// How a job ended, as `jobs` and the notices say it.
pub(crate) fn ending(exits: &[Exit]) -> String {
    match exits.last() {
        None | Some(Exit::Code(0)) => "Done".into(),
        Some(Exit::Code(code)) => alloc::format!("Exit {code}"),
        Some(Exit::Signaled(signal)) => signal.text().into(),
        Some(Exit::Panicked(_)) => "Panicked".into(),
    }
}
