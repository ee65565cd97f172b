//! Baselines: the medians of a run that later ones are compared with. A file in `bench/baselines/` for each name:
//!
//! ```json
//! { "machine": { "qemu": "7.2.19", "cpu": "max", "smp": 2, "icount": true, "rustc": "1.95.0" },
//!   "median_ns": { "sched/yield": 541.3 } }
//! ```
//!
//! and, written by hand, one beside it for rows that may be worse than others, `NAME.allow.json`:
//!
//! ```json
//! { "sched/yield": { "percent": 5, "reason": "why it may differ more" } }
//! ```

use std::{collections::BTreeMap, fmt, fs, path::PathBuf};

use pollux_figures::line::time;
use serde_json::{Map, Value, json};

use super::figure::Figure;
use crate::{
    failure::{Context, Failure, Result},
    workspace,
};

/// Percent by which a figure may be worse before it is told, and before it fails: timed, and counted.
const TIMED: (f64, f64) = (5.0, 10.0);
const COUNTED: (f64, f64) = (1.0, 3.0);
/// What must be the same for figures to be compared.
const SAME: [&str; 5] = ["qemu", "cpu", "smp", "icount", "rustc"];

/// A run to compare with.
#[derive(Clone, Debug, PartialEq)]
pub struct Baseline {
    name: String,
    counted: bool,
    median_ns: BTreeMap<String, f64>,
    allowances: BTreeMap<String, Allowance>,
}

/// A row that may be worse than others.
#[derive(Clone, Debug, PartialEq)]
pub struct Allowance {
    pub percent: f64,
    pub reason: String,
}

/// Why there is nothing to compare with.
#[derive(Clone, Debug, PartialEq)]
pub enum Unfit {
    /// The baseline is of another machine.
    Other(String),
    /// There is none, or it cannot be read.
    Broken(Failure),
}

/// What a comparison found for one benchmark.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// Worse than it was, beyond what is not even told.
    Slower { name: String, before: f64, now: f64, fails: f64, allowance: Option<Allowance> },
    /// The baseline has it not.
    New(String),
    /// The baseline has it, and all was measured but this.
    Gone(String),
}

fn path(name: &str, ending: &str) -> PathBuf {
    workspace::root().join("bench/baselines").join(format!("{name}{ending}"))
}

impl Baseline {
    /// The baseline of that name, if it was made on such a machine.
    pub fn load(name: &str, machine: &Value) -> std::result::Result<Baseline, Unfit> {
        let path = path(name, ".json");
        let text = fs::read_to_string(&path).map_err(|error| {
            Unfit::Broken(Failure::new(format!(
                "there is no baseline {name} ({}: {error}); --save {name} makes it",
                path.display()
            )))
        })?;
        let about = || format!("reading {}", path.display());
        let value = serde_json::from_str(&text).context(about).map_err(Unfit::Broken)?;
        Ok(Baseline {
            allowances: allowances(name).map_err(Unfit::Broken)?,
            ..of_value(&value, name, machine)?
        })
    }

    /// What is slower than it was, or has nothing to be compared with. If all was measured, what the baseline has must be
    /// there.
    pub fn compare(&self, figures: &[Figure], all: bool) -> Vec<Verdict> {
        let (tell, fail) = if self.counted { COUNTED } else { TIMED };
        let measured = figures.iter().filter_map(|figure| {
            let Some(&before) = self.median_ns.get(&figure.name) else {
                return Some(Verdict::New(figure.name.clone()));
            };
            let now = figure.median;
            (worse_by(before, now) > tell).then(|| Verdict::Slower {
                name: figure.name.clone(),
                before,
                now,
                fails: fail,
                allowance: self.allowances.get(&figure.name).cloned(),
            })
        });
        let gone = self.median_ns.keys().filter(|&name| all && figures.iter().all(|it| it.name != *name));
        measured.chain(gone.map(|name| Verdict::Gone(name.clone()))).collect()
    }

    /// Allowances of rows that the baseline has not, which excuse nothing.
    pub fn idle_allowances(&self) -> Vec<&str> {
        self.allowances
            .keys()
            .filter(|name| !self.median_ns.contains_key(*name))
            .map(String::as_str)
            .collect()
    }
}

/// Keeps a run as the baseline of that name. If not all was measured, the other rows that were made on such a machine stay.
/// Returns where.
pub fn save(name: &str, machine: &Value, figures: &[Figure], all: bool) -> Result<PathBuf> {
    let path = path(name, ".json");
    let old = fs::read_to_string(&path).ok().and_then(|text| serde_json::from_str(&text).ok());
    let old = old.filter(|old: &Value| !all && old["machine"] == *machine);
    let old = old.and_then(|old| old["median_ns"].as_object().cloned()).unwrap_or_default();
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).context(|| format!("making {}", folder.display()))?;
    }
    let value = to_value(machine, old, figures);
    let text = serde_json::to_string_pretty(&value).context(|| "writing JSON".into())? + "\n";
    fs::write(&path, text).context(|| format!("writing {}", path.display()))?;
    Ok(path)
}

fn to_value(machine: &Value, mut medians: Map<String, Value>, figures: &[Figure]) -> Value {
    medians.extend(figures.iter().map(|figure| (figure.name.clone(), figure.median.into())));
    json!({ "machine": machine, "median_ns": medians })
}

fn of_value(value: &Value, name: &str, machine: &Value) -> std::result::Result<Baseline, Unfit> {
    for key in SAME {
        let (theirs, ours) = (&value["machine"][key], &machine[key]);
        if theirs != ours {
            return Err(Unfit::Other(format!(
                "the baseline {name} was made with {key} {theirs}, and this is {key} {ours}: \
                 they cannot be compared; --save {name} makes one for this machine"
            )));
        }
    }
    let medians = value["median_ns"].as_object();
    let medians =
        medians.ok_or_else(|| Unfit::Broken(Failure::new(format!("the baseline {name} has no medians"))))?;
    Ok(Baseline {
        name: name.to_owned(),
        counted: value["machine"]["icount"] == true,
        median_ns: medians.iter().filter_map(|(row, ns)| Some((row.clone(), ns.as_f64()?))).collect(),
        allowances: BTreeMap::new(),
    })
}

/// What stands beside the baseline of that name; nothing where there is no such file.
fn allowances(name: &str) -> Result<BTreeMap<String, Allowance>> {
    let path = path(name, ".allow.json");
    match fs::read_to_string(&path) {
        Ok(text) => allowances_of(&text).context(|| path.display().to_string()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(BTreeMap::new()),
        Err(error) => Err(Failure::new(format!("reading {}: {error}", path.display()))),
    }
}

fn allowances_of(text: &str) -> std::result::Result<BTreeMap<String, Allowance>, String> {
    let rows: Map<String, Value> = serde_json::from_str(text).map_err(|error| error.to_string())?;
    rows.into_iter()
        .map(|(row, it)| {
            let reason = it["reason"].as_str().map(str::trim).filter(|reason| !reason.is_empty());
            match (it["percent"].as_f64(), reason) {
                (Some(percent), Some(reason)) => Ok((row, Allowance { percent, reason: reason.to_owned() })),
                _ => Err(format!("{row} needs a number as \"percent\" and a \"reason\"")),
            }
        })
        .collect()
}

fn worse_by(before: f64, now: f64) -> f64 {
    (now / before - 1.0) * 100.0
}

impl Verdict {
    /// Whether it is worse than is allowed.
    pub fn fails(&self) -> bool {
        match self {
            Verdict::Slower { before, now, fails, allowance, .. } => {
                worse_by(*before, *now) > allowance.as_ref().map_or(*fails, |it| it.percent)
            }
            Verdict::New(_) => false,
            Verdict::Gone(_) => true,
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Verdict::New(name) => write!(f, "{name}: not in the baseline"),
            Verdict::Gone(name) => write!(f, "{name}: FAILS: in the baseline, and not measured"),
            Verdict::Slower { name, before, now, fails, allowance } => {
                let what = if self.fails() { "FAILS" } else { "slower" };
                let allowed = allowance.as_ref().map_or(*fails, |it| it.percent);
                write!(
                    f,
                    "{name}: {what}: {} was {}, {:.1} % more (allowed: {allowed} %",
                    time(*now),
                    time(*before),
                    worse_by(*before, *now)
                )?;
                if let Some(Allowance { reason, .. }) = allowance {
                    write!(f, ": {reason}")?;
                }
                f.write_str(")")
            }
        }
    }
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unfit::Other(why) => f.write_str(why),
            Unfit::Broken(failure) => failure.fmt(f),
        }
    }
}

impl From<Unfit> for Failure {
    fn from(unfit: Unfit) -> Failure {
        match unfit {
            Unfit::Other(why) => Failure::new(why),
            Unfit::Broken(failure) => failure,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(name: &str, median: f64) -> Figure {
        Figure::of(name, vec![median], None).unwrap()
    }

    fn machine(icount: bool) -> Value {
        json!({ "qemu": "7.2", "cpu": "max", "smp": 2, "icount": icount, "rustc": "1.95.0" })
    }

    fn baseline(icount: bool) -> Baseline {
        let saved = to_value(&machine(icount), Map::new(), &[figure("a", 100.0), figure("b", 100.0)]);
        let allowances = allowances_of(r#"{ "b": { "percent": 50, "reason": "it may" } }"#).unwrap();
        Baseline { allowances, ..of_value(&saved, "x", &machine(icount)).unwrap() }
    }

    /// The one thing that is said of a row that takes so long now.
    fn verdict(icount: bool, name: &str, now: f64) -> Option<Verdict> {
        let mut verdicts = baseline(icount).compare(&[figure(name, now)], false);
        assert!(verdicts.len() < 2, "{verdicts:?}");
        verdicts.pop()
    }

    #[test]
    fn counted_figures_are_told_at_one_percent_and_fail_at_three() {
        assert_eq!(verdict(true, "a", 100.9), None);
        assert_eq!(verdict(true, "a", 50.0), None);
        assert!(!verdict(true, "a", 102.0).unwrap().fails());
        let slow = verdict(true, "a", 104.0).unwrap();
        let text = slow.to_string();
        assert!(slow.fails() && text.contains("a: FAILS: 104.0 ns was 100.0 ns, 4.0 % more"), "{text}");
    }

    #[test]
    fn timed_figures_are_told_at_five_percent_and_fail_at_ten() {
        assert_eq!(verdict(false, "a", 104.0), None);
        let told = verdict(false, "a", 107.0).unwrap();
        assert!(!told.fails() && told.to_string().contains("a: slower"), "{told}");
        assert!(verdict(false, "a", 111.0).unwrap().fails());
    }

    #[test]
    fn an_allowance_excuses_with_its_reason_and_has_an_end() {
        let excused = verdict(true, "b", 140.0).unwrap();
        assert!(!excused.fails() && excused.to_string().contains("allowed: 50 %: it may"), "{excused}");
        assert!(verdict(true, "b", 151.0).unwrap().fails());
        for bad in [r#"{ "b": { "percent": 5 } }"#, r#"{ "b": { "percent": 5, "reason": " " } }"#] {
            assert!(allowances_of(bad).unwrap_err().contains("\"reason\""), "{bad}");
        }
        assert!(allowances_of(r#"{ "b": { "reason": "why" } }"#).is_err());
    }

    #[test]
    fn rows_that_came_are_told_and_rows_that_went_fail() {
        assert_eq!(verdict(true, "c", 1.0), Some(Verdict::New("c".into())));
        let some = [figure("a", 100.0)];
        assert_eq!(baseline(true).compare(&some, false), []);
        let all = baseline(true).compare(&some, true);
        assert!(all == [Verdict::Gone("b".into())] && all[0].fails(), "{all:?}");
        let lonely = Baseline { median_ns: BTreeMap::new(), ..baseline(true) };
        assert_eq!(lonely.idle_allowances(), ["b"]);
    }

    #[test]
    fn a_baseline_of_another_machine_is_refused_with_the_reason() {
        let saved = to_value(&machine(true), Map::new(), &[figure("a", 1.0)]);
        for (key, other, said) in [
            ("qemu", json!("9.0"), "made with qemu \"7.2\", and this is qemu \"9.0\""),
            ("cpu", json!("qemu64"), "made with cpu \"max\", and this is cpu \"qemu64\""),
            ("smp", json!(4), "made with smp 2, and this is smp 4"),
            ("icount", json!(false), "made with icount true, and this is icount false"),
            ("rustc", json!("2.0.0"), "made with rustc \"1.95.0\", and this is rustc \"2.0.0\""),
        ] {
            let mut machine = machine(true);
            machine[key] = other;
            match of_value(&saved, "x", &machine) {
                Err(Unfit::Other(why)) => assert!(why.contains(said), "{why}"),
                fits => panic!("{key}: {fits:?}"),
            }
        }
    }
}
