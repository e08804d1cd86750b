//! privatelint reads AWS CloudFormation templates and tells, before anything is deployed, why private traffic
//! will not flow, where it flows too freely, and what it needlessly costs.
//!
//! Data flows one way, from text to findings; nothing points back:
//!
//! ```text
//! cli, lsp -> output, project -> fix -> engine -> rules -> network -> policy, scenario -> template -> syntax -> text
//!                              |         |         '-> facts
//!                              |         '-> diagnostic -> text
//!                              '-> suppress, config
//! ```
//!
//! | Room | What happens there |
//! | --- | --- |
//! | [`text`] | source texts, byte spans, lines and columns |
//! | [`syntax`] | YAML and JSON to one tree of spanned nodes; mistakes are worded for the author of a template |
//! | [`template`] | the tree as CloudFormation: sections, resources, intrinsic functions as an enum |
//! | [`scenario`] | the consistent worlds that the conditions allow; in each, every expression has one value |
//! | [`facts`] | what AWS does, from the tables in `rules/data` |
//! | [`policy`] | IAM policy documents with a place for every part, and what they say to a request |
//! | [`network`] | VPCs, routes, groups, endpoints, load balancers, workloads; how traffic gets through, at the consumer's side ([`network::Network::reach`]) and at the provider's ([`network::Network::deliveries`]) |
//! | [`rules`] | one file per rule, with its page in `rules/` |
//! | [`suppress`] | ignores in comments and `Metadata`: what each covers, which are of no use, and how to write them |
//! | [`engine`] | runs the rules in every scenario, drops what is ignored, and says each thing once |
//! | [`report`] | what was found in all files, part by part, and how much of it there is |
//! | [`fix`] | makes the fixes that findings offer, and lints what comes of it |
//! | [`project`], [`output`], [`cli`] | files, formats, the command |
//! | [`lsp`] | the language server: the same engine behind an editor |
//!
//! How a finding comes about: a rule looks at the network of one scenario, in which nothing is conditional any more, and
//! reports what is certain there. The engine runs it in every scenario and merges: what is found wherever its owner exists
//! is definite, the rest is possible, one severity lower, with its "when". In the same way it runs the rules once more with
//! every parameter that has only a default taken as unknown: what is gone then rests on the default and says so. Rules
//! therefore never reason about conditions or defaults; they are silent on whatever is unknown.
//!
//! Where it is known how a template is deployed, each deployment is looked at by itself, with its values and the defaults
//! that it leaves. A finding of some deployments only names them and keeps its severity: it is not a guess, it will happen.
//!
//! A finding may carry one fix: edits of the bytes of the source. Rules make them by [`template::Template::edit`], which writes
//! in the style of the file and offers nothing where an edit is not certain to mean what it says.
//!
//! Invariants, each a test in `tests/`:
//!
//! 1. Only `cli`, `lsp` and `project` read and write files, the clock or the environment, or print.
//! 2. Parsing and lowering return a value *and* errors; a bad template is never an `Err`, never a panic.
//! 3. Rules see `network`, `scenario`, `template`, `policy`, `facts`, never `syntax`.
//! 4. `diagnostic` knows nothing of terminals or formats; the terminal renderer's crate is named in one file.
//! 5. Same text and same options give the same report, in the same order, on every machine.
//! 6. No unsafe code, no network access.

pub mod cli;
pub mod config;
pub mod diagnostic;
pub mod engine;
pub mod facts;
pub mod fix;
pub mod lsp;
pub mod network;
pub mod output;
pub mod policy;
pub mod project;
pub mod report;
pub mod rules;
pub mod scenario;
pub mod suppress;
pub mod syntax;
pub mod template;
pub mod text;
