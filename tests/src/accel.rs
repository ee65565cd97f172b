//! Chooses between KVM and TCG.
//!
//! `/dev/kvm` alone proves nothing: there are machines where it opens and the first guest then hangs,
//! because the processor that they emulate has no virtualisation. So the flags must show it too.

use std::{fs, fs::OpenOptions};

use crate::{
    failure::{Failure, Result},
    options::Accel,
};

/// What was asked for, or the best there is.
pub fn choose(asked: Option<Accel>) -> Result<Accel> {
    match asked {
        Some(Accel::Tcg) => Ok(Accel::Tcg),
        Some(Accel::Kvm) => kvm()
            .map(|()| Accel::Kvm)
            .map_err(|reason| Failure::new(format!("--accel kvm: there is no KVM here: {reason}"))),
        None => Ok(if kvm().is_ok() { Accel::Kvm } else { Accel::Tcg }),
    }
}

/// Whether KVM can be used, or why not.
fn kvm() -> std::result::Result<(), String> {
    let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    if !has_virtualisation(&cpuinfo) {
        return Err("/proc/cpuinfo shows neither vmx nor svm".into());
    }
    match OpenOptions::new().read(true).write(true).open("/dev/kvm") {
        Ok(_) => Ok(()),
        Err(error) => Err(format!("/dev/kvm cannot be opened: {error}")),
    }
}

fn has_virtualisation(cpuinfo: &str) -> bool {
    cpuinfo
        .lines()
        .filter(|line| line.starts_with("flags"))
        .filter_map(|line| line.split_once(':'))
        .any(|(_, flags)| flags.split_whitespace().any(|flag| flag == "vmx" || flag == "svm"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_flags_line_of_a_processor_counts() {
        assert!(has_virtualisation("processor\t: 0\nflags\t\t: fpu vmx sse\n"));
        assert!(has_virtualisation("flags\t\t: fpu svm\n"));
        assert!(!has_virtualisation("flags\t\t: fpu svm_lock\nmodel name\t: vmx\n"));
        assert!(!has_virtualisation(""));
    }
}
