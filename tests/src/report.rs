//! Finds what matters in the kernel log of a guest that failed.

/// How many lines to show of a log that holds no panic.
const TAIL: usize = 20;

/// What every line of a panic's report begins with.
const PANIC: &str = "panic: ";

/// The report of the panic in the log; else the log's last lines.
pub fn of_panic(log: &str) -> String {
    let report: Vec<&str> = log.lines().filter(|line| line.starts_with(PANIC)).collect();
    if report.is_empty() { tail(log, TAIL) } else { report.join("\n") }
}

/// The last lines of a log.
pub fn tail(log: &str, lines: usize) -> String {
    let all: Vec<&str> = log.lines().collect();
    all[all.len().saturating_sub(lines)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_shown_without_what_others_logged() {
        let log = "boot\npanic: out of frames\nlate\npanic: on CPU 1\n";
        assert_eq!(of_panic(log), "panic: out of frames\npanic: on CPU 1");
    }

    #[test]
    fn without_one_the_last_lines_are_shown() {
        let log: String = (0..100).map(|n| format!("line {n}\n")).collect();
        let shown = of_panic(&log);
        assert_eq!(shown.lines().count(), TAIL);
        assert!(shown.ends_with("line 99"));
        assert_eq!(of_panic("one\n"), "one");
        assert_eq!(tail("a\nb\nc\n", 2), "b\nc");
    }
}
