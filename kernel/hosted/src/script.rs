//! `-n`: whether a script parses.

use std::{
    fs::File,
    io::{self, Read},
    iter,
    path::Path,
    sync::Arc,
};

use pollux_shell::lang::Parser;

/// Parses a script and runs nothing of it: 0, or 2 after a message about the first error.
pub fn check(file: &Path) -> Result<u8, String> {
    let text = read(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let mut parser = Parser::new(text.clone());
    loop {
        match parser.next_command() {
            Ok(Some(_)) => {}
            Ok(None) => return Ok(0),
            Err(error) => {
                eprintln!("{}", error.render(&file.display().to_string(), &text));
                return Ok(2);
            }
        }
    }
}

/// Reads a file to where it stays: a long text is not copied once more.
fn read(file: &Path) -> io::Result<Arc<[u8]>> {
    let mut file = File::open(file)?;
    let length = file.metadata()?.len() as usize;
    let mut text: Arc<[u8]> = iter::repeat_n(0, length).collect();
    file.read_exact(Arc::get_mut(&mut text).expect("nobody else has it yet"))?;
    // What came since, or all of it if it is no file of a known length.
    let mut rest = Vec::new();
    file.read_to_end(&mut rest)?;
    if rest.is_empty() { Ok(text) } else { Ok([&*text, &rest].concat().into()) }
}
