//! What everything else is made of.

use std::{
    hint::black_box,
    sync::atomic::{AtomicU64, Ordering::SeqCst},
    time::Instant,
};

use crate::{
    Result,
    meter::{Measured, Meter},
};

pub fn clock(meter: &Meter) -> Result<Measured> {
    meter.each(|times| {
        for _ in 0..times {
            black_box(Instant::now());
        }
        Ok(())
    })
}

pub fn atomic_add(meter: &Meter) -> Result<Measured> {
    let counter = AtomicU64::new(0);
    meter.each(|times| {
        for _ in 0..times {
            black_box(counter.fetch_add(1, SeqCst));
        }
        Ok(())
    })
}
