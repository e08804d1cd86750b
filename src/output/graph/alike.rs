//! Workloads that look the same in a picture: they stand in the same places, need the same and get there in the same way.

use rustc_hash::FxHashMap;

use super::{Need, Party, Picture, Through, Verdict};

/// Workloads that are drawn as one.
pub(super) struct Group<'p> {
    /// Indexes of the workloads, one at least.
    pub(super) workloads: Vec<usize>,
    /// What the first of them needs; the others need the same.
    pub(super) needs: Vec<&'p Need>,
}

/// What one need looks like.
type Sight<'p> = (&'p [usize], &'p str, Verdict, Through, Option<&'p str>);
/// What a workload looks like: its kind, its subnets, its needs, and what forwards to it.
type Look<'p> = (&'p str, &'p [usize], Vec<Sight<'p>>, Vec<(Party, Option<Verdict>)>);

/// Every workload in one group, in the order of the first of each.
pub(super) fn groups(picture: &Picture) -> Vec<Group<'_>> {
    let mut needs: Vec<Vec<&Need>> = vec![Vec::new(); picture.workloads.len()];
    for need in &picture.needs {
        needs[need.workload].push(need);
    }
    let mut links: Vec<Vec<(Party, Option<Verdict>)>> = vec![Vec::new(); picture.workloads.len()];
    for link in &picture.links {
        if let Party::Workload(workload) = link.to {
            links[workload].push((link.from, link.verdict));
        }
    }
    let mut groups: Vec<Group<'_>> = Vec::new();
    let mut known: FxHashMap<Look<'_>, usize> = FxHashMap::default();
    for (index, (workload, needs)) in picture.workloads.iter().zip(needs).enumerate() {
        let sights = needs.iter().map(|need| sight(need)).collect();
        let look =
            (workload.kind.as_str(), workload.subnets.as_slice(), sights, std::mem::take(&mut links[index]));
        if let Some(&group) = known.get(&look) {
            groups[group].workloads.push(index);
        } else {
            known.insert(look, groups.len());
            groups.push(Group { workloads: vec![index], needs });
        }
    }
    groups
}

fn sight(need: &Need) -> Sight<'_> {
    (&need.subnets, &need.service, need.verdict, need.through, need.reason.as_deref())
}
