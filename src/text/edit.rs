//! Changes to a text, byte for byte: what gives way to what.

use serde::{Deserialize, Serialize};

use super::Span;

/// A stretch of a text that gives way to another; an empty stretch is a place where something is inserted.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Edit {
    /// What goes.
    pub span: Span,
    /// What comes.
    pub text: String,
}

impl Edit {
    /// Whether both change the same stretch, or stretches side by side: then one of them must wait.
    pub fn touches(&self, other: &Self) -> bool {
        self.span.file == other.span.file
            && self.span.start <= other.span.end
            && other.span.start <= self.span.end
    }
}

/// Whether no two edits change the same stretch.
pub fn disjoint(edits: &[Edit]) -> bool {
    if edits.len() < 2 {
        return true;
    }
    let mut spans: Vec<Span> = edits.iter().map(|edit| edit.span).collect();
    spans.sort_unstable();
    spans.windows(2).all(|pair| pair[0].file != pair[1].file || pair[0].end <= pair[1].start)
}

/// The text with all edits made. `None` where two of them change the same stretch or one lies outside the text.
pub fn edited(text: &str, edits: &[Edit]) -> Option<String> {
    let mut edits: Vec<&Edit> = edits.iter().collect();
    edits.sort_by_key(|edit| (edit.span.start, edit.span.end));
    let mut result =
        String::with_capacity(text.len() + edits.iter().map(|edit| edit.text.len()).sum::<usize>());
    let mut at = 0;
    for edit in edits {
        let range = edit.span.range();
        result.push_str(text.get(at..range.start)?);
        text.get(range.clone())?;
        result.push_str(&edit.text);
        at = range.end;
    }
    result.push_str(text.get(at..)?);
    Some(result)
}

#[cfg(test)]
mod tests {
    use super::super::FileId;
    use super::*;

    fn edit(start: usize, end: usize, text: &str) -> Edit {
        Edit { span: Span::new(FileId(0), start, end), text: text.to_owned() }
    }

    #[test]
    fn edits_are_made_from_any_order() {
        let edits = [edit(4, 4, "!"), edit(0, 1, "T"), edit(2, 3, "")];
        assert_eq!(edited("text", &edits).as_deref(), Some("Tet!"));
        assert_eq!(edited("text", &[]).as_deref(), Some("text"));
    }

    #[test]
    fn edits_that_do_not_fit_are_not_made() {
        assert_eq!(edited("text", &[edit(0, 2, ""), edit(1, 3, "")]), None);
        assert_eq!(edited("text", &[edit(3, 5, "")]), None);
        assert_eq!(edited("größe", &[edit(3, 3, "")]), None, "inside a character");
    }

    #[test]
    fn neighbours_touch() {
        assert!(edit(0, 2, "").touches(&edit(2, 3, "")));
        assert!(edit(2, 2, "").touches(&edit(2, 2, "")));
        assert!(!edit(0, 1, "").touches(&edit(2, 3, "")));
    }
}
