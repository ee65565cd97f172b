//! The editor by itself: keys in, line and screen out.

mod keys;
mod screen;

use alloc::{boxed::Box, string::String, vec::Vec};

use super::{Action, Editor, Rules, Setup};
use crate::env::WindowSize;

const SIZE: WindowSize = WindowSize { rows: 5, cols: 20 };

fn setup(size: WindowSize, colours: bool) -> Setup<'static> {
    let known = |name: &[u8]| matches!(name, b"echo" | b"ls" | b"cat" | b"first");
    Setup {
        prompt: b"$ ",
        continuation: b"> ",
        size,
        colours: colours.then(|| Box::new(known) as super::Known),
        bracketed_paste: false,
        aliases: Default::default(),
    }
}

/// An editor without colours, with these lines of history.
fn begun(history: &[&str]) -> Editor {
    let mut editor = Editor::default();
    for line in history {
        editor.history.add(line.as_bytes(), Rules::parse(None));
    }
    editor.begin(setup(SIZE, false));
    editor
}

fn press(editor: &mut Editor, keys: &[u8]) -> Vec<Action> {
    let actions = keys.iter().map(|&byte| editor.feed(byte));
    actions.filter(|action| *action != Action::None).collect()
}

/// The line with `|` where the cursor is.
fn shown(editor: &Editor) -> String {
    let (mut line, cursor) = editor.line();
    line.insert(cursor, b'|');
    String::from_utf8_lossy(&line).into_owned()
}
