//! Which glyph of the VGA's font shows a character.

/// Glyphs 0x01 to 0x1f.
const LOW: &str = "☺☻♥♦♣♠•◘○◙♂♀♪♫☼►◄↕‼¶§▬↨↑↓→←∟↔▲▼";
/// Glyphs 0x80 to 0xff.
const HIGH: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}";
/// Characters that look nearly like one that is there.
const ALIKE: &[(char, char)] = &[
    ('╭', '┌'),
    ('╮', '┐'),
    ('╯', '┘'),
    ('╰', '└'),
    ('━', '─'),
    ('┃', '│'),
    ('┏', '┌'),
    ('┓', '┐'),
    ('┛', '┘'),
    ('┗', '└'),
    ('‘', '\''),
    ('’', '\''),
    ('“', '"'),
    ('”', '"'),
    ('‐', '-'),
    ('–', '-'),
    ('—', '-'),
    ('…', '.'),
    ('€', 'E'),
    ('μ', 'µ'),
    ('β', 'ß'),
    ('×', 'x'),
    ('−', '-'),
    ('●', '•'),
    ('✓', '√'),
];

/// What is shown for a character that the font has not got.
pub const UNKNOWN: u8 = b'?';

/// The glyph of a printable character.
pub fn glyph(character: char) -> u8 {
    if character.is_ascii() {
        return character as u8;
    }
    let find = |glyphs: &str, first: usize| {
        glyphs.chars().position(|other| other == character).map(|place| (first + place) as u8)
    };
    if let Some(glyph) = find(HIGH, 0x80).or_else(|| find(LOW, 0x01)) {
        return glyph;
    }
    if character == '⌂' {
        return 0x7f;
    }
    let alike = ALIKE.iter().find(|(like, _)| *like == character);
    alike.map_or(UNKNOWN, |(_, same)| glyph(*same))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_complete_and_each_glyph_is_found() {
        assert_eq!((LOW.chars().count(), HIGH.chars().count()), (31, 128));
        for (place, character) in HIGH.chars().enumerate() {
            assert_eq!(glyph(character), 0x80 + place as u8, "{character}");
        }
        for (place, character) in LOW.chars().enumerate() {
            assert_eq!(glyph(character), 1 + place as u8, "{character}");
        }
        assert_eq!([glyph('A'), glyph('é'), glyph('─'), glyph('╭')], [b'A', 0x82, 0xc4, 0xda]);
        assert_eq!(glyph('漢'), UNKNOWN);
    }

    #[test]
    fn what_looks_alike_is_there() {
        for (like, _) in ALIKE {
            assert_ne!(glyph(*like), UNKNOWN, "{like}");
        }
    }
}
