//! Variables. A copy shares the table until one of the two changes it, so that a subshell costs nothing.

use alloc::{collections::BTreeMap, string::String, sync::Arc, vec::Vec};
use bstr::{BStr, BString, ByteSlice};
use spin::Once;

use crate::process::Environment;

/// The elements of an array by index.
pub(crate) type Array = BTreeMap<usize, BString>;

/// What a variable holds.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    Text(BString),
    Array(Arc<Array>),
}

impl Value {
    /// The value without an index: of an array, element 0.
    pub fn text(&self) -> Option<&BStr> {
        match self {
            Value::Text(text) => Some(text.as_bstr()),
            Value::Array(array) => array.get(&0).map(|text| text.as_bstr()),
        }
    }
}

/// One variable.
#[derive(Clone, Debug, Default)]
pub(crate) struct Variable {
    /// `None`: exported without a value.
    pub value: Option<Value>,
    pub exported: bool,
    pub read_only: bool,
}

/// A variable as it was, or that there was none.
pub(crate) type Saved = (BString, Option<Variable>);

/// All variables of one shell.
#[derive(Clone, Debug, Default)]
pub(crate) struct Vars {
    table: Arc<BTreeMap<BString, Variable>>,
    /// What commands get of it, made when the first one asks. Copies share it, and it begins anew when it would be
    /// another one: what is not exported may change in every turn of a loop.
    environment: Arc<Once<Arc<Environment>>>,
}

impl Vars {
    /// Variables from an environment, all of them exported.
    pub fn from_environment(environment: Environment) -> Self {
        let exported = |(name, value)| {
            (name, Variable { value: Some(Value::Text(value)), exported: true, read_only: false })
        };
        Self { table: Arc::new(environment.into_iter().map(exported).collect()), ..Self::default() }
    }

    /// The value; of an array, that of element 0.
    pub fn get(&self, name: impl AsRef<[u8]>) -> Option<&BStr> {
        self.table.get(name.as_ref().as_bstr())?.value.as_ref()?.text()
    }

    /// One element. A variable that is no array is one with element 0.
    pub fn element(&self, name: &BStr, index: usize) -> Option<&BStr> {
        match self.table.get(name)?.value.as_ref()? {
            Value::Text(text) => (index == 0).then(|| text.as_bstr()),
            Value::Array(array) => array.get(&index).map(|text| text.as_bstr()),
        }
    }

    /// All elements with their indices, in order.
    pub fn elements(&self, name: &BStr) -> Vec<(usize, BString)> {
        match self.table.get(name).and_then(|variable| variable.value.as_ref()) {
            None => Vec::new(),
            Some(Value::Text(text)) => Vec::from([(0, text.clone())]),
            Some(Value::Array(array)) => array.iter().map(|(index, text)| (*index, text.clone())).collect(),
        }
    }

    /// Sets the value; of an array, that of element 0.
    pub fn set(&mut self, name: impl AsRef<[u8]>, value: impl Into<BString>) {
        match &mut self.entry(name.as_ref()).value {
            Some(Value::Array(array)) => drop(Arc::make_mut(array).insert(0, value.into())),
            other => *other = Some(Value::Text(value.into())),
        }
    }

    /// The index behind the last element.
    pub fn next_index(&self, name: &BStr) -> usize {
        match self.table.get(name).and_then(|variable| variable.value.as_ref()) {
            None => 0,
            Some(Value::Text(_)) => 1,
            Some(Value::Array(array)) => array.keys().next_back().map_or(0, |last| last + 1),
        }
    }

    /// Sets one element, and makes the variable an array if it is none.
    pub fn set_element(&mut self, name: &BStr, index: usize, value: BString) {
        self.add_elements(name, Array::from([(index, value)]));
    }

    /// Sets these elements beside those that are there, and makes the variable an array if it is none.
    pub fn add_elements(&mut self, name: &BStr, elements: Array) {
        let slot = &mut self.entry(name).value;
        let mut array = match slot.take() {
            Some(Value::Array(array)) => array,
            Some(Value::Text(text)) => Arc::new(BTreeMap::from([(0, text)])),
            None => Arc::default(),
        };
        Arc::make_mut(&mut array).extend(elements);
        *slot = Some(Value::Array(array));
    }

    /// Makes a variable this array.
    pub fn set_array(&mut self, name: &BStr, array: Array) {
        self.entry(name).value = Some(Value::Array(Arc::new(array)));
    }

    /// [`Vars::set`] by the language, which respects `readonly`; the error is a message.
    pub fn assign(&mut self, name: impl AsRef<[u8]>, value: impl Into<BString>) -> Result<(), String> {
        let name = name.as_ref();
        self.writable(name)?;
        self.set(name, value);
        Ok(())
    }

    /// An error, which is a message, for what `readonly` protects.
    pub fn writable(&self, name: &[u8]) -> Result<(), String> {
        match self.is_read_only(name) {
            true => Err(alloc::format!("{}: is read only", name.as_bstr())),
            false => Ok(()),
        }
    }

    pub fn is_read_only(&self, name: impl AsRef<[u8]>) -> bool {
        self.table.get(name.as_ref().as_bstr()).is_some_and(|variable| variable.read_only)
    }

    pub fn make_read_only(&mut self, name: impl AsRef<[u8]>) {
        self.entry(name.as_ref()).read_only = true;
    }

    pub fn export(&mut self, name: impl AsRef<[u8]>) {
        let variable = self.entry(name.as_ref());
        if !variable.exported {
            variable.exported = true;
            self.environment = Arc::default();
        }
    }

    pub fn unset(&mut self, name: impl AsRef<[u8]>) {
        let name = name.as_ref().as_bstr();
        if self.table.contains_key(name) {
            let removed = Arc::make_mut(&mut self.table).remove(name);
            if removed.is_some_and(|variable| variable.exported) {
                self.environment = Arc::default();
            }
        }
    }

    /// Takes one element away.
    pub fn unset_element(&mut self, name: &BStr, index: usize) {
        if !self.table.contains_key(name) {
            return;
        }
        match &mut self.entry(name).value {
            Some(Value::Array(array)) => drop(Arc::make_mut(array).remove(&index)),
            value if index == 0 => *value = None,
            _ => {}
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
            let exported = variable.as_ref().is_some_and(|variable| variable.exported);
            let now = match variable {
                Some(variable) => table.insert(name, variable),
                None => table.remove(&name),
            };
            if exported || now.is_some_and(|variable| variable.exported) {
                self.environment = Arc::default();
            }
        }
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&BString, &Variable)> {
        self.table.iter()
    }

    /// What a command gets as its environment: no arrays, which it could not read.
    pub fn environment(&self) -> Arc<Environment> {
        self.environment.call_once(|| Arc::new(self.make_environment())).clone()
    }

    fn make_environment(&self) -> Environment {
        let exported = self.table.iter().filter(|(_, variable)| variable.exported);
        let text = |(name, variable): (&BString, &Variable)| match variable.value.as_ref()? {
            Value::Text(text) => Some((name.clone(), text.clone())),
            Value::Array(_) => None,
        };
        exported.filter_map(text).collect()
    }

    fn entry(&mut self, name: &[u8]) -> &mut Variable {
        let variable = Arc::make_mut(&mut self.table).entry(name.into()).or_default();
        if variable.exported {
            self.environment = Arc::default();
        }
        variable
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(vars: &Vars) -> String {
        let pair = |(name, value): (&BString, &BString)| alloc::format!("{name}={value} ");
        vars.environment().iter().map(pair).collect()
    }

    #[test]
    fn the_environment_is_made_anew_when_it_is_another_one() {
        let mut vars = Vars::from_environment(Environment::from([("a".into(), "1".into())]));
        assert_eq!(shown(&vars), "a=1 ");
        let first = vars.environment();
        vars.set("i", "7");
        assert!(Arc::ptr_eq(&first, &vars.clone().environment()), "what is not exported does not matter");
        let mut copy = vars.clone();
        copy.set("a", "2");
        assert_eq!((shown(&copy), shown(&vars)), ("a=2 ".into(), "a=1 ".into()));
        vars.export("i");
        assert_eq!(shown(&vars), "a=1 i=7 ");
        vars.unset("a");
        assert_eq!(shown(&vars), "i=7 ");
        let saved = vars.set_for_a_while(Vec::from([("i".into(), "8".into()), ("n".into(), "9".into())]));
        assert_eq!(shown(&vars), "i=8 n=9 ");
        vars.restore(saved);
        assert_eq!(shown(&vars), "i=7 ");
        vars.unset_element("i".into(), 0);
        assert_eq!(shown(&vars), "");
    }
}
