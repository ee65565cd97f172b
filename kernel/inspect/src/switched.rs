//! Events that are switched on for a while.

use alloc::vec::Vec;

use pollux_trace::{Event, Modes, OutOfMemory};

/// Afterwards, however that ends, the events are as they were.
pub struct Switched(Vec<(Event, Modes)>);

impl Switched {
    /// Switches modes of these events on.
    pub fn on(events: &[Event], modes: Modes) -> Result<Switched, OutOfMemory> {
        let mut switched = Switched(Vec::new());
        for &event in events {
            switched.0.push((event, modes - pollux_trace::modes(event)));
            pollux_trace::enable(event, modes)?;
        }
        Ok(switched)
    }
}

impl Drop for Switched {
    fn drop(&mut self) {
        for &(event, added) in &self.0 {
            pollux_trace::disable(event, added);
        }
    }
}
