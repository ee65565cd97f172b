//! Counts results and prints them as they come.

use std::fmt::Display;

/// How a test ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// As it should.
    Passed,
    /// Not so, and why; may be many lines.
    Failed(String),
}

impl<E: Display> From<Result<(), E>> for Outcome {
    fn from(result: Result<(), E>) -> Self {
        match result {
            Ok(()) => Outcome::Passed,
            Err(error) => Outcome::Failed(error.to_string()),
        }
    }
}

/// The counts so far.
#[derive(Debug)]
pub struct Tally {
    filter: Option<String>,
    passed: usize,
    failed: usize,
    failures: Vec<String>,
    not_run: Vec<String>,
}

impl Tally {
    /// Nothing yet; only tests whose names contain the filter are wanted.
    pub fn new(filter: Option<&str>) -> Tally {
        Tally {
            filter: filter.map(str::to_owned),
            passed: 0,
            failed: 0,
            failures: Vec::new(),
            not_run: Vec::new(),
        }
    }

    /// Whether a test is to run.
    pub fn wants(&self, name: &str) -> bool {
        self.filter.as_deref().is_none_or(|filter| name.contains(filter))
    }

    /// Whether any of these tests is to run.
    pub fn wants_any(&self, names: &[String]) -> bool {
        names.iter().any(|name| self.wants(name))
    }

    /// What the person asked for.
    pub fn filter(&self) -> Option<&str> {
        self.filter.as_deref()
    }

    /// Says what comes, and does it.
    pub fn heading<T>(&self, what: &str, work: impl FnOnce() -> T) -> T {
        println!("\n== {what}");
        work()
    }

    /// Runs a test of our own, if it is wanted.
    pub fn check(&mut self, name: &str, test: impl FnOnce() -> Outcome) {
        if self.wants(name) {
            println!("\n== {name}");
            let outcome = test();
            self.record(name, &outcome);
        }
    }

    /// Counts and prints a result.
    pub fn record(&mut self, name: &str, outcome: &Outcome) {
        match outcome {
            Outcome::Passed => {
                self.passed += 1;
                println!("test {name} ... ok");
            }
            Outcome::Failed(reason) => {
                self.fail(name);
                println!("test {name} ... FAILED\n{}", indented(reason));
            }
        }
    }

    /// Counts results that somebody else has printed.
    pub fn add(&mut self, passed: usize, failed: &[String]) {
        self.passed += passed;
        failed.iter().for_each(|name| self.fail(name));
    }

    /// Something that this machine cannot run: said now and at the end, and counted as neither.
    pub fn not_run(&mut self, name: &str, why: &str) {
        println!("test {name} ... not run: {why}");
        self.not_run.push(format!("{name}: {why}"));
    }

    fn fail(&mut self, name: &str) {
        self.failed += 1;
        self.failures.push(name.to_owned());
    }

    /// Prints the sum and returns the exit status. No test at all is a failure too: a name that fits
    /// nothing tests nothing.
    pub fn finish(&self) -> u8 {
        if !self.failures.is_empty() {
            println!("\nfailed:");
            self.failures.iter().for_each(|name| println!("  {name}"));
        }
        if !self.not_run.is_empty() {
            println!("\nnot run:");
            self.not_run.iter().for_each(|name| println!("  {name}"));
        }
        if self.passed + self.failed == 0 {
            println!("\nno test has {:?} in its name", self.filter.as_deref().unwrap_or_default());
        }
        println!("\n{} passed, {} failed", self.passed, self.failed);
        u8::from(self.failed > 0 || self.passed == 0)
    }
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("    {line}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_failure_among_many_fails_the_run() {
        let mut tally = Tally::new(None);
        tally.add(10, &[]);
        tally.check("good", || Outcome::Passed);
        assert_eq!(tally.finish(), 0);
        tally.check("bad", || Outcome::Failed("why".into()));
        assert_eq!((tally.passed, tally.failed), (11, 1));
        assert_eq!(tally.finish(), 1);
    }

    #[test]
    fn what_was_not_run_has_not_passed() {
        let mut tally = Tally::new(None);
        tally.not_run("far", "no such machine");
        assert_eq!((tally.passed, tally.finish()), (0, 1));
    }

    #[test]
    fn a_filter_that_fits_nothing_is_no_success() {
        let mut tally = Tally::new(Some("good"));
        tally.check("bad", || unreachable!("it is not wanted"));
        assert_eq!(tally.finish(), 1);
        tally.check("as good as it gets", || Outcome::Passed);
        assert_eq!(tally.finish(), 0);
    }
}
