//! The table of cases (`shell/tests/cases/`) on the fake system. That the shells of the host agree is checked by
//! `pollux-cases` itself.

use alloc::{string::String, vec::Vec};
use pollux_cases::{Case, Outcome, Table};

use super::support::run;

fn outcome(case: &Case) -> Outcome {
    let ours = run(&case.script);
    Outcome { stdout: ours.stdout, stderr: Some(ours.stderr), status: ours.status.into() }
}

#[test]
fn the_shell_does_what_the_table_says() {
    let table = Table::load().unwrap_or_else(|error| panic!("{error}"));
    // A part of the table can be named, for the one who works on it.
    let filter: String = std::env::var("CASES").unwrap_or_default();
    let result =
        table.run(None, &filter, |cases| Ok(cases.iter().map(|case| outcome(case)).collect::<Vec<_>>()));
    if let Err(report) = result {
        panic!("{report}");
    }
}
