//! The house of DESIGN.md: which crate may know which.

use serde_json::Value;

use super::tally::{Outcome, Tally};
use crate::workspace;

/// Who may depend on whom, by the names of the packages without `pollux-`. Whoever stands here may
/// depend on nothing else of ours, in tests and build scripts neither.
const ALLOWED: &[(&str, &[&str])] = &[
    ("trace", &[]),
    ("executor", &["trace"]),
    ("hal", &[]),
    ("cases", &[]),
    ("figures", &[]),
    ("memory", &["trace"]),
    ("pmu", &[]),
    ("entry", &[]),
    ("peer", &["figures"]),
    ("shell", &["cases"]),
    ("drivers", &["hal", "executor"]),
    ("core", &["executor", "shell", "trace"]),
    ("bench", &["executor", "core", "shell"]),
    ("inside", &["executor", "core", "figures", "shell"]),
    ("inspect", &["executor", "core", "shell", "trace"]),
    (
        "kernel",
        &[
            "executor", "hal", "memory", "pmu", "entry", "shell", "drivers", "core", "inside", "inspect",
            "trace",
        ],
    ),
    ("hosted", &["executor", "hal", "memory", "shell", "drivers", "core", "inside", "inspect", "trace"]),
    ("tests", &["cases", "figures"]),
];

pub(super) fn run(tally: &mut Tally) {
    tally.check("layers: every crate depends only on what DESIGN.md allows", || {
        let output = workspace::cargo().args(["metadata", "--format-version=1", "--no-deps"]).output();
        let metadata = match output {
            Ok(output) if output.status.success() => serde_json::from_slice(&output.stdout),
            Ok(output) => return Outcome::Failed(String::from_utf8_lossy(&output.stderr).into_owned()),
            Err(error) => return Outcome::Failed(format!("cargo metadata: {error}")),
        };
        match metadata.map(|metadata| wrong_arrows(&metadata)) {
            Ok(wrong) if wrong.is_empty() => Outcome::Passed,
            Ok(wrong) => Outcome::Failed(wrong.join("\n")),
            Err(error) => Outcome::Failed(format!("cargo metadata: {error}")),
        }
    });
}

fn wrong_arrows(metadata: &Value) -> Vec<String> {
    let packages = metadata["packages"].as_array().into_iter().flatten();
    let mut wrong = Vec::new();
    let mut seen = 0;
    for package in packages {
        seen += 1;
        let name = ours(&package["name"]).unwrap_or_default();
        let Some((_, allowed)) = ALLOWED.iter().find(|(from, _)| *from == name) else {
            wrong.push(format!("{} has no place in the house", package["name"]));
            continue;
        };
        let dependencies = package["dependencies"].as_array().into_iter().flatten();
        for to in dependencies.filter_map(|dependency| ours(&dependency["name"])) {
            // A crate may switch its own features on for its tests.
            if to != name && !allowed.contains(&to) {
                wrong.push(format!("{name} depends on {to}"));
            }
        }
    }
    if seen == 0 {
        wrong.push("cargo metadata names no packages".into());
    }
    wrong
}

fn ours(name: &Value) -> Option<&str> {
    name.as_str()?.strip_prefix("pollux-")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn package(name: &str, dependencies: &[&str]) -> Value {
        let dependencies: Vec<_> = dependencies.iter().map(|name| json!({ "name": name })).collect();
        json!({ "name": name, "dependencies": dependencies })
    }

    #[test]
    fn allowed_arrows_and_other_peoples_crates_pass() {
        let metadata = json!({ "packages": [
            package("pollux-core", &["pollux-executor", "pollux-shell", "spin"]),
            package("pollux-shell", &["bstr", "pollux-shell"]),
        ]});
        assert_eq!(wrong_arrows(&metadata), [""; 0]);
    }

    #[test]
    fn a_forbidden_arrow_and_a_stranger_are_named() {
        let metadata = json!({ "packages": [
            package("pollux-shell", &["pollux-core"]),
            package("pollux-attic", &[]),
        ]});
        let expected = ["shell depends on core", "\"pollux-attic\" has no place in the house"];
        assert_eq!(wrong_arrows(&metadata), expected);
        assert_eq!(wrong_arrows(&json!({})).len(), 1, "an empty answer proves nothing");
    }
}
