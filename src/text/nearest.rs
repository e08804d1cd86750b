//! "Did you mean": the known name that is nearest to a mistyped one.

/// The candidate nearest to `word`, if it is near enough to be worth saying.
pub fn nearest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let word = word.to_lowercase();
    // A third of the letters may be wrong, and always one: further off, the guess is more often wrong than right.
    let limit = (word.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .filter_map(|candidate| Some((within(&word, &candidate.to_lowercase(), limit)?, candidate)))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// How many letters must be inserted, removed, replaced or swapped with their neighbour, if no more than `limit`.
pub fn within(left: &str, right: &str, limit: usize) -> Option<usize> {
    // Whatever else differs, the difference in length does; a name in a template may be a million letters long.
    let shorter_by = left.chars().count().abs_diff(right.chars().count());
    (shorter_by <= limit).then(|| distance(left, right)).filter(|distance| *distance <= limit)
}

fn distance(left: &str, right: &str) -> usize {
    let left: Vec<char> = left.chars().collect();
    let right: Vec<char> = right.chars().collect();
    let mut above: Vec<usize> = (0..=right.len()).collect();
    let (mut before, mut current) = (above.clone(), above.clone());
    for row in 1..=left.len() {
        current[0] = row;
        for column in 1..=right.len() {
            let replaced = above[column - 1] + usize::from(left[row - 1] != right[column - 1]);
            let mut best = replaced.min(above[column] + 1).min(current[column - 1] + 1);
            if row > 1
                && column > 1
                && left[row - 1] == right[column - 2]
                && left[row - 2] == right[column - 1]
            {
                best = best.min(before[column - 2] + 1);
            }
            current[column] = best;
        }
        (before, above, current) = (above, current, before);
    }
    above[right.len()]
}

#[cfg(test)]
mod tests {
    use super::{distance, nearest, within};

    #[test]
    fn counts_letters() {
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("select", "slect"), 1);
        assert_eq!(distance("ignore", "ingore"), 1);
        assert_eq!(distance("kitten", "sitting"), 3);
    }

    #[test]
    fn stops_where_it_is_too_far() {
        assert_eq!(within("select", "slect", 1), Some(1));
        assert_eq!(within("kitten", "sitting", 2), None);
        assert_eq!(within(&"x".repeat(1 << 24), "sitting", 2), None);
    }

    #[test]
    fn suggests_only_what_is_near() {
        let names = ["acceptance-off", "private-dns-off", "wildcard-endpoint-policy"];
        assert_eq!(nearest("aceptance-of", names), Some("acceptance-off"));
        assert_eq!(nearest("Private-DNS-off", names), Some("private-dns-off"));
        assert_eq!(nearest("something-else", names), None);
    }
}
