//! The keyboard driver over a controller that punishes misuse.

mod support;

use pollux_drivers::{Absent, ps2::Keyboard};
use pollux_hal::mock::{FakeClock, FakeI8042, FakeLock, NoDevice};
use std::{future::Future, pin::pin, task::Poll};
use support::Flag;

/// A microsecond each time it is looked at: a wait of 50 ms ends after 50,000 looks.
fn clock() -> FakeClock {
    FakeClock::stepping(1_000)
}

/// What typing these scancodes gives.
fn typed(scancodes: &[u8]) -> String {
    let lock = FakeLock::new();
    let fake = FakeI8042::guarded_by(&lock);
    let keyboard = Keyboard::<_, _, 64>::new(&fake, &lock);
    keyboard.init(&clock()).expect("the fake is an i8042");
    let mut keys = keyboard.keys();
    let mut out = Vec::new();
    for scancode in scancodes {
        fake.press(&[*scancode]);
        while fake.take_edge() {
            keyboard.on_interrupt();
        }
        // Three bytes at a time: sequences are split.
        let mut buf = [0; 3];
        while let Poll::Ready(count) = keys.poll_read(&mut Flag::new().context(), &mut buf) {
            out.extend_from_slice(&buf[..count]);
        }
    }
    String::from_utf8(out).expect("keys are UTF-8")
}

#[test]
fn init_leaves_keyboard_interrupt_and_translation_on_and_the_mouse_off() {
    let lock = FakeLock::new();
    let fake = FakeI8042::guarded_by(&lock);
    fake.press(&[0x1e]); // a key from before
    let keyboard = Keyboard::<_, _, 64>::new(&fake, &lock);
    assert_eq!(keyboard.init(&clock()), Ok(()));
    assert_eq!(fake.config(), 0x61, "interrupt of port 1, clock of port 2 off, translation");
}

#[test]
fn what_does_not_answer_is_absent_and_not_a_hang() {
    let init = |fake: FakeI8042| Keyboard::<_, _, 64>::new(&fake, FakeLock::new()).init(&clock());
    assert_eq!(Keyboard::<_, _, 64>::new(NoDevice, FakeLock::new()).init(&clock()), Err(Absent));
    assert_eq!(init(FakeI8042::new().broken()), Err(Absent));
    assert_eq!(init(FakeI8042::new().stuck()), Err(Absent));
    assert_eq!(init(FakeI8042::new().unplugged()), Ok(()), "a keyboard may be plugged in later");
    assert!(!Keyboard::<_, _, 64>::new(NoDevice, FakeLock::new()).on_interrupt());
}

#[test]
fn letters_with_shift_caps_and_ctrl() {
    assert_eq!(typed(&[0x1e, 0x9e, 0x30]), "ab");
    assert_eq!(typed(&[0x2a, 0x1e, 0x9e, 0xaa, 0x1e]), "Aa", "shift holds while it is held");
    assert_eq!(typed(&[0x3a, 0xba, 0x1e, 0x3a, 0xba, 0x1e]), "Aa", "caps lock toggles");
    assert_eq!(typed(&[0x1d, 0x2e, 0x9d, 0x2e]), "\x03c");
    assert_eq!(typed(&[0x1d, 0x1a, 0x2b, 0x1b, 0x39, 0x9d]), "\x1b\x1c\x1d\0", "^[ ^\\ ^] ^Space");
    assert_eq!(typed(&[0x1d, 0x2a, 0x0c, 0x03]), "\x1f\0", "^_ ^@");
}

#[test]
fn keys_that_edit() {
    assert_eq!(typed(&[0x1c, 0x0e, 0x0f, 0x01]), "\r\x7f\t\x1b");
    assert_eq!(typed(&[0xe0, 0x1c]), "\r", "the keypad's Enter");
    assert_eq!(typed(&[0x2a, 0x0f]), "\x1b[Z");
    assert_eq!(typed(&[0xe0, 0x48, 0xe0, 0x50, 0xe0, 0x4d, 0xe0, 0x4b]), "\x1b[A\x1b[B\x1b[C\x1b[D");
    assert_eq!(typed(&[0xe0, 0x47, 0xe0, 0x4f]), "\x1b[H\x1b[F");
    assert_eq!(typed(&[0xe0, 0x52, 0xe0, 0x53, 0xe0, 0x49, 0xe0, 0x51]), "\x1b[2~\x1b[3~\x1b[5~\x1b[6~");
    assert_eq!(typed(&[0x3b, 0x3e, 0x3f, 0x58]), "\x1bOP\x1bOS\x1b[15~\x1b[24~");
}

#[test]
fn alt_is_an_escape_and_a_parameter() {
    assert_eq!(typed(&[0x38, 0x30, 0xb8, 0x30]), "\x1bbb");
    assert_eq!(typed(&[0x38, 0x0e]), "\x1b\x7f");
    assert_eq!(typed(&[0x1d, 0xe0, 0x4d]), "\x1b[1;5C");
    assert_eq!(typed(&[0x38, 0x2a, 0x1d, 0xe0, 0x53, 0x58]), "\x1b[3;8~\x1b[24;8~");
}

#[test]
fn keypad_follows_num_lock_and_noise_is_skipped() {
    assert_eq!(typed(&[0x48]), "8");
    assert_eq!(typed(&[0x45, 0xc5, 0x48]), "\x1b[A");
    assert_eq!(typed(&[0xe0, 0x7f, 0x1e]), "a", "an unknown key, then one that is known");
}

#[test]
fn an_interrupt_wakes_the_reader() {
    let lock = FakeLock::new();
    let fake = FakeI8042::guarded_by(&lock);
    let keyboard = Keyboard::<_, _, 64>::new(&fake, &lock);
    keyboard.init(&clock()).expect("the fake is an i8042");
    let flag = Flag::new();
    let mut keys = keyboard.keys();
    let mut buf = [0; 8];
    let mut read = pin!(keys.read(&mut buf));
    assert_eq!(read.as_mut().poll(&mut flag.context()), Poll::Pending);
    fake.press(&[0x1e]);
    assert!(fake.take_edge() && keyboard.on_interrupt() && flag.take());
    assert_eq!(read.as_mut().poll(&mut flag.context()), Poll::Ready(1));
    assert!(!keyboard.on_interrupt(), "nothing is left");
}

#[test]
fn a_mouse_byte_is_no_key() {
    let lock = FakeLock::new();
    let fake = FakeI8042::guarded_by(&lock);
    let keyboard = Keyboard::<_, _, 64>::new(&fake, &lock);
    keyboard.init(&clock()).expect("the fake is an i8042");
    fake.mouse(0x1e);
    keyboard.on_interrupt();
    assert!(keyboard.keys().poll_read(&mut Flag::new().context(), &mut [0; 4]).is_pending());
}

#[test]
fn a_full_ring_holds_the_keyboard_and_loses_nothing() {
    let lock = FakeLock::new();
    let fake = FakeI8042::guarded_by(&lock);
    let keyboard = Keyboard::<_, _, 8>::new(&fake, &lock);
    keyboard.init(&clock()).expect("the fake is an i8042");
    let letters: [u8; 20] = core::array::from_fn(|i| [0x1e, 0x30, 0x2e, 0x20, 0x12][i % 5]);
    fake.press(&letters);
    while fake.take_edge() {
        keyboard.on_interrupt();
    }
    assert_eq!(fake.held(), 11, "8 are in the ring and one is in the controller");
    let mut keys = keyboard.keys();
    let mut got = Vec::new();
    let mut buf = [0; 3];
    while let Poll::Ready(count) = keys.poll_read(&mut Flag::new().context(), &mut buf) {
        got.extend_from_slice(&buf[..count]);
        while fake.take_edge() {
            keyboard.on_interrupt();
        }
    }
    assert_eq!(got, b"abcdeabcdeabcdeabcde");
}

#[test]
#[should_panic(expected = "two tasks read from one keyboard")]
fn a_second_reader_is_a_bug() {
    let keyboard = Keyboard::<_, _, 8>::new(NoDevice, FakeLock::new());
    let _first = keyboard.keys();
    let _second = keyboard.keys();
}
