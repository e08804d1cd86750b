//! Any text as a configuration file, with a place in it for whatever is wrong.
#![no_main]

use miette::Diagnostic as _;

libfuzzer_sys::fuzz_target!(|text: &str| {
    for error in privatelint::config::parse(text, &privatelint::rules::registry()).err().into_iter().flatten() {
        for label in error.labels().into_iter().flatten() {
            assert!(
                text.get(label.offset()..label.offset() + label.len()).is_some(),
                "{error:?} of {text:?}"
            );
        }
    }
});
