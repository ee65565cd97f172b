//! What the page tables promise, and what happens when memory runs out.

use alloc::{format, vec::Vec};

use pollux_executor::Executor;

use super::Outcome;
use crate::{
    arch::copy,
    check,
    mem::{frames, heap, paging, stack},
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

pub async fn running_out_of_memory_is_an_error_and_all_comes_back(_: &'static Executor) -> Outcome {
    const CHUNK: usize = 64 * 1024;
    let (used_before, _) = heap::usage();
    let mut chunks: Vec<Vec<u8>> = Vec::new();
    let (mut refused, (all, _)) = (false, frames::count());
    while chunks.len() * CHUNK <= all * 4096 {
        let mut chunk = Vec::new();
        if chunks.try_reserve(1).is_err() || chunk.try_reserve_exact(CHUNK).is_err() {
            refused = true;
            break;
        }
        chunks.push(chunk);
    }
    let got = chunks.len();
    drop(chunks);
    check!(refused, "the heap gave out more than the machine has");
    check!(got > 16, "memory ran out after {got} chunks of 64 KiB");
    let (used_after, _) = heap::usage();
    check!(used_after <= used_before + CHUNK, "{used_before} bytes in use before, {used_after} after");
    Ok(())
}
