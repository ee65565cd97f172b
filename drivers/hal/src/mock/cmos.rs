//! A real-time clock that is updated at an awkward moment.
//!
//! Panics when the driver reads a time register during an update, or data without selecting it anew.

use std::sync::Mutex;

use super::lock;
use crate::Registers;

#[derive(Debug)]
struct State {
    registers: [u8; 128],
    selected: Option<u8>,
    /// Readings of status A for which the update goes on.
    updating: usize,
    /// After so many readings of data, `next` becomes the time.
    change_after: Option<(usize, [u8; 128])>,
}

/// The clock's two ports.
#[derive(Debug)]
pub struct FakeCmos {
    state: Mutex<State>,
}

impl FakeCmos {
    /// A clock whose registers hold `contents` (number, value) and else 0.
    pub fn new(contents: &[(u8, u8)]) -> Self {
        let state =
            State { registers: Self::fill(contents), selected: None, updating: 0, change_after: None };
        Self { state: Mutex::new(state) }
    }

    /// The same, and an update is going on for so many readings of status A.
    pub fn updating(self, readings: usize) -> Self {
        lock(&self.state).updating = readings;
        self
    }

    /// The same, and after so many readings of data the time jumps to `contents`.
    pub fn changing_after(self, readings: usize, contents: &[(u8, u8)]) -> Self {
        lock(&self.state).change_after = Some((readings, Self::fill(contents)));
        self
    }

    fn fill(contents: &[(u8, u8)]) -> [u8; 128] {
        let mut registers = [0; 128];
        for (number, value) in contents {
            registers[usize::from(*number)] = *value;
        }
        registers
    }
}

impl Registers for FakeCmos {
    fn read8(&self, offset: usize) -> u8 {
        assert!(offset == 1, "offset {offset} read: only the data port can be read");
        let mut state = lock(&self.state);
        let selected = state.selected.take().expect("data was read without selecting a register first");
        if let Some((left, next)) = &mut state.change_after {
            if *left == 0 {
                state.registers = *next;
                state.change_after = None;
            } else {
                *left -= 1;
            }
        }
        if selected == 0x0a {
            let updating = state.updating > 0;
            state.updating = state.updating.saturating_sub(1);
            return u8::from(updating) << 7 | 0x26;
        }
        assert!(
            state.updating == 0 || selected > 0x09,
            "time register {selected:#04x} was read during an update: it may hold anything"
        );
        state.registers[usize::from(selected)]
    }

    fn write8(&self, offset: usize, value: u8) {
        assert!(offset == 0, "the clock's memory was written: the firmware's settings are in it");
        assert!(value & 0x80 == 0, "NMI was turned off");
        lock(&self.state).selected = Some(value);
    }
}
