//! What `cp` and `mv` do with a file that is in the way: it gets another name (`-b`, `--backup`, `-S`).

use alloc::{format, string::String};
use bstr::{BStr, BString, ByteSlice};

use super::paths::{base_name, child, dir_name, lstat};
use crate::{env::Result, io::Options, process::Process};

/// The letter for the long name `--backup`, which may have a value.
pub const BACKUP: char = '\u{1}';

/// When a backup gets a number instead of the suffix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Numbered {
    Never,
    /// Where there is one with a number already.
    AsThere,
    Always,
}

/// How backups are called.
#[derive(Clone, Debug)]
pub struct Backup {
    numbered: Numbered,
    suffix: BString,
}

impl Backup {
    /// What the options say; nothing if no backups are wanted.
    pub fn of(p: &Process, options: &Options<'_>) -> core::result::Result<Option<Self>, String> {
        if !options.has('b') && !options.has(BACKUP) && !options.has('S') {
            return Ok(None);
        }
        let variable = |name: &str| p.env.get(BStr::new(name)).map(|value| value.as_bstr());
        let said =
            options.value(BACKUP).filter(|word| !word.is_empty()).or_else(|| variable("VERSION_CONTROL"));
        let numbered = match said.map_or(&b"existing"[..], |word| word.as_bytes()) {
            b"none" | b"off" => return Ok(None),
            b"numbered" | b"t" => Numbered::Always,
            b"existing" | b"nil" | b"" => Numbered::AsThere,
            b"simple" | b"never" => Numbered::Never,
            other => {
                return Err(format!(
                    "invalid backup type '{}'; try none, simple, numbered or existing",
                    other.as_bstr()
                ));
            }
        };
        let suffix = options.value('S').or_else(|| variable("SIMPLE_BACKUP_SUFFIX"));
        let suffix = suffix.filter(|suffix| !suffix.is_empty() && !suffix.contains(&b'/'));
        Ok(Some(Self { numbered, suffix: suffix.unwrap_or(BStr::new("~")).into() }))
    }

    /// The name that a file is to get.
    pub async fn name(&self, p: &Process, path: &BStr) -> Result<BString> {
        let path = path.trim_end_with(|c| c == '/').as_bstr();
        if self.numbered != Numbered::Never {
            let highest = highest(p, path).await?;
            if highest > 0 || self.numbered == Numbered::Always {
                return Ok([path, format!(".~{}~", highest + 1).as_bytes()].concat().into());
            }
        }
        Ok([path, self.suffix.as_bytes()].concat().into())
    }

    /// Gives a file its other name; nothing if there is no such file.
    pub async fn set_aside(&self, p: &Process, path: &BStr) -> Result<Option<BString>> {
        if lstat(p, path).await.is_err() {
            return Ok(None);
        }
        let name = self.name(p, path).await?;
        p.sys.rename(p.absolute(path).as_bstr(), p.absolute(name.as_bstr()).as_bstr()).await?;
        Ok(Some(name))
    }
}

/// The highest number among the backups of a file; 0 if there is none.
async fn highest(p: &Process, path: &BStr) -> Result<u64> {
    let (dir, base) = (dir_name(path), base_name(path));
    let entries = p.sys.read_dir(p.absolute(child(dir, BStr::new(".")).as_bstr()).as_bstr()).await?;
    let number = |name: &[u8]| -> Option<u64> {
        name.strip_prefix(base.as_bytes())?
            .strip_prefix(b".~")?
            .strip_suffix(b"~")?
            .to_str()
            .ok()?
            .parse()
            .ok()
    };
    Ok(entries.iter().filter_map(|entry| number(&entry.name)).max().unwrap_or(0))
}
