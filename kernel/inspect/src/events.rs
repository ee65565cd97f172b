//! The events that somebody names.

use alloc::{format, string::String, vec::Vec};

use bstr::ByteSlice;
use pollux_trace::{EVENTS, Event};

/// Those that the patterns mean, names or groups, each once; all when there are no patterns. An error is the pattern that
/// means none.
pub fn named<'a>(patterns: impl IntoIterator<Item = &'a [u8]>) -> Result<Vec<Event>, &'a [u8]> {
    let mut patterns = patterns.into_iter().peekable();
    if patterns.peek().is_none() {
        return Ok(EVENTS.into());
    }
    let mut events = Vec::new();
    for pattern in patterns {
        let before = events.len();
        events.extend(Event::matching(pattern));
        if events.len() == before {
            return Err(pattern);
        }
    }
    events.sort_unstable();
    events.dedup();
    Ok(events)
}

/// What is said of such a pattern at the prompt.
pub fn unknown(pattern: &[u8]) -> String {
    format!("there is no event or group '{}'; perf list shows them", pattern.as_bstr())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_there_once_and_what_is_unknown_is_named() {
        let some = named([&b"pipe:send"[..], b"pipe"]);
        assert_eq!(some.unwrap(), [Event::PipeSend, Event::PipeReceive]);
        assert_eq!(named([&b"pipe"[..], b"disk"]), Err(&b"disk"[..]));
        assert_eq!(named([]).unwrap(), EVENTS);
    }
}
