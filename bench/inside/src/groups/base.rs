//! What everything else is made of.

use core::{
    hint::black_box,
    sync::atomic::{AtomicU64, Ordering::SeqCst},
    time::Duration,
};

use pollux_shell::env::{Result, System};

use crate::{
    hardware::hardware,
    meter::{Measured, Meter},
};

pub async fn clock(meter: &Meter) -> Result<Measured> {
    let executor = meter.executor();
    meter
        .each(|times| async move {
            for _ in 0..times {
                black_box(executor.now_ns());
            }
            Ok(())
        })
        .await
}

pub async fn port_call(meter: &Meter) -> Result<Measured> {
    let system: &dyn System = &*meter.system;
    meter
        .each(|times| async move {
            for _ in 0..times {
                black_box(system.uptime());
            }
            Ok(())
        })
        .await
}

pub async fn port_call_boxed(meter: &Meter) -> Result<Measured> {
    let system: &dyn System = &*meter.system;
    meter
        .each(|times| async move {
            for _ in 0..times {
                system.sleep(Duration::ZERO).await;
            }
            Ok(())
        })
        .await
}

pub async fn port_call_unboxed(meter: &Meter) -> Result<Measured> {
    let executor = meter.executor();
    meter
        .each(|times| async move {
            for _ in 0..times {
                executor.sleep(Duration::ZERO).await;
            }
            Ok(())
        })
        .await
}

pub async fn interrupt(meter: &Meter) -> Result<Measured> {
    let hardware = hardware()?;
    meter
        .each(|times| async move {
            (0..times).for_each(|_| hardware.interrupt());
            Ok(())
        })
        .await
}

pub async fn atomic_add(meter: &Meter) -> Result<Measured> {
    let counter = AtomicU64::new(0);
    let counter = &counter;
    meter
        .each(|times| async move {
            for _ in 0..times {
                black_box(counter.fetch_add(1, SeqCst));
            }
            Ok(())
        })
        .await
}
