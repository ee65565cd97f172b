//! Hands the linker script to the linker.

fn main() {
    // Asked when it runs: another checkout may use what this one has built.
    let folder = std::env::var("CARGO_MANIFEST_DIR").expect("cargo says where the package is");
    let script = format!("{folder}/kernel.ld");
    println!("cargo:rerun-if-changed={script}");
    for arg in [&format!("-T{script}"), "--no-dynamic-linker", "-zmax-page-size=0x1000", "--gc-sections"] {
        println!("cargo:rustc-link-arg-bins={arg}");
    }
}
