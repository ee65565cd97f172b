//! `test` and `[`: conditions (POSIX XCU `test`).
//!
//! ```text
//! or     = and { -o and }
//! and    = not { -a not }
//! not    = ! not | primary
//! primary = ( or ) | UNARY word | word BINARY word | word
//! ```
//! A word that could be an operator is one only where its operands are there too, which is what the
//! rules of POSIX for two to four arguments come to.

use alloc::{format, string::String};
use bstr::{BStr, BString, ByteSlice};

use super::support::{numbers, paths};
use crate::{
    env::{BoxFuture, FileType, Metadata},
    io::{self, Outcome},
    process::Process,
};

command!(
    "test",
    "test EXPRESSION",
    "Succeeds if true: -e -f -d -h -s -r -w -x FILE, A -nt -ot -ef B of files, -z -n TEXT, A = B, A != B, A -eq -ne -lt -le -gt -ge B, ! -a -o ( )."
);

async fn run(p: Process) -> Outcome {
    judge(&p, p.args.get(1..).unwrap_or_default()).await
}

/// The status of the expression: 0 true, 1 false, 2 not an expression.
pub(super) async fn judge(p: &Process, words: &[BString]) -> Outcome {
    let mut parser = Parser { p, words, at: 0, depth: 0 };
    if words.is_empty() {
        return Ok(1);
    }
    let result = match parser.or().await {
        Ok(_) if parser.at < words.len() => Err(format!("unexpected '{}'", words[parser.at])),
        other => other,
    };
    match result {
        Ok(truth) => Ok(u8::from(!truth)),
        Err(message) => {
            io::complain(p, message).await;
            Ok(2)
        }
    }
}

const BINARY: [&str; 14] =
    ["=", "==", "!=", "<", ">", "-eq", "-ne", "-lt", "-le", "-gt", "-ge", "-nt", "-ot", "-ef"];

/// How deep parentheses may nest.
const MAX_DEPTH: usize = 64;

struct Parser<'a> {
    p: &'a Process,
    words: &'a [BString],
    at: usize,
    /// How many parentheses are open.
    depth: usize,
}

impl<'a> Parser<'a> {
    fn peek(&self, ahead: usize) -> Option<&'a BStr> {
        self.words.get(self.at + ahead).map(|word| word.as_bstr())
    }

    fn take_if(&mut self, word: &str) -> bool {
        let found = self.peek(0).is_some_and(|next| next == word);
        self.at += usize::from(found);
        found
    }

    async fn or(&mut self) -> Result<bool, String> {
        let mut truth = self.and().await?;
        while self.take_if("-o") {
            truth |= self.and().await?;
        }
        Ok(truth)
    }

    async fn and(&mut self) -> Result<bool, String> {
        let mut truth = self.not().await?;
        while self.take_if("-a") {
            truth &= self.not().await?;
        }
        Ok(truth)
    }

    /// Boxed, as parentheses lead back here.
    fn not(&mut self) -> BoxFuture<'_, Result<bool, String>> {
        alloc::boxed::Box::pin(async move {
            let mut negated = false;
            while self.peek(0).is_some_and(|word| word == "!") && self.peek(1).is_some() && !self.binary_follows() {
                self.at += 1;
                negated = !negated;
            }
            Ok(self.primary().await? != negated)
        })
    }

    fn binary_follows(&self) -> bool {
        let operator = self.peek(1).is_some_and(|word| BINARY.iter().any(|operator| word == operator));
        operator && self.peek(2).is_some()
    }

    async fn primary(&mut self) -> Result<bool, String> {
        let Some(word) = self.peek(0) else { return Err("argument expected".into()) };
        if self.binary_follows() {
            let (operator, right) = (self.peek(1).unwrap_or_default(), self.peek(2).unwrap_or_default());
            self.at += 3;
            return self.binary(word, operator, right).await;
        }
        if word == "(" && self.peek(1).is_some() {
            if self.depth == MAX_DEPTH {
                return Err(format!("parentheses nest deeper than {MAX_DEPTH} levels"));
            }
            self.depth += 1;
            self.at += 1;
            let truth = self.or().await?;
            self.depth -= 1;
            return if self.take_if(")") { Ok(truth) } else { Err("')' expected".into()) };
        }
        let is_unary = word.len() == 2 && word[0] == b'-' && b"bcdefghknprstuwxzGLNOS".contains(&word[1]);
        match self.peek(1) {
            Some(operand) if is_unary => {
                self.at += 2;
                self.unary(word[1], operand).await
            }
            _ => {
                self.at += 1;
                Ok(!word.is_empty())
            }
        }
    }

    async fn stat(&self, path: &BStr) -> Option<Metadata> {
        paths::stat(self.p, path).await.ok()
    }

    async fn unary(&self, letter: u8, operand: &BStr) -> Result<bool, String> {
        match letter {
            b'n' => return Ok(!operand.is_empty()),
            b'z' => return Ok(operand.is_empty()),
            b't' => {
                let number = integer(operand)? as usize;
                return Ok(self.p.fds.get(number).is_ok_and(|file| file.terminal().is_some()));
            }
            _ if operand.is_empty() => return Ok(false),
            _ => {}
        }
        if let b'h' | b'L' = letter {
            let there = paths::lstat(self.p, operand).await;
            return Ok(there.is_ok_and(|there| there.kind == FileType::Symlink));
        }
        let Some(metadata) = self.stat(operand).await else { return Ok(false) };
        Ok(match letter {
            b'e' => true,
            b'f' => metadata.kind == FileType::Regular,
            b'd' => metadata.kind == FileType::Directory,
            b'c' => metadata.kind == FileType::CharDevice,
            b'p' => metadata.kind == FileType::Pipe,
            b's' => metadata.size > 0,
            // Root may read and write everything, where that can be done at all, and run what anybody may run.
            b'r' => true,
            b'w' => !self.p.sys.mounts().iter().any(|it| it.device == metadata.device && it.read_only && it.space.is_some()),
            b'x' => metadata.kind == FileType::Directory || metadata.mode & 0o111 != 0,
            b'u' => metadata.mode & 0o4000 != 0,
            b'g' => metadata.mode & 0o2000 != 0,
            b'k' => metadata.mode & 0o1000 != 0,
            b'O' => metadata.uid == 0,
            b'G' => metadata.gid == 0,
            b'N' => metadata.modified > metadata.accessed,
            _ => false, // block devices and sockets: there are none
        })
    }

    async fn binary(&self, left: &BStr, operator: &BStr, right: &BStr) -> Result<bool, String> {
        let operator = operator.to_str().unwrap_or_default();
        match operator {
            "=" | "==" => return Ok(left == right),
            "!=" => return Ok(left != right),
            "<" => return Ok(left < right),
            ">" => return Ok(left > right),
            "-nt" | "-ot" | "-ef" => {
                let (left, right) = (self.stat(left).await, self.stat(right).await);
                return Ok(match operator {
                    "-nt" => left.is_some_and(|left| right.is_none_or(|right| left.modified > right.modified)),
                    "-ot" => right.is_some_and(|right| left.is_none_or(|left| left.modified < right.modified)),
                    _ => left.zip(right).is_some_and(|(left, right)| left.is_same_file(&right)),
                });
            }
            _ => {}
        }
        let order = integer(left)?.cmp(&integer(right)?);
        Ok(match operator {
            "-eq" => order.is_eq(),
            "-ne" => order.is_ne(),
            "-lt" => order.is_lt(),
            "-le" => order.is_le(),
            "-gt" => order.is_gt(),
            _ => order.is_ge(),
        })
    }
}

fn integer(text: &BStr) -> Result<i64, String> {
    numbers::parse(text.trim_ascii()).ok_or_else(|| format!("integer expression expected: '{text}'"))
}
