//! Random bytes: ChaCha20, seeded at boot by the processor's RDRAND.

use core::arch::x86_64::_rdrand64_step;

use rand_chacha::{
    ChaCha20Rng,
    rand_core::{Rng, SeedableRng},
};
use spin::Once;

use crate::{arch::clock, sync::TaskLock};

static GENERATOR: Once<TaskLock<ChaCha20Rng>> = Once::new();

/// Seeds the generator.
pub fn init() {
    let has_rdrand = raw_cpuid::CpuId::new().get_feature_info().is_some_and(|f| f.has_rdrand());
    if !has_rdrand {
        log::warn!("no RDRAND: /dev/random is seeded by the time of boot alone; do not make keys here");
    }
    let mut seed = [0; 32];
    for part in seed.chunks_exact_mut(8) {
        let hardware = if has_rdrand { rdrand() } else { 0 };
        part.copy_from_slice(&(hardware ^ clock::tsc()).to_le_bytes());
    }
    GENERATOR.call_once(|| TaskLock::new(ChaCha20Rng::from_seed(seed)));
}

/// Fills `buf`.
pub fn fill(buf: &mut [u8]) {
    GENERATOR.get().expect("random::init has run").lock().fill_bytes(buf);
}

/// The instruction may come back empty for a moment; Intel says to try ten times.
fn rdrand() -> u64 {
    let mut value = 0;
    for _ in 0..10 {
        // SAFETY: the caller has seen in CPUID that the processor has it.
        if unsafe { rdrand_step(&mut value) } {
            break;
        }
    }
    value
}

#[target_feature(enable = "rdrand")]
unsafe fn rdrand_step(value: &mut u64) -> bool {
    _rdrand64_step(value) == 1
}
