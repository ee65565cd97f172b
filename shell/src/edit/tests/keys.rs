//! What each key does to the line.

use super::*;
use crate::edit::{Candidate, LIMIT};

/// Keys, and the line that they leave, with `|` for the cursor. The history is `first`, `second one`,
/// `cat "a b" c`.
const CASES: &[(&str, &str)] = &[
    // moving
    ("abc\x01X", "X|abc"),
    ("abc\x01\x05X", "abcX|"),
    ("abc\x1b[HX\x1b[FY", "XabcY|"),
    ("abc\x1bOHX\x1b[4~Y", "XabcY|"),
    ("abc\x02\x02X\x06Y", "aXbY|c"),
    ("abc\x1b[D\x1b[D\x1b[CX", "abX|c"),
    ("one two\x1bbX", "one X|two"),
    ("one two\x01\x1bfX", "oneX| two"),
    ("one two\x1b[1;5DX", "one X|two"),
    ("one two\x01\x1b[1;5CX", "oneX| two"),
    ("one.two/three\x1bb\x1bbX", "one.X|two/three"),
    ("aé日\x02\x02X", "aX|é日"),
    ("e\u{301}\u{302}x\x02\x02y", "y|e\u{301}\u{302}x"),
    // deleting
    ("abc\x7f\x08", "a|"),
    ("abc\x01\x04", "|bc"),
    ("abc\x1b[D\x1b[3~", "ab|"),
    ("aé日\x02\x7f", "a|日"),
    ("ae\u{301}\x7f", "a|"),
    ("a  b\x02\x1b\\", "a|b"),
    // the kill ring
    ("one two  \x17", "one |"),
    ("one two\x17\x17\x19!", "one two!|"),
    ("one/two\x17x", "x|"),
    ("one/two\x1b\x7fx", "one/x|"),
    ("one two\x1bb\x0b", "one |"),
    ("one two\x1bb\x15", "|two"),
    ("one two\x01\x1bd\x05\x19", " twoone|"),
    ("one two three\x01\x1bd\x1bd\x05\x19", " threeone two|"),
    ("one two\x01\x1b[3;5~", "| two"),
    ("one\x15two\x15\x19", "two|"),
    ("one\x15two\x15\x19\x1by", "one|"),
    ("one\x15two\x15\x19\x1by\x1by", "two|"),
    ("one\x15\x19\x19", "oneone|"),
    ("a\x0b\x19", "a|"),
    // changing
    ("ab\x14", "ba|"),
    ("abc\x02\x14", "acb|"),
    ("a\x14", "a|"),
    ("é日\x14", "日é|"),
    ("one two\x1bt", "two one|"),
    ("one two three\x1bb\x1bt", "one three two|"),
    ("one\x1bt", "one|"),
    ("one two\x01\x1bu", "ONE| two"),
    ("ONE TWO\x01\x1bl", "one| TWO"),
    ("one two\x01\x1bc\x1bc", "One Two|"),
    ("straße\x01\x1bu", "STRASSE|"),
    // undo
    ("one\x1f", "|"),
    ("one two\x1f", "one |"),
    ("one two\x1f\x1f", "|"),
    ("one two\x17\x1f", "one two|"),
    ("one two\x01\x0b\x18\x15", "|one two"),
    ("one\x01\x0btwo\x1f\x1f\x1f", "|"),
    ("one two\x1br", "|"),
    ("typed\x10\x1f", "typed|"),
    ("ab\x1b[Dx\x1f", "a|b"),
    ("\x1b[200~one two three\x1b[201~ four\x1f\x1f", "one two three|"),
    ("\x1b[200~one two three\x1b[201~ four\x1f\x1f\x1f", "|"),
    // counts
    ("\x1b3x", "xxx|"),
    ("\x1b12x", "xxxxxxxxxxxx|"),
    ("abcdef\x1b3\x02X", "abcX|def"),
    ("one two three\x1b2\x17\x19", "one two three|"),
    ("ab\x1b9\x7f", "|"),
    // text as it is
    ("a\x16\x01b", "a\u{1}b|"),
    ("a\x11\x1bb", "a\u{1b}b|"),
    ("\x1b[200~a\tb\rc\x1b[201~", "a\tb\nc|"),
    ("\x1b[200~a\x1b[Ab\x1b[201~", "ab|"),
    // several rows of text
    ("'a\rb", "'a\nb|"),
    ("echo \\\rb", "echo \\\nb|"),
    ("a\x1b\rb", "a\nb|"),
    ("'abc\rde\x1b[AX", "'aX|bc\nde"),
    ("'abc\rde\x02\x1b[A\x1b[B", "'abc\nd|e"),
    ("'abc\rde\x01X", "'abc\nX|de"),
    ("'abc\rde\x1b[A\x05X", "'abcX|\nde"),
    ("'abc\rde\x15", "'abc\n|"),
    ("'abc\rde\x15\x15", "'abc|"),
    ("'abc\rde\x1b[A\x05\x0b", "'abc|de"),
    // history
    ("typed\x10", "cat \"a b\" c|"),
    ("typed\x10\x10\x10", "first|"),
    ("typed\x10\x10\x10\x10", "first|"),
    ("typed\x1b[A\x1b[A\x1b[B\x1b[B", "typed|"),
    ("typed\x10!\x10\x0e", "cat \"a b\" c!|"),
    ("typed\x1b<", "first|"),
    ("typed\x10\x10\x1b>", "typed|"),
    ("\x0e", "|"),
    ("f\x1b[5~", "first|"),
    ("s\x1bp", "second one|"),
    ("s\x1bp\x1bn", "s|"),
    ("x\x1bp", "x|"),
    ("\x1b.", "c|"),
    ("x \x1b.\x1b.", "x one|"),
    ("x \x1b.\x1b.\x1b.\x1b.", "x first|"),
    // incremental search
    ("\x12fir", "first|"),
    ("\x12fir\x01X", "X|first"),
    ("kept\x12sec\x07", "kept|"),
    ("\x12s\x12", "first|"),
    ("\x12s\x12\x12", "first|"),
    ("\x12s\x12\x13", "second one|"),
    ("\x13one", "second one|"),
    ("\x12sex\x7f", "second one|"),
    ("\x12fir\x01\x15\x0b\x12\x12", "first|"),
    ("\x12fir\x1b[A", "first|"),
    ("\x12sec\x1b[A", "first|"),
    ("\x12zzz", "|"),
];

#[test]
fn keys_do_what_they_do_in_readline() {
    for (keys, expected) in CASES {
        let mut editor = begun(&["first", "second one", "cat \"a b\" c"]);
        assert_eq!(press(&mut editor, keys.as_bytes()), [], "{keys:?}");
        assert_eq!(shown(&editor), *expected, "{keys:?}");
    }
}

#[test]
fn keys_that_end_the_line_say_so() {
    let actions = |keys: &[u8]| press(&mut begun(&[]), keys);
    assert_eq!(actions(b"ls\r"), [Action::Accept(b"ls".to_vec())]);
    assert_eq!(actions(b"ls\x01\r"), [Action::Accept(b"ls".to_vec())]);
    assert_eq!(actions(b"ls\x03"), [Action::Interrupt]);
    assert_eq!(actions(b"\x04"), [Action::Eof]);
    assert_eq!(actions(b"l\x04"), []);
    assert_eq!(actions(b"'a\rb'\r"), [Action::Accept(b"'a\nb'".to_vec())]);
    assert_eq!(actions(b"'a\r\x04"), [Action::Accept(b"'a\n".to_vec())]);
    assert_eq!(actions(b"cat <<E\rx\rE\r"), [Action::Accept(b"cat <<E\nx\nE".to_vec())]);
    assert_eq!(actions(b"one\x1b#"), [Action::Accept(b"#one".to_vec())]);
    assert_eq!(actions(b"\x1b[200~ls\r\x1b[201~"), [], "what is pasted is not run");
    let tabs = [Action::Complete { list: false }, Action::Complete { list: true }];
    assert_eq!(actions(b"l\t\t"), tabs);
    assert_eq!(actions(b"l\tx\t"), [Action::Complete { list: false }, Action::Complete { list: false }]);
    assert_eq!(actions(b"\xff\xfe\r"), [Action::Accept(b"\xff\xfe".to_vec())]);
    assert_eq!(actions(b"\x1b[200~\x03"), [Action::Interrupt]);
}

#[test]
fn past_the_limit_it_rings_and_keeps_the_line() {
    let mut editor = begun(&[]);
    assert_eq!(press(&mut editor, &alloc::vec![b'x'; LIMIT]), []);
    editor.refresh(SIZE);
    assert_eq!(press(&mut editor, b"y"), []);
    assert_eq!(editor.refresh(SIZE), b"\x07");
    assert_eq!(editor.line().0.len(), LIMIT);
}

#[test]
fn the_menu_goes_around_and_back() {
    let choices = ["alpha", "beta", "gamma"];
    let cases: &[(&str, &str)] = &[
        ("", "ls |"),
        ("\t", "ls alpha|"),
        ("\t\t", "ls beta|"),
        ("\t\t\t\t", "ls alpha|"),
        ("\x1b[Z", "ls gamma|"),
        ("\t\t\x1b[Z", "ls alpha|"),
        ("\t\t\x07", "ls |"),
        ("\t\t!", "ls beta!|"),
        ("\t\x1b[B", "ls beta|"),
        ("\t\t\x1b[A", "ls alpha|"),
        ("\t\x7f", "ls alph|"),
    ];
    for (keys, expected) in cases {
        let mut editor = begun(&[]);
        let _ = press(&mut editor, b"ls ");
        let candidates = choices.map(|name| Candidate { shown: name.into(), insert: name.into() });
        editor.offer(b"", candidates.to_vec(), true);
        assert_eq!(press(&mut editor, keys.as_bytes()), [], "{keys:?}");
        assert_eq!(shown(&editor), *expected, "{keys:?}");
    }
}

#[test]
fn what_the_history_suggests_is_taken_whole_or_by_words() {
    let cases: &[(&str, &str)] = &[
        ("echo o\x1b[C", "echo one two|"),
        ("echo o\x06", "echo one two|"),
        ("echo o\x05", "echo one two|"),
        ("echo o\x1b[F", "echo one two|"),
        ("echo o\x1bf", "echo one|"),
        ("echo o\x1bf\x1b[1;5C", "echo one two|"),
        ("echo o\x02\x06", "echo o|"),
        ("echo x\x06", "echo x|"),
        ("\x06", "|"),
    ];
    for (keys, expected) in cases {
        let mut editor = Editor::default();
        editor.history.add(b"echo one two", Rules::parse(None));
        editor.begin(setup(SIZE, true));
        assert_eq!(press(&mut editor, keys.as_bytes()), [], "{keys:?}");
        assert_eq!(shown(&editor), *expected, "{keys:?}");
    }
}

#[test]
fn the_history_keeps_what_its_rules_say() {
    let kept = |rules: Option<&str>, lines: &[&str]| {
        let mut history = crate::edit::History::default();
        history.set_limit(3);
        let rules = Rules::parse(rules.map(str::as_bytes));
        for line in lines {
            history.add(line.as_bytes(), rules);
        }
        history.iter().map(|(number, line)| alloc::format!("{number} {line}")).collect::<Vec<_>>()
    };
    assert_eq!(kept(None, &["a", "a", " b", "", "c"]), ["1 a", "2 c"]);
    assert_eq!(kept(Some(""), &["a", "a", " b"]), ["1 a", "2 a", "3  b"]);
    assert_eq!(kept(Some("ignorespace:erasedups"), &["a", "b", "a", " x"]), ["1 b", "2 a"]);
    assert_eq!(kept(None, &["a", "b", "c", "d"]), ["2 b", "3 c", "4 d"]);
}
