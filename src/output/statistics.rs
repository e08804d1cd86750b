//! How often each rule has something to say.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;

use crate::report::{Counts, Report};

/// The findings of one rule by severity.
#[derive(Debug, Serialize)]
struct Row {
    rule: &'static str,
    count: usize,
    errors: usize,
    warnings: usize,
    infos: usize,
}

/// The rules with findings, the most frequent first.
fn rows(report: &Report) -> io::Result<Vec<Row>> {
    let mut by_rule: BTreeMap<&'static str, Counts> = BTreeMap::new();
    report.each(&mut |part| {
        part.findings.iter().for_each(|it| by_rule.entry(it.rule).or_default().add(it.severity));
        Ok(())
    })?;
    let row = |(rule, counts): (&'static str, Counts)| {
        let Counts { errors, warnings, infos } = counts;
        Row { rule, count: counts.all(), errors, warnings, infos }
    };
    let mut rows: Vec<Row> = by_rule.into_iter().map(row).collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.count));
    Ok(rows)
}

/// A table for people.
pub fn statistics(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let rows = rows(report)?;
    if rows.is_empty() {
        return Ok(());
    }
    writeln!(out, "errors  warnings  infos  rule")?;
    let shown = |count: usize| if count == 0 { "-".to_owned() } else { count.to_string() };
    for Row { rule, errors, warnings, infos, .. } in rows {
        writeln!(out, "{:>6}  {:>8}  {:>5}  {rule}", shown(errors), shown(warnings), shown(infos))?;
    }
    Ok(())
}

/// The same for programs: a list of objects.
pub fn statistics_json(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, &rows(report)?)?;
    writeln!(out)
}

#[cfg(test)]
mod tests {
    use super::super::example;
    use super::*;

    #[test]
    fn counts_by_rule_and_severity() {
        let mut out = Vec::new();
        statistics(&example::report(), &mut out).unwrap();
        example::compare("statistics.txt", &String::from_utf8(out).unwrap());
    }
}
