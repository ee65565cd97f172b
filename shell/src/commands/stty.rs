//! `stty`: the modes of the terminal that is standard input (POSIX XCU `stty`). The special characters are fixed.

use alloc::{format, string::String};
use bstr::ByteSlice;

use crate::{
    env::{Modes, Terminal},
    io::{self, Outcome, Output},
    process::Process,
};

command!(
    "stty",
    "stty [-a | -g | size | MODE...]",
    "Shows the terminal's modes, or sets them: [-]echo, [-]icanon, [-]isig and so on, raw, sane, or what -g printed."
);

/// The modes by name. A dash before one switches it off.
const MODES: [(&str, Modes); 12] = [
    ("isig", Modes::ISIG),
    ("icanon", Modes::ICANON),
    ("iexten", Modes::IEXTEN),
    ("echo", Modes::ECHO),
    ("echoe", Modes::ECHOE),
    ("echok", Modes::ECHOK),
    ("echoctl", Modes::ECHOCTL),
    ("icrnl", Modes::ICRNL),
    ("ixon", Modes::IXON),
    ("iutf8", Modes::IUTF8),
    ("opost", Modes::OPOST),
    ("onlcr", Modes::ONLCR),
];

const CHARACTERS: &str = "intr = ^C; quit = ^\\; erase = ^?; kill = ^U; eof = ^D; start = ^Q; stop = ^S; susp = ^Z;\n\
                          rprnt = ^R; werase = ^W; lnext = ^V;\n";

async fn run(p: Process) -> Outcome {
    let words = p.args.get(1..).unwrap_or_default();
    // `-echo` is no option, but `-a`, `--help` and mistakes like them are.
    if words.iter().any(|word| word.starts_with(b"--") || (word.len() == 2 && word[0] == b'-')) {
        io::options(&p, &COMMAND, "ag", &[]).await?;
    }
    let file = p.fds.get(0).ok();
    let Some(terminal) = file.as_ref().and_then(|file| file.terminal()) else {
        io::complain(&p, "standard input is not a terminal".into()).await;
        return Ok(1);
    };
    let mut out = Output::new(&p);
    match words {
        [] => out.push(show(terminal, false).as_bytes()),
        [word] if word == "-a" => out.push(show(terminal, true).as_bytes()),
        [word] if word == "-g" => out.push(format!("{:x}\n", terminal.modes().bits()).as_bytes()),
        [word] if word == "size" => {
            let size = terminal.size();
            out.push(format!("{} {}\n", size.rows, size.cols).as_bytes());
        }
        words => {
            // All or nothing: a mistake changes no mode.
            let mut modes = terminal.modes();
            for word in words {
                let Some(changed) = apply(modes, word) else {
                    return Err(io::usage(&p, &COMMAND, &format!("there is no mode '{word}'")).await);
                };
                modes = changed;
            }
            terminal.set_modes(modes);
        }
    }
    out.finish(0).await
}

/// The modes after one word.
fn apply(modes: Modes, word: &[u8]) -> Option<Modes> {
    match word {
        b"sane" | b"cooked" | b"-raw" => return Some(Modes::COOKED),
        b"raw" | b"-cooked" => return Some(Modes::IUTF8),
        _ => {}
    }
    let (name, on) = word.strip_prefix(b"-").map_or((word, true), |name| (name, false));
    if let Some((_, mode)) = MODES.iter().find(|(known, _)| known.as_bytes() == name) {
        return Some(if on { modes | *mode } else { modes - *mode });
    }
    let bits = u32::from_str_radix(word.to_str().ok()?, 16).ok()?;
    Modes::from_bits(bits)
}

/// The size and the modes: all of them, or those that are not as `sane` has them.
fn show(terminal: &dyn Terminal, all: bool) -> String {
    let (size, modes) = (terminal.size(), terminal.modes());
    let mut text = format!("rows {}; columns {};\n", size.rows, size.cols);
    if all {
        text += CHARACTERS;
    }
    let mut separator = "";
    for (name, mode) in MODES {
        if all || modes.contains(mode) != Modes::COOKED.contains(mode) {
            text += separator;
            text += if modes.contains(mode) { "" } else { "-" };
            text += name;
            separator = " ";
        }
    }
    if !separator.is_empty() {
        text.push('\n');
    }
    text
}
