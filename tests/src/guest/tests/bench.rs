//! The guest's `bench` command: which benchmarks there are, and what is said to who asks for others.

use std::collections::BTreeSet;

use crate::guest::{Alone, Check, Laboratory};

pub(super) const TESTS: &[Alone] = &[
    ("an unknown name is told the known ones", unknown),
    ("there is a benchmark for all that is to be measured", listed),
    ("a guest that panics leaves the rows that were finished", panics),
];

/// What is to be measured.
const WANTED: &str = "
    user/shell_start user/stage user/pipeline_10 user/dd_pipe user/ls_1000 user/open_read_close user/read_zero_4k
    pipe/copy_1 pipe/copy_64 pipe/copy_4k pipe/copy_64k pipe/copy_1m pipe/stages_2 pipe/stages_4 pipe/stages_8
    pipe/grant_64k pipe/loan_64k pipe/splice pipe/ping_pong pipe/memcpy_64k pipe/memset_64k pipe/read_64k
    sched/spawn_join sched/yield sched/wake_local sched/wake_remote sched/steal sched/wake_to_poll_idle
    sched/wake_to_poll_loaded sched/interrupt_to_poll sched/context1 sched/hackbench sched/schbench
    sched/timer_add sched/timer_cancel sched/timer_fire sched/timer_late sched/scale_1 sched/scale_2 sched/scale_4
    sched/scale_all
    ipc/channel_round_trip ipc/channel_message ipc/pty_4k ipc/key_to_echo ipc/signal
    mem/frame mem/frame_refill mem/frame_contended mem/heap_16 mem/heap_64 mem/heap_256 mem/heap_512 mem/heap_1k
    mem/heap_2k mem/heap_4k mem/heap_64k mem/pool_512 mem/pool_4k mem/read_u8 mem/read_u16 mem/read_u32 mem/read_u64
    mem/copy_8m mem/fill_8m mem/read_8m mem/tlb_page mem/tlb_pages_64 mem/tlb_all
    base/clock base/port_call base/port_call_boxed base/port_call_unboxed base/atomic_add base/interrupt";

fn unknown(laboratory: &Laboratory) -> Check {
    for command in ["bench nosuch", "bench base/clock sched/nosuch", "bench --list nosuch"] {
        let run = laboratory.expect(&[], command, 2, "")?;
        for known in ["no benchmark or group ", "nosuch", "sched/yield", "base/atomic_add"] {
            check!(run.errors.contains(known), "{command}: {known} is not in {:?}", run.errors);
        }
    }
    let run = laboratory.expect(&[], "bench --samples 4 base", 2, "")?;
    check!(run.errors.contains("from 5 to 100000"), "what --samples takes is not in {:?}", run.errors);
    Ok(())
}

fn listed(laboratory: &Laboratory) -> Check {
    let run = laboratory.run(&["-c", "bench --list"], b"")?;
    let text = String::from_utf8_lossy(&run.output).into_owned();
    let listed: BTreeSet<_> = text.lines().filter_map(|line| line.split_whitespace().next()).collect();
    let missing: Vec<_> = WANTED.split_whitespace().filter(|name| !listed.contains(name)).collect();
    check!(missing.is_empty(), "{missing:?} are not among {listed:?}");
    Ok(())
}

fn panics(laboratory: &Laboratory) -> Check {
    let command = "bench --json --samples 5 base/atomic_add; echo panic > /proc/fault; bench base/clock";
    let run = laboratory.run(&["-c", command], b"")?;
    let said = String::from_utf8_lossy(&run.output).into_owned();
    check!(run.status == Some(251), "it panics:\n{}", laboratory.describe(&run));
    check!(
        said.lines().count() == 1 && said.starts_with(r#"{"name":"base/atomic_add""#),
        "the one row that was finished is there: {said:?}"
    );
    Ok(())
}
