//! privatelint reads AWS CloudFormation templates and tells, before anything is deployed, why private traffic
//! will not flow, where it flows too freely, and what it needlessly costs.
//!
//! Data flows one way, from text to findings; nothing points back:
//!
//! ```text
//! cli -> output, project -> engine -> rules -> network -> policy, scenario -> template -> syntax -> text
//!                              |         |         '-> facts
//!                              |         '-> diagnostic -> text
//!                              '-> config
//! ```
//!
//! Invariants, each a test in `tests/`:
//!
//! 1. Only `cli` and `project` read files, the clock or the environment, or print.
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
pub mod network;
pub mod output;
pub mod policy;
pub mod project;
pub mod rules;
pub mod scenario;
pub mod syntax;
pub mod template;
pub mod text;
