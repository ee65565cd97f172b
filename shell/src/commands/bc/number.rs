//! Decimal numbers of any length: an integer and how many of its digits stand behind the point. What operations give
//! follows the rules of POSIX bc for scales.

use alloc::{string::String, vec::Vec};
use core::cmp::Ordering;
use num_bigint::{BigInt, Sign};
use num_integer::Integer;

/// The longest number, in digits. Longer ones would take more time in one operation than others can wait.
pub(super) const LONGEST: u64 = 1 << 20;

/// `digits / 10^scale`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Number {
    pub digits: BigInt,
    pub scale: u32,
}

/// What cannot be computed.
pub(super) type Computed<T> = Result<T, &'static str>;

const TOO_LONG: &str = "a number would have more than a million digits";

pub(super) fn ten_to(power: u32) -> BigInt {
    BigInt::from(10).pow(power)
}

/// About how many decimal digits an integer has, or one more.
fn size(number: &BigInt) -> u64 {
    number.bits() * 1233 / 4096 + 1
}

impl From<i64> for Number {
    fn from(number: i64) -> Self {
        Self { digits: number.into(), scale: 0 }
    }
}

impl Number {
    pub fn new(digits: BigInt, scale: u32) -> Self {
        Self { digits, scale }
    }

    pub fn is_zero(&self) -> bool {
        self.digits.sign() == Sign::NoSign
    }

    pub fn is_negative(&self) -> bool {
        self.digits.sign() == Sign::Minus
    }

    pub fn negated(self) -> Self {
        Self { digits: -self.digits, scale: self.scale }
    }

    /// With another scale; what is beyond it is cut off.
    pub fn with_scale(&self, scale: u32) -> Self {
        let digits = match scale.cmp(&self.scale) {
            Ordering::Equal => self.digits.clone(),
            Ordering::Greater => &self.digits * ten_to(scale - self.scale),
            Ordering::Less => &self.digits / ten_to(self.scale - scale),
        };
        Self { digits, scale }
    }

    /// The whole part, if it fits.
    pub fn whole(&self) -> Option<i64> {
        i64::try_from(self.with_scale(0).digits).ok()
    }

    fn aligned(&self, other: &Self) -> (BigInt, BigInt, u32) {
        let scale = self.scale.max(other.scale);
        (self.with_scale(scale).digits, other.with_scale(scale).digits, scale)
    }

    pub fn compare(&self, other: &Self) -> Ordering {
        let (left, right, _) = self.aligned(other);
        left.cmp(&right)
    }

    pub fn add(&self, other: &Self) -> Self {
        let (left, right, scale) = self.aligned(other);
        Self { digits: left + right, scale }
    }

    pub fn subtract(&self, other: &Self) -> Self {
        let (left, right, scale) = self.aligned(other);
        Self { digits: left - right, scale }
    }

    pub fn multiply(&self, other: &Self, scale: u32) -> Computed<Self> {
        if size(&self.digits) + size(&other.digits) > LONGEST {
            return Err(TOO_LONG);
        }
        let whole = Self { digits: &self.digits * &other.digits, scale: self.scale + other.scale };
        Ok(whole.with_scale(whole.scale.min(scale.max(self.scale).max(other.scale))))
    }

    pub fn divide(&self, other: &Self, scale: u32) -> Computed<Self> {
        if other.is_zero() {
            return Err("divide by zero");
        }
        let shift = u64::from(scale) + u64::from(other.scale);
        if size(&self.digits) + shift > LONGEST {
            return Err(TOO_LONG);
        }
        // digits / 10^a / (other / 10^b) * 10^scale
        let over = &self.digits * ten_to(shift as u32);
        Ok(Self { digits: over / (&other.digits * ten_to(self.scale)), scale })
    }

    pub fn remainder(&self, other: &Self, scale: u32) -> Computed<Self> {
        let quotient = self.divide(other, scale)?;
        let rest = scale.saturating_add(other.scale).max(self.scale);
        let whole = Self { digits: &quotient.digits * &other.digits, scale: quotient.scale + other.scale };
        Ok(self.subtract(&whole).with_scale(rest))
    }

    pub fn square_root(&self, scale: u32) -> Computed<Self> {
        if self.is_negative() {
            return Err("square root of a negative number");
        }
        let scale = scale.max(self.scale);
        if size(&self.digits) + 2 * u64::from(scale) > LONGEST {
            return Err(TOO_LONG);
        }
        let over = &self.digits * ten_to(2 * scale - self.scale);
        Ok(Self { digits: over.sqrt(), scale })
    }

    /// How many digits it has, leading zeros not counted (`length`).
    pub fn length(&self) -> usize {
        let digits = self.digits.magnitude();
        let length = if self.is_zero() { 1 } else { digits.to_radix_be(10).len() };
        length.max(self.scale as usize)
    }

    /// Reads digits in a base. A digit that the base does not have counts as its highest, unless it stands alone.
    pub fn parse(text: &str, base: u32) -> Self {
        let (whole, part) = text.split_once('.').unwrap_or((text, ""));
        // Zeros before it do not count.
        let whole = whole.trim_start_matches('0');
        let alone = part.is_empty() && whole.len() <= 1;
        let values = |text: &str| -> Vec<u8> {
            let value = |digit: char| digit.to_digit(16).unwrap_or(0);
            text.chars().map(|digit| if alone { value(digit) } else { value(digit).min(base - 1) } as u8).collect()
        };
        let read = |digits: Vec<u8>| match (digits.as_slice(), base) {
            ([], _) => BigInt::default(),
            ([one], _) => BigInt::from(*one),
            (digits, base) => BigInt::from_radix_be(Sign::Plus, digits, base).unwrap_or_default(),
        };
        let (whole, count) = (read(values(whole)), part.len() as u32);
        let part = read(values(part));
        if base == 10 {
            return Self { digits: whole * ten_to(count) + part, scale: count };
        }
        let part = part * ten_to(count) / BigInt::from(base).pow(count);
        Self { digits: whole * ten_to(count) + part, scale: count }
    }

    /// As it is printed in a base: from 17 on digits are decimal numbers with a blank before each.
    pub fn text(&self, base: u32) -> String {
        if self.is_zero() {
            return "0".into();
        }
        let mut text = String::new();
        if self.is_negative() {
            text.push('-');
        }
        let (whole, part) = self.digits.magnitude().div_rem(ten_to(self.scale).magnitude());
        let width = alloc::format!("{}", base - 1).len();
        let digit = |text: &mut String, digit: u32, blank: bool| match char::from_digit(digit, 16) {
            Some(char) if base <= 16 => text.push(char.to_ascii_uppercase()),
            _ => {
                if blank {
                    text.push(' ');
                }
                text.push_str(&alloc::format!("{digit:0width$}"));
            }
        };
        if whole.bits() > 0 {
            digits_in(&whole, base).into_iter().for_each(|value| digit(&mut text, value, true));
        }
        if self.scale > 0 {
            text.push('.');
            if base == 10 {
                text.push_str(&alloc::format!("{:0>width$}", part.to_str_radix(10), width = self.scale as usize));
                return text;
            }
            let (mut rest, one) = (part, ten_to(self.scale).magnitude().clone());
            let (mut reached, mut first) = (num_bigint::BigUint::from(1u32), true);
            while reached < one || first {
                let (value, left) = (rest * base).div_rem(&one);
                digit(&mut text, u32::try_from(&value).unwrap_or(0), !first);
                (rest, first) = (left, false);
                reached *= base;
            }
        }
        text
    }
}

fn digits_in(whole: &num_bigint::BigUint, base: u32) -> Vec<u32> {
    if base <= 256 {
        return whole.to_radix_be(base).into_iter().map(u32::from).collect();
    }
    let (mut digits, mut rest, base) = (Vec::new(), whole.clone(), num_bigint::BigUint::from(base));
    while rest.bits() > 0 {
        let (left, digit) = rest.div_rem(&base);
        digits.push(u32::try_from(&digit).unwrap_or(0));
        rest = left;
    }
    digits.reverse();
    digits
}
