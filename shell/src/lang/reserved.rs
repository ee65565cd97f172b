//! The reserved words (XCU 2.4), and those of bash that the parser knows.

macro_rules! reserved {
    ($($name:ident = $text:literal),* $(,)?) => {
        /// What a word is where a reserved word may stand.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Reserved { None, $($name),* }

        impl Reserved {
            /// Looks a word up.
            #[inline]
            pub fn of(word: &[u8]) -> Reserved {
                // All of them are short, and most words begin with something else.
                if word.len() > LONGEST || !word.first().is_some_and(|&byte| FIRST[usize::from(byte)]) {
                    return Reserved::None;
                }
                $(if word == $text.as_bytes() {
                    return Reserved::$name;
                })*
                Reserved::None
            }

            pub fn text(self) -> &'static str {
                match self { Reserved::None => "", $(Reserved::$name => $text),* }
            }
        }

        const FIRST: [bool; 256] = {
            let mut first = [false; 256];
            $(first[$text.as_bytes()[0] as usize] = true;)*
            first
        };
    };
}

/// The length of the longest one, `function`.
const LONGEST: usize = 8;

reserved! {
    Not = "!", Open = "{", Close = "}", Test = "[[", TestEnd = "]]", Case = "case", Do = "do", Done = "done",
    Elif = "elif", Else = "else", Esac = "esac", Fi = "fi", For = "for", Function = "function", If = "if", In = "in",
    Select = "select", Then = "then", Time = "time", Until = "until", While = "while",
}

impl Reserved {
    /// Whether it begins no command.
    pub fn is_closing(self) -> bool {
        use Reserved::*;
        matches!(self, Close | Then | Else | Elif | Fi | Do | Done | Esac | Not | Open)
    }
}
