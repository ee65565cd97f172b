//! What a person types at the serial console, and sees.

use crate::{
    channel::Event,
    guest::{Check, Guest, Shared},
    verdict::Exit,
};

pub(super) const TESTS: &[Shared] = &[
    ("what is typed is echoed, and Enter runs it", echo),
    ("the arrow keys move in the line", arrows),
    ("^A and ^E go to its ends", ends),
    ("^U, ^W and ^K erase parts of it", kills),
    ("backspace erases a character, whole", backspace),
    ("the arrow up brings the last command back", history),
    ("^C abandons a line", abandon),
    ("^C ends a command", interrupt),
    ("^C ends a loop of the shell itself", interrupt_loop),
    ("a command over several lines, and a line typed ahead", lines),
    ("^Z stops a pipeline, and fg lets it go on with nothing lost", stop),
    ("the terminal erases and ends input for a command", line_discipline),
    ("a panic ends its task and no other", task_panic),
    ("a non-maskable interrupt shows every CPU and task, and the guest goes on", dump),
    ("two that wait for each other are named", deadlock),
    ("a task that keeps its CPU is named", hog),
    ("^D leaves with the last status", leave),
];

fn echo(guest: &mut Guest) -> Check {
    guest.type_text("echo he")?;
    guest.expect_screen("the prompt and what was typed", |screen| {
        let row = screen.cursor_position().0;
        let line = screen.rows(0, 80).nth(row.into()).unwrap_or_default();
        line.starts_with("pollux:") && line.ends_with("$ echo he")
    })?;
    guest.expect_output("llo", "hello")
}

fn arrows(guest: &mut Guest) -> Check {
    guest.expect_output("echo ac\x1b[Db", "abc")?;
    guest.expect_output("echo xz\x1b[D\x1b[Dw\x1b[Cy", "wxyz")
}

fn ends(guest: &mut Guest) -> Check {
    guest.expect_output("ho X\x01ec\x05Y", "XY")?;
    guest.expect_output("ho X\x1b[Hec\x1b[FY", "XY")
}

fn kills(guest: &mut Guest) -> Check {
    guest.expect_output("garbage\x15echo fine", "fine")?;
    guest.expect_output("echo one two\x17three", "one three")?;
    guest.expect_output("echo onetwo\x1b[D\x1b[D\x1b[D\x0b", "one")
}

fn backspace(guest: &mut Guest) -> Check {
    guest.expect_output("echo abx\x7fc", "abc")?;
    guest.expect_output("echo ä\x7fü", "ü")
}

fn history(guest: &mut Guest) -> Check {
    guest.expect_output("echo first", "first")?;
    guest.expect_output("echo second", "second")?;
    guest.expect_output("\x1b[A\x1b[A", "first")
}

fn abandon(guest: &mut Guest) -> Check {
    guest.type_text("echo never\x03")?;
    guest.prompt()?;
    guest.expect_output("echo status $?", "status 130")
}

fn interrupt(guest: &mut Guest) -> Check {
    guest.type_text("echo it begins; sleep 1000\r")?;
    guest.expect("\nit begins")?;
    guest.type_text("\x03")?;
    guest.prompt()?;
    guest.expect_output("echo status $?", "status 130")?;
    guest.type_text("echo it begins; yes | cat > /dev/null\r")?;
    guest.expect("\nit begins")?;
    guest.type_text("\x03")?;
    guest.prompt()?;
    guest.expect_output("echo status $?", "status 130")
}

/// No job is in the foreground here: the shell itself is.
fn interrupt_loop(guest: &mut Guest) -> Check {
    for command in ["while :; do :; done", "f() { for i in 1 2 3; do read x; done; }; f"] {
        guest.type_text(format!("echo it begins; {command}\r"))?;
        guest.expect("\nit begins")?;
        guest.type_text("\x03")?;
        guest.prompt()?;
        guest.expect_output("echo status $?", "status 130")?;
    }
    Ok(())
}

fn lines(guest: &mut Guest) -> Check {
    guest.type_text("for i in a b\rdo echo item $i; done\r")?;
    guest.expect("item a\r\nitem b")?;
    guest.prompt()?;
    guest.type_text("read x; echo \"<$x>\"\rtyped ahead\r")?;
    guest.expect("<typed ahead>")?;
    guest.prompt()?;
    Ok(())
}

fn stop(guest: &mut Guest) -> Check {
    // One job: between two of them the shell has the terminal, which ^Z does not stop.
    guest.type_text("(echo it begins; seq 1 5000000 | tail -n 1)\r")?;
    guest.expect("\nit begins")?;
    guest.type_text("\x1a")?;
    guest.expect("Stopped      (echo it begins; seq 1 5000000 | tail -n 1)")?;
    guest.prompt()?;
    guest.expect_output("jobs", "[1]+ Stopped      (echo it begins; seq 1 5000000 | tail -n 1)")?;
    guest.type_text("fg\r")?;
    guest.expect("\n5000000")?;
    guest.prompt()?;
    guest.type_text("(echo it begins; sleep 1000)\r")?;
    guest.expect("\nit begins")?;
    guest.type_text("\x1a")?;
    guest.expect("Stopped      (echo it begins; sleep 1000)")?;
    guest.prompt()?;
    guest.expect_output("kill %1; wait %1; echo status $?", "status 143")
}

fn line_discipline(guest: &mut Guest) -> Check {
    guest.type_text("echo it begins; cat\r")?;
    guest.expect("\nit begins\r\n")?;
    guest.type_text("gone\x15onX\x7fe\r")?;
    guest.expect("\none\r\n")?;
    guest.type_text("\x04")?;
    guest.prompt()?;
    guest.expect_output("echo status $?", "status 0")
}

fn task_panic(guest: &mut Guest) -> Check {
    let output = guest.run("echo task-panic | tee /proc/fault")?;
    check!(output.contains("panic"), "the shell does not say that the task panicked: {output:?}");
    guest.expect_output("echo status $?", "status 134")?;
    guest.expect_output("seq 3 | wc -l", "3")?;
    let log = guest.log();
    check!(log.contains("panicked"), "the kernel log does not tell of the panic:\n{log}");
    Ok(())
}

fn dump(guest: &mut Guest) -> Check {
    guest.type_text("sleep 1000 | cat\r")?;
    guest.expect("\n")?;
    // They are there when the terminal is theirs.
    guest.type_text("seen")?;
    guest.expect("seen")?;
    let dump = guest.dump();
    for part in [
        "CPU 0 polls ",
        "CPU 1 polls ",
        "pollux_kernel::run::",
        " (cat): Waiting",
        ", for bytes in pipe ",
        " (sleep): Waiting",
    ] {
        check!(dump.contains(part), "the dump lacks {part:?}\n{dump}");
    }
    check!(dump.ends_with("dump: end"), "the dump has no end\n{dump}");
    guest.type_text("\x15\x03")?;
    guest.prompt()?;
    guest.expect_output("echo alive", "alive")
}

fn hog(guest: &mut Guest) -> Check {
    guest.run("echo hog > /proc/fault &")?;
    guest.run("until tasks --stuck 0.05 | grep 'in one poll' > /tmp/found; do :; done")?;
    let found = guest.run("cat /tmp/found")?;
    check!(found.contains(" echo hog") && found.contains(": in one poll for "), "{found}");
    guest.run("wait; rm /tmp/found").map(drop)
}

fn deadlock(guest: &mut Guest) -> Check {
    guest.run("cd /tmp; mkfifo a b; exec 3<>a 4<>b 5<a 6>b 7<b 8>a 3<&- 4<&-")?;
    guest.run(
        "cat <&5 >&6 5<&- 6<&- 7<&- 8<&- & cat <&7 >&8 5<&- 6<&- 7<&- 8<&- & exec 5<&- 6<&- 7<&- 8<&-",
    )?;
    guest.run("until tasks -w | grep cycle: > found; do :; done")?;
    let found = guest.run("cat found")?;
    let names = found.matches(" cat ").count();
    check!(names == 3 && found.contains(", whose writer "), "{found}");
    let stuck = guest.run("tasks --stuck 0; echo $?")?;
    check!(stuck.contains(" cat ") && stuck.ends_with("\n1"), "{stuck}");
    guest.run("kill %1 %2; wait; rm a b found; cd; clear").map(drop)
}

fn leave(guest: &mut Guest) -> Check {
    guest.expect_output("sh -c 'exit 3'", "")?;
    guest.type_text("\x04")?;
    let status = guest.expect_event("the exit status", |event| match event {
        Event::Exit(status) => Some(*status),
        _ => None,
    })?;
    check_eq!(status, 3, "the status of the shell");
    check_eq!(guest.expect_end()?, Exit::Code(0), "how QEMU ended");
    Ok(())
}
