//! What two lines are compared by (POSIX XCU `sort`, "-k").

use alloc::vec::Vec;
use bstr::{BStr, ByteSlice};
use core::{cmp::Ordering, ops::Range};

use md5::{Digest, Md5};

use super::super::support::{civil::MONTHS, float, numbers, version};

/// What the text of a key is taken for.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Kind {
    #[default]
    Text,
    Number,
    /// With a suffix like `K`.
    Size,
    /// A floating point number.
    Float,
    Month,
    Version,
    /// In no order, but equal ones together.
    Random,
}

/// How one key is compared.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Order {
    kind: Kind,
    reverse: bool,
    fold: bool,
    blanks: bool,
    dictionary: bool,
    printable: bool,
}

impl Order {
    /// Sets what an option letter says; false if it is none, or goes not with another one.
    pub(super) fn set(&mut self, letter: u8) -> bool {
        let kind = match letter {
            b'r' | b'f' | b'b' | b'd' | b'i' => {
                self.reverse |= letter == b'r';
                self.fold |= letter == b'f';
                self.blanks |= letter == b'b';
                self.dictionary |= letter == b'd';
                self.printable |= letter == b'i';
                return true;
            }
            b'n' => Kind::Number,
            b'h' => Kind::Size,
            b'g' => Kind::Float,
            b'M' => Kind::Month,
            b'V' => Kind::Version,
            b'R' => Kind::Random,
            _ => return false,
        };
        let fits = self.kind == Kind::Text || self.kind == kind;
        self.kind = kind;
        fits
    }

    fn compare(&self, a: &[u8], b: &[u8], salt: &[u8]) -> Ordering {
        let order = match self.kind {
            Kind::Size => magnitude(a).cmp(&magnitude(b)).then_with(|| compare_numbers(a, b)),
            Kind::Number => compare_numbers(a, b),
            Kind::Float => compare_floats(a, b),
            Kind::Month => month(a).cmp(&month(b)),
            Kind::Version => version::compare(a, b),
            Kind::Random => hash(a, salt).cmp(&hash(b, salt)),
            Kind::Text if self.fold || self.dictionary || self.printable => {
                let kept = |byte: &&u8| match self.dictionary {
                    true => byte.is_ascii_alphanumeric() || is_blank(**byte),
                    false => !self.printable || matches!(byte, b' '..=b'~'),
                };
                let fold = |byte: &u8| if self.fold { byte.to_ascii_uppercase() } else { *byte };
                a.iter().filter(kept).map(fold).cmp(b.iter().filter(kept).map(fold))
            }
            Kind::Text => a.cmp(b),
        };
        if self.reverse { order.reverse() } else { order }
    }
}

/// A place in a line: a field and a character in it, both from 1; character 0 is the end of the field.
#[derive(Clone, Copy)]
struct Place {
    field: usize,
    char: usize,
    skip_blanks: bool,
}

struct Key {
    from: Place,
    to: Option<Place>,
    order: Order,
}

/// All keys and what decides when they are equal.
pub(super) struct Orders {
    /// The field separator; without one, fields begin with the blanks before them.
    pub(super) separator: Option<u8>,
    global: Order,
    keys: Vec<Key>,
    no_last_resort: bool,
    /// What makes one random order differ from another.
    pub(super) salt: Vec<u8>,
}

impl Orders {
    pub(super) fn new(global: Order, no_last_resort: bool) -> Self {
        Self { separator: None, global, keys: Vec::new(), no_last_resort, salt: Vec::new() }
    }

    /// Adds a key such as `2`, `2,3`, `1.2n,1.5r`; `None` if it is not one.
    pub(super) fn add_key(&mut self, text: &BStr) -> Option<()> {
        let (from, to) = match text.split_once_str(b",") {
            Some((from, to)) => (from, Some(to)),
            None => (text.as_bytes(), None),
        };
        let mut order = Order::default();
        let from = place(from, 1, &mut order)?;
        let to = match to {
            Some(to) => Some(place(to, 0, &mut order)?),
            None => None,
        };
        if from.char == 0 {
            return None;
        }
        let mut key = Key { from, to, order };
        if key.order == Order::default() {
            key.order = self.global;
            key.from.skip_blanks = self.global.blanks;
            if let Some(to) = &mut key.to {
                to.skip_blanks = self.global.blanks;
            }
        }
        self.keys.push(key);
        Some(())
    }

    /// Compares by the keys alone.
    pub(super) fn compare_keys(&self, a: &[u8], b: &[u8]) -> Ordering {
        if self.keys.is_empty() {
            let trim = |line| if self.global.blanks { skip_blanks(line) } else { line };
            return self.global.compare(trim(a), trim(b), &self.salt);
        }
        let orders = self
            .keys
            .iter()
            .map(|key| key.order.compare(self.slice(a, key), self.slice(b, key), &self.salt));
        orders.into_iter().find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
    }

    /// Compares by the keys, then by all bytes.
    pub(super) fn compare(&self, a: &[u8], b: &[u8]) -> Ordering {
        self.compare_keys(a, b).then_with(|| match (self.no_last_resort, self.global.reverse) {
            (true, _) => Ordering::Equal,
            (false, false) => a.cmp(b),
            (false, true) => b.cmp(a),
        })
    }

    fn slice<'a>(&self, line: &'a [u8], key: &Key) -> &'a [u8] {
        let start = self.offset(line, key.from, false);
        let end = key.to.map_or(line.len(), |to| self.offset(line, to, true));
        &line[start.min(end)..end]
    }

    /// The offset of a place; of the byte after it if it is an end.
    fn offset(&self, line: &[u8], place: Place, is_end: bool) -> usize {
        let field = self.field(line, place.field);
        if place.char == 0 {
            return field.end;
        }
        let blanks = if place.skip_blanks {
            line[field.start..].iter().take_while(|byte| is_blank(**byte)).count()
        } else {
            0
        };
        (field.start + blanks + place.char - usize::from(!is_end)).min(line.len())
    }

    fn field(&self, line: &[u8], number: usize) -> Range<usize> {
        let mut start = 0;
        for i in 1.. {
            let rest = &line[start..];
            let length = match self.separator {
                Some(separator) => rest.find_byte(separator).unwrap_or(rest.len()),
                None => {
                    let blanks = rest.len() - skip_blanks(rest).len();
                    blanks + rest[blanks..].iter().take_while(|byte| !is_blank(**byte)).count()
                }
            };
            let end = start + length;
            if i == number {
                return start..end;
            }
            if end == line.len() {
                break;
            }
            start = end + usize::from(self.separator.is_some());
        }
        line.len()..line.len()
    }
}

fn place(text: &[u8], default_char: usize, order: &mut Order) -> Option<Place> {
    let letters = text.iter().rev().take_while(|byte| byte.is_ascii_alphabetic()).count();
    let (position, letters) = text.split_at(text.len() - letters);
    let mut skip_blanks = false;
    for letter in letters {
        skip_blanks |= *letter == b'b';
        order.set(*letter).then_some(())?;
    }
    let (field, char) = match position.split_once_str(b".") {
        Some((field, char)) => (numbers::parse(field)?, numbers::parse(char)?),
        None => (numbers::parse(position)?, default_char),
    };
    (field > 0).then_some(Place { field, char, skip_blanks })
}

fn is_blank(byte: u8) -> bool {
    byte == b' ' || byte == b'\t'
}

fn skip_blanks(text: &[u8]) -> &[u8] {
    &text[text.iter().take_while(|byte| is_blank(**byte)).count()..]
}

/// Sign, whole digits without leading zeros, and fraction digits without trailing zeros.
fn number(text: &[u8]) -> (bool, &[u8], &[u8]) {
    let text = skip_blanks(text);
    let (negative, text) = match text.strip_prefix(b"-") {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let digits = |text: &[u8]| text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (whole, rest) = text.split_at(digits(text));
    let fraction = rest.strip_prefix(b".").map_or(&[][..], |rest| &rest[..digits(rest)]);
    let whole = &whole[whole.iter().take_while(|byte| **byte == b'0').count()..];
    let fraction = &fraction[..fraction.len() - fraction.iter().rev().take_while(|byte| **byte == b'0').count()];
    (negative && !(whole.is_empty() && fraction.is_empty()), whole, fraction)
}

/// Numbers of any length; what is no number counts as zero.
fn compare_numbers(a: &[u8], b: &[u8]) -> Ordering {
    let ((a_negative, a_whole, a_fraction), (b_negative, b_whole, b_fraction)) = (number(a), number(b));
    let size = a_whole.len().cmp(&b_whole.len()).then_with(|| a_whole.cmp(b_whole));
    let size = size.then_with(|| a_fraction.cmp(b_fraction));
    match (a_negative, b_negative) {
        (false, false) => size,
        (true, true) => size.reverse(),
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
    }
}

/// For `-h`: the power of the suffix, negative for negative numbers, 0 for zero.
fn magnitude(text: &[u8]) -> i32 {
    let (negative, whole, fraction) = number(text);
    if whole.is_empty() && fraction.is_empty() {
        return 0;
    }
    let rest = skip_blanks(text);
    let rest = &rest[rest.iter().take_while(|byte| byte.is_ascii_digit() || b"-.".contains(byte)).count()..];
    let power = rest.first().and_then(|suffix| b"KMGTPEZY".find_byte(if *suffix == b'k' { b'K' } else { *suffix }));
    let power = power.map_or(1, |power| power as i32 + 2);
    if negative { -power } else { power }
}

/// The month that a text begins with, from 1; 0 for none.
fn month(text: &[u8]) -> usize {
    let text = skip_blanks(text);
    let is = |month: &&str| text.len() >= 3 && text[..3].eq_ignore_ascii_case(&month.as_bytes()[..3]);
    MONTHS.iter().position(is).map_or(0, |month| month + 1)
}

/// The floating point number that a text begins with.
fn float(text: &[u8]) -> Option<f64> {
    float::prefix(skip_blanks(text)).map(|(value, _)| value)
}

/// What is no number comes first, then what is said to be none, then the numbers.
fn compare_floats(a: &[u8], b: &[u8]) -> Ordering {
    let rank = |number: Option<f64>| match number {
        None => 0,
        Some(number) if number.is_nan() => 1,
        Some(_) => 2,
    };
    let (a, b) = (float(a), float(b));
    rank(a).cmp(&rank(b)).then_with(|| match (a, b) {
        (Some(a), Some(b)) => a.partial_cmp(&b).unwrap_or(Ordering::Equal),
        _ => Ordering::Equal,
    })
}

fn hash(text: &[u8], salt: &[u8]) -> [u8; 16] {
    Md5::new().chain_update(salt).chain_update(text).finalize().into()
}
