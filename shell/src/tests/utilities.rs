//! `docs/utilities.md` says of each POSIX utility whether it is here. It has to be true.

use bstr::ByteSlice;
use std::{path::Path, string::String, vec::Vec};

use crate::{commands, fake::FakeSystem, run::builtins};

#[test]
fn the_table_of_utilities_is_true() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/utilities.md");
    let text = std::fs::read_to_string(path).unwrap();
    let mut names = Vec::new();
    for row in text.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| utility")) {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        for name in cells[1].split(", ") {
            let command = commands::find(&FakeSystem::new(), name.as_bytes()).is_some();
            let shell = builtins::find(name.as_bytes()).is_some() || ["sh", "time"].contains(&name);
            match cells[2] {
                "have" => assert!(command, "{name} is not a command"),
                "shell" => assert!(shell, "{name} is not part of the shell"),
                "missing" | "no" => {
                    assert!(!command && !shell, "{name} is there now: say so in docs/utilities.md")
                }
                other => panic!("{other:?} of {name}"),
            }
            names.push(String::from(name));
        }
    }
    let count = names.len();
    names.sort();
    names.dedup();
    assert_eq!(count, names.len(), "a utility stands there twice");
    assert!(names.iter().any(|name| name.as_bytes().contains_str("zcat")), "the table is whole");
}
