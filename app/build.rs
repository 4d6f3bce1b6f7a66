//! The build cuts the modules of both pages into files; for that it needs to know what refers to
//! what.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    for page in ["console", "portal"] {
        println!("cargo::rustc-link-arg-bin={page}=--emit-relocs");
    }
}
