//! `-n`: whether a script parses.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
    sync::Arc,
};

use pollux_shell::lang::Parser;

/// How much of a script is looked at at once, unless a command is longer.
const WINDOW: usize = 32 << 10;

/// Parses a script and runs nothing of it: 0, or 2 after a message about the first error.
pub fn check(file: &Path) -> Result<u8, String> {
    let name = file.display().to_string();
    match File::open(file).and_then(|script| parse(&name, script, WINDOW)) {
        Ok(None) => Ok(0),
        Ok(Some(message)) => {
            eprintln!("{message}");
            Ok(2)
        }
        Err(error) => Err(format!("{name}: {error}")),
    }
}

/// What is wrong with a script, if anything is. It takes memory for its longest command, not for all of it.
fn parse(name: &str, mut script: impl Read, window: usize) -> io::Result<Option<String>> {
    let (mut text, mut size, mut line) = (Vec::new(), window, 1);
    loop {
        let room = (size - text.len()) as u64;
        let has_ended = (script.by_ref().take(room).read_to_end(&mut text)? as u64) < room;
        let source: Arc<[u8]> = Arc::from(text.as_slice());
        let mut parser = Parser::new(source.clone());
        parser.begins_in_line(line);
        let mut parsed = 0;
        loop {
            match parser.next_command() {
                Err(error) if has_ended => return Ok(Some(error.render_from(name, &source, line))),
                Ok(None) if has_ended => return Ok(None),
                // What touches the end may go on behind it.
                Ok(Some(_)) if parser.position() < source.len() => parsed = parser.position(),
                Ok(Some(_)) if has_ended => {}
                _ => break,
            }
        }
        line = parser.line_of(parsed);
        text.drain(..parsed);
        size = if parsed > 0 { window.max(2 * text.len()) } else { 2 * size };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Commands of all lengths, some of which end where a window does.
    const SCRIPT: &str =
        "a\n\nf() {\n b \\\n c 'd\ne'\n}\ncat <<E <<-F\nx $(y\n)\nE\n\tz\n\tF\nif g; then h; fi # i\nj & k\n";

    #[test]
    fn a_script_is_the_same_through_every_window() {
        for window in 1..=SCRIPT.len() + 1 {
            assert_eq!(parse("s", SCRIPT.as_bytes(), window).unwrap(), None, "{window}");
        }
    }

    #[test]
    fn an_error_is_found_in_its_line_through_every_window() {
        for (wrong, line) in [("done", 16), ("l <<M\nm\n", 16), ("\n\n'", 18), ("n )\no\np\n", 16)] {
            let script = [SCRIPT, wrong].concat();
            let whole = parse("s", script.as_bytes(), 1 << 20).unwrap();
            assert!(whole.as_ref().is_some_and(|text| text.contains(&format!("line {line}:"))), "{whole:?}");
            for window in 1..script.len() {
                assert_eq!(parse("s", script.as_bytes(), window).unwrap(), whole, "{wrong:?}, {window}");
            }
        }
    }

    #[test]
    fn what_cannot_be_read_is_no_script() {
        assert!(check(Path::new("/nowhere")).unwrap_err().starts_with("/nowhere: "));
        assert!(check(Path::new("/")).is_err());
    }
}
