//! `vi` and `ex`: keys in, screen and file out.

use alloc::string::ToString;

use super::{
    screens::{Seen, at_terminal, at_terminal_while, pause},
    *,
};
use crate::env::{Exit, Modes, Signal, Terminal};

/// What the keys of the table are typed at.
const TEXT: &str = "one two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n";

/// The text that keys make of one, with `|` where the cursor is in the end.
fn typed(text: &str, keys: &str) -> String {
    let sys = FakeSystem::new();
    sys.set_file("/f", text);
    let keys = alloc::format!("{keys}\x1bi|\x1b:w! /o\r:q!\r");
    at_terminal(&sys, "vi /f", None, &[&keys]);
    sys.file("/o")
        .map_or_else(|| "nothing was written".into(), |bytes| String::from_utf8_lossy(&bytes).into_owned())
}

#[test]
fn keys_do_what_they_do_in_vim() {
    let mut wrong = String::new();
    for (keys, expected) in TABLE {
        let found = typed(TEXT, keys);
        if found != *expected {
            wrong += &alloc::format!("{keys:?}\n  expected {expected:?}\n  found    {found:?}\n");
        }
    }
    assert_eq!(wrong, "");
}

#[test]
fn each_command_is_undone_and_made_again_by_itself() {
    let first_line = |keys: &str| typed(TEXT, keys).lines().next().unwrap().to_string();
    assert_eq!(first_line("xxu"), "|ne two three");
    assert_eq!(first_line("xxuu\x12"), "|ne two three");
    assert_eq!(first_line("xxxuuu\x12\x12"), "|e two three");
    assert_eq!(first_line("RABC\x7f\x7fZ\x1b"), "A|Ze two three");
    assert_eq!(typed("a\nb\n", "ddjdd\"1pu."), "|a\n", "the next of the deleted texts");
}

/// The screens that pieces of keys make of a file, and the file in the end.
fn seen(content: &[u8], line: &str, pieces: &[&str]) -> (Seen, Vec<u8>) {
    let sys = FakeSystem::new();
    sys.set_file("/f", content);
    let seen = at_terminal(&sys, line, None, pieces);
    (seen, sys.file("/f").unwrap())
}

#[test]
fn bytes_that_are_not_touched_stay_as_they_are() {
    let all: Vec<u8> = (0..=255).chain(0..=255).collect();
    let (_, file) = seen(&all, "vi /f", &["Gox\x1b:wq\r"]);
    // The last line had no newline, and a new last line has none either.
    assert_eq!(file, [&all[..], b"\nx"].concat());
    let (screens, file) = seen(b"a\nb", "vi /f", &["x", "ZZ"]);
    assert!(screens.screens[0][9].starts_with("\"/f\" 2 lines, 3 bytes [no"), "{:?}", screens.screens[0]);
    assert_eq!((file, screens.exit, screens.back), (b"\nb".to_vec(), Exit::Code(0), true));
}

#[test]
fn the_screen_shows_wide_characters_tabs_and_long_lines() {
    let text = "日本\tx\n\x01\x7f\n".to_string() + &"0123456789".repeat(5) + "\nend\n";
    let (seen, _) =
        seen(text.as_bytes(), "vi /f", &[":se nu\r", ":se nonu list\r", "G", "iabc", "\x1b:q!\r"]);
    let rows = |screen: usize| seen.screens[screen][..6].to_vec();
    let tens = "0123456789".repeat(5);
    assert_eq!(rows(0), ["日本    x", "^A^?", &tens[..40], &tens[40..], "end", "~"]);
    assert_eq!(
        rows(1)[..5],
        [
            "      1 日本    x",
            "      2 ^A^?",
            &(String::from("      3 ") + &tens[..32]),
            &(" ".repeat(8) + &tens[32..]),
            "      4 end"
        ]
    );
    assert_eq!(rows(2), ["日本^Ix$", "^A^?$", &tens[..40], "0123456789$", "end$", "~"]);
    assert!(seen.screens[3][9].ends_with("4,1 All"), "{:?}", seen.screens[3]);
    assert_eq!(seen.screens[4][4], "abcend$");
    assert!(seen.screens[4][9].starts_with("-- INSERT --"), "{:?}", seen.screens[4]);
}

#[test]
fn what_cannot_be_written_is_said_and_not_lost() {
    let keys = ["x", ":w /none/g\r", ":q\r", ":w /dev/full\r", ":w! /f\r", ":q\r"];
    let (seen, file) = seen(b"abc\n", "vi /f", &keys);
    let said = |screen: usize| seen.screens[screen][9].as_str();
    assert!(said(2).starts_with("/none/g: No such file or directory"), "{}", said(2));
    assert!(said(3).starts_with("No write since the last change"), "{}", said(3));
    assert!(said(4).starts_with("/dev/full: No space left on device"), "{}", said(4));
    assert_eq!((seen.screens[4][0].as_str(), &file[..]), ("bc", &b"bc\n"[..]));
}

#[test]
fn a_stopped_vi_draws_anew_and_so_does_one_in_another_window() {
    let sys = FakeSystem::new();
    sys.set_file("/f", "one\ntwo\n");
    let terminal = sys.terminal();
    let seen = at_terminal_while(&sys, "vi /f", None, &["dd", "\x1a"], async |job| {
        pause(&sys).await;
        assert_eq!((terminal.modes(), job.try_wait()), (Modes::COOKED, None), "it is stopped");
        terminal.type_when_idle("j"); // goes to nobody yet
        pause(&sys).await;
        job.signal(Signal::Cont);
        pause(&sys).await;
        terminal.resize(5, 20);
        pause(&sys).await;
        terminal.type_when_idle("x");
        pause(&sys).await;
        terminal.type_when_idle(":q!\r");
    });
    assert_eq!(seen.screens[2], [""; 10], "what was there before");
    assert_eq!((seen.screens[3][0].as_str(), seen.screens[3][1].as_str()), ("two", "~"));
    assert!(
        seen.screens[3][4].contains("1,1"),
        "the last row is where the window ends: {:?}",
        seen.screens[3]
    );
    assert_eq!(seen.screens[4][0], "wo");
}

#[test]
fn when_the_terminal_is_gone_the_text_is_kept_beside_the_file() {
    let sys = FakeSystem::new();
    sys.set_file("/f", "one\ntwo\n");
    let terminal = sys.terminal();
    let seen = at_terminal_while(&sys, "vi /f", None, &["dd"], async |_| {
        pause(&sys).await;
        terminal.hang_up();
    });
    assert_eq!(
        (seen.exit, sys.file("/f.save"), sys.file("/f")),
        (Exit::Code(1), Some(b"two\n".to_vec()), Some(b"one\ntwo\n".to_vec()))
    );
}

#[test]
fn escape_alone_is_a_key_and_arrows_are_others() {
    let sys = FakeSystem::new();
    sys.set_file("/f", "abc\n");
    let terminal = sys.terminal();
    at_terminal_while(&sys, "vi /f", None, &["ix", "\x1b"], async |_| {
        pause(&sys).await;
        // Had Escape waited for more, this would be the key with the arrow to the right.
        terminal.type_when_idle("Oy\x1b[Cz\x1b:wq\r");
    });
    assert_eq!(sys.file("/f").unwrap().as_bstr(), "yz\nxabc\n");
}

#[test]
fn each_match_is_asked_for() {
    let (seen, file) = seen(b"a a a\na\na a\n", "vi /f", &[":%s/a/b/gc\r", "y", "n", "y", "n", "a", ":wq\r"]);
    assert!(seen.screens[1][9].starts_with("Replace?"), "{:?}", seen.screens[1]);
    assert_eq!(file.as_bstr(), "b a b\na\nb b\n");
}

#[test]
fn ex_takes_scripts() {
    let sys = FakeSystem::new();
    sys.set_file("/f", "one\ntwo\nthree\n");
    check(
        &sys,
        &[
            ("ex -s /f", "%s/o/0/\n2p\n$a\nfour\n.\n.=\nwq\n", "tw0\n4\n", 0),
            ("ex -s /f", "%p\nq\n", "0ne\ntw0\nthree\nfour\n", 0),
            ("ex -s /f", "nonsense\n%p\n", "!Not a command: nonsense", 1),
            ("ex -s /f", "1d\nq\n", "!No write since the last change", 1),
        ],
    );
}

/// Keys, and what Vim 9.0 makes of [`TEXT`] with them.
#[rustfmt::skip]
const TABLE: &[(&str, &str)] = &[
    ("x", "|ne two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("3x", "| two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("dw", "|two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("2dw", "|three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("d2w", "|three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("wdw", "one |three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("wwdw", "one two| \nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("dd", "|four five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("2dd", "|\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("jdd", "one two three\n|\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("dd5ix\x1b", "xxxx|xfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("5ix\x1b", "xxxx|xone two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("ihello\x1b", "hell|oone two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("ahello\x1b", "ohell|one two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("Istart\x1b", "star|tone two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("Aend\x1b", "one two threeen|d\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("onew\x1b", "one two three\nne|w\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("Onew\x1b", "ne|w\none two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("3oab\x1b", "one two three\nab\nab\na|b\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("wcwTWO\x1b", "one TW|O three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("wwcwTHREE\x1b", "one two THRE|E\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("2cwX\x1b", "|X three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("ccall\x1b", "al|l\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("Sall\x1b", "al|l\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("CX\x1b", "|X\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("wDx", "on|e\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("wwD", "one two| \nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("J", "one two three| four five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("3J", "one two three four fiv|e\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("jJ", "one two three\nfour fiv|e\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("xp", "n|oe two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("ddp", "four five\n|one two three\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("yyp", "one two three\n|one two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("yy3p", "one two three\n|one two three\none two three\none two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("ywP", "one| one two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("yw3p", "oone one one| ne two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("wyiwP", "one tw|otwo three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("dwwP", "two one| three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("\"ayyj\"ap", "one two three\nfour five\n|one two three\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("\"addj\"Ap\"ap", "four five\n\none two three\n|one two three\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("ddjp1G\"1P", "|one two three\nfour five\n\none two three\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("x.", "|e two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("3x.", "|o three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("dw.", "|three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("dd.", "|\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("cwX\x1bw.", "X |X three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("Ax\x1bj.", "one two threex\nfour five|x\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("ix\x1bl3.", "xxx|xone two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("rx", "|xne two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("3rx", "xx|x two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("~", "O|ne two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("5~", "ONE T|wo three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("wg~w", "one |TWO three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("gUU", "|ONE TWO THREE\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("wgUw", "one |TWO three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("gUiw", "|ONE two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("jguu", "one two three\n|four five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("fod$", "one t|w\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("ft;x", "one two |hree\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("2fox", "|ne two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("tox", "one t|o three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("to;x", "one t|o three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("$Fox", "one tw| three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("$Tox", "one two|three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("$Fo;x", "|ne two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("fo,x", "|ne two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("$Fo,x", "one tw| three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("3G$%x", "one two three\nfour five\n|\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("4Gf(%x", "one two three\nfour five\n\n  six (seven, \"eight nine\"| ten\nend.\n"),
    ("4Gf(lcibX\x1b", "one two three\nfour five\n\n  six (|X) ten\nend.\n"),
    ("4Gf\"ci\"new\x1b", "one two three\nfour five\n\n  six (seven, \"ne|w\") ten\nend.\n"),
    ("4Gf\"da\"", "one two three\nfour five\n\n  six (seven,|) ten\nend.\n"),
    ("4Gfndi(", "one two three\nfour five\n\n  six (|) ten\nend.\n"),
    ("4Gfnda(", "one two three\nfour five\n\n  six | ten\nend.\n"),
    ("4Gfndib", "one two three\nfour five\n\n  six (|) ten\nend.\n"),
    ("wdiw", "one | three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("wdaw", "one |three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("diW", "| two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("wwdaw", "one tw|o\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("4G3wdiw", "one two three\nfour five\n\n  six (seven| \"eight nine\") ten\nend.\n"),
    ("dip", "|\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("dap", "  |six (seven, \"eight nine\") ten\nend.\n"),
    ("yapP", "|one two three\nfour five\n\none two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("jdip", "|\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("ex", "on| two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("Ex", "on| two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("2ex", "one tw| three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("eex", "one tw| three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("wbx", "|ne two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("$bx", "one two |hree\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("2jbx", "one two three\nfour |ive\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("3jbx", "one two three\nfour five\n|\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("3j2bx", "one two three\nfour |ive\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("$gex", "one tw| three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("w0x", "|ne two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("4G^x", "one two three\nfour five\n\n  |ix (seven, \"eight nine\") ten\nend.\n"),
    ("4G0x", "one two three\nfour five\n\n| six (seven, \"eight nine\") ten\nend.\n"),
    ("$x", "one two thr|e\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("j$x", "one two three\nfour fi|v\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("5|x", "one |wo three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("}dd", "one two three\nfour five\n  |six (seven, \"eight nine\") ten\nend.\n"),
    ("}x", "one two three\nfour five\n|\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("}}x", "one two three\nfour five\n\n  six (seven, \"eight nine\") ten\nen|d\n"),
    ("G{x", "one two three\nfour five\n|\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("d}", "|\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("jd}", "one two three\n|\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("dG", "|\n"),
    ("2GdG", "|one two three\n"),
    ("jdgg", "|\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("G", "one two three\nfour five\n\n  six (seven, \"eight nine\") ten\n|end.\n"),
    ("Gx", "one two three\nfour five\n\n  six (seven, \"eight nine\") ten\n|nd.\n"),
    ("2Gx", "one two three\n|our five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("ggx", "|ne two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("50%x", "one two three\nfour five\n|\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("/five\rx", "one two three\nfour |ive\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("/e\rnx", "one two thr|e\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("/e\rNx", "one two three\nfour five\n\n  six (seven, \"eight nine\") ten\n|nd.\n"),
    ("?six\rx", "one two three\nfour five\n\n  |ix (seven, \"eight nine\") ten\nend.\n"),
    ("d/three\r", "|three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("/five\rdd", "one two three\n|\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("*x", "|ne two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("w*x", "one |wo three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("/o\r//\rx", "one two three\nf|ur five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("d/five\r", "|five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("/three/e\rx", "one two thr|e\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("/two/+1\rx", "one two three\n|our five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("c/two\rX\x1b", "|Xtwo three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    (">>", "\t|one two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("2>>", "\t|one two three\n\tfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    (">>>>", "\t\t|one two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    (">>j.", "\tone two three\n\t|four five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("j>>k<<", "|one two three\n\tfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    (">G", "\t|one two three\n\tfour five\n\n\t  six (seven, \"eight nine\") ten\n\tend.\n"),
    ("4G<<", "one two three\nfour five\n\n|six (seven, \"eight nine\") ten\nend.\n"),
    ("u", "|one two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("xu", "|one two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("xxuu", "|one two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("ddu", "|one two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("ihello\x1bu", "|one two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("ihello world\x1bu\x12", "|hello worldone two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("cwX\x1buw.", "one |X three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("oab\x1bu", "|one two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("vex", "| two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("vlld", "| two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("vjd", "|our five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("Vd", "|four five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("Vjd", "|\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("wveyP", "one tw|otwo three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("vey$p", "one two threeon|e\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("viwd", "| two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("vawd", "|two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("vipd", "|\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("v$d", "|four five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("veU", "|ONE two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("ve~", "|ONE two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("wvbd", "|wo three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("vlcX\x1b", "|Xe two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("Vcnew\x1b", "ne|w\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("v>", "\t|one two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("Vj>", "\t|one two three\n\tfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("vj>", "\t|one two three\n\tfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("Vj<", "|one two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("yiwwviwp", "one on|e three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("yiwwvep", "one on|e three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("VyVp", "|one two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("vlrx", "|xxe two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("Vjrx", "|xxxxxxxxxxxxx\nxxxxxxxxx\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("Vjd.", "|end.\n"),
    ("vld.", "|two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("vecX\x1bw.", "X |X three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("vod", "|ne two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("vwod", "|wo three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("vjJ", "one two three| four five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("VjJ", "one two three| four five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("vlohd", "|e two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("vlUw.", "ONe |TWo three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("ma2jd'a", "  |six (seven, \"eight nine\") ten\nend.\n"),
    ("wmajd`a", "one | five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("wmaj`ax", "one |wo three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("majj'ax", "|ne two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("majj``x", "|ne two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("Gx``x", "|ne two three\nfour five\n\n  six (seven, \"eight nine\") ten\nnd.\n"),
    ("2Gx''x", "|ne two three\nour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("yyjP", "one two three\n|one two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("yyGp", "one two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n|one two three\n"),
    ("2yyGp", "one two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n|one two three\nfour five\n"),
    ("ywjP", "one two three\none| four five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("y$jp", "one two three\nfone two thre|eour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("yyp:s/o/0/\r", "one two three\n|0ne two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    (":s/o/0/\r", "|0ne two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    (":%s/e/E/g\r", "onE two thrEE\nfour fivE\n\n  six (sEvEn, \"Eight ninE\") tEn\n|End.\n"),
    (":2,3s/i/I/\r", "one two three\n|four fIve\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    (":%s/\\(o\\)\\(n\\)/\\2\\1/\r", "|noe two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    (":s/two/[&]/\r", "|one [two] three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    (":%s/five/a\\rb/\r", "one two three\nfour a\n|b\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    (":s/o/0/\rj&", "0ne two three\n|f0ur five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    (":s/o/0/\r:%&g\r", "0ne tw0 three\n|f0ur five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    (":g/e/d\r", "|\n"),
    (":v/e/d\r", "one two three\nfour five\n  |six (seven, \"eight nine\") ten\nend.\n"),
    (":g/i/s/i/II/\r", "one two three\nfour fIIve\n\n  |sIIx (seven, \"eight nine\") ten\nend.\n"),
    (":g/./m0\r", "|end.\n  six (seven, \"eight nine\") ten\nfour five\none two three\n\n"),
    (":2d\r", "one two three\n|\n  six (seven, \"eight nine\") ten\nend.\n"),
    (":1,2d\r", "|\n  six (seven, \"eight nine\") ten\nend.\n"),
    (":d2\r", "|\n  six (seven, \"eight nine\") ten\nend.\n"),
    (":m$\r", "four five\n\n  six (seven, \"eight nine\") ten\nend.\n|one two three\n"),
    (":2m0\r", "|four five\none two three\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    (":1t.\r", "one two three\n|one two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    (":t$\r", "one two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n|one two three\n"),
    (":1,2j\r", "|one two three four five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    (":$d\r", "one two three\nfour five\n\n  |six (seven, \"eight nine\") ten\n"),
    (":2\rx", "one two three\n|our five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    (":$\rx", "one two three\nfour five\n\n  six (seven, \"eight nine\") ten\n|nd.\n"),
    (":2>\r", "one two three\n\t|four five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    (":1,2>\r", "\tone two three\n\t|four five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    (":2y a\rG\"ap", "one two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n|four five\n"),
    (":%d\r", "|\n"),
    (":d|d\r", "|\n  six (seven, \"eight nine\") ten\nend.\n"),
    (":s/o/0/|s/t/T/\r", "|0ne Two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    (":g/o/s/o/0/|s/e/E/\r", "0nE two three\n|f0ur fivE\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    (":1,3!sort\r", "|\nfour five\none two three\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("!!sort\r", "|one two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("2!!sort -r\r", "|one two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    (":.,$d\r", "|\n"),
    (":1ka\r:3\r:'a,.d\r", "  |six (seven, \"eight nine\") ten\nend.\n"),
    (":/five/d\r", "one two three\n|\n  six (seven, \"eight nine\") ten\nend.\n"),
    (":1;+1d\r", "|\n  six (seven, \"eight nine\") ten\nend.\n"),
    (":g!/e/d\r", "one two three\nfour five\n  |six (seven, \"eight nine\") ten\nend.\n"),
    ("Rxyz\x1b", "xy|z two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("2Rab\x1b", "aba|btwo three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("3Aab\x1b", "one two threeababa|b\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("2onew\x1b", "one two three\nnew\nne|w\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("i\x16\x01\x1b", "|\x01one two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("ia\rb\x1b", "a\n|bone two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("Aa\rb\x1b", "one two threea\n|b\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("ifoo bar\x17baz\x1b", "foo ba|zone two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("ifoo\x15bar\x1b", "ba|rone two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    (":set ai\r4Goabc\rdef\x1b", "one two three\nfour five\n\n  six (seven, \"eight nine\") ten\n  abc\n  de|f\nend.\n"),
    (":set ai\r4Go\x1bix\x1b", "one two three\nfour five\n\n  six (seven, \"eight nine\") ten\n|x\nend.\n"),
    (":set sw=2\r4G>>", "one two three\nfour five\n\n    |six (seven, \"eight nine\") ten\nend.\n"),
    (":set sw=4 et\r4G>>", "one two three\nfour five\n\n      |six (seven, \"eight nine\") ten\nend.\n"),
    (":set ts=4 sw=4\r4G>>", "one two three\nfour five\n\n\t  |six (seven, \"eight nine\") ten\nend.\n"),
    (":set ic\r/FIVE\rx", "one two three\nfour |ive\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    (":set ic\r:s/TWO/x/\r", "|one x three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("i\ta\x1b", "\t|aone two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("Xp", "|one two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("$X", "one two thr|e\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("wX", "one|two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("w3X", "o|two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("$3X", "one two t|e\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("sX\x1b", "|Xne two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("3sX\x1b", "|X two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("yyP.", "|one two three\none two three\none two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("p", "|one two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("yl3p", "ooo|one two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("5l", "one t|wo three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("$hx", "one two thr|e\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("wP", "one |two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("lDp", "one two thre|e\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("jddkP", "|four five\none two three\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("yyjp2.", "one two three\nfour five\none two three\n|one two three\none two three\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("dd\"1p", "four five\n|one two three\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("2ddjdd\"1p\"2p", "\nend.\n  six (seven, \"eight nine\") ten\n|one two three\nfour five\n"),
    ("A x\x1b0w.", "one two three x |x\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("Oa\x1b..", "|a\na\na\none two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("3ia\x1b.", "aaaa|aaone two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("3.", "|one two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("x2.", "| two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("2x.", "|two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("dwu.", "|two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("qaxwq@a", "ne wo |three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("qaA!\x1bjq2@a", "one two three!\nfour five!\n!\n|  six (seven, \"eight nine\") ten\nend.\n"),
    ("%", "|one two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("lly2lp", "onee|  two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("y2wP", "one two| one two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("yj2Gp", "one two three\nfour five\n|one two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("d0", "|one two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("wd0", "|two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("wd^", "|two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("4Gwd^", "one two three\nfour five\n\n  |(seven, \"eight nine\") ten\nend.\n"),
    ("$d0", "|e\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("wdb", "|two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("wwd2b", "|three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("jdk", "|\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("dj", "|\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("2dj", "  |six (seven, \"eight nine\") ten\nend.\n"),
    ("Gdk", "one two three\nfour five\n|\n"),
    ("dGu", "|one two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("dH", "|four five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("dL", "|\n"),
    ("dM", "  |six (seven, \"eight nine\") ten\nend.\n"),
    ("Lx", "one two three\nfour five\n\n  six (seven, \"eight nine\") ten\n|nd.\n"),
    ("Mx", "one two three\nfour five\n|\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("Hx", "|ne two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("+x", "one two three\n|our five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("j-x", "|ne two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("2_x", "one two three\n|our five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("j\rx", "one two three\nfour five\n|\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("d_", "|four five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("d+", "|\n  six (seven, \"eight nine\") ten\nend.\n"),
    (")x", "one two three\nfour five\n|\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("))x", "one two three\nfour five\n\n  |ix (seven, \"eight nine\") ten\nend.\n"),
    ("(x", "|ne two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("G(x", "one two three\nfour five\n\n  |ix (seven, \"eight nine\") ten\nend.\n"),
    ("d)", "|\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("4G])x", "one two three\nfour five\n\n  |ix (seven, \"eight nine\") ten\nend.\n"),
    ("]]x", "one two three\nfour five\n\n  six (seven, \"eight nine\") ten\n|nd.\n"),
    ("G[[x", "|ne two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("cw\x1b", "| two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("cwa\x1bu", "|one two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("wcbX\x1b", "|Xtwo three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("c$X\x1b", "|X\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("wc0X\x1b", "|Xtwo three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("cjX\x1b", "|X\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("c2wX\x1b", "|X three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("cfoX\x1b", "|X three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("ctoX\x1b", "|Xo three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("$cFoX\x1b", "one tw|Xe\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("4Gci(X\x1b", "one two three\nfour five\n\n  six (|X) ten\nend.\n"),
    ("4Gf(cabX\x1b", "one two three\nfour five\n\n  six |X ten\nend.\n"),
    ("wyaw$p", "one two threetwo| \nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("gJ", "one two three|four five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("3gJ", "one two threefour fiv|e\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("g_x", "one two thr|e\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("4G g_x", "one two three\nfour five\n\n  six (seven, \"eight nine\") t|e\nend.\n"),
    (":s/o/0/g3\r", "0ne tw0 three\n|f0ur five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    (":%s/^/> /\r", "> one two three\n> four five\n> \n>   six (seven, \"eight nine\") ten\n|> end.\n"),
    (":%s/$/;/\r", "one two three;\nfour five;\n;\n  six (seven, \"eight nine\") ten;\n|end.;\n"),
    (":%s/ *$//\r", "one two three\nfour five\n\n  six (seven, \"eight nine\") ten\n|end.\n"),
    (":%s/nope/x/\r", "|one two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("wi \x1b", "one | two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("ea\r\x1b", "one\n| two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("r\r", "\n|ne two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("wr\r", "one \n|wo three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("3Gix\x1b", "one two three\nfour five\n|x\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("3Gx", "one two three\nfour five\n|\n  six (seven, \"eight nine\") ten\nend.\n"),
    ("3Gdd", "one two three\nfour five\n  |six (seven, \"eight nine\") ten\nend.\n"),
    ("3GJ", "one two three\nfour five\n|six (seven, \"eight nine\") ten\nend.\n"),
    ("Gp", "one two three\nfour five\n\n  six (seven, \"eight nine\") ten\n|end.\n"),
    ("Gddp", "one two three\nfour five\n\n  six (seven, \"eight nine\") ten\n|end.\n"),
    ("GJ", "one two three\nfour five\n\n  six (seven, \"eight nine\") ten\n|end.\n"),
    ("G$x", "one two three\nfour five\n\n  six (seven, \"eight nine\") ten\nen|d\n"),
    ("GA\rx\x1b", "one two three\nfour five\n\n  six (seven, \"eight nine\") ten\nend.\n|x\n"),
];
