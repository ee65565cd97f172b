//! Who waits for whom.
//!
//! A task waits for a thing, and others can bring it about: who has the other end of a pipe open, or is about to; the tasks of a
//! job; who has a lock, or gets it before. One that waits for bytes or room goes on when *any* of those does it; one that
//! waits for a job needs *all* of its tasks to end. Of those who read under a read-write lock one is known at a time, and a
//! writer needs them all to go on, so that one is enough.
//!
//! So a task can never go on if it waits for bytes that only such tasks could write, or for the end of such a task. What
//! is found is the largest set for which that holds: begin with all that wait for others, and take out, until nothing
//! changes, who depends on somebody outside. A person at a terminal, a clock and a device are outside. Each cycle is in
//! that set.

use alloc::{format, string::String, vec::Vec};

use pollux_core::waits::Wait;

use super::snapshot::Task;

/// The tasks and whom each of them waits for.
pub struct Graph<'a> {
    pub tasks: &'a [Task],
    edges: Vec<Option<Edge>>,
    /// Whether the task can never go on.
    hopeless: Vec<bool>,
}

/// What a task waits for, and who can bring it about, by their places among the tasks.
pub struct Edge {
    pub wait: Wait,
    pub providers: Vec<usize>,
}

impl Edge {
    /// Whether others of the tasks, and only they, can bring it about. Anybody may open a pipe that has a name.
    fn is_within(&self) -> bool {
        let closed = matches!(
            self.wait,
            Wait::PipeBytes(_)
                | Wait::PipeRoom(_)
                | Wait::Job(_)
                | Wait::Lock(_)
                | Wait::Permits(_)
                | Wait::Task(_)
        );
        closed && !self.providers.is_empty()
    }

    fn is_hopeless(&self, hopeless: &[bool]) -> bool {
        let mut lost = self.providers.iter().map(|&at| hopeless[at]);
        match self.wait {
            Wait::Job(_) => lost.any(|lost| lost),
            _ => lost.all(|lost| lost),
        }
    }

    /// What the providers are to the thing.
    fn role(&self, tasks: &[Task]) -> &'static str {
        match self.wait {
            Wait::PipeBytes(_) | Wait::PipeWriter(_) => "writer",
            Wait::PipeRoom(_) | Wait::PipeReader(_) => "reader",
            Wait::Lock(_) | Wait::Permits(_) => {
                let is_in_line = |&at: &usize| tasks[at].waits_for() == Some(self.wait);
                if self.providers.iter().any(is_in_line) { "next owner" } else { "owner" }
            }
            _ => "task",
        }
    }
}

impl<'a> Graph<'a> {
    /// The graph of a snapshot.
    pub fn new(tasks: &'a [Task]) -> Graph<'a> {
        let edges: Vec<_> = tasks.iter().map(|task| edge(task, tasks)).collect();
        let mut hopeless: Vec<bool> =
            edges.iter().map(|edge| edge.as_ref().is_some_and(Edge::is_within)).collect();
        loop {
            let saved = (0..edges.len()).find(|&at| {
                hopeless[at] && !edges[at].as_ref().is_some_and(|edge| edge.is_hopeless(&hopeless))
            });
            match saved {
                Some(at) => hopeless[at] = false,
                None => return Graph { tasks, edges, hopeless },
            }
        }
    }

    /// What the task at that place waits for, if that is known.
    pub fn edge(&self, at: usize) -> Option<&Edge> {
        self.edges[at].as_ref()
    }

    /// Whether the task at that place can never go on.
    pub fn is_hopeless(&self, at: usize) -> bool {
        self.hopeless[at]
    }

    /// What the task at that place waits for and for whom, in words.
    pub fn describe(&self, at: usize) -> Option<String> {
        let edge = self.edge(at)?;
        let names: Vec<_> = edge.providers.iter().map(|&at| self.tasks[at].label()).collect();
        let who = match (&edge.wait, names.as_slice()) {
            (Wait::Task(_), [one]) => return Some(format!("the end of task {one}")),
            (Wait::PipeWriter(_) | Wait::PipeReader(_), []) => ", which nobody is".into(),
            (_, []) => String::new(),
            (_, [one]) => format!(", whose {} is {one}", edge.role(self.tasks)),
            (_, more) => format!(", whose {}s are {}", edge.role(self.tasks), more.join(", ")),
        };
        Some(format!("{}{who}", edge.wait))
    }

    /// The next on the way from a task that can never go on: one for which the same holds.
    fn next(&self, at: usize) -> Option<usize> {
        self.edge(at)?.providers.iter().copied().find(|&next| self.hopeless[next])
    }

    /// The cycles, each once, as the places of its tasks in order, the lowest number first.
    pub fn cycles(&self) -> Vec<Vec<usize>> {
        let mut found: Vec<Vec<usize>> = Vec::new();
        for start in (0..self.tasks.len()).filter(|&at| self.hopeless[at]) {
            let mut path = alloc::vec![start];
            while let Some(next) = path.last().and_then(|&last| self.next(last)) {
                if let Some(begin) = path.iter().position(|&at| at == next) {
                    let mut cycle = path.split_off(begin);
                    let lowest = cycle.iter().enumerate().min_by_key(|&(_, &at)| at).map_or(0, |(n, _)| n);
                    cycle.rotate_left(lowest);
                    if !found.contains(&cycle) {
                        found.push(cycle);
                    }
                    break;
                }
                path.push(next);
            }
        }
        found
    }

    /// A cycle in words: `a waits for bytes in pipe 3, whose writer b waits for bytes in pipe 2, whose writer a`.
    pub fn name(&self, cycle: &[usize]) -> String {
        let mut text = String::new();
        for &at in cycle {
            let Some(edge) = self.edge(at) else { continue };
            let (label, role) = (self.tasks[at].label(), edge.role(self.tasks));
            text += &match edge.wait {
                Wait::Task(_) => format!("{label} waits for the end of "),
                wait => format!("{label} waits for {wait}, whose {role} "),
            };
        }
        text + &cycle.first().map_or(String::new(), |&first| self.tasks[first].label())
    }
}

fn edge(task: &Task, all: &[Task]) -> Option<Edge> {
    let wait = task.waits_for()?;
    let behind = match wait {
        Wait::Task(number) => Some(number as u32),
        _ => task.info.waits_behind,
    };
    let does = |other: &Task| provides(other, wait) || Some(other.id() as u32) == behind;
    let providers = all.iter().enumerate().filter(|(_, other)| does(other)).map(|(at, _)| at);
    Some(Edge { wait, providers: providers.collect() })
}

/// Whether a task can bring about what another waits for. Who waits for a pipe to be opened from the other side has
/// opened it from this one.
fn provides(task: &Task, wanted: Wait) -> bool {
    let Some(stage) = &task.stage else { return false };
    match wanted {
        Wait::PipeBytes(number) | Wait::PipeWriter(number) => {
            stage.pipes.iter().any(|pipe| pipe.number == number && pipe.writes)
                || task.waits_for() == Some(Wait::PipeReader(number))
        }
        Wait::PipeRoom(number) | Wait::PipeReader(number) => {
            stage.pipes.iter().any(|pipe| pipe.number == number && pipe.reads)
                || task.waits_for() == Some(Wait::PipeWriter(number))
        }
        Wait::Job(number) => stage.job == number,
        _ => false,
    }
}

#[cfg(test)]
mod tests;
