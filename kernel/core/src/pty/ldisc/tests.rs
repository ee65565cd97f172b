//! Key sequences and what must come of them, and a comparison with a simple model.

use super::*;
use alloc::{string::String, vec};
use proptest::prelude::*;

struct Terminal {
    ldisc: LineDiscipline,
    out: Output,
    signals: Vec<Signal>,
}

impl Terminal {
    fn new(modes: Modes) -> Self {
        let (mut ldisc, mut out) = (LineDiscipline::new().unwrap(), Output::new().unwrap());
        let _ = ldisc.set_attributes(Attributes { modes, ..Attributes::SANE }, &mut out);
        Self { ldisc, out, signals: Vec::new() }
    }

    fn set_modes(&mut self, modes: Modes) -> Outcome {
        self.ldisc.set_attributes(Attributes { modes, ..self.ldisc.attributes() }, &mut self.out)
    }

    fn type_keys(&mut self, keys: &[u8]) {
        for &key in keys {
            let room = self.ldisc.has_room() || self.ldisc.next_signal(&[key]).is_some();
            assert!(room, "no room for {key:#x}");
            if let Outcome::Signal(signal) = self.ldisc.feed(key, &mut self.out) {
                self.signals.push(signal);
            }
        }
    }

    fn reads(&mut self) -> Vec<Vec<u8>> {
        let mut reads = Vec::new();
        let mut buf = [0; 8192];
        while let Some(n) = self.ldisc.read(&mut buf) {
            reads.push(buf[..n].to_vec());
        }
        reads
    }

    fn shown(&mut self) -> String {
        let mut buf = vec![0; 65536];
        let n = self.out.take(&mut buf);
        String::from_utf8_lossy(&buf[..n]).into_owned()
    }
}

/// What a screen shows after these bytes, as lines: applies backspace, carriage return and newline.
fn screen(bytes: &str) -> Vec<String> {
    let (mut lines, mut line, mut column) = (Vec::new(), Vec::<char>::new(), 0);
    for char in bytes.chars() {
        match char {
            '\n' => lines.push(core::mem::take(&mut line).into_iter().collect::<String>()),
            '\r' => column = 0,
            '\x08' => column = usize::saturating_sub(column, 1),
            '\t' => column = (column / 8 + 1) * 8,
            _ => {
                while line.len() <= column {
                    line.push(' ');
                }
                line[column] = char;
                column += 1;
            }
        }
    }
    lines.push(line.into_iter().collect());
    lines.into_iter().map(|line| String::from(line.trim_end())).collect()
}

/// A name, the modes, the keys, what each read gives, and the echo.
type Row<'a> = (&'a str, Modes, &'a [u8], &'a [&'a [u8]], &'a str);

#[test]
fn keys_give_these_reads_and_echoes() {
    let cooked = Modes::COOKED;
    let table: &[Row<'_>] = &[
        ("a line", cooked, b"hi\r", &[b"hi\n"], "hi\r\n"),
        ("a line by newline", cooked, b"hi\n", &[b"hi\n"], "hi\r\n"),
        ("no ICRNL", cooked.difference(Modes::ICRNL), b"a\rb\n", &[b"a\rb\n"], "a^Mb\r\n"),
        ("two lines are two reads", cooked, b"a\rb\r", &[b"a\n", b"b\n"], "a\r\nb\r\n"),
        ("half a line is not read", cooked, b"a\rb", &[b"a\n"], "a\r\nb"),
        ("erase", cooked, b"ab\x7fc\r", &[b"ac\n"], "ab\x08 \x08c\r\n"),
        ("erase by ^H", cooked, b"ab\x08c\r", &[b"ac\n"], "ab\x08 \x08c\r\n"),
        ("erase of nothing", cooked, b"\x7f\x7fa\r", &[b"a\n"], "a\r\n"),
        (
            "erase stops at the line's start",
            cooked,
            b"a\rb\x7f\x7f\r",
            &[b"a\n", b"\n"],
            "a\r\nb\x08 \x08\r\n",
        ),
        ("erase of a character of two bytes", cooked, "aé\x7f\r".as_bytes(), &[b"a\n"], "aé\x08 \x08\r\n"),
        ("erase of a wide character", cooked, "漢\x7f\r".as_bytes(), &[b"\n"], "漢\x08 \x08\x08 \x08\r\n"),
        ("erase of a control character", cooked, b"\x01\x7f\r", &[b"\n"], "^A\x08 \x08\x08 \x08\r\n"),
        ("erase of a tab", cooked, b"abc\t\x7f\r", &[b"abc\n"], "abc\t\x08\x08\x08\x08\x08\r\n"),
        (
            "erase of a tab after a tab",
            cooked,
            b"\tx\t\x7f\r",
            &[b"\tx\n"],
            "\tx\t\x08\x08\x08\x08\x08\x08\x08\r\n",
        ),
        (
            "word erase",
            cooked,
            b"ab cd  \x17x\r",
            &[b"ab x\n"],
            "ab cd  \x08 \x08\x08 \x08\x08 \x08\x08 \x08x\r\n",
        ),
        ("kill", cooked, b"ab\x15c\r", &[b"c\n"], "ab\x08 \x08\x08 \x08c\r\n"),
        ("kill without ECHOK", cooked.difference(Modes::ECHOK), b"ab\x15c\r", &[b"c\n"], "ab^Uc\r\n"),
        ("kill without ECHOKE", cooked.difference(Modes::ECHOKE), b"ab\x15c\r", &[b"c\n"], "ab^U\r\nc\r\n"),
        ("INLCR", cooked.union(Modes::INLCR), b"a\nb\r", &[b"a\rb\n"], "a^Mb\r\n"),
        ("INLCR without ICRNL", Modes::INLCR, b"a\nb\r", &[b"a\rb\r"], ""),
        ("IGNCR", cooked.union(Modes::IGNCR), b"a\rb\n", &[b"ab\n"], "ab\r\n"),
        ("ECHONL", cooked.difference(Modes::ECHO).union(Modes::ECHONL), b"ab\r", &[b"ab\n"], "\r\n"),
        ("NOFLSH", cooked.union(Modes::NOFLSH), b"a\rb\x03c\r", &[b"a\n", b"bc\n"], "a\r\nb^Cc\r\n"),
        ("erase without ECHOE", cooked.difference(Modes::ECHOE), b"ab\x7fc\r", &[b"ac\n"], "ab^?c\r\n"),
        ("reprint", cooked, b"ab\x12c\r", &[b"abc\n"], "ab^R\r\nabc\r\n"),
        ("literal next", cooked, b"\x16\x03\x16\x7f\r", &[b"\x03\x7f\n"], "^\x08^C^\x08^?\r\n"),
        ("a literal newline does not end the line", cooked, b"a\x16\nb\r", &[b"a\nb\n"], "a^\x08^Jb\r\n"),
        ("end of file", cooked, b"\x04", &[b""], ""),
        ("end of file twice", cooked, b"\x04\x04", &[b"", b""], ""),
        ("EOF in a line hands over what is there", cooked, b"ab\x04c\r", &[b"ab", b"c\n"], "abc\r\n"),
        ("end of file after a line", cooked, b"a\r\x04", &[b"a\n", b""], "a\r\n"),
        ("no echo", cooked.difference(Modes::ECHO), b"ab\x7f\x15c\r", &[b"c\n"], ""),
        ("no ECHOCTL", cooked.difference(Modes::ECHOCTL), b"\x01\r", &[b"\x01\n"], "\x01\r\n"),
        ("no IEXTEN", cooked.difference(Modes::IEXTEN), b"a\x17\r", &[b"a\x17\n"], "a^W\r\n"),
        ("interrupt drops what was typed", cooked, b"a\rbc\x03d\r", &[b"d\n"], "^Cd\r\n"),
        ("no ISIG", cooked.difference(Modes::ISIG), b"\x03\r", &[b"\x03\n"], "^C\r\n"),
        ("raw", Modes::RAW, b"a\r\x03\x04\x7f", &[b"a\r\x03\x04\x7f"], ""),
        ("raw with echo", Modes::RAW.union(Modes::ECHO), b"a\n", &[b"a\n"], "a\r\n"),
        ("XOFF and XON are not read", cooked, b"a\x13\x11b\r", &[b"ab\n"], "ab\r\n"),
        ("no IXON", cooked.difference(Modes::IXON), b"\x13\r", &[b"\x13\n"], "^S\r\n"),
    ];
    for (name, modes, keys, reads, echo) in table {
        let mut terminal = Terminal::new(*modes);
        terminal.type_keys(keys);
        assert_eq!(terminal.shown(), *echo, "echo of: {name}");
        assert_eq!(terminal.reads(), *reads, "reads of: {name}");
    }
}

#[test]
fn signal_keys_make_signals() {
    let mut terminal = Terminal::new(Modes::COOKED);
    terminal.type_keys(b"\x03\x1c\x1a");
    assert_eq!(terminal.signals, [Signal::Int, Signal::Quit, Signal::Tstp]);
}

#[test]
fn a_signal_releases_held_output_and_drops_it() {
    let mut terminal = Terminal::new(Modes::COOKED);
    terminal.type_keys(b"\x13");
    terminal.out.write(Modes::COOKED, b"flood");
    assert_eq!(terminal.shown(), "", "XOFF holds");
    terminal.type_keys(b"\x03");
    assert_eq!(terminal.shown(), "^C");
}

#[test]
fn a_line_stops_growing_with_a_bell_and_can_still_be_ended() {
    let mut terminal = Terminal::new(Modes::COOKED.difference(Modes::ECHO));
    terminal.type_keys(&vec![b'x'; MAX_CANON - 1]);
    assert_eq!(terminal.shown(), "");
    terminal.type_keys(b"yz");
    assert_eq!(terminal.shown(), "\x07\x07");
    terminal.type_keys(b"\r");
    let mut expected = vec![b'x'; MAX_CANON - 1];
    expected.push(b'\n');
    assert_eq!(terminal.reads(), [expected]);
}

#[test]
fn keys_wait_when_lines_are_not_read() {
    for modes in [Modes::COOKED, Modes::RAW] {
        let mut terminal = Terminal::new(modes);
        let mut typed = 0;
        while terminal.ldisc.has_room() {
            terminal.type_keys(if typed % 64 == 63 { b"\n" } else { b"x" });
            typed += 1;
            assert!(typed <= MAX_CANON);
        }
        assert!(typed > MAX_CANON / 2, "{typed}");
        assert!(terminal.ldisc.read(&mut [0; 64]).is_some());
        assert!(terminal.ldisc.has_room());
    }
}

#[test]
fn a_short_buffer_reads_a_line_in_parts() {
    let mut terminal = Terminal::new(Modes::COOKED);
    terminal.type_keys(b"abcd\refg\r");
    let mut buf = [0; 3];
    for part in [&b"abc"[..], b"d\n", b"efg", b"\n"] {
        let n = terminal.ldisc.read(&mut buf).unwrap();
        assert_eq!(&buf[..n], part);
    }
    assert_eq!(terminal.ldisc.read(&mut buf), None);
}

#[test]
fn a_change_of_mode_loses_no_keys() {
    let mut terminal = Terminal::new(Modes::COOKED);
    terminal.type_keys(b"one\rtw");
    assert_eq!(terminal.set_modes(Modes::RAW), Outcome::Readable);
    terminal.type_keys(b"o\r");
    assert_eq!(terminal.set_modes(Modes::COOKED), Outcome::Readable);
    terminal.type_keys(b"x\r");
    assert_eq!(terminal.reads(), [&b"one\ntwo\r"[..], b"x\n"]);
}

#[test]
fn no_keys_make_the_queues_grow() {
    let mut terminal = Terminal::new(Modes::COOKED);
    let before = (terminal.ldisc.line.capacity(), terminal.ldisc.lines.capacity());
    terminal.type_keys(&[b'x'; 3 * MAX_CANON]);
    terminal.type_keys(b"\r");
    while terminal.ldisc.has_room() {
        terminal.type_keys(b"\x04");
    }
    let after = (terminal.ldisc.line.capacity(), terminal.ldisc.lines.capacity());
    assert_eq!(before, after);
}

/// The keys that the model knows, all of them in ASCII.
fn key() -> impl Strategy<Value = u8> {
    prop_oneof![
        6 => b'a'..=b'e',
        2 => Just(b' '),
        2 => Just(b'\r'),
        2 => Just(0x7f),
        1 => Just(0x17),
        1 => Just(0x15),
        1 => Just(0x04),
        1 => Just(0x03),
        1 => Just(0x16),
        1 => Just(0x12),
        1 => Just(0x01),
        1 => Just(b'\t'),
    ]
}

/// Lines as a person expects them, without queues or echo. Also the line that is left unfinished.
fn model(keys: &[u8]) -> (Vec<Vec<u8>>, Vec<u8>) {
    let (mut lines, mut line, mut literal) = (Vec::new(), Vec::new(), false);
    for &key in keys {
        if core::mem::take(&mut literal) {
            line.push(key);
            continue;
        }
        match key {
            b'\r' => {
                line.push(b'\n');
                lines.push(core::mem::take(&mut line));
            }
            0x04 => lines.push(core::mem::take(&mut line)),
            0x7f => drop(line.pop()),
            0x15 => line.clear(),
            0x17 => {
                let word = |byte: &u8| byte.is_ascii_alphanumeric();
                while line.last().is_some_and(|byte| !word(byte)) {
                    line.pop();
                }
                while line.last().is_some_and(word) {
                    line.pop();
                }
            }
            0x03 => {
                line.clear();
                lines.clear();
            }
            0x16 => literal = true,
            0x12 => {}
            _ => line.push(key),
        }
    }
    (lines, line)
}

/// A terminal whose characters have been moved.
fn moved(change: impl FnOnce(&mut pollux_shell::env::Characters)) -> Terminal {
    let mut terminal = Terminal::new(Modes::COOKED);
    let mut attributes = terminal.ldisc.attributes();
    change(&mut attributes.characters);
    let _ = terminal.ldisc.set_attributes(attributes, &mut terminal.out);
    terminal
}

#[test]
fn characters_can_be_moved_and_switched_off() {
    let mut terminal = moved(|characters| {
        characters.intr = Some(b'!');
        characters.erase = Some(b'#');
        characters.eol = Some(b';');
        characters.kill = None;
        characters.eof = None;
    });
    terminal.type_keys(b"ax#b\x15\x04;\x03\x7fc\r!");
    assert_eq!(terminal.signals, [Signal::Int]);
    assert_eq!(terminal.reads(), [] as [&[u8]; 0], "the signal drops the lines");
    terminal.type_keys(b"ax#b\x15\x04;\x03\x7fc\r");
    assert_eq!(terminal.reads(), [&b"ab\x15\x04;"[..], b"\x03\x7fc\n"]);
}

#[test]
fn any_key_releases_with_ixany() {
    let mut terminal = Terminal::new(Modes::COOKED.union(Modes::IXANY));
    terminal.type_keys(b"\x13");
    terminal.out.write(Modes::COOKED, b"text");
    assert_eq!(terminal.shown(), "");
    let fed = terminal.ldisc.feed_all(b"ab", &mut terminal.out);
    assert_eq!(fed, Fed { taken: 2, released: true, ..Fed::default() });
    assert_eq!(terminal.shown(), "textab");
}

#[test]
fn the_other_side_is_asked_to_stop_and_to_go_on() {
    let mut terminal = Terminal::new(Modes::RAW.union(Modes::IXOFF));
    let keys = [b'k'; MAX_CANON - 1];
    assert_eq!(terminal.ldisc.feed_all(&keys, &mut terminal.out).taken, keys.len());
    terminal.out.hold(true);
    assert_eq!(terminal.shown(), "\x13", "said though output is held");
    terminal.reads();
    terminal.ldisc.control_flow(&mut terminal.out);
    assert_eq!(terminal.shown(), "\x11");
    assert_eq!(terminal.shown(), "");
}

proptest! {
    /// However keys are cut into pieces, the same comes of them as of one after the other.
    #[test]
    fn runs_are_the_same_as_single_keys(
        pieces in proptest::collection::vec(proptest::collection::vec(
            prop_oneof![4 => key(), 1 => any::<u8>(), 1 => Just(0x13), 1 => Just(0x11)], 0..300), 0..8),
        modes in any::<u32>(),
    ) {
        let modes = Modes::from_bits_truncate(modes);
        let (mut one, mut all) = (Terminal::new(modes), Terminal::new(modes));
        for piece in &pieces {
            let mut rest = &piece[..];
            loop {
                let fed = all.ldisc.feed_all(rest, &mut all.out);
                all.signals.extend(fed.signal);
                rest = &rest[fed.taken..];
                if fed.taken == 0 { break; }
            }
            let taken = piece.len() - rest.len();
            one.type_keys(&piece[..taken]);
            one.ldisc.control_flow(&mut one.out);
            prop_assert!(rest.is_empty() || !one.ldisc.has_room(), "keys are left and there is room");
            prop_assert_eq!(one.shown(), all.shown());
            prop_assert_eq!(one.ldisc.is_readable(), all.ldisc.is_readable());
        }
        prop_assert_eq!(one.reads(), all.reads());
        prop_assert_eq!(one.signals, all.signals);
    }

    #[test]
    fn reads_are_what_the_model_says(keys in proptest::collection::vec(key(), 0..200)) {
        let mut terminal = Terminal::new(Modes::COOKED);
        terminal.type_keys(&keys);
        prop_assert_eq!(terminal.reads(), model(&keys).0);
    }

    /// The last line on the screen is the line that is being edited, however it was edited.
    #[test]
    fn the_screen_shows_the_line(keys in proptest::collection::vec(key(), 0..200)) {
        let mut terminal = Terminal::new(Modes::COOKED);
        terminal.out.write(Modes::COOKED, b"\n");
        // The other keys end a line in mid-screen, or leave a mark on it.
        let keys: Vec<u8> = keys.into_iter().filter(|key| ![0x03, 0x04, 0x16].contains(key)).collect();
        terminal.type_keys(&keys);
        let mut expected = String::new();
        for byte in model(&keys).1 {
            match byte {
                b'\t' => while { expected.push(' '); !expected.len().is_multiple_of(8) } {},
                1 => expected.push_str("^A"),
                _ => expected.push(byte as char),
            }
        }
        let shown = screen(&terminal.shown());
        prop_assert_eq!(shown.last().unwrap().as_str(), expected.trim_end());
    }

    /// Any bytes in any mode: no panic, and nothing is lost between what goes in and what comes out raw.
    #[test]
    fn raw_mode_passes_every_byte(keys in proptest::collection::vec(any::<u8>(), 0..3000)) {
        let mut terminal = Terminal::new(Modes::RAW);
        terminal.type_keys(&keys);
        prop_assert_eq!(terminal.reads().concat(), keys);
    }

    #[test]
    fn no_bytes_and_no_modes_break_it(keys in proptest::collection::vec(any::<u8>(), 0..500), modes in any::<u32>()) {
        let mut terminal = Terminal::new(Modes::from_bits_truncate(modes));
        terminal.type_keys(&keys);
        terminal.reads();
    }
}
