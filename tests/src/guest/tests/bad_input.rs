//! What a person gets wrong has a message and a status, and nothing else breaks.

use crate::guest::{Check, Guest, Shared};

pub(super) const TESTS: &[Shared] = &[
    ("an unknown command", |guest| wrong(guest, "nosuchcommand", "nosuchcommand", Some(127))),
    ("an unterminated quote", |guest| wrong(guest, "sh -c \"echo 'open\"", "quote", Some(2))),
    ("a missing file", |guest| wrong(guest, "cat /missing", "/missing", Some(1))),
    ("a redirection to a directory", |guest| wrong(guest, "echo x > /tmp", "/tmp", None)),
    ("a closed pipe", closed_pipe),
    ("a line of 100,000 characters", long_line),
    ("binary bytes", binary),
    ("1,000 stages", thousand_stages),
    ("an unknown fault", |guest| wrong(guest, "echo nonsense > /proc/fault", "nvalid", None)),
];

/// The command says what is wrong and ends with a status that is not 0 (this one, if there is one to
/// insist on), and the next works.
fn wrong(guest: &mut Guest, command: &str, message: &str, status: Option<u8>) -> Check {
    let said = guest.run(command)?;
    check!(said.contains(message), "{command}: the message should name {message:?}: {said:?}");
    let ended = guest.run("echo $?")?;
    match status {
        Some(status) => {
            check!(ended == status.to_string(), "{command}: ended with {ended} instead of {status}")
        }
        None => check!(ended != "0", "{command}: ended with 0"),
    }
    guest.expect_output("echo fine", "fine")
}

fn closed_pipe(guest: &mut Guest) -> Check {
    guest.expect_output("yes | true; echo fine", "fine")?;
    guest.expect_output("seq 1000000 | head -n 2", "1\n2")
}

fn long_line(guest: &mut Guest) -> Check {
    // The console is a serial line that shows 80 columns: the line comes from a file.
    guest.run("yes x | head -n 100000 | tr -d '\\n' > /tmp/long")?;
    guest.expect_output("wc -c < /tmp/long", "100000")?;
    guest.run("echo \"$(cat /tmp/long)\" > /tmp/script 2> /tmp/errors; sh /tmp/script > /tmp/said 2>&1; echo $? > /tmp/status")?;
    guest.expect_output("cat /tmp/status", "127")?;
    guest.expect_output("echo \"$(cat /tmp/long)\" | wc -c", "100001")?;
    guest.expect_output("rm /tmp/long /tmp/script /tmp/said; echo fine", "fine")
}

fn binary(guest: &mut Guest) -> Check {
    guest.expect_output("head -c 65536 /dev/random > /tmp/noise; cat /tmp/noise | cat | wc -c", "65536")?;
    guest.run("sh /tmp/noise > /dev/null 2>&1; echo")?;
    guest.run("printf '\\001\\377\\200\\033' | grep -c x")?;
    guest.type_text(b"\x80\xff\x15")?;
    guest.expect_output("rm /tmp/noise; echo fine", "fine")
}

fn thousand_stages(guest: &mut Guest) -> Check {
    let line = format!("echo through{}", " | cat".repeat(1000));
    guest.run(&format!("echo '{line}' > /tmp/stages"))?;
    guest.expect_output("sh /tmp/stages; rm /tmp/stages", "through")
}
