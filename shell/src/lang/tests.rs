//! What the parser promises of any input: an end, and work that grows no faster than the input.

use alloc::{
    boxed::Box,
    string::{String, ToString},
    sync::Arc,
    vec::Vec,
};

use super::{Aliases, Parser, SyntaxError};

/// Parses to the end or to the first error; how much the parser has looked at.
fn steps(source: &[u8]) -> (usize, Option<Box<SyntaxError>>) {
    let mut parser = Parser::new(Arc::from(source));
    loop {
        match parser.next_command() {
            Ok(Some(_)) => {}
            Ok(None) => return (parser.steps(), None),
            Err(error) => return (parser.steps(), Some(error)),
        }
    }
}

#[test]
fn four_times_the_input_is_four_times_the_work() {
    let shapes: &[(&str, &str, &str)] = &[
        ("", "echo a 'b c' \"$x ${y:-z}\" $(echo $((1 + 2))) > f; # note\n", ""),
        ("", "if a; then b; else while c; do d; done; fi\n", ""),
        ("echo ", "word ", ""),
        ("echo ", "\\\n", "x"),
        ("echo \"", "$x", "\""),
        ("echo '", "text\n", "'"),
        ("cat <<E\n", "line $x `y`\n", "E\n"),
        ("", "cat <<E\nshort\nE\n", ""),
        ("echo ", "{", ""),
        ("echo ", "{a,", ""),
        ("x=", "~:", ""),
        ("", "((a); (b))\n", ""),
        ("", "((a # '\n) )\n", ""),
        ("echo ", "$((1)) ", ""),
        ("echo $((", "1+(2)+", "0))"),
        ("echo ", "`a`", ""),
        ("case a in ", "b|c) d;; ", "esac"),
        ("a=(", "b [2]=c ", ")"),
        ("", "f() { g; }\n", ""),
        ("", "; ", ""),
        ("", "(", ""),
        ("", "a && ", "b"),
        ("", "a | ", "b"),
        ("[[ ", "a = b && ", "c ]]"),
        ("[[ ", "! ", "c ]]"),
        ("", "\n", ""),
        ("# ", "x", ""),
        ("cat ", "<<E ", ""),
        ("cat ", "<(a) ", ""),
        ("echo ", "${x/a/b}${y:1:2}${z[1]}", ""),
        ("echo ", "${", ""),
        ("echo \"", "$(\"", ""),
    ];
    for (before, repeated, after) in shapes {
        let source = |count: usize| [*before, &repeated.repeat(count), after].concat().into_bytes();
        let (short, long) = (steps(&source(1000)).0, steps(&source(4000)).0);
        assert!(long <= short * 4 + 4000, "{before}{repeated}...: {short} steps, then {long}");
    }
}

#[test]
fn nesting_has_a_bound_that_is_an_error() {
    for open in [
        "(",
        "{ ",
        "$(",
        "\"$(",
        "${x:-",
        "$((",
        "if ",
        "while ",
        "case a in a) ",
        "f() { ",
        "[[ ( ",
        "a=(",
        "<(",
        "((",
        "${x[",
        "${x/",
    ] {
        let (_, error) = steps(open.repeat(10_000).as_bytes());
        assert!(error.is_some(), "{open}");
    }
}

#[test]
fn aliases_that_hold_each_other_do_not_go_on_for_ever() {
    let mut aliases = Aliases::new();
    for number in 0..60 {
        let next = alloc::format!("a{0}; a{0}", number + 1);
        aliases.insert(alloc::format!("a{number}").into(), Arc::from(next.into_bytes()));
    }
    let mut parser = Parser::new(Arc::from(&b"a0"[..]));
    parser.set_aliases(Arc::new(aliases));
    let error = parser.next_command().unwrap_err();
    assert!(error.message.starts_with("aliases make more than"), "{}", error.message);
    assert_eq!(error.at, 0);
}

#[test]
fn a_command_knows_its_text_and_its_line() {
    let source = b"echo one\n\nif true\nthen\n  echo two; fi & x=$(echo\nsub)\ncat <<E\nE\nlast | tail";
    let mut parser = Parser::new(Arc::from(&source[..]));
    let mut found: Vec<(String, usize)> = Vec::new();
    while let Some(list) = parser.next_command().unwrap() {
        for item in list.items {
            let (source, range) = (parser.source(), item.and_or.range);
            found.push((source.text(&range).to_string(), source.line(range.start)));
        }
    }
    let expected = [
        ("echo one", 1),
        ("if true\nthen\n  echo two; fi", 3),
        ("x=$(echo\nsub)", 5),
        ("cat <<E", 7),
        ("last | tail", 9),
    ];
    let expected: Vec<_> = expected.into_iter().map(|(text, line)| (text.to_string(), line)).collect();
    assert_eq!(found, expected);
}
