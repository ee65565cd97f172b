//! The format of a file of cases.
//!
//! It is a shell script to an editor. What it holds for the driver stands in comments at the beginnings of lines:
//!
//! ```sh
//! #@ bash              for the rest of the file: the shells of the host that agree; without it, dash and bash.
//!                      `ed` is any shell of a host with GNU ed
//! #: NAME              begins a case; the lines after it are the script. Without a NAME it is called by its line
//! #| TEXT              a line of standard output
//! #\ TEXT              the last line of standard output, when no newline ends it
//! #! TEXT              a line of standard error, as our shell words it; #!* for any
//! #= N                 the exit status, when it is not 0
//! ```
//!
//! What is not given is empty, and the status 0. Behind the expectation stand only blank lines and other comments.

use crate::Outcome;

/// One case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// The file and the name in it, as `quoting/backslash before a newline`, or the line, as `quoting:12`.
    pub name: String,
    /// Where in the file.
    pub line: usize,
    /// The shells of the host that agree.
    pub shells: Vec<String>,
    /// What is run.
    pub script: String,
    /// Its standard output.
    pub stdout: String,
    /// Its standard error; `None`: anything.
    pub stderr: Option<String>,
    /// Its exit status.
    pub status: i32,
}

impl Case {
    /// Whether an outcome is the expected one.
    pub fn fits(&self, outcome: &Outcome) -> bool {
        let messages = match (&self.stderr, &outcome.stderr) {
            (Some(expected), Some(found)) => expected == found,
            _ => true,
        };
        messages && self.stdout == outcome.stdout && self.status == outcome.status
    }

    pub(crate) fn expected(&self) -> String {
        let Case { stdout, stderr, status, .. } = self;
        crate::shown(&Outcome { stdout: stdout.clone(), stderr: stderr.clone(), status: *status })
    }
}

/// Reads a file of cases.
///
/// # Errors
/// What is wrong, and in which line.
pub fn parse(file: &str, text: &str) -> Result<Vec<Case>, String> {
    let mut cases: Vec<Case> = Vec::new();
    let mut shells = vec!["dash".to_owned(), "bash".to_owned()];
    let mut in_script = false;
    for (number, line) in (1..).zip(text.lines()) {
        let wrong = |what: &str| Err(format!("{file}.sh: line {number}: {what}"));
        let (mark, rest) = line.split_at_checked(2).unwrap_or((line, ""));
        let value = rest.strip_prefix(' ').unwrap_or(rest);
        if mark == "#@" && cases.is_empty() {
            shells = value.split_whitespace().map(str::to_owned).collect();
            continue;
        }
        if mark == "#:" {
            let name = match value {
                "" => format!("{file}:{number}"),
                name => format!("{file}/{name}"),
            };
            if cases.iter().any(|case| case.name == name) {
                return wrong("a case of this name stands above");
            }
            let (script, stdout, stderr) = (String::new(), String::new(), Some(String::new()));
            cases.push(Case {
                name,
                line: number,
                shells: shells.clone(),
                script,
                stdout,
                stderr,
                status: 0,
            });
            in_script = true;
            continue;
        }
        let Some(case) = cases.last_mut() else {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            return wrong("the first case begins with `#:`");
        };
        match mark {
            "#|" => case.stdout += &format!("{value}\n"),
            "#\\" => case.stdout += value,
            "#!" if rest == "*" => case.stderr = None,
            "#!" => match &mut case.stderr {
                Some(text) => *text += &format!("{value}\n"),
                None => return wrong("`#!*` says that standard error may be anything"),
            },
            "#=" => match value.parse() {
                Ok(status) => case.status = status,
                Err(_) => return wrong("`#=` is followed by a status"),
            },
            _ if in_script => {
                case.script += line;
                case.script.push('\n');
                continue;
            }
            _ if line.is_empty() || line.starts_with('#') => continue,
            _ => return wrong("a script begins with `#:`"),
        }
        in_script = false;
    }
    for case in &mut cases {
        // The blank line in front of the next case is not part of a script without output.
        case.script.truncate(case.script.trim_end_matches('\n').len());
        case.script.push('\n');
    }
    Ok(cases)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_as_its_format_says() {
        let text = "# about\n#@ bash\n#: one\necho a\n# in it\nb\n#| a\n#\\ c\n#= 3\n\n#: two\nfalse\n#!*\n\n#: three\n:\n\n";
        let cases = parse("f", text).unwrap();
        let short: Vec<_> = cases
            .iter()
            .map(|c| {
                (c.name.as_str(), c.line, c.script.as_str(), c.stdout.as_str(), c.stderr.as_deref(), c.status)
            })
            .collect();
        assert_eq!(
            short,
            [
                ("f/one", 3, "echo a\n# in it\nb\n", "a\nc", Some(""), 3),
                ("f/two", 11, "false\n", "", None, 0),
                ("f/three", 15, ":\n", "", Some(""), 0),
            ]
        );
        assert!(cases.iter().all(|case| case.shells == ["bash"]));
    }

    #[test]
    fn what_does_not_fit_the_format_is_named() {
        for (text, message) in [
            ("echo a\n", "f.sh: line 1: the first case begins with `#:`"),
            ("#: a\n:\n#: a\n", "f.sh: line 3: a case of this name stands above"),
            ("#: a\n:\n#= x\n", "f.sh: line 3: `#=` is followed by a status"),
            ("#: a\n:\n#| x\necho\n", "f.sh: line 4: a script begins with `#:`"),
        ] {
            assert_eq!(parse("f", text), Err(message.to_owned()));
        }
    }
}
