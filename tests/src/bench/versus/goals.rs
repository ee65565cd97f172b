//! What is compared with what, and what is aimed at.

use super::rounds::Rounds;
use super::table::{self, Row};

/// A row of Pollux's `bench`, and the rows of the program on Linux that stand beside it: if there are several, the one that is
/// faster counts.
pub type Pair = (&'static str, &'static [&'static str]);

/// The one row that is not of Pollux's `bench`: a person's boot is measured.
pub const PROMPT: &str = "boot/prompt";
/// The rows that need a second CPU.
pub const WITH_TWO_CPUS: &[&str] = &["sched/wake_remote"];

/// Beside Linux in the same emulator.
pub const PAIRS: &[Pair] = &[
    (PROMPT, &[PROMPT]),
    ("user/shell_start", &["user/shell_start"]),
    ("user/stage", &["user/stage"]),
    ("user/stage", &["user/stage_exec"]),
    ("user/pipeline_10", &["user/pipeline_10"]),
    ("user/dd_pipe", &["user/dd_pipe"]),
    ("user/ls_1000", &["user/ls_1000"]),
    ("user/open_read_close", &["user/open_read_close"]),
    ("user/read_zero_4k", &["user/read_zero_4k"]),
    ("pipe/copy_1", &["pipe/copy_1"]),
    ("pipe/copy_64", &["pipe/copy_64"]),
    ("pipe/copy_4k", &["pipe/copy_4k"]),
    ("pipe/copy_64k", &["pipe/copy_64k"]),
    ("pipe/copy_1m", &["pipe/copy_1m"]),
    ("pipe/given_64k", &["pipe/copy_64k"]),
    ("pipe/stages_2", &["pipe/stages_2"]),
    ("pipe/stages_4", &["pipe/stages_4"]),
    ("pipe/stages_8", &["pipe/stages_8"]),
    ("pipe/loan_64k", &["pipe/loan_64k"]),
    ("pipe/ping_pong", &["pipe/ping_pong"]),
    ("pipe/memcpy_64k", &["pipe/memcpy_64k"]),
    ("pipe/memset_64k", &["pipe/memset_64k"]),
    ("sched/spawn_join", &["sched/spawn_join"]),
    ("sched/yield", &["sched/yield"]),
    ("sched/wake_local", &["sched/wake_local"]),
    ("sched/wake_remote", &["sched/wake_remote"]),
    ("sched/context1", &["sched/context1"]),
    ("sched/hackbench", &["sched/hackbench"]),
    ("sched/timer_late", &["sched/timer_late"]),
    ("ipc/pty_4k", &["ipc/pty_4k"]),
    ("ipc/key_to_echo", &["ipc/key_to_echo"]),
    ("ipc/signal", &["ipc/signal"]),
    ("base/clock", &["base/clock"]),
    ("base/atomic_add", &["base/atomic_add"]),
];

/// Beside Linux on this machine: two threads, each held on a CPU, as the threads that are Pollux's CPUs are; or both on one,
/// as Pollux may let two tasks run.
pub const HOST_PAIRS: &[Pair] = &[
    ("user/stage", &["user/stage"]),
    ("user/open_read_close", &["user/open_read_close"]),
    ("user/read_zero_4k", &["user/read_zero_4k"]),
    ("pipe/copy_4k", &["pipe/copy_4k_apart"]),
    ("pipe/copy_4k", &["pipe/copy_4k_beside"]),
    ("pipe/copy_64k", &["pipe/copy_64k_apart"]),
    ("pipe/copy_64k", &["pipe/copy_64k_beside"]),
    ("pipe/copy_1m", &["pipe/copy_1m_apart"]),
    ("pipe/copy_1m", &["pipe/copy_1m_beside"]),
    ("pipe/ping_pong", &["pipe/ping_pong_apart"]),
    ("pipe/ping_pong", &["pipe/ping_pong_beside"]),
    ("pipe/loan_64k", &["pipe/loan_64k"]),
    ("pipe/memcpy_64k", &["pipe/memcpy_64k"]),
    ("sched/spawn_join", &["sched/spawn_join"]),
    ("sched/wake_local", &["sched/wake_local"]),
    ("sched/wake_remote", &["sched/wake_remote"]),
    ("sched/hackbench", &["sched/hackbench"]),
    ("ipc/pty_4k", &["ipc/pty_4k"]),
    ("ipc/key_to_echo", &["ipc/key_to_echo"]),
    ("base/clock", &["base/clock"]),
];

/// What is aimed at.
pub enum Aim {
    /// Linux takes at least so many times our time.
    Times(Pair, f64),
    /// The first of our rows takes at least so many times what the second takes.
    Own { row: &'static str, limit: &'static str, least: f64 },
    /// Two CPUs are at least so many times as fast as one.
    Scaling(Pair, f64),
    /// It takes at most so many nanoseconds.
    AtMost(Pair, f64),
    /// It moves more than so many megabytes (10^6) in a second.
    Rate(Pair, f64),
}

/// A goal, in the words of a person.
pub type Goal = (&'static str, Aim);

const COPY_64K: Pair = ("pipe/copy_64k", &["pipe/copy_64k"]);
const DD: Pair = ("user/dd_pipe", &["user/dd_pipe"]);

pub const GOALS: &[Goal] = &[
    ("pipe, 4 KiB blocks", Aim::Times(("pipe/copy_4k", &["pipe/copy_4k"]), 30.0)),
    ("pipe, 64 KiB blocks", Aim::Times(COPY_64K, 30.0)),
    ("pipe, 1 MiB blocks", Aim::Times(("pipe/copy_1m", &["pipe/copy_1m"]), 30.0)),
    (
        "pipe, 64 KiB blocks, by the guest's memcpy limit",
        Aim::Own { row: "pipe/copy_64k", limit: "pipe/memcpy_64k", least: 0.9 },
    ),
    (
        "pipe, 64 KiB blocks into buffers that the reader gave, by that limit",
        Aim::Own { row: "pipe/given_64k", limit: "pipe/memcpy_64k", least: 0.9 },
    ),
    ("loaned 64 KiB, by that limit", Aim::Own { row: "pipe/loan_64k", limit: "pipe/memcpy_64k", least: 5.0 }),
    ("ping-pong, 1 byte", Aim::Times(("pipe/ping_pong", &["pipe/ping_pong"]), 50.0)),
    ("stage start and wait, by exec", Aim::Times(("user/stage", &["user/stage_exec"]), 200.0)),
    ("shell start, `sh -c exit`", Aim::Times(("user/shell_start", &["user/shell_start"]), 50.0)),
    ("`ls -la`, 1,000 files", Aim::Times(("user/ls_1000", &["user/ls_1000"]), 10.0)),
    ("read of 4 KiB, /dev/zero", Aim::Times(("user/read_zero_4k", &["user/read_zero_4k"]), 10.0)),
    ("open, read of 4 KiB, close", Aim::Times(("user/open_read_close", &["user/open_read_close"]), 10.0)),
    ("kernel entry to prompt", Aim::AtMost((PROMPT, &[PROMPT]), 50e6)),
    ("hackbench, 1 to 2 CPUs", Aim::Scaling(("sched/hackbench", &["sched/hackbench"]), 1.8)),
    ("classic: shell start", Aim::AtMost(("user/shell_start", &["user/shell_start"]), 10e6)),
    ("classic: spawn", Aim::AtMost(("user/stage", &["user/stage_exec"]), 2e6)),
    ("classic: pipe, `dd bs=1M \\| cat`", Aim::Rate(DD, 200.0)),
    ("classic: `ls -la`, 1,000 files", Aim::AtMost(("user/ls_1000", &["user/ls_1000"]), 80e6)),
    ("classic: read of 4 KiB", Aim::AtMost(("user/read_zero_4k", &["user/read_zero_4k"]), 5e3)),
];

pub const HOST_GOALS: &[Goal] = &[
    (
        "pipe, 64 KiB blocks, by Linux's faster way",
        Aim::Times(("pipe/copy_64k", &["pipe/copy_64k_apart", "pipe/copy_64k_beside"]), 4.0),
    ),
    (
        "ping-pong, 1 byte, by Linux's faster way",
        Aim::Times(("pipe/ping_pong", &["pipe/ping_pong_apart", "pipe/ping_pong_beside"]), 20.0),
    ),
];

/// The rows of the table of goals: those for which everything was measured. What is aimed at is so with two CPUs.
pub fn rows(goals: &[Goal], rounds: &Rounds) -> Vec<Row> {
    goals.iter().filter_map(|(what, aim)| row(what, aim, rounds)).collect()
}

fn row(what: &str, aim: &Aim, rounds: &Rounds) -> Option<Row> {
    let two = rounds.with(2);
    let (theirs, ours, found, aimed, met) = match aim {
        Aim::Times(pair, least) => {
            let ratio = two.ratio(pair)?;
            let (theirs, ours) = (two.theirs(pair.1)?, two.ours(pair.0)?);
            let aimed = format!("{least} times");
            (theirs.shown(), ours.shown(), table::times(&ratio), aimed, ratio.p50 >= *least)
        }
        Aim::Own { row, limit, least } => {
            let ratio = two.own(limit, row)?;
            let (ours, limit) = (two.ours(row)?, two.ours(limit)?);
            let found = format!("{}; the limit is {}", table::times(&ratio), limit.shown_briefly());
            (String::new(), ours.shown(), found, format!("{least} times"), ratio.p50 >= *least)
        }
        Aim::Scaling((row, others), least) => {
            let one = rounds.with(1);
            let ours = one.ours_by(&two, row)?;
            let theirs = one.theirs_by(&two, others)?;
            let aimed = format!("{least} times");
            (table::times(&theirs), table::times(&ours), String::new(), aimed, ours.p50 >= *least)
        }
        Aim::AtMost(pair, most) => {
            let (theirs, ours) = (two.theirs(pair.1)?, two.ours(pair.0)?);
            let found = table::times(&two.ratio(pair)?);
            let aimed = format!("at most {}", pollux_figures::line::time(*most));
            (theirs.shown(), ours.shown(), found, aimed, ours.ns.p50 <= *most)
        }
        Aim::Rate(pair, least) => {
            let (theirs, ours) = (two.theirs(pair.1)?, two.ours(pair.0)?);
            let rate = ours.rate().unwrap_or(0.0);
            let aimed = format!("more than {least} MB/s");
            (theirs.shown(), ours.shown(), table::times(&two.ratio(pair)?), aimed, rate > *least)
        }
    };
    let met = if met { "met" } else { "**not met**" };
    Some([what.into(), theirs, ours, found, aimed, met.into()])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::versus::rounds::{Medians, Round};

    fn rounds() -> Rounds {
        let medians = |rows: &[(&str, f64)]| -> Medians {
            rows.iter().map(|(name, ns)| ((*name).into(), *ns)).collect()
        };
        let ours =
            [("pipe/copy_64k", 20.0), ("pipe/memcpy_64k", 19.0), ("sched/hackbench", 50.0), (PROMPT, 40e6)];
        let theirs = [
            ("pipe/copy_64k_apart", 90.0),
            ("pipe/copy_64k_beside", 70.0),
            ("sched/hackbench", 75.0),
            (PROMPT, 2e9),
        ];
        let slow = [("sched/hackbench", 100.0)];
        let mut rounds = Rounds::default();
        rounds.moves("pipe/copy_64k", 20.0);
        for _ in 0..5 {
            rounds.add(Round { smp: 2, ours: medians(&ours), theirs: medians(&theirs) });
            rounds.add(Round { smp: 1, ours: medians(&slow), theirs: medians(&slow) });
        }
        rounds
    }

    #[test]
    fn a_goal_is_met_or_not_by_the_median_of_the_boots() {
        let faster: Pair = ("pipe/copy_64k", &["pipe/copy_64k_apart", "pipe/copy_64k_beside"]);
        let hackbench: Pair = ("sched/hackbench", &["sched/hackbench"]);
        let prompt: Pair = (PROMPT, &[PROMPT]);
        let cases = [
            (Aim::Times(faster, 3.5), "3.50 [3.50, 3.50]", "met"),
            (Aim::Times(faster, 3.6), "3.50 [3.50, 3.50]", "**not met**"),
            (
                Aim::Own { row: "pipe/copy_64k", limit: "pipe/memcpy_64k", least: 0.9 },
                "0.95 [0.95, 0.95]; the limit is 19.00 ns",
                "met",
            ),
            (
                Aim::Own { row: "pipe/copy_64k", limit: "pipe/memcpy_64k", least: 0.96 },
                "0.95 [0.95, 0.95]; the limit is 19.00 ns",
                "**not met**",
            ),
            (Aim::AtMost(prompt, 50e6), "50.0 [50.0, 50.0]", "met"),
            (Aim::AtMost(prompt, 30e6), "50.0 [50.0, 50.0]", "**not met**"),
            (Aim::Rate(faster, 900.0), "3.50 [3.50, 3.50]", "met"),
            (Aim::Rate(faster, 1000.0), "3.50 [3.50, 3.50]", "**not met**"),
        ];
        for (aim, found, met) in cases {
            let row = row("what", &aim, &rounds()).expect("all of it was measured");
            assert_eq!((&*row[3], &*row[5]), (found, met), "{row:?}");
        }
        let scaling = row("what", &Aim::Scaling(hackbench, 1.8), &rounds()).expect("both were measured");
        assert_eq!(
            (&*scaling[1], &*scaling[2], &*scaling[5]),
            ("1.33 [1.33, 1.33]", "2.00 [2.00, 2.00]", "met")
        );
    }

    #[test]
    fn what_was_not_measured_has_no_row() {
        assert!(rows(GOALS, &Rounds::default()).is_empty());
        assert_eq!(rows(GOALS, &rounds()).len(), 3, "memcpy, prompt, hackbench");
    }

    #[test]
    fn every_goal_is_about_rows_that_are_measured() {
        for (goals, pairs) in [(GOALS, PAIRS), (HOST_GOALS, HOST_PAIRS)] {
            let ours = |name: &str| pairs.iter().any(|(it, _)| *it == name);
            let theirs = |name: &str| pairs.iter().any(|(_, names)| names.contains(&name));
            for (what, aim) in goals {
                match aim {
                    Aim::Own { row, limit, .. } => assert!(ours(row) && ours(limit), "{what}"),
                    Aim::Times(pair, _)
                    | Aim::Scaling(pair, _)
                    | Aim::AtMost(pair, _)
                    | Aim::Rate(pair, _) => {
                        assert!(ours(pair.0) && pair.1.iter().all(|it| theirs(it)), "{what}");
                    }
                }
            }
        }
    }
}
