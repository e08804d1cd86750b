//! How a template is deployed: names with parameter values, and what the command line says about all of it.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use crate::text::Source;

use super::Options;

/// One way in which a template is deployed: its stack in one environment, account or Region.
#[derive(Debug, Clone, Default)]
pub struct Deployment {
    /// What people call it.
    pub name: String,
    /// Whether it is said to be one of this template. Without that it is where its values are those of the template.
    pub named_for_template: bool,
    /// Values of parameters and pseudo parameters. What is absent has the template's default.
    pub parameters: BTreeMap<String, Given>,
}

/// What a parameter is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// The value; absent where the stack keeps the one that it has.
    pub value: Option<String>,
    /// Where that is written, if in a file.
    pub place: Option<Place>,
}

/// A place in a file that sets something.
#[derive(Debug, Clone)]
pub struct Place {
    /// The file.
    pub source: Arc<Source>,
    /// The bytes.
    pub span: Range<usize>,
}

impl PartialEq for Place {
    fn eq(&self, other: &Self) -> bool {
        (&self.source.name, &self.span) == (&other.source.name, &other.span)
    }
}

impl Eq for Place {}

/// What a user says for this run; it outweighs every configuration file.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// Only these rules.
    pub select: Vec<String>,
    /// These rules too.
    pub extend_select: Vec<String>,
    /// Never these rules.
    pub ignore: Vec<String>,
    /// Values of parameters.
    pub parameters: BTreeMap<String, String>,
    /// Deployments, in place of those of the file.
    pub deployments: Vec<Deployment>,
}

impl Overrides {
    /// Overrules the options of a file. What is selected here speaks even if the file ignores it.
    pub fn apply(&self, options: &mut Options) {
        if !self.select.is_empty() {
            options.select.clone_from(&self.select);
            options.extend_select.clear();
        }
        options.extend_select.extend(self.extend_select.iter().cloned());
        options.ignore.retain(|name| !self.select.contains(name) && !self.extend_select.contains(name));
        options.ignore.extend(self.ignore.iter().cloned());
        if !self.deployments.is_empty() {
            options.deployments.clone_from(&self.deployments);
        }
        for (name, value) in &self.parameters {
            options.set(name, Some(value));
            for deployment in &mut options.deployments {
                let given = Given { value: Some(value.clone()), place: None };
                deployment.parameters.insert(name.clone(), given);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owned(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn values(values: &[(&str, &str)]) -> BTreeMap<String, String> {
        values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn the_command_line_overrules_the_file() {
        let mut options = Options {
            select: owned(&["a"]),
            extend_select: owned(&["e"]),
            ignore: owned(&["b", "c", "f"]),
            parameters: values(&[("Key", "file"), ("Other", "file")]),
            ..Options::default()
        };
        let overrides = Overrides {
            select: owned(&["b"]),
            extend_select: owned(&["f", "g"]),
            ignore: owned(&["d"]),
            parameters: values(&[("Key", "line")]),
            deployments: Vec::new(),
        };
        overrides.apply(&mut options);
        assert_eq!(options.select, ["b"]);
        assert_eq!(options.extend_select, ["f", "g"], "`--select` means only what it names");
        assert_eq!(options.ignore, ["c", "d"]);
        assert_eq!(options.parameters, values(&[("Key", "line"), ("Other", "file")]));
    }

    #[test]
    fn a_deployment_outweighs_the_file_and_the_command_line_both() {
        let given = |value: Option<&str>| Given { value: value.map(str::to_owned), place: None };
        let parameters = [("Key", Some("prod")), ("Kept", None), ("Line", None)];
        let parameters =
            parameters.into_iter().map(|(name, value)| (name.to_owned(), given(value))).collect();
        let deployment = Deployment { name: "prod".to_owned(), named_for_template: true, parameters };
        let mut options = Options {
            parameters: values(&[("Key", "file"), ("Kept", "file"), ("Line", "file")]),
            deployments: vec![deployment],
            ..Options::default()
        };
        let overrides = Overrides { parameters: values(&[("Line", "line")]), ..Overrides::default() };
        overrides.apply(&mut options);
        let within = options.within(&options.deployments[0]);
        assert_eq!(within.parameters, values(&[("Key", "prod"), ("Line", "line")]));
        assert_eq!(within.kept.into_iter().collect::<Vec<_>>(), ["Kept"]);
    }
}
