//! `less`: a text on the screen, page by page, in both directions.
//!
//! Keys come from the terminal, wherever standard input comes from, and are heeded at any moment: while a pipe gives
//! nothing, and during a search. Memory is bounded: see [`text`]. Where standard output is no terminal it copies.

mod keys;
mod pager;
mod text;
mod view;

use alloc::{boxed::Box, string::String, vec::Vec};
use bstr::{BStr, BString, ByteSlice};
use futures_util::future::{Either, select};

use super::support::pattern::Case;
use crate::{
    io::{self, CHUNK, Ended, Options, Outcome, Output},
    process::{Command, Process},
    screen::{Event, FullScreen, Size, size_of},
};
use pager::{Next, Pager, Settings, display_name};
use text::{Missing, Text};
use view::{Look, View, Walked, Way};

command!(
    "less",
    "less [-eEFiIMmNRSX] [-p PATTERN] [+COMMAND] [FILE...]",
    "Shows text page by page; h lists the keys, q leaves. -N numbers lines, -S cuts long ones off, -R shows colours, \
     -F leaves at once if all fits, -X keeps the screen, -i and -I ignore case. Files take constant memory; of a pipe \
     the last 8 MiB are kept."
);

/// How long to wait before a file is looked at again.
const FOLLOW_PAUSE: core::time::Duration = core::time::Duration::from_millis(500);

/// What the command line asked for.
struct Request {
    settings: Settings,
    look: LookOptions,
    /// Leave at once if all fits on the screen (`-F`).
    quit_if_short: bool,
    /// What was on the screen comes back at the end (not with `-X`).
    alternate: bool,
    pattern: Option<BString>,
    /// Keys that are typed at the beginning of each file (`+`).
    typed: Vec<u8>,
}

#[derive(Clone, Copy)]
struct LookOptions {
    chop: bool,
    numbers: bool,
    raw: bool,
}

async fn run(p: Process) -> Outcome {
    let (words, typed) = words_of(&p);
    let options = io::options_of(&p, &words, &COMMAND, "eEFiIMmNnRrSsXp:", &[
        ("quit-at-eof", 'e'),
        ("QUIT-AT-EOF", 'E'),
        ("quit-if-one-screen", 'F'),
        ("ignore-case", 'i'),
        ("IGNORE-CASE", 'I'),
        ("LINE-NUMBERS", 'N'),
        ("RAW-CONTROL-CHARS", 'R'),
        ("chop-long-lines", 'S'),
        ("no-init", 'X'),
        ("pattern", 'p'),
    ])
    .await?;
    let case = match options.last_of("iI") {
        Some('i') => Case::Smart,
        Some(_) => Case::Ignore,
        None => Case::Exact,
    };
    let settings = Settings {
        case,
        leave_at_end: options.has('e'),
        leave_when_seen: options.has('E'),
        more: false,
        verbose: if options.has('M') { 2 } else { u8::from(options.has('m')) },
    };
    let look =
        LookOptions { chop: options.has('S'), numbers: options.has('N'), raw: options.has('R') || options.has('r') };
    let request = Request {
        settings,
        look,
        quit_if_short: options.has('F'),
        alternate: !options.has('X'),
        pattern: options.value('p').map(BString::from),
        typed,
    };
    show_files(&p, &COMMAND, request, &options).await
}

/// The words of the command line, those of `$LESS` before them, and the keys of `+` words.
fn words_of(p: &Process) -> (Vec<BString>, Vec<u8>) {
    let (mut words, mut typed) = (Vec::new(), Vec::new());
    for word in p.env.get(b"LESS".as_bstr()).into_iter().flat_map(|words| words.fields_with(|it| it == ' ')) {
        // As in `LESS=FRX`, a dash may be missing.
        words.push(if word.starts_with(b"-") { word.into() } else { BString::from([b"-", word].concat()) });
    }
    let mut only_files = false;
    for word in p.args.iter().skip(1) {
        only_files |= word == "--";
        match word.strip_prefix(b"+").filter(|_| !only_files) {
            Some(keys) => {
                typed.extend_from_slice(keys);
                // A pattern is complete with its end of line.
                if keys.starts_with(b"/") || keys.starts_with(b"?") {
                    typed.push(b'\r');
                } else if keys.iter().all(u8::is_ascii_digit) {
                    typed.push(b'g');
                }
            }
            None => words.push(word.clone()),
        }
    }
    (words, typed)
}

/// `more`: the same, forward, and done at the end.
pub(super) async fn run_more(p: &Process, command: &Command) -> Outcome {
    let (words, typed) = words_of(p);
    let options = io::options_of(p, &words, command, "dflpcsue", &[]).await?;
    let settings =
        Settings { case: Case::Exact, leave_at_end: true, leave_when_seen: true, more: true, verbose: 0 };
    let look = LookOptions { chop: false, numbers: false, raw: true };
    let request =
        Request { settings, look, quit_if_short: true, alternate: false, pattern: None, typed };
    show_files(p, command, request, &options).await
}

/// Shows a text that another command has made, or writes it where standard output is no terminal.
pub(super) async fn show_text(p: &Process, name: &BStr, text: Vec<u8>) -> Outcome {
    let mut out = Output::new(p);
    if !out.is_terminal() {
        out.write(&text).await?;
        return out.finish(0).await;
    }
    let settings =
        Settings { case: Case::Smart, leave_at_end: false, leave_when_seen: false, more: false, verbose: 1 };
    let look = LookOptions { chop: false, numbers: false, raw: true };
    let request = Request {
        settings,
        look,
        quit_if_short: true,
        alternate: true,
        pattern: None,
        typed: Vec::new(),
    };
    let mut session = Session { p, request, screen: None };
    let (_, status) = session.show(name, Text::memory(text), (0, 1)).await?;
    session.close(status).await
}

async fn show_files(p: &Process, command: &Command, request: Request, options: &Options<'_>) -> Outcome {
    let mut names = io::inputs(&options.operands);
    let output = Output::new(p);
    if !output.is_terminal() {
        return copy(p, &names, output).await;
    }
    let from_keys = p.stdin().file().is_ok_and(|file| file.terminal().is_some());
    if options.operands.is_empty() && from_keys {
        return Err(io::usage(p, command, "missing file name").await);
    }
    let mut session = Session { p, request, screen: None };
    let (mut status, mut index, mut by) = (0, 0_usize, 0);
    while index < names.len() {
        let name = names[index];
        let Some(input) = open_text(p, name).await else {
            status = 1;
            names.remove(index);
            index -= usize::from(by < 0 && index > 0);
            continue;
        };
        let (next, failed) =
            session.show(display_name(name).as_bstr(), Text::new(input), (index, names.len())).await?;
        status = status.max(failed);
        let Next::File(step) = next else { break };
        by = step;
        index = index.saturating_add_signed(by);
    }
    session.close(status).await
}

/// Opens an operand; says so when it is no text.
async fn open_text(p: &Process, name: &BStr) -> Option<io::Opened> {
    if name != "-"
        && let Ok(metadata) = p.sys.stat(p.absolute(name).as_bstr()).await
        && metadata.kind == crate::env::FileType::Directory
    {
        io::complain_about(p, name, crate::errno::Errno::EISDIR).await;
        return None;
    }
    io::open_input(p, name).await
}

/// What `cat` does.
async fn copy(p: &Process, names: &[&BStr], mut out: Output<'_>) -> Outcome {
    let (mut status, mut chunk) = (0, io::buffer_or_complain(p, CHUNK).await?);
    for name in names {
        let Some(input) = open_text(p, name).await else {
            status = 1;
            continue;
        };
        loop {
            match input.read(&mut chunk).await {
                Ok(0) => break,
                Ok(count) => out.write(&chunk[..count]).await?,
                Err(error) => {
                    io::complain_about(p, name, error).await;
                    status = 1;
                    break;
                }
            }
        }
    }
    out.finish(status).await
}

/// The terminal, as long as texts are shown on it.
struct Session<'p> {
    p: &'p Process,
    request: Request,
    /// Taken with the first text that does not just fit.
    screen: Option<FullScreen>,
}

impl Session<'_> {
    /// Shows a text until the person leaves it; what to do then, and a status.
    async fn show(&mut self, name: &BStr, text: Text, place: (usize, usize)) -> Result<(Next, u8), Ended> {
        let LookOptions { chop, numbers, raw } = self.request.look;
        let look = Look { chop, numbers, raw, highlight: true, shift: 0 };
        let size = text_size(match &self.screen {
            Some(screen) => screen.size(),
            None => size_of(&self.p.stdout()),
        });
        let mut view = View::new(text, look, size);
        if self.request.quit_if_short && place.1 == 1 && self.screen.is_none() && fits(&mut view).await {
            let status = self.write_out(&mut view.text).await?;
            return Ok((Next::Quit, status));
        }
        let mut pager = Pager::new(view, self.request.settings.clone(), name.into(), place);
        if let Some(pattern) = &self.request.pattern
            && pager.set_pattern(pattern)
        {
            pager.view.way = Way::Search { forward: true, at: 0, left: 1 };
        }
        if self.screen.is_none() {
            match FullScreen::open(self.p, self.request.alternate).await {
                Ok(screen) => self.screen = Some(screen),
                Err(error) => {
                    io::complain_about(self.p, b"cannot read keys from a terminal", error).await;
                    return Err(Ended(1));
                }
            }
        }
        let Some(screen) = &mut self.screen else { return Err(Ended(1)) };
        screen.type_ahead(&self.request.typed);
        let next = page(self.p, screen, &mut pager).await?;
        let Some(error) = pager.view.text.error else { return Ok((next, 0)) };
        self.screen = None;
        io::complain_about(self.p, name, error).await;
        Ok((next, 1))
    }

    /// The whole text, which is on one screen.
    async fn write_out(&mut self, text: &mut Text) -> Result<u8, Ended> {
        let (mut out, mut at) = (Output::new(self.p), 0);
        while let Ok(bytes @ [_, ..]) = text.from(at) {
            at += bytes.len() as u64;
            out.write(bytes).await?;
        }
        out.finish(0).await
    }

    async fn close(self, status: u8) -> Outcome {
        if let Some(screen) = self.screen {
            screen.close().await;
        }
        Ok(status)
    }
}

/// The part of the screen that is for the text.
fn text_size(size: Size) -> Size {
    Size { rows: size.rows - 1, ..size }
}

/// Whether all of the text is on the first screen; waits until that is known.
async fn fits(view: &mut View) -> bool {
    loop {
        let page = view.page();
        match page.missing {
            Some(missing) => view.text.load(missing).await,
            None => return page.at_end,
        }
    }
}

/// Shows what the pager has and gives it keys until it is left.
async fn page(p: &Process, screen: &mut FullScreen, pager: &mut Pager) -> Result<Next, Ended> {
    // A long way is not drawn at each of its steps.
    let mut drawn = false;
    loop {
        pager.view.size = text_size(screen.size());
        let walked = pager.walk();
        let under_way = matches!(walked, Walked::Missing(_) | Walked::Further);
        let mut missing = match walked {
            Walked::Missing(missing) => Some(missing),
            _ => None,
        };
        if !(under_way && drawn) {
            let page = pager.view.page();
            let (rows, cursor) = pager.draw(&page, screen.size());
            if screen.show(rows, Some(cursor)).await.is_err() {
                return Err(Ended(1)); // nobody looks any more
            }
            if page.at_end && pager.settings.leave_when_seen && pager.place.0 + 1 == pager.place.1 && !under_way {
                return Ok(Next::Quit);
            }
            missing = missing.or(page.missing);
            drawn = under_way;
        }
        if pager.following && !under_way {
            missing = missing.or_else(|| pager.view.text.grows().then(|| Missing(pager.view.text.end())));
        }
        let wait = async {
            match (missing, &walked) {
                (Some(missing), _) => pager.view.text.load(missing).await,
                (None, Walked::Further) => p.sys.yield_now().await,
                (None, _) if pager.following => p.sys.sleep(FOLLOW_PAUSE).await,
                (None, _) => core::future::pending().await,
            }
        };
        let event = match select(core::pin::pin!(screen.event()), core::pin::pin!(wait)).await {
            Either::Left((event, _)) => Some(event),
            Either::Right(_) => None,
        };
        let Some(event) = event else {
            if pager.following && !under_way {
                pager.view.text.look_again();
                pager.view.way = Way::Follow;
            }
            continue;
        };
        drawn = false;
        let key = match event {
            Some(Event::Key(key)) => key,
            Some(Event::Resized) => continue,
            None => return Err(Ended(1)),
        };
        match pager.key(&key) {
            Next::Stay => {}
            Next::Repaint => screen.forget(),
            Next::Suspend => {
                if screen.suspend().await.is_err() {
                    return Err(Ended(1));
                }
            }
            Next::Help => show_help(p, screen, pager).await?,
            Next::File(by) => {
                let (place, files) = pager.place;
                match place.checked_add_signed(by).filter(|&other| other < files) {
                    Some(other) if other != place || by == 0 => return Ok(Next::File(by)),
                    _ if pager.settings.leave_at_end && by > 0 => return Ok(Next::Quit),
                    _ if by > 0 => pager.message = Some("No next file".into()),
                    _ => pager.message = Some("No previous file".into()),
                }
            }
            Next::Quit => return Ok(Next::Quit),
        }
    }
}

/// The help, on the same screen until `q`.
async fn show_help(p: &Process, screen: &mut FullScreen, pager: &mut Pager) -> Result<(), Ended> {
    if pager.name == HELP_NAME {
        pager.message = Some(String::from("q leaves the help"));
        return Ok(());
    }
    let look = Look { chop: false, numbers: false, raw: false, highlight: true, shift: 0 };
    let view = View::new(Text::memory(keys::HELP.into()), look, text_size(screen.size()));
    let settings = Settings {
        leave_at_end: false,
        leave_when_seen: false,
        more: false,
        ..pager.settings.clone()
    };
    let mut help = Pager::new(view, settings, HELP_NAME.into(), (0, 1));
    Box::pin(page(p, screen, &mut help)).await?;
    Ok(())
}

const HELP_NAME: &str = "HELP: q goes back";
