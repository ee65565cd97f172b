//! What `:set` sets.

use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use bstr::ByteSlice;

#[derive(Clone, Debug)]
pub struct Settings {
    pub autoindent: bool,
    pub expandtab: bool,
    pub ignorecase: bool,
    pub list: bool,
    pub number: bool,
    pub readonly: bool,
    pub wrapscan: bool,
    pub shiftwidth: usize,
    pub tabstop: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            autoindent: false,
            expandtab: false,
            ignorecase: false,
            list: false,
            number: false,
            readonly: false,
            wrapscan: true,
            shiftwidth: 8,
            tabstop: 8,
        }
    }
}

/// The widest tab.
const WIDEST: usize = 100;

impl Settings {
    fn switches(&mut self) -> [(&'static str, &'static str, &mut bool); 7] {
        [
            ("autoindent", "ai", &mut self.autoindent),
            ("expandtab", "et", &mut self.expandtab),
            ("ignorecase", "ic", &mut self.ignorecase),
            ("list", "list", &mut self.list),
            ("number", "nu", &mut self.number),
            ("readonly", "ro", &mut self.readonly),
            ("wrapscan", "ws", &mut self.wrapscan),
        ]
    }

    fn numbers(&mut self) -> [(&'static str, &'static str, &mut usize); 2] {
        [("shiftwidth", "sw", &mut self.shiftwidth), ("tabstop", "ts", &mut self.tabstop)]
    }

    /// Does what `:set` is asked for; the lines that answer it.
    pub fn set(&mut self, words: &[u8]) -> Result<Vec<String>, String> {
        let mut answers = Vec::new();
        let words: Vec<&[u8]> = words.fields_with(|char| char == ' ' || char == '\t').collect();
        if words.is_empty() || words == [b"all"] {
            let switches = self.switches().map(|(name, _, value)| (name, *value));
            answers.extend(switches.iter().map(|(name, on)| format!("  {}{name}", if *on { "" } else { "no" })));
            answers.extend(self.numbers().iter().map(|(name, _, value)| format!("  {name}={value}")));
            return Ok(answers);
        }
        for word in words {
            let word = word.to_str().map_err(|_| String::from("Unknown option"))?;
            answers.extend(self.set_one(word)?);
        }
        Ok(answers)
    }

    fn set_one(&mut self, word: &str) -> Result<Option<String>, String> {
        let (name, value) = match word.split_once(['=', ':']) {
            Some((name, value)) => (name, Some(value)),
            None => (word, None),
        };
        let (name, asks) = name.strip_suffix('?').map_or((name, false), |name| (name, true));
        for (long, short, number) in self.numbers() {
            if name != long && name != short {
                continue;
            }
            let Some(value) = value else { return Ok(Some(format!("{long}={number}"))) };
            *number = value
                .parse()
                .ok()
                .filter(|value| (1..=WIDEST).contains(value))
                .ok_or_else(|| format!("{long}: a number from 1 to {WIDEST} is needed"))?;
            return Ok(None);
        }
        for (long, short, on) in self.switches() {
            let wanted = if name == long || name == short {
                true
            } else if name.strip_prefix("no").is_some_and(|name| name == long || name == short) {
                false
            } else if name.strip_prefix("inv").or(name.strip_suffix('!')).is_some_and(|name| name == long || name == short)
            {
                !*on
            } else {
                continue;
            };
            if value.is_some() {
                return Err(format!("{long} takes no value"));
            }
            if asks {
                return Ok(Some(if *on { long.to_string() } else { format!("no{long}") }));
            }
            *on = wanted;
            return Ok(None);
        }
        Err(format!("Unknown option: {word}"))
    }
}
