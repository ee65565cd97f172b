//! `sed`: edits a stream by a script. Memory is that of the pattern space and the hold space.
//!
//! POSIX, and what people use of GNU's: addresses `0,/RE/`, `FIRST~STEP`, `,+N`, `,~N`; flags `I` and `M`; case
//! conversion in replacements; `F Q R T v W z`, `-i -s -u -z`. `e` is left out: the shell runs commands.

mod files;
mod input;
mod machine;
mod parse;
mod script;
mod text;

use bstr::{BStr, BString};

use self::machine::{Machine, Settings};
use super::support::{numbers, posix_regex::Syntax};
use crate::{
    io::{self, Outcome},
    process::Process,
};

command!(
    "sed",
    "sed [-nEsuz] [-i[SUFFIX]] [-l WIDTH] [-e SCRIPT] [-f FILE] [SCRIPT] [FILE...]",
    "Edits lines by a script: -n prints only what it says, -E extended regular expressions, -i in place, -s files one by one, -u without delay, -z lines end with byte 0."
);

const LONG: &[(&str, char)] = &[
    ("expression", 'e'),
    ("file", 'f'),
    ("in-place", 'i'),
    ("line-length", 'l'),
    ("null-data", 'z'),
    ("posix", 'p'),
    ("quiet", 'n'),
    ("regexp-extended", 'E'),
    ("separate", 's'),
    ("silent", 'n'),
    ("unbuffered", 'u'),
];

async fn run(p: Process) -> Outcome {
    let options = io::options(&p, &COMMAND, "nErsuzpe:f:l:i::", LONG).await?;
    let mut text = BString::default();
    let mut given = false;
    for (option, value) in &options.given {
        if matches!(option, 'e' | 'f') && core::mem::replace(&mut given, true) {
            text.push(b'\n');
        }
        match option {
            'e' => text.extend_from_slice(value),
            'f' => {
                let file = io::slurp(&p, value).await?;
                text.extend_from_slice(file.strip_suffix(b"\n").unwrap_or(&file));
            }
            _ => {}
        }
    }
    let mut names = options.operands.as_slice();
    if !given {
        let Some((script, rest)) = names.split_first() else {
            return Err(io::usage(&p, &COMMAND, "missing script").await);
        };
        (text, names) = ((*script).into(), rest);
    }
    let width = match options.value('l').map(|text| numbers::parse(text)) {
        None => 70,
        Some(Some(width)) => width,
        Some(None) => return Err(io::usage(&p, &COMMAND, "invalid line length").await),
    };
    let syntax = if options.last_of("Er").is_some() { Syntax::Extended } else { Syntax::Basic };
    let script = match parse::parse(&text, syntax) {
        Ok(script) => script,
        Err(message) => {
            io::complain(&p, message).await;
            return Ok(1);
        }
    };
    let in_place = options.value('i');
    let settings = Settings {
        print: !options.has('n') && !script.quiet,
        separate: in_place.is_some() || options.has('s'),
        in_place,
        unbuffered: options.has('u'),
        end: if options.has('z') { 0 } else { b'\n' },
        width,
    };
    let names = if names.is_empty() { alloc::vec![BStr::new("-")] } else { names.to_vec() };
    let status = Machine::new(&p, script, settings, names).await?.run().await?;
    Ok(status)
}
