//! Between the terminal and the console of an interactive guest.
//!
//! ```text
//!   terminal ──▶ escape ──▶ held until the guest has shown something ──▶ console: QEMU's multiplexer ──▶ COM1
//!                      └──▶ `^A ?`                                                           └─────▶ monitor
//!   terminal ◀────────────────────────────────────────────────────────── console
//! ```
//!
//! A guest that has not set its serial port up would lose keys. One that has shows its prompt; what is typed before
//! waits here. Between two boots of a guest that starts anew it waits as well.

use std::{
    io::{self, Read, Write},
    num::NonZeroU16,
    os::unix::net::UnixStream,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
};

use crate::{
    escape::{Escape, Typed},
    frame::Size,
    line,
};

/// How much may be typed before the guest listens: what a terminal itself keeps of a line. It fits into a socket that nobody
/// reads.
const HELD: usize = 4096;

/// Carries both ways for as long as the launcher runs.
pub struct Relay {
    line: Arc<Line>,
    screen: Screen,
    size: Arc<Mutex<Size>>,
}

type Screen = Arc<Mutex<Shown>>;

/// What is written to, and what it shows.
struct Shown {
    output: Box<dyn Write + Send>,
    picture: vt100::Parser,
    /// Apart, as nobody who tells the size waits for a screen that stands still.
    size: Arc<Mutex<Size>>,
}

/// The way to the console.
#[derive(Default)]
struct Line {
    state: Mutex<State>,
    /// What was held is gone.
    taken: Condvar,
}

#[derive(Default)]
struct State {
    /// The console of the machine that runs.
    console: Option<UnixStream>,
    /// It listens.
    listens: bool,
    held: Vec<u8>,
}

impl Relay {
    /// Begins to read what is typed. `ask` is called when somebody wants to know what all CPUs and tasks do.
    pub fn start(
        mut keyboard: impl Read + Send + 'static,
        screen: impl Write + Send + 'static,
        size: Size,
        mut escape: Escape,
        ask: impl Fn() + Send + 'static,
    ) -> Relay {
        let line = Arc::new(Line::default());
        let keys = line.clone();
        thread::spawn(move || {
            let mut buffer = [0; HELD];
            // At its end, and when it cannot be read, nobody types any more; the guest goes on.
            while let Ok(n @ 1..) = keyboard.read(&mut buffer) {
                for typed in escape.take(&buffer[..n]) {
                    match typed {
                        Typed::Keys(bytes) => keys.pass(&bytes),
                        Typed::Command(bytes) => keys.pass_at_once(&bytes),
                        Typed::Ask => ask(),
                    }
                }
            }
        });
        let size = Arc::new(Mutex::new(size));
        let shown = Shown { output: Box::new(screen), picture: vt100::Parser::default(), size: size.clone() };
        Relay { line, screen: Arc::new(Mutex::new(shown)), size }
    }

    /// Takes the console of a machine that starts. `closed` is called when all that it said is shown and no more comes.
    pub fn connect(&self, console: UnixStream, closed: impl FnOnce() + Send + 'static) -> io::Result<()> {
        let mut said = console.try_clone()?;
        {
            let mut state = self.line.state();
            state.console = Some(console);
            // A command for QEMU may have come before it.
            if state.listens {
                self.line.open(&mut state);
            }
        }
        let (line, screen) = (self.line.clone(), self.screen.clone());
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            let mut is_first = true;
            while let Ok(n @ 1..) = said.read(&mut buffer) {
                if std::mem::take(&mut is_first) {
                    line.open(&mut line.state());
                }
                // A screen that is gone must not hold the guest up.
                let _ = locked(&screen).write(&buffer[..n]);
            }
            line.close();
            closed();
        });
        Ok(())
    }

    /// Shows a text on lines of its own, and below it once more the line that somebody may be typing. Does not wait for a screen
    /// that stands still.
    pub fn show(&self, text: &str) {
        let text = format!("\x1b[m\r\n{}\r\n", text.trim_end().replace('\n', "\r\n"));
        let screen = self.screen.clone();
        thread::spawn(move || {
            let mut shown = locked(&screen);
            let again = line::drawn_again(shown.picture.screen());
            // A screen that is gone shows nothing.
            let _ = shown.write((text + &again).as_bytes());
        });
    }

    /// The screen has another size.
    pub fn resize(&self, size: Size) {
        *locked(&self.size) = size;
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A thread that panicked has written all or nothing that matters.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shown {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let Size { rows, columns } = *locked(&self.size);
        if let (Some(rows), Some(columns)) = (NonZeroU16::new(rows), NonZeroU16::new(columns))
            && self.picture.screen().size() != (rows, columns)
        {
            self.picture.set_size(rows, columns);
        }
        self.picture.process(bytes);
        self.output.write_all(bytes)?;
        self.output.flush()
    }
}

impl Line {
    fn state(&self) -> MutexGuard<'_, State> {
        // Every change is a whole one.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Passes keys on, now or when the guest listens.
    fn pass(&self, bytes: &[u8]) {
        let mut state = self.state();
        while !state.is_open() && state.held.len() + bytes.len() > HELD {
            state = self.taken.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.held.extend_from_slice(bytes);
        if state.is_open() {
            state.send();
        }
    }

    /// Passes a command on, which QEMU takes at any time, as it does all that follows: it may be for the monitor.
    fn pass_at_once(&self, bytes: &[u8]) {
        let mut state = self.state();
        state.held.extend_from_slice(bytes);
        self.open(&mut state);
    }

    /// From now on what is typed goes to the console.
    fn open(&self, state: &mut State) {
        state.listens = true;
        if state.is_open() {
            state.send();
            self.taken.notify_all();
        }
    }

    /// The machine has ended. There may be another one.
    fn close(&self) {
        let mut state = self.state();
        state.console = None;
        state.listens = false;
    }
}

impl State {
    fn is_open(&self) -> bool {
        self.listens && self.console.is_some()
    }

    fn send(&mut self) {
        if let Some(console) = &mut self.console {
            // A machine that has ended takes no keys; that it has is told elsewhere.
            let _ = console.write_all(&self.held);
            self.held.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::{self, Receiver};

    struct Setting {
        relay: Relay,
        keyboard: io::PipeWriter,
        screen: io::PipeReader,
        asked: Receiver<()>,
    }

    fn setting() -> Setting {
        let (keys, keyboard) = io::pipe().unwrap();
        let (screen, shown) = io::pipe().unwrap();
        let (ask, asked) = mpsc::channel();
        let size = Size { rows: 24, columns: 80 };
        let relay = Relay::start(keys, shown, size, Escape::of(&[]), move || ask.send(()).unwrap());
        Setting { relay, keyboard, screen, asked }
    }

    impl Setting {
        /// A machine: the other end of its console, and what tells when that is closed.
        fn boot(&self) -> (UnixStream, Receiver<()>) {
            let (ours, console) = UnixStream::pair().unwrap();
            let (tell, told) = mpsc::channel();
            self.relay.connect(ours, move || tell.send(()).unwrap_or_default()).unwrap();
            (console, told)
        }

        #[track_caller]
        fn shows(&mut self, expected: &str) {
            assert_eq!(read(&mut self.screen, expected.len()), expected);
        }
    }

    fn read(from: &mut impl Read, length: usize) -> String {
        let mut bytes = vec![0; length];
        from.read_exact(&mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn keys_wait_for_a_guest_that_shows_something() {
        let mut setting = setting();
        setting.keyboard.write_all(b"early ").unwrap();
        let (mut console, _told) = setting.boot();
        setting.keyboard.write_all(b"bird").unwrap();
        // The question is behind the keys, so they have been taken when it is answered.
        setting.keyboard.write_all(b"\x01?").unwrap();
        setting.asked.recv().unwrap();
        console.set_nonblocking(true).unwrap();
        let nothing = console.read(&mut [0]).unwrap_err();
        assert_eq!(nothing.kind(), io::ErrorKind::WouldBlock, "the guest could not take it");
        console.set_nonblocking(false).unwrap();
        console.write_all(b"$ ").unwrap();
        setting.shows("$ ");
        assert_eq!(read(&mut console, 10), "early bird");
        setting.keyboard.write_all(b"!").unwrap();
        assert_eq!(read(&mut console, 1), "!");
    }

    #[test]
    fn a_command_for_qemu_goes_through_at_any_time() {
        let mut setting = setting();
        let (mut console, _told) = setting.boot();
        setting.keyboard.write_all(b"ls\x01cinfo").unwrap();
        assert_eq!(read(&mut console, 8), "ls\x01cinfo");
    }

    #[test]
    fn a_machine_that_starts_anew_gets_what_was_typed_meanwhile() {
        let mut setting = setting();
        let (mut console, told) = setting.boot();
        console.write_all(b"bye").unwrap();
        setting.shows("bye");
        drop(console);
        told.recv().unwrap();
        setting.keyboard.write_all(b"again").unwrap();
        let (mut console, _told) = setting.boot();
        console.write_all(b"$ ").unwrap();
        assert_eq!(read(&mut console, 5), "again");
    }

    #[test]
    fn more_than_is_held_waits_and_none_of_it_is_lost() {
        let setting = setting();
        let keys: String = (0..4 * HELD).map(|n| char::from(b'a' + (n % 26) as u8)).collect();
        let (mut keyboard, typed) = (setting.keyboard.try_clone().unwrap(), keys.clone());
        let typing = thread::spawn(move || keyboard.write_all(typed.as_bytes()).unwrap());
        let (mut console, _told) = setting.boot();
        console.write_all(b"$").unwrap();
        assert_eq!(read(&mut console, keys.len()), keys);
        typing.join().unwrap();
    }

    #[test]
    fn the_end_of_the_input_is_no_end_of_the_console() {
        let Setting { relay, keyboard, mut screen, .. } = setting();
        drop(keyboard);
        let (ours, mut console) = UnixStream::pair().unwrap();
        relay.connect(ours, || ()).unwrap();
        console.write_all(b"still here").unwrap();
        assert_eq!(read(&mut screen, 10), "still here");
    }

    #[test]
    fn the_line_is_there_again_below_what_was_asked_for() {
        let Setting { relay, keyboard: _, mut screen, .. } = setting();
        let (ours, mut console) = UnixStream::pair().unwrap();
        relay.connect(ours, || ()).unwrap();
        console.write_all(b"$ echo one\x1b[2D").unwrap();
        let mut seen = read(&mut screen, 14);
        relay.show("dump\nend\n");
        drop((console, relay)); // nothing else comes
        screen.read_to_string(&mut seen).unwrap();
        let mut picture = vt100::Parser::default();
        picture.process(seen.as_bytes());
        assert_eq!(picture.screen().contents(), "$ echo one\ndump\nend\n$ echo one");
        assert_eq!(picture.screen().cursor_position(), (3, 8));
    }
}
