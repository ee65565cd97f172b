//! The names of functions.

use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};

use pollux_core::machine::Machine;

/// The functions at some addresses.
pub struct Symbols(Vec<(u64, Option<String>)>);

impl Symbols {
    /// The functions at these addresses are called so.
    #[cfg(test)]
    pub fn called(names: &[(u64, &str)]) -> Symbols {
        Symbols(names.iter().map(|&(address, name)| (address, Some(name.to_string()))).collect())
    }

    /// Looks the addresses up. Each is one past an instruction, as return addresses are.
    pub fn of(machine: &dyn Machine, addresses: impl Iterator<Item = u64>) -> Symbols {
        let mut wanted: Vec<u64> = addresses.collect();
        wanted.sort_unstable();
        wanted.dedup();
        let mut found: Vec<(u64, Option<String>)> =
            wanted.into_iter().map(|address| (address, None)).collect();
        let mut next = 0;
        let mut before: Option<String> = None;
        // Functions come in the order of addresses: those of the last one end where this one begins.
        machine.symbols(&mut |address, name| {
            while next < found.len() && found[next].0 <= address {
                found[next].1 = before.clone();
                next += 1;
            }
            if next < found.len() {
                before = Some(name.to_string());
            }
        });
        for (_, name) in &mut found[next..] {
            *name = before.clone();
        }
        Symbols(found)
    }

    /// The function at an address that was looked up, or the address.
    pub fn name(&self, address: u64) -> String {
        let at = self.0.binary_search_by_key(&address, |(address, _)| *address);
        match at.ok().and_then(|at| self.0[at].1.clone()) {
            Some(name) => name,
            None => format!("{address:#x}"),
        }
    }
}
