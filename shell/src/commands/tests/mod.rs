//! Tests of the commands on the fake system, and against the host's own where it has them.

use super::*;

#[test]
fn commands_are_sorted_and_found() {
    assert!(COMMANDS.is_sorted_by(|a, b| a.name < b.name), "binary search needs the order");
    for command in COMMANDS {
        assert!(core::ptr::eq(find(command.name.as_bytes()).unwrap(), command));
    }
    assert!(find(b"nonsense").is_none());
}
