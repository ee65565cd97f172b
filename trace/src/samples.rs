//! Samples: where the CPUs were, at a rate.
//!
//! ```text
//!   word 0   the task, as in a record
//!   word 1   time, in ticks
//!   word 2.. addresses of the stack, the innermost first, up to the first 0
//! ```

use alloc::vec::Vec;
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

use crate::{OutOfMemory, SWITCH, cpus, platform, platform::PLATFORM, prepare, ring};

/// Words of a sample in memory.
pub(crate) const WORDS: usize = 32;
/// The most addresses of a sample.
pub const FRAMES: usize = WORDS - 2;
/// How many samples a CPU keeps unless it is said.
pub const SAMPLES: usize = 256;
/// The memory that a sample takes.
pub const BYTES: usize = WORDS * 8;
/// The numbers of samples that a CPU can keep; each is a power of two.
pub const SIZES: core::ops::RangeInclusive<usize> = crate::Ring::<WORDS>::SIZES;
/// The rates at which samples can be taken, a second.
pub const RATES: core::ops::RangeInclusive<u32> = 100..=100_000;

/// 0 while no samples are taken.
static RATE: AtomicU32 = AtomicU32::new(0);

/// How many frames of a stack are kept.
static DEPTH: AtomicU32 = AtomicU32::new(FRAMES as u32);

/// Has so many frames of each stack be kept, at most [`FRAMES`].
pub fn set_depth(frames: usize) {
    DEPTH.store(frames as u32, Relaxed);
}

/// Where a CPU was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// When: nanoseconds of the platform's clock.
    pub at_ns: u64,
    /// The CPU.
    pub cpu: usize,
    /// The number of the task that it polled, its low 32 bits; 0 between polls.
    pub task: u32,
    /// The place, and from where that was called, and so on. Of a task these are the polls of the futures that await
    /// each other.
    pub frames: Vec<u64>,
}

/// How many samples a second the platform is to take on each CPU that is awake; 0 for none.
pub fn rate() -> u32 {
    RATE.load(Relaxed)
}

/// Has samples be taken at that rate, which is in [`RATES`], or no more with 0. What they are written to is made if need be.
pub fn set_rate(rate: u32) -> Result<(), OutOfMemory> {
    if rate > 0 {
        prepare()?;
        let _alone = SWITCH.lock();
        if capacity() == 0 {
            set_size(SAMPLES)?;
        }
    }
    RATE.store(rate, Relaxed);
    if let Some((platform, _)) = PLATFORM.get() {
        platform.rate_changed();
    }
    Ok(())
}

/// How many samples a CPU keeps.
pub fn capacity() -> usize {
    cpus().first().map_or(0, |cpu| cpu.samples.capacity())
}

/// Has each CPU keep so many samples, a power of two in [`SIZES`]; those that were taken are forgotten.
pub fn resize(samples: usize) -> Result<(), OutOfMemory> {
    prepare()?;
    let _alone = SWITCH.lock();
    set_size(samples)
}

/// [`resize`] for who has [`SWITCH`].
fn set_size(samples: usize) -> Result<(), OutOfMemory> {
    let (_, inside) = cpus().split_last().ok_or(OutOfMemory)?;
    inside.iter().try_for_each(|cpu| cpu.samples.make(samples))?;
    inside.iter().for_each(|cpu| cpu.samples.set_size(samples));
    Ok(())
}

/// For the platform: the CPU that calls is at the first of these addresses. In a handler.
pub fn take(frames: &[u64]) {
    let Some(block) = crate::call::here() else { return };
    let mut words = [0; WORDS];
    words[0] = u64::from(block.polled.id()) << 32 | ring::KIND;
    words[1] = platform::ticks();
    for (word, &frame) in words[2..].iter_mut().zip(frames).take(DEPTH.load(Relaxed) as usize) {
        *word = frame;
    }
    block.samples.push(words);
}

/// The samples that are there, in the order of time, and how many were overwritten.
pub fn read() -> Result<(Vec<Sample>, u64), OutOfMemory> {
    let mut all = Vec::new();
    let Some(&(platform, _)) = PLATFORM.get() else { return Ok((all, 0)) };
    let mut failed = false;
    let mut lost = 0;
    for (index, cpu) in cpus().iter().enumerate() {
        lost += cpu.samples.read(|words| {
            let mut frames = Vec::new();
            let used = words[2..].iter().position(|&frame| frame == 0).unwrap_or(FRAMES);
            if frames.try_reserve_exact(used).is_err() || all.try_reserve(1).is_err() {
                failed = true;
                return;
            }
            frames.extend_from_slice(&words[2..2 + used]);
            let task = (words[0] >> 32) as u32;
            all.push(Sample { at_ns: platform.ns_of(words[1]), cpu: index, task, frames });
        });
    }
    if failed {
        return Err(OutOfMemory);
    }
    all.sort_by_key(|sample| sample.at_ns);
    Ok((all, lost))
}

/// Forgets the samples.
pub fn clear() {
    cpus().iter().for_each(|cpu| cpu.samples.clear());
}
