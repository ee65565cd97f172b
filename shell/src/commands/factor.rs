//! `factor`: numbers as products of primes.

use alloc::{format, vec::Vec};
use bstr::{BStr, ByteSlice};
use core::fmt::Write;

use super::support::{files::Files, numbers};
use crate::{
    io::{self, Ended, Outcome, Output},
    process::Process,
};

command!(
    "factor",
    "factor [NUMBER]...",
    "Prints the prime factors of numbers below 2 to the 64th, or of those of standard input."
);

async fn run(p: Process) -> Outcome {
    let options = io::options(&p, &COMMAND, "#", &[]).await?;
    let mut out = Output::new(&p);
    let mut fine = true;
    if !options.operands.is_empty() {
        for word in &options.operands {
            fine &= print(&p, word, &mut out).await?;
        }
        return out.finish(u8::from(!fine)).await;
    }
    let mut files = Files::new(&p, &[]);
    while let Some(mut lines) = files.next().await {
        while let Some(line) = files.line(lines.next_line().await).await {
            for word in line.fields_with(char::is_whitespace) {
                fine &= print(&p, word.as_bstr(), &mut out).await?;
            }
        }
    }
    out.finish(files.status.max(u8::from(!fine))).await
}

async fn print(p: &Process, word: &BStr, out: &mut Output<'_>) -> Result<bool, Ended> {
    let Some(number) = numbers::parse::<u64>(word) else {
        out.flush().await?;
        io::complain(p, format!("'{word}' is not a whole number below 2 to the 64th")).await;
        return Ok(false);
    };
    let mut factors = Vec::new();
    split(p, number, &mut factors).await;
    factors.sort_unstable();
    let _ = write!(out, "{number}:"); // gathering cannot fail
    for factor in factors {
        let _ = write!(out, " {factor}");
    }
    out.write(b"\n").await?;
    Ok(true)
}

/// All prime factors: the small ones by trying, the others by Pollard's method.
async fn split(p: &Process, mut number: u64, factors: &mut Vec<u64>) {
    if number < 2 {
        return;
    }
    for small in [2, 3].into_iter().chain((5..1000).step_by(2)) {
        while number.is_multiple_of(small) {
            factors.push(small);
            number /= small;
        }
    }
    let mut work = Vec::from([number]);
    while let Some(number) = work.pop() {
        if number == 1 {
            continue;
        }
        if is_prime(number) {
            factors.push(number);
            continue;
        }
        let mut step = 1;
        let divisor = loop {
            p.sys.yield_now().await;
            match divisor(number, step) {
                Some(divisor) => break divisor,
                None => step += 1,
            }
        };
        work.extend([divisor, number / divisor]);
    }
}

fn times(a: u64, b: u64, modulus: u64) -> u64 {
    (u128::from(a) * u128::from(b) % u128::from(modulus)) as u64
}

fn power(mut base: u64, mut exponent: u64, modulus: u64) -> u64 {
    let mut result = 1;
    while exponent > 0 {
        if exponent & 1 == 1 {
            result = times(result, base, modulus);
        }
        base = times(base, base, modulus);
        exponent >>= 1;
    }
    result
}

/// The test of Miller and Rabin; with these bases it is sure for all numbers of 64 bits.
fn is_prime(number: u64) -> bool {
    const BASES: [u64; 12] = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37];
    if number < 2 {
        return false;
    }
    if let Some(base) = BASES.iter().find(|base| number.is_multiple_of(**base)) {
        return number == *base;
    }
    let twos = (number - 1).trailing_zeros();
    let odd = (number - 1) >> twos;
    BASES.iter().all(|base| {
        let mut value = power(*base, odd, number);
        if value == 1 || value == number - 1 {
            return true;
        }
        (1..twos).any(|_| {
            value = times(value, value, number);
            value == number - 1
        })
    })
}

/// A divisor of a number that is no prime, by Pollard's method; `None` when these
/// steps lead to none.
fn divisor(number: u64, step: u64) -> Option<u64> {
    let next = |value: u64| (u128::from(times(value, value, number)) + u128::from(step)) % u128::from(number);
    let (mut slow, mut fast) = (2u64, 2u64);
    loop {
        let before = (slow, fast);
        let mut product = 1;
        for _ in 0..128 {
            slow = next(slow) as u64;
            fast = next(next(fast) as u64) as u64;
            product = times(product, slow.abs_diff(fast), number);
        }
        if gcd(product, number) == 1 {
            continue;
        }
        // One of these steps has it.
        (slow, fast) = before;
        loop {
            slow = next(slow) as u64;
            fast = next(next(fast) as u64) as u64;
            match gcd(slow.abs_diff(fast), number) {
                1 => {}
                found if found == number => return None,
                found => return Some(found),
            }
        }
    }
}

fn gcd(mut a: u64, mut b: u64) -> u64 {
    while b > 0 {
        (a, b) = (b, a % b);
    }
    a
}
