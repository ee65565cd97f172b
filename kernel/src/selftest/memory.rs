//! What the page tables promise, and what happens when memory runs out.

use alloc::{boxed::Box, format, sync::Arc, vec::Vec};

use pollux_executor::{Executor, JoinError, yield_now};
use pollux_memory::CACHE;

use super::Outcome;
use crate::{
    arch::copy,
    check, cpu,
    mem::{
        frames, heap, paging,
        phys::{FIRMWARE, PAGE},
        stack,
    },
    sync::TaskLock,
};

pub async fn no_page_is_writable_and_executable(_: &'static Executor) -> Outcome {
    let mut pages = 0;
    let mut bad = None;
    paging::each_mapping(&mut |page| {
        pages += 1;
        if page.writable && page.executable {
            bad = Some(page.address);
        }
    });
    check!(pages > 10, "only {pages} mappings were found: the walk is broken");
    bad.map_or(Ok(()), |address| Err(format!("{address:#x} is writable and executable")))
}

pub async fn every_way_to_copy_copies(_: &'static Executor) -> Outcome {
    copy::check_all().map_err(|way| format!("{way} does not do what it should"))
}

pub async fn nothing_is_mapped_at_low_addresses(_: &'static Executor) -> Outcome {
    let mut low = None;
    paging::each_mapping(&mut |page| {
        if page.address < 1 << 47 {
            low = Some(page.address);
        }
    });
    low.map_or(Ok(()), |address| Err(format!("{address:#x} is mapped: the identity mapping is left over")))
}

pub async fn guard_pages_are_not_mapped(_: &'static Executor) -> Outcome {
    let mut guard = None;
    let mut on_stacks = 0;
    paging::each_mapping(&mut |page| {
        on_stacks += u32::from(stack::is_mapped(page.address, 1));
        if stack::is_guard_page(page.address) {
            guard = Some(page.address);
        }
    });
    check!(on_stacks > 0, "no stack was found: the walk is broken");
    guard.map_or(Ok(()), |address| Err(format!("{address:#x} is mapped, below a stack")))
}

pub async fn running_out_of_memory_is_an_error_and_all_comes_back(executor: &'static Executor) -> Outcome {
    settle(executor).await?;
    let before = (frames::count().free, heap::usage());
    let reserve = frames::count().reserve;
    let told = Arc::new(TaskLock::new(None));
    let teller = told.clone();
    let ordinary = async move {
        let outcome = exhaust([reserve, reserve / 2, reserve / 16]);
        *teller.lock() = Some(outcome);
        yield_now().await;
    };
    let ended = executor.spawn("exhaust", ordinary).map_err(|e| format!("{e}"))?.await;
    told.lock().take().ok_or("the task that takes all memory was ended before its time")??;
    drop(told);
    check!(
        matches!(ended, Err(JoinError::Cancelled)),
        "who took of the last of the memory went on: {ended:?}"
    );
    exhaust([reserve, 0, 0])?;
    settle(executor).await?;
    let after = (frames::count().free, heap::usage());
    check!(before == after, "free frames and the heap: {before:?} before, {after:?} after");
    Ok(())
}

/// Takes all memory that it gets, large pieces first, and gives it back: so many frames are left by pieces of 4 MiB, of
/// 128 KiB and by the smallest ones. In one step: no other task of this CPU finds itself without memory.
fn exhaust(kept: [usize; 3]) -> Outcome {
    const SIZES: [usize; 6] = [4 << 20, 128 << 10, 64 << 10, 4096, 500, 16];
    let start = frames::count();
    let mut pieces: Vec<Vec<u8>> = Vec::new();
    pieces.try_reserve_exact(start.free).map_err(|_| "no memory for the list")?;
    let mut left = [0; SIZES.len()];
    for (size, left) in SIZES.into_iter().zip(&mut left) {
        while pieces.len() < pieces.capacity() {
            let mut piece = Vec::new();
            if piece.try_reserve_exact(size).is_err() {
                break;
            }
            pieces.push(piece);
        }
        *left = frames::count().free;
    }
    let refused = pieces.len() < pieces.capacity();
    drop(pieces);
    check!(refused, "the heap gave out more than the machine has");
    // Each CPU may have some at hand that this one cannot get at, and one more piece did not fit.
    let elsewhere = cpu::count() * CACHE;
    for (index, kept) in [0, 1, SIZES.len() - 1].into_iter().zip(kept) {
        let (size, left) = (SIZES[index], left[index]);
        let most = kept + elsewhere + size.div_ceil(PAGE as usize);
        check!(
            (kept..=most).contains(&left),
            "a piece of {size} bytes was refused when {left} frames were free: it should be {kept}"
        );
    }
    Ok(())
}

/// As the data of files does.
pub async fn an_object_of_a_page_is_one_frame(_: &'static Executor) -> Outcome {
    const OBJECTS: usize = 512;
    /// What other CPUs may do meanwhile.
    const ELSEWHERE: usize = 16;
    let mut objects: Vec<Box<[u8; PAGE as usize]>> = Vec::with_capacity(OBJECTS);
    let before = frames::count().free;
    objects.extend((0..OBJECTS).map(|_| Box::new([7; PAGE as usize])));
    let taken = before.saturating_sub(frames::count().free);
    check!(taken.abs_diff(OBJECTS) <= ELSEWHERE, "{OBJECTS} objects took {taken} frames");
    let astray = objects.iter().find(|object| !object.as_ptr().addr().is_multiple_of(PAGE as usize));
    check!(astray.is_none(), "one is not in a frame of its own");
    drop(objects);
    let after = frames::count().free;
    check!(before.abs_diff(after) <= ELSEWHERE, "{before} frames free before, {after} after");
    Ok(())
}

/// Has every CPU give back what it holds and does not use, and the executor the memory of tasks that have ended.
async fn settle(executor: &'static Executor) -> Outcome {
    executor.trim();
    // Twice: what one gives back may be another one's.
    for cpu in (0..executor.cpus()).chain(0..executor.cpus()) {
        let task = executor.spawn_on(cpu, "settle", async { heap::give_back_own() });
        task.map_err(|e| format!("{e}"))?.await.map_err(|e| format!("{e:?}"))?;
    }
    Ok(())
}

pub async fn what_other_cpus_free_comes_back(executor: &'static Executor) -> Outcome {
    const OBJECTS: usize = 3000;
    settle(executor).await?;
    let before = (frames::count().free, heap::usage().objects);
    let mut rows = Vec::new();
    for cpu in 0..executor.cpus() {
        let make = async move {
            let row = (0..OBJECTS).map(|i| alloc::vec![cpu as u8; 1 + i % 700]);
            row.collect::<Vec<Vec<u8>>>()
        };
        let made = executor.spawn_on(cpu, "make", make).map_err(|e| format!("{e}"))?;
        rows.push(made.await.map_err(|e| format!("{e:?}"))?);
    }
    for (cpu, row) in rows.into_iter().enumerate() {
        let free = async move { row.iter().all(|object| object.iter().all(|&mark| mark == cpu as u8)) };
        let elsewhere = (cpu + 1) % executor.cpus();
        let intact = executor.spawn_on(elsewhere, "free", free).map_err(|e| format!("{e}"))?;
        check!(intact.await.map_err(|e| format!("{e:?}"))?, "CPU {cpu}'s objects were overwritten");
    }
    settle(executor).await?;
    let after = (frames::count().free, heap::usage().objects);
    check!(before.1 == after.1, "bytes in objects: {} before, {} after", before.1, after.1);
    // What lives on may lie in other slabs than before, and the executor keeps the cells of its tasks.
    check!(after.0 + 16 >= before.0, "free frames: {} before, {} after", before.0, after.0);
    Ok(())
}

pub async fn memory_for_devices_lies_where_they_can_reach_it(_: &'static Executor) -> Outcome {
    const BELOW: u64 = 24 << 20;
    let before = frames::count().free;
    for (bytes, align) in [(4096, 1), (3 * 4096, 64 * 1024), (100, 4096), (2 << 20, 2 << 20), (5 << 20, 4096)]
    {
        let Some(start) = frames::alloc_dma(bytes, align, BELOW) else {
            return Err(format!("no {bytes} bytes at {align} below {BELOW:#x}"));
        };
        // SAFETY: just allocated, and not used.
        unsafe { frames::free_run(start, bytes.div_ceil(PAGE) as usize) };
        check!(start.0.is_multiple_of(align), "{bytes} bytes at {:#x}: not at {align}", start.0);
        check!(start.0 + bytes <= BELOW, "{bytes} bytes at {:#x}: too high", start.0);
    }
    check!(frames::alloc_dma(PAGE, PAGE, FIRMWARE.end).is_none(), "what is firmware's was handed out");
    let after = frames::count().free;
    check!(before == after, "{before} frames free before, {after} after");
    Ok(())
}
