//! What happens to a template from its text to a report, one phase after another, to be timed or counted.

use std::hint::black_box;

use privatelint::config::Options;
use privatelint::engine;
use privatelint::network::{self, Network, Surroundings};
use privatelint::output::{self, Ending, Look};
use privatelint::report::{Part, Report};
use privatelint::scenario::{Freed, Scenarios};
use privatelint::template::Template;
use privatelint::text::{FileId, Source, Sources};
use privatelint::{rules, syntax};

const SMALL: &str = include_str!("../../testdata/bench/small.yaml");
const MEDIUM: &str = include_str!("../../testdata/bench/medium.yaml");

/// Templates of three sizes.
pub(crate) fn templates() -> [(&'static str, String); 3] {
    [("small", SMALL.to_owned()), ("medium", MEDIUM.to_owned()), ("large", repeated(MEDIUM, 10))]
}

/// The template with its resources `count` times, each time under other names: all of them begin with `Main`.
fn repeated(template: &str, count: usize) -> String {
    let (head, resources) = template.split_once("Resources:\n").unwrap_or((template, ""));
    let mut text = format!("{head}Resources:\n");
    for number in 1..=count {
        text.push_str(&resources.replace("Main", &format!("Part{number}")));
    }
    text
}

/// Hands each phase of a template to `run`, with its name.
pub(crate) fn each(text: &str, run: &mut dyn FnMut(&'static str, &mut dyn FnMut())) {
    let file = FileId(0);
    let options = Options::default();
    run("parse", &mut || drop(black_box(syntax::parse(text, file))));
    let parsed = syntax::parse(text, file);
    run("lower", &mut || drop(black_box(Template::from_tree(&parsed.tree, text))));
    let template = Template::from_tree(&parsed.tree, text);
    let find = || {
        let is_relevant =
            |resource: &privatelint::template::Resource<'_>| network::reads(&resource.kind.text);
        Scenarios::of(&template, &options.parameters, &is_relevant)
    };
    run("scenarios", &mut || drop(black_box(find())));
    let scenarios = find();
    run("network of each scenario", &mut || {
        for index in 0..scenarios.len() {
            let scenario = scenarios.scenario(index, Freed::None);
            let network = Network::of(&scenario, &Surroundings::default());
            // Its parts are read when somebody looks at them.
            black_box((network.vpcs.len(), network.workloads.len(), network.load_balancers.len()));
            black_box((network.network_acls.len(), network.resource_policies.len()));
        }
    });
    // All that happens around rules, for one that finds nothing here; the difference to the next is what rules cost.
    let one = Options { select: vec!["gwlb-endpoint-shape".to_owned()], ..Options::default() };
    run("text to findings, one rule", &mut || drop(black_box(engine::lint(text, file, &one))));
    run("text to findings", &mut || drop(black_box(engine::lint(text, file, &options))));
    let found = engine::lint(text, file, &options);
    let sources = Sources::one(file, Source::new("template.yaml", text));
    let report: Report = Part { sources, findings: found.findings, suppressed: found.suppressed }.into();
    let ending =
        Ending { rules: rules::all(), fail_on: None, problems: Vec::new(), successful: true, exit_code: 0 };
    let look = Look { color: true, width: 100 };
    let mut out = Vec::new();
    run("output full", &mut || {
        out.clear();
        black_box(output::full(&report, look, &mut out).is_ok());
    });
    run("output json", &mut || {
        out.clear();
        black_box(output::json(&report, &mut out).is_ok());
    });
    run("output sarif", &mut || {
        out.clear();
        black_box(output::sarif(&report, &ending, &mut out).is_ok());
    });
}
