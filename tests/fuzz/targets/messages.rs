#![no_main]

libfuzzer_sys::fuzz_target!(
    // libFuzzer's own hook ends the process at a panic that is caught, too.
    init: std::panic::set_hook(Box::new(|what| eprintln!("{what}"))),
    |bytes: &[u8]| tests::fuzz::messages(bytes)
);
