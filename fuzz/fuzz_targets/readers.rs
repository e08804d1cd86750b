//! Any text through both readers of YAML: where the quick one for plain YAML reads a text at all, it reads what the other
//! reads.
#![no_main]

use privatelint::syntax::{YamlReader, read_yaml};
use privatelint::text::FileId;

libfuzzer_sys::fuzz_target!(|text: &str| {
    if let Some(quick) = read_yaml(text, FileId(0), YamlReader::Subset) {
        assert_eq!(Some(quick), read_yaml(text, FileId(0), YamlReader::Complete), "{text:?}");
    }
});
