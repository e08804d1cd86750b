//! How wide text is at most, whichever common font a viewer takes, and where it is broken.

/// Height of a line of text.
pub(super) const LINE: i32 = 18;
/// Size of the letters of names, which are set in a font with letters of one width.
pub(super) const NAME_SIZE: i32 = 13;
/// Size of the letters of all other text.
pub(super) const TEXT_SIZE: i32 = 12;
/// Size of the letters of the title.
pub(super) const TITLE_SIZE: i32 = 18;

/// Width of a letter of a fixed-width font in thousandths of its size: that of `DejaVu Sans Mono`, the widest of the usual
/// ones.
const FIXED: i32 = 610;
/// Widths of the letters from the blank to the tilde in thousandths of the size: of `DejaVu Sans` and `Liberation Sans`,
/// which has those of Arial and Helvetica, the wider.
const WIDTHS: [i32; 95] = [
    318, 401, 460, 838, 636, 950, 780, 275, 390, 390, 500, 838, 318, 361, 318, 337, 636, 636, 636, 636, 636,
    636, 636, 636, 636, 636, 337, 337, 838, 838, 838, 556, 1015, 684, 686, 722, 770, 667, 611, 778, 752, 295,
    500, 667, 557, 863, 748, 787, 667, 787, 722, 667, 611, 732, 684, 989, 685, 667, 685, 390, 337, 390, 838,
    556, 500, 613, 635, 550, 635, 615, 352, 635, 634, 278, 278, 579, 278, 974, 634, 612, 635, 635, 411, 521,
    392, 634, 592, 818, 592, 592, 525, 636, 337, 636, 838,
];
/// Letters of other scripts, wide ones and pictures among them.
const OTHER: i32 = 1000;
const WIDE: i32 = 1400;

/// A stretch of text in one font.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) text: String,
    /// Whether it is a name, set in a font with letters of one width.
    pub(super) is_name: bool,
}

/// A line of text.
pub(super) type Runs = Vec<Run>;

/// The width of a line, rounded up.
pub(super) fn width(runs: &[Run]) -> i32 {
    let thousandths: i32 = runs.iter().map(width_of).sum();
    (thousandths + 999) / 1000
}

fn width_of(run: &Run) -> i32 {
    run.text.chars().map(|letter| letter_width(letter, run.is_name)).sum()
}

/// The width of a letter in thousandths of a pixel.
fn letter_width(letter: char, is_name: bool) -> i32 {
    let size = if is_name { NAME_SIZE } else { TEXT_SIZE };
    let index = (letter as usize).checked_sub(' ' as usize);
    let width = match index.and_then(|index| WIDTHS.get(index)) {
        Some(_) if is_name => FIXED,
        Some(width) => *width,
        None if letter < '\u{1100}' => OTHER,
        None => WIDE,
    };
    width * size
}

/// The width of a title, which is bold.
pub(super) fn title_width(text: &str) -> i32 {
    let thousandths: i32 = text.chars().map(|letter| letter_width(letter, false)).sum();
    // Bold letters are at most 1.27 times as wide.
    thousandths * TITLE_SIZE / TEXT_SIZE / 780 + 1
}

/// Breaks a text into lines of at most `room`, at blanks, and inside longer words where a capital begins.
/// Backticks stand around names and are not shown.
pub(super) fn lines(text: &str, room: i32) -> Vec<Runs> {
    let mut lines: Vec<Runs> = vec![Vec::new()];
    let mut left = room * 1000;
    for (index, stretch) in text.split('`').enumerate() {
        let is_name = index % 2 == 1;
        // A blank stands at the end of a word, where it may stick out of the room unseen.
        for word in stretch.split_inclusive(' ').flat_map(|word| broken(word, is_name, room)) {
            let shown = Run { text: word.trim_end().to_owned(), is_name };
            let run = Run { text: word, is_name };
            // What follows a name without a blank stays with it.
            if width_of(&shown) > left && left < room * 1000 {
                lines.push(Vec::new());
                left = room * 1000;
            }
            left -= width_of(&run);
            let Some(line) = lines.last_mut() else { continue };
            match line.last_mut() {
                Some(last) if last.is_name == is_name => last.text += &run.text,
                _ => line.push(run),
            }
        }
    }
    for line in &mut lines {
        if let Some(last) = line.last_mut() {
            last.text.truncate(last.text.trim_end().len());
        }
    }
    lines
}

/// A word in parts that each fit the room.
fn broken(word: &str, is_name: bool, room: i32) -> Vec<String> {
    let mut parts = Vec::new();
    let mut part = String::new();
    let mut left = room * 1000;
    for letter in word.chars() {
        let width = letter_width(letter, is_name);
        if letter != ' ' && width > left && !part.is_empty() {
            // Rather before a capital or behind a mark, if that is not too far back.
            let cut = part
                .char_indices()
                .skip(part.chars().count() / 2)
                .filter(|&(index, letter)| {
                    letter.is_uppercase() || part[..index].ends_with(|before: char| !before.is_alphanumeric())
                })
                .last()
                .map_or(part.len(), |(index, _)| index);
            let rest = part.split_off(cut);
            left = room * 1000 - rest.chars().map(|letter| letter_width(letter, is_name)).sum::<i32>();
            parts.push(std::mem::replace(&mut part, rest));
        }
        part.push(letter);
        left -= width;
    }
    parts.push(part);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, room: i32) -> Vec<String> {
        lines(text, room).iter().map(|line| line.iter().map(|run| run.text.as_str()).collect()).collect()
    }

    #[test]
    fn lines_fit_the_room() {
        let long = "`AVeryLongLogicalIdThatNobodyWouldWriteByHandButToolsDo` is not among its route tables";
        for room in [60, 100, 250] {
            for line in lines(long, room) {
                assert!(width(&line) <= room, "{line:?} in {room}");
            }
        }
        assert_eq!(shown(long, 200)[0], "AVeryLongLogicalIdThat");
        assert_eq!(shown("日本語日本語日本語", 60).concat(), "日本語日本語日本語");
    }

    #[test]
    fn names_are_runs_of_their_own() {
        let name = |text: &str, is_name| Run { text: text.to_owned(), is_name };
        assert_eq!(
            lines("in `A`, `B`", 250),
            [[name("in ", false), name("A", true), name(", ", false), name("B", true)]]
        );
        assert_eq!(shown("", 250), [""]);
    }
}
