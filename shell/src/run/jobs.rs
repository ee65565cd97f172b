//! Pipelines that run, in the foreground and in the background.

use alloc::{string::String, sync::Arc, vec::Vec};
use bstr::{BStr, BString, ByteSlice};

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

/// About how many jobs [`Jobs::take_news`] tells.
const NEWS_AT_ONCE: usize = 256;

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
            None if self.job.is_stopped() => State::Stopped,
            None => State::Running,
        }
    }

    /// A line about it: `[1]+ Running      sleep 100`.
    pub fn line(&self, state: &State, marks: Marks, long: bool) -> Vec<u8> {
        let mark = match Some(self.number) {
            number if number == marks.current => '+',
            number if number == marks.previous => '-',
            _ => ' ',
        };
        let pid = if long { alloc::format!("{} ", self.pid) } else { String::new() };
        alloc::format!("[{}]{mark} {pid}{:<12} {}\n", self.number, state.text(), self.text).into_bytes()
    }
}

/// The numbers of the jobs that `%+` and `%-` mean.
#[derive(Clone, Copy)]
pub(crate) struct Marks {
    current: Option<usize>,
    previous: Option<usize>,
}

/// The background jobs, by number. Copies share the list until one of them changes it.
#[derive(Clone, Default)]
pub(crate) struct Jobs {
    entries: Arc<Vec<Entry>>,
    events: u64,
}

impl Jobs {
    fn entries_mut(&mut self) -> &mut Vec<Entry> {
        Arc::make_mut(&mut self.entries)
    }

    /// Makes room for one more, or `ENOMEM`.
    pub fn make_room(&mut self) -> env::Result<()> {
        self.entries_mut().try_reserve(1).map_err(|_| Errno::ENOMEM)
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
        let (text, touched) = (text.into(), self.events);
        let entry = Entry { number, pid, job, names, text, touched, told_stopped: false };
        self.entries_mut().insert(place, entry);
        number
    }

    pub fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter()
    }

    /// The one with the lowest number above this.
    pub fn after(&self, number: usize) -> Option<&Entry> {
        self.entries.get(self.entries.partition_point(|entry| entry.number <= number))
    }

    pub fn remove(&mut self, number: usize) {
        self.entries_mut().retain(|entry| entry.number != number);
    }

    /// The person has been told what this job does now.
    pub fn told(&mut self, number: usize, state: &State) {
        match state {
            State::Ended(_) => self.remove(number),
            state => {
                let stopped = matches!(state, State::Stopped);
                let differs = |entry: &Entry| entry.number == number && entry.told_stopped != stopped;
                if let Some(at) = self.entries.iter().position(differs) {
                    self.entries_mut()[at].told_stopped = stopped;
                }
            }
        }
    }

    /// `bg` lets it go on.
    pub fn continued(&mut self, number: usize) {
        self.events += 1;
        let touched = self.events;
        if let Some(entry) = self.entries_mut().iter_mut().find(|entry| entry.number == number) {
            (entry.touched, entry.told_stopped) = (touched, false);
        }
    }

    /// What the person has not been told yet: the lines of jobs that have ended or were stopped, and of those
    /// that have ended the names and ends of their stages. A few at a time: thousands may have ended at once, and there may
    /// be little memory to say it.
    pub fn take_news(&mut self) -> Vec<(Vec<u8>, Vec<BString>, Vec<Exit>)> {
        let (mut news, mut ended, mut stopped) = (Vec::new(), Vec::new(), Vec::new());
        let marks = self.marks();
        for entry in self.entries.iter() {
            if news.len() == NEWS_AT_ONCE {
                break;
            }
            match entry.state() {
                State::Ended(exits) => {
                    let state = State::Ended(exits.clone());
                    news.push((entry.line(&state, marks, false), entry.names.clone(), exits));
                    ended.push(entry.number);
                }
                State::Stopped if !entry.told_stopped => {
                    news.push((entry.line(&State::Stopped, marks, false), Vec::new(), Vec::new()));
                    stopped.push(entry.number);
                }
                _ => {}
            }
        }
        if !ended.is_empty() {
            let entries = self.entries_mut();
            entries.retain(|entry| ended.binary_search(&entry.number).is_err());
            // Thousands may have been there, and hardly any are left.
            if entries.capacity() / 4 > entries.len() {
                entries.shrink_to(2 * entries.len());
            }
        }
        for at in 0..self.entries.len() {
            let entry = &self.entries[at];
            let told = match entry.told_stopped {
                true => matches!(entry.state(), State::Stopped),
                false => stopped.binary_search(&entry.number).is_ok(),
            };
            if entry.told_stopped != told {
                self.entries_mut()[at].told_stopped = told;
            }
        }
        news
    }

    /// The current job and the one before it: stopped ones first, then the latest (XCU jobs).
    pub fn marks(&self) -> Marks {
        let mut best: [Option<(bool, u64, usize)>; 2] = [None, None];
        for entry in self.entries.iter() {
            let this = Some((matches!(entry.state(), State::Stopped), entry.touched, entry.number));
            if this > best[0] {
                best = [this, best[0]];
            } else if this > best[1] {
                best[1] = this;
            }
        }
        let [current, previous] = best.map(|job| job.map(|(.., number)| number));
        Marks { current, previous }
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
            b"" | b"%" | b"+" => numbered(self.marks().current),
            b"-" => {
                let Marks { current, previous } = self.marks();
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
