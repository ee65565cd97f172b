//! What is measured: the benches of async-executor and tokio, in our words, with their parameters.

pub mod of_async_executor;
pub mod of_tokio;

/// Who runs the steps of a workload: a stopwatch, or a profiler's loop.
///
/// A workload sets up what it needs, hands its step to the meter once, and takes down what it set up.
pub trait Meter {
    /// Runs `step` as often as it takes; after every `tidy_every` steps `tidy` is run off the clock.
    fn measure_tidied(&mut self, step: &mut dyn FnMut(), tidy_every: u64, tidy: &mut dyn FnMut());

    /// Runs `step` as often as it takes.
    fn measure(&mut self, step: &mut dyn FnMut()) {
        self.measure_tidied(step, u64::MAX, &mut || {});
    }
}
