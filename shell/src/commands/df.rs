//! `df`: how full file systems are.

use alloc::{format, string::String, vec::Vec};
use bstr::ByteSlice;

use super::support::{numbers, paths::stat};
use crate::{
    env::{MountInfo, Space},
    io::{self, Outcome, Output},
    process::Process,
};

command!(
    "df",
    "df [-ahikPT] [FILE...]",
    "Shows how full file systems are, in KiB, or those that files are on; -h with units, -i counts files, -T tells kinds, -a shows those too that take no space, -P as POSIX wants it."
);

async fn run(p: Process) -> Outcome {
    let long = [("all", 'a'), ("human-readable", 'h'), ("inodes", 'i'), ("portability", 'P'), ("print-type", 'T')];
    let options = io::options(&p, &COMMAND, "ahikPT", &long).await?;
    let mounts = p.sys.mounts();
    let (mut shown, mut status): (Vec<&MountInfo>, _) = (Vec::new(), 0);
    if options.operands.is_empty() {
        shown.extend(mounts.iter().filter(|mount| mount.space.is_some() || options.has('a')));
    }
    for name in &options.operands {
        match stat(&p, name).await {
            Ok(there) => shown.extend(mounts.iter().find(|mount| mount.device == there.device)),
            Err(error) => {
                io::complain_about(&p, name, error).await;
                status = 1;
            }
        }
    }
    let size = |bytes: u64| match options.last_of("hk") {
        Some('h') => numbers::human(bytes),
        _ => format!("{}", bytes.div_ceil(1024)),
    };
    let (inodes, kinds) = (options.has('i'), options.has('T'));
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut heading: Vec<String> = ["Filesystem", "Type"].iter().take(1 + usize::from(kinds)).map(|text| (*text).into()).collect();
    let names: [&str; 4] = match (inodes, options.last_of("hk"), options.has('P')) {
        (true, ..) => ["Inodes", "IUsed", "IFree", "IUse%"],
        (_, Some('h'), _) => ["Size", "Used", "Avail", "Use%"],
        (_, _, true) => ["1024-blocks", "Used", "Available", "Capacity"],
        _ => ["1K-blocks", "Used", "Available", "Use%"],
    };
    heading.extend(names.map(String::from));
    heading.push("Mounted on".into());
    rows.push(heading);
    for mount in shown {
        let space = mount.space.unwrap_or_default();
        let mut row = Vec::from([mount.source.to_str_lossy().into_owned()]);
        if kinds {
            row.push(mount.kind.to_str_lossy().into_owned());
        }
        row.extend(match inodes {
            // How many files there may be is a question of space alone.
            true => ["-".into(), format!("{}", space.files), "-".into(), "-".into()],
            false => {
                let free = space.total.saturating_sub(space.used);
                [size(space.total), size(space.used), size(free), percent(&space)]
            }
        });
        row.push(mount.path.to_str_lossy().into_owned());
        rows.push(row);
    }
    if rows.len() == 1 {
        return Ok(status);
    }
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..rows[0].len()).map(width).collect();
    let left = 1 + usize::from(kinds);
    let mut out = Output::new(&p);
    for row in &rows {
        let mut line = String::new();
        for (column, text) in row.iter().enumerate() {
            let width = widths[column];
            match column {
                _ if column + 1 == row.len() => line += text,
                _ if column < left => line += &format!("{text:width$} "),
                _ => line += &format!("{text:>width$} "),
            }
        }
        out.write_line(line.as_bytes()).await?;
    }
    out.finish(status).await
}

/// Rounded up; nothing where there is no space.
fn percent(space: &Space) -> String {
    match space.total {
        0 => "-".into(),
        total => format!("{}%", (u128::from(space.used) * 100).div_ceil(u128::from(total))),
    }
}
