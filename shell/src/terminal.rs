//! The port of a terminal: its modes, its control characters, the size of its window, and who is in the foreground.
//! Names are those of POSIX.1-2024 chapter 11; what is not there is named as on Linux.

use alloc::sync::Arc;
use bstr::BString;
use core::task::{Context, Poll};

use crate::env::{Job, Result, Signal};

/// The part of `termios` and of the foreground group that programs use.
pub trait Terminal: Send + Sync {
    /// The modes and characters (`tcgetattr`).
    fn attributes(&self) -> Attributes;

    /// Sets them at once (`tcsetattr`, `TCSANOW`). What was typed is kept.
    fn set_attributes(&self, attributes: Attributes);

    /// The current modes.
    fn modes(&self) -> Modes {
        self.attributes().modes
    }

    /// Sets the modes. Where that leaves canonical mode, reading then waits for one byte (MIN 1, TIME 0).
    fn set_modes(&self, modes: Modes) {
        let mut attributes = self.attributes();
        if attributes.modes.contains(Modes::ICANON) && !modes.contains(Modes::ICANON) {
            (attributes.characters.min, attributes.characters.time) = (1, 0);
        }
        attributes.modes = modes;
        self.set_attributes(attributes);
    }

    /// Window size in characters.
    fn size(&self) -> WindowSize;

    /// How many bytes programs have written to it so far: who shows rows of a screen sees by it that somebody else has written,
    /// too.
    fn written(&self) -> u64;

    /// Sets the size of the window; when that changes it, the foreground job gets `WINCH`.
    fn set_size(&self, size: WindowSize);

    /// Ready with the size once it is no longer `last`.
    fn poll_resized(&self, cx: &mut Context<'_>, last: WindowSize) -> Poll<WindowSize>;

    /// Makes `job` the one that INTR, QUIT and SUSP characters signal (`tcsetpgrp`); `None` for no job.
    fn set_foreground(&self, job: Option<Arc<dyn Job>>);

    /// Sends the job in the foreground a signal, as its key would: how a program that reads the keys itself
    /// stops its whole pipeline for `^Z`. Nothing happens where no job is in the foreground.
    fn signal_foreground(&self, _signal: Signal) {}

    /// Makes it the terminal that controls the session of this job, which comes to the foreground and gets `HUP` when
    /// the terminal is hung up. For [`crate::env::System::new_session`].
    fn lead(&self, leader: Arc<dyn Job>) {
        self.set_foreground(Some(leader));
    }

    /// Ready when the caller may change the terminal. A job in the background is stopped (`TTOU`) until it is
    /// brought to the foreground; an error where nobody could do that.
    fn poll_change(&self, _cx: &mut Context<'_>) -> Poll<Result<()>> {
        Poll::Ready(Ok(()))
    }

    /// The path of the device, as `tty` says it.
    fn name(&self) -> BString {
        "/dev/tty".into()
    }
}

/// The side of a pseudo terminal where the person is.
pub trait Pty: Send + Sync {
    /// The `N` of `/dev/pts/N`, which is the side for the programs (`ptsname`).
    fn number(&self) -> u32;
}

bitflags::bitflags! {
    /// Terminal modes.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Modes: u32 {
        /// Input is delivered in lines, with ERASE, KILL and EOF honoured.
        const ICANON = 1 << 0;
        /// Input is echoed.
        const ECHO = 1 << 1;
        /// ERASE takes the character off the screen.
        const ECHOE = 1 << 2;
        /// KILL begins a new line on the screen, unless `ECHOKE` takes the old one away.
        const ECHOK = 1 << 3;
        /// Control characters are echoed as `^X`.
        const ECHOCTL = 1 << 4;
        /// INTR, QUIT and SUSP characters make signals.
        const ISIG = 1 << 5;
        /// Carriage return is read as newline.
        const ICRNL = 1 << 6;
        /// Output is processed.
        const OPOST = 1 << 7;
        /// Newline is written as carriage return, newline.
        const ONLCR = 1 << 8;
        /// START and STOP characters release and hold output.
        const IXON = 1 << 9;
        /// Extended input characters (WERASE, REPRINT, LNEXT) are honoured.
        const IEXTEN = 1 << 10;
        /// Input is UTF-8: erase takes a whole character.
        const IUTF8 = 1 << 11;
        /// Newline is echoed even without `ECHO`.
        const ECHONL = 1 << 12;
        /// KILL takes the line off the screen.
        const ECHOKE = 1 << 13;
        /// Signals of keys leave what is queued alone.
        const NOFLSH = 1 << 14;
        /// Background jobs that write are stopped.
        const TOSTOP = 1 << 15;
        /// Any character releases output.
        const IXANY = 1 << 16;
        /// STOP and START are sent when the queue of input is nearly full, and when it has room again.
        const IXOFF = 1 << 17;
        /// Newline is read as carriage return.
        const INLCR = 1 << 18;
        /// Carriage return is left out.
        const IGNCR = 1 << 19;
        /// Carriage return is written as newline.
        const OCRNL = 1 << 20;
    }
}

impl Modes {
    /// How a terminal starts: canonical, with echo and signals.
    pub const COOKED: Modes = Modes::ICANON
        .union(Modes::ECHO)
        .union(Modes::ECHOE)
        .union(Modes::ECHOK)
        .union(Modes::ECHOKE)
        .union(Modes::ECHOCTL)
        .union(Modes::ISIG)
        .union(Modes::ICRNL)
        .union(Modes::OPOST)
        .union(Modes::ONLCR)
        .union(Modes::IXON)
        .union(Modes::IEXTEN)
        .union(Modes::IUTF8);
    /// Every byte at once, no echo, no signals; output still processed.
    pub const RAW: Modes = Modes::OPOST.union(Modes::ONLCR).union(Modes::IUTF8);
    /// What a line editor sets. Return is a newline, so that lines typed ahead are lines for a command, too.
    pub const EDITING: Modes = Modes::RAW.union(Modes::ICRNL);
}

/// The characters with a meaning; `None` for one that is switched off (`_POSIX_VDISABLE`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Characters {
    /// Makes `INT`.
    pub intr: Option<u8>,
    /// Makes `QUIT`.
    pub quit: Option<u8>,
    /// Takes one character off the line.
    pub erase: Option<u8>,
    /// Takes the line away.
    pub kill: Option<u8>,
    /// Ends the line without a newline; on an empty line the end of the file.
    pub eof: Option<u8>,
    /// Ends a line, beside newline.
    pub eol: Option<u8>,
    /// Releases output.
    pub start: Option<u8>,
    /// Holds output.
    pub stop: Option<u8>,
    /// Makes `TSTP`.
    pub susp: Option<u8>,
    /// Shows the line again.
    pub reprint: Option<u8>,
    /// Takes one word off the line.
    pub werase: Option<u8>,
    /// Takes the meaning from the next character.
    pub lnext: Option<u8>,
    /// Without canonical mode: how many bytes a read waits for.
    pub min: u8,
    /// Without canonical mode: how long it waits, in tenths of a second.
    pub time: u8,
}

impl Characters {
    /// Those that people know.
    pub const USUAL: Characters = Characters {
        intr: Some(0x03),
        quit: Some(0x1c),
        erase: Some(0x7f),
        kill: Some(0x15),
        eof: Some(0x04),
        eol: None,
        start: Some(0x11),
        stop: Some(0x13),
        susp: Some(0x1a),
        reprint: Some(0x12),
        werase: Some(0x17),
        lnext: Some(0x16),
        min: 1,
        time: 0,
    };

    /// The characters by the names that `stty` has for them.
    pub fn named(&mut self) -> [(&'static str, &mut Option<u8>); 12] {
        [
            ("intr", &mut self.intr),
            ("quit", &mut self.quit),
            ("erase", &mut self.erase),
            ("kill", &mut self.kill),
            ("eof", &mut self.eof),
            ("eol", &mut self.eol),
            ("start", &mut self.start),
            ("stop", &mut self.stop),
            ("susp", &mut self.susp),
            ("rprnt", &mut self.reprint),
            ("werase", &mut self.werase),
            ("lnext", &mut self.lnext),
        ]
    }
}

/// All that `stty` sets, but for the size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attributes {
    /// The modes.
    pub modes: Modes,
    /// The characters.
    pub characters: Characters,
}

impl Attributes {
    /// How a terminal starts.
    pub const SANE: Attributes = Attributes { modes: Modes::COOKED, characters: Characters::USUAL };

    /// The same characters with other modes, and reads that wait for one byte: what a line editor sets. What stops
    /// jobs in the background stays.
    pub fn with_modes(mut self, modes: Modes) -> Self {
        let modes = modes.union(self.modes.intersection(Modes::TOSTOP));
        (self.modes, self.characters.min, self.characters.time) = (modes, 1, 0);
        self
    }
}

/// Window size in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WindowSize {
    /// Lines.
    pub rows: u16,
    /// Columns.
    pub cols: u16,
}
