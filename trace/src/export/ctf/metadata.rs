//! The text that says how streams are laid out, in the format's own language (TSDL).

use alloc::string::String;
use core::fmt::Write;

use crate::events::{EVENTS, Unit};

/// All but the events.
const HEAD: &str = "\
/* CTF 1.8 */

typealias integer { size = 8; align = 8; signed = false; } := uint8_t;
typealias integer { size = 32; align = 8; signed = false; } := uint32_t;
typealias integer { size = 64; align = 8; signed = false; } := uint64_t;
typealias integer { size = 64; align = 8; signed = false; base = 16; } := address_t;

trace {
    major = 1;
    minor = 8;
    byte_order = le;
    packet.header := struct {
        uint32_t magic;
        uint32_t stream_id;
    };
};

env {
    domain = \"kernel\";
    tracer_name = \"pollux\";
};

clock {
    name = monotonic;
    description = \"nanoseconds since the machine came up\";
    freq = 1000000000;
};

typealias integer { size = 64; align = 8; signed = false; map = clock.monotonic.value; } := time_t;

stream {
    id = 0;
    packet.context := struct {
        time_t timestamp_begin;
        time_t timestamp_end;
        uint64_t content_size;
        uint64_t packet_size;
        uint64_t events_discarded;
        uint32_t cpu_id;
    };
    event.header := struct {
        uint8_t id;
        time_t timestamp;
    };
    event.context := struct {
        uint32_t task;
        string task_name;
    };
};
";

/// The file `metadata`.
pub fn metadata() -> String {
    let mut text = String::from(HEAD);
    events(&mut text).expect("strings take all text");
    text
}

fn events(text: &mut String) -> core::fmt::Result {
    for &event in EVENTS {
        writeln!(text, "\nevent {{\n    name = \"{}\";\n    id = {};", event.name(), event as u8)?;
        writeln!(text, "    stream_id = 0;\n    fields := struct {{")?;
        for (name, unit) in event.arguments().into_iter().flatten() {
            match unit {
                Unit::Address => writeln!(text, "        address_t {name};")?,
                Unit::Ns => writeln!(text, "        uint64_t {name}_ns;")?,
                Unit::Number | Unit::Task | Unit::Bytes | Unit::Pty => {
                    writeln!(text, "        uint64_t {name};")?
                }
                Unit::Waker | Unit::Name | Unit::Place => writeln!(text, "        string {name};")?,
            }
        }
        writeln!(text, "    }};\n}};")?;
    }
    Ok(())
}
