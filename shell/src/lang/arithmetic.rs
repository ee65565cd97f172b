//! Arithmetic expressions (XCU 2.6.4): those of C over 64-bit signed integers, with variables and assignment.
//!
//! Overflow wraps around, as the hardware does. `a ? b : c`, `&&` and `||` evaluate only what they need.

use alloc::{format, string::String};
use bstr::{BStr, ByteSlice};

use super::word::{continues_name, starts_name};

/// How deep parentheses, signs and conditions may nest.
const MAX_DEPTH: usize = 64;

/// The variables of an expression.
pub trait Variables {
    /// The value, of an array's element where there is an index; `None` counts as 0.
    fn get(&self, name: &BStr, index: Option<i64>) -> Result<Option<i64>, String>;
    /// Assigns.
    fn set(&mut self, name: &BStr, index: Option<i64>, value: i64) -> Result<(), String>;
}

/// Evaluates an expression. An empty one is 0. The error is a message.
pub fn evaluate(text: &[u8], variables: &mut dyn Variables) -> Result<i64, String> {
    let mut parser = Evaluator { text, pos: 0, depth: 0, skip: 0, ready: None, variables };
    if parser.peek().is_none() {
        return Ok(0);
    }
    let value = parser.comma()?;
    match parser.peek() {
        None => Ok(value),
        Some(_) => Err(parser.unexpected()),
    }
}

/// The value of a constant: decimal, `0` octal, `0x` hexadecimal, or `BASE#DIGITS` with a base of up to 36.
pub fn constant(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    let (radix, digits) = match digits {
        [b'0', b'x' | b'X', digits @ ..] => (16, digits),
        [b'0', digits @ ..] if !digits.is_empty() => (8, digits),
        digits => match digits.split_once_str("#") {
            Some((base, digits)) => (base.to_str().ok()?.parse().ok()?, digits),
            None => (10, digits),
        },
    };
    if digits.is_empty() || !(2..=36).contains(&radix) {
        return None;
    }
    let mut value = 0_i64;
    for &digit in digits {
        let digit = char::from(digit).to_digit(radix)?;
        value = value.wrapping_mul(i64::from(radix)).wrapping_add(i64::from(digit));
    }
    Some(if negative { value.wrapping_neg() } else { value })
}

/// The binary operators with how tightly they bind, longer ones first.
const BINARY: [(&str, u8); 18] = [
    ("||", 1),
    ("&&", 2),
    ("==", 6),
    ("!=", 6),
    ("<=", 7),
    (">=", 7),
    ("<<", 8),
    (">>", 8),
    ("|", 3),
    ("^", 4),
    ("&", 5),
    ("<", 7),
    (">", 7),
    ("+", 9),
    ("-", 9),
    ("*", 10),
    ("/", 10),
    ("%", 10),
];

/// The operators of assignment.
const ASSIGN: [&str; 11] = ["<<=", ">>=", "+=", "-=", "*=", "/=", "%=", "&=", "^=", "|=", "="];

struct Evaluator<'a> {
    text: &'a [u8],
    pos: usize,
    depth: usize,
    /// How many surroundings say that nothing is evaluated here.
    skip: usize,
    /// A variable that has been read ahead.
    ready: Option<Place>,
    variables: &'a mut dyn Variables,
}

type Value = Result<i64, String>;

/// A variable, or an element of one.
#[derive(Clone, Copy)]
struct Place {
    start: usize,
    end: usize,
    index: Option<i64>,
}

impl Evaluator<'_> {
    /// The next byte that is no blank.
    fn peek(&mut self) -> Option<u8> {
        while self.text.get(self.pos).is_some_and(u8::is_ascii_whitespace) {
            self.pos += 1;
        }
        self.text.get(self.pos).copied()
    }

    fn eat(&mut self, operator: &str) -> bool {
        self.peek();
        let found = self.text[self.pos..].starts_with(operator.as_bytes());
        if found {
            self.pos += operator.len();
        }
        found
    }

    fn unexpected(&mut self) -> String {
        match self.peek() {
            None => "the arithmetic expression ends too early".into(),
            Some(_) => {
                let rest: String = self.text[self.pos..].chars().take(20).collect();
                format!("arithmetic: `{rest}` cannot stand here")
            }
        }
    }

    fn deeper<T>(&mut self, parse: impl FnOnce(&mut Self) -> Result<T, String>) -> Result<T, String> {
        if self.depth == MAX_DEPTH {
            return Err(format!("the arithmetic expression is nested deeper than {MAX_DEPTH} levels"));
        }
        self.depth += 1;
        let result = parse(self);
        self.depth -= 1;
        result
    }

    fn comma(&mut self) -> Value {
        let mut value = self.assignment()?;
        while self.eat(",") {
            value = self.assignment()?;
        }
        Ok(value)
    }

    /// `NAME = value` and the like, or a condition.
    fn assignment(&mut self) -> Value {
        self.deeper(|this| {
            let Some(name) = this.place()? else { return this.condition() };
            if let Some(operator) = this.assigns() {
                let right = this.assignment()?;
                let value = match operator.strip_suffix('=').filter(|operator| !operator.is_empty()) {
                    None => right,
                    Some(operator) => {
                        let left = this.read(name)?;
                        this.apply(operator, left, right)?
                    }
                };
                return this.write(name, value);
            }
            // It has been read, and its index computed: that must not happen twice.
            this.ready = Some(name);
            this.condition()
        })
    }

    fn assigns(&mut self) -> Option<&'static str> {
        self.peek();
        let rest = &self.text[self.pos..];
        let operator = ASSIGN.into_iter().find(|operator| rest.starts_with(operator.as_bytes()))?;
        if operator == "=" && rest.starts_with(b"==") {
            return None;
        }
        self.pos += operator.len();
        Some(operator)
    }

    fn condition(&mut self) -> Value {
        let condition = self.binary(1)?;
        if !self.eat("?") {
            return Ok(condition);
        }
        let yes = self.unless(condition == 0, Self::comma)?;
        if !self.eat(":") {
            return Err(self.unexpected());
        }
        let no = self.unless(condition != 0, |this| this.deeper(Self::condition))?;
        Ok(if condition != 0 { yes } else { no })
    }

    /// Parses without evaluating, where `skip` says so.
    fn unless(&mut self, skip: bool, parse: impl FnOnce(&mut Self) -> Value) -> Value {
        self.skip += usize::from(skip);
        let value = parse(self);
        self.skip -= usize::from(skip);
        value
    }

    fn binary(&mut self, least: u8) -> Value {
        let mut left = self.unary()?;
        loop {
            self.peek();
            let rest = &self.text[self.pos..];
            let found = BINARY.into_iter().find(|(operator, _)| rest.starts_with(operator.as_bytes()));
            let Some((operator, binds)) = found.filter(|(_, binds)| *binds >= least) else { return Ok(left) };
            if ASSIGN[..10].iter().any(|assign| rest.starts_with(assign.as_bytes()))
                && !matches!(operator, "==" | "!=" | "<=" | ">=")
            {
                return Err("arithmetic: only a variable can be assigned to".into());
            }
            self.pos += operator.len();
            let skip = match operator {
                "&&" => left == 0,
                "||" => left != 0,
                _ => false,
            };
            let right = self.unless(skip, |this| this.binary(binds + 1))?;
            left = self.apply(operator, left, right)?;
        }
    }

    fn apply(&self, operator: &str, left: i64, right: i64) -> Value {
        let by_zero = || if self.skip > 0 { Ok(0) } else { Err("arithmetic: division by zero".into()) };
        Ok(match operator {
            "||" => i64::from(left != 0 || right != 0),
            "&&" => i64::from(left != 0 && right != 0),
            "|" => left | right,
            "^" => left ^ right,
            "&" => left & right,
            "==" => i64::from(left == right),
            "!=" => i64::from(left != right),
            "<=" => i64::from(left <= right),
            ">=" => i64::from(left >= right),
            "<" => i64::from(left < right),
            ">" => i64::from(left > right),
            "<<" => left.wrapping_shl(right as u32),
            ">>" => left.wrapping_shr(right as u32),
            "+" => left.wrapping_add(right),
            "-" => left.wrapping_sub(right),
            "*" => left.wrapping_mul(right),
            "/" if right == 0 => return by_zero(),
            "/" => left.wrapping_div(right),
            _ if right == 0 => return by_zero(),
            _ => left.wrapping_rem(right),
        })
    }

    fn unary(&mut self) -> Value {
        if let Some(name) = self.ready.take() {
            return self.postfix(name);
        }
        for step in ["++", "--"] {
            let start = self.pos;
            if self.eat(step) {
                if let Some(name) = self.place()? {
                    let value = self.read(name)?.wrapping_add(if step == "++" { 1 } else { -1 });
                    return self.write(name, value);
                }
                self.pos = start; // two signs
            }
        }
        match self.peek() {
            Some(sign @ (b'+' | b'-' | b'!' | b'~')) => {
                self.pos += 1;
                let value = self.deeper(Self::unary)?;
                Ok(match sign {
                    b'+' => value,
                    b'-' => value.wrapping_neg(),
                    b'!' => i64::from(value == 0),
                    _ => !value,
                })
            }
            Some(b'(') => {
                self.pos += 1;
                let value = self.deeper(Self::comma)?;
                if self.eat(")") { Ok(value) } else { Err(self.unexpected()) }
            }
            Some(b'0'..=b'9') => {
                let rest = &self.text[self.pos..];
                let length =
                    rest.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'#').count();
                let value = constant(&rest[..length]).ok_or_else(|| self.unexpected())?;
                self.pos += length;
                Ok(value)
            }
            _ => {
                let Some(name) = self.place()? else { return Err(self.unexpected()) };
                self.postfix(name)
            }
        }
    }

    /// A variable, and `++` or `--` behind it.
    fn postfix(&mut self, name: Place) -> Value {
        let value = self.read(name)?;
        for (step, by) in [("++", 1), ("--", -1)] {
            if self.eat(step) {
                self.write(name, value.wrapping_add(by))?;
            }
        }
        Ok(value)
    }

    /// A name and its index, where one comes next.
    fn place(&mut self) -> Result<Option<Place>, String> {
        if !self.peek().is_some_and(starts_name) {
            return Ok(None);
        }
        let rest = &self.text[self.pos..];
        let length = rest.iter().take_while(|byte| continues_name(**byte)).count();
        let start = self.pos;
        self.pos += length;
        let mut place = Place { start, end: self.pos, index: None };
        if self.text.get(self.pos) == Some(&b'[') {
            self.pos += 1;
            place.index = Some(self.deeper(Self::comma)?);
            if !self.eat("]") {
                return Err(self.unexpected());
            }
        }
        Ok(Some(place))
    }

    fn read(&mut self, place: Place) -> Value {
        if self.skip > 0 {
            return Ok(0);
        }
        let name = self.text[place.start..place.end].as_bstr();
        Ok(self.variables.get(name, place.index)?.unwrap_or(0))
    }

    fn write(&mut self, place: Place, value: i64) -> Value {
        if self.skip == 0 {
            let name = self.text[place.start..place.end].as_bstr();
            self.variables.set(name, place.index, value)?;
        }
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{collections::BTreeMap, string::ToString};

    impl Variables for BTreeMap<String, i64> {
        fn get(&self, name: &BStr, _: Option<i64>) -> Result<Option<i64>, String> {
            Ok(BTreeMap::get(self, &name.to_string()).copied())
        }
        fn set(&mut self, name: &BStr, _: Option<i64>, value: i64) -> Result<(), String> {
            self.insert(name.to_string(), value);
            Ok(())
        }
    }

    fn value(text: &str) -> Value {
        evaluate(text.as_bytes(), &mut BTreeMap::from([("x".to_string(), 5)]))
    }

    #[test]
    fn operators_bind_as_in_c() {
        let cases = [
            ("", 0),
            ("1 + 2 * 3", 7),
            ("(1 + 2) * 3", 9),
            ("10 - 2 - 3", 5),
            ("2 * 3 % 4", 2),
            ("-7 / 2", -3),
            ("1 << 2 + 1", 8),
            ("1 | 2 ^ 3 & 6", 1),
            ("1 < 2 == 1", 1),
            ("!0 + ~0", 0),
            ("- -3", 3),
            ("0 ? 1 : 2 ? 3 : 4", 3),
            ("1 || 1 / 0", 1),
            ("0 && 1 / 0", 0),
            ("1 ? 2 : 1 / 0", 2),
            ("1, 2", 2),
            ("0x1F + 010 + 2#101", 31 + 8 + 5),
            ("x", 5),
            ("y", 0),
            ("x = y = 3, x + y", 6),
            ("x += 2, x", 7),
            ("x <<= 1", 10),
            ("x++ + x", 11),
            ("++x + x", 12),
            ("x--, x", 4),
            ("x==5", 1),
            ("x!=5", 0),
            ("x <= 5", 1),
            ("9223372036854775807 + 1", i64::MIN),
            ("(x > 3) && (x < 9)", 1),
            ("1 ? x = 2 : 0, x", 2),
            ("0 && (x = 9), x", 5),
            ("3 - -x", 8),
            ("1 << 65", 2),
        ];
        for (text, expected) in cases {
            assert_eq!(value(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn mistakes_are_errors() {
        for text in [
            "1 +", "(1", "1)", "1 2", "1 / 0", "1 % 0", "08", "0x", "1 = 2", "5 += 1", "a b", "$", "1 ? 2",
            "37#1", "* 3",
        ] {
            assert!(value(text).is_err(), "{text}: {:?}", value(text));
        }
        assert!(value(&"(".repeat(100_000)).is_err());
        assert!(value(&"-".repeat(100_001)).is_err());
        assert!(value(&"x=".repeat(100_000)).is_err());
        assert!(value(&"1?1:".repeat(100_000)).is_err());
    }
}
