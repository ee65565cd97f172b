//! A benchmark's figures as a line of JSON, and times as people read them.

use alloc::{format, string::String, vec::Vec};

use crate::Summary;

/// One line: names and numbers only, so nothing needs quoting. Nanoseconds, and the bytes that each moved where it is
/// about that.
pub fn json(name: &str, ns: &[f64], bytes: Option<u64>, s: &Summary) -> String {
    let bytes = bytes.map_or(String::new(), |bytes| format!(",\"bytes\":{bytes}"));
    let samples = ns.iter().map(|ns| format!("{ns:.3}")).collect::<Vec<_>>().join(",");
    format!(
        "{{\"name\":\"{name}\",\"unit\":\"ns\",\"samples\":{},\"median\":{:.3},\"low\":{:.3},\"high\":{:.3},\"min\":{:.3},\
         \"p95\":{:.3},\"p99\":{:.3},\"max\":{:.3},\"mean\":{:.3},\"variation\":{:.4},\"outliers\":{},\"noisy\":{}{bytes},\"ns\":[{samples}]}}",
        s.samples,
        s.p50,
        s.low,
        s.high,
        s.min,
        s.p95,
        s.p99,
        s.max,
        s.mean,
        s.variation,
        s.outliers,
        s.is_noisy(),
    )
}

/// Four digits and a unit.
pub fn time(ns: f64) -> String {
    let (value, unit) = match ns {
        ns if ns < 1e3 => (ns, "ns"),
        ns if ns < 1e6 => (ns / 1e3, "us"),
        ns if ns < 1e9 => (ns / 1e6, "ms"),
        ns => (ns / 1e9, "s"),
    };
    let decimals = if value < 10.0 {
        3
    } else if value < 100.0 {
        2
    } else {
        1
    };
    format!("{value:.decimals$} {unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_four_digits() {
        assert_eq!(
            [1.2345, 12.345, 123.45, 1234.5, 2.5e9].map(time),
            ["1.234 ns", "12.35 ns", "123.5 ns", "1.234 us", "2.500 s"]
        );
    }

    #[test]
    fn a_line_has_the_samples_and_the_bytes() {
        let ns = [1.0, 2.5];
        let line = json("a/b", &ns, Some(7), &Summary::of(&ns).expect("there are samples"));
        assert!(line.starts_with(r#"{"name":"a/b","unit":"ns","samples":2,"median":1.000,"#), "{line}");
        assert!(line.ends_with(r#""bytes":7,"ns":[1.000,2.500]}"#), "{line}");
    }
}
