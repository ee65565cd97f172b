//! What the table of cases cannot say: what depends on the clock, and messages in part.

use super::support::run;

#[test]
fn time_tells_minutes_or_with_p_seconds() {
    let outcome = run("time -p sleep 61; time ! sleep 61; echo $?; time -p { sleep 1 | cat; }");
    assert_eq!(outcome.stdout, "1\n");
    assert_eq!(outcome.stderr, "real 61.00\n\nreal\t1m1.000000s\nreal 1.00\n");
}

#[test]
fn no_more_files_are_opened_than_the_limit_allows() {
    let outcome = run(
        "ulimit -n 5; exec 4< /dev/null && echo four; (exec 5< /dev/null; echo five); cat < /dev/null && echo over",
    );
    assert_eq!((outcome.stdout.as_str(), outcome.status), ("four\nover\n", 0));
    assert!(outcome.stderr.contains("Bad file descriptor"), "{}", outcome.stderr);
}
