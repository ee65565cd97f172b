//! Which tasks do not go on, and why.
//!
//! Most tasks that wait are well: a shell waits for its person, a server for its clients. Stuck is who is in one poll for
//! so long, who is queued for so long and not polled, and who waits for so long for what does not come by itself: a
//! lock, a pipe that nobody opens from the other side, and others that can never go on either.

use alloc::{format, string::String};

use pollux_core::waits::Wait;
use pollux_executor::TaskState;

use super::{graph::Graph, text::seconds};

/// Why the task at that place is stuck, if it is, for at least `least_ns` at the time `now_ns`.
pub fn why(graph: &Graph<'_>, at: usize, least_ns: u64, now_ns: u64) -> Option<String> {
    let task = &graph.tasks[at];
    let age_ns = task.age_ns(now_ns);
    if age_ns < least_ns {
        return None;
    }
    let time = seconds(age_ns);
    match task.info.state {
        TaskState::Running => Some(format!("in one poll for {time} s, on CPU {}", task.info.cpu)),
        TaskState::Queued => Some(format!("queued for {time} s on CPU {}, and not polled", task.info.cpu)),
        TaskState::Stopped => None,
        TaskState::Waiting => {
            let edge = graph.edge(at)?;
            let is_lonely = matches!(edge.wait, Wait::PipeReader(_) | Wait::PipeWriter(_));
            let is_lock = matches!(edge.wait, Wait::Lock(_) | Wait::Permits(_));
            let what = graph.describe(at)?;
            (graph.is_hopeless(at) || is_lonely || is_lock).then(|| format!("waits for {time} s for {what}"))
        }
    }
}
