//! Lists: what runs after what.

use alloc::{boxed::Box, sync::Arc};
use core::ops::ControlFlow::{Break, Continue};

use super::{Flow, Leave};
use crate::{
    env::BoxFuture,
    lang::{
        Parser,
        ast::{AndOr, Command, Commands, Connector, Kind, List, Pipeline, Timing},
    },
    shell::Shell,
};

impl Shell {
    /// Runs a list. Boxed, because groups make it recursive.
    pub(crate) fn run_list<'a>(&'a mut self, list: &'a List) -> BoxFuture<'a, Flow> {
        Box::pin(async move {
            self.enter().await?;
            let mut flow = Continue(());
            for item in &list.items {
                if let Break(leave) = self.heed_signals().await {
                    flow = Break(leave);
                    break;
                }
                // A person could never take it back (XCU set).
                if self.options.no_exec && !self.is_interactive() {
                    break;
                }
                flow = match item.background {
                    true => Box::pin(self.run_in_background(&item.and_or)).await,
                    false => self.run_and_or(&item.and_or).await,
                };
                if flow.is_break() {
                    break;
                }
            }
            if flow.is_continue() {
                flow = self.heed_signals().await;
            }
            self.leave();
            flow
        })
    }

    /// Runs a program text, one complete command after another.
    pub(crate) async fn run_text(&mut self, source: Arc<[u8]>) -> Flow {
        self.run_text_from(source, 1).await
    }

    /// The same of a text that begins in the line of this number.
    pub(crate) async fn run_text_from(&mut self, source: Arc<[u8]>, line: usize) -> Flow {
        let mut parser = Parser::new(source);
        parser.begins_in_line(line);
        let outside = (core::mem::replace(&mut self.source, parser.source()), self.at);
        let flow = self.run_parsed(parser).await;
        (self.source, self.at) = outside;
        flow
    }

    async fn run_parsed(&mut self, mut parser: Parser) -> Flow {
        loop {
            // What one line defines acts from the next one on.
            parser.set_aliases(self.aliases.clone());
            match parser.next_command() {
                Ok(Some(list)) => {
                    if self.options.verbose {
                        Box::pin(self.tell(parser.last_command())).await;
                    }
                    self.run_list(&list).await?;
                }
                Ok(None) => return Continue(()),
                Err(error) => {
                    Box::pin(self.tell(error.render_from(
                        "sh",
                        &self.source.bytes,
                        self.source.lines_before + 1,
                    )))
                    .await;
                    self.status = 2;
                    return Break(Leave::Error);
                }
            }
        }
    }

    pub(super) async fn run_and_or(&mut self, and_or: &AndOr) -> Flow {
        let mut rest = and_or.rest.iter();
        let mut pipeline = &and_or.first;
        loop {
            let next = rest.next();
            // `set -e` looks only at the last pipeline, and not at one behind `!` (XCU 2.15, set).
            let excused = next.is_some() || pipeline.negated;
            self.excused += usize::from(excused);
            let flow = self.run_pipeline(pipeline).await;
            self.excused -= usize::from(excused);
            flow?;
            // Nor at a compound command whose status comes from a failure that it did not look at.
            let inner = pipeline.commands.only().is_some_and(Command::runs_in_the_shell);
            self.failure_excused = excused || self.excused > 0 || (inner && self.failure_excused);
            if self.status != 0 && !self.failure_excused {
                self.run_error_trap().await?;
                if self.options.exit_on_error {
                    return Break(Leave::Exit);
                }
            }
            let mut candidate = next;
            pipeline = loop {
                match candidate {
                    Some((Connector::And, pipeline)) if self.status == 0 => break pipeline,
                    Some((Connector::Or, pipeline)) if self.status != 0 => break pipeline,
                    Some(_) => candidate = rest.next(),
                    None => return Continue(()),
                }
            };
        }
    }

    async fn run_pipeline(&mut self, pipeline: &Pipeline) -> Flow {
        let began = self.sys.uptime();
        let flow = match &pipeline.commands {
            Commands::Alone(command) => self.run_command(command).await,
            Commands::Shared(commands) => match commands.as_slice() {
                [command] => self.run_command(command).await,
                commands => self.run_stages(commands).await,
            },
        };
        if let Some(timing) = pipeline.timed {
            Box::pin(self.tell_time(began, timing)).await;
        }
        flow?;
        if pipeline.negated {
            self.status = u8::from(self.status == 0);
        }
        Continue(())
    }

    /// What `time` says.
    async fn tell_time(&mut self, began: core::time::Duration, timing: Timing) {
        let took = self.sys.uptime().saturating_sub(began);
        let (minutes, seconds) = (took.as_secs() / 60, took.as_secs() % 60);
        let text = match timing {
            Timing::Minutes => alloc::format!("\nreal\t{minutes}m{seconds}.{:06}s\n", took.subsec_micros()),
            Timing::Seconds => alloc::format!("real {}.{:02}\n", took.as_secs(), took.subsec_millis() / 10),
        };
        self.tell(text).await;
    }

    /// Runs a command that is a pipeline by itself.
    pub(super) async fn run_command(&mut self, command: &Command) -> Flow {
        let before = self.process_ends.len();
        let flow = self.run_command_alone(command).await;
        if self.process_ends.len() > before {
            let status = self.status;
            self.end_processes(before).await?;
            self.status = status;
        }
        flow
    }

    async fn run_command_alone(&mut self, command: &Command) -> Flow {
        match &command.kind {
            // In a future of its own, so that those around it stay small: they nest deep.
            Kind::Simple(simple) => Box::pin(self.run_simple(simple, command, false)).await,
            Kind::Subshell(_) => self.run_stages(&[Arc::new(command.clone())]).await,
            kind if command.redirects.is_empty() => self.run_compound(kind).await,
            kind => {
                let fds = self.fds.duplicate();
                if !self.redirect(&fds, &command.redirects).await? {
                    return Continue(());
                }
                let outside = core::mem::replace(&mut self.fds, fds);
                let flow = self.run_compound(kind).await;
                self.fds = outside;
                flow
            }
        }
    }

    /// Runs a command in a stage that is there for it alone: redirections need not be undone.
    pub(super) async fn run_in_place(&mut self, command: &Command) -> Flow {
        match &command.kind {
            Kind::Simple(simple) => self.run_simple(simple, command, true).await,
            kind => {
                let fds = self.fds.clone();
                match self.redirect(&fds, &command.redirects).await? {
                    true => self.run_compound(kind).await,
                    false => Continue(()),
                }
            }
        }
    }
}
