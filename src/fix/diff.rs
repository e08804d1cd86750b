//! What a fix changes, as a unified diff that `patch` and `git apply` take.

use similar::TextDiff;

/// The difference between two states of a file; empty where there is none.
pub fn unified(name: &str, before: &str, after: &str) -> String {
    if before == after {
        return String::new();
    }
    let path = name.trim_start_matches('/');
    let diff = TextDiff::from_lines(before, after);
    diff.unified_diff().context_radius(3).header(&format!("a/{path}"), &format!("b/{path}")).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_what_changes_and_a_little_around_it() {
        let before = "one\ntwo\nthree\nfour\nfive\nsix";
        let expected = "--- a/x.yaml\n+++ b/x.yaml\n@@ -2,5 +2,6 @@\n two\n three\n four\n-five\n+5\n+and\n six\n\\ No newline at end of file\n";
        assert_eq!(unified("x.yaml", before, &before.replace("five", "5\nand")), expected);
        assert_eq!(unified("x.yaml", before, before), "");
    }

    #[test]
    fn keeps_line_ends() {
        assert!(unified("x", "a\r\nb\r\n", "a\r\nc\r\n").ends_with("-b\r\n+c\r\n"));
    }
}
