//! The kernel's function symbols, for its backtraces and for telling where a CPU hangs.

use object::{Object, ObjectSymbol, SymbolKind};

use crate::failure::{Context, Result};

/// Functions by address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Symbols(Vec<(u64, String)>);

impl Symbols {
    /// Reads them from an ELF file.
    pub fn of(elf: &[u8]) -> Result<Symbols> {
        let file = object::File::parse(elf).context(|| "reading the kernel's symbols".into())?;
        let functions = file
            .symbols()
            .filter(|symbol| symbol.kind() == SymbolKind::Text && symbol.is_definition())
            .filter_map(|symbol| Some((symbol.address(), symbol.name().ok()?)));
        let mut functions: Vec<_> = functions.map(|(address, name)| (address, demangle(name))).collect();
        functions.sort();
        functions.dedup_by_key(|function| function.0);
        Ok(Symbols(functions))
    }

    /// The text for `opt/pollux/symbols`: a line each, by address.
    pub fn text(&self) -> String {
        self.0.iter().map(|(address, name)| format!("{address:016x} {name}\n")).collect()
    }

    /// Reads what [`Symbols::text`] has written.
    #[cfg(test)]
    pub fn read(text: &str) -> Symbols {
        let line = |line: &str| {
            let (address, name) = line.split_once(' ')?;
            Some((u64::from_str_radix(address, 16).ok()?, name.to_owned()))
        };
        Symbols(text.lines().filter_map(line).collect())
    }

    /// The function that holds an address: the last one that begins at or before it.
    pub fn find(&self, address: u64) -> Option<&str> {
        let after = self.0.partition_point(|&(start, _)| start <= address);
        Some(&self.0[after.checked_sub(1)?].1)
    }
}

/// The name as it stands in the source, without the hash; one line.
fn demangle(name: &str) -> String {
    format!("{:#}", rustc_demangle::demangle(name)).replace('\n', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_program_has_symbols_with_readable_names() {
        let program = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        let text = Symbols::of(&program).unwrap().text();
        assert!(text.contains(" pollux_tests::symbols::"), "no function of this module among the symbols");
        let addresses: Vec<_> = text.lines().map(|line| line.split_once(' ').unwrap().0).collect();
        assert!(addresses.is_sorted(), "the guest searches them by address");
        assert!(addresses.iter().all(|address| address.len() == 16));
    }

    #[test]
    fn an_address_is_found_in_the_function_before_it() {
        let symbols = Symbols(vec![(0x10, "a".into()), (0x20, "b".into())]);
        assert_eq!(symbols.find(0x0f), None);
        assert_eq!(symbols.find(0x10), Some("a"));
        assert_eq!(symbols.find(0x1f), Some("a"));
        assert_eq!(symbols.find(0x2000), Some("b"));
    }

    #[test]
    fn what_is_no_program_is_an_error() {
        assert!(Symbols::of(b"hello").unwrap_err().message.starts_with("reading the kernel's symbols: "));
    }
}
