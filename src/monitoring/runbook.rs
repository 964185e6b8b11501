//! The parts of the runbooks that are made of the alerts.

use std::fmt::Write;

use super::Group;

/// Every alert with its runbook, as a table in Markdown.
pub fn index(groups: &[Group]) -> String {
    let mut page = String::from("| alert | severity | for | says |\n| --- | --- | --- | --- |\n");
    for alert in groups.iter().flat_map(|group| &group.alerts) {
        let (name, severity, pending) = (alert.name, alert.severity.as_str(), alert.pending);
        let _ = writeln!(page, "| [{name}]({name}.md) | {severity} | {pending} | {} |", plain(alert.summary));
    }
    page
}

/// What stands at the head of an alert's runbook; `None` when there is no such alert.
pub fn head(groups: &[Group], name: &str) -> Option<String> {
    let alert = groups.iter().flat_map(|group| &group.alerts).find(|alert| alert.name == name)?;
    let mut page = String::from("| severity | for | operator health impact |\n| --- | --- | --- |\n");
    let (severity, impact) = (alert.severity.as_str(), alert.impact.as_str());
    let _ = writeln!(
        page,
        "| {severity} | {} | {impact} |\n\n```promql\n{}\n```",
        alert.pending, alert.expr
    );
    Some(page)
}

/// A template of Prometheus in words: `{{ $labels.name }}` becomes NAME, `{{ $value | ... }}` becomes N.
fn plain(template: &str) -> String {
    let mut text = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((expression, behind)) = after.split_once("}}") else {
            break;
        };
        let word = expression.trim().strip_prefix("$labels.");
        text.push_str(before);
        text.push_str(&word.map_or_else(|| "N".to_owned(), str::to_uppercase));
        rest = behind;
    }
    text.push_str(rest);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_is_shown_in_words() {
        assert_eq!(
            plain("{{ $value | humanizePercentage }} of {{ $labels.namespace }}/{{ $labels.name }} start cold"),
            "N of NAMESPACE/NAME start cold"
        );
    }
}
