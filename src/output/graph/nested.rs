//! The picture as boxes in boxes with arrows, for formats whose programs do the layout: there a thing stands in one box only.

use rustc_hash::FxHashMap;

use super::{Need, Party, Picture, Verdict, alike, told, way};
use crate::network::RouteClass;

/// A box, with or without boxes in it.
pub(super) struct Node {
    /// For the program, unique.
    pub(super) id: String,
    /// For people, line by line.
    pub(super) lines: Vec<String>,
    pub(super) kind: Kind,
    pub(super) content: Vec<Node>,
}

/// What a box is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Vpc,
    Zone,
    Subnet(RouteClass),
    Workload,
    Endpoint,
    LoadBalancer,
    Service,
    /// Where arrows end that end at no endpoint.
    Way(Verdict),
}

/// An arrow between two boxes.
pub(super) struct Arrow {
    pub(super) from: String,
    pub(super) to: String,
    /// May be empty.
    pub(super) label: String,
    /// Absent where it only forwards.
    pub(super) verdict: Option<Verdict>,
    pub(super) proof: Vec<String>,
}

/// The outermost boxes and all arrows.
pub(super) fn nested(picture: &Picture) -> (Vec<Node>, Vec<Arrow>) {
    let groups = alike::groups(picture);
    let mut group_of = vec![0; picture.workloads.len()];
    // What stands in a VPC beside its subnets, and what in a subnet.
    let mut beside: Vec<Vec<Node>> = picture.vpcs.iter().map(|_| Vec::new()).collect();
    let mut inside: Vec<Vec<Node>> = picture.subnets.iter().map(|_| Vec::new()).collect();
    for (index, group) in groups.iter().enumerate() {
        group.workloads.iter().for_each(|&workload| group_of[workload] = index);
        let workload = &picture.workloads[group.workloads[0]];
        let mut lines: Vec<String> =
            group.workloads.iter().map(|&workload| picture.workloads[workload].name.clone()).collect();
        lines.push(match group.workloads.len() {
            1 => workload.kind.clone(),
            count => format!("{count} × {}", workload.kind),
        });
        let place = match workload.subnets.as_slice() {
            [only] => &mut inside[*only],
            several => {
                lines.push(format!("in {}", titles(picture, several)));
                &mut beside[picture.subnets[several[0]].vpc]
            }
        };
        place.push(node(format!("workload{}", index + 1), &lines, Kind::Workload));
    }
    for (index, balancer) in picture.load_balancers.iter().enumerate() {
        let mut lines = vec![balancer.name.clone(), balancer.kind_in_words()];
        lines.extend(balancer.place());
        beside[balancer.vpc].push(node(format!("balancer{}", index + 1), &lines, Kind::LoadBalancer));
    }
    for (index, endpoint) in picture.endpoints.iter().enumerate() {
        let mut lines = vec![endpoint.name.clone(), endpoint.service.clone(), endpoint.kind_in_words()];
        lines.extend(endpoint.place());
        beside[endpoint.vpc].push(node(format!("endpoint{}", index + 1), &lines, Kind::Endpoint));
    }
    let mut arrows = Vec::new();
    let mut ways: FxHashMap<(usize, String, &str, Verdict), String> = FxHashMap::default();
    for (index, group) in groups.iter().enumerate() {
        for need in &group.needs {
            let vpc = picture.subnets[need.subnets[0]].vpc;
            let to = match (way(picture, need, vpc), need.through) {
                (None, super::Through::Endpoint(endpoint)) => format!("endpoint{}", endpoint + 1),
                (title, _) => {
                    let title = title.unwrap_or_default();
                    let next = format!("way{}", ways.len() + 1);
                    let known =
                        ways.entry((vpc, title.clone(), &need.service, need.verdict)).or_insert_with(|| {
                            let lines = vec![title, need.service.clone()];
                            beside[vpc].push(node(next.clone(), &lines, Kind::Way(need.verdict)));
                            next
                        });
                    known.clone()
                }
            };
            arrows.push(Arrow {
                from: format!("workload{}", index + 1),
                to,
                label: label(picture, need),
                verdict: Some(need.verdict),
                proof: told(picture, need),
            });
        }
    }
    links(picture, &group_of, &mut arrows);
    let mut vpcs: Vec<Node> = beside
        .into_iter()
        .enumerate()
        .map(|(index, beside)| {
            let vpc = &picture.vpcs[index];
            let lines = vec![format!("{} {}", vpc.title(), vpc.ranges.join(", ")).trim_end().to_owned()];
            Node { content: beside, ..node(format!("vpc{}", index + 1), &lines, Kind::Vpc) }
        })
        .collect();
    subnets(picture, inside, &mut vpcs);
    let services = picture.services.iter().enumerate().map(|(index, service)| {
        let lines = vec![service.name.clone(), service.kind_in_words().to_owned()];
        node(format!("service{}", index + 1), &lines, Kind::Service)
    });
    (services.chain(vpcs).collect(), arrows)
}

fn node(id: String, lines: &[String], kind: Kind) -> Node {
    // No program of these shows names in another font; the backticks would only be in the way.
    let lines = lines.iter().map(|line| line.replace('`', "")).collect();
    Node { id, lines, kind, content: Vec::new() }
}

fn titles(picture: &Picture, subnets: &[usize]) -> String {
    subnets.iter().map(|&subnet| picture.subnets[subnet].title()).collect::<Vec<_>>().join(", ")
}

/// What stands at an arrow: why it stops, and from where, if not from all subnets of the workload.
fn label(picture: &Picture, need: &Need) -> String {
    let reason = need.reason.clone().unwrap_or_default().replace('`', "");
    if need.subnets.len() == picture.workloads[need.workload].subnets.len() {
        return reason;
    }
    let from = format!("from {}", titles(picture, &need.subnets).replace('`', ""));
    if reason.is_empty() { from } else { format!("{from}: {reason}") }
}

fn links(picture: &Picture, group_of: &[usize], arrows: &mut Vec<Arrow>) {
    let id = |party| match party {
        Party::Service(index) => format!("service{}", index + 1),
        Party::LoadBalancer(index) => format!("balancer{}", index + 1),
        Party::Workload(index) => format!("workload{}", group_of[index] + 1),
    };
    let first = arrows.len();
    let mut known: FxHashMap<(String, String, Option<Verdict>), usize> = FxHashMap::default();
    for link in &picture.links {
        let proof = link.proof.iter().map(super::Hop::told);
        let key = (id(link.from), id(link.to), link.verdict);
        // Workloads that look alike are one box here.
        if let Some(&index) = known.get(&key) {
            let arrow: &mut Arrow = &mut arrows[first + index];
            arrow.proof.extend(proof);
            continue;
        }
        let reason = link.reason.as_deref().map(|reason| format!(": {}", reason.replace('`', "")));
        arrows.push(Arrow {
            from: key.0.clone(),
            to: key.1.clone(),
            label: format!("{}{}", link.ports, reason.unwrap_or_default()),
            verdict: link.verdict,
            proof: proof.collect(),
        });
        known.insert(key, arrows.len() - 1 - first);
    }
    for (index, endpoint) in picture.endpoints.iter().enumerate() {
        if let Some(service) = endpoint.own_service {
            arrows.push(Arrow {
                from: format!("endpoint{}", index + 1),
                to: id(Party::Service(service)),
                label: "consumer".to_owned(),
                verdict: None,
                proof: Vec::new(),
            });
        }
    }
}

/// Puts the subnets into their VPCs, those of one zone into one box.
fn subnets(picture: &Picture, inside: Vec<Vec<Node>>, vpcs: &mut [Node]) {
    let mut zones: FxHashMap<(usize, &str), usize> = FxHashMap::default();
    for ((index, subnet), content) in picture.subnets.iter().enumerate().zip(inside) {
        let name = format!("{} {}", subnet.title(), subnet.range.as_deref().unwrap_or_default());
        let lines = vec![name.trim_end().to_owned(), subnet.route_in_words()];
        let block = node(format!("subnet{}", index + 1), &lines, Kind::Subnet(subnet.class));
        let block = Node { content, ..block };
        let vpc = &mut vpcs[subnet.vpc];
        let place = match &subnet.zone {
            None => &mut vpc.content,
            Some(zone) => {
                let place = *zones.entry((subnet.vpc, zone)).or_insert_with(|| {
                    let id = format!("{}zone{}", vpc.id, vpc.content.len() + 1);
                    vpc.content.push(node(id, std::slice::from_ref(zone), Kind::Zone));
                    vpc.content.len() - 1
                });
                &mut vpc.content[place].content
            }
        };
        place.push(block);
    }
}
