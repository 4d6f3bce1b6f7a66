//! The build cuts the console's module into files; for that it needs to know what refers to what.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-link-arg-bin=console=--emit-relocs");
}
