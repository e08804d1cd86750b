//! `concise`: one line per finding, for editors, `grep` and logs.

use std::io::{self, Write};

use super::{clean, headline};
use crate::report::Report;

/// Writes `file:line:column: severity[rule] message` for each finding.
pub fn concise(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    report.each(&mut |part| {
        part.findings.iter().try_for_each(|finding| {
            let source = part.sources.get(finding.primary.span.file);
            let place = source.position(finding.primary.span.start);
            writeln!(
                out,
                "{}:{}:{}: {}[{}] {}",
                clean(&source.name),
                place.line,
                place.column,
                finding.severity.name(),
                finding.rule,
                headline(finding)
            )
        })
    })
}

#[cfg(test)]
mod tests {
    use super::super::example;

    #[test]
    fn looks_as_agreed() {
        let mut out = Vec::new();
        super::concise(&example::report(), &mut out).unwrap();
        example::compare("concise.txt", &String::from_utf8(out).unwrap());
    }
}
