//! Finds what matters in the kernel log of a guest that failed.

/// How many lines to show of a log that holds no panic.
const TAIL: usize = 20;

/// The report of the (last) panic in the log, to its end; else the log's last lines.
pub fn of_panic(log: &str) -> String {
    let lines: Vec<&str> = log.lines().collect();
    let begins = lines.iter().rposition(|line| is_panic(line));
    lines[begins.unwrap_or(lines.len().saturating_sub(TAIL))..].join("\n")
}

/// The last lines of a log.
pub fn tail(log: &str, lines: usize) -> String {
    let all: Vec<&str> = log.lines().collect();
    all[all.len().saturating_sub(lines)..].join("\n")
}

fn is_panic(line: &str) -> bool {
    line.to_ascii_lowercase().contains("kernel panic")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_shown_from_its_first_line_on() {
        let log = "boot\nup\nkernel panic on CPU 1: out of frames\n  task sh\n  0: f\n";
        assert_eq!(of_panic(log), "kernel panic on CPU 1: out of frames\n  task sh\n  0: f");
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
