//! One task in full.

use alloc::{format, string::String, vec::Vec};

use pollux_executor::{DELAY_BUCKETS, FIRST_DELAY_NS};

use super::{
    graph::Graph,
    snapshot::waker,
    text::{milliseconds, place, seconds, state},
};

/// The widest bar of the histogram.
const BAR: u64 = 40;

/// Everything that is known of the task at that place.
pub fn lines(graph: &Graph<'_>, at: usize, now_ns: u64) -> Vec<String> {
    let task = &graph.tasks[at];
    let info = &task.info;
    let mut lines = alloc::vec![format!("task {}", task.label())];
    let mut field = |name: &str, value: String| lines.push(format!("  {name:<11} {value}"));
    field("name", format!("{}", info.name));
    field(
        "state",
        format!("{} since {} s, on CPU {}", state(info.state), seconds(task.age_ns(now_ns)), info.cpu),
    );
    field("polls", format!("{}, after {} wakes", info.polls, info.wakes));
    field(
        "busy",
        format!(
            "{} ms, {} ms in the longest poll",
            milliseconds(info.busy_ns),
            milliseconds(info.longest_poll_ns)
        ),
    );
    if let Some(what) = graph.describe(at) {
        field("waits for", what);
    }
    if let Some(at) = info.waits_at.filter(|_| task.is_held_up()) {
        field("at", place(at));
    }
    field("woken by", waker(info.woken_by, graph.tasks));
    field("spawned at", place(info.spawned_at));
    if let Some(stage) = &task.stage {
        let maker = stage.started_by.map_or(String::new(), |maker| format!(", started by task {maker}"));
        let terminal = stage.terminal.as_ref().map_or(String::new(), |name| format!(", on {name}"));
        field("job", format!("{}{maker}{terminal}", stage.job));
        let ends = stage.pipes.iter().map(|pipe| match (pipe.reads, pipe.writes) {
            (true, true) => format!("{} (both ends)", pipe.number),
            (true, false) => format!("{} (read end)", pipe.number),
            (false, _) => format!("{} (write end)", pipe.number),
        });
        let ends: Vec<_> = ends.collect();
        if !ends.is_empty() {
            field("pipes", ends.join(", "));
        }
    }
    lines.push(String::from("  queued for"));
    lines.extend(histogram(&info.delays));
    lines
}

/// A line for each bucket from the first to the last that has anything.
fn histogram(delays: &[u64; DELAY_BUCKETS]) -> Vec<String> {
    let most = delays.iter().copied().max().unwrap_or(0).max(1);
    let first = delays.iter().position(|&count| count > 0).unwrap_or(DELAY_BUCKETS);
    let last = delays.iter().rposition(|&count| count > 0).unwrap_or(0);
    let line = |bucket: usize| {
        let count = delays[bucket];
        let bar = "#".repeat((count * BAR).div_ceil(most) as usize);
        let limit = match bucket + 1 {
            DELAY_BUCKETS => String::from("longer"),
            _ => format!("< {}", duration(FIRST_DELAY_NS << (2 * bucket))),
        };
        format!("    {limit:>10} {count:>6} {bar}")
    };
    (first..=last).map(line).collect()
}

fn duration(ns: u64) -> String {
    match ns {
        0..1_000 => format!("{ns} ns"),
        1_000..1_000_000 => format!("{}.{} us", ns / 1_000, ns / 100 % 10),
        _ => format!("{}.{} ms", ns / 1_000_000, ns / 100_000 % 10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_histogram_begins_and_ends_where_there_is_something() {
        let mut delays = [0; DELAY_BUCKETS];
        assert_eq!(histogram(&delays), [""; 0]);
        (delays[1], delays[3], delays[DELAY_BUCKETS - 1]) = (1, 80, 40);
        let lines = histogram(&delays);
        assert_eq!(lines.len(), DELAY_BUCKETS - 1);
        assert_eq!(lines[0], "      < 4.0 us      1 #");
        assert_eq!(lines[2], format!("     < 65.5 us     80 {}", "#".repeat(40)));
        assert_eq!(lines[DELAY_BUCKETS - 2], format!("        longer     40 {}", "#".repeat(20)));
    }
}
