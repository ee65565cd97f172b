//! The table of tasks: a line each.

use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};

use super::{
    snapshot::{Task, waker},
    text::{milliseconds, place, state},
};

const HEAD: [&str; 12] = [
    "TASK",
    "STATE",
    "CPU",
    "POLLS",
    "WAKES",
    "BUSY_MS",
    "LONGEST_MS",
    "WAITS FOR",
    "AT",
    "WOKEN BY",
    "SPAWNED",
    "COMMAND",
];
/// The first of the columns with text after those with numbers; the state is text, too.
const FIRST_TEXT: usize = 7;

/// The table with its heading. Where there are not as many columns as it needs, what is text stands below each task.
pub fn lines(tasks: &[Task], columns: Option<usize>) -> Vec<String> {
    let mut rows = alloc::vec![HEAD.map(String::from)];
    rows.extend(tasks.iter().map(|task| row(task, tasks)));
    let widths: [usize; HEAD.len()] =
        core::array::from_fn(|at| rows.iter().map(|row| row[at].chars().count()).max().unwrap_or(0));
    let lines: Vec<String> = rows.iter().map(|row| cells(row, &widths)).collect();
    if columns.is_none_or(|columns| lines.iter().all(|line| line.chars().count() <= columns)) {
        return lines;
    }
    let below = |text: String| format!("{:width$} {text}", "", width = widths[0]);
    let mut narrow = Vec::new();
    for (n, row) in rows.iter().enumerate() {
        let [.., waits, at, woken_by, spawned, command] = row;
        narrow.push(format!("{} {command}", cells(&row[..FIRST_TEXT], &widths)));
        match (n, waits.as_str(), at.as_str()) {
            (0, ..) => continue,
            (_, "-", "-") => {}
            (_, "-", at) => narrow.push(below(format!("waits at {at}"))),
            (_, waits, "-") => narrow.push(below(format!("waits for {waits}"))),
            (_, waits, at) => narrow.push(below(format!("waits for {waits}, at {at}"))),
        }
        narrow.push(below(format!("woken by {woken_by}, spawned at {spawned}")));
    }
    narrow
}

fn cells(row: &[String], widths: &[usize; HEAD.len()]) -> String {
    let mut line = String::new();
    for (at, (cell, &width)) in row.iter().zip(widths).enumerate() {
        line += if at > 0 { " " } else { "" };
        line += &match at {
            _ if at + 1 == HEAD.len() => cell.clone(),
            1 | FIRST_TEXT.. => format!("{cell:width$}"),
            _ => format!("{cell:>width$}"),
        };
    }
    line
}

fn row(task: &Task, all: &[Task]) -> [String; HEAD.len()] {
    let info = &task.info;
    let at = info.waits_at.filter(|_| task.is_held_up());
    [
        info.id.to_string(),
        state(info.state).into(),
        info.cpu.to_string(),
        info.polls.to_string(),
        info.wakes.to_string(),
        milliseconds(info.busy_ns),
        milliseconds(info.longest_poll_ns),
        task.waits_for().map_or("-".into(), |wait| wait.to_string()),
        at.map_or("-".into(), place),
        waker(info.woken_by, all),
        place(info.spawned_at),
        task.title().to_string(),
    ]
}

#[cfg(test)]
mod tests {
    use core::panic::Location;

    use pollux_executor::{TaskInfo, TaskState};

    use super::{super::snapshot::testing::info, *};

    fn task(number: u64, waits_at: Option<&'static Location<'static>>) -> Task {
        let state = if waits_at.is_some() { TaskState::Waiting } else { TaskState::Running };
        let info = TaskInfo { state, waits_at, ..info(number) };
        Task::new(info, None)
    }

    #[test]
    fn what_a_terminal_has_no_room_for_stands_below() {
        let tasks = [task(1, Some(Location::caller())), task(23, None)];
        let wide = lines(&tasks, None);
        assert_eq!(wide.len(), 3);
        assert_eq!(lines(&tasks, Some(500)), wide);
        let narrow = lines(&tasks, Some(80));
        assert_eq!(narrow.len(), 6);
        assert_eq!(narrow[0], "TASK STATE   CPU POLLS WAKES BUSY_MS LONGEST_MS COMMAND");
        assert_eq!(narrow[1], "   1 waiting   0     1     0   0.000      0.000 [cat]");
        assert!(narrow[2].starts_with("     waits at kernel/inspect/"), "{}", narrow[2]);
        assert!(narrow[3].starts_with("     woken by "), "{}", narrow[3]);
        assert!(
            narrow[5].starts_with("     woken by "),
            "nothing is said of what does not wait: {}",
            narrow[5]
        );
        assert!(narrow.iter().all(|line| line.len() <= 80), "{narrow:?}");
    }
}
