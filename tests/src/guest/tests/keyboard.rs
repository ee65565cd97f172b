//! The PS/2 keyboard and the VGA text screen, as a person in front of a window has them.

use std::time::Instant;

use crate::guest::{Check, Guest, Shared, driver::LIMIT};

pub(super) const TESTS: &[Shared] = &[
    ("the VGA screen shows the prompt", prompt),
    ("keys are typed and VGA text shows them", keys),
    ("shift, arrows and ^C work", modifiers),
];

/// Presses keys one after the other, each when the one before has been echoed on the serial console,
/// which shows the same terminal.
fn type_keys(guest: &mut Guest, keys: &[(&str, &str)]) -> Check {
    for (key, echo) in keys {
        guest.press(&key.split('-').collect::<Vec<_>>())?;
        guest.expect(echo)?;
    }
    Ok(())
}

/// Waits until the VGA screen shows a text. There is nothing that would tell when it changes.
fn expect_vga(guest: &mut Guest, what: &str, shown: impl Fn(&str) -> bool) -> Check {
    let begin = Instant::now();
    loop {
        let text = guest.vga_text()?;
        if shown(&text) {
            return Ok(());
        }
        check!(begin.elapsed() < LIMIT, "{what} does not appear on the VGA screen, which is\n{text}");
        check!(guest.is_alive(), "the guest ended");
    }
}

fn prompt(guest: &mut Guest) -> Check {
    expect_vga(guest, "the prompt", |text| {
        text.lines().any(|line| line.starts_with("pollux:") && line.ends_with('$'))
    })
}

fn keys(guest: &mut Guest) -> Check {
    let line = [
        ("e", "e"),
        ("c", "c"),
        ("h", "h"),
        ("o", "o"),
        ("spc", " "),
        ("p", "p"),
        ("s", "s"),
        ("2", "2"),
        ("ret", "\n"),
    ];
    type_keys(guest, &line)?;
    guest.expect("ps2")?;
    guest.prompt()?;
    expect_vga(guest, "the command and its output", |text| {
        let mut lines = text.lines().skip_while(|line| !line.ends_with("$ echo ps2"));
        lines.next().is_some() && lines.next() == Some("ps2")
    })
}

fn modifiers(guest: &mut Guest) -> Check {
    let line = [("e", "e"), ("c", "c"), ("h", "h"), ("o", "o"), ("spc", " "), ("shift-a", "A"), ("c", "c")];
    type_keys(guest, &line)?;
    guest.press(&["left"])?;
    type_keys(guest, &[("b", "b"), ("ret", "\n")])?;
    guest.expect("Abc")?;
    guest.prompt()?;
    guest.type_text("echo it begins; sleep 1000\r")?;
    guest.expect("\nit begins")?;
    guest.press(&["ctrl", "c"])?;
    guest.prompt()?;
    guest.expect_output("echo status $?", "status 130")
}
