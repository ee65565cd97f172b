//! An i8042 keyboard controller with a keyboard, from port 0x60 on.
//!
//! Panics when the driver reads data that is not there, writes while the controller is still busy with
//! the last byte, sends a command that it has not got, or touches it outside its lock.

use std::{collections::VecDeque, sync::Mutex};

use super::{FakeLock, lock};
use crate::Registers;

/// Status readings for which the controller is busy after a write.
const BUSY: usize = 2;

#[derive(Debug)]
struct State {
    config: u8,
    keyboard: VecDeque<u8>,
    /// The one byte for the host, and whether it comes from the mouse port.
    output: Option<(u8, bool)>,
    answers: VecDeque<u8>,
    busy: usize,
    expects_config: bool,
    edge: bool,
}

/// The controller and its keyboard.
#[derive(Debug)]
pub struct FakeI8042<'a> {
    state: Mutex<State>,
    guard: Option<&'a FakeLock>,
    stuck: bool,
    broken: bool,
    plugged: bool,
}

impl<'a> FakeI8042<'a> {
    /// A controller as firmware leaves it, with a keyboard.
    pub fn new() -> Self {
        let state = State {
            config: 0x47,
            keyboard: VecDeque::new(),
            output: None,
            answers: VecDeque::new(),
            busy: 0,
            expects_config: false,
            edge: false,
        };
        Self { state: Mutex::new(state), guard: None, stuck: false, broken: false, plugged: true }
    }

    /// The same, and every register access must happen inside a section of `guard`.
    pub fn guarded_by(guard: &'a FakeLock) -> Self {
        Self { guard: Some(guard), ..Self::new() }
    }

    /// The same, but it never takes a byte.
    pub fn stuck(mut self) -> Self {
        self.stuck = true;
        self
    }

    /// The same, but its self-test fails.
    pub fn broken(mut self) -> Self {
        self.broken = true;
        self
    }

    /// The same, without a keyboard.
    pub fn unplugged(mut self) -> Self {
        self.plugged = false;
        self
    }

    /// The keyboard sends scancodes (of set 1, as translated). It holds them while it is held.
    pub fn press(&self, scancodes: &[u8]) {
        let mut state = lock(&self.state);
        state.keyboard.extend(scancodes);
        state.load();
    }

    /// The mouse port sends a byte, whether or not the driver wants it.
    pub fn mouse(&self, byte: u8) {
        let mut state = lock(&self.state);
        assert!(state.output.is_none(), "the test's mouse byte finds the output buffer full");
        state.output = Some((byte, true));
    }

    /// Scancodes that the keyboard still holds.
    pub fn held(&self) -> usize {
        lock(&self.state).keyboard.len()
    }

    /// The configuration byte.
    pub fn config(&self) -> u8 {
        lock(&self.state).config
    }

    /// Whether IRQ 1 rose since this was last asked.
    pub fn take_edge(&self) -> bool {
        core::mem::take(&mut lock(&self.state).edge)
    }

    fn check_guard(&self) {
        if let Some(guard) = self.guard {
            guard.assert_held("a keyboard controller register was touched");
        }
    }
}

impl Default for FakeI8042<'_> {
    fn default() -> Self {
        Self::new()
    }
}

impl State {
    /// The next byte to the output buffer if it is free: an answer first, then a key.
    fn load(&mut self) {
        if self.output.is_some() {
            return;
        }
        let next = match self.answers.pop_front() {
            Some(answer) => Some(answer),
            None if self.config & 0x10 == 0 => self.keyboard.pop_front(),
            None => None,
        };
        if let Some(byte) = next {
            self.output = Some((byte, false));
            self.edge |= self.config & 1 != 0;
        }
    }

    fn command(&mut self, command: u8, broken: bool) {
        match command {
            0x20 => self.answers.push_back(self.config),
            0x60 => self.expects_config = true,
            0xa7 => self.config |= 0x20,
            0xaa => {
                self.config = 0x30;
                self.answers.push_back(if broken { 0xfc } else { 0x55 });
            }
            0xab => self.answers.push_back(0),
            0xad => self.config |= 0x10,
            0xae => self.config &= !0x10,
            _ => panic!("the controller has no command {command:#04x}"),
        }
    }
}

impl Registers for FakeI8042<'_> {
    fn read8(&self, offset: usize) -> u8 {
        self.check_guard();
        let mut state = lock(&self.state);
        match offset {
            0 => {
                let (byte, _) = state.output.take().expect("data was read though there is none");
                state.load();
                byte
            }
            4 => {
                let busy = state.busy > 0;
                if !self.stuck {
                    state.busy = state.busy.saturating_sub(1);
                }
                let full = u8::from(state.output.is_some());
                let aux = u8::from(state.output.is_some_and(|(_, aux)| aux));
                0x14 | aux << 5 | u8::from(busy) << 1 | full
            }
            _ => panic!("offset {offset} read: the controller has ports 0x60 and 0x64"),
        }
    }

    fn write8(&self, offset: usize, value: u8) {
        self.check_guard();
        let mut state = lock(&self.state);
        assert!(state.busy == 0, "{value:#04x} was written while the controller was busy: it would be lost");
        state.busy = BUSY;
        match offset {
            0 if core::mem::take(&mut state.expects_config) => state.config = value,
            0 => {
                assert!(matches!(value, 0xf4 | 0xf6), "the keyboard has no command {value:#04x}");
                if self.plugged {
                    state.answers.push_back(0xfa);
                }
            }
            4 => state.command(value, self.broken),
            _ => panic!("offset {offset} written: the controller has ports 0x60 and 0x64"),
        }
        state.load();
    }
}
