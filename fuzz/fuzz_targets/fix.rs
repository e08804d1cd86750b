//! Templates that could be somebody's, with all their fixes made: the text still reads, no error is new, a second time
//! changes nothing.
#![no_main]

use libfuzzer_sys::arbitrary::Unstructured;
use privatelint::config::Options;
use privatelint::diagnostic::Applicability;
use privatelint::text::FileId;
use privatelint::{engine, fix, syntax};
use privatelint_fuzz::made;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let mut u = Unstructured::new(bytes);
    let (Ok(as_json), Ok(template)) = (u.arbitrary(), made::template(&mut u)) else { return };
    let mut text = String::new();
    if as_json {
        made::json(&template, &mut text);
    } else {
        text = made::yaml(&template);
    }
    let options = Options::default();
    let mend = |text: &str| {
        fix::fix(text, FileId(0), engine::lint(text, FileId(0), &options), &[], &options, Applicability::Suggested)
    };
    let errors = |text: &str| syntax::parse(text, FileId(0)).errors.len();
    let once = mend(&text);
    assert!(errors(&once.text) <= errors(&text), "\n{text}\n{}", once.text);
    assert_eq!(mend(&once.text).text, once.text, "\n{text}");
    if once.done.is_empty() {
        assert_eq!(once.text, text);
    }
});
