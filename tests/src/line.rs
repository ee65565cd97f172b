//! The line that a terminal's cursor is in, drawn once more: after something was written in the middle of it.

use vt100::Screen;

/// What draws the line below the one where the cursor is now, at the beginning of a row, and leaves the cursor in it where it is on
/// this screen. A line that was too long for a row has several.
pub fn drawn_again(screen: &Screen) -> String {
    let (row, column) = screen.cursor_position();
    let (rows, columns) = screen.size();
    let first = (0..row).rev().take_while(|&above| screen.row_wrapped(above)).last().unwrap_or(row);
    let last = (row..rows.get()).find(|&row| !screen.row_wrapped(row)).unwrap_or(row);
    let mut drawn = String::from("\x1b[m");
    let lines = screen.rows_formatted(0, columns.get()).skip(first.into());
    lines.take(usize::from(last - first) + 1).for_each(|line| drawn += &line);
    drawn += "\r";
    if last > row {
        drawn += &format!("\x1b[{}A", last - row);
    }
    if column > 0 {
        drawn += &format!("\x1b[{column}C");
    }
    drawn + &screen.attributes_formatted()
}

#[cfg(test)]
mod tests {
    use super::*;
    use vt100::Parser;

    fn parser(text: &str) -> Parser {
        let mut parser = Parser::new(10.try_into().unwrap(), 20.try_into().unwrap(), 0);
        parser.process(text.as_bytes());
        parser
    }

    /// The rows that are not empty.
    fn rows(parser: &Parser) -> Vec<String> {
        parser.screen().rows(0, 20).filter(|row| !row.is_empty()).collect()
    }

    #[test]
    fn the_line_and_the_cursor_in_it_are_as_before() {
        let mut shown = parser("ls\r\na b\r\n\x1b[1;32m$ \x1b[mecho one\x1b[3D");
        let again = drawn_again(shown.screen());
        shown.process(b"\r\ndump\r\n");
        shown.process(again.as_bytes());
        assert_eq!(rows(&shown), ["ls", "a b", "$ echo one", "dump", "$ echo one"]);
        assert_eq!(shown.screen().cursor_position(), (4, 7));
        assert!(shown.screen().cell(4, 0).unwrap().bold() && !shown.screen().cell(4, 2).unwrap().bold());
    }

    #[test]
    fn a_line_of_several_rows_is_drawn_whole() {
        let mut shown = parser("$ 0123456789abcdefghijklmnopqrstuvwxyz0123456789ABCD\x1b[A\x1b[A");
        let again = drawn_again(shown.screen());
        let before = (rows(&shown), shown.screen().cursor_position());
        shown = parser("dump\r\n");
        shown.process(again.as_bytes());
        assert_eq!(before.1, (0, 12));
        assert_eq!((rows(&shown)[1..].to_vec(), shown.screen().cursor_position()), (before.0, (1, 12)));
    }

    #[test]
    fn an_empty_line_is_nothing_and_colours_go_on() {
        let mut shown = parser("a\r\n\x1b[31m");
        let again = drawn_again(shown.screen());
        shown = parser("");
        shown.process(again.as_bytes());
        assert_eq!((rows(&shown), shown.screen().fgcolor()), (vec![], vt100::Color::Idx(1)));
    }
}
