//! Questions with yes or no, as `-i` asks them.

use bstr::BStr;

use crate::process::Process;

/// Asks on standard error and reads a line of standard input; whether it begins with `y`. The end of input is a no.
pub async fn ask(p: &Process, question: &str) -> bool {
    let name = p.args.first().map_or(BStr::new(""), |name| name.as_ref());
    let _ = p.stderr().write_all(alloc::format!("{name}: {question} ").as_bytes()).await;
    let (mut first, mut byte) = (None, [0]);
    // Byte by byte: what comes after the line is for the next question, or for another command.
    while let Ok(1) = p.stdin().read(&mut byte).await {
        if byte[0] == b'\n' {
            break;
        }
        first.get_or_insert(byte[0]);
    }
    matches!(first, Some(b'y' | b'Y'))
}
