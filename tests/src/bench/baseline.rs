//! Baselines: the medians of a run that later ones are compared with. A file in `bench/baselines/` for each name:
//!
//! ```json
//! { "machine": { "qemu": "7.2.19", "cpu": "max", "smp": 2, "icount": true },
//!   "median_ns": { "sched/yield": 541.3 },
//!   "allow": { "sched/yield": { "percent": 5, "reason": "why it may differ more" } } }
//! ```
//!
//! `allow` is written by hand; saving keeps it.

use std::{fmt, fs, path::PathBuf};

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

/// A run to compare with.
#[derive(Clone, Debug, PartialEq)]
pub struct Baseline(Value);

/// What a comparison found for one benchmark.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    Slower {
        name: String,
        before: f64,
        now: f64,
        fails: bool,
        allowed: f64,
        reason: Option<String>,
    },
    /// The baseline has it not.
    New(String),
}

fn path(name: &str) -> PathBuf {
    workspace::root().join("bench/baselines").join(format!("{name}.json"))
}

impl Baseline {
    /// The baseline of that name, if it was made on such a machine.
    pub fn load(name: &str, machine: &Value) -> Result<Baseline> {
        let path = path(name);
        let text = fs::read_to_string(&path).map_err(|error| {
            Failure::new(format!(
                "there is no baseline {name} ({}: {error}); --save {name} makes it",
                path.display()
            ))
        })?;
        let value: Value = serde_json::from_str(&text).context(|| format!("reading {}", path.display()))?;
        Baseline::of_text(value, name, machine)
    }

    fn of_text(value: Value, name: &str, machine: &Value) -> Result<Baseline> {
        for key in ["qemu", "cpu", "smp", "icount"] {
            let (theirs, ours) = (&value["machine"][key], &machine[key]);
            if theirs != ours {
                return Err(Failure::new(format!(
                    "the baseline {name} was made with {key} {theirs}, and this is {key} {ours}: \
                     they cannot be compared; --save makes one for this machine"
                )));
            }
        }
        Ok(Baseline(value))
    }

    /// A baseline of this run. What `--save` writes over keeps its `allow`.
    pub fn of(machine: &Value, figures: &[Figure], name: &str) -> Baseline {
        let old =
            fs::read_to_string(path(name)).ok().and_then(|text| serde_json::from_str::<Value>(&text).ok());
        let allow = old.as_ref().map_or(json!({}), |old| old["allow"].clone());
        let medians: Map<String, Value> =
            figures.iter().map(|figure| (figure.name.clone(), figure.median.into())).collect();
        Baseline(json!({ "machine": machine, "median_ns": medians, "allow": allow }))
    }

    /// Writes it.
    pub fn save(&self, name: &str) -> Result<PathBuf> {
        let path = path(name);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).context(|| format!("making {}", folder.display()))?;
        }
        let text = serde_json::to_string_pretty(&self.0).context(|| "writing JSON".into())? + "\n";
        fs::write(&path, text).context(|| format!("writing {}", path.display()))?;
        Ok(path)
    }

    /// What is slower than it was, or has nothing to be compared with.
    pub fn compare(&self, figures: &[Figure]) -> Vec<Verdict> {
        let (tell, fail) = if self.0["machine"]["icount"] == true { COUNTED } else { TIMED };
        figures
            .iter()
            .filter_map(|figure| {
                let Some(before) = self.0["median_ns"][&figure.name].as_f64() else {
                    return Some(Verdict::New(figure.name.clone()));
                };
                let allow = &self.0["allow"][&figure.name];
                let allowed = allow["percent"].as_f64().unwrap_or(fail);
                let worse = (figure.median / before - 1.0) * 100.0;
                (worse > tell).then(|| Verdict::Slower {
                    name: figure.name.clone(),
                    before,
                    now: figure.median,
                    fails: worse > allowed,
                    allowed,
                    reason: allow["reason"].as_str().map(str::to_owned),
                })
            })
            .collect()
    }
}

impl Verdict {
    /// Whether it is worse than is allowed.
    pub fn fails(&self) -> bool {
        matches!(self, Verdict::Slower { fails: true, .. })
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Verdict::New(name) => write!(f, "{name}: not in the baseline"),
            Verdict::Slower { name, before, now, fails, allowed, reason } => {
                let what = if *fails { "FAILS" } else { "slower" };
                let worse = (now / before - 1.0) * 100.0;
                write!(
                    f,
                    "{name}: {what}: {} was {}, {worse:.1} % more (allowed: {allowed} %",
                    time(*now),
                    time(*before)
                )?;
                if let Some(reason) = reason {
                    write!(f, ": {reason}")?;
                }
                f.write_str(")")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(name: &str, median: f64) -> Figure {
        Figure {
            name: name.into(),
            median,
            low: median,
            high: median,
            p95: median,
            p99: median,
            max: median,
            variation: 0.0,
            outliers: 0,
            noisy: false,
            bytes: None,
            samples: vec![median],
        }
    }

    fn baseline(icount: bool) -> Baseline {
        let machine = json!({ "qemu": "7.2", "cpu": "max", "smp": 2, "icount": icount });
        let mut saved = Baseline::of(&machine, &[figure("a", 100.0), figure("b", 100.0)], "no such file");
        saved.0["allow"] = json!({ "b": { "percent": 50, "reason": "it may" } });
        saved
    }

    #[test]
    fn what_is_slower_is_told_and_fails_beyond_what_is_allowed() {
        let verdicts = |icount, name, now| baseline(icount).compare(&[figure(name, now)]);
        assert!(verdicts(true, "a", 100.9).is_empty());
        assert!(matches!(&verdicts(true, "a", 102.0)[..], [verdict] if !verdict.fails()));
        let slow = verdicts(true, "a", 104.0);
        assert!(
            slow[0].fails() && slow[0].to_string().contains("a: FAILS: 104.0 ns was 100.0 ns, 4.0 % more"),
            "{}",
            slow[0]
        );
        assert!(verdicts(false, "a", 104.0).is_empty(), "timed figures are not so exact");
        assert!(verdicts(false, "a", 111.0)[0].fails());
        let excused = &verdicts(true, "b", 140.0)[0];
        assert!(!excused.fails() && excused.to_string().contains("allowed: 50 %: it may"), "{excused}");
        assert_eq!(verdicts(true, "c", 1.0), [Verdict::New("c".into())]);
    }

    #[test]
    fn a_baseline_of_another_machine_is_refused_with_the_reason() {
        let Baseline(value) = baseline(true);
        let machine = json!({ "qemu": "9.0", "cpu": "max", "smp": 2, "icount": true });
        let failure = Baseline::of_text(value, "x", &machine).expect_err("another QEMU");
        assert!(
            failure.message.contains("made with qemu \"7.2\", and this is qemu \"9.0\""),
            "{}",
            failure.message
        );
    }
}
