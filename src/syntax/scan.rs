//! Looks for bytes in a text, eight at a time.

/// How many bytes are looked at together.
const EIGHT: usize = 8;
const ONES: u64 = u64::from_le_bytes([1; EIGHT]);

/// How many bytes stand before the first control character or one of `marks`.
#[inline]
pub(super) fn before<const MARKS: usize>(bytes: &[u8], marks: [u8; MARKS]) -> usize {
    // The highest bit of each byte that is below a limit; what is above the first such byte may be wrong.
    let below = |word: u64, limit: u8| word.wrapping_sub(ONES * u64::from(limit)) & !word & (ONES << 7);
    let mut at = 0;
    while let Some(&eight) = bytes[at..].first_chunk() {
        let word = u64::from_le_bytes(eight);
        let found = marks
            .iter()
            .fold(below(word, b' '), |found, &mark| found | below(word ^ (ONES * u64::from(mark)), 1));
        if found != 0 {
            return at + first(found);
        }
        at += EIGHT;
    }
    let ends = |byte: &u8| *byte < b' ' || marks.contains(byte);
    at + bytes[at..].iter().position(ends).unwrap_or(bytes.len() - at)
}

/// How many blanks there are at the start.
#[inline]
pub(super) fn blanks(bytes: &[u8]) -> usize {
    let mut at = 0;
    while let Some(&eight) = bytes[at..].first_chunk() {
        let others = u64::from_le_bytes(eight) ^ (ONES * u64::from(b' '));
        if others != 0 {
            return at + first(others);
        }
        at += EIGHT;
    }
    at + bytes[at..].iter().take_while(|byte| **byte == b' ').count()
}

/// The first of eight bytes that is not 0.
#[inline]
fn first(word: u64) -> usize {
    word.trailing_zeros() as usize / 8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_a_walk_of_single_bytes_finds() {
        let text = "some: text:\u{e9}: \u{e9}\u{2028}, with # marks\t and\r\n        ones\u{0}    at [all] places of ~\u{7f}\u{80}: #:";
        for start in 0..text.len() {
            for end in start..=text.len() {
                let bytes = &text.as_bytes()[start..end];
                let walk =
                    |is: &dyn Fn(u8) -> bool| bytes.iter().position(|byte| is(*byte)).unwrap_or(bytes.len());
                assert_eq!(before(bytes, *b":#"), walk(&|byte| byte < b' ' || b":#".contains(&byte)));
                assert_eq!(before(bytes, *b",["), walk(&|byte| byte < b' ' || b",[".contains(&byte)));
                assert_eq!(blanks(bytes), walk(&|byte| byte != b' '));
            }
        }
    }
}
