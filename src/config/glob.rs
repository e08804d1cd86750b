//! Patterns for files, relative to the folder of the configuration file.

use globset::{Error, GlobBuilder, GlobSet, GlobSetBuilder};

/// One pattern as people mean it: with a `/` it is a path from the folder of the configuration file, without one a name
/// at any depth; where it fits a folder, it fits all that lies there.
#[derive(Debug, Clone)]
pub struct FilePattern {
    written: String,
    set: GlobSet,
}

impl FilePattern {
    /// A pattern, or what is wrong with it.
    pub fn new(pattern: &str) -> Result<Self, String> {
        let reason = |error: Error| error.kind().to_string();
        let path = pattern.trim_start_matches("./").trim_end_matches('/');
        let anywhere = if path.contains('/') { "" } else { "**/" };
        let mut set = GlobSetBuilder::new();
        for form in [format!("{anywhere}{path}"), format!("{anywhere}{path}/**")] {
            set.add(GlobBuilder::new(&form).literal_separator(true).build().map_err(reason)?);
        }
        Ok(Self { written: pattern.to_owned(), set: set.build().map_err(reason)? })
    }

    /// As the user wrote it.
    pub fn written(&self) -> &str {
        &self.written
    }

    /// Whether it fits a file, named by its way from the folder of the configuration file, with `/`.
    pub fn fits(&self, file: &str) -> bool {
        self.set.is_match(file)
    }
}

#[cfg(test)]
mod tests {
    use super::FilePattern;

    fn fitting<'f>(pattern: &str, files: &[&'f str]) -> Vec<&'f str> {
        let pattern = FilePattern::new(pattern).unwrap();
        files.iter().copied().filter(|file| pattern.fits(file)).collect()
    }

    #[test]
    fn patterns_mean_what_people_mean() {
        let files = ["a.yaml", "legacy/a.yaml", "legacy/old/b.json", "new/legacy/c.yaml"];
        assert_eq!(fitting("legacy/**", &files), ["legacy/a.yaml", "legacy/old/b.json"]);
        assert_eq!(fitting("./legacy/*", &files), ["legacy/a.yaml", "legacy/old/b.json"]);
        assert_eq!(fitting("legacy", &files), ["legacy/a.yaml", "legacy/old/b.json", "new/legacy/c.yaml"]);
        assert_eq!(fitting("legacy/", &files), fitting("legacy", &files));
        assert_eq!(fitting("*.json", &files), ["legacy/old/b.json"]);
        assert_eq!(fitting("a.yaml", &files), ["a.yaml", "legacy/a.yaml"]);
        assert_eq!(fitting("legacy/*.yaml", &files), ["legacy/a.yaml"]);
        assert_eq!(fitting("*/legacy/{c,d}.yaml", &files), ["new/legacy/c.yaml"]);
    }

    #[test]
    fn a_broken_pattern_is_told() {
        assert!(FilePattern::new("legacy/[").unwrap_err().contains("unclosed"));
    }
}
