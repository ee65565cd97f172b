//! The one run of a pipeline that is drawn, out of all that was recorded: from the key that started it to the prompt after it.

use std::collections::BTreeSet;

use super::events::{Events, Poll, Wake, What};

/// A run of a pipeline. Times are nanoseconds since the keystroke.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    pub cpus: usize,
    /// When the prompt was written.
    pub prompt_ns: u64,
    /// Who was polled: first the stages, in order, then the shell, then the others.
    pub tasks: Vec<Task>,
    /// In the order of their beginnings, cut at the keystroke and at the prompt.
    pub polls: Vec<Poll>,
    pub wakes: Vec<Wake>,
}

/// A task that was polled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    pub number: u64,
    pub name: String,
    pub role: Role,
    /// From when to when there was something to draw of it: for a stage its life.
    pub from_ns: u64,
    pub to_ns: u64,
}

/// What a task is in the pipeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Stage,
    Shell,
    Other,
}

impl Run {
    /// The last pipeline that was started by a key. An error says why it cannot be drawn.
    pub fn last_of(events: &Events) -> Result<Run, String> {
        let typed = events.told.iter().enumerate().filter(|(_, (_, what))| *what == What::Typed);
        let typed: Vec<_> = typed.map(|(index, (at_ns, _))| (index, *at_ns)).collect();
        let after = |nth: usize| {
            let from = typed[nth].0 + 1;
            &events.told[from..typed.get(nth + 1).map_or(events.told.len(), |next| next.0)]
        };
        let starts = |nth: &usize| after(*nth).iter().any(|(_, what)| matches!(what, What::Begins(_)));
        let Some(nth) = (0..typed.len()).rev().find(starts) else {
            let reason = || "no key that started a pipeline was recorded".into();
            return Err(overflow(events, 0).unwrap_or_else(reason));
        };
        let key_ns = typed[nth].1;
        if let Some(overflow) = overflow(events, key_ns) {
            return Err(overflow);
        }
        let told = after(nth);
        let stages = told.iter().filter_map(|(at_ns, what)| match what {
            What::Begins(task) => Some((*task, *at_ns)),
            _ => None,
        });
        let stages: Vec<_> = stages.collect();
        let mut lives = Vec::new();
        for (task, begin_ns) in stages {
            let end = told.iter().find(|(_, what)| *what == What::Ends(task));
            let (end_ns, _) =
                end.ok_or_else(|| format!("the end of {} was not recorded", name(events, task)))?;
            lives.push((task, begin_ns, *end_ns));
        }
        let last_end_ns = lives.iter().map(|life| life.2).max().unwrap_or(key_ns);
        let prompt = told.iter().rev().find_map(|(at_ns, what)| match what {
            What::Shown(shell) if *at_ns > last_end_ns => Some((*at_ns, *shell)),
            _ => None,
        });
        let (prompt_ns, shell) = prompt.ok_or("the prompt after the pipeline was not recorded")?;

        let since_key = |at_ns: u64| at_ns.clamp(key_ns, prompt_ns) - key_ns;
        let cut = |poll: &Poll| {
            let (from_ns, to_ns) = (since_key(poll.from_ns), since_key(poll.to_ns));
            (from_ns < to_ns).then_some(Poll { from_ns, to_ns, ..*poll })
        };
        let polls: Vec<_> = events.polls.iter().filter_map(cut).collect();
        let inside = |wake: &&Wake| wake.from_ns >= key_ns && wake.to_ns <= prompt_ns;
        let wakes = events.wakes.iter().filter(inside).map(|wake| Wake {
            from_ns: since_key(wake.from_ns),
            to_ns: since_key(wake.to_ns),
            ..*wake
        });
        let whole = since_key(prompt_ns);
        let mut tasks: Vec<Task> = Vec::new();
        let mut add = |number, role, from_ns, to_ns| {
            tasks.push(Task { number, name: name(events, number), role, from_ns, to_ns });
        };
        lives.iter().for_each(|life| add(life.0, Role::Stage, since_key(life.1), since_key(life.2)));
        add(shell, Role::Shell, 0, whole);
        let known: BTreeSet<_> = lives.iter().map(|life| life.0).chain([shell]).collect();
        let others: BTreeSet<_> =
            polls.iter().map(|poll| poll.task).filter(|task| !known.contains(task)).collect();
        others.into_iter().for_each(|task| add(task, Role::Other, 0, whole));
        Ok(Run { cpus: events.cpus, prompt_ns: whole, tasks, wakes: wakes.collect(), polls })
    }

    /// The tasks in one role.
    pub fn tasks_in(&self, role: Role) -> impl Iterator<Item = &Task> {
        self.tasks.iter().filter(move |task| task.role == role)
    }
}

/// Says which CPU's ring does not reach back to this time, if one does not.
fn overflow(events: &Events, back_to_ns: u64) -> Option<String> {
    let reaches_back = |cpu| events.first_ns.get(cpu).is_some_and(|first_ns| *first_ns <= back_to_ns);
    let (cpu, lost) = events.lost.iter().find(|(cpu, lost)| **lost > 0 && !reaches_back(cpu))?;
    Some(format!(
        "the ring of CPU {cpu} was too small: {lost} records were overwritten, and with them what came after the keystroke"
    ))
}

fn name(events: &Events, task: u64) -> String {
    events.names.get(&task).cloned().unwrap_or_else(|| format!("task {task}"))
}
