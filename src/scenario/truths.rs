//! Which conditions hold in a scenario and which do not, as bits, so that scenarios are soon compared.

/// The truth of each condition of a template, where it is known. Few templates have more than 64.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Truths {
    first: Block,
    others: Vec<Block>,
}

/// The truths of 64 conditions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(super) struct Block {
    holding: u64,
    failing: u64,
}

impl Truths {
    /// Those of so many conditions, of which nothing is known.
    pub(super) fn unknown(count: usize) -> Self {
        let others = count.div_ceil(64).saturating_sub(1);
        Self { first: Block::default(), others: vec![Block::default(); others] }
    }

    #[inline]
    pub(super) fn of(&self, condition: usize) -> Option<bool> {
        let block = match condition / 64 {
            0 => self.first,
            place => self.others[place - 1],
        };
        let (Block { holding, failing }, bit) = (block, bit(condition));
        if holding & bit != 0 { Some(true) } else { (failing & bit != 0).then_some(false) }
    }

    /// Notes a truth, and says whether that changes anything.
    #[inline]
    pub(super) fn set(&mut self, condition: usize, truth: Option<bool>) -> bool {
        let block = match condition / 64 {
            0 => &mut self.first,
            place => &mut self.others[place - 1],
        };
        let (before, bit) = (*block, bit(condition));
        block.holding &= !bit;
        block.failing &= !bit;
        match truth {
            Some(true) => block.holding |= bit,
            Some(false) => block.failing |= bit,
            None => {}
        }
        *block != before
    }

    /// Takes over the truths of the conditions that hold in `which`; of the rest nothing is known then.
    pub(super) fn copy(&mut self, others: &Self, which: &Self) {
        self.first = others.first.only(which.first);
        for ((block, other), which) in self.others.iter_mut().zip(&others.others).zip(&which.others) {
            *block = other.only(*which);
        }
    }

    /// Keeps those that are the same among others of the same conditions; of the rest nothing is known then.
    pub(super) fn retain(&mut self, others: &Self) {
        self.first = self.first.shared(others.first);
        for (block, other) in self.others.iter_mut().zip(&others.others) {
            *block = block.shared(*other);
        }
    }

    /// Whether these and others of the same conditions are the same where the bits are set.
    #[inline]
    pub(super) fn agree(&self, others: &Self, asked: u64) -> bool {
        self.first.agrees(others.first, asked)
            && (self.others.is_empty()
                || self.others.iter().zip(&others.others).all(|(one, other)| one.agrees(*other, asked)))
    }
}

impl Block {
    /// The truths of the conditions that hold in another block.
    fn only(self, which: Self) -> Self {
        Self { holding: self.holding & which.holding, failing: self.failing & which.holding }
    }

    fn shared(self, other: Self) -> Self {
        Self { holding: self.holding & other.holding, failing: self.failing & other.failing }
    }

    #[inline]
    fn agrees(self, other: Self, asked: u64) -> bool {
        ((self.holding ^ other.holding) | (self.failing ^ other.failing)) & asked == 0
    }
}

/// The bit of a condition, or of whatever else has a place. Those that lie 64 apart share it.
#[inline]
pub(super) fn bit(place: usize) -> u64 {
    1 << (place % 64)
}
