//! Properties of the language on any input.

use alloc::{sync::Arc, vec::Vec};
use proptest::prelude::*;

use super::support::{run_on, system};
use crate::lang::Parser;

/// Bytes in which what the language gives a meaning to is frequent.
fn text() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        prop::sample::select(Vec::from([
            &b"'"[..],
            b"\"",
            b"\\",
            b"$",
            b"`",
            b"${",
            b"}",
            b"$(",
            b")",
            b"(",
            b"{ ",
            b"|",
            b"&&",
            b"||",
            b";",
            b"&",
            b"\n",
            b"<",
            b">",
            b">>",
            b"2>&1",
            b"&>",
            b"x=1",
            b" ",
            b"#",
            b"!",
            b"*",
            b"~",
            b":-",
            b"##",
            b"%%",
            b"\\\n",
            b"\0",
            b"\xff",
            b"echo",
            b"9999999999>"
        ]))
        .prop_map(<[u8]>::to_vec),
        prop::collection::vec(any::<u8>(), 0..4),
    ];
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

#[test]
fn an_error_has_three_lines_even_when_it_quotes_a_newline() {
    let source = b"\n\x0b&}\\\n)";
    let mut parser = Parser::new(Arc::from(&source[..]));
    let error = core::iter::repeat_with(|| parser.next_command()).find_map(Result::err).unwrap();
    assert_eq!(error.render("sh", source).lines().count(), 3);
}

proptest! {
    #[test]
    fn the_parser_answers_any_text(source in text()) {
        let mut parser = Parser::new(Arc::from(source.as_slice()));
        let mut commands = 0;
        loop {
            match parser.next_command() {
                Ok(Some(_)) => commands += 1,
                Ok(None) => break,
                Err(error) => {
                    prop_assert!(error.at <= source.len());
                    prop_assert_eq!(error.render("sh", &source).lines().count(), 3);
                    break;
                }
            }
            prop_assert!(commands <= source.len(), "every command takes some of the text");
        }
    }

    #[test]
    fn single_quotes_give_any_bytes_back(bytes in prop::collection::vec(1u8.., 0..60)) {
        let mut script = b"set -- '".to_vec();
        for &byte in &bytes {
            match byte {
                b'\'' => script.extend_from_slice(b"'\\''"),
                byte => script.push(byte),
            }
        }
        script.extend_from_slice(b"'; export value=\"$1\"; printenv value");
        let sys = system();
        let (mut shell, stdout, _) = super::support::shell(&sys, b"");
        let status = sys.block_on(shell.run_script(&script, b"sh"));
        let mut expected = bytes;
        expected.push(b'\n');
        prop_assert_eq!((status, stdout.bytes()), (0, expected));
    }

    #[test]
    fn any_text_can_be_run(source in text()) {
        // Everything but what would wait for a person or leave files behind that grow: all of it ends.
        let outcome = run_on(&system(), &source);
        prop_assert!(outcome.status != 134, "{}", outcome.stderr);
    }
}
