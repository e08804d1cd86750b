//! The resources of a template, for the outline of an editor.

use lsp_types::{
    BaseSymbolInformation, DocumentSymbol, DocumentSymbolResponse, Location, SymbolInformation, SymbolKind,
};

use super::documents::Snapshot;

/// The resources in the order of the text.
pub(super) fn symbols(snapshot: &Snapshot) -> Option<DocumentSymbolResponse> {
    let lines = &snapshot.lines;
    let symbols = snapshot.in_first_scenario(|network, _| {
        let mut symbols = Vec::new();
        for resource in &network.template().resources {
            let name = &resource.id;
            // A loop makes many of one text.
            let range = lines.range_of(name.span.to(resource.span));
            let again = |before: &DocumentSymbol| before.range == range && before.name == name.text;
            if name.text.is_empty() || symbols.last().is_some_and(again) {
                continue;
            }
            symbols.push(symbol(name.text.as_ref(), &resource.kind.text, range, lines.range_of(name.span)));
        }
        symbols
    })?;
    if snapshot.client.document_symbols {
        return Some(DocumentSymbolResponse::DocumentSymbolList(symbols));
    }
    let flat = symbols.into_iter().map(|symbol| {
        let DocumentSymbol { name, kind, range, detail, .. } = symbol;
        let location = Location { uri: snapshot.uri.clone(), range };
        let base = BaseSymbolInformation { name, kind, tags: None, container_name: detail };
        SymbolInformation::new(None, location, base)
    });
    Some(DocumentSymbolResponse::SymbolInformationList(flat.collect()))
}

#[expect(deprecated, reason = "the field has to be filled")]
fn symbol(
    name: &str,
    kind: &str,
    range: lsp_types::Range,
    selection_range: lsp_types::Range,
) -> DocumentSymbol {
    DocumentSymbol {
        name: name.to_owned(),
        detail: (!kind.is_empty()).then(|| kind.to_owned()),
        kind: kind_of(kind),
        tags: None,
        deprecated: None,
        range,
        selection_range,
        children: None,
    }
}

/// The nearest of the protocol's kinds, which are those of programming languages.
fn kind_of(kind: &str) -> SymbolKind {
    match kind {
        "AWS::EC2::VPC" => SymbolKind::Package,
        "AWS::EC2::Subnet" => SymbolKind::Module,
        "AWS::EC2::VPCEndpoint" | "AWS::EC2::VPCEndpointService" => SymbolKind::Interface,
        "AWS::Lambda::Function" | "AWS::Serverless::Function" => SymbolKind::Function,
        _ => SymbolKind::Object,
    }
}
