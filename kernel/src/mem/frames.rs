//! The physical frame allocator: one bit a frame, under one lock.
//!
//! Simple on purpose: it hands out single frames and runs of frames, and knows exactly how many are free.
//! Page tables, stacks and the heap's growth are its only users, none of them on a hot path.

use spin::Once;

use super::phys::{PAGE, PhysAddr};
use crate::{boot::start_info::Region, sync::TaskLock};

static FRAMES: Once<TaskLock<Frames>> = Once::new();

struct Frames {
    /// A set bit is a frame in use, or no RAM at all.
    used: &'static mut [u64],
    free: usize,
    total: usize,
    /// Where the last search ended.
    hint: usize,
}

/// Builds the allocator over all RAM that is not reserved. The bitmap itself takes the first frames that fit.
///
/// # Panics
/// If there is no room for the bitmap in the first GiB.
pub fn init(ram: &[Region], reserved: &[Region]) {
    let end = ram.iter().map(|r| r.end).max().unwrap_or(0) / PAGE;
    let words = (end as usize).div_ceil(64);
    let bitmap = find_room((words * 8) as u64, ram, reserved);

    FRAMES.call_once(|| {
        let start: *mut u64 = PhysAddr(bitmap.start).as_ptr();
        // SAFETY: `find_room` gave RAM in the first GiB, which the boot page tables map; `rebase` takes the direct
        // map's address before those go. The frames are reserved below, so nobody else ever gets them, and u64 has no
        // invalid bit patterns.
        let used = unsafe { core::slice::from_raw_parts_mut(start, words) };
        used.fill(u64::MAX);
        let mut frames = Frames { used, free: 0, total: 0, hint: 0 };
        for region in ram {
            for frame in region.start.div_ceil(PAGE)..region.end / PAGE {
                frames.total += 1;
                frames.set_free(frame as usize);
            }
        }
        for region in reserved.iter().chain([&bitmap]) {
            for frame in region.start / PAGE..region.end.div_ceil(PAGE) {
                frames.set_used(frame as usize);
            }
        }
        TaskLock::new(frames)
    });
}

/// The first stretch of RAM of that many bytes that is not reserved, page by page.
fn find_room(bytes: u64, ram: &[Region], reserved: &[Region]) -> Region {
    let size = bytes.next_multiple_of(PAGE);
    for region in ram {
        let mut start = region.start.next_multiple_of(PAGE);
        while start + size <= region.end.min(1 << 30) {
            match reserved.iter().find(|r| r.start < start + size && start < r.end) {
                Some(taken) => start = taken.end.next_multiple_of(PAGE),
                None => return Region { start, end: start + size },
            }
        }
    }
    panic!("no room for the frame allocator: give the machine more memory");
}

/// Reaches the bitmap through the direct map, once that is in use.
pub fn rebase() {
    with(|frames| {
        let physical = frames.used.as_ptr() as u64 - super::phys::KERNEL_BASE;
        let words = frames.used.len();
        // SAFETY: the same frames as before at their address in the direct map; the old slice is replaced in
        // the same step, so there is never a second reference.
        frames.used = unsafe { core::slice::from_raw_parts_mut(PhysAddr(physical).as_ptr(), words) };
    });
}

/// A frame of 4 KiB with any content, or `None` when there is none left.
pub fn alloc() -> Option<PhysAddr> {
    alloc_run(1)
}

/// `count` frames in a row.
pub fn alloc_run(count: usize) -> Option<PhysAddr> {
    with(|frames| {
        let first = frames.find_run(frames.hint, count).or_else(|| frames.find_run(0, count))?;
        (first..first + count).for_each(|frame| frames.set_used(frame));
        frames.hint = first + count;
        Some(PhysAddr(first as u64 * PAGE))
    })
}

/// Frames in all, and frames free.
pub fn count() -> (usize, usize) {
    with(|frames| (frames.total, frames.free))
}

fn with<R>(f: impl FnOnce(&mut Frames) -> R) -> R {
    f(&mut FRAMES.get().expect("frames::init has run").lock())
}

impl Frames {
    fn is_free(&self, frame: usize) -> bool {
        self.used[frame / 64] & (1 << (frame % 64)) == 0
    }

    fn set_free(&mut self, frame: usize) {
        if !self.is_free(frame) {
            self.used[frame / 64] &= !(1 << (frame % 64));
            self.free += 1;
        }
    }

    fn set_used(&mut self, frame: usize) {
        if frame / 64 < self.used.len() && self.is_free(frame) {
            self.used[frame / 64] |= 1 << (frame % 64);
            self.free -= 1;
        }
    }

    fn find_run(&self, from: usize, count: usize) -> Option<usize> {
        let end = self.used.len() * 64;
        let (mut frame, mut run) = (from, 0);
        while frame < end {
            if frame.is_multiple_of(64) && self.used[frame / 64] == u64::MAX {
                (frame, run) = (frame + 64, 0);
                continue;
            }
            run = if self.is_free(frame) { run + 1 } else { 0 };
            frame += 1;
            if run == count {
                return Some(frame - count);
            }
        }
        None
    }
}
