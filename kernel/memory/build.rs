//! Tells the compiler that `--cfg loom` is a word this crate knows.

fn main() {
    println!("cargo::rustc-check-cfg=cfg(loom)");
    println!("cargo::rerun-if-changed=build.rs");
}
