//! Whose call this is: the chain of frame pointers of a thread that stands for a CPU, and the names of this program's functions.
//!
//! The build has frame pointers (`.cargo/config.toml`), and so has the standard library as it is shipped. Code of the host's
//! libraries may have none: what it leaves in the register is taken for a frame only if it lies on the thread's stack, and further
//! out than the one before.
#![allow(unsafe_code)]

use std::{arch::asm, cell::Cell, fs, io, ops::Range, ptr};

use object::{Object, ObjectSymbol, SymbolKind};

thread_local! {
    /// An address beyond the outermost frame that is looked at; 0 on threads that are not CPUs.
    static OUTERMOST: Cell<usize> = const { Cell::new(0) };
}

/// Calls `run`, within which the stacks of this thread are known: from where they are asked for to here, and not further.
pub fn within<R>(run: impl FnOnce() -> R) -> R {
    /// What it was before.
    struct Outermost(usize);
    impl Drop for Outermost {
        fn drop(&mut self) {
            OUTERMOST.set(self.0);
        }
    }
    let before = Outermost(OUTERMOST.get());
    OUTERMOST.set(ptr::from_ref(&before).addr());
    run()
}

/// Puts the return addresses of the frames there, the innermost first, as far as there is room; how many.
#[inline(never)] // so that its frame leads to its caller
pub fn collect(frames: &mut [u64]) -> usize {
    let here = 0_u8;
    let stack = ptr::from_ref(&here).addr()..OUTERMOST.get();
    let mut frame: usize;
    // SAFETY: reads a register.
    unsafe { asm!("mov {}, rbp", out(reg) frame, options(nomem, nostack, preserves_flags)) };
    let (mut count, mut rest) = (0, stack.clone());
    while count < frames.len() && is_frame(frame, &rest) {
        let (next, address): (usize, u64);
        // SAFETY: `is_frame` says that the 16 bytes lie between a variable of this function and one of `within`, further out on the
        // stack, which has not returned: then `OUTERMOST` would be another. Between the two is nothing but this thread's
        // stack, which is in one piece and mapped: a handler of a signal, which may have a stack elsewhere, comes here
        // never, as it allocates nothing. So the bytes can be read. The compiler knows nothing of these loads, and what
        // they bring is any number until it has been checked.
        unsafe {
            asm!(
                "mov {next}, [{frame}]",
                "mov {address}, [{frame} + 8]",
                frame = in(reg) frame,
                next = out(reg) next,
                address = out(reg) address,
                options(readonly, nostack, preserves_flags)
            );
        }
        if address == 0 {
            break;
        }
        frames[count] = address;
        count += 1;
        rest = frame + 1..stack.end;
        frame = next;
    }
    count
}

/// Whether a frame can be there: the saved frame pointer and the return address, on a stack of which this is left.
fn is_frame(at: usize, rest: &Range<usize>) -> bool {
    at.is_multiple_of(8) && rest.contains(&at) && rest.end - at >= 16
}

/// Gives the address and the name of each function of this program to `visit`, in the order of addresses.
pub fn symbols(visit: &mut dyn FnMut(u64, &str)) -> io::Result<()> {
    let program = fs::read("/proc/self/exe")?;
    let file = object::File::parse(&*program).map_err(io::Error::other)?;
    // The program lies where the host has put it: its entry says how far from where it was linked.
    let moved = entry(&fs::read("/proc/self/auxv")?)
        .ok_or_else(|| io::Error::other("the auxiliary vector has no entry"))?
        .wrapping_sub(file.entry());
    let functions =
        file.symbols().filter(|symbol| symbol.kind() == SymbolKind::Text && symbol.is_definition());
    let mut functions: Vec<(u64, &str)> =
        functions.filter_map(|symbol| Some((symbol.address(), symbol.name().ok()?))).collect();
    functions.sort_unstable();
    functions.dedup_by_key(|(address, _)| *address);
    for (address, name) in functions {
        visit(address.wrapping_add(moved), &format!("{:#}", rustc_demangle::demangle(name)));
    }
    Ok(())
}

/// Where the program begins, out of the auxiliary vector: pairs of a key and a value (getauxval(3)).
fn entry(vector: &[u8]) -> Option<u64> {
    const AT_ENTRY: u64 = 9;
    let (words, _) = vector.as_chunks::<8>();
    let mut pairs =
        words.chunks_exact(2).map(|pair| (u64::from_ne_bytes(pair[0]), u64::from_ne_bytes(pair[1])));
    pairs.find(|(key, _)| *key == AT_ENTRY).map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use std::{hint::black_box, thread};

    use super::*;

    #[inline(never)]
    fn inner(frames: &mut [u64]) -> usize {
        black_box(collect(frames))
    }

    #[inline(never)]
    fn outer(frames: &mut [u64]) -> usize {
        black_box(inner(frames))
    }

    /// What the stack says from there, by names.
    fn names(frames: &[u64]) -> Vec<String> {
        let mut names = vec![String::new(); frames.len()];
        let visit = &mut |address, name: &str| {
            let later = frames.iter().zip(&mut names).filter(|(frame, _)| address < **frame);
            later.for_each(|(_, found)| *found = name.to_string());
        };
        symbols(visit).expect("this program has symbols");
        names
    }

    #[test]
    fn a_stack_names_who_called_up_to_the_outermost_function_and_no_further() {
        let thread = thread::spawn(|| {
            let mut frames = [0; 48];
            assert_eq!(outer(&mut frames), 0, "nobody has said where the stack begins");
            let count = within(|| outer(&mut frames));
            let names = names(&frames[..count]);
            assert!(names[0].ends_with("::inner") && names[1].ends_with("::outer"), "{names:?}");
            assert!(names.len() <= 4 && !names.iter().any(|name| name.contains("clone3")), "{names:?}");
            assert_eq!(within(|| outer(&mut frames[..1])), 1, "no more than there is room for");
            assert_eq!(outer(&mut frames), 0, "what it was is over");
        });
        thread.join().expect("the stack is right");
    }

    #[test]
    fn what_is_no_frame_is_not_read() {
        assert!(is_frame(0x1000, &(0x1000..0x1010)));
        assert!(!is_frame(0x1000, &(0x1000..0x1008)), "half of it is beyond the stack");
        assert!(!is_frame(0x1008, &(0x1009..0x2000)), "not further out than the last");
        assert!(!is_frame(0x1004, &(0x1000..0x2000)), "not aligned");
        assert!(!is_frame(0x2000, &(0x1000..0x2000)) && !is_frame(usize::MAX - 7, &(0x1000..0x2000)));
    }
}
