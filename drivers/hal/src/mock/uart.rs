//! A 16550 UART with FIFOs (PC16550D data sheet), seen from its registers and from its wire.
//!
//! Panics when the driver reads an empty receiver, writes a full transmitter, throws away bytes that
//! are being sent, sets reserved bits, clears DLAB with a divisor of 0, or touches a register outside
//! the lock that guards the device.

use std::{collections::VecDeque, sync::Mutex, vec::Vec};

use super::{FakeLock, lock};
use crate::Registers;

const FIFO: usize = 16;

/// What is wrong with a byte on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineFault {
    /// Wrong parity.
    Parity,
    /// No stop bit.
    Framing,
    /// The line was held low: a zero byte comes out.
    Break,
}

#[derive(Debug, Default)]
struct State {
    ier: u8,
    lcr: u8,
    mcr: u8,
    scratch: u8,
    divisor: u16,
    fifos: bool,
    trigger: usize,
    rx: VecDeque<(u8, Option<LineFault>)>,
    overrun: bool,
    timeout: bool,
    tx: VecDeque<u8>,
    sent: Vec<u8>,
    thr_empty_pending: bool,
    line_was_high: bool,
    edge: bool,
    reads: usize,
}

/// The UART. Tests hold it, drivers get a reference to it.
#[derive(Debug)]
pub struct FakeUart16550<'a> {
    state: Mutex<State>,
    guard: Option<&'a FakeLock>,
    has_fifos: bool,
    instant: bool,
}

impl<'a> FakeUart16550<'a> {
    /// A UART after power-on.
    pub fn new() -> Self {
        let state = State { thr_empty_pending: true, trigger: 1, ..State::default() };
        Self { state: Mutex::new(state), guard: None, has_fifos: true, instant: false }
    }

    /// The same, and every register access must happen inside a section of `guard`.
    pub fn guarded_by(guard: &'a FakeLock) -> Self {
        Self { guard: Some(guard), ..Self::new() }
    }

    /// The same, without FIFOs: a 16450.
    pub fn without_fifos(mut self) -> Self {
        self.has_fifos = false;
        self
    }

    /// The same, and bytes are on the wire as soon as they are written, as in an emulator.
    pub fn instant(mut self) -> Self {
        self.instant = true;
        self
    }

    /// A sender that obeys flow control (RTS, room in the FIFO) sends what it may; how many bytes.
    pub fn host_send(&self, bytes: &[u8]) -> usize {
        let mut state = lock(&self.state);
        let mut count = 0;
        while count < bytes.len() && state.mcr & 0x12 == 0x02 && state.rx.len() < state.depth() {
            state.rx.push_back((bytes[count], None));
            state.timeout = false;
            count += 1;
        }
        state.watch_line();
        count
    }

    /// A sender that obeys nothing. A byte that finds the FIFO full is lost.
    pub fn host_force(&self, byte: u8, fault: Option<LineFault>) {
        let mut state = lock(&self.state);
        if state.rx.len() < state.depth() {
            state.rx.push_back((byte, fault));
            state.timeout = false;
        } else {
            state.overrun = true;
        }
        state.watch_line();
    }

    /// Four characters' time passes without a byte: what waits in the FIFO interrupts.
    pub fn line_idle(&self) {
        let mut state = lock(&self.state);
        state.timeout = state.fifos && !state.rx.is_empty();
        state.watch_line();
    }

    /// Up to `count` bytes go from the transmit FIFO to the wire; how many.
    pub fn shift_out(&self, count: usize) -> usize {
        let mut state = lock(&self.state);
        let count = state.shift_out(count);
        state.watch_line();
        count
    }

    /// Everything that was on the wire.
    pub fn sent(&self) -> Vec<u8> {
        lock(&self.state).sent.clone()
    }

    /// Whether the interrupt line rose since this was last asked: an edge-triggered controller
    /// interrupts then and at no other time.
    pub fn take_edge(&self) -> bool {
        core::mem::take(&mut lock(&self.state).edge)
    }

    /// Whether the driver tells the sender to send (RTS).
    pub fn rts(&self) -> bool {
        lock(&self.state).mcr & 0x02 != 0
    }

    /// The interrupt enable register.
    pub fn interrupts_enabled(&self) -> u8 {
        lock(&self.state).ier
    }

    /// The baud rate divisor.
    pub fn divisor(&self) -> u16 {
        lock(&self.state).divisor
    }

    /// The line control register: 3 is 8 data bits, no parity, 1 stop bit.
    pub fn line_control(&self) -> u8 {
        lock(&self.state).lcr
    }

    /// How many register reads there were.
    pub fn reads(&self) -> usize {
        lock(&self.state).reads
    }

    fn check_guard(&self) {
        if let Some(guard) = self.guard {
            guard.assert_held("a UART register was touched");
        }
    }
}

impl Default for FakeUart16550<'_> {
    fn default() -> Self {
        Self::new()
    }
}

impl State {
    fn depth(&self) -> usize {
        if self.fifos { FIFO } else { 1 }
    }

    fn shift_out(&mut self, count: usize) -> usize {
        let count = count.min(self.tx.len());
        self.sent.extend(self.tx.drain(..count));
        if count > 0 && self.tx.is_empty() {
            self.thr_empty_pending = true;
        }
        count
    }

    /// The interrupt cause with the highest priority (table in 8.6), as the IIR's low four bits.
    fn cause(&self) -> u8 {
        let faulty = self.overrun || self.rx.front().is_some_and(|(_, fault)| fault.is_some());
        let trigger = if self.fifos { self.trigger } else { 1 };
        if self.ier & 4 != 0 && faulty {
            0b0110
        } else if self.ier & 1 != 0 && self.rx.len() >= trigger {
            0b0100
        } else if self.ier & 1 != 0 && self.timeout {
            0b1100
        } else if self.ier & 2 != 0 && self.thr_empty_pending {
            0b0010
        } else {
            0b0001
        }
    }

    fn watch_line(&mut self) {
        // OUT2 gates the interrupt on a PC; in loopback it is off.
        let high = self.mcr & 0x18 == 0x08 && self.cause() & 1 == 0;
        self.edge |= high && !self.line_was_high;
        self.line_was_high = high;
    }

    fn read(&mut self, offset: usize) -> u8 {
        let dlab = self.lcr & 0x80 != 0;
        match offset {
            0 if dlab => self.divisor as u8,
            0 => {
                let byte = self.rx.pop_front();
                self.timeout = false;
                byte.expect("the receiver was read though it is empty: the byte would be an old one").0
            }
            1 if dlab => (self.divisor >> 8) as u8,
            1 => self.ier,
            2 => {
                let cause = self.cause();
                if cause == 0b0010 {
                    self.thr_empty_pending = false;
                }
                cause | if self.fifos { 0xc0 } else { 0 }
            }
            3 => self.lcr,
            4 => self.mcr,
            5 => self.line_status(),
            6 if self.mcr & 0x10 != 0 => {
                // Loopback: RTS, DTR, OUT1, OUT2 come back as CTS, DSR, RI, CD (8.7).
                (self.mcr & 2) << 3 | (self.mcr & 1) << 5 | (self.mcr & 0xc) << 4
            }
            6 => 0xb0,
            7 => self.scratch,
            _ => panic!("offset {offset} read: a 16550 has 8 registers"),
        }
    }

    fn line_status(&mut self) -> u8 {
        let mut status = 0;
        if core::mem::take(&mut self.overrun) {
            status |= 0x02;
        }
        if self.fifos && self.rx.iter().any(|(_, fault)| fault.is_some()) {
            status |= 0x80;
        }
        if let Some((_, fault)) = self.rx.front_mut() {
            status |= 0x01;
            status |= match fault.take() {
                Some(LineFault::Parity) => 0x04,
                Some(LineFault::Framing) => 0x08,
                Some(LineFault::Break) => 0x18,
                None => 0,
            };
        }
        if self.tx.is_empty() {
            status |= 0x60;
        }
        status
    }

    fn write(&mut self, offset: usize, value: u8, has_fifos: bool, instant: bool) {
        let dlab = self.lcr & 0x80 != 0;
        match offset {
            0 if dlab => self.divisor = self.divisor & 0xff00 | u16::from(value),
            0 => {
                assert!(
                    self.tx.len() < self.depth(),
                    "a byte was written to a full transmitter: it would be lost"
                );
                self.thr_empty_pending = false;
                if self.mcr & 0x10 != 0 {
                    self.rx.push_back((value, None));
                    self.thr_empty_pending = true;
                } else {
                    self.tx.push_back(value);
                }
                if instant {
                    self.shift_out(1);
                }
            }
            1 if dlab => self.divisor = self.divisor & 0x00ff | u16::from(value) << 8,
            1 => {
                assert!(value & 0xf0 == 0, "interrupt enable {value:#04x}: bits 4 to 7 are always 0");
                // Enabling it while the transmitter is empty interrupts at once.
                if value & 2 != 0 && self.ier & 2 == 0 && self.tx.is_empty() {
                    self.thr_empty_pending = true;
                }
                self.ier = value;
            }
            2 => {
                assert!(value & 0x30 == 0, "FIFO control {value:#04x}: bits 4 and 5 are reserved");
                let changed = has_fifos && (value & 1 != 0) != self.fifos;
                if changed || value & 4 != 0 {
                    assert!(self.tx.is_empty(), "the transmit FIFO was reset while bytes were in it");
                }
                if changed || value & 2 != 0 {
                    self.rx.clear();
                    self.timeout = false;
                }
                self.fifos = has_fifos && value & 1 != 0;
                self.trigger = [1, 4, 8, 14][usize::from(value >> 6)];
            }
            3 => {
                let done = dlab && value & 0x80 == 0;
                assert!(!done || self.divisor != 0, "the divisor is 0: the UART has no clock");
                self.lcr = value;
            }
            4 => {
                assert!(value & 0xe0 == 0, "modem control {value:#04x}: bits 5 to 7 are always 0");
                self.mcr = value;
            }
            5 | 6 => panic!("offset {offset} written: the status registers are for reading"),
            7 => self.scratch = value,
            _ => panic!("offset {offset} written: a 16550 has 8 registers"),
        }
    }
}

impl Registers for FakeUart16550<'_> {
    fn read8(&self, offset: usize) -> u8 {
        self.check_guard();
        let mut state = lock(&self.state);
        state.reads += 1;
        let value = state.read(offset);
        state.watch_line();
        value
    }

    fn write8(&self, offset: usize, value: u8) {
        self.check_guard();
        let mut state = lock(&self.state);
        state.write(offset, value, self.has_fifos, self.instant);
        state.watch_line();
    }
}
