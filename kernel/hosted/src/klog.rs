//! The kernel log: the last lines that anything logged, for `dmesg`.

use std::{
    collections::VecDeque,
    fmt::Write,
    sync::{Mutex, OnceLock, PoisonError},
    time::Instant,
};

/// How many lines are kept.
const LINES: usize = 1000;

static LOG: Log = Log { started: OnceLock::new(), lines: Mutex::new(VecDeque::new()) };

struct Log {
    started: OnceLock<Instant>,
    lines: Mutex<VecDeque<String>>,
}

impl log::Log for Log {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        let at = self.started.get_or_init(Instant::now).elapsed();
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == LINES {
            lines.pop_front();
        }
        let level = record.level().as_str().to_lowercase();
        lines.push_back(format!(
            "[{:>5}.{:06}] {level}: {}",
            at.as_secs(),
            at.subsec_micros(),
            record.args()
        ));
    }

    fn flush(&self) {}
}

/// Begins to keep what is logged.
pub fn init() {
    LOG.started.get_or_init(Instant::now);
    if log::set_logger(&LOG).is_ok() {
        log::set_max_level(log::LevelFilter::Info);
    }
}

/// The lines from the oldest that is kept.
pub fn text() -> String {
    let lines = LOG.lines.lock().unwrap_or_else(PoisonError::into_inner);
    lines.iter().fold(String::new(), |mut text, line| {
        let _ = writeln!(text, "{line}"); // writing to a string does not fail
        text
    })
}
