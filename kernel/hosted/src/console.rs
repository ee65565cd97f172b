//! The terminal of the host as the console: raw, with Pollux's own line discipline behind it.
//!
//! Two threads carry the bytes, so that the executor's CPUs never block on the host's terminal; a third
//! takes signals. Whatever happens, the terminal gets back the modes that it had.

use std::{
    future::poll_fn,
    io, panic,
    pin::pin,
    sync::{Arc, Mutex, PoisonError, mpsc::Sender},
    task::{Context, Poll, Wake},
    thread,
};

use pollux_core::pty::{self, Master, Slave};
use pollux_shell::env::{Signal, WindowSize};
use rustix::termios::{self, OptionalActions, Termios};
use signal_hook::{
    consts::{SIGHUP, SIGTERM, SIGWINCH},
    iterator::Signals,
};

use crate::{Event, cpus};

/// The modes to go back to; none when they were never changed.
static BEFORE: Mutex<Option<Termios>> = Mutex::new(None);

/// Held from taking output until it has been written: who finds nothing left to take, and then gets
/// this, knows that all is on the screen.
static SCREEN: Mutex<()> = Mutex::new(());

/// The console while the shell runs.
pub struct Console {
    terminal: Arc<Slave>,
}

/// Makes the host's terminal the console.
pub fn open(events: &Sender<Event>) -> Result<Console, String> {
    let explain = |error: &dyn std::fmt::Display| format!("the terminal: {error}");
    let (master, terminal) = pty::pair(window()).map_err(|error| explain(&error))?;
    let master = Arc::new(master);
    watch_signals(master.clone(), events.clone()).map_err(|error| explain(&error))?;
    make_raw().map_err(|error| explain(&error))?;
    let (keyboard, screen) = (master.clone(), master);
    let events = events.clone();
    thread::spawn(move || {
        carry_keys(&keyboard);
        cpus::from_outside(|| keyboard.signal_foreground(Signal::Hup));
        let _ = events.send(Event::Signal(SIGHUP)); // nobody listens only when the program ends already
    });
    thread::spawn(move || carry_output(&screen));
    Ok(Console { terminal })
}

impl Console {
    /// The side of the programs.
    pub fn terminal(&self) -> &Arc<Slave> {
        &self.terminal
    }

    /// Gives the terminal back, if wanted after everything has been shown.
    pub fn close(self, drain: bool) {
        if drain {
            block_on(self.terminal.drain());
            drop(SCREEN.lock());
        }
        restore();
    }
}

/// Gives the terminal its old modes. May be called at any time, and twice.
pub fn restore() {
    if let Some(before) = BEFORE.lock().unwrap_or_else(PoisonError::into_inner).take() {
        // There is nothing left to do about a terminal that cannot be set.
        let _ = termios::tcsetattr(rustix::stdio::stdin(), OptionalActions::Drain, &before);
    }
}

/// Keeps the panics of tasks off the screen, where the shell tells of them; any other panic first gives
/// the terminal back.
pub fn restore_on_panic() {
    let usual = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if cpus::is_cpu() {
            log::error!("{info}");
        } else {
            restore();
            usual(info);
        }
    }));
}

fn make_raw() -> rustix::io::Result<()> {
    let mut modes = termios::tcgetattr(rustix::stdio::stdin())?;
    let before = modes.clone();
    modes.make_raw();
    *BEFORE.lock().unwrap_or_else(PoisonError::into_inner) = Some(before);
    termios::tcsetattr(rustix::stdio::stdin(), OptionalActions::Flush, &modes)
}

fn window() -> WindowSize {
    match termios::tcgetwinsize(rustix::stdio::stdin()) {
        Ok(size) if size.ws_row > 0 && size.ws_col > 0 => WindowSize { rows: size.ws_row, cols: size.ws_col },
        _ => WindowSize { rows: 24, cols: 80 },
    }
}

fn watch_signals(master: Arc<Master>, events: Sender<Event>) -> io::Result<()> {
    let mut signals = Signals::new([SIGWINCH, SIGTERM, SIGHUP])?;
    thread::spawn(move || {
        for signal in signals.forever() {
            if signal == SIGWINCH {
                cpus::from_outside(|| master.set_size(window()));
            } else if events.send(Event::Signal(signal)).is_err() {
                return;
            }
        }
    });
    Ok(())
}

/// Until the host's terminal is gone.
fn carry_keys(master: &Master) {
    let mut buf = [0; 256];
    loop {
        match rustix::io::read(rustix::stdio::stdin(), &mut buf) {
            Ok(0) => return,
            Ok(n) if block_on(master.write_input(&buf[..n])).is_err() => return,
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(_) => return,
        }
    }
}

/// Until no program has the terminal any more.
fn carry_output(master: &Master) {
    let mut buf = [0; 4096];
    let mut show = |cx: &mut Context<'_>| {
        let _screen = SCREEN.lock().unwrap_or_else(PoisonError::into_inner);
        let polled = master.poll_output(cx, &mut buf);
        if let Poll::Ready(n) = polled {
            write_all(&buf[..n]);
        }
        polled
    };
    while block_on(poll_fn(&mut show)) > 0 {}
}

fn write_all(mut bytes: &[u8]) {
    while !bytes.is_empty() {
        match rustix::io::write(rustix::stdio::stdout(), bytes) {
            Ok(written) => bytes = &bytes[written..],
            Err(rustix::io::Errno::INTR) => {}
            Err(_) => return, // the window is closed: programs go on until they are told
        }
    }
}

/// Runs a future on this thread, which sleeps while it waits.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    struct Unpark(thread::Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Arc::new(Unpark(thread::current())).into();
    let mut future = pin!(future);
    loop {
        match cpus::from_outside(|| future.as_mut().poll(&mut Context::from_waker(&waker))) {
            Poll::Ready(value) => return value,
            Poll::Pending => thread::park(),
        }
    }
}
