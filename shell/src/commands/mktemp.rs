//! `mktemp`: makes a file or directory with a name that nobody else has.
//!
//! The letters of the name come from `/dev/urandom`; where there is none, from a hash of the time and a
//! count, which others could guess. Either way the name is made exclusively, and another is tried when
//! it is taken. Nobody but the owner gets permissions.

use alloc::{format, vec::Vec};
use bstr::{BStr, BString, ByteSlice};
use core::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::support::paths::child;
use crate::{
    env::{OpenFlags, Result},
    errno::Errno,
    io::{self, Outcome, Output},
    process::Process,
};

command!(
    "mktemp",
    "mktemp [-dqtu] [-p DIRECTORY] [TEMPLATE]",
    "Makes a file, or with -d a directory, named as TEMPLATE (tmp.XXXXXXXXXX) with other letters for its last Xs, and prints its name; -p in DIRECTORY, -t in $TMPDIR or /tmp, -u makes nothing, -q says nothing."
);

const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_0";
/// How many names are tried.
const TRIES: usize = 1000;

async fn run(p: Process) -> Outcome {
    let long = [("directory", 'd'), ("quiet", 'q'), ("dry-run", 'u'), ("tmpdir", 'p')];
    let options = io::options(&p, &COMMAND, "dqtup:", &long).await?;
    if let Some(extra) = options.operands.get(1) {
        return Err(io::usage(&p, &COMMAND, &format!("extra operand '{extra}'")).await);
    }
    let template = options.operands.first().copied();
    let shared = p.env.get(BStr::new("TMPDIR")).filter(|dir| !dir.is_empty());
    let shared = shared.map_or(BStr::new("/tmp"), |dir| dir.as_bstr());
    let dir = match options.value('p') {
        Some(dir) => Some(dir),
        None if template.is_none() || options.has('t') => Some(shared),
        None => None,
    };
    let template = template.unwrap_or(BStr::new("tmp.XXXXXXXXXX"));
    let name_end = template.rfind_byte(b'X').map_or(0, |at| at + 1);
    let xs = template[..name_end].iter().rev().take_while(|&&byte| byte == b'X').count();
    if xs < 3 || template[name_end..].contains(&b'/') {
        io::complain(&p, format!("too few X's in template '{template}'")).await;
        return Ok(1);
    }
    if dir.is_some() && template.starts_with(b"/") {
        io::complain(&p, format!("template '{template}' is absolute, and a directory is given")).await;
        return Ok(1);
    }
    let mut path: BString = dir.map_or_else(|| template.into(), |dir| child(dir, template));
    let end = path.len() - (template.len() - name_end);
    let mut random = Vec::new();
    for _ in 0..TRIES {
        letters(&p, xs, &mut random).await;
        path[end - xs..end].copy_from_slice(&random);
        match make(&p, path.as_bstr(), options.has('d'), options.has('u')).await {
            Err(Errno::EEXIST) => {}
            Ok(()) => {
                let mut out = Output::new(&p);
                out.write_line(&path).await?;
                return out.finish(0).await;
            }
            Err(error) => {
                if !options.has('q') {
                    io::complain(&p, format!("cannot make '{path}': {error}")).await;
                }
                return Ok(1);
            }
        }
    }
    if !options.has('q') {
        io::complain(&p, format!("cannot make a name of template '{template}': all are taken")).await;
    }
    Ok(1)
}

/// `EEXIST` when there is something of this name.
async fn make(p: &Process, path: &BStr, directory: bool, only_look: bool) -> Result<()> {
    if only_look {
        return match p.sys.lstat(p.absolute(path).as_bstr()).await {
            Ok(_) => Err(Errno::EEXIST),
            Err(Errno::ENOENT) => Ok(()),
            Err(error) => Err(error),
        };
    }
    if directory {
        return p.sys.mkdir(p.absolute(path).as_bstr(), p.new_mode(0o700)).await;
    }
    let flags = OpenFlags::READ | OpenFlags::WRITE | OpenFlags::CREATE | OpenFlags::EXCL;
    let mode = p.new_mode(0o600);
    p.sys.open_mode(p.absolute(path).as_bstr(), flags, mode).await.map(drop)
}

/// Fills `out` with so many letters of no order.
async fn letters(p: &Process, count: usize, out: &mut Vec<u8>) {
    out.clear();
    out.resize(count, 0);
    if random_bytes(p, out).await.is_err() {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let mut state = p.sys.now().as_nanos() as u64;
        for byte in &mut *out {
            // The finalizer of SplitMix64, over what differs from call to call.
            state = state.wrapping_add(COUNT.fetch_add(1, Relaxed)).wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            *byte = (mixed >> 56) as u8;
        }
    }
    out.iter_mut().for_each(|byte| *byte = LETTERS[usize::from(*byte % 64)]);
}

async fn random_bytes(p: &Process, mut out: &mut [u8]) -> Result<()> {
    let device = io::open(p, BStr::new("/dev/urandom"), OpenFlags::READ).await?;
    while !out.is_empty() {
        match device.read(out).await? {
            0 => return Err(Errno::EIO),
            n => out = &mut out[n..],
        }
    }
    Ok(())
}
