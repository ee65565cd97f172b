//! `top`: what the machine does, live: each CPU with what it wakes and steals, and the tasks by the CPU time that they
//! take. A task here is a future that the executor polls.

mod model;

use alloc::{format, string::String, vec::Vec};
use bstr::ByteSlice;
use core::{pin::pin, time::Duration};
use futures_util::future::{Either, select};

use super::support::{civil::Civil, machine::busy_tenths, numbers, proc};
use crate::{
    edit::keys::Key,
    env::Signal,
    io::{self, Ended, Outcome, Output},
    process::Process,
    screen::{Event, FullScreen, Input, Size, Typed, row::{cut, fitted}, text_of},
};
use model::{By, Model, Row};

command!(
    "top",
    "top [-bi] [-d SECONDS] [-n COUNT] [-o COLUMN]",
    "Shows CPUs and tasks, live; h lists the keys, q leaves. -b writes to standard output instead, -n so many times, -d \
     seconds between, -i without idle tasks, -o sorts by cpu, time, pid, wakes, polls or command."
);

const HELP: &str = "\
q leave   Space refresh   d seconds between   v view a task   k signal one   i idle tasks on or off   1 CPUs on or off
sort by: P %CPU   T time   N pid   W wakes   L polls   C command   R the other way round
Up Down PageUp PageDown Home: other tasks   ^Z stop   ^L draw anew   any key leaves this help";

/// How wide a bar is.
const BAR: usize = 30;

async fn run(p: Process) -> Outcome {
    let long = [("batch", 'b'), ("delay", 'd'), ("iterations", 'n'), ("idle", 'i'), ("sort", 'o')];
    let options = io::options(&p, &COMMAND, "bid:n:o:", &long).await?;
    let mut pause = Duration::from_secs(2);
    if let Some(text) = options.value('d') {
        match numbers::duration(text) {
            Some(given) if !given.is_zero() => pause = given,
            _ => return Err(io::usage(&p, &COMMAND, &format!("invalid delay '{text}'")).await),
        }
    }
    let mut count = None;
    if let Some(text) = options.value('n') {
        match numbers::parse::<u64>(text) {
            Some(number @ 1..) => count = Some(number),
            _ => return Err(io::usage(&p, &COMMAND, &format!("invalid count '{text}'")).await),
        }
    }
    let mut by = By::Share;
    if let Some(text) = options.value('o') {
        match By::named(text) {
            Some(named) => by = named,
            None => return Err(io::usage(&p, &COMMAND, &format!("there is no column '{text}'")).await),
        }
    }
    let mut model = Model::new(&p).await?;
    model.by = by;
    model.idle_too = !options.has('i');
    if options.has('b') {
        return batch(&p, model, pause, count).await;
    }
    let screen = match FullScreen::open(&p, true).await {
        Ok(screen) => screen,
        Err(error) => {
            io::complain(&p, format!("cannot show anything on a terminal ({error}); use -b")).await;
            return Ok(1);
        }
    };
    Live { p: &p, screen, model, pause, bars: true, first: 0, mode: Mode::Keys, message: None }.run(count).await
}

/// Plain text, a blank line between two moments.
async fn batch(p: &Process, mut model: Model, pause: Duration, count: Option<u64>) -> Outcome {
    let mut out = Output::new(p);
    let mut shown = 0;
    loop {
        out.write_line(&head(p, &model)).await?;
        for cpu in 0..model.cpus() {
            out.write_line(cpu_line(&model, cpu, false).as_bytes()).await?;
        }
        out.write_line(memory_line(&model, false).as_bytes()).await?;
        out.write_line(b"").await?;
        out.write_line(HEADING.as_bytes()).await?;
        for row in model.rows() {
            out.write_line(task_line(&row).as_bytes()).await?;
        }
        shown += 1;
        if count == Some(shown) {
            return out.finish(0).await;
        }
        out.write_line(b"").await?;
        out.flush().await?;
        p.sys.sleep(pause).await;
        model.look(p).await?;
    }
}

/// What is typed in the row above the tasks.
enum Mode {
    Keys,
    /// A text above the tasks, until a key is typed.
    Text(String),
    View(Input),
    Pause(Input),
    Kill(Input),
    /// Which task, and the signal that is typed.
    Signal(u32, Input),
}

struct Live<'p> {
    p: &'p Process,
    screen: FullScreen,
    model: Model,
    pause: Duration,
    /// A bar for each CPU, or one line for all.
    bars: bool,
    /// The first task that is shown.
    first: usize,
    mode: Mode,
    message: Option<String>,
}

impl Live<'_> {
    async fn run(mut self, count: Option<u64>) -> Outcome {
        let mut shown = 0;
        'moments: loop {
            shown += 1;
            let next = self.p.sys.uptime() + self.pause;
            loop {
                self.draw().await?;
                if count == Some(shown) {
                    break 'moments;
                }
                let left = next.saturating_sub(self.p.sys.uptime());
                let key = match select(pin!(self.screen.event()), self.p.sys.sleep(left)).await {
                    Either::Left((Some(Event::Key(key)), _)) => key,
                    Either::Left((Some(Event::Resized), _)) => continue,
                    Either::Left((None, _)) => return Err(Ended(1)),
                    Either::Right(_) => break,
                };
                match self.key(&key).await? {
                    After::Draw => {}
                    After::Refresh => break,
                    After::Leave => break 'moments,
                }
            }
            self.model.look(self.p).await?;
        }
        self.screen.close().await;
        Ok(0)
    }

    async fn draw(&mut self) -> Result<(), Ended> {
        let Size { rows: height, cols } = self.screen.size();
        let mut rows = Vec::from([head(self.p, &self.model)]);
        match self.bars {
            // Half of the screen is for tasks, however many CPUs there are.
            true if self.model.cpus() <= height / 2 => {
                rows.extend((0..self.model.cpus()).map(|cpu| cpu_line(&self.model, cpu, true).into_bytes()));
            }
            _ => rows.push(all_cpus_line(&self.model).into_bytes()),
        }
        rows.push(memory_line(&self.model, true).into_bytes());
        rows.iter_mut().for_each(|row| *row = cut(row, cols));
        let (line, typing) = match &self.mode {
            Mode::Text(_) => (Vec::new(), false),
            Mode::Keys => (self.message.take().unwrap_or_default().into_bytes(), false),
            Mode::Pause(typed) => ([b"Seconds between: ", typed.text()].concat(), true),
            Mode::View(typed) => ([b"View which task: ", typed.text()].concat(), true),
            Mode::Kill(typed) => ([b"Signal which task: ", typed.text()].concat(), true),
            Mode::Signal(pid, typed) => {
                let ask = format!("Signal for {pid} [TERM]: ");
                ([ask.as_bytes(), typed.text()].concat(), true)
            }
        };
        let (line, width) = fitted(&line, cols - 1, typing);
        let cursor = typing.then_some((rows.len(), width));
        if let Mode::Text(text) = &self.mode {
            rows.extend(text.lines().map(|line| fitted(line.as_bytes(), cols, false).0));
        } else {
            rows.push(line);
        }
        let heading = fitted(format!("{HEADING:cols$}").as_bytes(), cols, false).0;
        rows.push([b"\x1b[7m", heading.as_slice(), b"\x1b[m"].concat());
        let tasks = self.model.rows();
        self.first = self.first.min(tasks.len().saturating_sub(1));
        for row in tasks.iter().skip(self.first).take(height.saturating_sub(rows.len())) {
            let line = fitted(task_line(row).as_bytes(), cols, false).0;
            let colour: &[u8] = match row.task.state.as_str() {
                "R" => b"\x1b[1m",
                "T" => b"\x1b[33m",
                _ => b"",
            };
            rows.push([colour, line.as_slice()].concat());
        }
        rows.truncate(height);
        // The terminal is gone: nobody looks any more.
        self.screen.show(rows, cursor).await.map_err(|_| Ended(1))
    }

    async fn key(&mut self, key: &Key) -> Result<After, Ended> {
        match core::mem::replace(&mut self.mode, Mode::Keys) {
            Mode::Keys => return self.order(key).await,
            Mode::Text(_) => {}
            Mode::Pause(mut typed) => match typed.key(key) {
                Typed::More => self.mode = Mode::Pause(typed),
                Typed::GivenUp => {}
                Typed::Done => match numbers::duration(typed.text()) {
                    Some(pause) if !pause.is_zero() => self.pause = pause,
                    _ => self.message = Some("That is no number of seconds".into()),
                },
            },
            Mode::View(mut typed) => match (typed.key(key), numbers::parse(typed.text())) {
                (Typed::More, _) => self.mode = Mode::View(typed),
                (Typed::GivenUp, _) => {}
                (Typed::Done, Some(pid)) => return self.view(pid).await,
                (Typed::Done, None) => self.message = Some("That is no task number".into()),
            },
            Mode::Kill(mut typed) => match (typed.key(key), numbers::parse(typed.text())) {
                (Typed::More, _) => self.mode = Mode::Kill(typed),
                (Typed::GivenUp, _) => {}
                (Typed::Done, Some(pid)) => self.mode = Mode::Signal(pid, Input::default()),
                (Typed::Done, None) => self.message = Some("That is no task number".into()),
            },
            Mode::Signal(pid, mut typed) => match typed.key(key) {
                Typed::More => self.mode = Mode::Signal(pid, typed),
                Typed::GivenUp => {}
                Typed::Done => return Ok(self.send(pid, typed.text())),
            },
        }
        Ok(After::Draw)
    }

    /// Shows all that is known of a task.
    async fn view(&mut self, pid: u32) -> Result<After, Ended> {
        let path = |name| format!("/proc/{pid}/{name}");
        match self.p.sys.stat(path("status").as_str().into()).await {
            Ok(_) => {
                let status = proc::read(self.p, &path("status")).await?;
                let waits = proc::read(self.p, &path("wchan")).await?;
                self.mode = Mode::Text(format!("{status}WaitsAt:\t{waits}"));
            }
            Err(_) => self.message = Some(format!("There is no task {pid}")),
        }
        Ok(After::Draw)
    }

    fn send(&mut self, pid: u32, name: &[u8]) -> After {
        let signal = if name.is_empty() { Some(Signal::Term) } else { Signal::parse(name) };
        self.message = match signal.map(|signal| self.p.sys.kill(pid, signal)) {
            None => Some(format!("{}: no such signal", name.as_bstr())),
            Some(Err(error)) => Some(format!("{pid}: {error}")),
            Some(Ok(())) => return After::Refresh,
        };
        After::Draw
    }

    async fn order(&mut self, key: &Key) -> Result<After, Ended> {
        let page = self.screen.size().rows / 2;
        match (key, text_of(key)) {
            (Key::Control(b'C'), _) | (_, b"q" | b"Q") => return Ok(After::Leave),
            (Key::Control(b'Z'), _) => {
                self.screen.suspend().await.map_err(|_| Ended(1))?;
                return Ok(After::Refresh);
            }
            (Key::Control(b'L'), _) => self.screen.forget(),
            (Key::Control(b'J' | b'M'), _) | (_, b" ") => return Ok(After::Refresh),
            (Key::Up, _) => self.first = self.first.saturating_sub(1),
            (Key::Down, _) => self.first += 1,
            (Key::PageUp, _) => self.first = self.first.saturating_sub(page),
            (Key::PageDown, _) => self.first += page,
            (Key::Home, _) => self.first = 0,
            (Key::End, _) => self.first = usize::MAX,
            (_, b"h" | b"?") => self.mode = Mode::Text(HELP.into()),
            (_, b"d" | b"s") => self.mode = Mode::Pause(Input::default()),
            (_, b"v") => self.mode = Mode::View(Input::default()),
            (_, b"k") => self.mode = Mode::Kill(Input::default()),
            (_, b"i") => self.model.idle_too = !self.model.idle_too,
            (_, b"1") => self.bars = !self.bars,
            (_, b"R") => self.model.reversed = !self.model.reversed,
            (_, letter) => match By::of_key(letter) {
                Some(by) => self.model.by = by,
                None => self.message = Some("h shows the keys".into()),
            },
        }
        Ok(After::Draw)
    }
}

/// What to do after a key.
enum After {
    Draw,
    Refresh,
    Leave,
}

fn head(p: &Process, model: &Model) -> Vec<u8> {
    let up = p.sys.uptime().as_secs();
    let time = Civil::new(p.sys.now()).time();
    let (all, running, stopped) = model.counts();
    let waiting = all - running - stopped;
    format!(
        "top - {time} up {}:{:02}:{:02}, {all} tasks: {running} running, {waiting} waiting, {stopped} stopped",
        up / 3600,
        up / 60 % 60,
        up % 60
    )
    .into_bytes()
}

fn cpu_line(model: &Model, number: usize, colours: bool) -> String {
    let (us, cpu) = model.cpu(number);
    let tenths = busy_tenths(us, cpu.idle_us);
    let rate = |count| model::a_second(count, us);
    format!(
        "CPU{number:<3} {} {:>7} wakes/s {:>6} steals/s",
        bar(tenths, colours),
        rate(cpu.wakes),
        rate(cpu.steals)
    )
}

fn all_cpus_line(model: &Model) -> String {
    let cpus = model.cpus().max(1) as u64;
    let (mut tenths, mut wakes, mut steals, mut us) = (0, 0, 0, 1);
    for number in 0..model.cpus() {
        let (since, cpu) = model.cpu(number);
        tenths += busy_tenths(since, cpu.idle_us);
        wakes += cpu.wakes;
        steals += cpu.steals;
        us = since;
    }
    let (wakes, steals) = (model::a_second(wakes, us), model::a_second(steals, us));
    format!("{cpus:>2}CPUs {} {wakes:>7} wakes/s {steals:>6} steals/s", bar(tenths / cpus, true))
}

fn memory_line(model: &Model, colours: bool) -> String {
    let (total, used, heap) = model.memory_kib();
    let tenths = used * 1000 / total.max(1);
    format!(
        "Memory {} {:>7} of {}, heap {}",
        bar(tenths, colours),
        numbers::human(used << 10),
        numbers::human(total << 10),
        numbers::human(heap << 10)
    )
}

/// A share in tenths of a percent as a bar, green, yellow or red, and as a number.
fn bar(tenths: u64, colours: bool) -> String {
    let tenths = tenths.min(1000);
    let full = (tenths as usize * BAR).div_ceil(1000);
    let colour = match tenths {
        _ if !colours => "",
        0..500 => "\x1b[32m",
        500..800 => "\x1b[33m",
        _ => "\x1b[31m",
    };
    let plain = if colours { "\x1b[m" } else { "" };
    let (bar, rest) = ("|".repeat(full), " ".repeat(BAR - full));
    format!("[{colour}{bar}{plain}{rest}] {:>3}.{}%", tenths / 10, tenths % 10)
}

const HEADING: &str = "  PID S CPU  %CPU    TIME+   WAKES/S   POLLS/S COMMAND";

fn task_line(row: &Row<'_>) -> String {
    let task = row.task;
    let hundredths = task.busy_us / 10_000;
    let time = format!("{}:{:02}.{:02}", hundredths / 6000, hundredths / 100 % 60, hundredths % 100);
    format!(
        "{:>5} {} {:>3} {:>3}.{} {time:>8} {:>9} {:>9} {}",
        task.pid,
        task.state,
        task.cpu,
        row.tenths / 10,
        row.tenths % 10,
        row.wakes,
        row.polls,
        task.command
    )
}
