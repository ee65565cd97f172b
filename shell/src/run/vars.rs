//! Variables. A copy shares the table until one of the two changes it, so that a subshell costs nothing.

use alloc::{collections::BTreeMap, string::String, sync::Arc, vec::Vec};
use bstr::{BStr, BString, ByteSlice};

/// One variable.
#[derive(Clone, Debug, Default)]
pub(crate) struct Variable {
    /// `None`: exported without a value.
    pub value: Option<BString>,
    pub exported: bool,
    pub read_only: bool,
}

/// A variable as it was, or that there was none.
pub(crate) type Saved = (BString, Option<Variable>);

/// All variables of one shell.
#[derive(Clone, Debug, Default)]
pub(crate) struct Vars {
    table: Arc<BTreeMap<BString, Variable>>,
}

impl Vars {
    /// Variables from an environment, all of them exported.
    pub fn from_environment(environment: BTreeMap<BString, BString>) -> Self {
        let exported =
            |(name, value)| (name, Variable { value: Some(value), exported: true, read_only: false });
        Self { table: Arc::new(environment.into_iter().map(exported).collect()) }
    }

    pub fn get(&self, name: impl AsRef<[u8]>) -> Option<&BStr> {
        self.table.get(name.as_ref().as_bstr())?.value.as_ref().map(|value| value.as_bstr())
    }

    pub fn set(&mut self, name: impl AsRef<[u8]>, value: impl Into<BString>) {
        self.entry(name.as_ref()).value = Some(value.into());
    }

    /// [`Vars::set`] by the language, which respects `readonly`; the error is a message.
    pub fn assign(&mut self, name: impl AsRef<[u8]>, value: impl Into<BString>) -> Result<(), String> {
        let name = name.as_ref();
        if self.is_read_only(name) {
            return Err(alloc::format!("{}: is read only", name.as_bstr()));
        }
        self.set(name, value);
        Ok(())
    }

    pub fn is_read_only(&self, name: impl AsRef<[u8]>) -> bool {
        self.table.get(name.as_ref().as_bstr()).is_some_and(|variable| variable.read_only)
    }

    pub fn make_read_only(&mut self, name: impl AsRef<[u8]>) {
        self.entry(name.as_ref()).read_only = true;
    }

    pub fn export(&mut self, name: impl AsRef<[u8]>) {
        self.entry(name.as_ref()).exported = true;
    }

    pub fn unset(&mut self, name: impl AsRef<[u8]>) {
        let name = name.as_ref().as_bstr();
        if self.table.contains_key(name) {
            Arc::make_mut(&mut self.table).remove(name);
        }
    }

    /// The variable as it is now, for [`Vars::restore`].
    pub fn save(&self, name: &BStr) -> Option<Variable> {
        self.table.get(name).cloned()
    }

    /// Exports these values; what was there before, for [`Vars::restore`].
    pub fn set_for_a_while(&mut self, assignments: Vec<(BString, BString)>) -> Vec<Saved> {
        let set = |(name, value): (BString, BString)| {
            let before = self.save(name.as_bstr());
            self.set(&name, value);
            self.export(&name);
            (name, before)
        };
        assignments.into_iter().map(set).collect()
    }

    /// Brings variables back, the one that was saved last first.
    pub fn restore(&mut self, saved: Vec<Saved>) {
        for (name, variable) in saved.into_iter().rev() {
            let table = Arc::make_mut(&mut self.table);
            match variable {
                Some(variable) => drop(table.insert(name, variable)),
                None => drop(table.remove(&name)),
            }
        }
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&BString, &Variable)> {
        self.table.iter()
    }

    /// What a command gets as its environment.
    pub fn environment(&self) -> BTreeMap<BString, BString> {
        let exported = self.table.iter().filter(|(_, variable)| variable.exported);
        exported.filter_map(|(name, variable)| Some((name.clone(), variable.value.clone()?))).collect()
    }

    fn entry(&mut self, name: &[u8]) -> &mut Variable {
        Arc::make_mut(&mut self.table).entry(name.into()).or_default()
    }
}
