//! The guest's `bench` command: which benchmarks there are, and what is said to who asks for others; and the timeline in the
//! report of `./run.sh bench`.

use std::{collections::BTreeSet, fs};

use crate::guest::{Alone, Check, Laboratory, timeline::Timeline};

pub(super) const TESTS: &[Alone] = &[
    ("an unknown name is told the known ones", unknown),
    ("there is a benchmark for all that is to be measured", listed),
    ("a guest that panics leaves the rows that were finished", panics),
    ("the report has a pipeline from the keystroke to the prompt", timeline),
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

/// Boots twice: for the benchmark, and for the timeline.
fn timeline(laboratory: &Laboratory) -> Check {
    let failed = |error: std::io::Error| format!("running the launcher: {error}");
    let target = laboratory.scratch().join("bench-target");
    let mut bench = laboratory.launcher(&["bench", "base/clock", "--samples", "5", "--timeline"]);
    let ended = bench.env("CARGO_TARGET_DIR", &target).output().map_err(failed)?;
    check_eq!(ended.status.code(), Some(0), "bench: {}", String::from_utf8_lossy(&ended.stderr));
    let path = target.join("bench/report.html");
    let page = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    check!(page.len() < 1 << 20, "the page has {} bytes", page.len());
    let timeline = Timeline::read(&page)?;

    check_eq!(
        timeline.lanes.keys().collect::<Vec<_>>(),
        ["CPU 0", "CPU 1", "grep", "seq", "sh", "sort", "tail"],
        "lanes"
    );
    let mut on_cpus = BTreeSet::new();
    for (lane, slices) in &timeline.lanes {
        for slice in slices {
            check!(
                slice.from_ns < slice.to_ns && slice.to_ns <= timeline.prompt_ns,
                "{lane} has a slice outside of {} ns: {slice:?}",
                timeline.prompt_ns
            );
        }
        let mut ran: Vec<_> = slices.iter().filter(|slice| !slice.waits).collect();
        ran.sort_by_key(|slice| slice.from_ns);
        for pair in ran.windows(2) {
            check!(pair[0].to_ns <= pair[1].from_ns, "{lane} has two slices at once: {pair:?}");
        }
        if lane.starts_with("CPU ") {
            let shares = ran.iter().flat_map(|slice| slice.title.split("; "));
            on_cpus.extend(shares.filter_map(|share| share.split(':').next()));
        } else {
            check!(
                ran.iter().any(|slice| slice.title.starts_with(&format!("{lane}: runs"))),
                "{lane} never runs"
            );
        }
    }
    for task in ["seq", "grep", "sort", "tail", "sh"] {
        check!(on_cpus.contains(task), "{task} is on no CPU, where there are {on_cpus:?}");
    }
    let begin = |lane: &str| timeline.lanes[lane].iter().map(|slice| slice.from_ns).min();
    check!(
        begin("sh") < begin("seq") && begin("seq") < begin("tail"),
        "the shell starts the stages from the first to the last: {:?}",
        ["sh", "seq", "tail"].map(begin)
    );

    let alone = laboratory
        .launcher(&["bench", "base/clock", "--samples", "5"])
        .env("CARGO_TARGET_DIR", &target)
        .output();
    check_eq!(alone.map_err(failed)?.status.code(), Some(0), "bench without a timeline");
    let page = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    check!(
        page.contains("There is no timeline: only some benchmarks were run; with --timeline"),
        "no reason: {page}"
    );
    Ok(())
}
