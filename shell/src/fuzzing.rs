//! What the fuzz targets (`fuzz/`) call, and tests with what these have found worth keeping. Each takes any bytes and
//! panics when a promise is broken.

use alloc::{collections::BTreeMap, string::String, sync::Arc, vec::Vec};

use crate::{
    Shell,
    env::File,
    fake::{Capture, FakeSystem},
    fd::FdTable,
    lang::{
        Parser,
        ast::{Assignment, Kind, List, Operator, Parameter, Part, Subscript, Value, Word},
    },
};

/// How much of the text the parser may look at for each byte of it: every byte is looked at a few times, and as many
/// texts can lie in each other as may nest.
const STEPS_PER_BYTE: usize = 400;

/// Words and tokens: the text in the places where bytes mean different things.
pub fn lexer(data: &[u8]) {
    let places = [
        ("cat <<E\n", "\nE\n"),
        ("\"", "\""),
        ("${x/", "}"),
        ("a=(", ")"),
        ("[[ a =~ ", " ]]"),
        ("((", "))"),
    ];
    for (before, after) in places {
        parser(&[before.as_bytes(), data, after.as_bytes()].concat());
    }
}

/// Any text parses to commands or to an error that can be shown, with work that is linear in it.
pub fn parser(data: &[u8]) {
    let mut parser = Parser::new(Arc::from(data));
    let mut commands = 0;
    loop {
        match parser.next_command() {
            Ok(Some(list)) => {
                commands += 1;
                for item in &list.items {
                    let core::ops::Range { start, end } = item.and_or.range;
                    assert!(end <= data.len() && parser.source().line(start) >= 1, "{start}..{end}");
                }
            }
            Ok(None) => break,
            Err(error) => {
                assert!(error.at <= data.len(), "{error:?}");
                assert_eq!(error.render("sh", data).lines().count(), 3, "{error:?}");
                break;
            }
        }
        assert!(commands <= data.len(), "every command takes some of the text");
    }
    let steps = parser.steps();
    assert!(steps <= (data.len() + 64) * STEPS_PER_BYTE, "{steps} steps for {} bytes", data.len());
}

/// Any words expand to fields or to an error, and the shell goes on. The first byte chooses how fields are split and
/// which options are set. Words with commands in them are left out: these could run for ever, and rightly so.
pub fn expansion(data: &[u8]) {
    let (&flags, words) = data.split_first().unwrap_or((&0, data));
    let ifs = ["' '", "':'", "''", "' :x'", "'\\'"][usize::from(flags) % 5];
    let options = ["", "set -f;", "set -u;", "set -fu;"][usize::from(flags) / 5 % 4];
    let script = [b"printf '<%s>' ".as_slice(), words].concat();
    let mut parser = Parser::new(Arc::from(script));
    let Ok(Some(list)) = parser.next_command() else { return };
    if !is_harmless(&list) {
        return;
    }
    let sys = FakeSystem::new();
    let (output, messages) = (Arc::new(Capture::default()), Arc::new(Capture::default()));
    let files = [output.clone() as Arc<dyn File>, output, messages.clone()];
    let [stdin, stdout, stderr] = files;
    let fds = FdTable::with_stdio(stdin, stdout, stderr);
    let mut shell = Shell::new(sys.port(), BTreeMap::from([("HOME".into(), "/tmp".into())]), fds);
    let before =
        alloc::format!("{options} IFS={ifs} x='a b:c' y= a=(1 '' 'x y') z='*?[a-c]\\'; set -- p '' 'q r'");
    sys.block_on(async {
        shell.run_script(before.as_bytes(), b"sh").await;
        // What it comes to is the fuzzer's business; that it comes back is ours.
        shell.source = parser.source();
        let _ = shell.run_list(&list).await;
    });
    let messages = String::from_utf8_lossy(&messages.bytes()).into_owned();
    assert!(!messages.contains("panicked"), "{messages}");
}

/// Whether a list is one simple command that runs nothing but itself.
fn is_harmless(list: &List) -> bool {
    let [item] = list.items.as_slice() else { return false };
    let and_or = &item.and_or;
    let (Some(command), true, false) =
        (and_or.first.commands.only(), and_or.rest.is_empty(), item.background)
    else {
        return false;
    };
    match &command.kind {
        Kind::Simple(simple) => command.redirects.is_empty() && simple.words.iter().all(runs_nothing),
        _ => false,
    }
}

fn runs_nothing(word: &Word) -> bool {
    word.parts.iter().all(|part| match part {
        Part::Plain(_) | Part::Quoted(_) | Part::Tilde(_) | Part::Variable { .. } => true,
        Part::Command { .. } | Part::Process { .. } => false,
        Part::Arithmetic { expression, .. } => runs_nothing(expression),
        Part::Assignment(assignment) => assignment_runs_nothing(assignment),
        Part::Parameter { parameter, .. } => parameter_runs_nothing(parameter),
    })
}

fn assignment_runs_nothing(assignment: &Assignment) -> bool {
    assignment.index.iter().all(runs_nothing)
        && match &assignment.value {
            Value::Word(word) => runs_nothing(word),
            Value::Array(elements) => elements
                .iter()
                .all(|element| element.index.iter().all(runs_nothing) && runs_nothing(&element.value)),
        }
}

fn parameter_runs_nothing(parameter: &Parameter) -> bool {
    let words: Vec<&Word> = match &parameter.operator {
        Operator::Plain | Operator::Length | Operator::Indices => Vec::new(),
        Operator::Choose { word, .. } => Vec::from([word]),
        Operator::Trim { pattern, .. } | Operator::Case { pattern, .. } => Vec::from([pattern]),
        Operator::Slice { from, length } => Some(from).into_iter().chain(length).collect(),
        Operator::Replace { pattern, with, .. } => Vec::from([pattern, with]),
    };
    let index = match &parameter.subscript {
        Some(Subscript::At(index)) => runs_nothing(index),
        _ => true,
    };
    index && words.into_iter().all(runs_nothing)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{fs, path::Path};

    fn replay(target: &str, run: fn(&[u8])) {
        let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/corpus")).join(target);
        let files = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        let count = files.map(|file| run(&fs::read(file.unwrap().path()).unwrap())).count();
        assert!(count > 0, "{} is empty", folder.display());
    }

    #[test]
    fn the_corpus_of_the_lexer() {
        replay("lexer", lexer);
    }

    #[test]
    fn the_corpus_of_the_parser() {
        replay("parser", parser);
    }

    #[test]
    fn the_corpus_of_the_expansion() {
        replay("expansion", expansion);
    }
}
