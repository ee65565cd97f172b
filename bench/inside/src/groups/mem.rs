//! The heap, pools, frames, translations, and memory itself.

use alloc::vec::Vec;
use core::hint::black_box;

use pollux_executor::sync::Lock;
use pollux_shell::{env::Result, errno::Errno, io::buffer};

use super::{lost, no_memory};
use crate::{
    hardware::hardware,
    meter::{Measured, Meter},
};

/// How much memory is read at once.
const BLOCK: usize = 64 << 10;

pub async fn heap(meter: &Meter, bytes: usize) -> Result<Measured> {
    meter
        .each(|times| async move {
            for _ in 0..times {
                let mut block: Vec<u8> = Vec::new();
                block.try_reserve_exact(bytes).map_err(|_| Errno::ENOMEM)?;
                black_box(&block);
            }
            Ok(())
        })
        .await
}

/// A pool as a driver would have one: what is free lies in a list behind a lock.
pub async fn pool(meter: &Meter, bytes: usize) -> Result<Measured> {
    const FREE: usize = 64;
    let mut free = Vec::new();
    for _ in 0..FREE {
        free.push(buffer(bytes)?);
    }
    let pool = Lock::new(free);
    let pool = &pool;
    meter
        .each(|times| async move {
            for _ in 0..times {
                let block = pool.lock().pop().ok_or(Errno::ENOMEM)?;
                black_box(&block);
                pool.lock().push(block);
            }
            Ok(())
        })
        .await
}

/// More than any CPU has at hand.
const FRAMES: usize = 512;

pub async fn frame(meter: &Meter) -> Result<Measured> {
    let hardware = hardware()?;
    meter.each(|times| async move { (0..times).try_for_each(|_| hardware.frame()) }).await
}

pub async fn frames(meter: &Meter) -> Result<Measured> {
    let hardware = hardware()?;
    meter.each(|times| async move { (0..times).try_for_each(|_| hardware.frames(FRAMES)) }).await
}

pub async fn frames_contended(meter: &Meter) -> Result<Measured> {
    let hardware = hardware()?;
    let executor = meter.executor();
    meter
        .each(|times| async move {
            let mut tasks = Vec::new();
            for cpu in 0..executor.cpus() {
                let takes = async move { (0..times).try_for_each(|_| hardware.frames(FRAMES)) };
                tasks.push(executor.spawn_on(cpu, "frames", takes).map_err(no_memory)?);
            }
            for task in tasks {
                task.await.map_err(lost)??;
            }
            Ok(())
        })
        .await
}

pub async fn tlb_page(meter: &Meter) -> Result<Measured> {
    let hardware = hardware()?;
    meter
        .each(|times| async move {
            (0..times).for_each(|_| hardware.flush_page(0));
            Ok(())
        })
        .await
}

pub async fn tlb_all(meter: &Meter) -> Result<Measured> {
    let hardware = hardware()?;
    meter
        .each(|times| async move {
            (0..times).for_each(|_| hardware.flush_all());
            Ok(())
        })
        .await
}

pub async fn tlb_pages(meter: &Meter) -> Result<Measured> {
    const PAGES: u64 = 64;
    let hardware = hardware()?;
    meter
        .each(|times| async move {
            (0..times).for_each(|_| (0..PAGES).for_each(|nth| hardware.flush_page(nth)));
            Ok(())
        })
        .await
}

macro_rules! reads {
    ($($function:ident $width:literal $word:ty;)*) => {$(
        pub async fn $function(meter: &Meter) -> Result<Measured> {
            let block = buffer(BLOCK)?;
            let block = &block[..];
            let measured = meter.each(|times| async move {
                for _ in 0..times {
                    let (words, _) = black_box(block).as_chunks::<$width>();
                    for word in words {
                        black_box(<$word>::from_ne_bytes(*word));
                    }
                }
                Ok(())
            });
            Ok(measured.await?.moving(BLOCK as u64))
        }
    )*};
}

reads! {
    read_u8 1 u8;
    read_u16 2 u16;
    read_u32 4 u32;
    read_u64 8 u64;
}
