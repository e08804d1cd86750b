//! Patterns that names, descriptions and tags are searched with.

use regex::Regex;

/// Regular expressions that are tried on a text as it is written and on its words: `PaymentsAuthAPI` is also
/// searched as `payments auth api`, so that `\bauth\b` finds it and does not find `Author`.
#[derive(Debug, Clone)]
pub struct Patterns(Vec<Regex>);

impl Patterns {
    /// Patterns of one's own.
    pub fn new(patterns: Vec<Regex>) -> Self {
        Self(patterns)
    }

    /// Patterns that are part of the program; what is no pattern is left out.
    pub fn built_in(patterns: &[&str]) -> Self {
        Self(patterns.iter().filter_map(|pattern| Regex::new(pattern).ok()).collect())
    }

    /// The patterns as they are written.
    pub fn written(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(Regex::as_str)
    }

    /// The part of the text that the first matching pattern found.
    pub fn find(&self, text: &str) -> Option<String> {
        let words = words(text);
        self.0.iter().find_map(|pattern| {
            pattern.find(text).or_else(|| pattern.find(&words)).map(|found| found.as_str().to_owned())
        })
    }
}

/// The words of a name in lower case with one blank between them.
fn words(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    let mut words = String::with_capacity(text.len() + 8);
    for (index, &letter) in letters.iter().enumerate() {
        if !letter.is_alphanumeric() {
            words.push(' ');
            continue;
        }
        let before = index.checked_sub(1).map(|before| letters[before]);
        let after = letters.get(index + 1);
        let starts_word = letter.is_uppercase()
            && before.is_some_and(|before| {
                before.is_lowercase()
                    || before.is_numeric()
                    || (before.is_uppercase() && after.is_some_and(|after| after.is_lowercase()))
            });
        if starts_word {
            words.push(' ');
        }
        words.extend(letter.to_lowercase());
    }
    words
}

#[cfg(test)]
mod tests {
    use super::{Patterns, words};

    #[test]
    fn splits_names_into_words() {
        assert_eq!(words("PaymentsAuthAPI"), "payments auth api");
        assert_eq!(words("APIGateway2Service"), "api gateway2 service");
        assert_eq!(words("my-secret_store"), "my secret store");
    }

    #[test]
    fn finds_words_and_not_parts_of_words() {
        let patterns = Patterns::built_in(&[r"\bauth\b", r"\bpayments?\b", "("]);
        assert_eq!(patterns.find("AuthService").as_deref(), Some("auth"));
        assert_eq!(patterns.find("payments-api").as_deref(), Some("payments"));
        assert_eq!(patterns.find("AuthorService"), None);
        assert_eq!(patterns.find("Inventory"), None);
    }
}
