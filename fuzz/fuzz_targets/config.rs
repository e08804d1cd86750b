//! Any text as a configuration file, with a place in it for whatever is wrong.
#![no_main]

use miette::Diagnostic as _;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let rules: Vec<&str> = privatelint::rules::all().iter().map(|rule| rule.name).collect();
    if let Err(error) = privatelint::config::parse(text, &rules) {
        for label in error.labels().into_iter().flatten() {
            assert!(
                text.get(label.offset()..label.offset() + label.len()).is_some(),
                "{error:?} of {text:?}"
            );
        }
    }
});
