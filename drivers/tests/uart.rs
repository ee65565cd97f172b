//! The UART driver over a UART that punishes misuse. Interrupts come on edges of the line, and tasks
//! are polled only when they were woken: a lost edge or a lost wake is a failure.

mod support;

use pollux_drivers::{
    Absent,
    uart16550::{Config, FifoTriggerLevel, LineErrors, Uart},
};
use pollux_hal::{
    Registers,
    mock::{FakeLock, FakeUart16550, LineFault, NoDevice},
};
use proptest::prelude::*;
use std::{
    future::Future,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering::Relaxed},
    },
    task::{Context, Poll, Wake, Waker},
    thread::{self, Thread},
};
use support::Flag;

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Runs a future on this thread; sleeps until it is woken.
fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return output;
        }
        thread::park();
    }
}

/// The task may run, though nobody woke it.
fn wake(flag: &Flag) {
    flag.context().waker().wake_by_ref();
}

type TestUart<'a, const N: usize> = Uart<&'a FakeUart16550<'a>, &'a FakeLock, N>;

const LEVEL_8: Config = Config { divisor: 1, trigger: FifoTriggerLevel::Eight };

fn set_up<'a, const N: usize>(
    fake: &'a FakeUart16550<'a>,
    lock: &'a FakeLock,
    config: Config,
) -> TestUart<'a, N> {
    let uart = Uart::new(fake, lock);
    uart.init(config).expect("the fake is a 16550");
    fake.take_edge();
    uart
}

/// Delivers the interrupts that are due and says how many found a cause. An edge without one is fine: the
/// line fell and rose while it was being served.
fn interrupts<const N: usize>(fake: &FakeUart16550, uart: &TestUart<N>) -> usize {
    let mut count = 0;
    while fake.take_edge() {
        count += usize::from(uart.on_interrupt());
    }
    count
}

fn read_now<const N: usize>(uart: &TestUart<N>, size: usize) -> Vec<u8> {
    let mut buf = vec![0; size];
    match uart.poll_read(&mut Flag::new().context(), &mut buf) {
        Poll::Ready(count) => buf[..count].to_vec(),
        Poll::Pending => Vec::new(),
    }
}

#[test]
fn init_sets_the_line_up() {
    let lock = FakeLock::new();
    let fake = FakeUart16550::guarded_by(&lock);
    let _uart: TestUart<64> = set_up(&fake, &lock, Config { divisor: 0x0102, ..Config::default() });
    assert_eq!((fake.divisor(), fake.line_control()), (0x0102, 3));
    assert!(fake.rts());
    assert_eq!(fake.interrupts_enabled(), 0b101, "receive and line status, not transmit");
}

#[test]
fn what_is_no_16550_is_absent() {
    assert_eq!(Uart::<_, _, 64>::new(NoDevice, FakeLock::new()).init(Config::default()), Err(Absent));
    let fake = FakeUart16550::new().without_fifos();
    assert_eq!(Uart::<_, _, 64>::new(&fake, FakeLock::new()).init(Config::default()), Err(Absent));
}

#[test]
fn a_received_byte_wakes_the_reader() {
    let lock = FakeLock::new();
    let fake = FakeUart16550::guarded_by(&lock);
    let uart: TestUart<64> = set_up(&fake, &lock, Config::default());
    let flag = Flag::new();
    let mut buf = [0; 8];
    {
        let mut read = pin!(uart.read(&mut buf));
        assert_eq!(read.as_mut().poll(&mut flag.context()), Poll::Pending);
        fake.host_send(b"x");
        assert!(!flag.take(), "nobody may wake before the handler ran");
        assert_eq!(interrupts(&fake, &uart), 1);
        assert!(flag.take());
        assert_eq!(read.as_mut().poll(&mut flag.context()), Poll::Ready(1));
    }
    assert_eq!(buf[0], b'x');
}

/// A line on which another byte comes each time the handler asks for the cause.
struct Busy<'a> {
    fake: &'a FakeUart16550<'a>,
    left: AtomicU8,
}

impl Registers for &Busy<'_> {
    fn read8(&self, offset: usize) -> u8 {
        let left = self.left.load(Relaxed);
        if offset == 2 && left > 0 {
            self.left.store(left - 1, Relaxed);
            self.fake.host_force(left, None);
        }
        self.fake.read8(offset)
    }

    fn write8(&self, offset: usize, value: u8) {
        self.fake.write8(offset, value);
    }
}

#[test]
fn the_handler_goes_on_until_there_is_no_cause() {
    let lock = FakeLock::new();
    let fake = FakeUart16550::guarded_by(&lock);
    let line = Busy { fake: &fake, left: AtomicU8::new(0) };
    let uart = Uart::<_, _, 256>::new(&line, &lock);
    uart.init(Config::default()).expect("the fake is a 16550");
    line.left.store(200, Relaxed);
    assert!(uart.on_interrupt());
    let mut buf = [0; 256];
    assert_eq!(uart.poll_read(&mut Flag::new().context(), &mut buf), Poll::Ready(200));
    assert!(buf[..200].iter().copied().eq((1..=200).rev()));
}

#[test]
fn bytes_below_the_trigger_level_come_with_the_timeout() {
    let lock = FakeLock::new();
    let fake = FakeUart16550::guarded_by(&lock);
    let uart: TestUart<64> = set_up(&fake, &lock, LEVEL_8);
    fake.host_send(b"abc");
    assert_eq!(interrupts(&fake, &uart), 0);
    fake.line_idle();
    assert_eq!(interrupts(&fake, &uart), 1);
    assert_eq!(read_now(&uart, 8), b"abc");
}

#[test]
fn a_full_ring_holds_the_sender_and_loses_nothing() {
    let lock = FakeLock::new();
    let fake = FakeUart16550::guarded_by(&lock);
    let uart: TestUart<32> = set_up(&fake, &lock, Config::default());
    let sent: Vec<u8> = (0..200).collect();
    let mut rest = &sent[..];
    loop {
        let count = fake.host_send(&rest[..rest.len().min(5)]);
        rest = &rest[count..];
        interrupts(&fake, &uart);
        if count == 0 {
            break;
        }
    }
    assert!(!fake.rts(), "the sender is told to wait");
    assert!(sent.len() - rest.len() >= 28, "not before most of the ring is used");
    let mut got = Vec::new();
    while got.len() < sent.len() {
        let bytes = read_now(&uart, 7);
        assert!(!bytes.is_empty(), "stuck after {} bytes", got.len());
        got.extend(bytes);
        let count = fake.host_send(rest);
        rest = &rest[count..];
        interrupts(&fake, &uart);
    }
    assert_eq!(got, sent);
    assert!(fake.rts());
    assert_eq!(uart.errors(), LineErrors::default());
}

#[test]
fn a_sender_that_ignores_rts_waits_in_the_fifo_with_the_interrupt_masked() {
    let lock = FakeLock::new();
    let fake = FakeUart16550::guarded_by(&lock);
    let uart: TestUart<16> = set_up(&fake, &lock, Config::default());
    for byte in 0..32 {
        fake.host_force(byte, None);
        interrupts(&fake, &uart);
    }
    assert_eq!(fake.interrupts_enabled(), 0, "a level that cannot be served must be masked");
    let mut got = Vec::new();
    while let bytes @ [_, ..] = &*read_now(&uart, 5) {
        got.extend_from_slice(bytes);
        interrupts(&fake, &uart);
    }
    assert_eq!(got, (0..32).collect::<Vec<u8>>());
    assert_eq!(fake.interrupts_enabled(), 0b101);
}

#[test]
fn line_errors_are_counted_and_only_a_breaks_zero_is_dropped() {
    let lock = FakeLock::new();
    let fake = FakeUart16550::guarded_by(&lock);
    let uart: TestUart<64> = set_up(&fake, &lock, LEVEL_8);
    fake.host_force(b'a', Some(LineFault::Parity));
    fake.host_force(b'b', Some(LineFault::Framing));
    fake.host_force(0, Some(LineFault::Break));
    fake.host_force(0, None);
    interrupts(&fake, &uart);
    fake.line_idle();
    interrupts(&fake, &uart);
    assert_eq!(read_now(&uart, 8), b"ab\0");
    for byte in 0..17 {
        fake.host_force(byte, None); // nobody serves it: the last one is lost by the UART
    }
    interrupts(&fake, &uart);
    assert_eq!(uart.errors(), LineErrors { overrun: 1, parity: 1, framing: 1, breaks: 1 });
    assert_eq!(read_now(&uart, 32), (0..16).collect::<Vec<u8>>());
}

#[test]
fn output_goes_out_a_fifo_at_a_time_and_wakes_the_writer_at_half() {
    let lock = FakeLock::new();
    let fake = FakeUart16550::guarded_by(&lock);
    let uart: TestUart<64> = set_up(&fake, &lock, Config::default());
    let bytes: Vec<u8> = (0..100).collect();
    let flag = Flag::new();
    let mut write = pin!(uart.write_all(&bytes));
    // 64 to the ring, 16 of them on to the FIFO, 16 more to the ring; 20 do not fit.
    assert_eq!(write.as_mut().poll(&mut flag.context()), Poll::Pending);
    assert_eq!(fake.shift_out(16), 16);
    assert_eq!(interrupts(&fake, &uart), 1);
    assert!(!flag.take(), "48 of 64 are still queued: waking now would be early");
    assert_eq!(fake.shift_out(16), 16);
    interrupts(&fake, &uart);
    assert!(flag.take(), "half of the ring is free");
    assert_eq!(write.as_mut().poll(&mut flag.context()), Poll::Ready(()));
    while fake.shift_out(16) > 0 {
        interrupts(&fake, &uart);
    }
    assert_eq!(fake.sent(), bytes);
    assert_eq!(fake.interrupts_enabled() & 2, 0, "nothing to send: no transmit interrupts");
}

#[test]
fn a_device_that_takes_bytes_at_once_needs_no_interrupt() {
    let lock = FakeLock::new();
    let fake = FakeUart16550::guarded_by(&lock).instant();
    let uart: TestUart<64> = set_up(&fake, &lock, Config::default());
    let bytes = vec![b'x'; 1000];
    block_on(uart.write_all(&bytes));
    block_on(uart.flush());
    assert_eq!(fake.sent(), bytes);
    assert!(!fake.take_edge());
}

#[test]
fn flush_ends_when_the_fifo_is_empty() {
    let lock = FakeLock::new();
    let fake = FakeUart16550::guarded_by(&lock);
    let uart: TestUart<64> = set_up(&fake, &lock, Config::default());
    block_on(uart.write_all(b"abc"));
    let flag = Flag::new();
    let mut flush = pin!(uart.flush());
    assert_eq!(flush.as_mut().poll(&mut flag.context()), Poll::Pending);
    fake.shift_out(2);
    assert_eq!((interrupts(&fake, &uart), flag.take()), (0, false));
    fake.shift_out(1);
    assert_eq!((interrupts(&fake, &uart), flag.take()), (1, true));
    assert_eq!(flush.as_mut().poll(&mut flag.context()), Poll::Ready(()));
}

#[test]
fn a_dropped_flush_does_not_keep_the_writer_asleep() {
    let lock = FakeLock::new();
    let fake = FakeUart16550::guarded_by(&lock);
    let uart: TestUart<16> = set_up(&fake, &lock, Config::default());
    block_on(uart.write_all(&[1; 16]));
    assert!(uart.poll_flush(&mut Flag::new().context()).is_pending());
    let flag = Flag::new();
    let mut write = pin!(uart.write_all(&[2; 40]));
    let mut turns = 0;
    while write.as_mut().poll(&mut flag.context()).is_pending() {
        fake.shift_out(16);
        interrupts(&fake, &uart);
        assert!(flag.take(), "the writer was not woken");
        turns += 1;
        assert!(turns < 10);
    }
}

#[test]
fn a_panic_writes_what_was_queued_first() {
    let fake = FakeUart16550::new().instant();
    let lock = FakeLock::new();
    let held_up = FakeUart16550::new();
    let uart: TestUart<64> = set_up(&fake, &lock, Config::default());
    assert_eq!(uart.write_sync(b"early\n"), 6);
    assert_eq!(fake.sent(), b"early\n");
    let uart: TestUart<64> = set_up(&held_up, &lock, Config::default());
    block_on(uart.write_all(&[b'q'; 20]));
    // The line is dead: it gives up rather than hang, and says so.
    assert_eq!(uart.write_sync(b"x"), 0);
}

#[derive(Clone, Debug)]
enum Step {
    HostSends(u8),
    LineIdle,
    ShiftOut(usize),
    Interrupt,
    Read(usize),
    Write(u8),
    Flush,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (1..40u8).prop_map(Step::HostSends),
        Just(Step::LineIdle),
        (1..20usize).prop_map(Step::ShiftOut),
        Just(Step::Interrupt),
        (1..24usize).prop_map(Step::Read),
        (1..50u8).prop_map(Step::Write),
        Just(Step::Flush),
    ]
}

/// Both directions of a line under test, and who has been woken.
struct World<'a> {
    fake: &'a FakeUart16550<'a>,
    uart: TestUart<'a, 32>,
    to_guest: Vec<u8>,
    sent_to_guest: usize,
    got: Vec<u8>,
    to_host: Vec<u8>,
    written: usize,
    reader: Flag,
    writer: Flag,
}

impl World<'_> {
    fn step(&mut self, step: &Step) {
        match *step {
            Step::HostSends(count) => {
                for _ in 0..count {
                    self.to_guest.push(self.to_guest.len() as u8);
                }
                self.host();
            }
            Step::LineIdle => self.fake.line_idle(),
            Step::ShiftOut(count) => {
                self.fake.shift_out(count);
            }
            Step::Interrupt => {
                interrupts(self.fake, &self.uart);
            }
            Step::Read(size) => self.read(size),
            Step::Write(count) => {
                for _ in 0..count {
                    self.to_host.push(self.to_host.len() as u8 ^ 0x5a);
                }
                self.write();
            }
            Step::Flush => {
                // Dropped at once: a cancelled flush. The writer's waker is registered again by it.
                let _ = self.uart.poll_flush(&mut self.writer.context());
            }
        }
    }

    fn host(&mut self) {
        self.sent_to_guest += self.fake.host_send(&self.to_guest[self.sent_to_guest..]);
    }

    /// Polls the reader, but only if it may run.
    fn read(&mut self, size: usize) {
        if !self.reader.take() {
            return;
        }
        let mut buf = vec![0; size];
        if let Poll::Ready(count) = self.uart.poll_read(&mut self.reader.context(), &mut buf) {
            self.got.extend_from_slice(&buf[..count]);
            wake(&self.reader);
        }
    }

    fn write(&mut self) {
        if self.written == self.to_host.len() || !self.writer.take() {
            return;
        }
        let rest = &self.to_host[self.written..];
        if let Poll::Ready(count) = self.uart.poll_write(&mut self.writer.context(), rest) {
            self.written += count;
            wake(&self.writer);
        }
    }

    fn finished(&self) -> bool {
        self.got.len() == self.to_guest.len() && self.fake.sent().len() == self.to_host.len()
    }
}

proptest! {
    #[test]
    fn every_byte_arrives_in_order_both_ways(steps in proptest::collection::vec(step(), 0..120), level in 0..3u8) {
        let lock = FakeLock::new();
        let fake = FakeUart16550::guarded_by(&lock);
        let trigger = [FifoTriggerLevel::One, FifoTriggerLevel::Eight, FifoTriggerLevel::Fourteen][usize::from(level)];
        let uart = set_up(&fake, &lock, Config { divisor: 1, trigger });
        let mut world = World {
            fake: &fake, uart, to_guest: vec![], sent_to_guest: 0, got: vec![], to_host: vec![], written: 0,
            reader: Flag::new(), writer: Flag::new(),
        };
        wake(&world.reader);
        wake(&world.writer);
        for step in &steps {
            world.step(step);
        }
        // From here on everybody does what there is to do. 8000 bytes at least one a turn.
        for _ in 0..8000 {
            if world.finished() {
                break;
            }
            world.host();
            world.fake.line_idle();
            world.fake.shift_out(3);
            interrupts(world.fake, &world.uart);
            world.read(9);
            world.write();
        }
        prop_assert!(world.finished(), "somebody sleeps for ever: {} of {} received, {} of {} sent",
            world.got.len(), world.to_guest.len(), fake.sent().len(), world.to_host.len());
        prop_assert_eq!(&world.got, &world.to_guest);
        prop_assert_eq!(fake.sent(), world.to_host);
        prop_assert_eq!(world.uart.errors(), LineErrors::default());
    }
}

#[test]
fn handler_and_tasks_on_three_cpus() {
    let lock = FakeLock::new();
    let fake = FakeUart16550::guarded_by(&lock);
    let uart: TestUart<32> = set_up(&fake, &lock, LEVEL_8);
    let bytes: Vec<u8> = (0..20_000u32).map(|i| (i * 31 + i / 256) as u8).collect();
    let mut got = vec![0; bytes.len()];
    thread::scope(|scope| {
        scope.spawn(|| {
            block_on(uart.write_all(&bytes));
            block_on(uart.flush());
        });
        let reader = scope.spawn(|| {
            let mut filled = 0;
            while filled < got.len() {
                filled += block_on(uart.read(&mut got[filled..]));
            }
        });
        let mut sent = 0;
        while !reader.is_finished() || fake.sent().len() < bytes.len() {
            sent += fake.host_send(&bytes[sent..]);
            fake.line_idle();
            fake.shift_out(5);
            // The line may have been served by a task meanwhile: an edge without a cause is allowed here.
            if fake.take_edge() {
                uart.on_interrupt();
            }
            thread::yield_now();
        }
    });
    assert!(got == bytes && fake.sent() == bytes, "bytes were lost or reordered");
}
