//! `diff`: what to change in one file to get another. It holds both files in memory, as it has to see them whole.

mod beside;
mod hunks;
mod myers;
mod print;
mod side;
mod walk;

use alloc::{collections::BTreeMap, format, string::String, vec::Vec};
use bstr::{BStr, BString, ByteSlice};

use self::{
    beside::Beside,
    hunks::Change,
    print::{Form, Printer},
    side::{Equality, Side},
};
use spin::Mutex;

use super::support::{
    civil::{Civil, DAYS, MONTHS},
    numbers,
    paths::is_dir,
    posix_regex::Syntax,
    regex::{Extent, Regex, Style},
};
use crate::{
    errno::Errno,
    io::{self, Ended, Options, Outcome, Output},
    process::Process,
    run::assign::quoted_where_needed,
};

command!(
    "diff",
    "diff [-ucyebwiBqsrNPaZp] [-U LINES] [-C LINES] [-W COLUMNS] [-F PATTERN] [-I PATTERN]... [-x GLOB]... [-X FILE]... [-S NAME] [-L NAME]... [--color[=WHEN]] FILE1 FILE2",
    "Shows what to change in FILE1 to get FILE2: -u unified, -c with context, -y beside each other, -q only whether, -r directories, -x passes names by (-X those in FILE), -S begins at NAME, -P and -N take what is missing for empty, -p and -F show the function that changes are in, -I passes changes by, -b -w -Z -i -B ignore blanks, case and empty lines. Holds both files in memory."
);

// Options that have long names only.
const LABEL: char = '\u{1}';
const COLOUR: char = '\u{2}';
const NORMAL: char = '\u{3}';
const SUPPRESS: char = '\u{4}';
const STRIP_CR: char = '\u{5}';

const LONG: &[(&str, char)] = &[
    ("brief", 'q'),
    ("color", COLOUR),
    ("context", 'C'),
    ("ed", 'e'),
    ("exclude", 'x'),
    ("exclude-from", 'X'),
    ("ignore-all-space", 'w'),
    ("ignore-blank-lines", 'B'),
    ("ignore-case", 'i'),
    ("ignore-matching-lines", 'I'),
    ("ignore-space-change", 'b'),
    ("ignore-trailing-space", 'Z'),
    ("label", LABEL),
    ("minimal", 'd'),
    ("new-file", 'N'),
    ("normal", NORMAL),
    ("recursive", 'r'),
    ("report-identical-files", 's'),
    ("show-c-function", 'p'),
    ("show-function-line", 'F'),
    ("side-by-side", 'y'),
    ("starting-file", 'S'),
    ("strip-trailing-cr", STRIP_CR),
    ("suppress-common-lines", SUPPRESS),
    ("text", 'a'),
    ("unidirectional-new-file", 'P'),
    ("unified", 'U'),
    ("width", 'W'),
];

/// How the options say that it is to be done.
struct Plan {
    form: Form,
    equality: Equality,
    ignore_empty: bool,
    brief: bool,
    tell_same: bool,
    recursive: bool,
    /// Whether a file that is missing on a side counts as an empty one.
    missing_is_empty: [bool; 2],
    text: bool,
    labels: Vec<BString>,
    colour: bool,
    /// The names that are passed by in directories.
    excluded: Vec<BString>,
    /// In directories those before this one are passed by.
    first_name: Option<BString>,
    /// Changes in nothing but such lines are none.
    ignored: Option<Mutex<Regex>>,
    /// The last such line before changes is shown with them.
    function: Option<Mutex<Regex>>,
    /// The options as they were given, for the line before each pair of files in a tree.
    words: BString,
}

async fn run(p: Process) -> Outcome {
    let options = io::options(&p, &COMMAND, "ucyebwiBqsrNadZPpU:C:W:x:X:I:F:S:L:\u{1}:\u{2}::\u{3}\u{4}\u{5}", LONG).await?;
    let excluded = excluded(&p, &options).await?;
    let plan = match plan(&p, &options, excluded) {
        Ok(plan) => plan,
        Err(message) => return Err(io::usage(&p, &COMMAND, &message).await),
    };
    let [left, right] = match *options.operands.as_slice() {
        [left, right] => [left, right],
        [_, _, extra, ..] => return Err(io::usage(&p, &COMMAND, &format!("extra operand '{extra}'")).await),
        _ => return Err(io::usage(&p, &COMMAND, "two files are needed").await),
    };
    let mut out = Output::new(&p);
    let status = match (is_dir(&p, left).await, is_dir(&p, right).await) {
        (true, true) => walk::trees(&p, &plan, left, right, &mut out).await?,
        (false, false) => files(&p, &plan, [left, right], b"", &mut out).await?,
        // A file and a directory: the file of that name in there.
        (true, false) => files(&p, &plan, [walk::inside(left, right).as_bstr(), right], b"", &mut out).await?,
        (false, true) => files(&p, &plan, [left, walk::inside(right, left).as_bstr()], b"", &mut out).await?,
    };
    out.finish(status).await
}

/// The patterns of `-x`, and of `-X` the lines of its files.
async fn excluded(p: &Process, options: &Options<'_>) -> Result<Vec<BString>, Ended> {
    let mut globs = Vec::new();
    for (option, value) in &options.given {
        match option {
            'x' => globs.push(BString::from(*value)),
            'X' => {
                let text = io::slurp(p, value).await.map_err(|_| Ended(2))?;
                globs.extend(text.lines().filter(|line| !line.is_empty()).map(BString::from));
            }
            _ => {}
        }
    }
    Ok(globs)
}

fn regex(patterns: &[&[u8]]) -> Result<Option<Mutex<Regex>>, String> {
    let style = Style { syntax: Syntax::Basic, ignore_case: false, multi_line: false, extent: Extent::Part };
    match patterns {
        [] => Ok(None),
        patterns => Ok(Some(Mutex::new(Regex::new(patterns, style)?))),
    }
}

fn plan(p: &Process, options: &Options<'_>, excluded: Vec<BString>) -> Result<Plan, String> {
    let values = |letter: char| options.given.iter().filter(move |(option, _)| *option == letter).map(|(_, value)| value.as_bytes());
    let mut functions: Vec<&[u8]> = values('F').collect();
    if options.has('p') {
        functions.push(b"^[[:alpha:]$_]");
    }
    let context = |option: char| match options.value(option).map(|text| numbers::parse(text)) {
        None => Ok(3),
        Some(Some(lines)) => Ok(lines),
        Some(None) => Err(String::from("invalid context length")),
    };
    let terminal = p.stdout().file().is_ok_and(|file| file.terminal().is_some());
    let colour = match options.value(COLOUR).map(|when| when.as_bytes()) {
        None | Some(b"never") => false,
        Some(b"always") => true,
        Some(b"" | b"auto") => terminal,
        Some(_) => return Err("--color takes always, never or auto".into()),
    };
    let width = match options.value('W').map(|text| numbers::parse(text)) {
        None => 130,
        Some(Some(width @ 1..=10_000)) => width,
        Some(_) => return Err("invalid width".into()),
    };
    let form = match options.last_of("ucUCey\u{3}") {
        Some('u' | 'U') => Form::Unified(context('U')?),
        Some('c' | 'C') => Form::Context(context('C')?),
        Some('e') => Form::Ed,
        Some('y') => Form::Beside(Beside { width, suppress: options.has(SUPPRESS) }),
        None if options.has('p') => Form::Context(3),
        _ => Form::Default,
    };
    // The options with their values: all that is no operand.
    let is_operand = |word: &&BString| options.operands.iter().any(|operand| operand.as_ptr() == word.as_ptr());
    let given = p.args[1..].iter().filter(|word| !is_operand(word) && *word != "--");
    let words: Vec<BString> = given.map(|word| quoted_where_needed(word)).collect();
    Ok(Plan {
        form,
        equality: Equality {
            ignore_case: options.has('i'),
            blanks_alike: options.has('b'),
            no_blanks: options.has('w'),
            no_trailing_blanks: options.has('Z'),
            no_return: options.has(STRIP_CR),
        },
        ignore_empty: options.has('B'),
        brief: options.has('q'),
        tell_same: options.has('s'),
        recursive: options.has('r'),
        missing_is_empty: [options.has('N') || options.has('P'), options.has('N')],
        text: options.has('a'),
        colour,
        excluded,
        first_name: options.value('S').map(|name| name.into()),
        ignored: regex(&values('I').collect::<Vec<_>>())?,
        function: regex(&functions)?,
        labels: options.given.iter().filter(|(option, _)| matches!(*option, LABEL | 'L')).map(|(_, name)| (*name).into()).collect(),
        words: bstr::join(" ", words).into(),
    })
}

/// Compares two files and prints how they differ; 0 when they do not, 1 when they do, 2 when that cannot be told.
/// `before` goes before a list of changes.
async fn files(p: &Process, plan: &Plan, names: [&BStr; 2], before: &[u8], out: &mut Output<'_>) -> Result<u8, Ended> {
    let mut sides = Vec::new();
    for (name, may_be_missing) in names.into_iter().zip(plan.missing_is_empty) {
        match read(p, name, may_be_missing).await {
            Ok(side) => sides.push(side),
            Err(error) => {
                out.flush().await?;
                io::complain_about(p, name, error).await;
            }
        }
    }
    let Ok([mut left, mut right]) = <[Side; 2]>::try_from(sides) else { return Ok(2) };
    if plan.form == Form::Ed {
        left.end_last_line(); // an editor script cannot say that it lacks its newline
        right.end_last_line();
    }
    let changes = match left.bytes == right.bytes {
        true => Vec::new(),
        false if !plan.text && (left.is_binary() || right.is_binary()) => {
            let kind = if plan.brief { "Files" } else { "Binary files" };
            out.write(format!("{kind} {} and {} differ\n", names[0], names[1]).as_bytes()).await?;
            return Ok(if plan.brief { 1 } else { 2 });
        }
        false => compare(p, plan, &left, &right).await,
    };
    let shows_all = matches!(plan.form, Form::Beside(how) if !how.suppress) && !plan.brief;
    if changes.is_empty() && shows_all {
        let mut printer = Printer::new([&left, &right], out, plan);
        printer.print(plan.form, [b"", b""], &changes).await?;
        return Ok(0);
    }
    if changes.is_empty() {
        if plan.tell_same {
            out.write_all(&[b"Files ", names[0], b" and ", names[1], b" are identical\n"]).await?;
        }
        return Ok(0);
    }
    if plan.brief {
        out.write_all(&[b"Files ", names[0], b" and ", names[1], b" differ\n"]).await?;
        return Ok(1);
    }
    out.write(before).await?;
    let mut heads = Vec::new();
    for (index, name) in names.into_iter().enumerate() {
        heads.push(match plan.labels.get(index) {
            Some(label) => label.to_vec(),
            None => print::head(name, &time(p, name, plan.form).await),
        });
    }
    let mut printer = Printer::new([&left, &right], out, plan);
    printer.print(plan.form, [&heads[0], &heads[1]], &changes).await?;
    Ok(1)
}

async fn read(p: &Process, name: &BStr, missing_is_empty: bool) -> Result<Side, Errno> {
    let file = if name == "-" {
        None
    } else {
        match io::open(p, name, crate::env::OpenFlags::READ).await {
            Ok(file) => Some(file),
            Err(Errno::ENOENT) if missing_is_empty => return Ok(Side::default()),
            Err(error) => return Err(error),
        }
    };
    let stdin = p.stdin();
    let fd: &crate::fd::Fd = file.as_deref().unwrap_or(&stdin);
    let mut chunk = io::buffer(io::CHUNK)?;
    let mut bytes = Vec::new();
    loop {
        match fd.read(&mut chunk).await? {
            0 => return Ok(Side::new(bytes)),
            n => {
                bytes.try_reserve(n).map_err(|_| Errno::ENOMEM)?;
                bytes.extend_from_slice(&chunk[..n]);
            }
        }
    }
}

async fn compare(p: &Process, plan: &Plan, left: &Side, right: &Side) -> Vec<Change> {
    // Equal lines get equal numbers.
    let mut known = BTreeMap::new();
    let mut ids = [Vec::new(), Vec::new()];
    for (side, ids) in [left, right].into_iter().zip(&mut ids) {
        for index in 0..side.lines.len() {
            let next = known.len() as u32;
            ids.push(*known.entry(plan.equality.key(side.line(index))).or_insert(next));
            if index % 1024 == 0 {
                p.sys.yield_now().await;
            }
        }
    }
    let mut marks = myers::compare(&*p.sys, &ids[0], &ids[1]).await;
    hunks::slide(&mut marks.left, &ids[0], &marks.right);
    hunks::slide(&mut marks.right, &ids[1], &marks.left);
    let mut changes = hunks::changes(&marks);
    if plan.ignore_empty {
        let empty = |side: &Side, index: usize| match plan.equality.no_blanks || plan.equality.blanks_alike {
            true => side.line(index).trim_ascii().is_empty(),
            false => side.line(index) == b"\n",
        };
        changes.retain(|change| {
            !(change.left.clone().all(|index| empty(left, index))
                && change.right.clone().all(|index| empty(right, index)))
        });
    }
    if let Some(ignored) = &plan.ignored {
        let mut ignored = ignored.lock();
        let mut all = |side: &Side, range: core::ops::Range<usize>| {
            range.into_iter().all(|index| {
                let line = side.line(index);
                ignored.is_match(line.strip_suffix(b"\n").unwrap_or(line)).unwrap_or(false)
            })
        };
        changes.retain(|change| !(all(left, change.left.clone()) && all(right, change.right.clone())));
    }
    changes
}

/// The time of a file's last change, as the heads have it.
async fn time(p: &Process, name: &BStr, form: Form) -> alloc::string::String {
    let modified = match name == "-" {
        true => p.sys.now(),
        false => p.sys.stat(p.absolute(name).as_bstr()).await.map(|found| found.modified).unwrap_or_default(),
    };
    let c = Civil::new(modified);
    let clock = format!("{:02}:{:02}:{:02}", c.hour, c.minute, c.second);
    match form {
        Form::Context(_) => format!(
            "{} {} {:2} {clock} {}",
            &DAYS[c.weekday as usize][..3],
            &MONTHS[c.month as usize - 1][..3],
            c.day,
            c.year
        ),
        _ => format!("{:04}-{:02}-{:02} {clock}.{:09} +0000", c.year, c.month, c.day, c.nanos),
    }
}
