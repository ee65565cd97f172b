//! Pipelines that run, in the foreground and in the background.

use alloc::{string::String, sync::Arc, vec::Vec};
use bstr::{BStr, BString, ByteSlice};

use futures_util::FutureExt;

use crate::env::{Exit, Job, Pid, Signal};

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
    waited_for: bool,
}

impl Running {
    pub fn new(job: Arc<dyn Job>, background: bool) -> Self {
        Self { job, pid: 0, names: Vec::new(), text: BString::default(), background, waited_for: true }
    }

    /// A background job that somebody waits for again.
    pub fn resumed(entry: Entry) -> Self {
        let Entry { job, pid, names, text, .. } = entry;
        Self { job, pid, names, text, background: false, waited_for: true }
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
}

impl Entry {
    /// What it does now, as `jobs` says it.
    pub fn state(&self) -> String {
        match self.job.try_wait() {
            Some(exits) => ending(&exits),
            None if self.job.wait_stopped().now_or_never().is_some() => "Stopped".into(),
            None => "Running".into(),
        }
    }
}

/// The background jobs, by number.
#[derive(Clone, Default)]
pub(crate) struct Jobs {
    entries: Vec<Entry>,
}

impl Jobs {
    /// Adds a job and gives it a number.
    pub fn add(&mut self, pid: Pid, job: Arc<dyn Job>, names: Vec<BString>, text: &BStr) -> usize {
        let number = self.entries.last().map_or(1, |last| last.number + 1);
        self.entries.push(Entry { number, pid, job, names, text: text.into() });
        number
    }

    pub fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter()
    }

    pub fn remove(&mut self, number: usize) {
        self.entries.retain(|entry| entry.number != number);
    }

    /// Takes out the jobs that have ended.
    pub fn take_ended(&mut self) -> Vec<(Entry, Vec<Exit>)> {
        let mut ended = Vec::new();
        self.entries.retain(|entry| match entry.job.try_wait() {
            Some(exits) => {
                ended.push((entry.clone(), exits));
                false
            }
            None => true,
        });
        ended
    }

    /// The job that `%n`, `%%`, `%+`, `%-`, `%text` or `%?text` means; no text means the last one.
    pub fn find(&self, spec: &BStr) -> Option<&Entry> {
        match spec.strip_prefix(b"%").unwrap_or(spec) {
            b"" | b"%" | b"+" => self.entries.last(),
            b"-" => self.entries.iter().rev().nth(1).or(self.entries.last()),
            text if text.iter().all(u8::is_ascii_digit) => {
                let number: usize = text.to_str().ok()?.parse().ok()?;
                self.entries.iter().find(|entry| entry.number == number)
            }
            [b'?', text @ ..] => self.entries.iter().rev().find(|entry| entry.text.contains_str(text)),
            text => self.entries.iter().rev().find(|entry| entry.text.starts_with(text)),
        }
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
        Some(Exit::Signaled(signal)) => signal_text(*signal).into(),
        Some(Exit::Panicked(_)) => "Panicked".into(),
    }
}

/// What a person is told when a signal ended something.
pub(crate) fn signal_text(signal: Signal) -> &'static str {
    match signal {
        Signal::Hup => "Hangup",
        Signal::Int => "Interrupt",
        Signal::Quit => "Quit",
        Signal::Abrt => "Aborted",
        Signal::Kill => "Killed",
        Signal::Pipe => "Broken pipe",
        Signal::Term => "Terminated",
        Signal::Cont => "Continued",
        Signal::Stop | Signal::Tstp => "Stopped",
    }
}
