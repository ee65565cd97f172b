//! `join`: lines of two sorted files that agree in a field. Memory is that of the lines of the second file that
//! agree with each other.

use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use bstr::{BStr, ByteSlice};
use core::cmp::Ordering;

use super::support::{numbers, sorted::Sorted};
use crate::{
    io::{self, Ended, Options, Outcome, Output},
    process::Process,
};

command!(
    "join",
    "join [-i] [-t CHAR] [-1 FIELD] [-2 FIELD] [-j FIELD] [-a FILENUM] [-v FILENUM] [-e EMPTY] [-o LIST] FILE1 FILE2",
    "Joins lines of sorted files with the same first field, or FIELD; -a also prints lines of a file without a partner, -v only those, -o sets the fields printed, like 0,1.2,2.3."
);

/// A field of the output.
#[derive(Clone, Copy)]
enum Field {
    Key,
    /// Of which file and which field, both from 0.
    Of(usize, usize),
}

struct Plan<'a> {
    separator: Option<u8>,
    /// The field to join by in each file, from 0.
    keys: [usize; 2],
    ignore_case: bool,
    /// Whether lines without a partner are printed, of each file.
    unpaired: [bool; 2],
    paired: bool,
    empty: &'a [u8],
    fields: Vec<Field>,
}

impl Plan<'_> {
    fn split<'l>(&self, line: &'l [u8]) -> Vec<&'l [u8]> {
        match self.separator {
            Some(separator) => line.split(|byte| *byte == separator).collect(),
            None => {
                let fields = line.split(|byte| matches!(byte, b' ' | b'\t'));
                fields.filter(|field| !field.is_empty()).collect()
            }
        }
    }

    fn key<'l>(&self, file: usize, line: &'l [u8]) -> &'l [u8] {
        self.split(line).get(self.keys[file]).copied().unwrap_or_default()
    }

    fn compare(&self, a: &[u8], b: &[u8]) -> Ordering {
        match self.ignore_case {
            true => a.iter().map(u8::to_ascii_lowercase).cmp(b.iter().map(u8::to_ascii_lowercase)),
            false => a.cmp(b),
        }
    }

    /// Prints two lines that belong together, or one alone.
    async fn print(&self, lines: [Option<&[u8]>; 2], out: &mut Output<'_>) -> Result<(), Ended> {
        let fields = lines.map(|line| line.map(|line| self.split(line)).unwrap_or_default());
        let from = usize::from(lines[0].is_none());
        let key = fields[from].get(self.keys[from]).copied().unwrap_or_default();
        let separator = self.separator.unwrap_or(b' ');
        let mut put = |first: bool, field: &[u8]| {
            if !first {
                out.push(&[separator]);
            }
            out.push(if field.is_empty() { self.empty } else { field });
        };
        if self.fields.is_empty() {
            put(true, key);
            for (fields, key) in fields.iter().zip(self.keys) {
                for (_, field) in fields.iter().enumerate().filter(|(i, _)| *i != key) {
                    put(false, field);
                }
            }
        }
        for (i, field) in self.fields.iter().enumerate() {
            let text = match *field {
                Field::Key => key,
                Field::Of(file, number) => fields[file].get(number).copied().unwrap_or_default(),
            };
            put(i == 0, text);
        }
        out.write(b"\n").await
    }
}

async fn run(p: Process) -> Outcome {
    let options = io::options(&p, &COMMAND, "it:1:2:j:a:v:e:o:", &[("ignore-case", 'i')]).await?;
    let plan = match plan(&options) {
        Ok(plan) => plan,
        Err(message) => return Err(io::usage(&p, &COMMAND, &message).await),
    };
    let names = match *options.operands.as_slice() {
        [first, second] => [first, second],
        [_, _, extra, ..] => return Err(io::usage(&p, &COMMAND, &format!("extra operand '{extra}'")).await),
        _ => return Err(io::usage(&p, &COMMAND, "missing operand").await),
    };
    let by = |file| {
        let plan = &plan;
        move |a: &[u8], b: &[u8]| plan.compare(plan.key(file, a), plan.key(file, b))
    };
    let mut out = Output::new(&p);
    let mut a = Sorted::open(&p, names[0]).await?;
    let mut b = Sorted::open(&p, names[1]).await?;
    a.advance(&p, by(0)).await?;
    b.advance(&p, by(1)).await?;
    let (mut key, mut group): (Vec<u8>, Vec<Vec<u8>>) = (Vec::new(), Vec::new());
    loop {
        let order = match (a.line(), b.line()) {
            (Some(a), Some(b)) => plan.compare(plan.key(0, a), plan.key(1, b)),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => break,
        };
        match order {
            Ordering::Less => {
                if plan.unpaired[0] {
                    plan.print([a.line(), None], &mut out).await?;
                }
                a.advance(&p, by(0)).await?;
            }
            Ordering::Greater => {
                if plan.unpaired[1] {
                    plan.print([None, b.line()], &mut out).await?;
                }
                b.advance(&p, by(1)).await?;
            }
            Ordering::Equal => {
                key.clear();
                key.extend_from_slice(plan.key(0, a.line().unwrap_or_default()));
                group.clear();
                while let Some(line) = b.line()
                    && plan.compare(plan.key(1, line), &key).is_eq()
                {
                    // Without partners there is nothing to print: one line stands for all.
                    if plan.paired {
                        group.push(line.to_vec());
                    }
                    b.advance(&p, by(1)).await?;
                }
                while let Some(line) = a.line()
                    && plan.compare(plan.key(0, line), &key).is_eq()
                {
                    for other in &group {
                        plan.print([Some(line), Some(other)], &mut out).await?;
                    }
                    a.advance(&p, by(0)).await?;
                }
            }
        }
    }
    out.finish(u8::from(a.is_disordered() || b.is_disordered())).await
}

fn plan<'a>(options: &Options<'a>) -> Result<Plan<'a>, String> {
    let (mut keys, mut unpaired, mut paired) = ([0, 0], [false, false], true);
    let (mut separator, mut fields) = (None, Vec::new());
    for (option, value) in &options.given {
        match option {
            '1' => keys[0] = number(value)?,
            '2' => keys[1] = number(value)?,
            'j' => keys = [number(value)?; 2],
            'a' | 'v' => {
                match value.as_bytes() {
                    b"1" => unpaired[0] = true,
                    b"2" => unpaired[1] = true,
                    _ => return Err(format!("invalid file number: '{value}'")),
                }
                paired &= *option == 'a';
            }
            't' => match value.as_bytes() {
                [byte] => separator = Some(*byte),
                b"\\t" => separator = Some(b'\t'),
                b"\\0" => separator = Some(0),
                _ => return Err(format!("the separator must be one byte: '{value}'")),
            },
            'o' => {
                for field in value.split(|byte| matches!(byte, b',' | b' ' | b'\t')) {
                    fields.push(output_field(field.as_bstr())?);
                }
            }
            _ => {}
        }
    }
    Ok(Plan {
        separator,
        keys,
        ignore_case: options.has('i'),
        unpaired,
        paired,
        empty: options.value('e').map_or(b"", |text| text.as_ref()),
        fields,
    })
}

fn number(text: &BStr) -> Result<usize, String> {
    match numbers::parse::<usize>(text) {
        Some(0) => Err("fields are numbered from 1".to_string()),
        Some(number) => Ok(number - 1),
        None => Err(format!("invalid field number: '{text}'")),
    }
}

fn output_field(text: &BStr) -> Result<Field, String> {
    match text.split_once_str(b".") {
        None if text == "0" => Ok(Field::Key),
        Some((b"1", field)) => Ok(Field::Of(0, number(field.as_bstr())?)),
        Some((b"2", field)) => Ok(Field::Of(1, number(field.as_bstr())?)),
        _ => Err(format!("invalid field specification: '{text}'")),
    }
}
