//! A machine of 32 MiB whose memory is used up from its shell, in all the ways that people do that: each time there is a
//! message, a prompt and room for the next command, and what was taken comes back.

use crate::guest::{Check, Guest, Shared};

pub(super) const TESTS: &[Shared] = &[
    ("a variable that doubles for ever", variable),
    ("a file that grows for ever", file),
    ("sorting what has no end", sort),
    ("a hog that waits is interrupted", interrupt),
    ("a script that takes it in small pieces", script),
    ("the shell itself takes it in small pieces", shell),
    ("jobs until no more start", jobs),
    ("a watch that does not fit is refused", watch),
    ("functions that start themselves twice", bomb),
];

/// Sets variables of 1,800 bytes for ever: nothing in it can be refused.
const SMALL_PIECES: &str =
    "x=$(head -c 1800 /dev/zero | tr '\\0' x); i=0; while :; do eval \"v$i=\\$x\"; i=$((i+1)); done";

fn variable(guest: &mut Guest) -> Check {
    comes_back(guest, |guest| {
        let said = guest.run("x=x; while :; do x=$x$x; done")?;
        check_eq!(said, "sh: x: Cannot allocate memory", "what the shell says");
        guest.expect_output("unset x; echo fine | cat", "fine")
    })
}

fn file(guest: &mut Guest) -> Check {
    comes_back(guest, |guest| {
        let said = guest.run("yes > /tmp/f")?;
        check!(said.contains("No space left on device"), "what a full file system says: {said:?}");
        let said = guest.run("cp /tmp/f /tmp/g")?;
        check!(said.contains("No space left on device"), "what it says to the next: {said:?}");
        guest.expect_output("rm /tmp/f /tmp/g; echo fine > /tmp/f; cat /tmp/f; rm /tmp/f", "fine")
    })
}

fn sort(guest: &mut Guest) -> Check {
    comes_back(guest, |guest| {
        let said = guest.run("yes | sort")?;
        check!(said.contains("memory"), "what sort says: {said:?}");
        let said = guest.run("sort /dev/zero")?;
        check!(said.contains("Cannot allocate memory"), "what sort says of one line without end: {said:?}");
        guest.expect_output("echo $?", "2")
    })
}

fn interrupt(guest: &mut Guest) -> Check {
    comes_back(guest, |guest| {
        guest
            .type_text("{ yes 2>/dev/null | head -n 1000000; echo read >/dev/tty; sleep 1000; } | sort\r")?;
        guest.expect("\n")?;
        guest.expect("read")?;
        guest.type_text("\x03")?;
        guest.prompt()?;
        guest.expect_output("echo fine | cat", "fine")
    })
}

fn script(guest: &mut Guest) -> Check {
    comes_back(guest, |guest| {
        guest.run(&format!("echo '{}' > /tmp/hog", SMALL_PIECES.replace('\'', "'\\''")))?;
        let said = guest.run("sh /tmp/hog")?;
        check!(said.contains("sh: ended: out of memory"), "what is said of the script: {said:?}");
        guest.expect_output("echo $?", "137")?;
        guest.expect_output("rm /tmp/hog; dmesg | grep -c 'took of the last of the memory'", "1")
    })
}

fn shell(guest: &mut Guest) -> Check {
    comes_back(guest, |guest| {
        let said = guest.run(SMALL_PIECES)?;
        check!(said.ends_with("sh: Cannot allocate memory"), "what the shell says: {said:?}");
        guest.run("unset v{0..999}")?;
        guest.expect_output("echo fine | cat", "fine")?;
        guest.expect_output(
            "unset x; while [ $i -gt 0 ]; do i=$((i-1)); unset v$i; done; echo fine | cat",
            "fine",
        )
    })
}

fn jobs(guest: &mut Guest) -> Check {
    comes_back(guest, |guest| {
        let said = guest.run("while sleep 1000 & do :; done")?;
        let last = said.lines().last().unwrap_or_default();
        check_eq!(last, "sh: cannot start a job: Cannot allocate memory", "what the shell says in the end");
        // None is started when less than three quarters of the reserve are left, and those that wait take no more.
        let (free, reserve) = (free_kib(guest)?, kib(guest, "Reserve")?);
        check!(free > reserve * 5 / 8, "{free} KiB are free, of {reserve} KiB in reserve");
        guest.expect_output("echo fine | cat", "fine")?;
        let count = guest.run("jobs | grep -c Running")?;
        check!(count.parse().is_ok_and(|count: u32| count > 1000), "{count} jobs run");
        guest.expect_output("kill -0 %1; echo $?", "0")?;
        guest.run("kill $(jobs -p)")?;
        guest.run("wait")?;
        guest.expect_output("jobs; echo none", "none")
    })
}

/// Such a thing does not end. But what the person starts beside it does.
fn bomb(guest: &mut Guest) -> Check {
    guest.run("f() { f | f & }; f 2> /dev/null")?;
    guest.expect_output("wait; echo $?", "0")?;
    guest.expect_output("echo fine | cat", "fine")?;
    guest.expect_output("kill -l 9", "KILL")
}

/// Nearly all memory that was free before is free again: what stays is room that the tables of tasks have grown to.
fn comes_back(guest: &mut Guest, test: impl FnOnce(&mut Guest) -> Check) -> Check {
    let before = free_kib(guest)?;
    test(guest)?;
    let after = free_kib(guest)?;
    check!(after + 1024 >= before, "{before} KiB were free before, {after} after");
    Ok(())
}

fn free_kib(guest: &mut Guest) -> Check<u64> {
    kib(guest, "MemFree")
}

fn kib(guest: &mut Guest, name: &str) -> Check<u64> {
    let said = guest.run(&format!("grep {name}: /proc/meminfo | tr -dc 0-9"))?;
    said.parse().map_err(|_| format!("{name} in /proc/meminfo is {said:?}"))
}

fn watch(guest: &mut Guest) -> Check {
    comes_back(guest, |guest| {
        guest.expect_output("perf leak -b 1048576 true 2> /tmp/told; echo $?", "2")?;
        guest.expect_output("grep -c 'to watch 1048576 allocations; -b takes less' /tmp/told", "1")?;
        guest.expect_output(
            "rm /tmp/told; perf leak -b 1024 true 2>&1",
            "nothing is left by each of the runs 2 to 3",
        )
    })
}
