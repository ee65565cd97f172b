//! `differences.txt`: where a shell of the host does something else than the table says, on purpose.
//!
//! One a line: `SHELL FILE/NAME: REASON`, `SHELL` being `dash`, `bash` or both with a comma between. Lines that begin with
//! `#` are comments.

use crate::Case;

/// All of them.
pub struct Differences(Vec<Difference>);

struct Difference {
    shells: String,
    name: String,
    reason: String,
}

impl Differences {
    pub(crate) fn parse(text: &str, cases: &[Case]) -> Result<Differences, String> {
        let mut all = Vec::new();
        for (number, line) in (1..).zip(text.lines()) {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let wrong = |what: &str| format!("differences.txt: line {number}: {what}");
            let (what, reason) = line.split_once(": ").ok_or_else(|| wrong("`: REASON` is missing"))?;
            let (shells, name) = what.split_once(' ').ok_or_else(|| wrong("`SHELL FILE/NAME` is missing"))?;
            let difference = Difference { shells: shells.into(), name: name.into(), reason: reason.into() };
            if !cases.iter().any(|case| case.name == difference.name) {
                return Err(wrong("there is no such case"));
            }
            all.push(difference);
        }
        Ok(Differences(all))
    }

    /// Why a shell differs in a case, where it does.
    pub fn reason(&self, shell: &str, case: &str) -> Option<&str> {
        let fits = |it: &&Difference| it.shells.split(',').any(|known| known == shell) && it.name == case;
        self.0.iter().find(fits).map(|difference| difference.reason.as_str())
    }
}
