//! The functions of `bc -l`, by series over integers that stand for so many digits behind the point: with some digits
//! more than are asked for, which are cut off in the end. Each gives way to others after some terms.

use num_bigint::BigInt;
use num_integer::Integer;

use super::number::{Computed, Number, ten_to};
use crate::env::System;

/// Terms between two pauses.
const AT_ONCE: u32 = 64;
/// Digits that are computed besides those asked for.
const GUARD: u32 = 10;

/// Which function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Function {
    Sine,
    Cosine,
    Arctangent,
    Logarithm,
    Exponential,
    Bessel,
}

impl Function {
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "s" => Self::Sine,
            "c" => Self::Cosine,
            "a" => Self::Arctangent,
            "l" => Self::Logarithm,
            "e" => Self::Exponential,
            "j" => Self::Bessel,
            _ => return None,
        })
    }

    pub fn arguments(self) -> usize {
        if self == Self::Bessel { 2 } else { 1 }
    }
}

/// Computes with a number of digits behind the point.
struct Fixed<'a> {
    sys: &'a dyn System,
    one: BigInt,
    terms: u32,
}

pub(super) async fn call(
    sys: &dyn System,
    function: Function,
    order: &Number,
    x: &Number,
    scale: u32,
) -> Computed<Number> {
    let whole = x.with_scale(0).digits.bits();
    let more = match function {
        // e^x has that many digits before the point, and what is squared loses some.
        Function::Exponential => {
            if whole > 22 {
                return match x.is_negative() {
                    true => Ok(Number::new(BigInt::default(), scale)),
                    false => Err("the result would have more than a million digits"),
                };
            }
            let size = x.whole().unwrap_or(0).unsigned_abs() as u32;
            size / 2 + size.checked_ilog2().unwrap_or(0)
        }
        Function::Bessel => x.whole().unwrap_or(0).unsigned_abs().min(1 << 20) as u32,
        _ => (whole / 3).min(1 << 20) as u32,
    };
    let places = scale + GUARD + more;
    let fixed = &mut Fixed { sys, one: ten_to(places), terms: 0 };
    let argument = x.with_scale(places).digits;
    let result = match function {
        Function::Exponential => fixed.exponential(argument).await,
        Function::Logarithm if x.is_zero() || x.is_negative() => {
            return Ok(Number::new((BigInt::from(1) - ten_to(scale)) * ten_to(scale), scale));
        }
        Function::Logarithm => fixed.logarithm(argument).await,
        Function::Arctangent => fixed.arctangent(argument).await,
        Function::Sine => fixed.sine(argument).await,
        Function::Cosine => {
            let quarter = fixed.pi().await / 2;
            fixed.sine(argument + quarter).await
        }
        Function::Bessel => fixed.bessel(order, argument).await?,
    };
    Ok(Number::new(result, places).with_scale(scale))
}

impl Fixed<'_> {
    async fn pause(&mut self) {
        self.terms += 1;
        if self.terms.is_multiple_of(AT_ONCE) {
            self.sys.yield_now().await;
        }
    }

    fn product(&self, a: &BigInt, b: &BigInt) -> BigInt {
        a * b / &self.one
    }

    fn quotient(&self, a: &BigInt, b: &BigInt) -> BigInt {
        a * &self.one / b
    }

    /// The sum of a series; `next` makes a term of the one before and its number.
    async fn series(&mut self, first: BigInt, next: impl Fn(&Self, BigInt, u32) -> BigInt) -> BigInt {
        let (mut sum, mut term, mut number) = (first.clone(), first, 1);
        let zero = BigInt::default();
        while term != zero {
            term = next(self, term, number);
            sum += &term;
            number += 1;
            self.pause().await;
        }
        sum
    }

    async fn exponential(&mut self, x: BigInt) -> BigInt {
        let negative = x < BigInt::default();
        let mut x = if negative { -x } else { x };
        // Halved until it is small, and squared as often.
        let halvings = (x.bits() + 8).saturating_sub(self.one.bits());
        x >>= halvings;
        let one = self.one.clone();
        let mut result = self.series(one, |fixed, term, n| fixed.product(&term, &x) / n).await;
        for _ in 0..halvings {
            result = self.product(&result, &result);
            self.pause().await;
        }
        if negative { self.quotient(&self.one, &result) } else { result }
    }

    async fn logarithm(&mut self, mut x: BigInt) -> BigInt {
        // Roots until it is near 1: the logarithm is halved by each.
        let mut roots = 0u32;
        let near: BigInt = &self.one / 8;
        loop {
            let distance: BigInt = &x - &self.one;
            if distance.magnitude() <= near.magnitude() {
                break;
            }
            x = (x * &self.one).sqrt();
            roots += 1;
            self.pause().await;
        }
        // ln x = 2 artanh((x - 1) / (x + 1))
        let t = self.quotient(&(&x - &self.one), &(&x + &self.one));
        let square = self.product(&t, &t);
        let mut power = t.clone();
        let (mut sum, mut n, zero) = (t, 1u32, BigInt::default());
        while power != zero {
            power = self.product(&power, &square);
            n += 2;
            sum += &power / n;
            self.pause().await;
        }
        sum << (roots + 1)
    }

    async fn arctangent(&mut self, mut x: BigInt) -> BigInt {
        // atan x = 2 atan(x / (1 + sqrt(1 + x^2)))
        let mut halvings = 0u32;
        let near: BigInt = &self.one / 8;
        while x.magnitude() > near.magnitude() {
            let root = (self.product(&x, &x) * &self.one + &self.one * &self.one).sqrt();
            x = self.quotient(&x, &(root + &self.one));
            halvings += 1;
            self.pause().await;
        }
        let square = -self.product(&x, &x);
        let mut power = x.clone();
        let (mut sum, mut n, zero) = (x, 1u32, BigInt::default());
        while power != zero {
            power = self.product(&power, &square);
            n += 2;
            sum += &power / n;
            self.pause().await;
        }
        sum << halvings
    }

    async fn pi(&mut self) -> BigInt {
        let one = self.one.clone();
        self.arctangent(one).await * 4
    }

    async fn sine(&mut self, x: BigInt) -> BigInt {
        let pi = self.pi().await;
        let (turns, mut x) = x.div_mod_floor(&pi);
        if x > &pi / 2 {
            x = pi - x;
        }
        let square = self.product(&x, &x);
        let sum = self.series(x, |fixed, term, n| -fixed.product(&term, &square) / (2 * n) / (2 * n + 1)).await;
        if turns.is_odd() { -sum } else { sum }
    }

    /// The Bessel function of the first kind and of an integer order.
    async fn bessel(&mut self, order: &Number, x: BigInt) -> Computed<BigInt> {
        let order = order.whole().ok_or("the order of a Bessel function is too large")?;
        let n = u32::try_from(order.unsigned_abs()).ok().filter(|n| *n <= 1 << 20);
        let n = n.ok_or("the order of a Bessel function is too large")?;
        let half = x / 2;
        // (x/2)^n / n!
        let mut first = self.one.clone();
        for factor in 1..=n {
            first = self.product(&first, &half) / factor;
            self.pause().await;
        }
        let square = self.product(&half, &half);
        let sum = self.series(first, |fixed, term, k| -fixed.product(&term, &square) / k / (k + n)).await;
        Ok(if order < 0 && n % 2 == 1 { -sum } else { sum })
    }
}
