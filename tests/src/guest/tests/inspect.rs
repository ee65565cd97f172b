//! The commands that look into the kernel, where every count is exact: one CPU, instructions as the clock.

use crate::guest::{Check, Guest, Shared};

pub(super) const TESTS: &[Shared] = &[
    ("a known pipeline gives known counts", known_counts),
    ("where processors count nothing that is said, and the timer takes samples", no_counters),
    ("the tracepoints' own check passes", |guest| guest.expect_output("perf test > /tmp/told; echo $?", "0")),
    ("tracepoints cost little where a task or a pipe moves a block", cost),
    ("an event that does more than others is no more than 60 instructions", cost_alone),
    ("stacks lead to the function that a command is in", stacks),
    ("what is worse than a baseline is said", baseline),
    ("the life of a command is shown", life),
    ("records that are overwritten are counted", overwritten),
    ("memory that is lost is named with the function that took it", leak),
    ("what a command gives back, keeps or shares is no leak", no_leak),
    ("what could not be watched is said", unwatched),
    ("tasks that take locks crosswise are named with what they wait for", lock_cycle),
    ("each subcommand says what it does", help),
    ("mistakes are said and change nothing", mistakes),
    ("what was switched on for a command is off again", restored),
];

/// Of debug builds, which look for them each time that all CPUs are idle.
pub(super) const DEBUG: &[Shared] = &[("a task whose wake was lost is named", lost_wake)];

fn lost_wake(guest: &mut Guest) -> Check {
    guest.run("echo lost-wake > /proc/fault; sleep 0.1")?;
    guest.run("dmesg | grep 'lost wake' > /tmp/lost")?;
    guest.expect_output("grep -c '(deaf) waits for a message in the channel at 0x' /tmp/lost", "1")?;
    guest.expect_output("grep -c 'is there, at kernel/core/src/faults.rs:' /tmp/lost", "1")?;
    guest.expect_output("wc -l < /tmp/lost", "1")
}

/// Ten blocks go into a pipe, and all are there before the reader has its turn.
fn known_counts(guest: &mut Guest) -> Check {
    let pipeline = "dd if=/dev/zero bs=4096 count=10 2> /dev/null | cat > /dev/null";
    let count = format!("perf stat sh -c '{pipeline}' 2> /tmp/stat");
    let show = "grep -E '^(pipe|task|shell|poll:b|sched:w)' /tmp/stat | tr -s ' ' | cut -d ' ' -f 1,2";
    // The first time, things are made that stay.
    guest.run(&count)?;
    guest.run(&count)?;
    // `sh`, `dd` and `cat` begin and end. `sh` and `perf` are polled once more each, woken by an end.
    let expected = "task:spawn 3\ntask:complete 3\npoll:begin 5\nsched:wake 5\npipe:send 10\npipe:receive 1\n\
                    shell:begin 3\nshell:end 3";
    guest.expect_output(show, expected)?;
    guest.expect_output("grep pipe: /tmp/stat | tr -s ' ' | cut -d ' ' -f 4 | uniq", "40960")
}

/// What an event may take, in nanoseconds: 60 instructions of two, without the two that are there when it is off, too.
const EVENT_NS: u64 = 2 * (60 - 2);

fn cost(guest: &mut Guest) -> Check {
    let said = guest.run("perf bench")?;
    for (name, happens, moves_much) in [
        ("a turn", 2, false),
        ("a turn that copies 64 KiB twice", 2, true),
        ("a task that is spawned and awaited", 8, false),
        ("64 bytes of the heap and back", 2, false),
        ("4 KiB through a pipe", 2, false),
        ("64 KiB through a pipe", 2, true),
    ] {
        // What has a decimal is read as tenths: percents, and what an event takes.
        let row = said.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix("  "));
        let number = |word: &str| word.replace(['+', '.', '%'], "").parse().ok();
        let numbers: Vec<u64> = row.unwrap_or_default().split_whitespace().filter_map(number).collect();
        let [_off, events, _, counted, counting_ns, _, recorded, recording_ns] = numbers[..] else {
            return Err(format!("perf bench says nothing of {name}: {said}"));
        };
        check!(events == happens, "{events} events in {name}\n{said}");
        check!(0 < counting_ns && counting_ns < recording_ns, "{name}: what is on takes nothing\n{said}");
        for (what, tenths_of_ns) in [("counting", counting_ns), ("recording", recording_ns)] {
            check!(tenths_of_ns <= 10 * EVENT_NS, "{what} an event takes more than 60 instructions\n{said}");
        }
        check!(!moves_much || counted < 10, "{name}: counting takes more than 1 %\n{said}");
        check!(!moves_much || recorded < 50, "{name}: recording takes more than 5 %\n{said}");
    }
    Ok(())
}

/// Those that do more than others: a name is kept, a status is looked for, the clock is read.
fn cost_alone(guest: &mut Guest) -> Check {
    for (event, work, anyway) in [
        ("task:spawn", "sched/spawn_join", "true"),
        ("irq:leave", "base/interrupt", "true"),
        ("shell:end", "user/stage", "trace on task:panic"), // so names are kept without it, too
    ] {
        guest.run(anyway)?;
        let took_ns = |guest: &mut Guest| {
            let said = guest.run(&format!("bench --json --samples 20 {work}"))?;
            let median = said.split_once("\"median\":").and_then(|(_, rest)| rest.split(',').next());
            median.and_then(|ns| ns.parse::<f64>().ok()).ok_or(format!("{work} has no median: {said}"))
        };
        let off = took_ns(guest)?;
        guest.run(&format!("perf enable {event}; trace on {event}"))?;
        let on = took_ns(guest)?;
        guest.run(&format!("perf disable {event}; trace off {event} task:panic; trace clear; perf reset"))?;
        check!(
            on > off && on - off <= EVENT_NS as f64 + 0.5, // the median is of many, in fractions
            "{work} takes {off} ns, and with {event} {on} ns: more than 60 instructions, or nothing"
        );
    }
    Ok(())
}

/// As an emulated one does not.
fn no_counters(guest: &mut Guest) -> Check {
    guest.run("perf stat true 2> /tmp/said")?;
    guest.expect_output(
        "tail -n 1 /tmp/said | cut -d ' ' -f 3-",
        "elapsed; no hardware counters: this processor tells of none",
    )?;
    guest.run("perf record -F 10000 sh -c 'seq 10000 > /dev/null' 2> /tmp/said")?;
    guest.expect_output(
        "grep -c '[1-9][0-9]* samples at 10000 a second, by the timer interrupt' /tmp/said",
        "1",
    )
}

fn stacks(guest: &mut Guest) -> Check {
    guest.run("perf record -F 10000 -g sh -c 'seq 100000 > /dev/null' 2> /tmp/said")?;
    // Which stack has the most samples is chance: all of them count, by the lines that begin them.
    let stacks = guest.run("perf report -g -n 1000 | grep -E '^[0-9.]+% |commands::seq'")?;
    let (mut all, mut of_seq, mut through_seq) = (0, 0, 0);
    let mut counted = 0; // what the stack counts for that a line is in, until a line has counted
    for line in stacks.lines() {
        match line.split_whitespace().collect::<Vec<_>>()[..] {
            [share, samples, ref task @ ..] if share.ends_with('%') => {
                let samples: u32 = samples.parse().map_err(|error| format!("{line}: {error}"))?;
                all += samples;
                counted = if task == ["seq"] { samples } else { 0 };
                of_seq += counted;
            }
            _ => through_seq += std::mem::take(&mut counted),
        }
    }
    check!(of_seq > 10 && of_seq * 2 > all, "{of_seq} of {all} samples are of seq:\n{stacks}");
    check!(through_seq * 10 > of_seq * 9, "{through_seq} of {of_seq} stacks lead to the command:\n{stacks}");
    // How the CPU came to poll the task is left out.
    guest.expect_output("perf report -g -n 1 | grep -c kernel_entry", "0")?;
    // A mistake forgets no samples.
    guest.expect_output("perf record 2> /tmp/said; echo $?", "2")?;
    guest.expect_output("perf report -n 1 | tail -n 1 | cut -d ' ' -f 1", "seq")?;
    guest.expect_output("perf samples -n 1 | head -n 1 | cut -d ' ' -f 2- | grep -c 'CPU 0 '", "1")
}

fn baseline(guest: &mut Guest) -> Check {
    let work = |bytes: u32| {
        format!("perf reset; dd if=/dev/zero bs={bytes} count=10 2> /dev/null | cat > /dev/null")
    };
    guest.run("perf enable pipe:send poll:end")?;
    guest.run(&work(1000))?;
    guest.run("perf baseline save usual; perf baseline load usual")?;
    guest.run(&work(9000))?;
    // More bytes are not worse, a longer poll is.
    guest.expect_output("perf check-regression -t 100000 > /tmp/told; echo $?", "0")?;
    guest.expect_output("grep -c pipe:send /tmp/told", "0")?;
    guest
        .expect_output("perf check-regression -e pipe:send -t 0 2>&1 | grep -c 'neither better nor'", "1")?;
    guest.run("sed -i 's/^poll:end .*/poll:end 10 1 1/' /var/perf/usual")?;
    guest.expect_output("perf check-regression -t 9 > /tmp/told; echo $?", "1")?;
    guest.expect_output("grep -c 'poll:end .*WORSE' /tmp/told", "2")?;
    guest.run("sed '1s/Pollux/Castor/' /var/perf/usual > /var/perf/other")?;
    guest.expect_output("perf check-regression -b other -t 9 2>&1 | grep -c 'another build'", "1")?;
    guest.expect_output("perf disable; rm /var/perf/*; echo fine", "fine")
}

fn life(guest: &mut Guest) -> Check {
    guest.run("trace true 2> /tmp/life")?;
    guest.expect_output("head -n 1 /tmp/life | grep -c 'task:spawn .*(true)'", "1")?;
    guest.expect_output("grep -c 'task:complete .*(true)' /tmp/life", "1")?;
    guest.expect_output("grep -c 'shell:end .*status=0' /tmp/life", "1")?;
    guest.expect_output("trace dump --task true task:complete | grep -c '(true)'", "1")?;
    guest.expect_output("trace dump --task nobody 2>&1", "trace: there are no records of a task 'nobody'")?;
    guest.run("trace sh -c 'echo a > /dev/tty' 2> /tmp/life")?;
    guest.expect_output("grep -o 'pty=.*' /tmp/life", "pty=console bytes=2")?;
    // What the shell does itself has a beginning and an end, too.
    guest.run("trace sh -c 'cd /tmp; [ a = b ]' 2> /tmp/life")?;
    let shown = "grep -o 'shell:builtin.*' /tmp/life | tr -s ' '";
    let expected = "shell:builtin_begin name=cd\nshell:builtin_end name=cd status=0\n\
                    shell:builtin_begin name=[\nshell:builtin_end name=[ status=1";
    guest.expect_output(shown, expected)?;
    guest.expect_output("trace export csv | head -n 1 | cut -d , -f 1-3", "time_ns,cpu,task")
}

fn overwritten(guest: &mut Guest) -> Check {
    guest.run("perf configure -b 1024; trace on poll")?;
    guest.run("for i in $(seq 1000); do true | true; done; trace off")?;
    guest.expect_output("trace dump 2> /tmp/lost | wc -l", "1024")?;
    guest.expect_output("grep -c 'were overwritten: [0-9]* on CPU 0' /tmp/lost", "1")?;
    guest.expect_output("perf configure -b 2048; trace dump 2> /tmp/told; echo $?", "1")?;
    guest.expect_output("cat /tmp/told", "trace: nothing was recorded; trace on switches it on")
}

fn leak(guest: &mut Guest) -> Check {
    guest.expect_output("perf leak sh -c 'echo leak > /proc/fault' 2> /tmp/left; echo $?", "1")?;
    guest.expect_output(
        "head -n 1 /tmp/left",
        "left by each of the runs 2 to 3: 2000 bytes in 2 allocations",
    )?;
    guest.expect_output("grep -A 1 'by echo$' /tmp/left | tail -n 1", "    pollux_core::faults::leak")?;
    guest.expect_output("perf leak -r 1 sh -c 'echo leak > /proc/fault' 2>&1 | grep -c faults::leak", "1")
}

fn no_leak(guest: &mut Guest) -> Check {
    let clean = [
        "seq 1000 | wc -l",
        "echo new > /tmp/file; cat /tmp/file",
        "ls -la / | sort | head -n 3; cat <<< here",
        "x=$(seq 100); for i in $x; do y=$y$i; done",
        "sleep 0.01 & wait",
        "mkfifo /tmp/f; echo a > /tmp/f & cat /tmp/f; rm /tmp/f",
        "cat /proc/meminfo; tasks",
    ];
    for command in clean {
        guest
            .expect_output(&format!("perf leak sh -c '{command}' > /tmp/told 2> /tmp/left; echo $?"), "0")?;
        guest.expect_output("head -n 1 /tmp/left", "nothing is left by each of the runs 2 to 3")?;
    }
    Ok(())
}

fn unwatched(guest: &mut Guest) -> Check {
    let many = "for i in $(seq 3000); do eval v$i=x; done";
    guest.expect_output(&format!("perf leak -b 1024 sh -c '{many}' 2> /tmp/left; echo $?"), "2")?;
    guest.expect_output("grep -c 'were not watched.*-b 2048' /tmp/left", "1")?;
    guest.expect_output("perf leak sh -c 'sleep 2 &' 2> /tmp/left; echo $?", "2")?;
    guest.expect_output("grep -c '(sleep) has not ended' /tmp/left", "1")?;
    guest.expect_output("perf leak sh -c 'kill $$' 2> /tmp/left; echo $?", "2")?;
    guest.expect_output("perf leak -b 99 true 2>&1 | grep -c '1024 to 1048576'", "1")
}

fn lock_cycle(guest: &mut Guest) -> Check {
    guest.run("echo lock-cycle > /proc/fault; tasks -w > /tmp/waits")?;
    let found = guest.run("grep cycle: /tmp/waits")?;
    for part in
        ["[cycle-1] waits for the lock at 0x", ", whose owner ", " [cycle-2] waits for the lock at 0x"]
    {
        check!(found.contains(part), "it lacks {part:?}: {found}");
    }
    guest.expect_output("tasks --stuck 0 > /tmp/waits; grep -c ' .cycle-.*for the lock' /tmp/waits", "3")?;
    guest.expect_output("tasks cycle-1 | grep -c '^  at  *kernel/core/src/faults.rs:'", "1")
}

fn help(guest: &mut Guest) -> Check {
    guest.expect_output("perf stats --help | grep -c histograms", "1")?;
    guest.expect_output("perf stats --help | grep -c samples", "0")?;
    guest.expect_output("perf help | grep -c '^sched: '", "1")?;
    guest.expect_output(
        "perf list -v sched:kick | tail -n 1",
        "    A CPU interrupts another to end its sleep.",
    )?;
    guest.expect_output("man perf | grep -c '^ *sched: Shows how long'", "1")
}

fn mistakes(guest: &mut Guest) -> Check {
    guest.run("perf enable pipe:send")?;
    let wrong = [
        ("perf enable pipe:receive no:such", "no:such", "1"),
        ("perf configure -r 99", "100 to 100000", "2"),
        ("perf configure -r 100001", "100 to 100000", "2"),
        ("perf configure -b 1000000000", "1024 to 65536", "2"),
        ("perf check-regression", "-t PERCENT", "2"),
        ("perf baseline save ../x", "name of a baseline", "2"),
        ("perf nosuch", "nosuch", "2"),
        ("perf reset all", "extra operand", "2"),
        ("perf report sort", "extra operand", "2"),
        ("perf stats pipe:receive", "not counted: pipe:receive", "1"),
        ("perf monitor -w pipe=1", "no event .pipe", "2"),
        ("perf monitor -w pipe:receive=1", "pipe:receive is not counted", "1"),
        ("perf check-regression -b none -t 5", "no baseline .none", "1"),
        ("trace dump --cpu 9", "no CPU 9", "1"),
        ("trace on no:such", "no:such", "1"),
        ("trace export nosuch", "perfetto", "2"),
    ];
    for (command, message, status) in wrong {
        guest.expect_output(&format!("{command} > /tmp/told 2>&1; echo $?"), status)?;
        guest.expect_output(&format!("grep -c -e '{message}' /tmp/told | head -c 1 | tr 2-9 1"), "1")?;
    }
    guest.expect_output("perf list | tr -s ' ' | grep ' yes' | cut -d ' ' -f 1-3", "pipe:send yes -")?;
    guest.expect_output("perf disable; echo fine", "fine")
}

fn restored(guest: &mut Guest) -> Check {
    guest.run("perf stat true 2> /dev/null; trace true 2> /dev/null; perf sched true > /dev/null")?;
    guest.run("timeout 0.1 perf stat sleep 5 2> /dev/null")?;
    guest.expect_output("perf list | grep -c ' yes'", "0")
}
