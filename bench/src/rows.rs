//! The table of rows: every workload, on how many threads, for all three runtimes.

use crate::{
    runtime::{Dynamic, Pollux, Runtime, Static, Tokio},
    workloads::{
        Meter,
        of_async_executor::{self, create},
        of_tokio,
    },
};

/// The names of those that are compared, ours first.
pub const RUNTIMES: [&str; 3] = ["ours", "tokio", "async-executor"];

/// Runs a workload on so many threads.
type Run = fn(usize, &mut dyn Meter);

/// One workload in one setting.
pub struct Row {
    pub name: String,
    /// Whether the runtime has as many threads as there are CPUs, and not one.
    many: bool,
    /// By runtime, as in [`RUNTIMES`].
    runs: [Run; 3],
}

impl Row {
    /// Runs the workload once, on the runtime of this number; `many` is how many threads many are.
    pub fn run(&self, runtime: usize, many: usize, meter: &mut dyn Meter) {
        self.runs[runtime](if self.many { many } else { 1 }, meter);
    }
}

/// A workload for all three; the last argument is async-executor's executor for it.
macro_rules! runs {
    ($workload:path, $executor:ty) => {
        [runs!(one $workload, Pollux), runs!(one $workload, Tokio), runs!(one $workload, $executor)]
    };
    (counting threads: $workload:path) => {
        [runs!(busy $workload, Pollux), runs!(busy $workload, Tokio), runs!(busy $workload, Dynamic)]
    };
    (one $workload:path, $runtime:ty) => {
        |threads, meter| <$runtime as Runtime>::with_threads(threads, |rt| $workload(rt, meter))
    };
    (busy $workload:path, $runtime:ty) => {
        |threads, meter| <$runtime as Runtime>::with_threads(threads, |rt| $workload(rt, threads, meter))
    };
}

/// All rows, in the order of the originals.
pub fn all() -> Vec<Row> {
    let runs: [Run; 3] = [
        |_, meter| create::<Pollux>(meter),
        |_, meter| create::<Tokio>(meter),
        |_, meter| create::<Dynamic>(meter),
    ];
    let mut rows = vec![Row { name: "create".into(), many: false, runs }];
    let dynamic: [(&str, [Run; 3]); 7] = [
        ("spawn_one", runs!(of_async_executor::spawn_one, Dynamic)),
        ("spawn_batch", runs!(of_async_executor::spawn_batch, Dynamic)),
        ("spawn_many_local", runs!(of_async_executor::spawn_many_local, Dynamic)),
        ("spawn_recursively", runs!(of_async_executor::spawn_recursively, Dynamic)),
        ("yield_now", runs!(of_async_executor::yield_now, Dynamic)),
        ("channels", runs!(of_async_executor::channels, Dynamic)),
        ("web_server", runs!(of_async_executor::web_server, Dynamic)),
    ];
    let fixed: [(&str, [Run; 3]); 6] = [
        ("spawn_one", runs!(of_async_executor::spawn_one, Static)),
        ("spawn_many_local", runs!(of_async_executor::spawn_many_local, Static)),
        ("spawn_recursively", runs!(of_async_executor::spawn_recursively, Static)),
        ("yield_now", runs!(of_async_executor::yield_now, Static)),
        ("channels", runs!(of_async_executor::channels, Static)),
        ("web_server", runs!(of_async_executor::web_server, Static)),
    ];
    for (kind, workloads) in [("dynamic", &dynamic[..]), ("static", &fixed[..])] {
        for (threads, many) in [("one", false), ("many", true)] {
            rows.extend(workloads.iter().map(|&(name, runs)| Row {
                name: format!("{threads}/{kind}/{name}"),
                many,
                runs,
            }));
        }
    }
    let of_tokio: [(&str, [Run; 3]); 7] = [
        ("spawn_many_local", runs!(of_tokio::spawn_many_local, Dynamic)),
        ("spawn_many_remote_idle", runs!(of_tokio::spawn_many_remote_idle, Dynamic)),
        ("spawn_many_remote_busy1", runs!(counting threads: of_tokio::spawn_many_remote_busy1)),
        ("spawn_many_remote_busy2", runs!(counting threads: of_tokio::spawn_many_remote_busy2)),
        ("yield_many", runs!(of_tokio::yield_many, Dynamic)),
        ("ping_pong", runs!(of_tokio::ping_pong, Dynamic)),
        ("chained_spawn", runs!(of_tokio::chained_spawn, Dynamic)),
    ];
    rows.extend(of_tokio.into_iter().map(|(name, runs)| Row {
        name: format!("many/tokio/{name}"),
        many: true,
        runs,
    }));
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes one step and tidies up.
    struct Once(usize);

    impl Meter for Once {
        fn measure_tidied(&mut self, step: &mut dyn FnMut(), _tidy_every: u64, tidy: &mut dyn FnMut()) {
            step();
            tidy();
            self.0 += 1;
        }
    }

    #[test]
    fn every_row_runs_its_workload_once_on_every_runtime_and_ends() {
        for row in all() {
            for (runtime, name) in RUNTIMES.iter().enumerate() {
                let mut meter = Once(0);
                row.run(runtime, 2, &mut meter);
                assert_eq!(meter.0, 1, "{} on {name}", row.name);
            }
        }
    }

    #[test]
    fn the_names_of_rows_are_all_different() {
        let mut names: Vec<_> = all().into_iter().map(|row| row.name).collect();
        names.sort();
        let count = names.len();
        names.dedup();
        assert_eq!((names.len(), count), (34, 34));
    }
}
