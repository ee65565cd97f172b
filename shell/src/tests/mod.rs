//! The language and the interactive side, tested over the fake system.

mod cases;
mod editing;
mod failures;
mod filing;
mod interactive;
mod language;
mod properties;
mod random;
mod support;
mod utilities;
