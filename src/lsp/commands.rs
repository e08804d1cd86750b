//! What the client can have done: the picture of a document's network, the page of a rule.

use lsp_types::{ExecuteCommandParams, Uri};
use serde_json::Value;

use super::documents::Snapshot;
use crate::output::graph;

/// Draws the network.
const GRAPH: &str = "privatelint.graph";
/// Opens a page in a browser.
pub(super) const OPEN_PAGE: &str = "privatelint.openPage";
/// All commands.
pub(super) const NAMES: &[&str] = &[GRAPH, OPEN_PAGE];

/// A command with its arguments.
pub(super) enum Command {
    /// `[uri, number]`: the number of the scenario from 1, the first where there is none.
    Graph { uri: Uri, scenario: usize },
    /// `[url]`
    OpenPage(Uri),
}

/// Reads a command; what is wrong with it in words.
pub(super) fn read(params: &ExecuteCommandParams) -> Result<Command, String> {
    let arguments = params.arguments.as_deref().unwrap_or_default();
    let uri = |what: &str| {
        let text = arguments.first().and_then(Value::as_str);
        let uri = text.and_then(|text| Uri::parse(text).ok());
        uri.ok_or_else(|| format!("`{}` takes {what}", params.command))
    };
    match params.command.as_str() {
        GRAPH => {
            let scenario = match arguments.get(1) {
                None | Some(Value::Null) => 1,
                Some(number) => number
                    .as_u64()
                    .filter(|&number| number > 0)
                    .ok_or("the number of a scenario counts from 1")?
                    as usize,
            };
            Ok(Command::Graph { uri: uri("the address of a document")?, scenario })
        }
        OPEN_PAGE => {
            let url = uri("the address of a page")?;
            if url.scheme() == "https" {
                Ok(Command::OpenPage(url))
            } else {
                Err(format!("{url} is not opened"))
            }
        }
        other => Err(format!("there is no command `{other}`")),
    }
}

/// The picture as an SVG.
pub(super) fn graph(snapshot: &Snapshot, scenario: usize) -> Result<Value, String> {
    let source = snapshot.source();
    let picture = snapshot.in_scenario(scenario - 1, |network, scenarios| {
        let words = (scenarios.len() > 1).then(|| {
            let words = match scenarios[scenario - 1].as_str() {
                "" => "the defaults",
                words => words,
            };
            format!("scenario {scenario} of {}: {words}", scenarios.len())
        });
        graph::picture(network, &source, words)
    });
    let picture = picture.map_err(|scenarios| {
        format!("there is no scenario {scenario}: the template has {}", scenarios.len())
    })?;
    let mut svg = Vec::new();
    graph::svg(&picture, &mut svg).map_err(|error| error.to_string())?;
    String::from_utf8(svg).map(Value::String).map_err(|error| error.to_string())
}
