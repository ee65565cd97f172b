//! `./run.sh test`: every test there is, each with its result, and the figures of speed and memory.
//!
//! A test that fails says why where it fails and is counted; nothing stops the rest. The last line is
//! `N passed, N failed`.

mod figures;
mod host_tests;
mod layers;
mod lints;
mod proofs;
mod tally;

pub use figures::Figures;
pub use tally::{Outcome, Tally};

use crate::{
    accel, bench,
    failure::Result,
    frame::Measurement,
    guest::{self, Laboratory},
    options::Accel,
};

/// Runs the tests whose names contain the filter. Returns the exit status: 0 if all passed and there
/// was at least one.
pub fn run(filter: Option<&str>, accel: Option<Accel>) -> Result<u8> {
    let mut tally = Tally::new(filter);
    let mut figures = Figures::default();
    layers::run(&mut tally);
    lints::run(&mut tally);
    host_tests::run(&mut tally);
    proofs::run(&mut tally);
    if tally.wants_any(&guest::names()) {
        let accel = accel::choose(accel)?;
        match tally.heading("guest tests", || Laboratory::open(accel)) {
            Ok(laboratory) => {
                let (name, value) = ("kernel_image_in_memory".into(), laboratory.kernel.size as f64);
                figures.add(Measurement { name, value, unit: "bytes".into() });
                guest::run_all(&laboratory, &mut tally, &mut figures);
            }
            Err(failure) => tally.record("guest: building the kernel", &Outcome::Failed(failure.message)),
        }
        figures.print();
    }
    bench::gate(&mut tally);
    Ok(tally.finish())
}
