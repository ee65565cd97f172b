//! What the terminal shows, by a model of one.

use proptest::prelude::*;

use super::*;
use crate::edit::Candidate;

/// A row of cells with what can be seen of each.
type Cells = Vec<(String, vt100::Color, vt100::Color, bool)>;

fn rows(screen: &vt100::Screen) -> Vec<Cells> {
    let (rows, cols) = screen.size();
    let cell = |row, col| match screen.cell(row, col) {
        // The colour of the letters is not to be seen where there is none.
        Some(cell) if cell.has_contents() && (cell.contents() != " " || cell.inverse()) => {
            (cell.contents().into(), cell.fgcolor(), cell.bgcolor(), cell.inverse())
        }
        _ => (" ".into(), vt100::Color::Default, vt100::Color::Default, false),
    };
    (0..rows).map(|row| (0..cols).map(|col| cell(row, col)).collect()).collect()
}

fn blank(row: &Cells) -> bool {
    row.iter().all(|(text, ..)| text == " ")
}

/// The text on a terminal of this size after these keys, with the rows below the last one left out.
fn screen(size: WindowSize, colours: bool, keys: &str) -> (Vec<String>, (u16, u16)) {
    let mut editor = Editor::default();
    editor.history.add(b"echo older", Rules::parse(None));
    editor.begin(setup(size, colours));
    let mut parser = vt100::Parser::new(size.rows, size.cols, 0);
    for &key in keys.as_bytes() {
        let _ = editor.feed(key);
        parser.process(&editor.refresh(size));
    }
    let mut rows: Vec<String> = parser.screen().rows(0, size.cols).map(|row| row.trim_end().into()).collect();
    while rows.last().is_some_and(String::is_empty) {
        rows.pop();
    }
    (rows, parser.screen().cursor_position())
}

#[test]
fn lines_are_shown_in_rows() {
    let cases: &[(&str, &[&str], (u16, u16))] = &[
        ("abc", &["$ abc"], (0, 5)),
        ("0123456789012345678", &["$ 012345678901234567", "8"], (1, 1)),
        ("012345678901234567", &["$ 012345678901234567"], (1, 0)),
        ("01234567890123456日", &["$ 01234567890123456", "日"], (1, 2)),
        ("01234567890123456日\x01x", &["$ x01234567890123456", "日"], (0, 3)),
        ("'a\rb", &["$ 'a", "> b"], (1, 3)),
        ("'a\rb\x1b[Ac", &["$ 'ca", "> b"], (0, 4)),
        ("'012345678901234567\rb", &["$ '01234567890123456", "7", "> b"], (2, 3)),
        ("'01234567890123456\rb", &["$ '01234567890123456", "", "> b"], (2, 3)),
        ("a\x16\x01b", &["$ a^Ab"], (0, 6)),
        ("a\x16\tb", &["$ a     b"], (0, 9)),
        ("e\u{301}x", &["$ e\u{301}x"], (0, 4)),
        ("\x12old", &["(reverse-i-search)`o", "ld': echo older"], (1, 15)),
        ("\x12zz", &["(failed reverse-i-se", "arch)`zz':"], (1, 11)),
        ("abc\x12old\x07", &["$ abc"], (0, 5)),
        (
            "1234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123",
            &[
                "90123456789012345678",
                "90123456789012345678",
                "90123456789012345678",
                "90123456789012345678",
                "90123",
            ],
            (4, 5),
        ),
    ];
    for (keys, rows, cursor) in cases {
        assert_eq!(
            screen(SIZE, false, keys),
            (rows.iter().map(|row| String::from(*row)).collect(), *cursor),
            "{keys:?}"
        );
    }
}

#[test]
fn bytes_that_are_no_text_are_shown_and_kept() {
    let mut editor = begun(&[]);
    assert_eq!(press(&mut editor, b"a\xff\xc3b\xed\xa0\x80"), []);
    // The model of a terminal leaves these marks out: the bytes are looked at.
    let output = editor.refresh(SIZE);
    assert_eq!(String::from_utf8_lossy(&output), "$ a\u{fffd}\u{fffd}b\u{fffd}\u{fffd}\u{fffd}");
    assert_eq!(editor.line().0, b"a\xff\xc3b\xed\xa0\x80");
}

#[test]
fn a_suggestion_stands_behind_the_line_until_it_is_left() {
    let mut editor = Editor::default();
    editor.history.add(b"echo older", Rules::parse(None));
    editor.begin(setup(SIZE, true));
    let _ = press(&mut editor, b"ec");
    let mut parser = vt100::Parser::new(SIZE.rows, SIZE.cols, 0);
    parser.process(&editor.refresh(SIZE));
    assert_eq!(parser.screen().contents().trim_end(), "$ echo older");
    assert_eq!(parser.screen().cursor_position(), (0, 4));
    assert_eq!(parser.screen().cell(0, 5).map(vt100::Cell::fgcolor), Some(vt100::Color::Idx(8)));
    let _ = press(&mut editor, b"\r");
    parser.process(&editor.take_output());
    assert_eq!(parser.screen().contents().trim_end(), "$ ec");
    assert_eq!(parser.screen().cursor_position(), (1, 0));
}

#[test]
fn colours_tell_what_a_word_is() {
    use vt100::Color::{Default, Idx};
    let (green, red, yellow, magenta, cyan, grey) = (Idx(2), Idx(1), Idx(3), Idx(5), Idx(6), Idx(8));
    // A text, and the colour of the letter that stands at a place.
    let cases: &[(&str, usize, vt100::Color)] = &[
        ("echo a", 0, green),
        ("echo a", 5, Default),
        ("ecko a", 0, red),
        ("a=1 echo", 0, Default),
        ("a=1 echo", 4, green),
        ("echo 'x y' z", 6, yellow),
        ("echo 'x y' z", 11, Default),
        ("echo \"x $y\"", 6, yellow),
        ("echo \"x $y\"", 8, cyan),
        ("echo $x", 6, cyan),
        ("echo ${x}y", 7, cyan),
        ("echo ${x}y", 9, Default),
        ("echo $(ls) x", 7, green),
        ("echo $(lx) x", 7, red),
        ("echo $(ls) x", 11, Default),
        ("echo `ls` x", 6, green),
        ("echo $((1+a))b", 8, cyan),
        ("ls | cat", 5, green),
        ("ls|lx", 3, red),
        ("ls && cat", 6, green),
        ("ls > cat", 5, Default),
        ("ls 2>x cat", 7, Default),
        ("if ls", 0, magenta),
        ("if ls", 3, green),
        ("if ls; then cat", 7, magenta),
        ("if ls; then cat", 12, green),
        ("for ls in a; do cat", 0, magenta),
        ("for ls in a; do cat", 4, Default),
        ("for ls in a; do cat", 7, magenta),
        ("for ls in a; do cat", 16, green),
        ("case ls in lx) cat", 5, Default),
        ("case ls in lx) cat", 11, Default),
        ("case ls in lx) cat", 15, green),
        ("case ls in lx) cat;; lx) ls;; esac", 21, Default),
        ("case ls in lx) cat;; lx) ls;; esac", 25, green),
        ("case ls in lx) cat;; lx) ls;; esac", 30, magenta),
        ("f() { ls", 4, magenta),
        ("f() { ls", 6, green),
        ("echo a # ls", 9, grey),
        ("echo a#b", 7, Default),
        ("cat <<E\nls\nE\nls", 8, yellow),
        ("cat <<E\nls\nE\nls", 13, green),
        ("ls )", 3, Idx(7 + 8)),
        ("fi", 0, Idx(7 + 8)),
    ];
    let size = WindowSize { rows: 10, cols: 60 };
    for (text, at, colour) in cases {
        let mut editor = Editor::default();
        editor.begin(setup(size, true));
        editor.insert(text.as_bytes());
        let mut parser = vt100::Parser::new(size.rows, size.cols, 0);
        parser.process(&editor.refresh(size));
        let row = text[..*at].matches('\n').count();
        let col = 2 + at - text[..*at].rfind('\n').map_or(0, |newline| newline + 1);
        let cell = parser.screen().cell(row as u16, col as u16).expect("a cell");
        assert_eq!(cell.contents(), &text[*at..*at + 1], "{text:?}");
        assert_eq!(cell.fgcolor(), *colour, "{text:?} at {at}");
    }
}

#[test]
fn each_character_at_the_end_of_a_long_line_writes_only_itself() {
    let mut editor = begun(&[]);
    assert_eq!(press(&mut editor, &alloc::vec![b'x'; 100_000]), []);
    editor.refresh(SIZE);
    let mut written = 0;
    for _ in 0..1000 {
        assert_eq!(press(&mut editor, b"y"), []);
        written += editor.refresh(SIZE).len();
    }
    assert!(
        written <= 1000 + 16 * 1000 / 20,
        "{written}: the characters, and a few bytes at the end of each row"
    );
}

#[test]
fn a_key_in_a_coloured_line_writes_few_bytes() {
    let size = WindowSize { rows: 24, cols: 80 };
    let mut editor = Editor::default();
    editor.history.add(b"echo an older line that is suggested", Rules::parse(None));
    editor.begin(setup(size, true));
    editor.refresh(size);
    let mut most = 0;
    for &key in b"echo an older line that is suggested, and \"more\" of $it" {
        let _ = editor.feed(key);
        most = most.max(editor.refresh(size).len());
    }
    assert!(most <= 80, "one key wrote {most} bytes");
}

#[test]
fn a_command_that_ended_without_a_newline_is_left_to_be_read() {
    assert_eq!(begun(&[]).refresh(SIZE), b"$ ");
}

#[test]
fn a_prompt_may_have_rows_colours_and_a_title() {
    let size = WindowSize { rows: 5, cols: 20 };
    let mut editor = Editor::default();
    let prompt = b"\x1b]0;title\x07\x1b[1;31mred\x1b[0m row\n\x01\x1b[34m\x02> \x1b[m";
    editor.begin(Setup { prompt, ..setup(size, false) });
    let _ = press(&mut editor, b"abc\x01");
    let mut parser = vt100::Parser::new(size.rows, size.cols, 0);
    parser.process(&editor.refresh(size));
    assert_eq!(parser.screen().contents().trim_end(), "red row\n> abc");
    assert_eq!(parser.screen().cursor_position(), (1, 2));
    let colour = |row, col| parser.screen().cell(row, col).map(|cell| (cell.fgcolor(), cell.bold()));
    assert_eq!(colour(0, 0), Some((vt100::Color::Idx(1), true)));
    assert_eq!(colour(0, 4), Some((vt100::Color::Default, false)));
    assert_eq!(colour(1, 0), Some((vt100::Color::Idx(4), false)));
    assert_eq!(colour(1, 2), Some((vt100::Color::Default, false)));
}

#[test]
fn a_window_that_changes_its_size_is_drawn_anew() {
    let mut editor = begun(&[]);
    let _ = press(&mut editor, b"0123456789");
    let mut parser = vt100::Parser::new(SIZE.rows, SIZE.cols, 0);
    parser.process(&editor.refresh(SIZE));
    parser.screen_mut().set_size(8, 40);
    parser.process(&editor.refresh(WindowSize { rows: 8, cols: 40 }));
    assert_eq!(parser.screen().contents().trim_end(), "$ 0123456789");
    assert_eq!(parser.screen().cursor_position(), (0, 12));
}

fn keys() -> impl Strategy<Value = &'static str> {
    prop::sample::select(alloc::vec![
        "a",
        "b ",
        "日",
        "é",
        "e\u{301}",
        "word",
        "echo ",
        "ls ",
        "'",
        "\"",
        "$x ",
        "#",
        "a longer piece of text ",
        "日本語日本語日本語",
        "\x16\x01",
        "\x16\t",
        "\x1b\r",
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
        "\x15",
        "\x19",
        "\x1by",
        "\x10",
        "\x0e",
        "\x14",
        "\x1bt",
        "\x1bu",
        "\x1f",
        "\x0c",
        "\x12",
        "\x13",
        "\x07",
        "\x1b[A",
        "\x1b[B",
        "\x1b[Z",
        "\t",
        "\x1b.",
        "\x1b4",
        "\x1b[200~a\rb\tc\x1b[201~",
    ])
}

fn sizes() -> impl Strategy<Value = (u16, u16)> {
    prop::sample::select(alloc::vec![
        (5, 20),
        (5, 20),
        (24, 80),
        (3, 7),
        (2, 2),
        (1, 10),
        (4, 3),
        (1, 1),
        (6, 1)
    ])
}

/// A line of history of several rows, wide characters and a tab.
const OLDER: &str =
    "echo 'an older line, and a long one that takes several rows of the screen 日本\n\tindented' ls";

proptest! {
    #[test]
    fn the_screen_is_what_it_would_be_drawn_from_scratch(
        (rows_, cols) in sizes(),
        above in 0..6u16,
        steps in prop::collection::vec((keys(), any::<bool>()), 1..60),
    ) {
        let size = WindowSize { rows: rows_, cols };
        let mut editor = Editor::default();
        editor.history.add(OLDER.as_bytes(), Rules::parse(None));
        editor.begin(setup(size, true));
        let mut parser = vt100::Parser::new(size.rows, size.cols, 0);
        (0..above).for_each(|_| parser.process(b"\r\n"));
        for (keys, refresh) in steps {
            for &key in keys.as_bytes() {
                if let Action::Complete { list } = editor.feed(key) {
                    let names = ["alpha", "beta", "gamma", "日本"];
                    let offers = names.map(|name| Candidate { shown: name.into(), insert: name.into() });
                    editor.offer(b"", offers.to_vec(), list);
                }
            }
            if refresh {
                parser.process(&editor.refresh(size));
            }
        }
        parser.process(&editor.refresh(size));
        let incremental = rows(parser.screen());
        let cursor = parser.screen().cursor_position();

        editor.redraw();
        let mut fresh = vt100::Parser::new(size.rows, size.cols, 0);
        fresh.process(&editor.refresh(size));
        let scratch = rows(fresh.screen());
        let scratch_cursor = fresh.screen().cursor_position();
        prop_assert_eq!(cursor.1, scratch_cursor.1, "{:?}", shown(&editor));
        let offset = usize::from(cursor.0).checked_sub(scratch_cursor.0.into());
        let offset = offset.expect("the incremental screen begins below the top");
        for (index, row) in scratch.iter().enumerate() {
            match incremental.get(index + offset) {
                Some(other) => prop_assert_eq!(other, row, "row {} of {:?}", index, shown(&editor)),
                None => prop_assert!(blank(row), "row {} is off the screen", index),
            }
        }
    }

    #[test]
    fn undoing_everything_leaves_nothing(steps in prop::collection::vec(keys(), 1..80)) {
        let mut editor = Editor::default();
        editor.history.add(OLDER.as_bytes(), Rules::parse(None));
        editor.begin(setup(SIZE, true));
        for keys in steps {
            let _ = press(&mut editor, keys.as_bytes());
        }
        // Out of a search, of a count and of `^X`.
        let _ = press(&mut editor, b"\x07\x07\x1br");
        prop_assert_eq!(shown(&editor), "|");
        editor.refresh(SIZE);
    }

    #[test]
    fn no_bytes_break_it(bytes in prop::collection::vec(any::<u8>(), 0..400), (rows, cols) in sizes()) {
        let size = WindowSize { rows, cols };
        let mut editor = Editor::default();
        editor.begin(setup(size, true));
        for byte in bytes {
            let _ = editor.feed(byte);
            editor.refresh(size);
        }
    }
}
