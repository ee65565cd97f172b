//! `select` (not POSIX; as ksh and bash have it): a menu on standard error, a choice from standard input.

use alloc::{string::String, vec::Vec};
use bstr::{BString, ByteSlice};
use core::ops::ControlFlow::{Break, Continue};

use super::{Flow, builtins::read_line, compound::Turn};
use crate::{
    fd::Fd,
    lang::ast::{List, Word},
    shell::Shell,
};

impl Shell {
    /// Asks and runs the body until `break` or the end of standard input.
    pub(super) async fn run_select(&mut self, name: &[u8], words: Option<&[Word]>, body: &List) -> Flow {
        let values = match words {
            Some(words) => self.expand_words(words).await?,
            None => self.args.to_vec(),
        };
        self.status = 0;
        if values.is_empty() {
            return Continue(());
        }
        self.loops += 1;
        let flow = self.choose_from(name, &values, body).await;
        self.loops -= 1;
        flow
    }

    async fn choose_from(&mut self, name: &[u8], values: &[BString], body: &List) -> Flow {
        let mut show = true;
        loop {
            if show {
                let menu: String =
                    (1..).zip(values).map(|(number, value)| alloc::format!("{number}) {value}\n")).collect();
                self.tell(menu).await;
            }
            let prompt = self.vars.get("PS3").unwrap_or(b"#? ".as_bstr()).to_vec();
            self.tell(prompt).await;
            let stdin = Fd::new(&self.fds, 0);
            let Ok(Ok((line, true))) = self.unless_signalled(read_line(&stdin, true, b'\n')).await? else {
                self.tell("\n").await;
                self.status = 1;
                return Continue(());
            };
            let line: Vec<u8> = line.into_iter().map(|(byte, _)| byte).collect();
            let line = line.trim_ascii();
            show = line.is_empty();
            if show {
                continue;
            }
            let chosen = line.to_str().ok().and_then(|text| text.parse::<usize>().ok());
            let value =
                chosen.and_then(|number| values.get(number.checked_sub(1)?).cloned()).unwrap_or_default();
            self.vars.set("REPLY", line);
            if let Err(message) = self.vars.assign(name, value) {
                return self.assignment_failed(message).await;
            }
            let turn = self.run_list(body).await;
            match self.turn(turn) {
                Continue(Turn::Again) => {}
                Continue(Turn::Over) => return Continue(()),
                Break(leave) => return Break(leave),
            }
        }
    }
}
