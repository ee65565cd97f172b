//! Signals: their names and numbers, and what a stage does when one comes.
//!
//! A signal is sent to a stage or to a job; the system then asks the stage's [`Signals`] what becomes of it.
//! Commands leave everything at its default, which the system carries out: end the future, stop it, or nothing.
//! Only shells catch signals (`trap`): one that is caught is remembered and wakes who waits for it, and the shell
//! deals with it between two commands. Nothing here waits, allocates or takes a lock.

use alloc::sync::Arc;
use core::{
    sync::atomic::{AtomicU32, Ordering::*},
    task::{Context, Poll},
};

use bstr::ByteSlice;
use futures_util::task::AtomicWaker;

/// What a signal does to a stage that has not said otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// The stage ends: its future is dropped.
    End,
    /// The stage stops.
    Stop,
    /// A stopped stage goes on.
    Continue,
    /// Nothing.
    Nothing,
}

macro_rules! signals {
    ($($variant:ident = $number:literal, $name:literal, $action:ident, $text:literal;)*) => {
        /// A signal by its number on Linux.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Signal {
            $(#[doc = $text] $variant = $number),*
        }

        impl Signal {
            /// All of them, by number.
            pub const ALL: &'static [Signal] = &[$(Signal::$variant),*];

            /// Its name without `SIG`.
            pub fn name(self) -> &'static str {
                match self { $(Signal::$variant => $name),* }
            }

            /// What a person is told when it ended or stopped something.
            pub fn text(self) -> &'static str {
                match self { $(Signal::$variant => $text),* }
            }

            /// What it does by default.
            pub fn action(self) -> Action {
                match self { $(Signal::$variant => Action::$action),* }
            }
        }
    };
}

signals! {
    Hup = 1, "HUP", End, "Hangup";
    Int = 2, "INT", End, "Interrupt";
    Quit = 3, "QUIT", End, "Quit";
    Ill = 4, "ILL", End, "Illegal instruction";
    Trap = 5, "TRAP", End, "Trace trap";
    Abrt = 6, "ABRT", End, "Aborted";
    Bus = 7, "BUS", End, "Bus error";
    Fpe = 8, "FPE", End, "Arithmetic exception";
    Kill = 9, "KILL", End, "Killed";
    Usr1 = 10, "USR1", End, "User defined signal 1";
    Segv = 11, "SEGV", End, "Segmentation fault";
    Usr2 = 12, "USR2", End, "User defined signal 2";
    Pipe = 13, "PIPE", End, "Broken pipe";
    Alrm = 14, "ALRM", End, "Alarm clock";
    Term = 15, "TERM", End, "Terminated";
    Chld = 17, "CHLD", Nothing, "Child ended";
    Cont = 18, "CONT", Continue, "Continued";
    Stop = 19, "STOP", Stop, "Stopped (signal)";
    Tstp = 20, "TSTP", Stop, "Stopped";
    Ttin = 21, "TTIN", Stop, "Stopped (tty input)";
    Ttou = 22, "TTOU", Stop, "Stopped (tty output)";
    Urg = 23, "URG", Nothing, "Urgent data";
    Xcpu = 24, "XCPU", End, "CPU time limit exceeded";
    Xfsz = 25, "XFSZ", End, "File size limit exceeded";
    Vtalrm = 26, "VTALRM", End, "Virtual alarm clock";
    Prof = 27, "PROF", End, "Profiling alarm clock";
    Winch = 28, "WINCH", Nothing, "Window size changed";
    Io = 29, "IO", End, "I/O possible";
    Sys = 31, "SYS", End, "Bad system call";
}

impl Signal {
    /// The signal of this number.
    pub fn from_number(number: u8) -> Option<Signal> {
        Self::ALL.iter().copied().find(|signal| *signal as u8 == number)
    }

    /// The signal of this name, with or without `SIG`, in capitals or not, or of this number.
    pub fn parse(text: &[u8]) -> Option<Signal> {
        let text = text.to_str().ok()?;
        if let Ok(number) = text.parse() {
            return Self::from_number(number);
        }
        let upper = text.to_ascii_uppercase();
        let name = upper.strip_prefix("SIG").unwrap_or(&upper);
        Self::ALL.iter().copied().find(|signal| signal.name() == name)
    }

    const fn bit(self) -> u32 {
        1 << self as u8
    }
}

/// What a stage wants done with a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disposition {
    /// What [`Signal::action`] says.
    Default,
    /// Nothing. What the stage starts inherits it.
    Ignored,
    /// Remember it and wake who waits.
    Caught,
}

/// The dispositions of one stage, and what was caught. The stage and the system share it.
#[derive(Default)]
pub struct Signals {
    ignored: AtomicU32,
    caught: AtomicU32,
    pending: AtomicU32,
    waker: AtomicWaker,
}

impl Signals {
    /// Everything at its default.
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// For what the stage starts: ignored stays ignored, caught becomes the default (XCU 2.12).
    pub fn child(&self) -> Arc<Self> {
        Arc::new(Self { ignored: AtomicU32::new(self.ignored.load(Relaxed)), ..Self::default() })
    }

    /// Says what is to be done. `KILL` and `STOP` stay as they are.
    pub fn set(&self, signal: Signal, disposition: Disposition) {
        if matches!(signal, Signal::Kill | Signal::Stop) {
            return;
        }
        let put = |mask: &AtomicU32, on: bool| match on {
            true => mask.fetch_or(signal.bit(), Relaxed),
            false => mask.fetch_and(!signal.bit(), Relaxed),
        };
        put(&self.caught, disposition == Disposition::Caught);
        put(&self.ignored, disposition == Disposition::Ignored);
        if disposition != Disposition::Caught {
            self.forget(signal);
        }
    }

    /// What is to be done.
    pub fn disposition(&self, signal: Signal) -> Disposition {
        if self.caught.load(Relaxed) & signal.bit() != 0 {
            Disposition::Caught
        } else if self.ignored.load(Relaxed) & signal.bit() != 0 {
            Disposition::Ignored
        } else {
            Disposition::Default
        }
    }

    /// A signal comes: what the system has to do. A caught one is remembered here.
    #[must_use = "the system carries the action out"]
    pub fn deliver(&self, signal: Signal) -> Action {
        match self.disposition(signal) {
            Disposition::Default => signal.action(),
            Disposition::Ignored => Action::Nothing,
            Disposition::Caught => {
                // Release: partner of the Acquire in `poll_pending`.
                self.pending.fetch_or(signal.bit(), Release);
                self.waker.wake();
                Action::Nothing
            }
        }
    }

    /// Whether anything was caught and not taken yet.
    pub fn is_pending(&self) -> bool {
        self.pending.load(Relaxed) != 0
    }

    /// What was caught first by number, still to be taken; `except` is left out.
    pub fn first(&self, except: Option<Signal>) -> Option<Signal> {
        let pending = self.pending.load(Acquire) & !except.map_or(0, Signal::bit);
        // The lowest bit's place is the number.
        (pending != 0).then(|| Signal::from_number(pending.trailing_zeros() as u8)).flatten()
    }

    /// Takes what was caught.
    pub fn take(&self) -> Option<Signal> {
        let signal = self.first(None)?;
        self.forget(signal);
        Some(signal)
    }

    /// Forgets that it was caught.
    pub fn forget(&self, signal: Signal) {
        self.pending.fetch_and(!signal.bit(), AcqRel);
    }

    /// The stage has ended, so nobody waits any more: who waited last is let go, and with it what it has.
    pub fn end(&self) {
        drop(self.waker.take());
    }

    /// Ready once something was caught that is not `except`; it is still to be taken. One task waits at a time.
    pub fn poll_pending(&self, cx: &mut Context<'_>, except: Option<Signal>) -> Poll<Signal> {
        self.waker.register(cx.waker());
        // After the waker is there.
        self.first(except).map_or(Poll::Pending, Poll::Ready)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_find_each_other() {
        for &signal in Signal::ALL {
            assert_eq!(Signal::parse(signal.name().as_bytes()), Some(signal));
            assert_eq!(Signal::from_number(signal as u8), Some(signal));
        }
        assert_eq!(Signal::parse(b"sigterm"), Some(Signal::Term));
        assert_eq!(Signal::parse(b"15"), Some(Signal::Term));
        for wrong in ["", "SIG", "0", "32", "TERMINATE", "-1"] {
            assert_eq!(Signal::parse(wrong.as_bytes()), None, "{wrong:?}");
        }
    }

    #[test]
    fn a_caught_signal_waits_to_be_taken_once() {
        let signals = Signals::new();
        assert_eq!(signals.deliver(Signal::Int), Action::End);
        signals.set(Signal::Int, Disposition::Caught);
        signals.set(Signal::Usr1, Disposition::Caught);
        assert_eq!(signals.deliver(Signal::Usr1), Action::Nothing);
        assert_eq!(signals.deliver(Signal::Int), Action::Nothing);
        assert_eq!(signals.deliver(Signal::Int), Action::Nothing);
        assert_eq!(signals.first(Some(Signal::Int)), Some(Signal::Usr1));
        assert_eq!(
            (signals.take(), signals.take(), signals.take()),
            (Some(Signal::Int), Some(Signal::Usr1), None)
        );
    }

    #[test]
    fn children_inherit_what_is_ignored_and_nothing_else() {
        let signals = Signals::new();
        signals.set(Signal::Int, Disposition::Ignored);
        signals.set(Signal::Term, Disposition::Caught);
        signals.set(Signal::Kill, Disposition::Ignored);
        let child = signals.child();
        assert_eq!(child.deliver(Signal::Int), Action::Nothing);
        assert_eq!(child.deliver(Signal::Term), Action::End);
        assert_eq!(child.deliver(Signal::Kill), Action::End, "nothing shields from KILL");
        assert_eq!(child.deliver(Signal::Winch), Action::Nothing);
        assert_eq!(child.deliver(Signal::Ttin), Action::Stop);
    }
}
