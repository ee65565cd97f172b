//! What the guest has recorded, out of the trace events that it sends: which task each CPU polled from when to when, who woke
//! whom, and what was told on the way.

use std::collections::BTreeMap;

use serde_json::Value;

/// A poll of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Poll {
    pub cpu: usize,
    pub task: u64,
    pub from_ns: u64,
    pub to_ns: u64,
}

/// A wake, from where it happened to the poll that it caused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wake {
    /// Who was woken.
    pub task: u64,
    pub from_cpu: usize,
    pub from_ns: u64,
    pub to_cpu: usize,
    pub to_ns: u64,
}

/// Something that was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// Something was typed: the poll that took it from its driver begins.
    Typed,
    /// This task has written to the terminal.
    Shown(u64),
    /// A stage of a pipeline begins; its task has that number.
    Begins(u64),
    /// It ends.
    Ends(u64),
}

/// All of it.
#[derive(Debug, Default)]
pub struct Events {
    pub cpus: usize,
    /// In the order of their beginnings.
    pub polls: Vec<Poll>,
    pub wakes: Vec<Wake>,
    /// When what was told, in order.
    pub told: Vec<(u64, What)>,
    pub names: BTreeMap<u64, String>,
    /// For each CPU the first event that is there, and how many before it are lost.
    pub first_ns: BTreeMap<usize, u64>,
    pub lost: BTreeMap<usize, u64>,
}

/// What is open on a CPU: a task and when its poll began, or something else.
type Open = Option<(u64, u64)>;

impl Events {
    /// Reads a file in the trace event format.
    pub fn read(text: &str) -> Result<Events, String> {
        let file: Value =
            serde_json::from_str(text).map_err(|error| format!("what was recorded is no JSON: {error}"))?;
        let all = file["traceEvents"].as_array().ok_or("what was recorded has no events")?;
        let mut events = Events::default();
        let mut open: BTreeMap<usize, Vec<Open>> = BTreeMap::new();
        let mut arrows: BTreeMap<u64, (usize, u64)> = BTreeMap::new();
        for event in all {
            let Some(cpu) = event["tid"].as_u64().and_then(|tid| (tid as usize).checked_sub(1)) else {
                continue;
            };
            let phase = event["ph"].as_str().unwrap_or_default();
            if phase == "M" {
                let is_cpu = event["args"]["name"].as_str().is_some_and(|name| name.starts_with("CPU "));
                events.cpus += usize::from(is_cpu);
                continue;
            }
            let at_ns = event["ts"].as_f64().map(|us| (us * 1000.0).round() as u64);
            let at_ns = at_ns.ok_or_else(|| format!("an event without a time: {event}"))?;
            events.first_ns.entry(cpu).or_insert(at_ns);
            let open = open.entry(cpu).or_default();
            match phase {
                "B" => {
                    let polled = events.task(&event["args"]["task"]).filter(|_| event["cat"] == "poll");
                    open.push(polled.map(|task| (task, at_ns)));
                }
                "E" => {
                    if let Some(Some((task, from_ns))) = open.pop() {
                        events.polls.push(Poll { cpu, task, from_ns, to_ns: at_ns });
                    }
                }
                "s" => {
                    let id = event["id"].as_u64().unwrap_or_default();
                    arrows.insert(id, (cpu, at_ns));
                }
                "f" => {
                    let id = event["id"].as_u64().unwrap_or_default();
                    let polled = open.last().copied().flatten();
                    if let (Some((from_cpu, from_ns)), Some((task, _))) = (arrows.remove(&id), polled) {
                        events.wakes.push(Wake { task, from_cpu, from_ns, to_cpu: cpu, to_ns: at_ns });
                    }
                }
                "i" => {
                    let poll = open.iter().rev().flatten().next().copied();
                    let told = events.told(event, at_ns, poll);
                    events.told.extend(told);
                }
                _ => {}
            }
        }
        events.polls.sort_by_key(|poll| poll.from_ns);
        events.told.sort_by_key(|(at_ns, _)| *at_ns);
        for (about, lost) in file["otherData"].as_object().into_iter().flatten() {
            let cpu = about.rsplit(' ').next().and_then(|cpu| cpu.parse().ok());
            events.lost.extend(cpu.zip(lost.as_u64()));
        }
        Ok(events)
    }

    /// What an event tells, and for when, in the middle of a poll.
    fn told(&mut self, event: &Value, at_ns: u64, poll: Open) -> Option<(u64, What)> {
        let stage = || event["args"]["pid"].as_u64();
        match event["name"].as_str()? {
            "pty:in" => Some((poll.map_or(at_ns, |(_, from_ns)| from_ns), What::Typed)),
            "pty:out" => Some((at_ns, What::Shown(poll?.0))),
            "shell:begin" => Some((at_ns, What::Begins(stage()?))),
            "shell:end" => Some((at_ns, What::Ends(stage()?))),
            // It brings the task's name, which is all that is wanted of it.
            "task:spawn" => self.task(&event["args"]["task"]).and(None),
            _ => None,
        }
    }

    /// The number of a task that is told as `7(dd)`, whose name is remembered.
    fn task(&mut self, told: &Value) -> Option<u64> {
        let told = told.as_str()?;
        let (number, name) = told.split_once('(').unwrap_or((told, ""));
        let number = number.parse().ok()?;
        if let Some(name) = name.strip_suffix(')') {
            self.names.entry(number).or_insert_with(|| name.to_owned());
        }
        Some(number)
    }
}
