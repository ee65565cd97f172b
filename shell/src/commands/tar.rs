//! `tar`: packs files into an archive, lists it, and unpacks it.

use alloc::{format, vec::Vec};
use bstr::{BString, ByteSlice};

use super::support::{
    archive::{self, Job, Names, Wanted},
    tree::Links,
};
use crate::{
    env::{FileType, OpenFlags},
    io::{self, Outcome},
    process::Process,
};

command!(
    "tar",
    "tar -c|-x|-t [-vhkmOo] [-f ARCHIVE] [-C DIRECTORY] [--exclude=PATTERN] [--strip-components=N] [FILE...]",
    "Packs FILEs into an archive (-c), lists it (-t) or unpacks it (-x), whole or what FILEs name; -f standard input or output (-) or a file, -C works in DIRECTORY, -v tells names, -h follows links, -k leaves what is there, -m leaves times, -o owners, -O unpacks to standard output. No compression."
);

const SHORT: &str = "cxtvhkmOopf:C:e:n:";

async fn run(p: Process) -> Outcome {
    let long = [
        ("create", 'c'),
        ("extract", 'x'),
        ("get", 'x'),
        ("list", 't'),
        ("verbose", 'v'),
        ("dereference", 'h'),
        ("keep-old-files", 'k'),
        ("touch", 'm'),
        ("to-stdout", 'O'),
        ("no-same-owner", 'o'),
        ("preserve-permissions", 'p'),
        ("file", 'f'),
        ("directory", 'C'),
        ("exclude", 'e'),
        ("strip-components", 'n'),
    ];
    let words = old_style(p.args.get(1..).unwrap_or_default());
    let options = io::options_of(&p, &words, &COMMAND, SHORT, &long).await?;
    let modes = ['c', 'x', 't'].into_iter().filter(|mode| options.has(*mode)).count();
    if modes != 1 {
        return Err(io::usage(&p, &COMMAND, "one of -c, -x and -t is needed").await);
    }
    let strip = options.value('n').map(|text| (text, super::support::numbers::parse(text)));
    let strip = match strip {
        None => 0,
        Some((_, Some(strip))) => strip,
        Some((text, None)) => {
            return Err(io::usage(&p, &COMMAND, &format!("invalid number of components '{text}'")).await);
        }
    };
    let (creates, lists, verbose) = (options.has('c'), options.has('t'), options.has('v'));
    // Names go where the archive does not.
    let to_stream = options.value('f').is_none_or(|name| name == "-");
    let operands: Vec<BString> = options.operands.iter().map(|name| BString::from(*name)).collect();
    let mut job = Job {
        base: options.value('C').map(|dir| p.absolute(dir)),
        strip,
        excluded: options.given.iter().filter(|(option, _)| *option == 'e').map(|(_, glob)| (*glob).into()).collect(),
        links: if options.has('h') { Links::All } else { Links::None },
        tells: match (lists, verbose) {
            (true, _) => Some((1, verbose)),
            (false, true) if creates => Some((if to_stream { 2 } else { 1 }, false)),
            (false, true) if !options.has('O') => Some((1, false)),
            _ => None,
        },
        lists,
        to_stdout: options.has('O'),
        keeps: options.has('k'),
        sets_times: !options.has('m'),
        sets_owner: !options.has('o'),
        ..Job::new(&p)
    };
    if !creates {
        job.wanted = Wanted::Names(operands);
        let archive = job.archive(options.value('f'), OpenFlags::READ).await?;
        return archive::unpack(&job, archive).await;
    }
    if operands.is_empty() {
        return Err(io::usage(&p, &COMMAND, "there is nothing to be packed").await);
    }
    let flags = OpenFlags::WRITE | OpenFlags::CREATE | OpenFlags::TRUNC;
    let archive = job.archive(options.value('f'), flags).await?;
    job.itself = archive.file().and_then(|file| file.metadata()).ok().filter(|it| it.kind == FileType::Regular);
    archive::pack(&job, archive, &mut Names::Given(operands.into_iter()), false).await
}

/// `tar cf FILE ...`: letters without a minus, and the values that they need after them, in order.
fn old_style(words: &[BString]) -> Vec<BString> {
    let Some((first, rest)) = words.split_first().filter(|(first, _)| !first.starts_with(b"-")) else {
        return words.to_vec();
    };
    let (mut new, mut rest): (Vec<BString>, _) = (Vec::new(), rest.iter());
    for letter in first.chars() {
        new.push(format!("-{letter}").into());
        if SHORT.contains(&format!("{letter}:")) {
            new.extend(rest.next().cloned());
        }
    }
    new.extend(rest.cloned());
    new
}
