//! `tr`: replaces, deletes and squeezes bytes.

mod set;

use alloc::vec::Vec;

use self::set::{Set, complement, expand};
use crate::{
    io::{self, CHUNK, Outcome, Output},
    process::Process,
};

command!(
    "tr",
    "tr [-cdst] SET1 [SET2]",
    "Replaces bytes of SET1 by those of SET2; -d deletes, -s squeezes repeats, -c takes all others. Sets are written like a-z, [:alpha:] and \\n."
);

/// What happens to each byte.
struct Map {
    to: [u8; 256],
    delete: [bool; 256],
    squeeze: [bool; 256],
    last: Option<u8>,
}

impl Map {
    fn apply(&mut self, byte: u8, out: &mut Vec<u8>) {
        if self.delete[usize::from(byte)] {
            return;
        }
        let byte = self.to[usize::from(byte)];
        if !(self.squeeze[usize::from(byte)] && self.last == Some(byte)) {
            out.push(byte);
        }
        self.last = Some(byte);
    }
}

fn members(set: &[u8]) -> [bool; 256] {
    let mut is_in = [false; 256];
    set.iter().for_each(|byte| is_in[usize::from(*byte)] = true);
    is_in
}

async fn run(p: Process) -> Outcome {
    let long = [("complement", 'c'), ("delete", 'd'), ("squeeze-repeats", 's'), ("truncate-set1", 't')];
    let options = io::options(&p, &COMMAND, "+cCdst", &long).await?;
    let (delete, squeeze) = (options.has('d'), options.has('s'));
    let wanted = match (delete, squeeze) {
        (true, true) | (false, false) => 2..=2,
        (true, false) => 1..=1,
        (false, true) => 1..=2,
    };
    let given = options.operands.len();
    if !wanted.contains(&given) {
        let what = if given < *wanted.start() { "missing operand" } else { "extra operand" };
        return Err(io::usage(&p, &COMMAND, what).await);
    }
    let mut sets = [Set::default(), Set::default()];
    for (set, text) in sets.iter_mut().zip(&options.operands) {
        match expand(text) {
            Ok(found) => *set = found,
            Err(message) => return Err(io::usage(&p, &COMMAND, &message).await),
        }
    }
    let [first, second] = sets;
    let translates = !delete && given == 2;
    let mistake = match &first {
        first if first.fill.is_some() => Some("[c*] may only be in SET2"),
        _ if translates && second.odd_class => Some("to translate, SET2 may have no class but [:lower:] and [:upper:]"),
        _ => None,
    };
    if let Some(mistake) = mistake {
        return Err(io::usage(&p, &COMMAND, mistake).await);
    }
    let mut first = first.bytes;
    if options.last_of("cC").is_some() {
        first = complement(&first);
    }
    let mut second = second.filled(first.len());
    let mut map = Map { to: core::array::from_fn(|i| i as u8), delete: [false; 256], squeeze: [false; 256], last: None };
    if delete {
        map.delete = members(&first);
    } else if translates {
        let truncate = options.has('t');
        let Some(&pad) = second.last() else {
            return Err(io::usage(&p, &COMMAND, "SET2 must not be empty").await);
        };
        if !truncate {
            second.resize(second.len().max(first.len()), pad);
        }
        for (from, to) in first.iter().zip(&second) {
            map.to[usize::from(*from)] = *to;
        }
    }
    if squeeze {
        map.squeeze = members(if given == 2 { &second } else { &first });
    }

    let mut out = Output::new(&p);
    let mut chunk = io::buffer_or_complain(&p, CHUNK).await?;
    let mut changed = Vec::new();
    loop {
        match p.stdin().read(&mut chunk).await {
            Ok(0) => return out.finish(0).await,
            Ok(n) => {
                changed.clear();
                chunk[..n].iter().for_each(|byte| map.apply(*byte, &mut changed));
                out.write(&changed).await?;
            }
            Err(error) => {
                io::complain_about(&p, b"read error", error).await;
                return out.finish(1).await;
            }
        }
    }
}
