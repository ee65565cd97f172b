//! `grep`: prints the lines that match. Memory is that of a line and of the lines before it that `-B` asks for.

mod search;

use alloc::{string::String, vec::Vec};
use bstr::{BStr, BString, ByteSlice};

use self::search::{Binary, Plan, search};
use super::support::{
    numbers,
    paths::{child, is_dir, stat},
    posix_regex::Syntax,
    regex::{Extent, Found, Regex, Style},
};
use crate::{
    env::FileType,
    io::{self, Ended, Options, Outcome, Output},
    lang::pattern,
    process::Process,
};

command!(
    "grep",
    "grep [-EFGivwxnbclLqosaIHhrRzZT] [-e PATTERN] [-f FILE] [-m COUNT] [-A|-B|-C LINES] [--include=GLOB] [--exclude=GLOB] [--exclude-dir=GLOB] [--color[=WHEN]] [PATTERN] [FILE...]",
    "Prints lines that match: -v that do not, -i any case, -c count, -l names, -o matches only, -n numbers, -r below directories, -z lines end with byte 0, -Z names do, -a prints lines with bytes 0, -I passes files with such by."
);

// Options that have long names only.
const COLOUR: char = '\u{1}';
const INCLUDE: char = '\u{2}';
const EXCLUDE: char = '\u{3}';
const EXCLUDE_DIR: char = '\u{4}';
const LABEL: char = '\u{5}';
const SEPARATOR: char = '\u{6}';
const NO_SEPARATOR: char = '\u{7}';
const BINARY: char = '\u{8}';
const AT_ONCE: char = '\u{e}';
const EXACT_CASE: char = '\u{f}';

const SHORT: &str = "EFGivwxnbclLqosaIUHhrRzZTyd:D:e:f:m:A:B:C:\u{1}::\u{2}:\u{3}:\u{4}:\u{5}:\u{6}:\u{7}\u{8}:\u{e}\u{f}";

const LONG: &[(&str, char)] = &[
    ("after-context", 'A'),
    ("basic-regexp", 'G'),
    ("before-context", 'B'),
    ("byte-offset", 'b'),
    ("binary", 'U'),
    ("binary-files", BINARY),
    ("color", COLOUR),
    ("colour", COLOUR),
    ("context", 'C'),
    ("count", 'c'),
    ("dereference-recursive", 'R'),
    ("devices", 'D'),
    ("directories", 'd'),
    ("exclude", EXCLUDE),
    ("exclude-dir", EXCLUDE_DIR),
    ("extended-regexp", 'E'),
    ("file", 'f'),
    ("files-with-matches", 'l'),
    ("files-without-match", 'L'),
    ("fixed-strings", 'F'),
    ("group-separator", SEPARATOR),
    ("ignore-case", 'i'),
    ("include", INCLUDE),
    ("initial-tab", 'T'),
    ("invert-match", 'v'),
    ("label", LABEL),
    ("line-buffered", AT_ONCE),
    ("line-number", 'n'),
    ("line-regexp", 'x'),
    ("max-count", 'm'),
    ("no-filename", 'h'),
    ("no-group-separator", NO_SEPARATOR),
    ("no-ignore-case", EXACT_CASE),
    ("no-messages", 's'),
    ("null", 'Z'),
    ("null-data", 'z'),
    ("only-matching", 'o'),
    ("quiet", 'q'),
    ("recursive", 'r'),
    ("regexp", 'e'),
    ("silent", 'q'),
    ("text", 'a'),
    ("with-filename", 'H'),
    ("word-regexp", 'w'),
];

async fn run(p: Process) -> Outcome {
    let words = with_old_context(&p.args);
    let options = io::options_of(&p, &words, &COMMAND, SHORT, LONG).await?;
    let (patterns, mut operands) = patterns(&p, &options).await?;
    let mut regex = match Regex::new(&patterns, style(&options)) {
        Ok(regex) => regex,
        Err(message) => return fail(&p, &message).await,
    };
    let directories = options.value('d').map_or(&b"read"[..], |how| how.as_bytes());
    if !matches!(directories, b"read" | b"skip" | b"recurse") {
        return Err(io::usage(&p, &COMMAND, "-d takes read, skip or recurse").await);
    }
    let devices = options.value('D').map(|how| how.as_bytes());
    if !matches!(devices, None | Some(b"read" | b"skip")) {
        return Err(io::usage(&p, &COMMAND, "-D takes read or skip").await);
    }
    let recursive = options.last_of("rR").is_some() || directories == b"recurse";
    let mut out = Output::new(&p);
    let plan = match plan(&options, operands.len() > 1 || recursive, out.is_terminal()) {
        Ok(plan) => plan,
        Err(message) => return fail(&p, &message).await,
    };
    if operands.is_empty() {
        operands.push(if recursive { ".".into() } else { "-".into() });
    }

    let (mut matched, mut failed) = (false, false);
    // What is still to be searched, last first, and whether it was named on the command line.
    let mut todo: Vec<(BString, bool)> = operands.into_iter().rev().map(|name| (name, true)).collect();
    while let Some((name, named)) = todo.pop() {
        if named && name != "-" && is_dir(&p, name.as_bstr()).await || !named && name.ends_with(b"/") {
            if !recursive && directories == b"skip" {
                continue;
            }
            if !recursive {
                io::complain(&p, alloc::format!("{name}: Is a directory")).await;
                continue;
            }
            let name = if named { name.as_bstr() } else { name[..name.len() - 1].as_bstr() };
            match p.sys.read_dir(p.absolute(name).as_bstr()).await {
                Ok(mut entries) => {
                    entries.sort_by(|a, b| b.name.cmp(&a.name));
                    for entry in entries {
                        let directory = entry.metadata.kind == FileType::Directory;
                        // Nobody has asked to wait for what may never come.
                        if is_device(entry.metadata.kind) && devices != Some(b"read") {
                            continue;
                        }
                        if selected(&options, entry.name.as_bstr(), directory) {
                            let mut path = child(name, entry.name.as_bstr());
                            if directory {
                                path.push(b'/'); // the mark of a directory, taken off again above
                            }
                            todo.push((path, false));
                        }
                    }
                }
                Err(error) => {
                    io::complain_about(&p, name, error).await;
                    failed = true;
                }
            }
            continue;
        }
        if named && !selected(&options, name.as_bstr(), false) {
            continue;
        }
        if devices == Some(b"skip") && is_named_device(&p, name.as_bstr()).await {
            continue;
        }
        match search(&p, &plan, &mut regex, name.as_bstr(), &mut out).await? {
            Ok(found) => matched |= found != plan.list_without,
            Err(message) => {
                if !plan.silent {
                    out.flush().await?;
                    io::complain(&p, alloc::format!("{name}: {message}")).await;
                }
                failed = true;
            }
        }
        if plan.quiet && matched {
            return Ok(0);
        }
    }
    out.finish(if failed { 2 } else { u8::from(!matched) }).await
}

/// What `-D` is about.
fn is_device(kind: FileType) -> bool {
    matches!(kind, FileType::CharDevice | FileType::Pipe)
}

async fn is_named_device(p: &Process, name: &BStr) -> bool {
    name != "-" && stat(p, name).await.is_ok_and(|there| is_device(there.kind))
}

/// Rewrites the old form `-3` to `-C3`.
fn with_old_context(args: &[BString]) -> Vec<BString> {
    let is_old = |word: &BString| word.len() > 1 && word[0] == b'-' && word[1..].iter().all(u8::is_ascii_digit);
    let mut words: Vec<BString> = args.get(1..).unwrap_or_default().to_vec();
    // What follows an option may be its value.
    let mut after_option = false;
    for word in &mut words {
        if word == "--" {
            break;
        }
        if is_old(word) && !after_option {
            word.insert(1, b'C');
        }
        after_option = word.len() > 1 && word.starts_with(b"-") && b"efmABCdD".contains(&word[word.len() - 1]);
    }
    words
}

/// Whether `--include`, `--exclude` and `--exclude-dir` let a file or directory be searched. The last that fits
/// counts; when none does, a file is searched unless the first was an `--include`.
fn selected(options: &Options<'_>, name: &BStr, directory: bool) -> bool {
    let base = name.rsplit_str(b"/").next().unwrap_or(name);
    let rules = options.given.iter().filter(|(option, _)| match *option {
        EXCLUDE_DIR => directory,
        INCLUDE | EXCLUDE => !directory,
        _ => false,
    });
    let mut verdict = None;
    for (option, glob) in rules {
        if verdict.is_none() {
            verdict = Some(*option != INCLUDE);
        }
        if pattern::matches(glob, base) || pattern::matches(glob, name) {
            verdict = Some(*option == INCLUDE);
        }
    }
    verdict.unwrap_or(true)
}

fn plan(options: &Options<'_>, many: bool, terminal: bool) -> Result<Plan, String> {
    let number = |option: char| options.value(option).map_or(Some(0), |text| numbers::parse::<u64>(text));
    let (Some(after), Some(before), Some(around)) = (number('A'), number('B'), number('C')) else {
        return Err("context length argument must be a number".into());
    };
    let most = match options.value('m').map(|text| numbers::parse(text)) {
        None => u64::MAX,
        Some(Some(most)) => most,
        Some(None) => return Err("invalid max count".into()),
    };
    let colour = match options.value(COLOUR).map(|when| when.as_bytes()) {
        None | Some(b"never") => false,
        Some(b"always") => true,
        Some(b"" | b"auto") => terminal,
        Some(_) => return Err("--color takes always, never or auto".into()),
    };
    let binary = match options.last_of("aI\u{8}").map(|option| (option, options.value(BINARY))) {
        Some(('a', _)) => Binary::Print,
        Some(('I', _)) => Binary::Skip,
        Some((_, Some(how))) => match how.as_bytes() {
            b"text" => Binary::Print,
            b"without-match" => Binary::Skip,
            b"binary" => Binary::Tell,
            _ => return Err("--binary-files takes binary, text or without-match".into()),
        },
        _ => Binary::Tell,
    };
    let separator = match options.last_of("\u{6}\u{7}") {
        None => Some("--".into()),
        Some(NO_SEPARATOR) => None,
        Some(_) => options.value(SEPARATOR).map(|text| text.into()),
    };
    Ok(Plan {
        name_end: options.has('Z').then_some(0),
        align: options.has('T'),
        label: options.value(LABEL).map(|text| text.into()),
        separator,
        // With -z, bytes 0 are what ends lines.
        binary: if options.has('z') { Binary::Print } else { binary },
        at_once: options.has(AT_ONCE),
        invert: options.has('v'),
        names: options.last_of("Hh").map_or(many, |option| option == 'H'),
        numbers: options.has('n'),
        offsets: options.has('b'),
        count: options.has('c'),
        list: options.has('l'),
        list_without: options.has('L'),
        quiet: options.has('q'),
        only: options.has('o'),
        silent: options.has('s'),
        colour,
        end: if options.has('z') { 0 } else { b'\n' },
        most,
        context: options.last_of("ABC").is_some(),
        before: usize::try_from(if options.has('B') { before } else { around }).unwrap_or(usize::MAX),
        after: if options.has('A') { after } else { around },
    })
}

async fn fail(p: &Process, message: &str) -> Outcome {
    io::complain(p, message.into()).await;
    Ok(2)
}

/// The patterns of `-e` and `-f`, or the first operand; and the files. Each line is a pattern.
async fn patterns(p: &Process, options: &Options<'_>) -> Result<(Vec<BString>, Vec<BString>), Ended> {
    let mut texts = Vec::new();
    for (option, value) in &options.given {
        match option {
            'e' => texts.push(BString::from(*value)),
            'f' => {
                let mut text = io::slurp(p, value).await.map_err(|_| Ended(2))?;
                if text.last() == Some(&b'\n') {
                    text.pop();
                } else if text.is_empty() {
                    continue; // no patterns, which is not one empty pattern
                }
                texts.push(text.into());
            }
            _ => {}
        }
    }
    let mut operands: Vec<BString> = options.operands.iter().map(|&operand| operand.into()).collect();
    if !options.has('e') && !options.has('f') {
        if operands.is_empty() {
            return Err(io::usage(p, &COMMAND, "missing pattern").await);
        }
        texts.push(operands.remove(0));
    }
    let lines = texts.iter().flat_map(|text| text.split_str(b"\n")).map(BString::from).collect();
    Ok((lines, operands))
}

/// How the options say that patterns are to be read.
fn style(options: &Options<'_>) -> Style {
    let syntax = match options.last_of("EFG") {
        Some('E') => Syntax::Extended,
        Some('F') => Syntax::Fixed,
        _ => Syntax::Basic,
    };
    let extent = match (options.has('x'), options.has('w')) {
        (true, _) => Extent::Whole,
        (false, true) => Extent::Word,
        (false, false) => Extent::Part,
    };
    Style { syntax, ignore_case: matches!(options.last_of("iy\u{f}"), Some('i' | 'y')), multi_line: options.has('z'), extent }
}
