//! What the keys do: from a key to a change of the [`View`], and the row at the bottom of the screen.

use alloc::{collections::BTreeMap, format, string::String, vec::Vec};
use bstr::{BStr, BString};

use super::super::support::pattern::{Case, Pattern};
use super::{
    keys::{Order, order},
    view::{Page, Place, View, Walked, Way},
};
use crate::{
    edit::keys::Key,
    screen::{Input, Size, Typed, row::fitted, text_of},
};

/// What was set on the command line, and with `-`.
#[derive(Clone)]
pub struct Settings {
    pub case: Case,
    /// Leave at the end of the text: when one goes on there (`-e`), or when it is reached (`-E`, `more`).
    pub leave_at_end: bool,
    pub leave_when_seen: bool,
    /// `more` has a prompt of its own.
    pub more: bool,
    /// Prompts that say more (`-m`, `-M`).
    pub verbose: u8,
}

/// What the one who holds the terminal has to do.
#[derive(Debug, PartialEq, Eq)]
pub enum Next {
    Stay,
    Repaint,
    Help,
    Suspend,
    /// So many files on, or back.
    File(isize),
    Quit,
}

/// What keys mean now.
enum Mode {
    Orders,
    /// A pattern is typed, after `/` or `?`.
    Pattern {
        forward: bool,
        typed: Input,
    },
    Mark,
    ToMark,
    Toggle,
    Colon,
}

pub struct Pager {
    pub view: View,
    pub settings: Settings,
    /// What the text is called, its place among the files, and how many these are.
    pub name: BString,
    pub place: (usize, usize),
    mode: Mode,
    count: Option<u64>,
    /// Shown once instead of the prompt.
    pub message: Option<String>,
    fresh: bool,
    marks: BTreeMap<Vec<u8>, Place>,
    /// Direction of the last search.
    forward: bool,
    half: Option<usize>,
    pub following: bool,
    /// The end was on the screen when it was drawn last.
    at_end: bool,
    /// What `''` goes back to.
    before: Place,
}

impl Pager {
    pub fn new(view: View, settings: Settings, name: BString, place: (usize, usize)) -> Pager {
        Pager {
            view,
            settings,
            name,
            place,
            mode: Mode::Orders,
            count: None,
            message: None,
            fresh: true,
            marks: BTreeMap::new(),
            forward: true,
            half: None,
            following: false,
            at_end: false,
            before: Place::default(),
        }
    }

    /// Goes on on the way that the view is on; what it needs for that.
    pub fn walk(&mut self) -> Walked {
        let walked = self.view.walk();
        if walked == Walked::NotFound {
            self.message = Some("Pattern not found".into());
        }
        walked
    }

    /// What to show, and where the cursor is. The page is looked at for the next key, too.
    pub fn draw(&mut self, page: &Page, size: Size) -> (Vec<Vec<u8>>, (usize, usize)) {
        self.at_end = page.at_end;
        let mut rows = page.rows.clone();
        if page.at_end {
            rows.resize(size.rows - 1, b"~".to_vec());
        }
        rows.resize(size.rows - 1, Vec::new());
        let (bottom, cursor) = self.bottom(page, size.cols);
        rows.push(bottom);
        (rows, (size.rows - 1, cursor))
    }

    /// The last row, and the column of the cursor in it.
    fn bottom(&mut self, page: &Page, cols: usize) -> (Vec<u8>, usize) {
        let typed = match &self.mode {
            Mode::Pattern { forward, typed } => {
                Some([if *forward { b"/" } else { b"?" }, typed.text()].concat())
            }
            Mode::Mark => Some(b"mark: ".to_vec()),
            Mode::ToMark => Some(b"go to mark: ".to_vec()),
            Mode::Toggle => Some(b"-".to_vec()),
            Mode::Colon => Some(b" :".to_vec()),
            Mode::Orders => self.count.map(|count| format!(":{count}").into_bytes()),
        };
        if let Some(typed) = typed {
            return fitted(&typed, cols - 1, true);
        }
        let (text, reverse) = match self.message.take() {
            Some(message) => (message, true),
            None => self.prompt(page),
        };
        let (text, width) = fitted(text.as_bytes(), cols - 1, false);
        if reverse { ([b"\x1b[7m", text.as_slice(), b"\x1b[m"].concat(), width) } else { (text, width) }
    }

    fn prompt(&self, page: &Page) -> (String, bool) {
        let what = match self.view.way {
            _ if self.following => "Waiting for more (^C ends it)",
            Way::None => "",
            Way::Search { .. } => "Searching (^C gives up)",
            Way::ToEnd => "Reading to the end (^C stops)",
            _ => "Going there (^C gives up)",
        };
        if !what.is_empty() {
            return (what.into(), true);
        }
        let (place, files) = self.place;
        let mut text = String::new();
        if self.settings.more {
            text += "--More--";
            text += &self.percent(page).map_or(String::new(), |percent| format!("({percent}%)"));
            return (text, true);
        }
        if self.fresh || self.settings.verbose > 1 {
            text += &format!("{}", self.name);
            if files > 1 {
                text += &format!(" (file {} of {files})", place + 1);
            }
        }
        if self.settings.verbose > 0
            && !page.at_end
            && let Some(percent) = self.percent(page)
        {
            text += &format!(" {percent}%");
        }
        let lost = self.view.text.start();
        if lost > 0 && self.view.top.line <= lost {
            text += &format!(" (first {} KiB not kept)", lost >> 10);
        }
        if page.at_end {
            text += " (END)";
            if place + 1 < files {
                text += ", :n for the next file";
            }
        }
        let text = text.trim_start();
        if text.is_empty() { (":".into(), false) } else { (text.into(), true) }
    }

    /// How much of the text is above the end of the screen; not known while it grows.
    fn percent(&self, page: &Page) -> Option<u64> {
        let text = &self.view.text;
        (!text.grows() && text.end() > 0).then(|| page.next * 100 / text.end())
    }

    /// `=`
    fn position(&mut self) -> String {
        let page = self.view.page();
        let mut said = format!("{}", self.name);
        let last = page.places.last().map_or(self.view.top.line, |place| place.line);
        if let (Ok(first), Ok(last)) = (self.view.number(self.view.top.line), self.view.number(last)) {
            said += &format!(" lines {first}-{last}");
        }
        let (text, next) = (&self.view.text, page.next);
        said += &match text.grows() {
            true => format!(" byte {next}"),
            false => format!(" byte {next}/{}", text.end()),
        };
        let lost = text.start();
        if lost > 0 {
            said += &format!(" (kept from byte {lost} on)");
        }
        said += &self.percent(&page).map_or(String::new(), |percent| format!(" {percent}%"));
        said + if page.at_end { " (END)" } else { "" }
    }

    /// Takes a key.
    pub fn key(&mut self, key: &Key) -> Next {
        match core::mem::replace(&mut self.mode, Mode::Orders) {
            Mode::Orders => {}
            Mode::Pattern { forward, typed } => {
                self.type_pattern(forward, typed, key);
                return Next::Stay;
            }
            Mode::Toggle => {
                self.toggle(key);
                return Next::Stay;
            }
            Mode::Colon => {
                return match text_of(key) {
                    b"n" => Next::File(self.take_count(1) as isize),
                    b"p" => Next::File(-(self.take_count(1) as isize)),
                    b"x" => Next::File(-(self.place.0 as isize)),
                    b"q" | b"Q" => Next::Quit,
                    b"f" => {
                        self.message = Some(self.position());
                        Next::Stay
                    }
                    _ => Next::Stay,
                };
            }
            mode @ (Mode::Mark | Mode::ToMark) => {
                self.mark(matches!(mode, Mode::Mark), text_of(key));
                return Next::Stay;
            }
        }
        self.fresh = false;
        let order = order(key);
        if self.following {
            self.following = false;
            if order == Order::Interrupt {
                return Next::Stay;
            }
        }
        if let Order::Digit(digit) = order {
            let count = self.count.unwrap_or(0).saturating_mul(10).saturating_add(u64::from(digit));
            self.count = Some(count);
            return Next::Stay;
        }
        let next = self.obey(order);
        if let Mode::Orders = self.mode {
            self.count = None;
        }
        next
    }

    fn take_count(&mut self, default: u64) -> usize {
        usize::try_from(self.count.take().unwrap_or(default)).unwrap_or(usize::MAX)
    }

    fn obey(&mut self, order: Order) -> Next {
        let screen = self.view.size.rows;
        let count = self.count;
        let times = |default: usize| count.map_or(default, |count| usize::try_from(count).unwrap_or(usize::MAX));
        if self.at_end && self.settings.leave_at_end && matches!(order, Order::Down | Order::PageDown | Order::HalfDown)
        {
            return Next::File(1);
        }
        match order {
            Order::Down => self.view.way = Way::Down(times(1)),
            Order::Up => self.view.way = Way::Up(times(1)),
            Order::PageDown => self.view.way = Way::Down(times(screen)),
            Order::PageUp => self.view.way = Way::Up(times(screen)),
            Order::HalfDown | Order::HalfUp => {
                if let Some(count) = count {
                    self.half = usize::try_from(count).ok();
                }
                let half = self.half.unwrap_or(screen.div_ceil(2));
                self.view.way = if order == Order::HalfDown { Way::Down(half) } else { Way::Up(half) };
            }
            Order::First => self.far(|view| view.go_to_line(count.unwrap_or(1))),
            Order::Last => self.far(|view| match count {
                Some(count) => view.go_to_line(count),
                None => {
                    view.text.look_again();
                    view.way = Way::ToEnd;
                }
            }),
            Order::Percent => self.far(|view| view.go_to_percent(count.unwrap_or(0))),
            Order::Follow => {
                self.following = true;
                self.far(|view| {
                    view.text.look_again();
                    view.way = Way::Follow;
                });
            }
            Order::Left => self.view.look.shift = self.view.look.shift.saturating_sub(times(self.view.size.cols / 2)),
            Order::Right => {
                let shift = self.view.look.shift.saturating_add(times(self.view.size.cols / 2));
                self.view.look.shift = shift.min(super::text::LONGEST_LINE as usize);
                self.view.top.row = 0;
            }
            Order::SearchForward => self.mode = Mode::Pattern { forward: true, typed: Input::default() },
            Order::SearchBackward => self.mode = Mode::Pattern { forward: false, typed: Input::default() },
            Order::Again => self.search(self.forward, times(1)),
            Order::AgainBackward => self.search(!self.forward, times(1)),
            Order::Highlight => self.view.look.highlight = !self.view.look.highlight,
            Order::Mark => self.mode = Mode::Mark,
            Order::ToMark => self.mode = Mode::ToMark,
            Order::Toggle => self.mode = Mode::Toggle,
            Order::Colon => {
                self.mode = Mode::Colon;
                return Next::Stay;
            }
            Order::Position => self.message = Some(self.position()),
            Order::Repaint => {
                self.view.text.look_again();
                return Next::Repaint;
            }
            Order::Help => return Next::Help,
            Order::Suspend => return Next::Suspend,
            Order::Quit => return Next::Quit,
            Order::Interrupt => {
                if let Way::ToEnd = self.view.way {
                    // The end of what there is so far.
                    self.view.way = Way::Follow;
                } else {
                    self.view.way = Way::None;
                }
            }
            Order::Digit(_) => {}
            Order::Unknown => self.message = Some("h shows the keys".into()),
        }
        Next::Stay
    }

    /// A long way, from which `''` leads back.
    fn far(&mut self, go: impl FnOnce(&mut View)) {
        self.before = self.view.top;
        go(&mut self.view);
    }

    /// Searches for the pattern that there is.
    pub fn search(&mut self, forward: bool, times: usize) {
        if self.view.pattern.is_none() {
            self.message = Some("No previous search pattern".into());
            return;
        }
        let top = self.view.top.line;
        let at = match (forward, self.view.text.line(top)) {
            (true, Ok(Some(line))) => line.next,
            _ => top,
        };
        self.far(|view| view.way = Way::Search { forward, at, left: times.max(1) });
    }

    /// A pattern as it was typed, `!` in front for lines without it.
    pub fn set_pattern(&mut self, typed: &[u8]) -> bool {
        let (without, pattern) = match typed.strip_prefix(b"!") {
            Some(rest) => (true, rest),
            None => (false, typed),
        };
        match Pattern::new(pattern, self.settings.case) {
            Ok(pattern) => self.view.pattern = Some((pattern, without)),
            Err(error) => self.message = Some(error.lines().last().unwrap_or_default().into()),
        }
        self.message.is_none()
    }

    fn type_pattern(&mut self, forward: bool, mut typed: Input, key: &Key) {
        match typed.key(key) {
            Typed::More => self.mode = Mode::Pattern { forward, typed },
            Typed::GivenUp => self.count = None,
            Typed::Done => {
                self.forward = forward;
                let times = self.take_count(1);
                // An empty pattern is the last one.
                if typed.text().is_empty() || self.set_pattern(typed.text()) {
                    self.view.look.highlight = true;
                    self.search(forward, times);
                }
            }
        }
    }

    fn mark(&mut self, set: bool, name: &[u8]) {
        match (set, name) {
            (true, b"") => {}
            (true, name) => {
                self.marks.insert(name.to_vec(), self.view.top);
            }
            (false, b"^") => self.far(|view| view.go_to_line(1)),
            (false, b"$") => self.far(|view| view.way = Way::ToEnd),
            (false, b"'") => core::mem::swap(&mut self.before, &mut self.view.top),
            (false, name) => match self.marks.get(name).copied() {
                Some(place) => self.far(|view| view.top = place),
                None => self.message = Some("Mark not set".into()),
            },
        }
    }

    fn toggle(&mut self, key: &Key) {
        let case = |on: bool, case| if on { Case::Exact } else { case };
        let look = &mut self.view.look;
        let said = match text_of(key) {
            b"S" => {
                look.chop = !look.chop;
                self.view.top.row = 0;
                if look.chop { "Long lines are cut off" } else { "Long lines go on in the next row" }
            }
            b"N" => {
                look.numbers = !look.numbers;
                if look.numbers { "Lines are numbered" } else { "Lines are not numbered" }
            }
            b"R" => {
                look.raw = !look.raw;
                if look.raw { "Colours are shown" } else { "Colour sequences are shown as they are" }
            }
            letter @ (b"i" | b"I") => {
                let other = if letter == b"i" { Case::Smart } else { Case::Ignore };
                self.settings.case = case(self.settings.case == other, other);
                match self.settings.case {
                    Case::Exact => "Case matters in searches",
                    Case::Smart => "Case matters only in patterns with capital letters",
                    Case::Ignore => "Case does not matter in searches",
                }
            }
            _ => "Options that can be switched: S N R i I",
        };
        self.message = Some(said.into());
    }
}

/// What a file is called in the prompt.
pub fn display_name(operand: &BStr) -> BString {
    if operand == "-" { "standard input".into() } else { operand.into() }
}
