//! `checkstyle`: the XML of Checkstyle, which many build servers read.

use std::io::{self, Write};

use super::xml::Attribute;
use super::{by_file, told};
use crate::diagnostic::Finding;
use crate::report::Report;
use crate::text::Source;

/// Writes one XML document, with the findings of each file together.
pub fn checkstyle(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
    writeln!(out, r#"<checkstyle version="{}">"#, env!("CARGO_PKG_VERSION"))?;
    report.each(&mut |part| {
        by_file(part).try_for_each(|(id, findings)| file(part.sources.get(id), findings, out))
    })?;
    writeln!(out, "</checkstyle>")
}

fn file(source: &Source, findings: &[Finding], out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, r#"  <file name="{}">"#, Attribute(&source.name))?;
    for finding in findings {
        let place = source.position(finding.primary.span.start);
        writeln!(
            out,
            r#"    <error line="{}" column="{}" severity="{}" message="{}" source="{}.{}"/>"#,
            place.line,
            place.column,
            finding.severity.name(),
            Attribute(&told::in_one_line(finding)),
            env!("CARGO_PKG_NAME"),
            finding.rule
        )?;
    }
    writeln!(out, "  </file>")
}

#[cfg(test)]
mod tests {
    use roxmltree::Document;

    use super::super::example;

    #[test]
    fn looks_as_agreed() {
        example::compare_format("checkstyle.xml", super::checkstyle);
    }

    #[test]
    fn it_is_well_formed_whatever_a_template_holds() {
        let mut out = Vec::new();
        super::checkstyle(&example::hostile().into(), &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        let document = Document::parse(&text).unwrap();
        let file = document.descendants().find(|node| node.has_tag_name("file")).unwrap();
        assert_eq!(file.attribute("name"), Some("a\"<b>&\n.yaml"));
        let error = file.first_element_child().unwrap();
        assert_eq!(error.attribute("message"), Some("`\u{2401}]]>\u{fffd}` & | \"<!--\"; <b>@all</b>"));
    }
}
