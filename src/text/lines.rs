//! The lines and characters of a text, counted from the nearest of some places and not each time from its start.

/// So many bytes lie between two places at which it is known what stands before them.
const BLOCK: usize = 1024;

/// The lines of a text.
#[derive(Debug)]
pub(super) struct Lines {
    /// What stands before each block.
    blocks: Vec<Before>,
    /// Whether each character is one byte.
    is_ascii: bool,
}

/// What stands before a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Before {
    /// Lines that have ended.
    pub(super) lines: u32,
    /// Where the line of the place begins.
    pub(super) line_start: u32,
    /// Characters.
    pub(super) characters: u32,
}

impl Lines {
    pub(super) fn of(text: &str) -> Self {
        let is_ascii = text.is_ascii();
        let mut before = Before::default();
        let mut blocks = Vec::with_capacity(text.len() / BLOCK + 1);
        blocks.push(before);
        for (index, block) in text.as_bytes().chunks_exact(BLOCK).enumerate() {
            before = before.and(index * BLOCK, block, is_ascii);
            blocks.push(before);
        }
        Self { blocks, is_ascii }
    }

    /// What stands before an offset of the same text.
    pub(super) fn before(&self, text: &str, offset: u32) -> Before {
        let block = offset as usize / BLOCK;
        let start = block * BLOCK;
        let rest = text.as_bytes().get(start..offset as usize).unwrap_or_default();
        self.blocks.get(block).copied().unwrap_or_default().and(start, rest, self.is_ascii)
    }

    /// How many characters stand before an offset of the same text.
    pub(super) fn characters_before(&self, text: &str, offset: u32) -> u32 {
        if self.is_ascii { offset } else { self.before(text, offset).characters }
    }
}

impl Before {
    /// What stands before the end of some bytes from an offset on, of which this is what stands before.
    fn and(self, offset: usize, bytes: &[u8], is_ascii: bool) -> Self {
        let begins = |byte: &&u8| **byte & 0b1100_0000 != 0b1000_0000;
        let characters = if is_ascii { bytes.len() } else { bytes.iter().filter(begins).count() };
        Self {
            lines: self.lines + memchr::memchr_iter(b'\n', bytes).count() as u32,
            line_start: memchr::memrchr(b'\n', bytes).map_or(self.line_start, |at| (offset + at) as u32 + 1),
            characters: self.characters + characters as u32,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{BLOCK, Before, Lines};

    fn check(text: &str) {
        let lines = Lines::of(text);
        for offset in text.char_indices().map(|(at, _)| at).chain([text.len()]) {
            let before = &text[..offset];
            let expected = Before {
                lines: before.matches('\n').count() as u32,
                line_start: before.rfind('\n').map_or(0, |at| at + 1) as u32,
                characters: before.chars().count() as u32,
            };
            assert_eq!(lines.before(text, offset as u32), expected, "{offset}");
        }
    }

    #[test]
    fn counts_lines_and_characters() {
        check("");
        check("\n");
        check("ä\r\n\n€x\u{1f600}y\n");
    }

    #[test]
    fn counts_over_blocks() {
        for length in BLOCK - 2..BLOCK + 2 {
            let line = "€".repeat(length / 3) + &"x".repeat(length % 3);
            check(&format!("{line}\n{line}{line}\n{line}"));
        }
        check(&"x".repeat(BLOCK));
    }
}
