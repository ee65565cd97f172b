//! The editor by key sequences, against a model of a terminal.

use alloc::{string::String, vec::Vec};
use proptest::prelude::*;

use super::{Action, Editor, LIMIT};
use crate::env::WindowSize;

const SIZE: WindowSize = WindowSize { rows: 5, cols: 20 };

fn begun() -> Editor {
    let mut editor = Editor::default();
    editor.begin(b"$ ", SIZE);
    editor
}

fn press(editor: &mut Editor, keys: &[u8]) -> Vec<Action> {
    let actions = keys.iter().map(|&byte| editor.feed(byte));
    actions.filter(|action| *action != Action::None).collect()
}

/// The line and the cursor after these keys.
fn after(keys: &str) -> (String, usize) {
    let mut editor = begun();
    editor.history.add(b"first");
    editor.history.add(b"second one");
    assert_eq!(press(&mut editor, keys.as_bytes()), [], "{keys:?}");
    let (line, cursor) = editor.line();
    (String::from_utf8(line).expect("text"), cursor)
}

#[test]
fn keys_do_what_they_do_in_emacs() {
    let cases: &[(&str, &str, usize)] = &[
        ("abc\x01X", "Xabc", 1),
        ("abc\x1b[HX\x1b[FY", "XabcY", 5),
        ("abc\x02\x02X\x06Y", "aXbYc", 4),
        ("abc\x1b[D\x1b[3~", "ab", 2),
        ("abc\x7f\x08", "a", 1),
        ("abc\x01\x04", "bc", 0),
        ("one two  \x17", "one ", 4),
        ("one two\x17\x17\x19!", "one two!", 8),
        ("one two\x1bb\x0b", "one ", 4),
        ("one two\x1bb\x15", "two", 0),
        ("one two\x01\x1bd\x05\x19", " twoone", 7),
        ("one two\x01\x1bfX", "oneX two", 4),
        ("one two\x1b[1;5DX", "one Xtwo", 5),
        ("ab\x14", "ba", 2),
        ("aé日\x02\x7f", "a日", 1),
        ("e\u{301}x\x02\x02y", "ye\u{301}x", 1),
        ("typed\x10", "second one", 10),
        ("typed\x10\x10\x10", "first", 5),
        ("typed\x1b[A\x1b[A\x1b[B\x1b[B", "typed", 5),
        ("\x12fir", "first", 5),
        ("\x12fir\x01X", "Xfirst", 1),
        ("kept\x12sec\x07", "kept", 4),
        ("\x12s\x12", "first", 5),
    ];
    for (keys, line, cursor) in cases {
        assert_eq!(after(keys), (String::from(*line), *cursor), "{keys:?}");
    }
}

#[test]
fn keys_that_end_the_line_say_so() {
    assert_eq!(press(&mut begun(), b"ls\r"), [Action::Accept(b"ls".to_vec())]);
    assert_eq!(press(&mut begun(), b"ls\x03"), [Action::Interrupt]);
    assert_eq!(press(&mut begun(), b"\x04"), [Action::Eof]);
    assert_eq!(press(&mut begun(), b"l\x04"), []);
    let tabs = [Action::Complete { list: false }, Action::Complete { list: true }];
    assert_eq!(press(&mut begun(), b"l\t\t"), tabs);
    assert_eq!(press(&mut begun(), b"\xff\xfe\r"), [Action::Accept(b"\xff\xfe".to_vec())]);
}

#[test]
fn past_the_limit_it_rings_and_keeps_the_line() {
    let mut editor = begun();
    assert_eq!(press(&mut editor, &alloc::vec![b'x'; LIMIT]), []);
    editor.refresh(SIZE);
    assert_eq!(press(&mut editor, b"y"), []);
    assert_eq!(editor.refresh(SIZE), b"\x07");
    assert_eq!(editor.line().0.len(), LIMIT);
}

#[test]
fn each_character_at_the_end_of_a_long_line_writes_only_itself() {
    let mut editor = begun();
    assert_eq!(press(&mut editor, &alloc::vec![b'x'; 100_000]), []);
    editor.refresh(SIZE);
    let mut written = 0;
    for _ in 0..1000 {
        assert_eq!(press(&mut editor, b"y"), []);
        written += editor.refresh(SIZE).len();
    }
    assert_eq!(written, 1000 + 2 * 1000 / 20, "the characters, and two bytes at the end of each row");
}

#[test]
fn a_command_that_ended_without_a_newline_is_left_to_be_read() {
    let mut editor = begun();
    let output = editor.refresh(SIZE);
    assert_eq!(output, b"$ ");
}

/// The rows that the terminal must show for a prompt and a line: the layout by the simplest means.
fn expected(line: &[u8]) -> (Vec<String>, Vec<usize>) {
    let (mut rows, mut starts, mut col, mut at) = (alloc::vec![String::from("$ ")], alloc::vec![0], 2, 0);
    for character in core::str::from_utf8(line).expect("text").chars() {
        let width = unicode_width::UnicodeWidthChar::width(character).unwrap_or(1);
        if col + width > usize::from(SIZE.cols) {
            rows.push(String::new());
            starts.push(at);
            col = 0;
        }
        rows.last_mut().expect("a row").push(character);
        col += width;
        at += character.len_utf8();
        if col == usize::from(SIZE.cols) {
            rows.push(String::new());
            starts.push(at);
            col = 0;
        }
    }
    (rows, starts)
}

fn keys() -> impl Strategy<Value = Vec<u8>> {
    let typed = prop::sample::select(alloc::vec![
        "a",
        "b ",
        "日",
        "é",
        "word",
        "a longer piece of text ",
        "日本語日本語日本語",
        "\x01",
        "\x05",
        "\x02",
        "\x06",
        "\x1bb",
        "\x1bf",
        "\x7f",
        "\x04x\x7f",
        "\x17",
        "\x0b",
        "\x19",
        "\x10",
        "\x0e",
        "\x14",
        "\x0c",
    ]);
    typed.prop_map(|text| text.as_bytes().to_vec())
}

proptest! {
    #[test]
    fn the_screen_shows_the_line_and_the_cursor(steps in prop::collection::vec((keys(), any::<bool>()), 1..60)) {
        let mut editor = begun();
        editor.history.add("an older line, and a long one that takes several rows of the screen 日本".as_bytes());
        let mut parser = vt100::Parser::new(SIZE.rows, SIZE.cols, 0);
        for (keys, refresh) in steps {
            let _ = press(&mut editor, &keys);
            if refresh {
                parser.process(&editor.refresh(SIZE));
            }
        }
        parser.process(&editor.refresh(SIZE));
        let (line, cursor) = editor.line();
        let (rows, starts) = expected(&line);
        let screen: Vec<String> = parser.screen().rows(0, SIZE.cols).map(|row| row.trim_end().into()).collect();
        // The row of the cursor shows what it should, and so do those around it that are on the screen.
        let (screen_row, col) = parser.screen().cursor_position();
        let row = starts.partition_point(|&start| start <= cursor) - 1;
        let before = core::str::from_utf8(&line[starts[row]..cursor]).expect("text");
        let width = unicode_width::UnicodeWidthStr::width(before) + if row == 0 { 2 } else { 0 };
        prop_assert_eq!(usize::from(col), width, "{:?} in {:?}", screen, String::from_utf8_lossy(&line));
        for (index, shown) in screen.iter().enumerate() {
            let Some(index) = (row + index).checked_sub(usize::from(screen_row)) else { continue };
            let mut wanted = rows.get(index).map_or("", |row| row.trim_end());
            // At the bottom of the window one column may stay free.
            if usize::from(SIZE.rows) == index + 1 + usize::from(screen_row) - row && wanted != shown {
                let mut short = wanted.chars();
                short.next_back();
                wanted = short.as_str().trim_end();
            }
            prop_assert_eq!(shown, wanted, "row {} of {:?}", index, String::from_utf8_lossy(&line));
        }
    }
}
