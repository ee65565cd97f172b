use alloc::{vec, vec::Vec};
use pollux_core::jobs::StageInfo;
use pollux_executor::{Awaited, TaskInfo, TaskState};
use pollux_shell::env::PipeEnds;

use super::*;
use crate::tasks::snapshot::testing::info;

/// A stage of that number and job, which waits, with ends of pipes: `(pipe, writes)`.
fn stage(number: u64, job: u64, waits_for: Option<Awaited>, ends: &[(u64, bool)]) -> Task {
    let info = TaskInfo { waits_for, ..info(number) };
    let end = |&(number, writes): &(u64, bool)| PipeEnds { number, reads: !writes, writes };
    let stage = StageInfo {
        command: "cat".into(),
        job,
        started_by: None,
        terminal: None,
        pipes: ends.iter().map(end).collect(),
    };
    Task::new(info, Some(stage))
}

fn code(wait: Wait) -> Option<Awaited> {
    Some(wait.code())
}

#[test]
fn a_cycle_is_named_once_and_who_waits_for_one_in_it_is_as_hopeless() {
    let tasks = vec![
        stage(1, 9, code(Wait::Job(1)), &[]),
        stage(2, 1, code(Wait::PipeBytes(3)), &[(3, false), (2, true)]),
        stage(3, 1, code(Wait::PipeBytes(2)), &[(2, false), (3, true)]),
    ];
    let graph = Graph::new(&tasks);
    let cycles = graph.cycles();
    assert_eq!(cycles, [[1, 2]]);
    assert_eq!(
        graph.name(&cycles[0]),
        "2 cat waits for bytes in pipe 3, whose writer 3 cat waits for bytes in pipe 2, whose writer 2 cat"
    );
    assert!(graph.is_hopeless(0), "its job never ends");
    assert_eq!(graph.describe(0).unwrap(), "the end of job 1, whose tasks are 2 cat, 3 cat");
}

#[test]
fn one_writer_who_may_still_write_is_hope_enough() {
    let mut tasks = vec![
        stage(2, 1, code(Wait::PipeBytes(3)), &[(3, false), (2, true)]),
        stage(3, 1, code(Wait::PipeBytes(2)), &[(2, false), (3, true)]),
        stage(4, 2, code(Wait::Keys(0)), &[(2, true)]),
    ];
    assert_eq!(Graph::new(&tasks).cycles(), [[0; 0]; 0]);
    tasks.pop();
    assert_eq!(Graph::new(&tasks).cycles().len(), 1);
    tasks[0].info.state = TaskState::Queued;
    assert_eq!(Graph::new(&tasks).cycles(), [[0; 0]; 0], "it has been woken");
}

#[test]
fn a_task_may_wait_for_itself_and_two_may_be_full_for_each_other() {
    let alone = vec![stage(5, 1, code(Wait::PipeBytes(7)), &[(7, false), (7, true)])];
    let graph = Graph::new(&alone);
    assert_eq!(graph.name(&graph.cycles()[0]), "5 cat waits for bytes in pipe 7, whose writer 5 cat");
    let full = vec![
        stage(5, 1, code(Wait::PipeRoom(7)), &[(7, true), (8, false)]),
        stage(6, 1, code(Wait::PipeRoom(8)), &[(8, true), (7, false)]),
    ];
    assert_eq!(Graph::new(&full).cycles(), [[0, 1]]);
}

#[test]
fn who_opens_a_pipe_from_one_side_counts_as_being_there() {
    let tasks = vec![
        stage(5, 1, code(Wait::PipeBytes(7)), &[(7, false)]),
        stage(6, 1, code(Wait::PipeReader(7)), &[]),
        stage(7, 1, code(Wait::PipeReader(9)), &[]),
    ];
    let graph = Graph::new(&tasks);
    assert_eq!(graph.describe(0).unwrap(), "bytes in pipe 7, whose writer is 6 cat");
    assert_eq!(graph.describe(2).unwrap(), "a reader of pipe 9, which nobody is");
    assert!((0..3).all(|at| !graph.is_hopeless(at)), "somebody may open it");
    let lengths: Vec<_> = graph.cycles().iter().map(Vec::len).collect();
    assert_eq!(lengths, [0; 0]);
}

/// A task of the kernel that waits for a lock or a task.
fn of_kernel(number: u64, wait: Wait, behind: Option<u32>) -> Task {
    let mut info = stage(number, 0, code(wait), &[]).info;
    info.waits_behind = behind;
    Task::new(info, None)
}

#[test]
fn a_cycle_of_locks_is_named_with_who_has_them() {
    let tasks = vec![
        of_kernel(1, Wait::Lock(0x20), Some(2)),
        of_kernel(2, Wait::Lock(0x10), Some(1)),
        of_kernel(3, Wait::Lock(0x10), Some(2)),
        of_kernel(4, Wait::Task(3), None),
        of_kernel(5, Wait::Lock(0x30), None),
        of_kernel(6, Wait::Lock(0x40), Some(5)),
    ];
    let graph = Graph::new(&tasks);
    assert_eq!(graph.cycles(), [[0, 1]]);
    assert_eq!(
        graph.name(&[0, 1]),
        "1 [cat] waits for the lock at 0x20, whose owner 2 [cat] waits for the lock at 0x10, whose owner 1 [cat]"
    );
    assert_eq!(graph.describe(2).unwrap(), "the lock at 0x10, whose next owner is 2 [cat]");
    assert_eq!(graph.describe(3).unwrap(), "the end of task 3 [cat]");
    assert_eq!(graph.describe(4).unwrap(), "the lock at 0x30");
    let hopeless: Vec<_> = (0..tasks.len()).map(|at| graph.is_hopeless(at)).collect();
    assert_eq!(hopeless, [true, true, true, true, false, false], "nobody knows who has the lock at 0x30");
}

#[test]
fn two_that_wait_for_each_others_end_are_a_cycle() {
    let tasks = vec![of_kernel(1, Wait::Task(2), None), of_kernel(2, Wait::Task(1), None)];
    let graph = Graph::new(&tasks);
    assert_eq!(
        graph.name(&graph.cycles()[0]),
        "1 [cat] waits for the end of 2 [cat] waits for the end of 1 [cat]"
    );
}
