//! The regression gate of `./run.sh test`: the guest's benchmarks under exact instruction counting beside the baseline
//! that is committed.

use super::{
    baseline::{Baseline, Unfit, Verdict},
    machine, measure,
    options::{COUNTED, Options},
};
use crate::{
    failure::Result,
    suite::{Outcome, Tally},
};

/// The name of the test.
const NAME: &str = "guest: bench: no more instructions than bench/baselines/icount.json has";

/// Runs it, if it is wanted. Where the baseline is of another machine nothing is compared, which is no success.
pub fn gate(tally: &mut Tally) {
    if !tally.wants(NAME) {
        return;
    }
    match tally.heading(NAME, compare) {
        Ok(Ok(verdicts)) => tally.record(NAME, &judge(&verdicts)),
        Ok(Err(why)) => tally.not_run(NAME, &format!("not compared: {why}")),
        Err(failure) => tally.record(NAME, &Outcome::Failed(failure.message)),
    }
}

/// What the comparison found, or why there was none.
fn compare() -> Result<std::result::Result<Vec<Verdict>, String>> {
    let options = Options::counted();
    let baseline = match Baseline::load(COUNTED, &machine(&options)?) {
        Ok(baseline) => baseline,
        Err(Unfit::Other(why)) => return Ok(Err(why)),
        Err(Unfit::Broken(failure)) => return Err(failure),
    };
    for row in baseline.idle_allowances() {
        println!("{row}: has an allowance, and is not in the baseline");
    }
    let (figures, status) = measure(&options, |_, _| {})?;
    let verdicts = baseline.compare(&figures, true);
    verdicts.iter().for_each(|verdict| println!("{verdict}"));
    println!("{} rows compared", figures.len());
    if status != 0 {
        let message = format!("the guest's bench ended with {status}, after {} rows", figures.len());
        return Err(crate::failure::Failure::with_status(status, message));
    }
    Ok(Ok(verdicts))
}

fn judge(verdicts: &[Verdict]) -> Outcome {
    let failed: Vec<_> = verdicts.iter().filter(|it| it.fails()).map(ToString::to_string).collect();
    if failed.is_empty() {
        return Outcome::Passed;
    }
    Outcome::Failed(format!(
        "{}\nIf that has to be: ./run.sh bench --icount --save makes the new baseline, or \
         bench/baselines/icount.allow.json allows a row more, with the reason",
        failed.join("\n")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_row_that_fails_fails_the_test() {
        assert_eq!(judge(&[]), Outcome::Passed);
        assert_eq!(judge(&[Verdict::New("a".into())]), Outcome::Passed);
        let Outcome::Failed(why) = judge(&[Verdict::New("a".into()), Verdict::Gone("b".into())]) else {
            panic!("b is gone")
        };
        assert!(why.starts_with("b: FAILS") && why.contains("--save"), "{why}");
    }
}
