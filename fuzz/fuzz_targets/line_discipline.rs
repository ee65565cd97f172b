#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| pollux_core::pty::fuzzing::line_discipline(data));
