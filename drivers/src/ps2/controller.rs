//! The i8042: two ports, a status byte, commands. Used inside sections of the keyboard's lock.

use pollux_hal::{Clock, Registers};

use crate::Absent;

const DATA: usize = 0;
const STATUS_OR_COMMAND: usize = 4;

/// A byte waits at the data port.
pub(super) const STATUS_OUTPUT_FULL: u8 = 1 << 0;
/// The controller has not taken the last byte written yet.
const STATUS_INPUT_FULL: u8 = 1 << 1;
/// The waiting byte comes from the mouse port.
pub(super) const STATUS_AUX: u8 = 1 << 5;

const READ_CONFIG: u8 = 0x20;
const WRITE_CONFIG: u8 = 0x60;
const DISABLE_AUX: u8 = 0xa7;
const SELF_TEST: u8 = 0xaa;
const SELF_TEST_PASSED: u8 = 0x55;
const TEST_KEYBOARD_PORT: u8 = 0xab;
const DISABLE_KEYBOARD: u8 = 0xad;
const ENABLE_KEYBOARD: u8 = 0xae;

const CONFIG_KEYBOARD_INTERRUPT: u8 = 1 << 0;
const CONFIG_AUX_INTERRUPT: u8 = 1 << 1;
const CONFIG_KEYBOARD_CLOCK_OFF: u8 = 1 << 4;
const CONFIG_AUX_CLOCK_OFF: u8 = 1 << 5;
const CONFIG_TRANSLATE: u8 = 1 << 6;

/// To the keyboard itself: default settings; report keys.
const KEYBOARD_DEFAULTS: u8 = 0xf6;
const KEYBOARD_SCAN: u8 = 0xf4;

/// What the controller may take for anything (it answers in microseconds, a keyboard in milliseconds).
const PATIENCE_NS: u64 = 50_000_000;
/// More than a controller and a keyboard hold.
const STALE_BYTES: usize = 64;

#[derive(Debug)]
pub(super) struct Controller<R> {
    regs: R,
}

impl<R: Registers> Controller<R> {
    pub(super) const fn new(regs: R) -> Self {
        Self { regs }
    }

    pub(super) fn status(&self) -> u8 {
        self.regs.read8(STATUS_OR_COMMAND)
    }

    /// The waiting byte. Only while the status says that there is one.
    pub(super) fn data(&self) -> u8 {
        self.regs.read8(DATA)
    }

    pub(super) fn init(&self, clock: &impl Clock) -> Result<(), Absent> {
        if self.status() == 0xff {
            return Err(Absent);
        }
        // Both ports off first, or a key pressed now would be taken for an answer.
        self.command(clock, DISABLE_KEYBOARD)?;
        self.command(clock, DISABLE_AUX)?;
        self.drain()?;
        self.command(clock, SELF_TEST)?;
        if self.answer(clock)? != SELF_TEST_PASSED {
            return Err(Absent);
        }
        self.command(clock, TEST_KEYBOARD_PORT)?;
        if self.answer(clock)? != 0 {
            return Err(Absent);
        }
        // The self-test may have reset the configuration: read it only now.
        self.command(clock, READ_CONFIG)?;
        let mut config = self.answer(clock)?;
        config &= !(CONFIG_KEYBOARD_INTERRUPT | CONFIG_AUX_INTERRUPT | CONFIG_KEYBOARD_CLOCK_OFF);
        config |= CONFIG_AUX_CLOCK_OFF | CONFIG_TRANSLATE;
        self.command(clock, WRITE_CONFIG)?;
        self.send(clock, config)?;
        self.command(clock, ENABLE_KEYBOARD)?;
        for command in [KEYBOARD_DEFAULTS, KEYBOARD_SCAN] {
            self.send(clock, command)?;
            // The acknowledgement; silence means that no keyboard is plugged in.
            let _ = self.answer(clock);
        }
        self.command(clock, WRITE_CONFIG)?;
        self.send(clock, config | CONFIG_KEYBOARD_INTERRUPT)?;
        // A byte that came before its interrupt was on would hold the next one back for ever.
        self.drain()
    }

    fn drain(&self) -> Result<(), Absent> {
        for _ in 0..STALE_BYTES {
            if self.status() & STATUS_OUTPUT_FULL == 0 {
                return Ok(());
            }
            self.data();
        }
        Err(Absent)
    }

    fn command(&self, clock: &impl Clock, command: u8) -> Result<(), Absent> {
        self.wait(clock, STATUS_INPUT_FULL, 0)?;
        self.regs.write8(STATUS_OR_COMMAND, command);
        Ok(())
    }

    fn send(&self, clock: &impl Clock, byte: u8) -> Result<(), Absent> {
        self.wait(clock, STATUS_INPUT_FULL, 0)?;
        self.regs.write8(DATA, byte);
        Ok(())
    }

    fn answer(&self, clock: &impl Clock) -> Result<u8, Absent> {
        self.wait(clock, STATUS_OUTPUT_FULL, STATUS_OUTPUT_FULL)?;
        Ok(self.data())
    }

    fn wait(&self, clock: &impl Clock, mask: u8, value: u8) -> Result<(), Absent> {
        let start = clock.now_ns();
        loop {
            if self.status() & mask == value {
                return Ok(());
            }
            if clock.now_ns().wrapping_sub(start) > PATIENCE_NS {
                return Err(Absent);
            }
            core::hint::spin_loop();
        }
    }
}
