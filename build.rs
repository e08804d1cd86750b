//! Turns the tables in `rules/data`, which people edit as YAML, into JSON, which the program reads much faster.
//!
//! A table of records becomes a list of pairs of Rust, the `id` of a record and its JSON, so that nothing has to be cut
//! at run time and a record that nobody asks for costs nothing. Any other table becomes one text.

use std::error::Error;
use std::path::Path;
use std::{env, fs};

use serde_yaml::Value;

const TABLES: &str = "rules/data";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={TABLES}");
    let out = env::var("OUT_DIR")?;
    for file in fs::read_dir(TABLES)? {
        let path = file?.path();
        let (Some(name), true) = (path.file_stem(), path.extension().is_some_and(|it| it == "yaml")) else {
            continue;
        };
        let target = Path::new(&out).join(name);
        write(&path, &target).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(())
}

fn write(source: &Path, target: &Path) -> Result<(), Box<dyn Error>> {
    match serde_yaml::from_str(&fs::read_to_string(source)?)? {
        Value::Sequence(records) => {
            let pairs = records.iter().map(pair).collect::<Result<Vec<_>, _>>()?;
            // Texts are escaped for Rust by their debug form.
            fs::write(target.with_extension("rs"), format!("&{pairs:?}"))?;
        }
        whole => fs::write(target.with_extension("json"), serde_json::to_string(&whole)?)?,
    }
    Ok(())
}

fn pair(record: &Value) -> Result<(&str, String), Box<dyn Error>> {
    let id = record.get("id").and_then(Value::as_str).ok_or("a record has no `id`")?;
    Ok((id, serde_json::to_string(record)?))
}
