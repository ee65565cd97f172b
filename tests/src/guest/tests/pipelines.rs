//! Pipelines and redirections, with one CPU and with more.

use crate::guest::{Check, Guest, Shared};

pub(super) const ONE_CPU: &[Shared] = &[
    ("pipelines", pipelines),
    ("redirections", redirections),
    ("lists and the background", lists),
    ("/proc names one CPU", |guest| cpus(guest, 1)),
];

pub(super) const TWO_CPUS: &[Shared] = &[
    ("pipelines", pipelines),
    ("redirections", redirections),
    ("lists and the background", lists),
    ("/proc names two CPUs", |guest| cpus(guest, 2)),
    ("work is on both CPUs", |guest| shares_work(guest, 2)),
];

pub(super) const FOUR_CPUS: &[Shared] = &[
    ("pipelines", pipelines),
    ("redirections", redirections),
    ("lists and the background", lists),
    ("/proc names four CPUs", |guest| cpus(guest, 4)),
    ("work is on all CPUs", |guest| shares_work(guest, 4)),
];

/// For machines that are out of the ordinary.
pub(super) const SMALL: &[Shared] = &[("pipelines", pipelines), ("redirections", redirections)];

fn pipelines(guest: &mut Guest) -> Check {
    guest.expect_output("seq 1 1000 | grep 7 | wc -l", "271")?;
    guest.expect_output("yes | head -1", "y")?;
    guest.expect_output("printf 'b\\na\\nb\\n' | sort | uniq -c | tr -s ' ' | tail -n 1", " 2 b")?;
    guest.expect_output("seq 100000 | sort -n | tail -n 1", "100000")?;
    guest.expect_output(
        "echo through | cat | cat | cat | cat | cat | cat | cat | tee /tmp/t; cat /tmp/t",
        "through\nthrough",
    )
}

fn redirections(guest: &mut Guest) -> Check {
    guest.expect_output("echo one > /tmp/a; echo two >> /tmp/a; cat < /tmp/a", "one\ntwo")?;
    guest.expect_output("cat /missing 2> /tmp/e; wc -l < /tmp/e", "1")?;
    guest.expect_output("cat /missing 2>&1 | grep -c missing", "1")?;
    guest.expect_output(
        "mkdir -p /tmp/d/e; cp /tmp/a /tmp/d; mv /tmp/d/a /tmp/d/e/b; ls /tmp/d /tmp/d/e",
        "/tmp/d:\ne\n\n/tmp/d/e:\nb",
    )?;
    guest.expect_output(
        "rm -r /tmp/d /tmp/a /tmp/e; ls /tmp/d",
        "ls: cannot access '/tmp/d': No such file or directory",
    )
}

fn lists(guest: &mut Guest) -> Check {
    guest.expect_output("true && echo yes || echo no; false && echo yes || echo no", "yes\nno")?;
    guest.expect_output("X=1; export X; env | grep '^X='; sh -c 'echo $X; exit 9'; echo $?", "X=1\n1\n9")?;
    let output = guest.run("sleep 1000 & kill $!; wait; echo waited")?;
    check!(output.ends_with("waited"), "a job in the background cannot be killed: {output:?}");
    Ok(())
}

fn cpus(guest: &mut Guest, count: u32) -> Check {
    let listed = guest.run("grep -c ^processor /proc/cpuinfo")?;
    check_eq!(listed, count.to_string(), "processors in /proc/cpuinfo");
    Ok(())
}

/// Every CPU has polled tasks, says /proc/stat.
fn shares_work(guest: &mut Guest, count: usize) -> Check {
    // Twice as many jobs as CPUs.
    guest.run(&format!("{} wait", "seq 200000 | sort -n | tail -n 1 > /dev/null & ".repeat(2 * count)))?;
    let stat = guest.run("cat /proc/stat")?;
    let busy = stat
        .lines()
        .filter(|line| line.starts_with("cpu") && !line.starts_with("cpu "))
        .filter(|line| is_busy(line));
    check_eq!(busy.count(), count, "CPUs that did something, by /proc/stat:\n{stat}\n");
    Ok(())
}

/// A line of /proc/stat whose first three figures (user, nice, system) are not all zero.
fn is_busy(line: &str) -> bool {
    line.split_whitespace().skip(1).take(3).any(|ticks| ticks != "0")
}
