//! `grep`: prints the lines that match. The matcher runs in time linear in the line, whatever the pattern.

use alloc::{collections::VecDeque, format, string::String, vec::Vec};
use bstr::{BStr, BString, ByteSlice};
use regex_automata::{
    Anchored, Input, MatchKind,
    meta::{Cache, Config, Regex},
    util::syntax,
};

use super::support::{
    numbers,
    paths::{child, is_dir},
    posix_regex::{Syntax, translate},
};
use crate::{
    env,
    io::{self, Ended, Lines, Options, Outcome, Output},
    process::Process,
};

command!(
    "grep",
    "grep [-EFivwxnclqoshHr] [-e PATTERN] [-f FILE] [-m COUNT] [-A|-B|-C LINES] [PATTERN] [FILE...]",
    "Prints lines that match: -v that do not, -i any case, -c count, -l names, -o matches only, -n numbers, -r below directories."
);

const LONG: &[(&str, char)] = &[
    ("after-context", 'A'),
    ("basic-regexp", 'G'),
    ("before-context", 'B'),
    ("context", 'C'),
    ("count", 'c'),
    ("extended-regexp", 'E'),
    ("files-with-matches", 'l'),
    ("files-without-match", 'L'),
    ("fixed-strings", 'F'),
    ("ignore-case", 'i'),
    ("invert-match", 'v'),
    ("line-number", 'n'),
    ("line-regexp", 'x'),
    ("max-count", 'm'),
    ("no-filename", 'h'),
    ("no-messages", 's'),
    ("only-matching", 'o'),
    ("quiet", 'q'),
    ("recursive", 'r'),
    ("regexp", 'e'),
    ("with-filename", 'H'),
    ("word-regexp", 'w'),
];

/// The patterns, compiled.
struct Matcher {
    regex: Regex,
    cache: Cache,
    /// Finds the longest match at a place, as POSIX wants it: for `-o` only.
    longest: Option<(Regex, Cache)>,
}

impl Matcher {
    fn new(pattern: &str, ignore_case: bool, longest: bool) -> Result<Self, String> {
        let build = |kind| {
            let syntax = syntax::Config::new().utf8(false).dot_matches_new_line(true).case_insensitive(ignore_case);
            let config = Config::new()
                .utf8_empty(false)
                .match_kind(kind)
                .nfa_size_limit(Some(4 << 20))
                .hybrid_cache_capacity(256 << 10);
            let regex = Regex::builder().configure(config).syntax(syntax).build(pattern);
            regex.map_err(|error| match error.size_limit() {
                Some(_) => String::from("regular expression too big"),
                None => format!("invalid regular expression: {error}"),
            })
        };
        let with_cache = |regex: Regex| {
            let cache = regex.create_cache();
            (regex, cache)
        };
        let (regex, cache) = with_cache(build(MatchKind::LeftmostFirst)?);
        let longest = if longest { Some(with_cache(build(MatchKind::All)?)) } else { None };
        Ok(Self { regex, cache, longest })
    }

    fn is_match(&mut self, line: &[u8]) -> bool {
        self.regex.search_half_with(&mut self.cache, &Input::new(line).earliest(true)).is_some()
    }

    /// The leftmost longest match from `from` on.
    fn find(&mut self, line: &[u8], from: usize) -> Option<(usize, usize)> {
        let found = self.regex.search_with(&mut self.cache, &Input::new(line).range(from..))?;
        let Some((regex, cache)) = &mut self.longest else { return Some((found.start(), found.end())) };
        let input = Input::new(line).range(found.start()..).anchored(Anchored::Yes);
        let end = regex.search_half_with(cache, &input).map_or(found.end(), |half| half.offset());
        Some((found.start(), end))
    }
}

/// What to print.
struct Plan {
    invert: bool,
    names: bool,
    numbers: bool,
    count: bool,
    list: bool,
    list_without: bool,
    quiet: bool,
    only: bool,
    silent: bool,
    most: u64,
    before: usize,
    after: u64,
}

async fn run(p: Process) -> Outcome {
    let options = io::options(&p, &COMMAND, "EFGivwxnclLqosHhrRe:f:m:A:B:C:", LONG).await?;
    let (patterns, mut operands) = patterns(&p, &options).await?;
    let pattern = match whole_pattern(&patterns, &options) {
        Ok(pattern) => pattern,
        Err(message) => return fail(&p, &message).await,
    };
    let mut matcher = match Matcher::new(&pattern, options.has('i'), options.has('o')) {
        Ok(matcher) => matcher,
        Err(message) => return fail(&p, &message).await,
    };
    let recursive = options.has('r') || options.has('R');
    let number = |option: char| options.value(option).map_or(Some(0), |text| numbers::parse::<u64>(text));
    let (Some(after), Some(before), Some(around)) = (number('A'), number('B'), number('C')) else {
        return fail(&p, "context length argument must be a number").await;
    };
    let most = match options.value('m').map(|text| numbers::parse(text)) {
        None => u64::MAX,
        Some(Some(most)) => most,
        Some(None) => return fail(&p, "invalid max count").await,
    };
    let plan = Plan {
        invert: options.has('v'),
        names: options.last_of("Hh").map_or(operands.len() > 1 || recursive, |option| option == 'H'),
        numbers: options.has('n'),
        count: options.has('c'),
        list: options.has('l'),
        list_without: options.has('L'),
        quiet: options.has('q'),
        only: options.has('o'),
        silent: options.has('s'),
        most,
        before: before.max(around) as usize,
        after: after.max(around),
    };
    if operands.is_empty() {
        operands.push(if recursive { ".".into() } else { "-".into() });
    }

    let mut out = Output::new(&p);
    let (mut matched, mut failed) = (false, false);
    operands.reverse();
    while let Some(name) = operands.pop() {
        if name != "-" && is_dir(&p, name.as_bstr()).await {
            if !recursive {
                io::complain(&p, alloc::format!("{name}: Is a directory")).await;
                continue;
            }
            match p.sys.read_dir(p.absolute(name.as_bstr()).as_bstr()).await {
                Ok(mut entries) => {
                    entries.sort_by(|a, b| b.name.cmp(&a.name));
                    operands.extend(entries.iter().map(|entry| child(name.as_bstr(), entry.name.as_bstr())));
                }
                Err(error) => {
                    io::complain_about(&p, &name, error).await;
                    failed = true;
                }
            }
            continue;
        }
        match search(&p, &plan, &mut matcher, name.as_bstr(), &mut out).await? {
            Ok(found) => matched |= found != plan.list_without,
            Err(error) => {
                if !plan.silent {
                    io::complain_about(&p, &name, error).await;
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

/// One expression for all patterns and for `-w` and `-x`.
fn whole_pattern(patterns: &[BString], options: &Options<'_>) -> Result<String, String> {
    let syntax = match options.last_of("EFG") {
        Some('E') => Syntax::Extended,
        Some('F') => Syntax::Fixed,
        _ => Syntax::Basic,
    };
    let mut whole = Vec::new();
    for pattern in patterns {
        let translated = translate(pattern, syntax)?;
        whole.push(if options.has('x') {
            format!("^(?:{translated})$")
        } else if options.has('w') {
            format!(r"(?-u:\b{{start-half}})(?:{translated})(?-u:\b{{end-half}})")
        } else {
            format!("(?:{translated})")
        });
    }
    // Without a pattern nothing matches: an empty class.
    Ok(if whole.is_empty() { r"[^\x{0}-\x{10FFFF}]".into() } else { whole.join("|") })
}

/// Searches one file; whether a line was selected.
async fn search(
    p: &Process,
    plan: &Plan,
    matcher: &mut Matcher,
    name: &BStr,
    out: &mut Output<'_>,
) -> Result<env::Result<bool>, Ended> {
    let file = if name == "-" { None } else { Some(io::open(p, name, env::OpenFlags::READ).await) };
    let mut lines = match &file {
        None => Lines::new(&p.stdin()),
        Some(Ok(file)) => Lines::new(file),
        Some(Err(error)) => return Ok(Err(*error)),
    };
    let shown_name = if name == "-" { BStr::new("(standard input)") } else { name };
    let mut count = 0;
    let mut number = 0u64;
    let mut context: VecDeque<(u64, Vec<u8>)> = VecDeque::new();
    // The last line that was printed, and how many lines of context are still to come.
    let (mut printed, mut after) = (0, 0);
    let wants_lines = !(plan.count || plan.list || plan.list_without || plan.quiet);
    while count < plan.most || after > 0 {
        let line = match lines.next_line().await {
            Ok(Some(line)) => line,
            Ok(None) => break,
            Err(error) => return Ok(Err(error)),
        };
        number += 1;
        let text = line.strip_suffix(b"\n").unwrap_or(line);
        let selected = count < plan.most && matcher.is_match(text) != plan.invert;
        if selected {
            count += 1;
            if plan.list || plan.list_without || plan.quiet {
                break;
            }
        }
        if !wants_lines {
            continue;
        }
        if selected && plan.only {
            if !plan.invert {
                print_matches(plan, matcher, shown_name, number, text, out).await?;
            }
        } else if selected {
            let first = context.front().map_or(number, |(number, _)| *number);
            if (plan.before > 0 || plan.after > 0) && printed > 0 && first > printed + 1 {
                out.push(b"--\n");
            }
            for (number, line) in context.drain(..) {
                print(plan, shown_name, number, b"-", &line, out).await?;
            }
            print(plan, shown_name, number, b":", text, out).await?;
            (printed, after) = (number, plan.after);
        } else if after > 0 {
            print(plan, shown_name, number, b"-", text, out).await?;
            printed = number;
            after -= 1;
        } else if plan.before > 0 && !plan.only {
            if context.len() == plan.before {
                context.pop_front();
            }
            context.push_back((number, text.to_vec()));
        }
    }
    if plan.count && !plan.quiet {
        let prefix = if plan.names { format!("{shown_name}:") } else { String::new() };
        out.write(format!("{prefix}{count}\n").as_bytes()).await?;
    }
    if (plan.list && count > 0 || plan.list_without && count == 0) && !plan.quiet {
        out.write_line(shown_name).await?;
    }
    Ok(Ok(count > 0))
}

async fn print(
    plan: &Plan,
    name: &BStr,
    number: u64,
    mark: &[u8],
    text: &[u8],
    out: &mut Output<'_>,
) -> Result<(), Ended> {
    if plan.names {
        out.push(name);
        out.push(mark);
    }
    if plan.numbers {
        out.push(format!("{number}").as_bytes());
        out.push(mark);
    }
    out.push(text);
    out.write(b"\n").await
}

async fn print_matches(
    plan: &Plan,
    matcher: &mut Matcher,
    name: &BStr,
    number: u64,
    text: &[u8],
    out: &mut Output<'_>,
) -> Result<(), Ended> {
    let mut at = 0;
    while at <= text.len()
        && let Some((start, end)) = matcher.find(text, at)
    {
        if start < end {
            print(plan, name, number, b":", &text[start..end], out).await?;
        }
        at = if start < end { end } else { end + 1 };
    }
    Ok(())
}
