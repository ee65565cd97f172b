//! `echo`: prints its arguments.

use alloc::vec::Vec;

use super::support::escape::{Octal, unescape};
use crate::{
    io::{self, Outcome, Output},
    process::Process,
};

command!("echo", "echo [-neE] [WORD...]", "Prints the words; -n without a newline, -e with escapes like \\n and \\x41.");

async fn run(p: Process) -> Outcome {
    if p.args.len() == 2 && p.args[1] == "--help" {
        return Err(io::help(&p, &COMMAND).await);
    }
    let (mut newline, mut escapes) = (true, false);
    let is_option = |word: &[u8]| {
        word.len() > 1 && word[0] == b'-' && word[1..].iter().all(|letter| b"neE".contains(letter))
    };
    let words = p.args.get(1..).unwrap_or_default();
    let options = words.iter().take_while(|word| is_option(word)).count();
    for letter in words[..options].iter().flat_map(|word| &word[1..]) {
        match letter {
            b'n' => newline = false,
            other => escapes = *other == b'e',
        }
    }
    let mut out = Output::new(&p);
    let mut text = Vec::new();
    for (i, word) in words[options..].iter().enumerate() {
        text.clear();
        if i > 0 {
            text.push(b' ');
        }
        if !escapes {
            text.extend_from_slice(word);
        } else if !unescape(word, Octal::Zero, &mut text) {
            out.push(&text);
            return out.finish(0).await;
        }
        out.write(&text).await?;
    }
    if newline {
        out.push(b"\n");
    }
    out.finish(0).await
}
