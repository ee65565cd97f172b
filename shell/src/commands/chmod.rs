//! `chmod`: sets permissions.

use alloc::{format, vec::Vec};
use bstr::{BString, ByteSlice};

use super::support::{mode::symbolic, paths::stat, walk::Walk};
use crate::{
    env::{Changes, FileType, Metadata},
    io::{self, Outcome, Output},
    mode,
    process::Process,
};

command!(
    "chmod",
    "chmod [-Rcfv] MODE FILE... | chmod [-Rcfv] --reference=FILE FILE...",
    "Sets permissions: MODE is octal or like u=rwx,go=rx, g+w, a+X; -R of all below directories, too, -v tells of each file, -c of those that change, -f complains less."
);

async fn run(p: Process) -> Outcome {
    // A mode may begin with a minus: `chmod -x`.
    let is_mode = |word: &BString| word.len() > 1 && word[0] == b'-' && mode::apply(word, 0, false, 0).is_some();
    let mut words: Vec<BString> = p.args.get(1..).unwrap_or_default().to_vec();
    let options_end = words.iter().position(|word| word == "--").unwrap_or(words.len());
    let minus = words[..options_end].iter().position(is_mode).map(|at| words.remove(at));
    let long = [
        ("recursive", 'R'),
        ("changes", 'c'),
        ("silent", 'f'),
        ("quiet", 'f'),
        ("verbose", 'v'),
        ("reference", 'r'),
    ];
    let options = io::options_of(&p, &words, &COMMAND, "Rcfvr:", &long).await?;
    let mut files = options.operands.as_slice();
    let text: BString = match (options.value('r'), minus) {
        (Some(name), None) => match stat(&p, name).await {
            // With all its digits, so that directories lose what they have.
            Ok(there) => format!("{:05o}", there.mode).into(),
            Err(error) => {
                io::complain(&p, format!("cannot access '{name}': {error}")).await;
                return Ok(1);
            }
        },
        (None, Some(mode)) => mode,
        (None, None) if files.is_empty() => return Err(io::usage(&p, &COMMAND, "missing operand").await),
        (None, None) => {
            let mode = files[0].into();
            files = &files[1..];
            mode
        }
        (Some(_), Some(_)) => return Err(io::usage(&p, &COMMAND, "a mode and --reference exclude each other").await),
    };
    if mode::apply(&text, 0, false, 0).is_none() {
        let message = format!("invalid mode: '{text}'; try 755 or u=rwx,go=rx");
        return Err(io::usage(&p, &COMMAND, &message).await);
    }
    if files.is_empty() {
        return Err(io::usage(&p, &COMMAND, &format!("missing operand after '{text}'")).await);
    }
    let (mut out, mut status) = (Output::new(&p), 0);
    for name in files {
        let mut walk = Walk::new(&p, name, options.has('R'), true).await;
        let mut first = true;
        while let Some((path, found)) = walk.next().await {
            let is_link_below = !first && found.is_ok_and(|found| found.kind == FileType::Symlink);
            first = false;
            if is_link_below {
                continue;
            }
            let changed = match found {
                Ok(found) => {
                    let is_dir = found.kind == FileType::Directory;
                    let mode = mode::apply(&text, found.mode, is_dir, p.umask).unwrap_or(found.mode);
                    let absolute = p.absolute(path.as_bstr());
                    let done = p.sys.change(absolute.as_bstr(), Changes::mode(mode), true).await;
                    done.map(|()| (found, Metadata { mode, ..found }))
                }
                Err(error) => Err(error),
            };
            match changed {
                Ok((old, new)) if options.has('v') || options.has('c') && old.mode != new.mode => {
                    let text = |it: &Metadata| format!("{:04o} ({})", it.mode, &symbolic(it)[1..]);
                    let line = match old.mode == new.mode {
                        true => format!("mode of '{path}' retained as {}\n", text(&new)),
                        false => format!("mode of '{path}' changed from {} to {}\n", text(&old), text(&new)),
                    };
                    out.write(line.as_bytes()).await?;
                }
                Ok(_) => {}
                Err(error) => {
                    if !options.has('f') {
                        out.flush().await?;
                        io::complain(&p, format!("cannot change the permissions of '{path}': {error}")).await;
                    }
                    status = 1;
                }
            }
        }
    }
    out.finish(status).await
}
