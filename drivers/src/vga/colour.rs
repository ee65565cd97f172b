//! Colours and attributes of characters (ECMA-48 SGR) as a VGA attribute byte.

/// What SGR has set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pen {
    /// 0 to 15 in ANSI order.
    foreground: u8,
    background: u8,
    bold: bool,
    reverse: bool,
    hidden: bool,
}

impl Default for Pen {
    fn default() -> Self {
        Self { foreground: 7, background: 0, bold: false, reverse: false, hidden: false }
    }
}

/// ANSI counts red, green, blue from the lowest bit; VGA blue, green, red.
fn vga(ansi: u8) -> u8 {
    ansi & 0b1010 | (ansi & 1) << 2 | (ansi & 4) >> 2
}

impl Pen {
    /// The attribute byte of a character. The background has 8 colours: the ninth bit would blink.
    pub(super) fn attribute(self) -> u8 {
        let bright = if self.bold { 8 } else { 0 };
        let (mut foreground, mut background) = (self.foreground | bright, self.background);
        if self.reverse {
            (foreground, background) = (background, foreground);
        }
        if self.hidden {
            foreground = background & 7;
        }
        vga(background & 7) << 4 | vga(foreground)
    }

    /// The attribute byte of erased cells: the background only, as xterm does it.
    pub(super) fn erased(self) -> u8 {
        vga(self.background & 7) << 4 | vga(7)
    }

    /// Obeys the parameters of one SGR sequence.
    pub(super) fn select(&mut self, mut codes: impl Iterator<Item = u16>) {
        while let Some(code) = codes.next() {
            match code {
                0 => *self = Self::default(),
                1 => self.bold = true,
                2 | 22 => self.bold = false,
                7 => self.reverse = true,
                27 => self.reverse = false,
                8 => self.hidden = true,
                28 => self.hidden = false,
                30..=37 => self.foreground = (code - 30) as u8,
                39 => self.foreground = Self::default().foreground,
                40..=47 => self.background = (code - 40) as u8,
                49 => self.background = Self::default().background,
                90..=97 => self.foreground = (code - 90 + 8) as u8,
                100..=107 => self.background = (code - 100 + 8) as u8,
                38 | 48 => {
                    let Some(colour) = extended(&mut codes) else { return };
                    if code == 38 {
                        self.foreground = colour;
                    } else {
                        self.background = colour;
                    }
                }
                _ => {}
            }
        }
    }
}

/// `5;n` or `2;r;g;b` as one of the sixteen; `None` where the sequence makes no sense.
fn extended(codes: &mut impl Iterator<Item = u16>) -> Option<u8> {
    match codes.next()? {
        2 => Some(nearest([codes.next()?, codes.next()?, codes.next()?])),
        5 => Some(match codes.next()? {
            colour @ 0..=15 => colour as u8,
            // A cube of 6 by 6 by 6, then 24 greys.
            colour @ 16..=231 => {
                let level = |step: u16| if step == 0 { 0 } else { 55 + step * 40 };
                let place = colour - 16;
                nearest([level(place / 36), level(place / 6 % 6), level(place % 6)])
            }
            colour => nearest([8 + (colour.min(255) - 232) * 10; 3]),
        }),
        _ => None,
    }
}

fn nearest(rgb: [u16; 3]) -> u8 {
    let brightest = rgb.into_iter().max().unwrap_or(0);
    if brightest < 48 {
        return 0;
    }
    if rgb.iter().all(|part| brightest - part < 24) {
        return match brightest {
            0..96 => 8,
            96..212 => 7,
            _ => 15,
        };
    }
    // The parts that are more than half as strong as the strongest; bright if that is nearly full.
    let parts = rgb.iter().enumerate().filter(|(_, part)| **part * 2 > brightest);
    parts.map(|(bit, _)| 1u8 << bit).sum::<u8>() | if brightest > 220 { 8 } else { 0 }
}
