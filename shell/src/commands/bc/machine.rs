//! Running steps. Between some of them others run, and a signal can end it all there.

use alloc::{collections::BTreeMap, format, string::String, sync::Arc, vec::Vec};
use bstr::ByteSlice;
use core::cmp::Ordering;

use super::{
    library,
    number::{Computed, LONGEST, Number},
    program::{Argument, Binary, Defined, IBASE, Id, LAST, Local, Names, OBASE, SCALE, Step, Target},
};
use crate::{
    io::{Ended, Lines, Output},
    process::Process,
};

/// Steps between two pauses.
const AT_ONCE: u32 = 256;
/// Numbers of more bits take so long that each operation is followed by a pause.
const LARGE_BITS: u64 = 8192;
/// How deep functions may call functions.
const MOST_CALLS: usize = 10_000;
/// The largest index of an array.
const MOST_ELEMENTS: i64 = 1 << 24;

/// Why a line ended early.
pub(super) enum Stop {
    /// What went wrong, in which line.
    Error(usize, String),
    Halt,
    /// The output is gone, and that has been said.
    Ended(Ended),
}

impl From<Ended> for Stop {
    fn from(ended: Ended) -> Self {
        Stop::Ended(ended)
    }
}

/// What a function's locals were outside of it.
enum Saved {
    Variable(Id, Number),
    Array(Id, BTreeMap<u32, Number>),
}

struct Frame {
    steps: Arc<[Step]>,
    at: usize,
    saved: Vec<Saved>,
    stack: usize,
}

pub(super) struct Machine<'p> {
    p: &'p Process,
    pub out: Output<'p>,
    pub stdin: Lines,
    variables: Vec<Number>,
    arrays: Vec<BTreeMap<u32, Number>>,
    functions: Vec<Option<Defined>>,
    stack: Vec<Number>,
    frames: Vec<Frame>,
    line: usize,
    done: u32,
    column: usize,
    /// How long lines of digits are; 0: as long as they want.
    width: usize,
}

impl<'p> Machine<'p> {
    pub fn new(p: &'p Process, scale: i64) -> Self {
        let told = p.env.get(b"BC_LINE_LENGTH".as_bstr()).and_then(|text| text.to_str().ok()?.parse().ok());
        let width = told.filter(|width| *width == 0 || *width > 2).unwrap_or(70);
        let variables = [scale, 10, 10, 0].map(Number::from).to_vec();
        Self {
            p,
            out: Output::new(p),
            stdin: Lines::new(&p.stdin()),
            variables,
            arrays: Vec::new(),
            functions: Vec::new(),
            stack: Vec::new(),
            frames: Vec::new(),
            line: 0,
            done: 0,
            column: 0,
            width,
        }
    }

    pub fn define(&mut self, id: Id, defined: Defined) {
        if self.functions.len() <= id {
            self.functions.resize(id + 1, None);
        }
        self.functions[id] = Some(defined);
    }

    fn setting(&self, id: Id) -> u32 {
        self.variables[id].whole().and_then(|number| u32::try_from(number).ok()).unwrap_or(0)
    }

    fn pop(&mut self) -> Number {
        self.stack.pop().unwrap_or_default()
    }

    /// Runs steps outside of functions.
    pub async fn run(&mut self, steps: Vec<Step>, names: &Names) -> Result<(), Stop> {
        self.variables.resize(self.variables.len().max(names.variables.len()), Number::default());
        self.arrays.resize(self.arrays.len().max(names.arrays.len()), BTreeMap::new());
        self.frames.push(Frame { steps: steps.into(), at: 0, saved: Vec::new(), stack: 0 });
        let done = self.run_frames(names).await;
        // After an error locals are again what they were outside.
        while let Some(frame) = self.frames.pop() {
            self.restore(frame.saved);
        }
        self.stack.clear();
        done
    }

    async fn run_frames(&mut self, names: &Names) -> Result<(), Stop> {
        loop {
            let Some(frame) = self.frames.last_mut() else { return Ok(()) };
            let Some(step) = frame.steps.get(frame.at).cloned() else { return Ok(()) };
            frame.at += 1;
            self.done += 1;
            let large = self.stack.last().is_some_and(|top| top.digits.bits() > LARGE_BITS);
            if large || self.done.is_multiple_of(AT_ONCE) {
                self.p.sys.yield_now().await;
            }
            match step {
                Step::Print => {
                    let value = self.pop();
                    self.print(&value, true).await?;
                    self.variables[LAST] = value;
                }
                Step::PrintPlain => {
                    let value = self.pop();
                    self.print(&value, false).await?;
                    self.variables[LAST] = value;
                }
                Step::Text(text) => self.write(&text).await?,
                Step::Escaped(text) => self.write(&unescaped(&text)).await?,
                Step::Read => {
                    let value = self.read().await.map_err(|message| self.error(message))?;
                    self.stack.push(value);
                }
                Step::Library(function) => {
                    let x = self.pop();
                    let order = if function.arguments() == 2 { self.pop() } else { Number::default() };
                    let scale = self.setting(SCALE);
                    let value = library::call(&*self.p.sys, function, &order, &x, scale).await;
                    self.stack.push(value.map_err(|message| self.error(message))?);
                }
                Step::Binary(Binary::Power) => {
                    let (exponent, base) = (self.pop(), self.pop());
                    let value = self.power(base, &exponent).await.map_err(|message| self.error(message))?;
                    self.stack.push(value);
                }
                Step::Halt => return Err(Stop::Halt),
                step => self.step(step, names).map_err(|message| Stop::Error(self.line, message))?,
            }
        }
    }

    fn error(&self, message: &str) -> Stop {
        Stop::Error(self.line, message.into())
    }

    /// A step that takes little time.
    fn step(&mut self, step: Step, names: &Names) -> Result<(), String> {
        match step {
            Step::Line(line) => self.line = line,
            Step::Number(text) => {
                let number = Number::parse(&text, self.setting(IBASE));
                self.stack.push(number);
            }
            Step::Load(target) => {
                let value = self.load(target, false)?;
                self.stack.push(value);
            }
            Step::Peek(target) => {
                let value = self.load(target, true)?;
                self.stack.push(value);
            }
            Step::Store(target) => {
                let value = self.pop();
                self.store(target, value.clone())?;
                self.stack.push(value);
            }
            Step::Increment(target, by, before) => {
                let old = self.load(target, true)?;
                let new = old.add(&Number::from(i64::from(by)));
                self.store(target, new.clone())?;
                self.stack.push(if before { old } else { new });
            }
            Step::Binary(operator) => {
                let (right, left) = (self.pop(), self.pop());
                let value = self.binary(operator, &left, &right)?;
                self.stack.push(value);
            }
            Step::Negate => {
                let value = self.pop().negated();
                self.stack.push(value);
            }
            Step::Not => {
                let value = Number::from(i64::from(self.pop().is_zero()));
                self.stack.push(value);
            }
            Step::Length => {
                let value = Number::from(self.pop().length() as i64);
                self.stack.push(value);
            }
            Step::Scale => {
                let value = Number::from(i64::from(self.pop().scale));
                self.stack.push(value);
            }
            Step::Root => {
                let value = self.pop().square_root(self.setting(SCALE))?;
                self.stack.push(value);
            }
            Step::Call(id, arguments) => self.call(id, &arguments, names)?,
            Step::Drop => drop(self.stack.pop()),
            Step::Jump(to) => self.jump(to),
            Step::JumpIfZero(to) => {
                if self.pop().is_zero() {
                    self.jump(to);
                }
            }
            Step::Return => {
                let value = self.pop();
                if let Some(frame) = self.frames.pop() {
                    self.stack.truncate(frame.stack);
                    self.restore(frame.saved);
                }
                self.stack.push(value);
            }
            // These wait, and are done elsewhere.
            Step::Print | Step::PrintPlain | Step::Text(_) | Step::Escaped(_) | Step::Read | Step::Halt => {}
            Step::Library(_) => {}
        }
        Ok(())
    }

    fn jump(&mut self, to: usize) {
        if let Some(frame) = self.frames.last_mut() {
            frame.at = to;
        }
    }

    fn index(&mut self, stays: bool) -> Result<u32, String> {
        let index = if stays { self.stack.last().cloned().unwrap_or_default() } else { self.pop() };
        let whole = index.whole().filter(|whole| (0..MOST_ELEMENTS).contains(whole));
        match whole.and_then(|whole| u32::try_from(whole).ok()) {
            Some(index) => Ok(index),
            None => Err(format!("there is no element [{}]", index.text(10))),
        }
    }

    fn load(&mut self, target: Target, index_stays: bool) -> Result<Number, String> {
        Ok(match target {
            Target::Variable(id) => self.variables[id].clone(),
            Target::Element(id) => {
                let index = self.index(index_stays)?;
                self.arrays[id].get(&index).cloned().unwrap_or_default()
            }
        })
    }

    fn store(&mut self, target: Target, value: Number) -> Result<(), String> {
        let id = match target {
            Target::Element(id) => {
                let index = self.index(false)?;
                self.arrays[id].insert(index, value);
                return Ok(());
            }
            Target::Variable(id) => id,
        };
        let whole = value.whole().unwrap_or(i64::MAX);
        let allowed = match id {
            SCALE => Some(("scale", 0..=i64::try_from(LONGEST / 4).unwrap_or(i64::MAX))),
            IBASE => Some(("ibase", 2..=16)),
            OBASE => Some(("obase", 2..=i64::from(i32::MAX))),
            _ => None,
        };
        self.variables[id] = match allowed {
            Some((name, range)) if !range.contains(&whole) => {
                return Err(format!("{name} can be {} to {}", range.start(), range.end()));
            }
            Some(_) => value.with_scale(0),
            None => value,
        };
        Ok(())
    }

    fn binary(&self, operator: Binary, left: &Number, right: &Number) -> Computed<Number> {
        let scale = self.setting(SCALE);
        let holds = |orders: &[Ordering]| Ok(Number::from(i64::from(orders.contains(&left.compare(right)))));
        match operator {
            Binary::Add => Ok(left.add(right)),
            Binary::Subtract => Ok(left.subtract(right)),
            Binary::Multiply => left.multiply(right, scale),
            Binary::Divide => left.divide(right, scale),
            Binary::Remainder => left.remainder(right, scale),
            Binary::Power => Ok(Number::default()), // it waits, and is done elsewhere
            Binary::Equal => holds(&[Ordering::Equal]),
            Binary::Unequal => holds(&[Ordering::Less, Ordering::Greater]),
            Binary::Less => holds(&[Ordering::Less]),
            Binary::LessOrEqual => holds(&[Ordering::Less, Ordering::Equal]),
            Binary::Greater => holds(&[Ordering::Greater]),
            Binary::GreaterOrEqual => holds(&[Ordering::Greater, Ordering::Equal]),
        }
    }

    /// Squares and multiplies. What is behind the point of the exponent is cut off.
    async fn power(&self, base: Number, exponent: &Number) -> Computed<Number> {
        let scale = self.setting(SCALE);
        let exponent = exponent.whole().ok_or("the exponent is too large")?;
        let mut left = exponent.unsigned_abs();
        let result_scale = match exponent < 0 {
            true => scale,
            false => u64::from(base.scale).saturating_mul(left).min(u64::from(scale.max(base.scale))) as u32,
        };
        let small = base.digits.bits() <= 1 && base.scale == 0;
        if !small && base.digits.bits().max(u64::from(base.scale)).saturating_mul(left) / 3 > LONGEST {
            return Err("the result would have more than a million digits");
        }
        let (mut result, mut square) = (Number::from(1), base);
        while left > 0 {
            if left & 1 == 1 {
                result = result.multiply(&square, u32::MAX)?;
            }
            left >>= 1;
            if left > 0 {
                square = square.multiply(&square, u32::MAX)?;
            }
            self.p.sys.yield_now().await;
        }
        match exponent < 0 {
            true => Number::from(1).divide(&result, result_scale),
            false => Ok(result.with_scale(result_scale)),
        }
    }

    fn call(&mut self, id: Id, arguments: &[Argument], names: &Names) -> Result<(), String> {
        let name = names.functions.get(id).map_or("?", String::as_str);
        let Some(Some(defined)) = self.functions.get(id).cloned() else {
            return Err(format!("function {name} is not defined"));
        };
        if self.frames.len() > MOST_CALLS {
            return Err(format!("function {name} calls deeper than {MOST_CALLS} levels"));
        }
        let fits = |(parameter, argument): (&Local, &Argument)| {
            matches!(
                (parameter, argument),
                (Local::Variable(_), Argument::Value) | (Local::Array(_), Argument::Array(_))
            )
        };
        if defined.parameters.len() != arguments.len() || !defined.parameters.iter().zip(arguments).all(fits) {
            return Err(format!("function {name} takes other parameters"));
        }
        // All values before any local is changed: an array may be a local of the function itself.
        let mut arrays = Vec::new();
        for argument in arguments {
            if let Argument::Array(id) = argument {
                arrays.push(self.arrays[*id].clone());
            }
        }
        let count = arguments.iter().filter(|argument| **argument == Argument::Value).count();
        let values = self.stack.split_off(self.stack.len().saturating_sub(count));
        let (mut values, mut arrays) = (values.into_iter(), arrays.into_iter());
        let mut saved = Vec::new();
        for local in &defined.parameters {
            saved.push(match local {
                Local::Variable(id) => {
                    let value = values.next().unwrap_or_default();
                    Saved::Variable(*id, core::mem::replace(&mut self.variables[*id], value))
                }
                Local::Array(id) => {
                    let array = arrays.next().unwrap_or_default();
                    Saved::Array(*id, core::mem::replace(&mut self.arrays[*id], array))
                }
            });
        }
        for local in &defined.own {
            saved.push(match local {
                Local::Variable(id) => Saved::Variable(*id, core::mem::take(&mut self.variables[*id])),
                Local::Array(id) => Saved::Array(*id, core::mem::take(&mut self.arrays[*id])),
            });
        }
        self.frames.push(Frame { steps: defined.steps, at: 0, saved, stack: self.stack.len() });
        Ok(())
    }

    fn restore(&mut self, saved: Vec<Saved>) {
        for saved in saved.into_iter().rev() {
            match saved {
                Saved::Variable(id, value) => self.variables[id] = value,
                Saved::Array(id, array) => self.arrays[id] = array,
            }
        }
    }

    /// A number from the next line of standard input.
    async fn read(&mut self) -> Computed<Number> {
        self.out.flush().await.map_err(|_| "cannot write")?;
        let base = self.setting(IBASE);
        let line = self.stdin.next_line().await.map_err(|_| "standard input cannot be read")?;
        let text = line.unwrap_or_default().trim_ascii();
        let (negative, digits) = match text.strip_prefix(b"-") {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let known = |byte: &u8| matches!(byte, b'0'..=b'9' | b'A'..=b'F' | b'.');
        let digits = digits.to_str().ok().filter(|text| !text.is_empty() && text.as_bytes().iter().all(known));
        let number = Number::parse(digits.ok_or("this is no number that could be read")?, base);
        Ok(if negative { number.negated() } else { number })
    }

    /// Prints a number; a long one goes on in the next line, after a backslash.
    async fn print(&mut self, value: &Number, ends_line: bool) -> Result<(), Stop> {
        let text = value.text(self.setting(OBASE));
        for char in text.bytes() {
            self.column += 1;
            if self.width > 0 && self.column == self.width - 1 {
                self.out.push(b"\\\n");
                self.column = 1;
            }
            self.out.push(&[char]);
        }
        if ends_line {
            self.out.push(b"\n");
            self.column = 0;
        }
        Ok(self.out.settle().await?)
    }

    async fn write(&mut self, text: &[u8]) -> Result<(), Stop> {
        self.column = match text.rfind_byte(b'\n') {
            Some(at) => text.len() - at - 1,
            None => self.column + text.len(),
        };
        Ok(self.out.write(text).await?)
    }
}

/// A text of `print` with what its backslashes mean.
fn unescaped(text: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    let mut bytes = text.iter().copied();
    while let Some(byte) = bytes.next() {
        if byte != b'\\' {
            plain.push(byte);
            continue;
        }
        match bytes.next() {
            Some(b'a') => plain.push(7),
            Some(b'b') => plain.push(8),
            Some(b'f') => plain.push(12),
            Some(b'n') => plain.push(b'\n'),
            Some(b'q') => plain.push(b'"'),
            Some(b'r') => plain.push(b'\r'),
            Some(b't') => plain.push(b'\t'),
            Some(b'e' | b'\\') => plain.push(b'\\'),
            Some(other) => plain.extend_from_slice(&[b'\\', other]),
            None => plain.push(b'\\'),
        }
    }
    plain
}
