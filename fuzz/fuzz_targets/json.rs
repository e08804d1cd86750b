//! Any text behind an opening brace, which makes it JSON.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| privatelint_fuzz::read(&format!("{{{text}")));
