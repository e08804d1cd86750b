//! Where arrows run in the channel between two columns of boxes, so that a person can follow each.
//!
//! All arrows of one thing share a trunk, an upright line in the channel; level lines join it to where they start and
//! end. No two trunks lie on each other, and no two level lines do: those of the left side lie on other heights than those
//! of the right. What only crosses is not joined; what is joined has a dot.

use super::boxes::{STEP, whole};

/// Room in a channel left of the trunks, for the heads of arrows that turn back.
pub(super) const EDGE: i32 = 2 * STEP;
/// Room right of them, for the heads of all others and a stretch of their lines.
const FAR_EDGE: i32 = 3 * STEP;

/// The arrows of one thing, by the heights at which they start and end.
#[derive(Debug, Default)]
pub(super) struct Net {
    /// Heights at the left side of the channel.
    pub(super) left: Vec<i32>,
    /// Heights at the right side.
    pub(super) right: Vec<i32>,
    /// The trunk: how many tracks are left of it.
    pub(super) track: i32,
}

impl Net {
    fn ends(&self) -> impl Iterator<Item = i32> {
        self.left.iter().chain(&self.right).copied()
    }

    /// The upper and the lower end of the trunk.
    pub(super) fn span(&self) -> (i32, i32) {
        let top = self.ends().min().unwrap_or(0);
        (top, self.ends().max().unwrap_or(top))
    }

    /// How many of its level lines cross the trunk of another that stands on their way.
    fn crossings_if_left_of(&self, other: &Self) -> usize {
        let inside = |heights: &[i32], (top, bottom): (i32, i32)| {
            heights.iter().filter(|&&height| top <= height && height <= bottom).count()
        };
        inside(&self.right, other.span()) + inside(&other.left, self.span())
    }
}

/// Gives each net its track, with few crossings; returns how many tracks there are.
pub(super) fn route(nets: &mut [Net]) -> i32 {
    let mut order: Vec<usize> = (0..nets.len()).collect();
    // Those that go down stand the further left the lower they start, those that go up the other way round.
    order.sort_by_key(|&index| {
        let net = &nets[index];
        let mean = |heights: &[i32]| heights.iter().sum::<i32>() / whole(heights.len().max(1));
        let (from, to) = (mean(&net.left), mean(&net.right));
        if to >= from { (0, -from) } else { (1, from) }
    });
    // Neighbours change places as long as that helps, a bounded number of times.
    for _ in 0..8 {
        let mut changed = false;
        for place in 1..order.len() {
            let (one, other) = (&nets[order[place - 1]], &nets[order[place]]);
            if other.crossings_if_left_of(one) < one.crossings_if_left_of(other) {
                order.swap(place - 1, place);
                changed = true;
            }
        }
        if !changed {
            break;
        }
    }
    // As far left as the trunks before it allow.
    let mut tracks: Vec<Vec<(i32, i32)>> = Vec::new();
    for index in order {
        let (top, bottom) = nets[index].span();
        let meets = |spans: &Vec<(i32, i32)>| {
            spans.iter().any(|&(from, to)| from <= bottom + STEP && top <= to + STEP)
        };
        let track = tracks.iter().rposition(meets).map_or(0, |last| last + 1);
        if track == tracks.len() {
            tracks.push(Vec::new());
        }
        tracks[track].push((top, bottom));
        nets[index].track = whole(track);
    }
    whole(tracks.len())
}

/// How wide a channel is.
pub(super) fn width(tracks: i32) -> i32 {
    EDGE + FAR_EDGE + (tracks - 1).max(0) * STEP
}

#[cfg(test)]
mod tests {
    use super::*;

    fn net(left: &[i32], right: &[i32]) -> Net {
        Net { left: left.to_vec(), right: right.to_vec(), track: 0 }
    }

    #[test]
    fn trunks_that_meet_stand_apart() {
        let mut nets = [net(&[0], &[6, 30]), net(&[24], &[42]), net(&[120], &[126])];
        assert_eq!(route(&mut nets), 2);
        assert_ne!(nets[0].track, nets[1].track);
        assert_eq!(nets[2].track, 0);
    }

    #[test]
    fn arrows_that_need_not_cross_do_not() {
        let mut nets = [net(&[0], &[66]), net(&[24], &[90]), net(&[48], &[114])];
        route(&mut nets);
        let crossings = |nets: &[Net]| -> usize {
            let pairs = nets.iter().flat_map(|one| nets.iter().map(move |other| (one, other)));
            pairs.filter(|(a, b)| a.track < b.track).map(|(a, b)| a.crossings_if_left_of(b)).sum()
        };
        assert_eq!(crossings(&nets), 0);
    }
}
