//! What must not break anything: long, deep and binary input, and a system that runs out.

use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};

use super::support::{run, run_on, shell, system};

#[test]
fn a_thousand_stages_pass_a_line_on() {
    let script = String::from("echo through") + &" | cat".repeat(999);
    let outcome = run(&script);
    assert_eq!((outcome.stdout.as_str(), outcome.stderr.as_str(), outcome.status), ("through\n", "", 0));
}

#[test]
fn when_pipes_run_out_midway_all_stages_end_and_the_shell_goes_on() {
    let sys = system();
    sys.fail_pipes_after(500);
    let script = String::from("yes") + &" | cat".repeat(999) + "; echo status $?";
    let outcome = run_on(&sys, script.as_bytes());
    assert_eq!(outcome.stdout, "status 1\n");
    assert_eq!(outcome.stderr, "sh: cannot start stage 501 of 1000: Cannot allocate memory\n");
    assert_eq!(sys.running(), 0, "no stage is left");
}

#[test]
fn when_spawning_fails_midway_all_stages_end() {
    let sys = system();
    sys.fail_spawns_after(2);
    let outcome = run_on(&sys, b"yes | cat | cat | cat");
    assert_eq!((outcome.stdout.as_str(), outcome.status), ("", 1));
    assert!(outcome.stderr.starts_with("sh: cannot start stage 3 of 4: "), "{}", outcome.stderr);
    assert_eq!(sys.running(), 0, "no stage is left");
}

#[test]
fn a_job_that_cannot_be_made_is_reported() {
    let sys = system();
    sys.fail_jobs_after(0);
    let outcome = run_on(&sys, b"sleep 1; echo hi | cat; sleep 1 & echo $?");
    assert_eq!(outcome.stdout, "");
    assert!(outcome.stderr.starts_with("sh: cannot start sleep: "), "{}", outcome.stderr);
    assert_eq!(outcome.status, 1);
}

#[test]
fn a_line_of_a_hundred_thousand_characters_is_a_command_like_any_other() {
    let word = "x".repeat(100_000);
    let outcome = run(&alloc::format!("echo {word} | wc -c; {word}"));
    assert_eq!(outcome.stdout, "100001\n");
    assert!(outcome.stderr.len() < 300 && outcome.stderr.ends_with("...: command not found\n"));
    assert_eq!(outcome.status, 127);
}

#[test]
fn binary_bytes_are_named_or_refused() {
    let outcome = run_on(&system(), b"echo \xff\xfe | wc -c; \xff\xfe");
    assert_eq!((outcome.stdout.as_str(), outcome.status), ("3\n", 127));
    assert_eq!(outcome.stderr, "sh: \\xFF\\xFE: command not found\n");
    for nul in [&b"echo a\0b"[..], b"echo 'a\0b'", b"echo \"\0\"", b"echo \\\0"] {
        let outcome = run_on(&system(), nul);
        assert_eq!((outcome.stdout.as_str(), outcome.status), ("", 2), "{}", outcome.stderr);
        assert!(outcome.stderr.contains("a NUL byte cannot be part of a command"), "{}", outcome.stderr);
    }
}

#[test]
fn braces_take_linear_time_and_make_a_bounded_number_of_words() {
    const MANY: usize = 200_000;
    let open = run(&("echo ".to_string() + &"{".repeat(MANY) + " | wc -c"));
    assert_eq!(open.stdout, format!("{}\n", MANY + 1));
    let closed = run(&("echo ".to_string() + &"{".repeat(MANY) + &"}".repeat(MANY) + " | wc -c"));
    assert_eq!(closed.stdout, format!("{}\n", 2 * MANY + 1));
    let outcome = run(&("echo ".to_string() + &"{a,b}".repeat(40)));
    assert_eq!((outcome.stdout.as_str(), outcome.status), ("", 2));
    assert!(outcome.stderr.contains("these braces make more than 10000 words"), "{}", outcome.stderr);
}

#[test]
fn nesting_is_bounded_in_the_text_and_while_running() {
    for open in ["(", "{ ", "$(", "\"$(", "${x:-"] {
        let outcome = run(&open.repeat(100_000));
        assert_eq!((outcome.stdout.as_str(), outcome.status), ("", 2), "{open}");
    }
    let sys = system();
    sys.set_file("/tmp/work/again.sh", ". ./again.sh\n");
    let outcome = run_on(&sys, b". ./again.sh; echo no");
    assert_eq!((outcome.stdout.as_str(), outcome.status), ("", 2));
    assert_eq!(outcome.stderr, "sh: commands are nested deeper than 256 levels\n");
}

#[test]
fn the_end_of_the_shell_is_the_end_of_what_it_waits_for() {
    let sys = system();
    let outcome = run_on(&sys, b"sh -c 'sleep 1000 | cat' & kill $!; wait $!; echo $?");
    assert_eq!((outcome.stdout.as_str(), outcome.stderr.as_str()), ("143\n", ""));
    assert_eq!(sys.running(), 0, "the inner pipeline has ended too");
}

#[test]
fn the_shell_reads_no_more_of_a_script_than_it_runs() {
    let sys = system();
    let (mut shell, stdout, _) = shell(&sys, b"echo first\ncat\nnot a command\n'");
    assert_eq!(sys.block_on(shell.run_stdin()), 0);
    assert_eq!(stdout.bytes(), b"first\nnot a command\n'");
}

#[test]
fn a_text_that_ends_too_early_is_a_syntax_error_at_the_end_of_the_input() {
    let sys = system();
    let (mut shell, stdout, stderr) = shell(&sys, b"echo one\necho 'two\n");
    assert_eq!(sys.block_on(shell.run_stdin()), 2);
    assert_eq!(stdout.bytes(), b"one\n");
    assert!(String::from_utf8_lossy(&stderr.bytes()).contains("never closed"));
}

#[test]
fn a_substitution_without_end_is_stopped() {
    let sys = system();
    sys.set_pipe_capacity(1 << 16);
    let outcome = run_on(&sys, b"echo $(yes); echo no");
    assert_eq!((outcome.stdout.as_str(), outcome.status), ("", 2));
    assert_eq!(outcome.stderr, "sh: command substitution: Cannot allocate memory\n");
    assert_eq!(sys.running(), 0, "its writer has ended");
    let none: Vec<u8> = Vec::new();
    assert_eq!(run_on(&sys, b"x=$(true)").stdout.into_bytes(), none);
}
