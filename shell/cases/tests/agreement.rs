//! The shells of the host agree with the table, where they are installed.

use pollux_cases::{HostShell, Table};

fn agrees(name: &str) {
    let Some(shell) = HostShell::find(name) else {
        println!("{name} is not installed: nothing is compared with it");
        return;
    };
    let table = Table::load().unwrap_or_else(|error| panic!("{error}"));
    if let Err(report) = table.run(Some(name), "", |cases| shell.run_all(cases)) {
        panic!("{name} does not agree:\n{report}");
    }
}

#[test]
fn dash_agrees_with_the_table() {
    agrees("dash");
}

#[test]
fn bash_agrees_with_the_table() {
    agrees("bash");
}
