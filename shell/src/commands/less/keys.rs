//! The keys of `less`, as those who know it type them.

use crate::edit::keys::Key;

/// What a key asks for. Where it can be said how often or which, a number goes before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    Digit(u8),
    Down,
    Up,
    PageDown,
    PageUp,
    HalfDown,
    HalfUp,
    First,
    Last,
    Percent,
    Follow,
    Left,
    Right,
    SearchForward,
    SearchBackward,
    Again,
    AgainBackward,
    Highlight,
    Mark,
    ToMark,
    Toggle,
    Colon,
    Position,
    Repaint,
    Help,
    Suspend,
    /// Gives up what is being done.
    Interrupt,
    Quit,
    Unknown,
}

/// What a key means when no text is being typed.
pub fn order(key: &Key) -> Order {
    match key {
        Key::Down => Order::Down,
        Key::Up => Order::Up,
        Key::Left => Order::Left,
        Key::Right => Order::Right,
        Key::PageDown => Order::PageDown,
        Key::PageUp | Key::Meta(b'v') => Order::PageUp,
        Key::Home | Key::Meta(b'<') => Order::First,
        Key::End | Key::Meta(b'>') => Order::Last,
        Key::Meta(b'u') => Order::Highlight,
        Key::Meta(b'(') => Order::Left,
        Key::Meta(b')') => Order::Right,
        Key::Control(letter) => match letter {
            b'J' | b'M' | b'N' | b'E' => Order::Down,
            b'P' | b'Y' | b'K' => Order::Up,
            b'F' | b'V' => Order::PageDown,
            b'B' => Order::PageUp,
            b'D' => Order::HalfDown,
            b'U' => Order::HalfUp,
            b'G' => Order::Position,
            b'L' | b'R' => Order::Repaint,
            b'Z' => Order::Suspend,
            b'C' => Order::Interrupt,
            _ => Order::Unknown,
        },
        Key::Text(text) => match text.bytes() {
            [digit @ b'0'..=b'9'] => Order::Digit(digit - b'0'),
            b"j" | b"e" => Order::Down,
            b"k" | b"y" => Order::Up,
            b" " | b"f" | b"z" => Order::PageDown,
            b"b" | b"w" => Order::PageUp,
            b"d" => Order::HalfDown,
            b"u" => Order::HalfUp,
            b"g" | b"<" => Order::First,
            b"G" | b">" => Order::Last,
            b"%" | b"p" => Order::Percent,
            b"F" => Order::Follow,
            b"/" => Order::SearchForward,
            b"?" => Order::SearchBackward,
            b"n" => Order::Again,
            b"N" => Order::AgainBackward,
            b"m" => Order::Mark,
            b"'" => Order::ToMark,
            b"-" => Order::Toggle,
            b":" => Order::Colon,
            b"=" => Order::Position,
            b"r" | b"R" => Order::Repaint,
            b"h" | b"H" => Order::Help,
            b"q" | b"Q" | b"Z" => Order::Quit,
            _ => Order::Unknown,
        },
        _ => Order::Unknown,
    }
}

/// What `h` shows.
pub const HELP: &str = "\
                       KEYS OF LESS

  Most keys take a number N first, as in 5j or 50%.

  q  Q  :q  ZZ             leave
  h  H                     this help

  j  e  Enter  Down        one line (N) down
  k  y  Up                 one line (N) up
  Space  f  ^F  PageDown   a screen (N lines) down
  b  ^B  PageUp            a screen (N lines) up
  d  ^D                    half a screen (N lines from now on) down
  u  ^U                    half a screen (N lines from now on) up
  Right  Left              half a screen (N columns) to the right, to the left
  g  <  Home               first line (line N)
  G  >  End                last line (line N)
  N% N p                   N percent into the text
  F                        to the end, and on as the text grows; ^C ends it

  /PATTERN                 the next line (Nth line) with the pattern, an
                           extended regular expression
  ?PATTERN                 the one before
  /!PATTERN  ?!PATTERN     a line without it
  n  N                     the same again, in the other direction
  ESC u                    matches in reverse video: on or off

  mX  'X                   mark the place as X, go back to it; '' goes back to
                           where the last long way began
  :n  :p  :x               the next file, the one before, the first
  =  ^G  :f                where in the text this is
  r  ^L                    draw the screen anew
  -S  -N  -R  -i  -I       switch an option, as on the command line
  ^C                       give up a search or waiting for input
  ^Z                       stop; fg continues

  --help lists the options of the command line.
";
