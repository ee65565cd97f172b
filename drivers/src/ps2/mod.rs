//! The PS/2 keyboard behind an i8042 controller, interrupt-driven, as a stream of the bytes that a
//! terminal sends. Sources: Intel 8742 UPI data sheet; IBM PS/2 Technical Reference, keyboard and
//! auxiliary device controller.
//!
//! ```text
//!   keyboard -> controller (1 byte) --on_interrupt--> scancode ring --Keys::read--> decoder -> bytes
//! ```
//!
//! Registers are touched only inside sections of the [`IrqLock`]; whoever is inside is the ring's
//! producer, the one [`Keys`] is its consumer. When the ring is full the byte stays in the controller,
//! which then holds the keyboard; `Keys` fetches it once there is room.

mod controller;
mod keys;

use core::{
    future::poll_fn,
    sync::atomic::{
        AtomicBool,
        Ordering::{Acquire, Release},
    },
    task::{Context, Poll},
};
use futures_util::task::AtomicWaker;
use pollux_hal::{Clock, IrqLock, Registers};

use crate::{
    Absent,
    claim::{Claim, Claimed},
    ring::ByteRing,
};
use controller::{Controller, STATUS_AUX, STATUS_OUTPUT_FULL};
use keys::KeyDecoder;

/// Bytes that a handler takes at most: more than any ring holds, so it ends also when a broken
/// controller offers bytes for ever.
const BYTES_AT_ONCE: usize = 1024;

/// A keyboard with a ring of `N` scancode bytes. The register window starts at port 0x60 and is 5 bytes
/// long. Made in a `static`: [`Keyboard::new`] is const.
#[derive(Debug)]
pub struct Keyboard<R, L, const N: usize = 256> {
    controller: Controller<R>,
    lock: L,
    scancodes: ByteRing<N>,
    reader: AtomicWaker,
    reading: Claim,
    /// A byte was left in the controller because the ring was full.
    throttled: AtomicBool,
}

impl<R: Registers, L: IrqLock, const N: usize> Keyboard<R, L, N> {
    /// A keyboard whose controller is at `regs`. Touches nothing.
    pub const fn new(regs: R, lock: L) -> Self {
        Self {
            controller: Controller::new(regs),
            lock,
            scancodes: ByteRing::new(),
            reader: AtomicWaker::new(),
            reading: Claim::new(),
            throttled: AtomicBool::new(false),
        }
    }

    /// Brings up the controller: tests it, keyboard port and its interrupt on, mouse port off, scancodes
    /// translated to set 1. Every wait is bounded by `clock`; without a controller it ends at once. A
    /// missing keyboard is no error: one may be plugged in.
    pub fn init(&self, clock: &impl Clock) -> Result<(), Absent> {
        self.lock.with(|| self.controller.init(clock))
    }

    /// The interrupt handler (IRQ 1). Returns whether there was anything.
    pub fn on_interrupt(&self) -> bool {
        let served = self.lock.with(|| self.receive());
        if served {
            self.reader.wake();
        }
        served
    }

    /// The typed bytes. For one task at a time: panics while another `Keys` of this keyboard lives.
    pub fn keys(&self) -> Keys<'_, R, L, N> {
        Keys {
            keyboard: self,
            decoder: KeyDecoder::new(),
            _alone: self.reading.take("two tasks read from one keyboard"),
        }
    }

    /// Section: bytes from the controller into the ring.
    fn receive(&self) -> bool {
        for count in 0..BYTES_AT_ONCE {
            let status = self.controller.status();
            // All ones: the controller is gone, and would offer bytes for ever.
            if status & STATUS_OUTPUT_FULL == 0 || status == 0xff {
                return count > 0;
            }
            if self.scancodes.is_full() {
                self.throttled.store(true, Release);
                return true;
            }
            let byte = self.controller.data();
            if status & STATUS_AUX == 0 {
                // There is room: only this section adds.
                let _ = self.scancodes.push(byte);
            }
        }
        true
    }

    /// Reader: the next scancode byte.
    fn next(&self) -> Option<u8> {
        let byte = self.scancodes.pop();
        // Acquire pairs with the Release in `receive`.
        if self.throttled.load(Acquire) && self.scancodes.len() <= N / 2 {
            self.lock.with(|| {
                self.throttled.store(false, Release);
                self.receive();
            });
            return byte.or_else(|| self.scancodes.pop());
        }
        byte
    }
}

/// What is typed, as the bytes that a terminal sends: UTF-8, control characters, xterm's sequences.
pub struct Keys<'a, R, L, const N: usize> {
    keyboard: &'a Keyboard<R, L, N>,
    decoder: KeyDecoder,
    _alone: Claimed<'a>,
}

impl<R: Registers, L: IrqLock, const N: usize> Keys<'_, R, L, N> {
    /// Reads at least one byte, unless `buf` is empty.
    pub fn poll_read(&mut self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<usize> {
        if buf.is_empty() {
            return Poll::Ready(0);
        }
        let mut count = self.take(buf);
        if count == 0 {
            self.keyboard.reader.register(cx.waker());
            count = self.take(buf);
        }
        if count == 0 { Poll::Pending } else { Poll::Ready(count) }
    }

    /// Reads at least one byte, unless `buf` is empty, and says how many. Dropping it loses nothing.
    pub async fn read(&mut self, buf: &mut [u8]) -> usize {
        poll_fn(|cx| self.poll_read(cx, buf)).await
    }

    fn take(&mut self, buf: &mut [u8]) -> usize {
        let mut count = self.decoder.take(buf);
        while count < buf.len() {
            let Some(scancode) = self.keyboard.next() else { break };
            self.decoder.feed(scancode);
            count += self.decoder.take(&mut buf[count..]);
        }
        count
    }
}
