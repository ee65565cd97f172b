//! The examples run, and what they assert holds.

use std::process::Command;

#[test]
fn every_example_runs_and_shows_something() {
    let me = std::env::current_exe().expect("the path of this program");
    let examples = me.ancestors().nth(2).expect("target/PROFILE").join("examples");
    for name in ["hello", "scopes", "stop_continue", "timers", "own_platform"] {
        let output = Command::new(examples.join(name)).output();
        let output = output.unwrap_or_else(|error| panic!("{name}: {error}; `cargo test` builds it"));
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{name}: {}: {said}", output.status);
        assert!(!output.stdout.is_empty(), "{name} shows nothing");
    }
}
