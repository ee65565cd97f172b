//! Reading the text files of `/proc`.

use alloc::{string::String, vec::Vec};

use crate::{
    io::{self, Ended},
    process::Process,
};

/// A whole file as text. Complains when it cannot be read.
pub async fn read(p: &Process, path: &str) -> Result<String, Ended> {
    let bytes = io::slurp(p, path.into()).await?;
    Ok(String::from_utf8(bytes)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()))
}

/// The lines `name: value` of a text, blanks around both removed.
pub fn fields(text: &str) -> Vec<(&str, &str)> {
    let pairs = text.lines().filter_map(|line| line.split_once(':'));
    pairs.map(|(name, value)| (name.trim(), value.trim())).collect()
}

/// The number of KiB in a field of `/proc/meminfo`; 0 where there is none.
pub fn kib(fields: &[(&str, &str)], name: &str) -> u64 {
    let value = fields.iter().find(|(field, _)| *field == name).map_or("", |(_, value)| value);
    value.split(' ').next().and_then(|digits| digits.parse().ok()).unwrap_or(0)
}
