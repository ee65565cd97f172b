//! `perf leak` names who took memory, hosted as well: by the frame pointers of the build.

use std::process::Command;

#[test]
fn a_leak_is_shown_with_the_functions_that_led_to_it() {
    let leaks = "perf leak sh -c 'echo leak > /proc/fault' 2>&1";
    let run = Command::new(env!("CARGO_BIN_EXE_pollux-hosted")).args(["--smp", "2", "-c", leaks]).output();
    let output = run.expect("the program starts");
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{text}");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[..2], ["left by each of the runs 2 to 3: 2000 bytes in 2 allocations", ""]);
    assert_eq!(lines[2], "2000 bytes in 2 allocations by echo");
    // What is between the leak and the tracepoint is left out, and so is what is outside of the task; a debug build has a
    // function of the standard library's vectors more.
    assert!(lines[3..5].contains(&"    pollux_core::faults::leak"), "{text}");
    assert!(lines.iter().any(|line| line.contains("pollux_shell::commands::echo::")), "{text}");
    assert!(
        !text.contains("ThreadHeap") && !text.contains("pollux_executor::") && !text.contains("0x"),
        "{text}"
    );
}
