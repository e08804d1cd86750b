//! What the terminal can show: colours and width.

use std::env;
use std::io::IsTerminal;

use super::arguments::ColorChoice;
use crate::output::Look;

/// Prose wider than this is hard to read; narrower than this it falls apart.
const WIDTHS: std::ops::RangeInclusive<usize> = 80..=120;
/// The width of prose that goes to a file or another program.
const WIDTH_ELSEWHERE: usize = 100;
/// How text is set in a file.
pub(super) const IN_FILE: Look = Look { color: false, width: WIDTH_ELSEWHERE };

/// How text is set on a stream.
pub(super) fn look(stream: &impl IsTerminal, choice: ColorChoice) -> Look {
    let is_terminal = stream.is_terminal();
    let variable = |name: &str| env::var(name).ok();
    Look {
        color: color(choice, is_terminal, variable),
        width: width(is_terminal, variable("COLUMNS").as_deref(), || {
            terminal_size::terminal_size().map(|(terminal_size::Width(columns), _)| usize::from(columns))
        }),
    }
}

/// See <https://no-color.org> and <https://bixense.com/clicolors>.
fn color(choice: ColorChoice, is_terminal: bool, variable: impl Fn(&str) -> Option<String>) -> bool {
    let is_set = |name: &str| variable(name).is_some_and(|value| !value.is_empty() && value != "0");
    match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto if variable("NO_COLOR").is_some_and(|value| !value.is_empty()) => false,
        ColorChoice::Auto if is_set("CLICOLOR_FORCE") => true,
        ColorChoice::Auto => is_terminal && variable("TERM").is_none_or(|term| term != "dumb"),
    }
}

fn width(is_terminal: bool, columns: Option<&str>, ask: impl FnOnce() -> Option<usize>) -> usize {
    let told = columns.and_then(|columns| columns.trim().parse().ok());
    let width = match told {
        Some(width) => width,
        None if is_terminal => ask().unwrap_or(*WIDTHS.start()),
        None => WIDTH_ELSEWHERE,
    };
    width.clamp(*WIDTHS.start(), *WIDTHS.end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_follow_choice_then_environment_then_terminal() {
        let none = |_: &str| None;
        let only = |set: &'static str| move |name: &str| (name == set).then(|| "1".to_owned());
        assert!(color(ColorChoice::Always, false, only("NO_COLOR")));
        assert!(!color(ColorChoice::Never, true, only("CLICOLOR_FORCE")));
        assert!(!color(ColorChoice::Auto, true, only("NO_COLOR")));
        assert!(color(ColorChoice::Auto, false, only("CLICOLOR_FORCE")));
        assert!(color(ColorChoice::Auto, true, none));
        assert!(!color(ColorChoice::Auto, false, none));
        assert!(!color(ColorChoice::Auto, true, |name| (name == "TERM").then(|| "dumb".to_owned())));
    }

    #[test]
    fn prose_has_a_readable_width() {
        assert_eq!(width(false, None, || Some(90)), 100);
        assert_eq!(width(true, None, || Some(90)), 90);
        assert_eq!(width(true, None, || None), 80);
        assert_eq!(width(true, Some("300"), || Some(90)), 120);
        assert_eq!(width(true, Some("20"), || Some(90)), 80);
        assert_eq!(width(true, Some("wide"), || None), 80);
    }
}
