//! `stty`: how the terminal that is standard input is set (POSIX XCU `stty`).

use alloc::{
    format,
    string::{String, ToString},
};
use bstr::{BStr, BString, ByteSlice};
use core::future::poll_fn;

use crate::{
    env::{Attributes, Characters, Modes, Terminal, WindowSize},
    io::{self, Outcome, Output},
    process::Process,
};

command!(
    "stty",
    "stty [-F DEVICE] [-a | -g | size | SETTING...]",
    "Shows how the terminal is set, or sets it: [-]echo, [-]icanon and so on, intr ^X (^- for none), min N, time N, rows N, cols N, raw, cooked, sane, or what -g printed."
);

/// The modes by name. A dash before one switches it off.
const MODES: [(&str, Modes); 21] = [
    ("isig", Modes::ISIG),
    ("icanon", Modes::ICANON),
    ("iexten", Modes::IEXTEN),
    ("echo", Modes::ECHO),
    ("echoe", Modes::ECHOE),
    ("echok", Modes::ECHOK),
    ("echonl", Modes::ECHONL),
    ("echoctl", Modes::ECHOCTL),
    ("echoke", Modes::ECHOKE),
    ("noflsh", Modes::NOFLSH),
    ("tostop", Modes::TOSTOP),
    ("inlcr", Modes::INLCR),
    ("igncr", Modes::IGNCR),
    ("icrnl", Modes::ICRNL),
    ("ixon", Modes::IXON),
    ("ixoff", Modes::IXOFF),
    ("ixany", Modes::IXANY),
    ("iutf8", Modes::IUTF8),
    ("opost", Modes::OPOST),
    ("ocrnl", Modes::OCRNL),
    ("onlcr", Modes::ONLCR),
];

/// What raw mode clears; the rest stays.
const COOKING: Modes = Modes::ICANON
    .union(Modes::ISIG)
    .union(Modes::ICRNL)
    .union(Modes::INLCR)
    .union(Modes::IGNCR)
    .union(Modes::IXON)
    .union(Modes::IXOFF)
    .union(Modes::IXANY)
    .union(Modes::OPOST);

/// What is to be set.
#[derive(Clone, Copy)]
struct Settings {
    attributes: Attributes,
    size: WindowSize,
}

async fn run(p: Process) -> Outcome {
    let mut words = p.args.get(1..).unwrap_or_default();
    // `-echo` is no option, but `-a`, `--help` and mistakes like them are.
    let is_option = |word: &&BString| word.starts_with(b"--") || (word.len() == 2 && word[0] == b'-' && *word != "-F");
    if words.iter().any(|word| is_option(&word)) {
        io::options(&p, &COMMAND, "agF:", &[]).await?;
    }
    let mut file = p.fds.get(0).ok();
    if let [option, device, rest @ ..] = words
        && option == "-F"
    {
        let opened = p.sys.open(p.absolute(device.as_bstr()).as_bstr(), crate::env::OpenFlags::READ).await;
        match opened {
            Ok(opened) => file = Some(opened),
            Err(error) => {
                io::complain_about(&p, device, error).await;
                return Ok(1);
            }
        }
        words = rest;
    }
    let Some(terminal) = file.as_ref().and_then(|file| file.terminal()) else {
        io::complain(&p, "standard input is not a terminal".into()).await;
        return Ok(1);
    };
    let mut out = Output::new(&p);
    match words {
        [] => out.push(show(terminal, false).as_bytes()),
        [word] if word == "-a" => out.push(show(terminal, true).as_bytes()),
        [word] if word == "-g" => out.push(save(terminal.attributes()).as_bytes()),
        [word] if word == "size" => {
            let size = terminal.size();
            out.push(format!("{} {}\n", size.rows, size.cols).as_bytes());
        }
        words => {
            // All or nothing: a mistake changes nothing.
            let before = Settings { attributes: terminal.attributes(), size: terminal.size() };
            let mut after = before;
            let mut rest = words.iter().map(|word| word.as_bstr());
            while let Some(word) = rest.next() {
                if let Err(problem) = apply(&mut after, word, &mut rest) {
                    return Err(io::usage(&p, &COMMAND, &problem).await);
                }
            }
            // Somebody else's terminal is not changed from the background.
            if let Err(error) = poll_fn(|cx| terminal.poll_change(cx)).await {
                io::complain(&p, format!("cannot set the terminal from the background: {error}")).await;
                return Ok(1);
            }
            terminal.set_attributes(after.attributes);
            if after.size != before.size {
                terminal.set_size(after.size);
            }
        }
    }
    out.finish(0).await
}

/// Does what one word says, with its argument where it has one.
fn apply<'a>(
    settings: &mut Settings,
    word: &BStr,
    rest: &mut impl Iterator<Item = &'a BStr>,
) -> Result<(), String> {
    let Settings { attributes: Attributes { modes, characters }, size } = settings;
    match word.as_bytes() {
        b"sane" => settings.attributes = Attributes::SANE,
        b"cooked" | b"-raw" => *modes |= Modes::COOKED & (COOKING | Modes::IEXTEN),
        b"raw" | b"-cooked" => {
            *modes -= COOKING;
            (characters.min, characters.time) = (1, 0);
        }
        b"cbreak" => {
            *modes -= Modes::ICANON;
            (characters.min, characters.time) = (1, 0);
        }
        b"-cbreak" => *modes |= Modes::ICANON,
        b"nl" => *modes -= Modes::ICRNL | Modes::ONLCR,
        b"-nl" => *modes = (*modes | Modes::ICRNL | Modes::ONLCR) - Modes::INLCR - Modes::IGNCR - Modes::OCRNL,
        b"ek" => (characters.erase, characters.kill) = (Characters::USUAL.erase, Characters::USUAL.kill),
        b"rows" => size.rows = number(word, rest.next())?,
        b"cols" | b"columns" => size.cols = number(word, rest.next())?,
        b"min" => characters.min = number(word, rest.next())?,
        b"time" => characters.time = number(word, rest.next())?,
        name => {
            if let Some((_, character)) = characters.named().into_iter().find(|(known, _)| known.as_bytes() == name) {
                let text = rest.next().ok_or_else(|| format!("'{word}' needs a character, such as ^X"))?;
                *character = parse_character(text).ok_or_else(|| format!("'{text}' is not a character"))?;
                return Ok(());
            }
            let (name, on) = name.strip_prefix(b"-").map_or((name, true), |name| (name, false));
            if let Some((_, mode)) = MODES.iter().find(|(known, _)| known.as_bytes() == name) {
                modes.set(*mode, on);
            } else if let Some(saved) = restore(word) {
                settings.attributes = saved;
            } else {
                return Err(format!("there is no mode '{word}'"));
            }
        }
    }
    Ok(())
}

fn number<T: core::str::FromStr>(word: &BStr, text: Option<&BStr>) -> Result<T, String> {
    let text = text.ok_or_else(|| format!("'{word}' needs a number"))?;
    let number = text.to_str().ok().and_then(|text| text.parse().ok());
    number.ok_or_else(|| format!("'{text}' is not a number for '{word}'"))
}

/// `^X`, `^?`, `^-` or `undef` for none, a number, or the character itself.
fn parse_character(text: &[u8]) -> Option<Option<u8>> {
    match text {
        b"^-" | b"undef" | b"" => Some(None),
        b"^?" => Some(Some(0x7f)),
        [byte] => Some(Some(*byte)),
        [b'^', letter @ b'@'..=b'_'] => Some(Some(letter ^ 0x40)),
        [b'^', letter @ b'a'..=b'z'] => Some(Some(letter & 0x1f)),
        number => {
            let text = number.to_str().ok()?;
            let hexadecimal = text.strip_prefix("0x").map(|digits| u8::from_str_radix(digits, 16));
            hexadecimal.unwrap_or_else(|| text.parse()).ok().map(Some)
        }
    }
}

fn show_character(character: Option<u8>) -> String {
    match character {
        None => "<undef>".into(),
        Some(byte) if byte.is_ascii_control() => format!("^{}", char::from(byte ^ 0x40)),
        Some(byte) if byte.is_ascii() => char::from(byte).to_string(),
        Some(byte) => format!("{byte:#x}"),
    }
}

/// What [`restore`] understands.
fn save(attributes: Attributes) -> String {
    let Attributes { modes, mut characters } = attributes;
    let mut text = format!("{:x}", modes.bits());
    for (_, character) in characters.named() {
        text += &character.map_or(":-".into(), |byte| format!(":{byte:x}"));
    }
    text += &format!(":{:x}:{:x}\n", characters.min, characters.time);
    text
}

fn restore(word: &[u8]) -> Option<Attributes> {
    let mut parts = word.to_str().ok()?.split(':');
    let modes = Modes::from_bits(u32::from_str_radix(parts.next()?, 16).ok()?)?;
    let mut characters = Characters::USUAL;
    for (_, character) in characters.named() {
        *character = match parts.next()? {
            "-" => None,
            digits => Some(u8::from_str_radix(digits, 16).ok()?),
        };
    }
    characters.min = u8::from_str_radix(parts.next()?, 16).ok()?;
    characters.time = u8::from_str_radix(parts.next()?, 16).ok()?;
    parts.next().is_none().then_some(Attributes { modes, characters })
}

/// The size, the characters and the modes: all of them, or those that are not as `sane` has them.
fn show(terminal: &dyn Terminal, all: bool) -> String {
    let (size, Attributes { modes, mut characters }) = (terminal.size(), terminal.attributes());
    let mut text = format!("rows {}; columns {};\n", size.rows, size.cols);
    let mut line = String::new();
    let mut usual = Characters::USUAL;
    for ((name, character), (_, usual)) in characters.named().into_iter().zip(usual.named()) {
        if all || character != usual {
            line += &format!("{name} = {}; ", show_character(*character));
        }
    }
    let reads = (characters.min, characters.time);
    if all || reads != (usual.min, usual.time) {
        line += &format!("min = {}; time = {};", reads.0, reads.1);
    }
    push_line(&mut text, &line);
    line.clear();
    for (name, mode) in MODES {
        if all || modes.contains(mode) != Modes::COOKED.contains(mode) {
            line += if modes.contains(mode) { "" } else { "-" };
            line += name;
            line.push(' ');
        }
    }
    push_line(&mut text, &line);
    text
}

/// Adds a line of words, cut where the screen ends.
fn push_line(text: &mut String, line: &str) {
    const WIDTH: usize = 80;
    let mut column = 0;
    for part in line.trim_end().split_inclusive(' ') {
        if column > 0 && column + part.trim_end().len() > WIDTH {
            text.truncate(text.trim_end().len());
            text.push('\n');
            column = 0;
        }
        *text += part;
        column += part.len();
    }
    if column > 0 {
        text.push('\n');
    }
}
