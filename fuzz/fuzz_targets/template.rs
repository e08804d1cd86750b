//! Templates that could be somebody's, through every rule and every format.
#![no_main]

use libfuzzer_sys::arbitrary::Unstructured;
use privatelint_fuzz::made;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(template) = made::template(&mut Unstructured::new(bytes)) {
        privatelint_fuzz::lint(&made::yaml(&template));
    }
});
