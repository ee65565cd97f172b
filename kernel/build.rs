//! Hands the linker script to the linker.

fn main() {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/kernel.ld");
    println!("cargo:rerun-if-changed={script}");
    for arg in [&format!("-T{script}"), "--no-dynamic-linker", "-zmax-page-size=0x1000", "--gc-sections"] {
        println!("cargo:rustc-link-arg-bins={arg}");
    }
}
