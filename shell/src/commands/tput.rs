//! `tput`: what scripts ask of a terminal (POSIX XCU `tput`), for the terminals that there are: ECMA-48 with colours.

use alloc::format;
use bstr::BStr;

use super::support::numbers;
use crate::{
    io::{self, Outcome, Output},
    process::Process,
    screen::size_of,
};

command!(
    "tput",
    "tput cols | lines | colors | clear | cup ROW COLUMN | setaf N | setab N | bold | dim | smul | rmul | rev | smso | \
     rmso | sgr0 | civis | cnorm | smcup | rmcup | el | ed | home | bel | init | reset",
    "Prints what makes the terminal do something, or what is known of it."
);

/// The sequences without parameters.
const FIXED: [(&str, &str); 22] = [
    ("bel", "\x07"),
    ("blink", "\x1b[5m"),
    ("bold", "\x1b[1m"),
    ("civis", "\x1b[?25l"),
    ("clear", "\x1b[H\x1b[2J\x1b[3J"),
    ("cnorm", "\x1b[?25h"),
    ("dim", "\x1b[2m"),
    ("ed", "\x1b[J"),
    ("el", "\x1b[K"),
    ("el1", "\x1b[1K"),
    ("home", "\x1b[H"),
    ("init", "\x1b[m\x1b[?25h"),
    ("rc", "\x1b8"),
    ("reset", "\x1bc"),
    ("rev", "\x1b[7m"),
    ("rmcup", "\x1b[?1049l"),
    ("rmso", "\x1b[27m"),
    ("rmul", "\x1b[24m"),
    ("sc", "\x1b7"),
    ("sgr0", "\x1b[m"),
    ("smcup", "\x1b[?1049h"),
    ("smso", "\x1b[7m"),
];

/// Status for a name that is not known.
const UNKNOWN: u8 = 4;

async fn run(p: Process) -> Outcome {
    let options = io::options(&p, &COMMAND, "+T:", &[]).await?;
    let mut out = Output::new(&p);
    let [name, parameters @ ..] = options.operands.as_slice() else {
        return Err(io::usage(&p, &COMMAND, "missing operand").await);
    };
    // Standard output is often a variable: the size is that of the terminal behind another stream.
    let at = [p.stdout(), p.stderr(), p.stdin()];
    let terminal = at.iter().find(|fd| fd.file().is_ok_and(|file| file.terminal().is_some())).unwrap_or(&at[0]);
    let size = size_of(terminal);
    let number = |at: usize| parameters.get(at).and_then(|text: &&BStr| numbers::parse::<u16>(text));
    let text = match (name.as_ref() as &[u8], number(0), number(1)) {
        (b"cols", ..) => format!("{}\n", size.cols),
        (b"lines", ..) => format!("{}\n", size.rows),
        (b"colors", ..) => "8\n".into(),
        (b"smul", ..) => "\x1b[4m".into(),
        (b"cup", Some(row), Some(col)) => format!("\x1b[{};{}H", u32::from(row) + 1, u32::from(col) + 1),
        (b"setaf", Some(colour @ 0..=7), _) => format!("\x1b[3{colour}m"),
        (b"setab", Some(colour @ 0..=7), _) => format!("\x1b[4{colour}m"),
        (b"setaf", Some(colour @ 8..=15), _) => format!("\x1b[9{}m", colour - 8),
        (b"setab", Some(colour @ 8..=15), _) => format!("\x1b[10{}m", colour - 8),
        (b"cup" | b"setaf" | b"setab", ..) => {
            return Err(io::usage(&p, &COMMAND, &format!("{name} needs numbers that the terminal has")).await);
        }
        (name, ..) => match FIXED.iter().find(|(known, _)| known.as_bytes() == name) {
            Some((_, text)) => (*text).into(),
            None => {
                io::complain(&p, format!("unknown terminal capability '{}'", BStr::new(name))).await;
                return Ok(UNKNOWN);
            }
        },
    };
    out.push(text.as_bytes());
    out.finish(0).await
}
