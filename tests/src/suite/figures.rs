//! Speed and memory, shown and not asserted: a busy machine must not fail a test.

use crate::frame::Measurement;

/// What is aimed at, by the name of the measurement.
const GOALS: &[(&str, &str)] =
    &[("boot_to_prompt", "50 ms, emulated on a quiet machine"), ("memory_at_prompt", "8 MiB")];

/// The figures that were measured on the way.
#[derive(Debug, Default)]
pub struct Figures {
    /// The measurements of guests, by name; of several with a name the smallest counts, which is the
    /// one that was disturbed least.
    measured: Vec<Measurement>,
}

impl Figures {
    /// Takes a measurement. How many CPUs there are is none.
    pub fn add(&mut self, measurement: Measurement) {
        if measurement.unit == "CPUs" {
            return;
        }
        match self.measured.iter_mut().find(|known| known.name == measurement.name) {
            Some(known) if known.value <= measurement.value => {}
            Some(known) => *known = measurement,
            None => self.measured.push(measurement),
        }
    }

    pub(super) fn print(&self) {
        if self.measured.is_empty() {
            return;
        }
        println!("\n== speed and memory (best of this run)");
        for Measurement { name, value, unit } in &self.measured {
            let goal = GOALS.iter().find(|(of, _)| of == name);
            let goal = goal.map_or(String::new(), |(_, goal)| format!(" (goal: {goal})"));
            println!("{:<28} {}{goal}", name.replace('_', " "), readable(*value, unit));
        }
    }
}

fn readable(value: f64, unit: &str) -> String {
    match unit {
        "ns" => format!("{:.1} ms", value / 1e6),
        "bytes" => format!("{:.2} MiB", value / (1 << 20) as f64),
        _ => format!("{value} {unit}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_disturbed_figure_counts() {
        let mut figures = Figures::default();
        for value in [3.0, 2.0, 4.0] {
            figures.add(Measurement { name: "boot".into(), value, unit: "ns".into() });
        }
        assert_eq!(figures.measured.len(), 1);
        assert_eq!(figures.measured[0].value, 2.0);
    }

    #[test]
    fn units_are_those_that_people_read() {
        assert_eq!(readable(41_234_567.0, "ns"), "41.2 ms");
        assert_eq!(readable(1_572_864.0, "bytes"), "1.50 MiB");
        assert_eq!(readable(1234.0, "instructions"), "1234 instructions");
    }
}
