//! The whole screen for one command: `less`, `top`, `watch`.
//!
//! While a [`FullScreen`] lives, the terminal gives every key at once and without echo, and (unless the command does
//! not want it) shows its alternate screen. However the command ends, dropping it gives everything back: a signal
//! ends a command by dropping its future, so nothing else could. `^C` and `^Z` come as keys here: the command decides
//! what they interrupt, and [`FullScreen::suspend`] stops the job with the screen given back for as long as that lasts.
//!
//! It does not know what is on the screen but for the rows that it was told to show. When somebody else has written to the
//! terminal, as a job in the background may, the next time all rows are drawn anew.

mod frame;
mod input;
pub(crate) mod row;
use alloc::{boxed::Box, collections::VecDeque, format, sync::Arc, vec::Vec};
use bstr::BStr;
use core::{
    future::poll_fn,
    pin::pin,
    task::{Context, Poll, Waker},
    time::Duration,
};
use futures_util::future::{Either, select};

use crate::{
    edit::keys::{Decoder, Key},
    env::{Modes, OpenFlags, Result, Signal, Stage, System, WindowSize},
    errno::Errno,
    fd::{Fd, FdTable},
    io,
    process::Process,
    terminal,
};
use frame::Frame;
pub(crate) use input::{Input, Typed, text_of};

/// Enters the alternate screen (xterm; where there is none it is ignored), and clears it.
const ENTER: &[u8] = b"\x1b[?1049h\x1b[H\x1b[2J";

/// How long after Escape the rest of what a key sends may take; after that it was the key of that name.
const ESCAPE: Duration = Duration::from_millis(50);

/// No person looks at more.
const MOST: u16 = 500;

/// The screen, and the keys. See the module's text.
pub(crate) struct FullScreen {
    sys: Arc<dyn System>,
    terminal: Terminal,
    decoder: Decoder,
    keys: VecDeque<Key>,
    /// Escape is a key, given as `^[`.
    escapes: bool,
    /// The modes to go back to.
    before: Modes,
    alternate: bool,
    /// The window when it was looked at last.
    window: WindowSize,
    frame: Frame,
    /// What the terminal says was written to it, when nobody but us has since the frame was shown.
    written: u64,
}

/// What a person does.
pub(crate) enum Event {
    Key(Key),
    /// The window has another size.
    Resized,
}

/// The terminal: a standard stream, or `/dev/tty` opened for this.
enum Terminal {
    Stream(Fd),
    Opened(io::Opened),
}

impl core::ops::Deref for Terminal {
    type Target = Fd;

    fn deref(&self) -> &Fd {
        match self {
            Terminal::Stream(fd) => fd,
            Terminal::Opened(opened) => opened,
        }
    }
}

/// Rows and columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Size {
    pub rows: usize,
    pub cols: usize,
}

impl FullScreen {
    /// Takes the terminal that the command is at: keys come from it even where standard input is a pipe. `ENOTTY`
    /// where there is none. With `alternate` what was on the screen comes back at the end.
    pub async fn open(p: &Process, alternate: bool) -> Result<FullScreen> {
        let terminal = find_terminal(p).await?;
        let (before, window) = terminal_of(&terminal, |it| (it.modes(), it.size()))?;
        let sys = p.sys.clone();
        let (decoder, keys, frame) = (Decoder::default(), VecDeque::new(), Frame::default());
        let escapes = false;
        let mut screen = FullScreen {
            sys,
            terminal,
            decoder,
            keys,
            escapes,
            before,
            alternate,
            window,
            frame,
            written: 0,
        };
        screen.enter().await?;
        Ok(screen)
    }

    /// The size of the window.
    pub fn size(&self) -> Size {
        size_of(&self.terminal)
    }

    /// Takes these keys before those that are typed.
    pub fn type_ahead(&mut self, keys: &[u8]) {
        for &byte in keys {
            self.decoder.feed(byte, |key| self.keys.push_back(key));
        }
    }

    /// From now on Escape is a key of its own, unless what a key sends follows it at once.
    pub fn expect_escape(&mut self) {
        self.escapes = true;
    }

    /// The next key stands for itself.
    pub fn expect_literal(&mut self) {
        self.decoder.expect_literal();
    }

    /// What happens next; `None` when the terminal is gone. May be dropped while it waits: nothing is lost.
    pub async fn event(&mut self) -> Option<Event> {
        loop {
            let escaped = self.escapes && self.decoder.is_after_escape();
            let limit = escaped.then(|| self.sys.sleep(ESCAPE));
            // A byte that begins a sequence comes back here: the rest of it has a time limit.
            let next = poll_fn(|cx| match self.poll_event(cx) {
                Poll::Pending if !escaped && self.escapes && self.decoder.is_after_escape() => {
                    Poll::Ready(None)
                }
                polled => polled.map(Some),
            });
            let Some(limit) = limit else {
                match next.await {
                    Some(event) => return event,
                    None => continue,
                }
            };
            if let Either::Left((Some(event), _)) = select(pin!(next), limit).await {
                return event;
            }
            self.decoder.escape_was_key();
            return Some(Event::Key(Key::Control(b'[')));
        }
    }

    fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<Option<Event>> {
        match self.poll_key(cx) {
            Poll::Ready(key) => Poll::Ready(key.map(Event::Key)),
            Poll::Pending => self.poll_resized(cx).map(|()| Some(Event::Resized)),
        }
    }

    fn poll_resized(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Ok(file) = self.terminal.file() else { return Poll::Pending };
        match file.terminal() {
            Some(terminal) => terminal.poll_resized(cx, self.window).map(|window| self.window = window),
            None => Poll::Pending,
        }
    }

    fn poll_key(&mut self, cx: &mut Context<'_>) -> Poll<Option<Key>> {
        loop {
            if let Some(key) = self.keys.pop_front() {
                return Poll::Ready(Some(key));
            }
            // One byte at a time: what is typed ahead belongs to who reads next.
            let mut byte = [0];
            match self.terminal.poll_read(cx, &mut byte) {
                Poll::Ready(Ok(1..)) => self.decoder.feed(byte[0], |key| self.keys.push_back(key)),
                Poll::Ready(_) => return Poll::Ready(None),
                Poll::Pending => return Poll::Pending,
            }
        }
    }

    /// Shows these rows from the top and nothing below them; each must fit. The cursor goes to `cursor` (row and
    /// column from 0), or is hidden.
    pub async fn show(&mut self, rows: Vec<Vec<u8>>, cursor: Option<(usize, usize)>) -> Result<()> {
        let written = terminal_of(&self.terminal, |it| it.written())?;
        if written != self.written {
            self.forget();
        }
        let bytes = self.frame.update(rows, cursor, self.size());
        // Who writes meanwhile makes it more than that.
        self.written = written + bytes.len() as u64;
        self.terminal.write_all(&bytes).await
    }

    /// Draws everything anew the next time.
    pub fn forget(&mut self) {
        self.frame = Frame::default();
    }

    /// Stops the job as `^Z` does, with the terminal as it was before; comes back when the job is continued. Where
    /// no job is in the foreground it comes back at once.
    pub async fn suspend(&mut self) -> Result<()> {
        self.leave().await?;
        if let Some(terminal) = self.terminal.file()?.terminal() {
            terminal.signal_foreground(Signal::Tstp);
        }
        // A stopped task gets no wake, not even its own, until it is continued.
        self.sys.yield_now().await;
        self.come_back().await
    }

    /// Gives the terminal back for a while, to what runs on it.
    pub async fn leave(&mut self) -> Result<()> {
        let bytes = self.leaving();
        self.terminal.write_all(&bytes).await?;
        self.set_modes(self.before);
        Ok(())
    }

    /// Takes the terminal again.
    pub async fn come_back(&mut self) -> Result<()> {
        self.before = terminal_of(&self.terminal, |it| it.modes())?;
        self.forget();
        self.enter().await
    }

    /// Asks for a key below what is on the terminal after [`FullScreen::leave`].
    pub async fn ask(&mut self, question: &[u8]) -> Option<Event> {
        self.terminal.write_all(question).await.ok()?;
        self.set_modes(Modes::RAW);
        let event = self.event().await;
        self.set_modes(self.before);
        event
    }

    /// Gives the terminal back.
    pub async fn close(mut self) {
        let bytes = self.leaving();
        // A terminal that takes nothing any more is gone.
        let _ = self.terminal.write_all(&bytes).await;
        self.frame = Frame::default();
        self.alternate = false;
    }

    async fn enter(&mut self) -> Result<()> {
        // Not while the job is in the background.
        poll_fn(|cx| match self.terminal.file()?.terminal() {
            Some(terminal) => terminal.poll_change(cx),
            None => Poll::Ready(Err(Errno::ENOTTY)),
        })
        .await?;
        // Without ISIG: see the module's text.
        self.set_modes(Modes::RAW);
        if self.alternate {
            return self.terminal.write_all(ENTER).await;
        }
        // What is there moves up and stays readable above.
        let rows = self.size().rows;
        self.terminal.write_all(&b"\n".repeat(rows)).await
    }

    /// What leaves the screen: the cursor is shown, at the beginning of an empty last row, in case that the terminal
    /// has but one screen.
    fn leaving(&self) -> Vec<u8> {
        if !self.alternate && self.frame.is_empty() {
            return Vec::new();
        }
        let mut bytes = format!("\x1b[m\x1b[{};1H\x1b[2K\x1b[?25h", self.size().rows).into_bytes();
        if self.alternate {
            bytes.extend_from_slice(b"\x1b[?1049l");
        }
        bytes
    }

    fn set_modes(&self, modes: Modes) {
        if let Ok(file) = self.terminal.file()
            && let Some(terminal) = file.terminal()
        {
            terminal.set_modes(modes);
        }
    }
}

/// Nothing here can wait. What the terminal does not take at once is left to a task of its own.
impl Drop for FullScreen {
    fn drop(&mut self) {
        let bytes = self.leaving();
        let mut rest = bytes.as_slice();
        while !rest.is_empty() {
            match self.terminal.poll_write(&mut Context::from_waker(Waker::noop()), rest) {
                Poll::Ready(Ok(written)) => rest = &rest[written..],
                Poll::Ready(Err(_)) => break,
                Poll::Pending => {
                    self.write_later(rest.to_vec());
                    break;
                }
            }
        }
        self.set_modes(self.before);
    }
}

impl FullScreen {
    fn write_later(&self, bytes: Vec<u8>) {
        let Ok(file) = self.terminal.file() else { return };
        let fds = Arc::new(FdTable::default());
        let Ok(number) = fds.insert(file) else { return };
        let fd = Fd::new(&fds, number);
        let run = Box::pin(async move { u8::from(fd.write_all(&bytes).await.is_err()) });
        let signals = Default::default();
        let stage = Stage { name: "screen".into(), command: "leave the screen".into(), fds, signals, run };
        // Without memory for it the screen stays as it is.
        let _ = self.sys.new_job().and_then(|job| job.spawn(stage));
    }
}

/// The size of a terminal's window, never less than a row of text and one for messages.
pub(crate) fn size_of(terminal: &Fd) -> Size {
    let size = terminal.file().ok().and_then(|file| file.terminal().map(|terminal| terminal.size()));
    let of = |value: u16, default: u16| if value == 0 { default } else { value.min(MOST) };
    let (rows, cols) = size.map_or((24, 80), |size| (of(size.rows, 24), of(size.cols, 80)));
    Size { rows: usize::from(rows).max(2), cols: usize::from(cols).max(4) }
}

/// Standard input or error where it is a terminal, else the terminal of the session.
async fn find_terminal(p: &Process) -> Result<Terminal> {
    for stream in [p.stdin(), p.stderr()] {
        if stream.file().is_ok_and(|file| file.terminal().is_some()) {
            return Ok(Terminal::Stream(stream));
        }
    }
    let opened = io::open(p, BStr::new("/dev/tty"), OpenFlags::READ | OpenFlags::WRITE).await;
    let opened = opened.map_err(|_| Errno::ENOTTY)?;
    terminal_of(&opened, |_| ())?;
    Ok(Terminal::Opened(opened))
}

fn terminal_of<T>(fd: &Fd, ask: impl FnOnce(&dyn terminal::Terminal) -> T) -> Result<T> {
    fd.file()?.terminal().map(ask).ok_or(Errno::ENOTTY)
}
