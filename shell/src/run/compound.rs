//! Compound commands (XCU 2.9.4): what decides, what repeats, and functions (XCU 2.9.5).

use alloc::{boxed::Box, string::ToString, sync::Arc, vec::Vec};
use bstr::{BString, ByteSlice};
use core::ops::ControlFlow::{Break, Continue};

use super::{Flow, Leave};
use crate::{
    env::{BoxFuture, Memory},
    errno::Errno,
    lang::{
        ast::{Arm, Condition, Count, Function, Kind, List, Then, Word},
        pattern::matches,
    },
    process::Process,
    shell::Shell,
};

/// Whether a loop goes on after its body.
pub(super) enum Turn {
    Again,
    Over,
}

impl Shell {
    /// Runs a compound command, whose redirections have been made. Boxed, because they nest.
    pub(super) fn run_compound<'a>(&'a mut self, kind: &'a Kind) -> BoxFuture<'a, Flow> {
        match kind {
            Kind::Simple(_) => Box::pin(async { Continue(()) }), // not compound
            Kind::Subshell(list) => self.run_list(list),
            Kind::Group(list) => self.run_list(list),
            Kind::If { branches, otherwise } => Box::pin(self.run_if(branches, otherwise.as_ref())),
            Kind::Loop { until, condition, body } => Box::pin(self.run_loop(*until, condition, body)),
            Kind::For { select: false, name, words, body } => {
                Box::pin(self.run_for(name, words.as_deref(), body))
            }
            Kind::For { name, words, body, .. } => Box::pin(self.run_select(name, words.as_deref(), body)),
            Kind::Count(count) => Box::pin(self.run_count(count)),
            Kind::Arithmetic(expression) => Box::pin(async move {
                self.status = u8::from(self.arithmetic(expression).await? == 0);
                Continue(())
            }),
            Kind::Case { word, arms } => Box::pin(self.run_case(word, arms)),
            Kind::Test(condition) => Box::pin(async move {
                match self.is_true(condition).await {
                    Break(Leave::Undecided) => self.status = 2,
                    flow => self.status = u8::from(!flow?),
                }
                Continue(())
            }),
            Kind::Function { name, function } => {
                Arc::make_mut(&mut self.functions).insert(name.as_slice().into(), function.clone());
                self.status = 0;
                Box::pin(async { Continue(()) })
            }
        }
    }

    /// Runs a list whose status is a question, so `set -e` does not look at it.
    async fn holds(&mut self, condition: &List) -> Flow<bool> {
        self.excused += 1;
        let flow = self.run_list(condition).await;
        self.excused -= 1;
        flow?;
        Continue(self.status == 0)
    }

    async fn run_if(&mut self, branches: &[(List, List)], otherwise: Option<&List>) -> Flow {
        for (condition, body) in branches {
            if self.holds(condition).await? {
                return self.run_list(body).await;
            }
        }
        match otherwise {
            Some(body) => self.run_list(body).await,
            None => {
                self.status = 0;
                Continue(())
            }
        }
    }

    async fn run_loop(&mut self, until: bool, condition: &List, body: &List) -> Flow {
        let mut status = 0;
        self.loops += 1;
        let flow = loop {
            if let Break(leave) = self.before_turn().await {
                break Break(leave);
            }
            let turn = match self.holds(condition).await {
                Continue(holds) if holds != until => self.run_list(body).await,
                Continue(_) => break Continue(()),
                Break(leave) => Break(leave),
            };
            status = self.status;
            match self.turn(turn) {
                Continue(Turn::Again) => {}
                Continue(Turn::Over) => break Continue(()),
                Break(leave) => break Break(leave),
            }
        };
        self.loops -= 1;
        self.status = status;
        flow
    }

    async fn run_for(&mut self, name: &[u8], words: Option<&[Word]>, body: &List) -> Flow {
        let values: Arc<[BString]> = match words {
            Some(words) => self.expand_words(words).await?.into(),
            None => self.args.clone(),
        };
        if values.is_empty() {
            self.status = 0;
        }
        self.loops += 1;
        let mut flow = Continue(());
        for value in values.iter() {
            if let Err(message) = self.vars.assign(name, value.clone()) {
                flow = self.assignment_failed(message).await;
                break;
            }
            if let Break(leave) = self.before_turn().await {
                flow = Break(leave);
                break;
            }
            let turn = self.run_list(body).await;
            match self.turn(turn) {
                Continue(Turn::Again) => {}
                Continue(Turn::Over) => break,
                Break(leave) => {
                    flow = Break(leave);
                    break;
                }
            }
        }
        self.loops -= 1;
        flow
    }

    /// `for ((...))`
    async fn run_count(&mut self, count: &Count) -> Flow {
        if let Some(first) = &count.first {
            self.arithmetic(first).await?;
        }
        self.status = 0;
        self.loops += 1;
        let flow = self.count(count).await;
        self.loops -= 1;
        flow
    }

    async fn count(&mut self, count: &Count) -> Flow {
        loop {
            self.before_turn().await?;
            if let Some(condition) = &count.condition
                && self.arithmetic(condition).await? == 0
            {
                return Continue(());
            }
            let turn = self.run_list(&count.body).await;
            match self.turn(turn)? {
                Turn::Again => {}
                Turn::Over => return Continue(()),
            }
            if let Some(step) = &count.step {
                self.arithmetic(step).await?;
            }
        }
    }

    /// What comes between two turns of a loop. Others run: one of builtins would otherwise keep its CPU, and hear no
    /// signal. And the person's shell, which gets the last of the memory, does not use it up.
    async fn before_turn(&mut self) -> Flow {
        self.sys.yield_now().await;
        if self.is_interactive() && self.sys.memory_left() == Memory::Out {
            self.complain(Errno::ENOMEM.to_string()).await;
            self.status = 1;
            return Break(Leave::Error);
        }
        Continue(())
    }

    /// What the end of a body means for its loop.
    pub(super) fn turn(&mut self, flow: Flow) -> Flow<Turn> {
        match flow {
            Continue(()) | Break(Leave::Continue(1)) => Continue(Turn::Again),
            Break(Leave::Break(1)) => Continue(Turn::Over),
            Break(Leave::Break(levels)) => Break(Leave::Break(levels - 1)),
            Break(Leave::Continue(levels)) => Break(Leave::Continue(levels - 1)),
            Break(leave) => Break(leave),
        }
    }

    async fn run_case(&mut self, word: &Word, arms: &[Arm]) -> Flow {
        let text = self.expand_string(word).await?;
        let (mut falls, mut ran) = (false, false);
        for arm in arms {
            if !falls && !self.any_matches(&arm.patterns, &text).await? {
                continue;
            }
            self.run_list(&arm.body).await?;
            ran |= !arm.body.items.is_empty();
            match arm.then {
                Then::Stop => break,
                Then::FallThrough => falls = true,
                Then::Test => falls = false,
            }
        }
        if !ran {
            self.status = 0;
        }
        Continue(())
    }

    async fn any_matches(&mut self, patterns: &[Word], text: &[u8]) -> Flow<bool> {
        for pattern in patterns {
            if matches(&self.expand_pattern(pattern).await?, text) {
                return Continue(true);
            }
        }
        Continue(false)
    }

    /// Whether a condition of `[[ ]]` holds. Boxed, because they nest.
    fn is_true<'a>(&'a mut self, condition: &'a Condition) -> BoxFuture<'a, Flow<bool>> {
        Box::pin(async move {
            match condition {
                Condition::Any(conditions) => {
                    for condition in conditions {
                        if self.is_true(condition).await? {
                            return Continue(true);
                        }
                    }
                    Continue(false)
                }
                Condition::All(conditions) => {
                    for condition in conditions {
                        if !self.is_true(condition).await? {
                            return Continue(false);
                        }
                    }
                    Continue(true)
                }
                Condition::Not(condition) => Continue(!self.is_true(condition).await?),
                Condition::Word(word) => Continue(!self.expand_string(word).await?.is_empty()),
                Condition::Unary(operator, word) => {
                    let word = self.expand_string(word).await?;
                    self.test(Vec::from([operator.as_slice().into(), word])).await
                }
                Condition::Binary(left, operator, right) => {
                    let left = self.expand_string(left).await?;
                    if let b"=" | b"==" | b"!=" = operator.as_slice() {
                        let pattern = self.expand_pattern(right).await?;
                        return Continue(matches(&pattern, &left) == (operator.as_slice() != b"!="));
                    }
                    if operator.as_slice() == b"=~" {
                        let pattern = self.expand_regex(right).await?;
                        return self.matches_regex(&left, &pattern).await;
                    }
                    let right = self.expand_string(right).await?;
                    self.test(Vec::from([left, operator.as_slice().into(), right])).await
                }
            }
        })
    }

    /// What `test` says of an operator and its operands.
    async fn test(&mut self, mut words: Vec<BString>) -> Flow<bool> {
        words.insert(0, "[[".into());
        let process = Process {
            sys: self.sys.clone(),
            args: words,
            env: Default::default(),
            cwd: self.cwd.clone(),
            fds: self.fds.clone(),
            umask: self.umask,
            signals: self.signals.clone(),
        };
        match (crate::commands::TEST.run)(process).await {
            0 => Continue(true),
            1 => Continue(false),
            _ => Break(Leave::Undecided),
        }
    }

    /// Calls a function: its arguments are the positional parameters meanwhile.
    pub(super) fn call<'a>(
        &'a mut self,
        function: Arc<Function>,
        words: Vec<BString>,
    ) -> BoxFuture<'a, Flow> {
        Box::pin(async move {
            self.enter().await?;
            let args = core::mem::replace(&mut self.args, words[1..].into());
            let loops = core::mem::take(&mut self.loops);
            self.frames.push(Vec::new());
            let caller = (core::mem::replace(&mut self.source, function.source.clone()), self.at);
            let flow = self.run_command(&function.body).await;
            (self.source, self.at) = caller;
            self.vars.restore(self.frames.pop().unwrap_or_default());
            self.loops = loops;
            self.args = args;
            self.leave();
            match flow {
                Break(Leave::Return) => Continue(()),
                flow => flow,
            }
        })
    }

    /// The function of that name.
    pub(super) fn function(&self, name: &[u8]) -> Option<Arc<Function>> {
        self.functions.get(name.as_bstr()).cloned()
    }
}
