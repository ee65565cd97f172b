//! The fake's terminal: scripted keys in, captured bytes out, and the little of a line discipline that
//! the shell depends on (lines and `^D` when canonical, signals from `^C`, `^\` and `^Z`; no echo).

use alloc::{collections::VecDeque, string::String, sync::Arc, vec::Vec};
use core::task::{Context, Poll, Waker};
use spin::Mutex;

use crate::env::{Attributes, File, FileType, Job, Metadata, Modes, Result, Signal, Terminal, WindowSize};

const EOF: u8 = 4;

struct State {
    input: VecDeque<u8>,
    script: VecDeque<Vec<u8>>,
    hung_up: bool,
    output: Vec<u8>,
    written: u64,
    /// How much had been written when each piece of the script was typed.
    pieces: Vec<usize>,
    attributes: Attributes,
    size: WindowSize,
    foreground: Option<Arc<dyn Job>>,
    waiting: Vec<Waker>,
}

impl State {
    fn wait(&mut self, cx: &Context<'_>) {
        if !self.waiting.iter().any(|waker| waker.will_wake(cx.waker())) {
            self.waiting.push(cx.waker().clone());
        }
    }
}

/// A terminal that a test types at. It starts cooked, with 24 lines of 80 columns.
pub struct FakeTerminal {
    state: Mutex<State>,
}

impl Default for FakeTerminal {
    fn default() -> Self {
        Self {
            state: Mutex::new(State {
                input: VecDeque::new(),
                script: VecDeque::new(),
                hung_up: false,
                output: Vec::new(),
                written: 0,
                pieces: Vec::new(),
                attributes: Attributes::SANE,
                size: WindowSize { rows: 24, cols: 80 },
                foreground: None,
                waiting: Vec::new(),
            }),
        }
    }
}

impl FakeTerminal {
    /// Types now. With `ISIG` set, `^C`, `^\` and `^Z` signal the foreground job.
    pub fn press(&self, keys: impl AsRef<[u8]>) {
        for &key in keys.as_ref() {
            let signal = match key {
                3 => Some(Signal::Int),
                0x1c => Some(Signal::Quit),
                0x1a => Some(Signal::Tstp),
                _ => None,
            };
            let (job, waiting) = {
                let mut state = self.state.lock();
                match signal.filter(|_| state.attributes.modes.contains(Modes::ISIG)) {
                    Some(signal) => {
                        state.input.clear();
                        (state.foreground.clone().map(|job| (job, signal)), Vec::new())
                    }
                    None => {
                        state.input.push_back(key);
                        (None, core::mem::take(&mut state.waiting))
                    }
                }
            };
            waiting.into_iter().for_each(Waker::wake);
            if let Some((job, signal)) = job {
                job.signal(signal);
            }
        }
    }

    /// Types once everybody waits, like a person who looks at the screen first (or after a long while,
    /// when somebody never waits). Called several times, each piece waits for its own turn.
    pub fn type_when_idle(&self, keys: impl AsRef<[u8]>) {
        self.state.lock().script.push_back(keys.as_ref().to_vec());
    }

    /// Types the next piece of the script; whether there was one.
    pub(super) fn play(&self) -> bool {
        let piece = {
            let mut state = self.state.lock();
            let written = state.output.len();
            let piece = state.script.pop_front();
            if piece.is_some() {
                state.pieces.push(written);
            }
            piece
        };
        piece.inspect(|piece| self.press(piece)).is_some()
    }

    /// From now on reading gives end of file, once all that was typed has been read.
    pub fn hang_up(&self) {
        let waiting = {
            let mut state = self.state.lock();
            state.hung_up = true;
            core::mem::take(&mut state.waiting)
        };
        waiting.into_iter().for_each(Waker::wake);
    }

    /// Everything written since the last call.
    pub fn take_output(&self) -> String {
        String::from_utf8_lossy(&self.take_output_by_piece().concat()).into_owned()
    }

    /// Everything written, cut where the pieces of the script were typed: what was on the screen before the first
    /// piece, what each one added, and so on.
    pub fn take_output_by_piece(&self) -> Vec<Vec<u8>> {
        let mut state = self.state.lock();
        let (output, cuts) = (core::mem::take(&mut state.output), core::mem::take(&mut state.pieces));
        let ends = cuts.iter().copied().chain([output.len()]);
        let starts = [0].into_iter().chain(cuts.iter().copied());
        starts.zip(ends).map(|(start, end)| output[start..end].to_vec()).collect()
    }

    /// Changes the window size.
    pub fn resize(&self, rows: u16, cols: u16) {
        self.set_size(WindowSize { rows, cols });
    }

    /// Whether a job is in the foreground.
    pub fn has_foreground(&self) -> bool {
        self.state.lock().foreground.is_some()
    }
}

impl File for FakeTerminal {
    fn poll_read(&self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<Result<usize>> {
        let mut state = self.state.lock();
        let available = if state.attributes.modes.contains(Modes::ICANON) {
            match state.input.iter().position(|&b| b == b'\n' || b == EOF) {
                Some(at) if state.input[at] == EOF && at <= buf.len() => {
                    buf.iter_mut().zip(state.input.drain(..at)).for_each(|(to, from)| *to = from);
                    state.input.pop_front();
                    return Poll::Ready(Ok(at));
                }
                Some(at) => at + 1,
                None if state.hung_up => state.input.len(),
                None => 0,
            }
        } else {
            state.input.len()
        };
        if available == 0 && !state.hung_up && !buf.is_empty() {
            state.wait(cx);
            return Poll::Pending;
        }
        let n = available.min(buf.len());
        buf.iter_mut().zip(state.input.drain(..n)).for_each(|(to, from)| *to = from);
        Poll::Ready(Ok(n))
    }

    fn poll_write(&self, _: &mut Context<'_>, buf: &[u8]) -> Poll<Result<usize>> {
        let mut state = self.state.lock();
        state.output.extend_from_slice(buf);
        state.written += buf.len() as u64;
        Poll::Ready(Ok(buf.len()))
    }

    fn metadata(&self) -> Result<Metadata> {
        Ok(Metadata { inode: 5, ..Metadata::new(FileType::CharDevice, 0o620) })
    }

    fn terminal(&self) -> Option<&dyn Terminal> {
        Some(self)
    }
}

impl Terminal for FakeTerminal {
    fn attributes(&self) -> Attributes {
        self.state.lock().attributes
    }

    fn set_attributes(&self, attributes: Attributes) {
        self.state.lock().attributes = attributes;
    }

    fn size(&self) -> WindowSize {
        self.state.lock().size
    }

    fn written(&self) -> u64 {
        self.state.lock().written
    }

    fn set_size(&self, size: WindowSize) {
        let (job, waiting) = {
            let mut state = self.state.lock();
            if core::mem::replace(&mut state.size, size) == size {
                return;
            }
            (state.foreground.clone(), core::mem::take(&mut state.waiting))
        };
        waiting.into_iter().for_each(Waker::wake);
        if let Some(job) = job {
            job.signal(Signal::Winch);
        }
    }

    fn poll_resized(&self, cx: &mut Context<'_>, last: WindowSize) -> Poll<WindowSize> {
        let mut state = self.state.lock();
        if state.size != last {
            return Poll::Ready(state.size);
        }
        state.wait(cx);
        Poll::Pending
    }

    fn set_foreground(&self, job: Option<Arc<dyn Job>>) {
        let old = core::mem::replace(&mut self.state.lock().foreground, job);
        drop(old); // outside the lock: dropping a job may drop futures
    }

    fn signal_foreground(&self, signal: Signal) {
        let job = self.state.lock().foreground.clone();
        if let Some(job) = job {
            job.signal(signal);
        }
    }
}
