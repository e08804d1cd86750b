//! One template as YAML with short functions and as JSON with long ones: the same findings, apart from their places.
#![no_main]

use libfuzzer_sys::arbitrary::Unstructured;
use privatelint_fuzz::made;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(template) = made::template(&mut Unstructured::new(bytes)) {
        let (yaml, mut json) = (made::yaml(&template), String::new());
        made::json(&template, &mut json);
        assert_eq!(privatelint_fuzz::lint(&yaml), privatelint_fuzz::lint(&json), "\n{yaml}\n{json}");
    }
});
