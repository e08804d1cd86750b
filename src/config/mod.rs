//! Options of a run: which rules speak, what they are told about the organisation, and parameter values.

use std::collections::BTreeMap;

/// Everything that may change what a run says. The default is what a new user gets.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Only these rules, if any are named.
    pub select: Vec<String>,
    /// Never these rules.
    pub ignore: Vec<String>,
    /// Values of template parameters and pseudo parameters (`AWS::Region`).
    pub parameters: BTreeMap<String, String>,
}
