//! The shells of the host agree with the table, where they are installed.

use pollux_cases::{HostShell, Table};

fn agrees(name: &str) {
    agrees_in(name, name);
}

/// The cases that name `name`, in a shell of the host.
fn agrees_in(name: &str, shell: &str) {
    let Some(shell) = HostShell::find(shell) else {
        println!("{shell} is not installed: nothing is compared with it");
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

#[test]
fn gnu_ed_agrees_with_the_table() {
    let version = std::process::Command::new("ed").arg("--version").output();
    if version.is_ok_and(|output| output.stdout.starts_with(b"GNU ed")) {
        agrees_in("ed", "sh");
    } else {
        println!("GNU ed is not installed: nothing is compared with it");
    }
}
