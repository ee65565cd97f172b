//! Copying and filling memory: `memcpy` and `memset` for the whole kernel, pipes included, in the way that is fastest
//! on this processor.
//!
//! Which way that is cannot be known beforehand: real processors copy large blocks best with `rep movsb`, emulators
//! with plain loads and stores. So [`choose`] measures at boot, and says what it chose. Ways through vector registers
//! are not among them: the kernel is built without those, and a copy that had to save and restore the registers that it
//! uses, in a place that interrupts can come to, would have to gain more than that costs. An emulator makes two
//! 64-bit moves of each of theirs, and on processors that move them at once `rep movsb` does the same.
//!
//! Short blocks never get so far: the start of a `rep` is slow everywhere.

use alloc::vec::Vec;
use core::{
    arch::asm,
    sync::atomic::{AtomicU8, Ordering::Relaxed},
};

use super::clock;

/// From so many bytes on, the chosen way is taken.
const LARGE: usize = 512;
/// The block that is measured, that of a pipe.
const MEASURED: usize = 64 * 1024;
/// Each way is measured so often, and its best counts: an interrupt of the host is no property of the way.
const ROUNDS: usize = 4;

/// A way to copy and to fill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Way {
    /// `rep movsq` and `rep stosq`.
    Words = 0,
    /// `rep movsb` and `rep stosb`.
    Bytes = 1,
    /// Loads and stores of 64 bits, eight a round.
    Unrolled = 2,
}

const WAYS: [Way; 3] = [Way::Words, Way::Bytes, Way::Unrolled];

// Their first values are those from before the choice.
static COPY: AtomicU8 = AtomicU8::new(Way::Words as u8);
static FILL: AtomicU8 = AtomicU8::new(Way::Words as u8);

impl Way {
    fn of(chosen: &AtomicU8) -> Way {
        WAYS[usize::from(chosen.load(Relaxed)) % WAYS.len()]
    }

    fn copy_name(self) -> &'static str {
        match self {
            Way::Words => "rep movsq",
            Way::Bytes => "rep movsb",
            Way::Unrolled => "unrolled 64-bit moves",
        }
    }

    fn fill_name(self) -> &'static str {
        match self {
            Way::Words => "rep stosq",
            Way::Bytes => "rep stosb",
            Way::Unrolled => "unrolled 64-bit stores",
        }
    }
}

/// The names of the ways that are taken, to copy and to fill.
pub fn chosen() -> (&'static str, &'static str) {
    (Way::of(&COPY).copy_name(), Way::of(&FILL).fill_name())
}

/// Measures the ways and takes the best. Once, when there is a heap and nothing else runs.
pub fn choose() {
    let mut memory = Vec::<u8>::new();
    if memory.try_reserve_exact(2 * MEASURED).is_err() {
        log::warn!("no memory to measure ways to copy with: {} and {}", chosen().0, chosen().1);
        return;
    }
    memory.resize(2 * MEASURED, 1);
    let (from, to) = memory.split_at_mut(MEASURED);
    let (from, to) = (from.as_ptr(), to.as_mut_ptr());
    // SAFETY: both blocks are `MEASURED` bytes, and apart.
    let copies = WAYS.map(|way| best(|| unsafe { copy(way, to, from, MEASURED) }));
    // SAFETY: as above.
    let fills = WAYS.map(|way| best(|| unsafe { fill(way, to, 0, MEASURED) }));
    for (chosen, ticks) in [(&COPY, copies), (&FILL, fills)] {
        let fastest = WAYS.into_iter().min_by_key(|&way| ticks[way as usize]).unwrap_or(Way::Words);
        chosen.store(fastest as u8, Relaxed);
    }
    let rate = |ticks: u64| MEASURED as u64 * clock::tsc_hz() / ticks.max(1) / 1_000_000;
    for way in WAYS {
        let (copy, fill) = (rate(copies[way as usize]), rate(fills[way as usize]));
        log::info!("{} {copy} MB/s, {} {fill} MB/s", way.copy_name(), way.fill_name());
    }
    log::info!("memory is copied with {} and filled with {}", chosen().0, chosen().1);
}

/// The ticks of the best of several runs.
fn best(mut run: impl FnMut()) -> u64 {
    (0..ROUNDS)
        .map(|_| {
            let start = clock::tsc();
            run();
            clock::tsc() - start
        })
        .min()
        .unwrap_or(u64::MAX)
}

/// # Safety
/// As for `memcpy`; at least 64 bytes.
#[inline(always)]
unsafe fn copy(way: Way, to: *mut u8, from: *const u8, len: usize) {
    // SAFETY: the caller's promise. The direction flag is clear (System V ABI), and interrupts keep it. What a
    // whole number of words leaves over is in the last word, which overlaps what has been copied.
    unsafe {
        match way {
            Way::Bytes => asm!(
                "rep movsb",
                inout("rcx") len => _, inout("rdi") to => _, inout("rsi") from => _,
                options(nostack, preserves_flags)
            ),
            Way::Words => {
                let last = from.add(len - 8).cast::<u64>().read_unaligned();
                asm!(
                    "rep movsq",
                    inout("rcx") len / 8 => _, inout("rdi") to => _, inout("rsi") from => _,
                    options(nostack, preserves_flags)
                );
                to.add(len - 8).cast::<u64>().write_unaligned(last);
            }
            Way::Unrolled => {
                let rest = len % 64;
                asm!(
                    "2:",
                    "mov {a}, [{from}]",
                    "mov {b}, [{from} + 8]",
                    "mov {c}, [{from} + 16]",
                    "mov {d}, [{from} + 24]",
                    "mov [{to}], {a}",
                    "mov [{to} + 8], {b}",
                    "mov [{to} + 16], {c}",
                    "mov [{to} + 24], {d}",
                    "mov {a}, [{from} + 32]",
                    "mov {b}, [{from} + 40]",
                    "mov {c}, [{from} + 48]",
                    "mov {d}, [{from} + 56]",
                    "mov [{to} + 32], {a}",
                    "mov [{to} + 40], {b}",
                    "mov [{to} + 48], {c}",
                    "mov [{to} + 56], {d}",
                    "add {from}, 64",
                    "add {to}, 64",
                    "dec {rounds}",
                    "jnz 2b",
                    from = inout(reg) from => _, to = inout(reg) to => _, rounds = inout(reg) len / 64 => _,
                    a = out(reg) _, b = out(reg) _, c = out(reg) _, d = out(reg) _,
                    options(nostack)
                );
                copy_short(to.add(len - rest), from.add(len - rest), rest);
            }
        }
    }
}

/// # Safety
/// As for `memcpy`.
#[inline(always)]
unsafe fn copy_short(to: *mut u8, from: *const u8, len: usize) {
    // SAFETY: the caller's promise. The loop moves the words that lie in the block whole; the last word, which may
    // overlap the one before, is what they leave over.
    unsafe {
        if len >= 8 {
            let last = from.add(len - 8).cast::<u64>().read_unaligned();
            // In assembler, for the compiler makes a call of `memcpy` of such a loop in Rust.
            asm!(
                "2:",
                "mov {word}, [{from} + {at}]",
                "mov [{to} + {at}], {word}",
                "add {at}, 8",
                "cmp {at}, {end}",
                "jb 2b",
                word = out(reg) _, from = in(reg) from, to = in(reg) to, at = inout(reg) 0_usize => _,
                end = in(reg) len - 7,
                options(nostack)
            );
            to.add(len - 8).cast::<u64>().write_unaligned(last);
        } else if len >= 4 {
            let first = from.cast::<u32>().read_unaligned();
            let last = from.add(len - 4).cast::<u32>().read_unaligned();
            to.cast::<u32>().write_unaligned(first);
            to.add(len - 4).cast::<u32>().write_unaligned(last);
        } else if len > 0 {
            // One, two or three bytes: the first, the middle and the last.
            let (first, middle, last) = (*from, *from.add(len / 2), *from.add(len - 1));
            *to = first;
            *to.add(len / 2) = middle;
            *to.add(len - 1) = last;
        }
    }
}

/// # Safety
/// As for `memset`; at least 64 bytes.
#[inline(always)]
unsafe fn fill(way: Way, to: *mut u8, byte: u8, len: usize) {
    let word = u64::from_ne_bytes([byte; 8]);
    // SAFETY: as in `copy`.
    unsafe {
        match way {
            Way::Bytes => asm!(
                "rep stosb",
                inout("rcx") len => _, inout("rdi") to => _, in("al") byte,
                options(nostack, preserves_flags)
            ),
            Way::Words => {
                asm!(
                    "rep stosq",
                    inout("rcx") len / 8 => _, inout("rdi") to => _, in("rax") word,
                    options(nostack, preserves_flags)
                );
                to.add(len - 8).cast::<u64>().write_unaligned(word);
            }
            Way::Unrolled => {
                let rest = len % 64;
                asm!(
                    "2:",
                    "mov [{to}], {word}",
                    "mov [{to} + 8], {word}",
                    "mov [{to} + 16], {word}",
                    "mov [{to} + 24], {word}",
                    "mov [{to} + 32], {word}",
                    "mov [{to} + 40], {word}",
                    "mov [{to} + 48], {word}",
                    "mov [{to} + 56], {word}",
                    "add {to}, 64",
                    "dec {rounds}",
                    "jnz 2b",
                    to = inout(reg) to => _, rounds = inout(reg) len / 64 => _, word = in(reg) word,
                    options(nostack)
                );
                fill_short(to.add(len - rest), byte, rest);
            }
        }
    }
}

/// # Safety
/// As for `memset`.
#[inline(always)]
unsafe fn fill_short(to: *mut u8, byte: u8, len: usize) {
    let word = u64::from_ne_bytes([byte; 8]);
    // SAFETY: as in `copy_short`.
    unsafe {
        if len >= 8 {
            asm!(
                "2:",
                "mov [{to} + {at}], {word}",
                "add {at}, 8",
                "cmp {at}, {end}",
                "jb 2b",
                to = in(reg) to, at = inout(reg) 0_usize => _, end = in(reg) len - 7, word = in(reg) word,
                options(nostack)
            );
            to.add(len - 8).cast::<u64>().write_unaligned(word);
        } else if len >= 4 {
            to.cast::<u32>().write_unaligned(word as u32);
            to.add(len - 4).cast::<u32>().write_unaligned(word as u32);
        } else if len > 0 {
            *to = byte;
            *to.add(len / 2) = byte;
            *to.add(len - 1) = byte;
        }
    }
}

/// What the compiler calls to copy; it takes the place of the one in `compiler_builtins`, which gives way.
///
/// # Safety
/// C11 7.24.2.1.
#[unsafe(no_mangle)]
unsafe extern "C" fn memcpy(to: *mut u8, from: *const u8, len: usize) -> *mut u8 {
    // SAFETY: the caller's promise.
    unsafe {
        if len < LARGE {
            copy_short(to, from, len);
        } else {
            copy(Way::of(&COPY), to, from, len);
        }
    }
    to
}

/// What the compiler calls to fill.
///
/// # Safety
/// C11 7.24.6.1.
#[unsafe(no_mangle)]
unsafe extern "C" fn memset(to: *mut u8, byte: i32, len: usize) -> *mut u8 {
    // SAFETY: the caller's promise.
    unsafe {
        if len < LARGE {
            fill_short(to, byte as u8, len);
        } else {
            fill(Way::of(&FILL), to, byte as u8, len);
        }
    }
    to
}

/// Copies and fills blocks of every length around the limits, in every way, beside a loop; the first that differs.
pub fn check_all() -> Result<(), &'static str> {
    const SIZE: usize = 1100;
    let from: Vec<u8> = (0..SIZE).map(|at| (at * 7 + at / 256) as u8).collect();
    let mut to = from.clone();
    let expect = |to: &mut [u8], at: usize, len: usize, byte: &dyn Fn(usize) -> u8| {
        let right = to
            .iter()
            .enumerate()
            .all(|(i, &got)| got == if (at..at + len).contains(&i) { byte(i) } else { 0xee });
        to.iter_mut().for_each(|byte| *byte = 0xee);
        right
    };
    to.iter_mut().for_each(|byte| *byte = 0xee);
    for len in (0..140).chain(LARGE - 3..LARGE + 70).chain([1000, 1024, 1090]) {
        for at in [0, 1, 7] {
            // SAFETY: at most 1090 bytes from 7 on, of 1100; two blocks apart. The ways take 64 bytes or more.
            unsafe {
                memcpy(to.as_mut_ptr().add(at), from.as_ptr().add(3), len);
                if !expect(&mut to, at, len, &|i| from[i - at + 3]) {
                    return Err("memcpy");
                }
                memset(to.as_mut_ptr().add(at), 0x5a, len);
                if !expect(&mut to, at, len, &|_| 0x5a) {
                    return Err("memset");
                }
                for way in WAYS.into_iter().filter(|_| len >= 64) {
                    copy(way, to.as_mut_ptr().add(at), from.as_ptr().add(3), len);
                    if !expect(&mut to, at, len, &|i| from[i - at + 3]) {
                        return Err(way.copy_name());
                    }
                    fill(way, to.as_mut_ptr().add(at), 0x5a, len);
                    if !expect(&mut to, at, len, &|_| 0x5a) {
                        return Err(way.fill_name());
                    }
                }
            }
        }
    }
    Ok(())
}
