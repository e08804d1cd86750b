//! What tells a finding from others across runs, whatever was moved or renamed in between.

use std::fmt;

use rustc_hash::FxHashMap;
use serde::{Serialize, Serializer};

use super::Finding;

/// Names a finding. It survives moved and reformatted lines and renamed files; no two findings of a run share one.
///
/// It is made of the rule, the owner and the headline; of a finding that is said once for many resources, of all of
/// these. Severity and circumstances are left out: a defect does not become another one by being graded anew, or by a
/// condition that comes or goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fingerprint {
    /// What is wrong with what. Copies of a template, and equal mistakes in one resource, share it.
    pub identity: u128,
    /// Which of the findings with this identity it is, from 1, in the order of the report.
    pub occurrence: u32,
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}:{}", self.identity, self.occurrence)
    }
}

impl Serialize for Fingerprint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Makes the fingerprints of the findings of one report.
#[derive(Debug, Default)]
pub struct Fingerprints {
    seen: FxHashMap<u128, u32>,
}

impl Fingerprints {
    /// The fingerprint of a finding; those of a report are asked for in their order.
    pub fn next(&mut self, finding: &Finding) -> Fingerprint {
        let identity = identity(finding);
        let occurrence = self.seen.entry(identity).or_insert(0);
        *occurrence += 1;
        Fingerprint { identity, occurrence: *occurrence }
    }
}

/// What a [`Fingerprint`] says of a finding by itself.
pub fn identity(finding: &Finding) -> u128 {
    let mut hash = Hash::default();
    hash.part(finding.rule);
    hash.part(finding.primary.owner.as_deref().unwrap_or_default());
    for word in finding.message.split_whitespace() {
        hash.part(word);
    }
    if finding.together.is_some() {
        // The headline counts them and names the first: with one mended and another one new, it would read the same.
        let mut owners: Vec<&str> =
            finding.labels.iter().filter_map(|label| label.owner.as_deref()).collect();
        owners.sort_unstable();
        owners.dedup();
        for owner in owners {
            hash.part(owner);
        }
    }
    hash.0
}

/// FNV-1a with 128 bits (RFC 9923): the hashes of the standard library may differ from version to version.
struct Hash(u128);

impl Default for Hash {
    fn default() -> Self {
        Self(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d)
    }
}

impl Hash {
    /// Adds a text, and what tells it from the next one.
    fn part(&mut self, text: &str) {
        for byte in text.bytes().chain([0]) {
            self.0 ^= u128::from(byte);
            self.0 = self.0.wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{Certainty, Label, Severity};
    use crate::text::{FileId, Span};

    fn finding(owner: &str, message: &str, file: u32, start: usize) -> Finding {
        let span = Span::new(FileId(file), start, start + 1);
        let primary = Label { owner: Some(owner.to_owned()), span, message: String::new() };
        Finding::new("a-rule", Severity::Warning, primary, message)
    }

    fn one(finding: &Finding) -> Fingerprint {
        Fingerprints::default().next(finding)
    }

    #[test]
    fn it_survives_what_does_not_change_the_defect() {
        let before = one(&finding("Queue", "`Queue` is open", 0, 10));
        assert_eq!(before, one(&finding("Queue", "`Queue` is open", 7, 90)), "another place in another file");
        assert_eq!(before, one(&finding("Queue", "`Queue`  is\n open", 0, 10)), "other white space");
        let mut conditional = finding("Queue", "`Queue` is open", 0, 10);
        conditional.severity = Severity::Info;
        conditional.certainty = Certainty::Possible;
        conditional.when = Some("when `Environment` is `prod`".to_owned());
        assert_eq!(before, one(&conditional));
    }

    #[test]
    fn it_tells_defects_apart() {
        let before = one(&finding("Queue", "`Queue` is open", 0, 10));
        assert_ne!(before, one(&finding("Topic", "`Queue` is open", 0, 10)));
        assert_ne!(before, one(&finding("Queue", "`Queue` is closed", 0, 10)));
        assert_ne!(one(&finding("a", "bc", 0, 0)), one(&finding("ab", "c", 0, 0)));
        let mut other = finding("Queue", "`Queue` is open", 0, 10);
        other.rule = "another-rule";
        assert_ne!(before, one(&other));
    }

    #[test]
    fn equal_defects_are_counted() {
        let equal = || finding("Queue", "`Queue` is open", 0, 10);
        let other = finding("Topic", "`Topic` is open", 0, 10);
        let mut numbers = Fingerprints::default();
        let all = [equal(), other, equal()].map(|finding| numbers.next(&finding));
        assert_eq!(all[0].identity, all[2].identity);
        assert_eq!(all.iter().map(|one| one.occurrence).collect::<Vec<_>>(), [1, 1, 2]);
    }

    #[test]
    fn of_many_resources_each_counts() {
        let of = |others: &[&str]| {
            let mut finding = finding("A", "3 endpoints are open", 0, 10);
            finding.together("{count} endpoints are open");
            for other in others {
                finding.label(Some(other), Span::default(), "");
            }
            one(&finding)
        };
        assert_eq!(of(&["B", "C"]), of(&["C", "B"]));
        assert_ne!(of(&["B", "C"]), of(&["B", "D"]));
    }

    #[test]
    fn it_stays_what_it_is() {
        // Baselines and services keep them: another value makes all findings of all users new.
        let shown = one(&finding("Queue", "`Queue` is open", 0, 10)).to_string();
        assert_eq!(shown, "90195823e1f245524583370dbc13efb5:1");
    }
}
