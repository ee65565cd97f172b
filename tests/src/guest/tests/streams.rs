//! `./run.sh -c`, as scripts use it: statuses, standard input, output and error.

use std::{fs, io::Read, process::Stdio};

use crate::{
    guest::{Alone, Check, Laboratory},
    tie,
};

pub(super) const TESTS: &[Alone] = &[
    ("the exit status is that of the command", statuses),
    ("output is exactly the command's", output),
    ("a pipe and a file are standard input, with their end", input),
    ("1 MiB of any bytes comes back through cat", round_trip),
    ("a reader that goes away ends the command", closed_output),
    ("standard input without -c is a script", script),
    ("--files are under /host", files),
    ("a line of 100,000 characters is an argument", long_line),
    ("poweroff and reboot end with their status", power),
    ("the hosted build does the same", hosted),
];

fn statuses(laboratory: &Laboratory) -> Check {
    for status in [0, 1, 7, 255] {
        laboratory.expect(&[], &format!("exit {status}"), status, "")?;
    }
    let unknown = laboratory.expect(&[], "nosuchcommand", 127, "")?;
    check!(unknown.errors.contains("nosuchcommand"), "the message does not name it: {}", unknown.errors);
    let panic = "echo task-panic | tee /proc/fault > /dev/null; echo status $?; seq 2 | wc -l";
    laboratory.expect(&["--smp", "1"], panic, 0, "status 134\n2\n")?;
    laboratory.expect(&[], "echo task-panic | tee /proc/fault > /dev/null", 134, "")?;
    Ok(())
}

fn output(laboratory: &Laboratory) -> Check {
    let run = laboratory.expect(&[], "seq 1 1000 | grep 7 | wc -l; cat /missing", 1, "271\n")?;
    check!(run.errors.contains("/missing"), "standard error lacks the message: {:?}", run.errors);
    check!(
        !run.errors.contains("pollux: the"),
        "the launcher speaks of a run that went well: {:?}",
        run.errors
    );
    let run = laboratory.expect(&["--smp", "4"], "yes | head -1; printf 'no end'", 0, "y\nno end")?;
    check_eq!(run.errors, "", "standard error");
    Ok(())
}

fn input(laboratory: &Laboratory) -> Check {
    let run = laboratory.run(&["-c", "sort | uniq -c"], b"b\na\nb\n")?;
    let words: Vec<_> = run.output.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()).collect();
    check!(
        run.status == Some(0) && words == [b"1", b"a", b"2", b"b"],
        "sort | uniq -c\n{}",
        laboratory.describe(&run)
    );

    let path = laboratory.scratch().join("input");
    fs::write(&path, "one\ntwo\nthree").map_err(|error| format!("writing the input: {error}"))?;
    let file = fs::File::open(&path).map_err(|error| format!("reading the input: {error}"))?;
    let counted = laboratory.launcher(&["-c", "wc -lc; cat"]).stdin(file).output();
    let counted = counted.map_err(|error| format!("running the launcher: {error}"))?;
    let words: Vec<_> =
        counted.stdout.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()).collect();
    check!(words == [&b"2"[..], b"13"], "wc -lc: {counted:?}");

    let run = laboratory.run(&["-c", "head -n 1; cat"], b"")?;
    check!(run.status == Some(0) && run.output.is_empty(), "no input at all\n{}", laboratory.describe(&run));
    Ok(())
}

fn round_trip(laboratory: &Laboratory) -> Check {
    let data: Vec<u8> =
        (0..1u32 << 20).map(|n| (n.wrapping_mul(2_654_435_761) >> 13).to_le_bytes()[0]).collect();
    let run = laboratory.run(&["-c", "cat"], &data)?;
    let same = run.output.iter().zip(&data).take_while(|(is, was)| is == was).count();
    check!(
        run.status == Some(0) && run.output == data,
        "{} of {} bytes came back, of which the first {same} are right; status {:?}; {}",
        run.output.len(),
        data.len(),
        run.status,
        run.errors
    );
    Ok(())
}

fn closed_output(laboratory: &Laboratory) -> Check {
    let failed = |error: std::io::Error| format!("running the launcher: {error}");
    let mut child = laboratory.launcher(&["-c", "yes; echo status $? >&2"]).spawn().map_err(failed)?;
    let mut first = [0; 2];
    let mut stdout = child.stdout.take().expect("piped");
    stdout.read_exact(&mut first).map_err(|error| format!("reading the output: {error}"))?;
    drop(stdout);
    let ended = child.wait_with_output().map_err(failed)?;
    check_eq!(first, *b"y\n", "the first line");
    let errors = String::from_utf8_lossy(&ended.stderr);
    check!(
        errors.contains("status 1") && ended.status.code() == Some(0),
        "yes went on: {:?}: {errors}",
        ended.status
    );
    Ok(())
}

fn script(laboratory: &Laboratory) -> Check {
    let run = laboratory.run(&[], b"echo one\ncat\nthe rest\n")?;
    check!(
        run.status == Some(0) && run.output == b"one\nthe rest\n",
        "a script\n{}",
        laboratory.describe(&run)
    );
    let run = laboratory.run(&[], b"exit 6\n")?;
    check_eq!(run.status, Some(6), "the status of a script");
    Ok(())
}

fn files(laboratory: &Laboratory) -> Check {
    let folder = laboratory.scratch().join("files");
    fs::create_dir_all(folder.join("sub/deep")).map_err(|error| format!("making a folder: {error}"))?;
    for (name, text) in [("sub/deep/file", "text\n"), ("a name with spaces", ""), (&"long".repeat(50), "l")] {
        fs::write(folder.join(name), text).map_err(|error| format!("writing {name}: {error}"))?;
    }
    let folder = folder.display().to_string();
    let command = "cat /host/sub/deep/file; ls /host | wc -l; cat '/host/a name with spaces' /host/long*";
    laboratory.expect(&["--files", &folder], command, 0, "text\n3\nl")?;
    Ok(())
}

fn long_line(laboratory: &Laboratory) -> Check {
    let word = "x".repeat(100_000);
    laboratory.expect(&[], &format!("echo {word} | wc -c"), 0, "100001\n")?;
    laboratory.expect(&[], &word, 127, "")?;
    Ok(())
}

fn power(laboratory: &Laboratory) -> Check {
    laboratory.expect(&[], "echo bye; poweroff; sleep 1000", 0, "bye\n")?;
    laboratory.expect(&[], "echo bye; reboot; sleep 1000", 0, "bye\n")?;
    // What lies in the pipe to the launcher is let out, and who writes on and on does not keep the machine on.
    let numbers: String = (1..=12_000).map(|n| format!("{n}\n")).collect();
    laboratory.expect(&[], "seq 1 12000; reboot; sleep 1000", 0, &numbers)?;
    let run = laboratory.run(&["-c", "yes & sleep 1; poweroff; wait"], b"")?;
    check_eq!(run.status, Some(0), "{}", laboratory.describe(&run));
    Ok(())
}

fn hosted(laboratory: &Laboratory) -> Check {
    let failed = |error: std::io::Error| format!("running the launcher: {error}");
    let mut command = tie::command("/proc/self/exe");
    command.args(["host", "-c", "seq 1 1000 | grep 7 | wc -l; cat; exit 7"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(failed)?;
    std::io::Write::write_all(&mut child.stdin.take().expect("piped"), b"input\n").map_err(failed)?;
    let ended = child.wait_with_output().map_err(failed)?;
    let _ = laboratory;
    check!(ended.status.code() == Some(7) && ended.stdout == b"271\ninput\n", "the hosted build: {ended:?}");
    Ok(())
}
