//! Any text as YAML: a tree whatever it is, with places that fit.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| privatelint_fuzz::read(text));
