//! Backtraces: the chain of frame pointers, and names from the symbol file that the launcher passes.
//!
//! Nothing is allocated and nothing is trusted: a frame pointer must lie on one of the kernel's stacks and grow.

use core::{
    arch::asm,
    fmt::{self, Display},
};

use crate::{arch::idt::Frame, dev::firmware, mem::stack};

const MAX_FRAMES: usize = 32;
const MAX_NAME: usize = 100;

/// A function, as the symbol file names it.
#[derive(Clone, Copy)]
struct Symbol {
    address: u64,
    name: [u8; MAX_NAME],
    len: usize,
}

struct Line<'a> {
    number: usize,
    address: u64,
    symbol: &'a Symbol,
}

impl Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Line { number, address, symbol } = self;
        match core::str::from_utf8(&symbol.name[..symbol.len]) {
            Ok(name) if !name.is_empty() => {
                write!(f, "{number:2}: {address:#x} {name}+{:#x}", address - symbol.address)
            }
            _ => write!(f, "{number:2}: {address:#x}"),
        }
    }
}

/// Gives each frame's line to `print`, innermost first: from the interrupted place, or from here.
pub fn each(frame: Option<&Frame>, mut print: impl FnMut(&dyn Display)) {
    let mut addresses = [0; MAX_FRAMES];
    let count = collect(frame, &mut addresses);
    let unknown = Symbol { address: 0, name: [0; MAX_NAME], len: 0 };
    let mut symbols = [unknown; MAX_FRAMES];
    let named = firmware::each_line("opt/pollux/symbols", |line| {
        let Some((address, name)) = parse(line) else { return };
        for (wanted, symbol) in addresses[..count].iter().zip(&mut symbols) {
            // A return address may lie one past its function, where the call was the last thing in it.
            if address < *wanted {
                symbol.address = address;
                symbol.len = name.len().min(MAX_NAME);
                symbol.name[..symbol.len].copy_from_slice(&name[..symbol.len]);
            }
        }
    });
    for (number, (&address, symbol)) in addresses[..count].iter().zip(&symbols).enumerate() {
        print(&Line { number, address, symbol });
    }
    if !named {
        print(&"(no symbols: they are passed by the launcher, as fw_cfg file opt/pollux/symbols)");
    }
}

/// Gives the address and the name of each function to `visit`, in the order of addresses. Says whether they are known.
pub fn symbols(visit: &mut dyn FnMut(u64, &str)) -> bool {
    firmware::each_line("opt/pollux/symbols", |line| {
        if let Some((address, name)) = parse(line)
            && let Ok(name) = core::str::from_utf8(name)
        {
            visit(address, name);
        }
    })
}

fn parse(line: &[u8]) -> Option<(u64, &[u8])> {
    let (address, name) = line.split_at_checked(16)?;
    let address = u64::from_str_radix(core::str::from_utf8(address).ok()?, 16).ok()?;
    Some((address, name.strip_prefix(b" ")?))
}

/// The addresses of the frames, innermost first, as far as there is room; how many.
pub fn collect(frame: Option<&Frame>, addresses: &mut [u64]) -> usize {
    let mut count = 0;
    let mut rbp: u64;
    match frame {
        Some(frame) => {
            addresses[0] = frame.rip + 1; // the very instruction, not the one after a call
            count = 1;
            rbp = frame.rbp;
        }
        // SAFETY: reads a register.
        None => unsafe { asm!("mov {}, rbp", out(reg) rbp, options(nomem, nostack, preserves_flags)) },
    }
    let mut last = 0;
    while count < addresses.len() && rbp > last && rbp.is_multiple_of(8) && stack::is_mapped(rbp, 16) {
        // SAFETY: 16 bytes on a mapped stack; any bits are valid u64s, and what they say is checked before use.
        let (next, address) = unsafe { ((rbp as *const u64).read(), (rbp as *const u64).add(1).read()) };
        if address == 0 {
            break;
        }
        addresses[count] = address;
        count += 1;
        (last, rbp) = (rbp, next);
    }
    count
}
