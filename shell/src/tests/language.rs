
#[test]
fn time_tells_minutes_or_with_p_seconds() {
    let outcome = run("time -p sleep 61; time ! sleep 61; echo $?; time -p { sleep 1 | cat; }");
    assert_eq!(outcome.stdout, "1\n");
    assert_eq!(outcome.stderr, "real 61.00\n\nreal\t1m1.000000s\nreal 1.00\n");
}
