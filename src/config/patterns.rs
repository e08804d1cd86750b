//! Patterns that names, descriptions and tags are searched with.

use std::sync::LazyLock;

use regex::Regex;

/// Words that in a name tell of data worth protecting.
const SENSITIVE: &[&str] = &[
    r"\bauth(entication|orization)?\b",
    r"\bbilling\b",
    r"\bcredentials?\b",
    r"\bidentity\b",
    r"\bpasswords?\b",
    r"\bpayments?\b",
    r"\bpii\b",
    r"\bsecrets?\b",
    r"\btokens?\b",
    r"\bvaults?\b",
];

/// Compiled when they are first asked for: most runs meet no endpoint service, and ten expressions take longer to compile
/// than a small template takes to check.
static BUILT_IN: LazyLock<Vec<Regex>> =
    LazyLock::new(|| SENSITIVE.iter().filter_map(|pattern| Regex::new(pattern).ok()).collect());

/// Regular expressions that are tried on a text as it is written and on its words: `PaymentsAuthAPI` is also
/// searched as `payments auth api`, so that `\bauth\b` finds it and does not find `Author`.
#[derive(Debug, Clone)]
pub struct Patterns(Source);

#[derive(Debug, Clone)]
enum Source {
    BuiltIn,
    Own(Vec<Regex>),
}

impl Patterns {
    /// The built-in patterns for sensitive services.
    pub fn sensitive() -> Self {
        Self(Source::BuiltIn)
    }

    /// Patterns of one's own.
    pub fn new(patterns: Vec<Regex>) -> Self {
        Self(Source::Own(patterns))
    }

    /// The part of the text that the first matching pattern found.
    pub fn find(&self, text: &str) -> Option<String> {
        let words = words(text);
        let patterns = match &self.0 {
            Source::BuiltIn => &BUILT_IN,
            Source::Own(patterns) => patterns,
        };
        patterns.iter().find_map(|pattern| {
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
    use super::{BUILT_IN, Patterns, SENSITIVE, words};

    #[test]
    fn built_in_patterns_compile() {
        assert_eq!(BUILT_IN.len(), SENSITIVE.len());
    }

    #[test]
    fn splits_names_into_words() {
        assert_eq!(words("PaymentsAuthAPI"), "payments auth api");
        assert_eq!(words("APIGateway2Service"), "api gateway2 service");
        assert_eq!(words("my-secret_store"), "my secret store");
    }

    #[test]
    fn finds_words_and_not_parts_of_words() {
        let patterns = Patterns::sensitive();
        assert_eq!(patterns.find("AuthService").as_deref(), Some("auth"));
        assert_eq!(patterns.find("payments-api").as_deref(), Some("payments"));
        assert_eq!(patterns.find("AuthorService"), None);
        assert_eq!(patterns.find("Inventory"), None);
    }
}
