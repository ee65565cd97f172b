//! The 16550 serial port, interrupt-driven, as futures. Source: PC16550D datasheet (TI SNLS378C).
//!
//! ```text
//!   wire -> RX FIFO (16) --on_interrupt--> rx ring --poll_read--> reader
//!   wire <- TX FIFO (16) <--on_interrupt-- tx ring <--poll_write-- writer
//! ```
//!
//! # Who may do what
//!
//! 1. The device's registers are touched only inside a section of the [`IrqLock`], by the handler or
//!    by a task. ([`Uart::init`] and [`Uart::write_sync`] run when nobody else can.)
//! 2. Whoever is inside a section is the rx ring's producer and the tx ring's consumer. The reader is
//!    the rx ring's consumer, the writer the tx ring's producer: one of each, which is checked.
//! 3. `ier`, `mcr` and `break_on_top` are written only inside sections, hence relaxed: the lock orders
//!    them. `throttled` is also read by the reader outside; see below.
//! 4. Wakes happen after the section.
//!
//! # No byte is lost by software
//!
//! When the rx ring has an eighth of its room left, the handler drops RTS; when it is full, it masks the
//! receive interrupts and leaves the rest in the FIFO, where it holds an emulator's sender. Either way
//! it sets `throttled` and then wakes. The reader, once the ring is half empty, takes up what waits in
//! the FIFO and unmasks. It looks at `throttled` after it has registered its waker, so it either sees
//! the flag or is woken: [`AtomicWaker`] orders the two.
//!
//! # Why not all of `uart_16550`
//!
//! Its register definitions are used here. Its driver is `&mut`-based and polls, and its `Backend` trait
//! has unsafe methods, which a crate that forbids unsafe code cannot implement.

use core::{
    future::poll_fn,
    sync::atomic::{
        AtomicBool, AtomicU8, AtomicU64,
        Ordering::{Acquire, Relaxed, Release},
    },
    task::{Context, Poll},
};
use futures_util::task::AtomicWaker;
use pollux_hal::{IrqLock, Registers};
pub use uart_16550::spec::registers::FifoTriggerLevel;
use uart_16550::spec::registers::{FCR, IER, ISR, InterruptType, LCR, LSR, MCR, MSR, WordLength};

use crate::{Absent, claim::Claim, ring::ByteRing};

/// Receiver buffer (read), transmitter holding (write), or divisor low with DLAB.
const DATA: usize = 0;
/// Interrupt enable, or divisor high with DLAB.
const IER_OR_DLM: usize = 1;
/// Interrupt identification (read), FIFO control (write).
const IIR_OR_FCR: usize = 2;
const LINE_CONTROL: usize = 3;
const MODEM_CONTROL: usize = 4;
const LINE_STATUS: usize = 5;
const MODEM_STATUS: usize = 6;
const SCRATCH: usize = 7;

/// Bytes the transmit FIFO takes once it is empty.
const FIFO: usize = 16;
/// Causes the handler serves in one section before it lets a waiting task in.
const CAUSES_AT_ONCE: usize = 32;
/// Readings of the line status before [`Uart::write_sync`] gives up on a byte: over a second on a PC,
/// where a port access takes a microsecond, and a byte at 1200 baud takes 8 ms.
const POLLS_PER_BYTE: usize = 1 << 20;

/// How to set up the line. It is always 8 data bits, no parity, 1 stop bit.
#[derive(Clone, Copy, Debug)]
pub struct Config {
    /// 115200 divided by the baud rate (with the PC's 1.8432 MHz crystal); not 0.
    pub divisor: u16,
    /// How full the receive FIFO gets before it interrupts at once. Fewer bytes interrupt after four
    /// characters' time: a higher level saves interrupts and delays a keystroke.
    pub trigger: FifoTriggerLevel,
}

impl Default for Config {
    /// 115200 baud, every byte at once.
    fn default() -> Self {
        Self { divisor: 1, trigger: FifoTriggerLevel::One }
    }
}

/// What went wrong on the line, and how often.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LineErrors {
    /// Bytes came while the FIFO was full; the UART lost at least one each time.
    pub overrun: u64,
    /// Bytes with wrong parity. They are delivered.
    pub parity: u64,
    /// Bytes without a stop bit. They are delivered.
    pub framing: u64,
    /// Breaks. The zero byte that the UART makes of one is not delivered.
    pub breaks: u64,
}

#[derive(Debug, Default)]
struct ErrorCounters {
    overrun: AtomicU64,
    parity: AtomicU64,
    framing: AtomicU64,
    breaks: AtomicU64,
}

/// What a section leaves to be done after it.
#[derive(Clone, Copy, Default)]
struct Wakes {
    reader: bool,
    writer: bool,
}

/// A serial port with rings of `N` bytes, a power of two. Made in a `static`: [`Uart::new`] is const.
#[derive(Debug)]
pub struct Uart<R, L, const N: usize = 4096> {
    regs: R,
    lock: L,
    rx: ByteRing<N>,
    tx: ByteRing<N>,
    reader: AtomicWaker,
    writer: AtomicWaker,
    reading: Claim,
    writing: Claim,
    /// What the interrupt enable register holds.
    ier: AtomicU8,
    /// What the modem control register holds.
    mcr: AtomicU8,
    /// A break was seen on the byte that is next in the FIFO. Reading the line status forgets it.
    break_on_top: AtomicBool,
    /// RTS is off or the receive interrupts are masked until the reader makes room.
    throttled: AtomicBool,
    /// The writer waits for the FIFO to be empty, not for room in the ring.
    flushing: AtomicBool,
    errors: ErrorCounters,
}

impl<R: Registers, L: IrqLock, const N: usize> Uart<R, L, N> {
    /// A port whose registers are `regs` and whose sections are kept apart by `lock`. Touches nothing.
    pub const fn new(regs: R, lock: L) -> Self {
        Self {
            regs,
            lock,
            rx: ByteRing::new(),
            tx: ByteRing::new(),
            reader: AtomicWaker::new(),
            writer: AtomicWaker::new(),
            reading: Claim::new(),
            writing: Claim::new(),
            ier: AtomicU8::new(0),
            mcr: AtomicU8::new(0),
            break_on_top: AtomicBool::new(false),
            throttled: AtomicBool::new(false),
            flushing: AtomicBool::new(false),
            errors: ErrorCounters {
                overrun: AtomicU64::new(0),
                parity: AtomicU64::new(0),
                framing: AtomicU64::new(0),
                breaks: AtomicU64::new(0),
            },
        }
    }

    /// Finds out whether a 16550 with working FIFOs is there and sets it up: FIFOs on and empty, 8N1,
    /// DTR, RTS and OUT2 (which lets the interrupt out on a PC), receive interrupts on. Its interrupt
    /// may be routed before or after. To be called once, before anything else.
    pub fn init(&self, config: Config) -> Result<(), Absent> {
        assert!(config.divisor != 0, "a baud rate divisor of 0 stops the UART's clock");
        self.lock.with(|| {
            self.probe()?;
            let line = LCR::from_bits_retain(0).set_word_length(WordLength::EightBits);
            self.set_ier(IER::empty());
            self.regs.write8(LINE_CONTROL, (line | LCR::DLAB).bits());
            let [low, high] = config.divisor.to_le_bytes();
            self.regs.write8(DATA, low);
            self.regs.write8(IER_OR_DLM, high);
            self.regs.write8(LINE_CONTROL, line.bits());
            let fifo = FCR::FIFO_ENABLE | FCR::RX_FIFO_RESET | FCR::TX_FIFO_RESET;
            self.regs.write8(IIR_OR_FCR, fifo.set_fifo_trigger_level(config.trigger).bits());
            if !ISR::from_bits_retain(self.regs.read8(IIR_OR_FCR)).fifo_enabled() {
                return Err(Absent); // an 8250 or 16450: it would drop 15 bytes of each 16
            }
            self.regs.read8(LINE_STATUS); // forget old errors
            self.regs.read8(MODEM_STATUS);
            self.set_mcr(MCR::DTR | MCR::RTS | MCR::OUT_2_INT_ENABLE);
            self.set_ier(IER::DATA_READY | IER::RECEIVER_LINE_STATUS);
            Ok(())
        })
    }

    /// Scratch register (8.9), then the modem lines in loopback (8.7): both without sending a byte.
    fn probe(&self) -> Result<(), Absent> {
        for pattern in [0x55, 0xaa] {
            self.regs.write8(SCRATCH, pattern);
            if self.regs.read8(SCRATCH) != pattern {
                return Err(Absent);
            }
        }
        let lines = MSR::CTS | MSR::DSR | MSR::RI | MSR::CD;
        self.set_mcr(MCR::LOOP_BACK | MCR::RTS | MCR::OUT_2_INT_ENABLE);
        let looped = MSR::from_bits_retain(self.regs.read8(MODEM_STATUS)) & lines;
        self.set_mcr(MCR::empty());
        if looped == MSR::CTS | MSR::CD { Ok(()) } else { Err(Absent) }
    }

    /// The interrupt handler. Serves causes until the UART shows none: an edge-triggered line with a
    /// cause left over would never interrupt again. Returns whether there was any (the line may be
    /// shared).
    pub fn on_interrupt(&self) -> bool {
        let mut served = false;
        loop {
            let mut wakes = Wakes::default();
            let more = self.lock.with(|| {
                for _ in 0..CAUSES_AT_ONCE {
                    let Some(cause) = ISR::from_bits_retain(self.regs.read8(IIR_OR_FCR)).interrupt_type()
                    else {
                        return false;
                    };
                    served = true;
                    match cause {
                        InterruptType::ReceiverLineStatus => {
                            self.line_status();
                        }
                        InterruptType::ReceivedDataReady | InterruptType::ReceptionTimeout => {
                            self.receive(&mut wakes);
                        }
                        InterruptType::TransmitterHoldingRegisterEmpty => {
                            self.transmit(&mut wakes);
                        }
                        _ => {
                            self.regs.read8(MODEM_STATUS);
                        }
                    }
                }
                true
            });
            self.wake(wakes);
            if !more {
                return served;
            }
        }
    }

    /// Reads at least one byte, unless `buf` is empty. For one task at a time.
    pub fn poll_read(&self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<usize> {
        let _alone = self.reading.take("two tasks read from one UART");
        if buf.is_empty() {
            return Poll::Ready(0);
        }
        let mut count = self.take(buf);
        if count == 0 {
            self.reader.register(cx.waker());
            count = self.take(buf);
        }
        if count == 0 { Poll::Pending } else { Poll::Ready(count) }
    }

    /// Reads at least one byte, unless `buf` is empty, and says how many. Dropping it loses nothing.
    pub async fn read(&self, buf: &mut [u8]) -> usize {
        poll_fn(|cx| self.poll_read(cx, buf)).await
    }

    /// Takes at least one byte of `buf`, unless that is empty, and says how many. They go out on their
    /// own. For one task at a time.
    pub fn poll_write(&self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<usize> {
        let _alone = self.writing.take("two tasks write to one UART");
        if buf.is_empty() {
            return Poll::Ready(0);
        }
        let mut count = self.tx.push_slice(buf);
        if count == 0 {
            self.writer.register(cx.waker());
            count = self.tx.push_slice(buf);
        }
        if count == 0 {
            return Poll::Pending;
        }
        self.start_transmit();
        Poll::Ready(count)
    }

    /// Queues all of `bytes`. Dropped halfway, an unknown part of them is queued.
    pub async fn write_all(&self, bytes: &[u8]) {
        let mut rest = bytes;
        while !rest.is_empty() {
            let count = poll_fn(|cx| self.poll_write(cx, rest)).await;
            rest = &rest[count..];
        }
    }

    /// Waits until everything that was written is past the FIFO: at most one byte is still on its way.
    pub fn poll_flush(&self, cx: &mut Context<'_>) -> Poll<()> {
        let _alone = self.writing.take("two tasks write to one UART");
        self.writer.register(cx.waker());
        self.lock.with(|| {
            if self.tx.is_empty() && self.line_status().contains(LSR::THR_EMPTY) {
                self.flushing.store(false, Relaxed);
                return Poll::Ready(());
            }
            self.flushing.store(true, Relaxed);
            self.update_ier(IER::THR_EMPTY, IER::empty());
            Poll::Pending
        })
    }

    /// Waits until everything that was written is past the FIFO.
    pub async fn flush(&self) {
        poll_fn(|cx| self.poll_flush(cx)).await;
    }

    /// Writes without interrupts and without the lock, after what is still queued: for a panic handler,
    /// when all other CPUs stand still and this one may have died inside a section. Gives up on a line
    /// that never takes a byte and returns how many of `bytes` went out.
    pub fn write_sync(&self, bytes: &[u8]) -> usize {
        while let Some(byte) = self.tx.pop() {
            if !self.send_sync(byte) {
                return 0;
            }
        }
        bytes.iter().take_while(|byte| self.send_sync(**byte)).count()
    }

    /// What went wrong on the line so far.
    pub fn errors(&self) -> LineErrors {
        LineErrors {
            overrun: self.errors.overrun.load(Relaxed),
            parity: self.errors.parity.load(Relaxed),
            framing: self.errors.framing.load(Relaxed),
            breaks: self.errors.breaks.load(Relaxed),
        }
    }

    fn send_sync(&self, byte: u8) -> bool {
        for _ in 0..POLLS_PER_BYTE {
            if self.line_status().contains(LSR::THR_EMPTY) {
                self.regs.write8(DATA, byte);
                return true;
            }
        }
        false
    }

    /// Reader: bytes out of the ring; opens the throttle when there is room for it.
    fn take(&self, buf: &mut [u8]) -> usize {
        let mut count = self.rx.pop_slice(buf);
        // Acquire pairs with the Release in `throttle`: not needed for the ring, whose own orderings
        // suffice, but it makes the order "flag seen, then section" plain.
        if self.throttled.load(Acquire) && self.rx.len() <= N / 2 {
            self.lock.with(|| {
                self.throttled.store(false, Release);
                self.set_mcr(self.mcr() | MCR::RTS);
                self.update_ier(IER::DATA_READY | IER::RECEIVER_LINE_STATUS, IER::empty());
                self.receive(&mut Wakes::default());
            });
            count += self.rx.pop_slice(&mut buf[count..]);
        }
        count
    }

    /// Section: the FIFO's bytes into the ring, or the throttle closed.
    fn receive(&self, wakes: &mut Wakes) {
        loop {
            if self.rx.is_full() {
                self.update_ier(IER::empty(), IER::DATA_READY | IER::RECEIVER_LINE_STATUS);
                self.throttle();
                wakes.reader = true;
                return;
            }
            if !self.line_status().contains(LSR::DATA_READY) {
                break;
            }
            let byte = self.regs.read8(DATA);
            if self.break_on_top.swap(false, Relaxed) && byte == 0 {
                continue;
            }
            // There is room: only this section adds.
            let _ = self.rx.push(byte);
            wakes.reader = true;
        }
        if self.rx.len() >= N - N / 8 {
            self.throttle();
        }
    }

    /// Section: asks the sender to wait.
    fn throttle(&self) {
        if self.mcr().contains(MCR::RTS) {
            self.set_mcr(self.mcr() - MCR::RTS);
        }
        self.throttled.store(true, Release);
    }

    /// Section, after a transmit interrupt: sends more and tells the writer about the room or the end.
    fn transmit(&self, wakes: &mut Wakes) {
        let status = self.line_status();
        let count = self.fill(status);
        // Also while flushing: the flush may have been dropped, and the writer wait for room again.
        wakes.writer |= count > 0 && self.tx.len() <= N / 2;
        if status.contains(LSR::THR_EMPTY) && count == 0 {
            wakes.writer |= self.flushing.swap(false, Relaxed);
        }
        self.update_transmit_interrupt();
    }

    /// Writer: sends what the FIFO takes right now, a section for each FIFO's worth. A device that takes
    /// it all at once, as an emulator does, costs no interrupt.
    fn start_transmit(&self) {
        let again = || {
            let count = self.fill(self.line_status());
            if count > 0 && !self.tx.is_empty() {
                return true; // perhaps it is empty again already
            }
            self.update_transmit_interrupt();
            false
        };
        while self.lock.with(again) {}
    }

    /// Section: a FIFO's worth of bytes out of the ring, if the FIFO is empty; how many.
    fn fill(&self, status: LSR) -> usize {
        if !status.contains(LSR::THR_EMPTY) {
            return 0;
        }
        let mut chunk = [0; FIFO];
        let count = self.tx.pop_slice(&mut chunk);
        for byte in &chunk[..count] {
            self.regs.write8(DATA, *byte);
        }
        count
    }

    /// Section: the transmit interrupt on exactly while somebody needs it. Turning it on while the FIFO
    /// is empty interrupts at once.
    fn update_transmit_interrupt(&self) {
        if !self.tx.is_empty() || self.flushing.load(Relaxed) {
            self.update_ier(IER::THR_EMPTY, IER::empty());
        } else {
            self.update_ier(IER::empty(), IER::THR_EMPTY);
        }
    }

    /// Section (or alone): the line status. Reading it clears the errors, so every reading counts them.
    fn line_status(&self) -> LSR {
        let status = LSR::from_bits_retain(self.regs.read8(LINE_STATUS));
        if status
            .intersects(LSR::OVERRUN_ERROR | LSR::PARITY_ERROR | LSR::FRAMING_ERROR | LSR::BREAK_INTERRUPT)
        {
            let count = |error, counter: &AtomicU64| {
                if status.contains(error) {
                    counter.fetch_add(1, Relaxed);
                }
            };
            count(LSR::OVERRUN_ERROR, &self.errors.overrun);
            if status.contains(LSR::BREAK_INTERRUPT) {
                // A break is a framing error too, and may be a parity error: neither tells more.
                self.errors.breaks.fetch_add(1, Relaxed);
                self.break_on_top.store(true, Relaxed);
            } else {
                count(LSR::PARITY_ERROR, &self.errors.parity);
                count(LSR::FRAMING_ERROR, &self.errors.framing);
            }
        }
        status
    }

    fn wake(&self, wakes: Wakes) {
        if wakes.reader {
            self.reader.wake();
        }
        if wakes.writer {
            self.writer.wake();
        }
    }

    fn update_ier(&self, on: IER, off: IER) {
        let old = IER::from_bits_retain(self.ier.load(Relaxed));
        let new = (old | on) - off;
        if new != old {
            self.set_ier(new);
        }
    }

    fn set_ier(&self, value: IER) {
        self.ier.store(value.bits(), Relaxed);
        self.regs.write8(IER_OR_DLM, value.bits());
    }

    fn mcr(&self) -> MCR {
        MCR::from_bits_retain(self.mcr.load(Relaxed))
    }

    fn set_mcr(&self, value: MCR) {
        self.mcr.store(value.bits(), Relaxed);
        self.regs.write8(MODEM_CONTROL, value.bits());
    }
}
