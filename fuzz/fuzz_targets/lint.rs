//! Any text through every rule and every format.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| {
    privatelint_fuzz::lint(text);
});
