//! `pax`: lists archives, reads and writes them, and copies trees, over the same code as `tar`.

use alloc::{format, string::String, vec::Vec};
use bstr::{BStr, BString, ByteSlice};
use futures_util::future::join;
use spin::Mutex;

use super::support::{
    archive::{self, Job, Names, Rename, Wanted},
    numbers,
    paths::stat,
    tree::Links,
};
use crate::{
    env::{FileType, OpenFlags},
    io::{self, Ended, Lines, Options, Outcome},
    process::Process,
};

command!(
    "pax",
    "pax [-r] [-w [-a] [-x FORMAT] [-b BYTES]] [-cdHkLntuvX] [-f ARCHIVE] [-p KEEP] [-s /OLD/NEW/[gp]]... [PATTERN... | FILE... [DIRECTORY]]",
    "Lists an archive; -r reads it, -w writes one, -r -w copies FILEs into DIRECTORY. -f names the archive, -s changes names, -x is pax or ustar, -a adds to it, -c takes what no PATTERN matches, -n the first for each, -d leaves out what is in directories, -k and -u leave what is there or newer, -p keeps owner (o), permissions (p) or all (e), not times (m), -v tells. FILEs may come as lines of standard input."
);

async fn run(p: Process) -> Outcome {
    let options = io::options(&p, &COMMAND, "+rwacdHkLntuvXf:x:b:p:s:", &[]).await?;
    let (reads, writes) = (options.has('r'), options.has('w'));
    let mut job = match job(&p, &options) {
        Ok(job) => job,
        Err(message) => return Err(io::usage(&p, &COMMAND, &message).await),
    };
    let mut operands: Vec<BString> = options.operands.iter().map(|name| BString::from(*name)).collect();
    let verbose = options.has('v');
    if reads && writes {
        let Some(target) = operands.pop() else {
            return Err(io::usage(&p, &COMMAND, "the directory for the copies is missing").await);
        };
        job.tells = verbose.then_some((2, false));
        return copy(job, operands, target.as_bstr()).await;
    }
    if writes {
        job.tells = verbose.then_some((2, false));
        let mut flags = OpenFlags::WRITE | OpenFlags::CREATE;
        let appends = options.has('a');
        flags |= if appends { OpenFlags::READ } else { OpenFlags::TRUNC };
        let archive = job.archive(options.value('f'), flags).await.map_err(failed)?;
        job.itself = archive.file().and_then(|file| file.metadata()).ok().filter(|it| it.kind == FileType::Regular);
        let done = archive::pack(&job, archive, &mut names(&p, operands), appends).await;
        return done.map(plain).map_err(failed);
    }
    (job.lists, job.tells) = match reads {
        true => (false, verbose.then_some((2, false))),
        false => (true, Some((1, verbose))),
    };
    job.wanted = Wanted::Patterns { patterns: operands, others: options.has('c'), first: options.has('n') };
    let archive = job.archive(options.value('f'), OpenFlags::READ).await.map_err(failed)?;
    archive::unpack(&job, archive).await.map(plain).map_err(failed)
}

/// Failures have one status here.
fn plain(status: u8) -> u8 {
    if status == 2 { 1 } else { status }
}

fn failed(Ended(status): Ended) -> Ended {
    Ended(plain(status))
}

fn names(p: &Process, operands: Vec<BString>) -> Names<'_> {
    match operands.is_empty() {
        true => Names::Lines(p, Lines::new(&p.stdin())),
        false => Names::Given(operands.into_iter()),
    }
}

fn job<'p>(p: &'p Process, options: &Options<'_>) -> Result<Job<'p>, String> {
    let (reads, writes) = (options.has('r'), options.has('w'));
    let plain = match options.value('x') {
        None => false,
        Some(format) if format == "pax" => false,
        Some(format) if format == "ustar" => true,
        Some(format) => return Err(format!("the format '{format}' is not known; try pax or ustar")),
    };
    for (letter, allowed) in [('a', writes && !reads), ('x', writes && !reads), ('b', writes && !reads), ('n', !writes)] {
        if options.has(letter) && !allowed {
            return Err(format!("-{letter} has no meaning here"));
        }
    }
    if options.has('a') && options.value('f').is_none_or(|name| name == "-") {
        return Err("-a needs an archive that is a file: -f ARCHIVE".into());
    }
    let record = match options.value('b').map(|text| (text, numbers::count(text))) {
        None => 10 * 1024,
        Some((_, Some(bytes @ 512..=64512))) if bytes % 512 == 0 => bytes,
        Some((text, _)) => return Err(format!("invalid block size '{text}'; try 512 to 64512 by 512")),
    };
    let mut renames = Vec::new();
    for (_, text) in options.given.iter().filter(|(letter, _)| *letter == 's') {
        renames.push(Rename::parse(text)?);
    }
    let mut job = Job {
        renames: Mutex::new(renames),
        links: match options.last_of("HL") {
            Some('L') => Links::All,
            Some(_) => Links::Operands,
            None => Links::None,
        },
        descends: !options.has('d'),
        one_file_system: options.has('X'),
        keeps: options.has('k'),
        newer: options.has('u'),
        sets_owner: false,
        sets_mode: false,
        resets_times: options.has('t'),
        plain,
        record,
        ..Job::new(p)
    };
    let keeps = options.given.iter().filter(|(letter, _)| *letter == 'p').flat_map(|(_, letters)| letters.chars());
    for letter in keeps {
        match letter {
            'a' => {} // the time of reading is not in the archive
            'e' => (job.sets_owner, job.sets_mode, job.sets_times) = (true, true, true),
            'm' => job.sets_times = false,
            'o' => job.sets_owner = true,
            'p' => job.sets_mode = true,
            other => return Err(format!("invalid letter '{other}' after -p; there are a, e, m, o and p")),
        }
    }
    Ok(job)
}

/// Packs and unpacks at the same time, through a pipe.
async fn copy(mut job: Job<'_>, operands: Vec<BString>, target: &BStr) -> Outcome {
    let p = job.p;
    let there = match stat(p, target).await {
        Ok(there) if there.kind == FileType::Directory => there,
        Ok(_) => {
            io::complain(p, format!("{target}: Not a directory")).await;
            return Ok(1);
        }
        Err(error) => {
            io::complain_about(p, target, error).await;
            return Ok(1);
        }
    };
    let ends = p.sys.pipe().and_then(|(read, write)| Ok((io::adopt(p, read)?, io::adopt(p, write)?)));
    let (read, write) = match ends {
        Ok(ends) => ends,
        Err(error) => {
            io::complain(p, format!("cannot make a pipe: {error}")).await;
            return Ok(1);
        }
    };
    let unpacking = Job {
        base: Some(p.absolute(target)),
        keeps: job.keeps,
        newer: job.newer,
        sets_times: job.sets_times,
        sets_owner: job.sets_owner,
        sets_mode: job.sets_mode,
        is_copy: true,
        ..Job::new(p)
    };
    (job.itself, job.is_copy, job.plain) = (Some(there), true, false);
    let mut names = names(p, operands);
    let (packed, unpacked) = join(archive::pack(&job, write, &mut names, false), archive::unpack(&unpacking, read)).await;
    let worst = |outcome: Outcome| match outcome {
        Ok(status) | Err(Ended(status)) => status,
    };
    Ok(worst(packed).max(worst(unpacked)).min(1))
}
