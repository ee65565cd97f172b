//! Lines of source as numbers: a record has no room for a name, and the address of one says nothing to who reads it later. A line
//! gets its number when it is first told of.

use core::{fmt, panic::Location};

use spin::Once;

/// How many lines have a number. Those beyond have none.
const MOST: usize = 256;
/// In how many places a line's number can be.
const WINDOW: usize = 16;

static PLACES: [Once<&'static Location<'static>>; MOST] = [const { Once::new() }; MOST];

/// The number of a line; 0 when there are too many. Not in a handler: two that come with a new line wait for each other.
#[cold]
pub fn place_number(place: &'static Location<'static>) -> u64 {
    let start = place.line() as usize * 31 + place.column() as usize;
    let mut window = (0..WINDOW).map(|step| (start + step) % MOST);
    window.find(|&at| *PLACES[at].call_once(|| place) == place).map_or(0, |at| at as u64 + 1)
}

/// The line with a number that [`place_number`] gave, for people; `?` for 0.
#[derive(Clone, Copy, Debug)]
pub struct Place(pub u64);

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = |number: u64| PLACES.get(number.checked_sub(1)? as usize)?.get();
        match known(self.0) {
            Some(place) => write!(f, "{}:{}", place.file(), place.line()),
            None => f.write_str("?"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{format, string::ToString, vec::Vec};

    #[track_caller]
    fn here() -> u64 {
        place_number(Location::caller())
    }

    #[test]
    fn a_line_has_one_number_which_leads_back_to_it() {
        let line = line!() + 1;
        let numbers: Vec<u64> = (0..3).map(|_| here()).collect();
        assert!(numbers[0] != 0 && numbers.iter().all(|&number| number == numbers[0]));
        assert_eq!(Place(numbers[0]).to_string(), format!("{}:{line}", file!()));
        assert_ne!(here(), numbers[0]);
        for none in [0, MOST as u64 + 1, u64::MAX] {
            assert_eq!(Place(none).to_string(), "?");
        }
    }
}
