//! The reserved words (XCU 2.4), and those of bash that the parser knows.

macro_rules! reserved {
    ($($name:ident = $text:literal),* $(,)?) => {
        /// What a word is where a reserved word may stand.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Reserved { None, $($name),* }

        impl Reserved {
            /// Looks a word up.
            #[inline]
            #[allow(non_upper_case_globals)] // named like the variants
            pub fn of(word: &[u8]) -> Reserved {
                $(const $name: &[u8] = $text.as_bytes();)*
                match word {
                    $($name => Reserved::$name,)*
                    _ => Reserved::None,
                }
            }

            pub fn text(self) -> &'static str {
                match self { Reserved::None => "", $(Reserved::$name => $text),* }
            }
        }
    };
}

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
