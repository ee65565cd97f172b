//! What the processors count while a command runs.

use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use core::{
    future::{Future, poll_fn},
    pin::pin,
    task::Poll,
    time::Duration,
};

use pollux_core::machine::Counters;
use pollux_shell::env::BoxFuture;

use super::table;

/// How often counters are read: before one can have wrapped around twice.
pub const OFTEN: Duration = Duration::from_secs(10);

/// The processors count for as long as this is there.
pub struct Hardware {
    counters: &'static dyn Counters,
    before: Vec<Option<u64>>,
}

impl Hardware {
    /// Begins.
    pub async fn start(counters: &'static dyn Counters) -> Hardware {
        counters.count(true);
        let mut hardware = Hardware { counters, before: Vec::new() };
        hardware.before = counters.read().await;
        hardware
    }

    /// Waits for something, and reads the counters after each pause.
    pub async fn meanwhile<T>(
        &self,
        mut pause: impl FnMut() -> BoxFuture<'static, ()>,
        waited: impl Future<Output = T>,
    ) -> T {
        let mut waited = pin!(waited);
        loop {
            let mut pause = pause();
            let done = poll_fn(|cx| match waited.as_mut().poll(cx) {
                Poll::Ready(done) => Poll::Ready(Some(done)),
                Poll::Pending => pause.as_mut().poll(cx).map(|_| None),
            });
            match done.await {
                Some(done) => return done,
                None => drop(self.counters.read().await),
            }
        }
    }

    /// What was counted until now, as lines.
    pub async fn lines(self) -> Vec<String> {
        let now = self.counters.read().await;
        let came = now.iter().zip(&self.before).map(|(now, before)| Some((*now)?.wrapping_sub((*before)?)));
        lines(self.counters.names(), &came.collect::<Vec<_>>())
    }
}

impl Drop for Hardware {
    fn drop(&mut self) {
        self.counters.count(false);
    }
}

/// A table; some are shown as a part of others, too.
fn lines(names: &[&str], came: &[Option<u64>]) -> Vec<String> {
    let of = |wanted: &str| came[names.iter().position(|name| *name == wanted)?].filter(|&n| n > 0);
    let mut rows = Vec::from([["COUNTER", "COUNT", ""].map(String::from).to_vec()]);
    for (&name, &came) in names.iter().zip(came) {
        let part = |whole: &str| {
            of(whole).zip(came).map(|(of_all, n)| format!("{} of {whole}", table::percent(n, of_all)))
        };
        let note = match name {
            "instructions" => of("cycles").zip(came).map(|(cycles, n)| {
                let hundredths = u128::from(n) * 100 / u128::from(cycles);
                format!("{}.{:02} each cycle", hundredths / 100, hundredths % 100)
            }),
            "cache-misses" => part("cache-references"),
            "branch-misses" => part("branches"),
            _ => None,
        };
        let count = came.map_or("no counter is left for it".into(), |n| n.to_string());
        rows.push([name.into(), count, note.unwrap_or_default()].to_vec());
    }
    table::lines(&rows, 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::boxed::Box;
    use core::{
        sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed},
        task::{Context, Waker},
    };

    /// Counters that go on by one with each look at them.
    struct Looks(AtomicU64, AtomicI64);

    impl Counters for Looks {
        fn names(&self) -> &'static [&'static str] {
            &["cycles", "branches"]
        }
        fn count(&self, on: bool) {
            self.1.fetch_add(if on { 1 } else { -1 }, Relaxed);
        }
        fn read(&self) -> BoxFuture<'static, Vec<Option<u64>>> {
            let n = self.0.fetch_add(1, Relaxed);
            Box::pin(async move { Vec::from([Some(n), None]) })
        }
    }

    /// The result of a future that waits for nothing.
    fn now<T>(future: impl Future<Output = T>) -> T {
        match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(result) => result,
            Poll::Pending => panic!("it waits"),
        }
    }

    #[test]
    fn counters_are_read_before_after_and_after_each_pause() {
        static LOOKS: Looks = Looks(AtomicU64::new(7), AtomicI64::new(0));
        let hardware = now(Hardware::start(&LOOKS));
        assert_eq!(LOOKS.1.load(Relaxed), 1);
        let mut polls = 0;
        let four_polls = poll_fn(|_| {
            polls += 1;
            if polls == 4 { Poll::Ready("over") } else { Poll::Pending }
        });
        assert_eq!(now(hardware.meanwhile(|| Box::pin(async {}), four_polls)), "over");
        let lines = now(hardware.lines());
        assert_eq!(
            lines[1..],
            ["cycles                            4", "branches  no counter is left for it"]
        );
        assert_eq!(LOOKS.1.load(Relaxed), 0, "nothing counts any more");
    }

    #[test]
    fn what_is_a_part_is_shown_as_one() {
        let names =
            ["cycles", "instructions", "cache-references", "cache-misses", "branches", "branch-misses"];
        let came = [2000, 5010, 0, 0, 40, 3].map(Some);
        let shown = lines(&names, &came);
        assert_eq!(
            shown,
            [
                "COUNTER           COUNT",
                "cycles             2000",
                "instructions       5010   2.50 each cycle",
                "cache-references      0",
                "cache-misses          0",
                "branches             40",
                "branch-misses         3  7.5% of branches",
            ]
        );
    }
}
