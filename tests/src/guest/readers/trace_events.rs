//! Reads trace events in JSON ("Trace Event Format", Google 2016) and checks them against the format's rules.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

/// A slice of a track.
#[derive(Clone, Debug, PartialEq)]
pub struct Slice {
    /// The track.
    pub track: String,
    /// What it is called.
    pub name: String,
    /// When it begins and ends, in microseconds.
    pub from_us: f64,
    /// See `from_us`.
    pub to_us: f64,
    /// How many slices it lies in.
    pub depth: usize,
}

/// What is in a file.
#[derive(Clone, Debug, Default)]
pub struct Events {
    /// In the order of their ends.
    pub slices: Vec<Slice>,
    /// For each arrow the names of the slice that it begins in and of the one that it ends in.
    pub arrows: Vec<(String, String)>,
    /// The names of the instants.
    pub instants: Vec<String>,
}

/// A slice that has not ended: its name, and when it began.
type Open = (String, f64);

/// Reads a file. An error says which rule is broken and where.
pub fn read(text: &str) -> Result<Events, String> {
    let file: Value = serde_json::from_str(text).map_err(|error| format!("no JSON: {error}"))?;
    let events = file["traceEvents"].as_array().ok_or("there are no traceEvents")?;
    let mut names: HashMap<(u64, u64), String> = HashMap::new();
    let mut processes = HashSet::new();
    let mut open: HashMap<(u64, u64), Vec<Open>> = HashMap::new();
    let mut last_us: HashMap<(u64, u64), f64> = HashMap::new();
    let mut arrows: HashMap<u64, String> = HashMap::new();
    let mut seen = Events::default();
    for event in events {
        let wrong = |what: &str| format!("{what}: {event}");
        let number = |key: &str| event[key].as_u64().ok_or_else(|| wrong(&format!("no number {key}")));
        let pid = number("pid")?;
        let name = || event["name"].as_str().map(str::to_owned).ok_or_else(|| wrong("no name"));
        let phase = event["ph"].as_str().ok_or_else(|| wrong("no phase"))?;
        if phase == "M" {
            if event["name"] == "process_name" {
                processes.insert(pid);
            } else if event["name"] == "thread_name" {
                let name = event["args"]["name"].as_str().ok_or_else(|| wrong("no name"))?;
                names.insert((pid, number("tid")?), name.to_owned());
            }
            continue;
        }
        let at_us = event["ts"].as_f64().ok_or_else(|| wrong("no time"))?;
        if !processes.contains(&pid) {
            return Err(wrong("a process without a name"));
        }
        if phase == "C" {
            let all_numbers = event["args"].as_object().is_some_and(|a| a.values().all(Value::is_number));
            (name()?, all_numbers).1.then_some(()).ok_or_else(|| wrong("a counter that counts nothing"))?;
            continue;
        }
        let track = (pid, number("tid")?);
        let track_name = names.get(&track).ok_or_else(|| wrong("a track without a name"))?;
        if last_us.insert(track, at_us).is_some_and(|before| before > at_us) {
            return Err(wrong("the times of a track go back"));
        }
        let open = open.entry(track).or_default();
        match phase {
            "B" => open.push((name()?, at_us)),
            "E" => {
                let (name, from_us) = open.pop().ok_or_else(|| wrong("an end without a beginning"))?;
                let track = track_name.clone();
                seen.slices.push(Slice { track, name, from_us, to_us: at_us, depth: open.len() });
            }
            "i" => {
                let scope = event["s"].as_str().filter(|scope| ["t", "p", "g"].contains(scope));
                scope.ok_or_else(|| wrong("an instant without a scope"))?;
                seen.instants.push(name()?);
            }
            "s" | "f" => {
                let id = number("id")?;
                let (slice, _) = open.last().ok_or_else(|| wrong("an arrow outside of slices"))?;
                if phase == "s" {
                    if arrows.insert(id, slice.clone()).is_some() {
                        return Err(wrong("two arrows of one number"));
                    }
                } else if event["bp"] != "e" {
                    return Err(wrong("an arrow that does not end in the slice around it"));
                } else {
                    let from =
                        arrows.remove(&id).ok_or_else(|| wrong("an arrow's end without a beginning"))?;
                    seen.arrows.push((from, slice.clone()));
                }
            }
            _ => return Err(wrong("a phase that is none")),
        }
    }
    if let Some(open) = open.values().flatten().next() {
        return Err(format!("a slice has no end: {open:?}"));
    }
    match arrows.is_empty() {
        true => Ok(seen),
        false => Err(format!("arrows without an end: {arrows:?}")),
    }
}
