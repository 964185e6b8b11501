//! Pages that are generated from the program, so that they cannot disagree with it.

use std::fmt::Write;

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::JSONSchemaProps;

use crate::api::{ConditionType, Reason};
use crate::aws::iam::policy_document;
use crate::plan::arn::Site;

/// The IAM policy for every function, REST API and event source mapping of one account and region; placeholders are in capitals.
///
/// # Errors
/// When the policy cannot be written as JSON, which would be a defect of this program.
pub fn iam_policy() -> Result<String, serde_json::Error> {
    let site = Site {
        partition: "aws".into(),
        account: "ACCOUNT".into(),
        region: "REGION".into(),
    };
    let policy = policy_document(&site, &["FUNCTION"], &["API_ID"], true);
    serde_json::to_string_pretty(&policy).map(|text| text + "\n")
}

/// Every condition and every reason.
pub fn conditions() -> String {
    let mut page = String::from("## Conditions\n\n| type | meaning |\n| --- | --- |\n");
    let types = ConditionType::ALL.iter().map(|(kind, meaning)| (kind.as_str(), *meaning));
    rows(&mut page, types);
    page.push_str("\n## Reasons\n\n| reason | meaning |\n| --- | --- |\n");
    let reasons = Reason::ALL.iter().map(|(reason, meaning)| (reason.as_str(), *meaning));
    rows(&mut page, reasons);
    page
}

fn rows<'a>(page: &mut String, words: impl Iterator<Item = (&'a str, &'a str)>) {
    for (word, meaning) in words {
        row(page, &[&format!("`{word}`"), &one_line(meaning)]);
    }
}

/// Every field of the resource.
pub fn crd() -> String {
    let crd = crate::api::crd();
    let mut page = String::new();
    for version in &crd.spec.versions {
        let schema = version.schema.as_ref().and_then(|s| s.open_api_v3_schema.as_ref());
        let properties = schema.and_then(|s| s.properties.as_ref());
        for part in ["spec", "status"] {
            let Some(schema) = properties.and_then(|p| p.get(part)) else {
                continue;
            };
            let (kind, name) = (&crd.spec.names.kind, &version.name);
            let _ = write!(
                page,
                "## {kind} {name}: {part}\n\n{}\n\n",
                one_line(schema.description.as_deref().unwrap_or_default())
            );
            for rule in rules(schema) {
                let _ = writeln!(page, "- {rule}");
            }
            page.push_str("\n| field | type | default | rules | description |\n| --- | --- | --- | --- | --- |\n");
            fields(&mut page, part, schema);
            page.push('\n');
        }
    }
    page
}

/// The fields of an object, depth first, each by its path.
fn fields(page: &mut String, path: &str, schema: &JSONSchemaProps) {
    let required = schema.required.as_deref().unwrap_or_default();
    for (name, field) in schema.properties.iter().flatten() {
        let path = format!("{path}.{name}");
        let default = match &field.default {
            Some(default) => format!("`{}`", default.0),
            None if required.contains(name) => "required".into(),
            None => String::new(),
        };
        let description = one_line(field.description.as_deref().unwrap_or_default());
        row(
            page,
            &[
                &format!("`{path}`"),
                &kind(field),
                &default,
                &limits(field).join("; "),
                &description,
            ],
        );
        if let Some(items) = item(field) {
            fields(page, &format!("{path}[]"), items);
        }
        fields(page, &path, field);
    }
}

fn item(schema: &JSONSchemaProps) -> Option<&JSONSchemaProps> {
    use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::JSONSchemaPropsOrArray::{Schema, Schemas};
    match schema.items.as_ref()? {
        Schema(schema) => Some(schema),
        Schemas(schemas) => schemas.first(),
    }
}

fn kind(schema: &JSONSchemaProps) -> String {
    let name = schema.type_.clone().unwrap_or_default();
    match item(schema) {
        Some(item) => format!("{name} of {}", item.type_.as_deref().unwrap_or_default()),
        None => name,
    }
}

/// What the API server checks of one field.
fn limits(schema: &JSONSchemaProps) -> Vec<String> {
    let mut limits = Vec::new();
    let values: Vec<_> = schema
        .enum_
        .iter()
        .flatten()
        .filter(|v| !v.0.is_null())
        .map(|v| format!("`{}`", v.0))
        .collect();
    if !values.is_empty() {
        limits.push(format!("one of {}", values.join(", ")));
    }
    limits.extend(schema.minimum.map(|n| format!("at least {n}")));
    limits.extend(schema.maximum.map(|n| format!("at most {n}")));
    limits.extend(schema.min_length.map(|n| format!("length at least {n}")));
    limits.extend(schema.max_length.map(|n| format!("length at most {n}")));
    limits.extend(schema.max_items.map(|n| format!("at most {n} items")));
    limits.extend(schema.pattern.as_ref().map(|p| format!("matches `{p}`")));
    limits.extend(rules(schema));
    if let Some(item) = item(schema) {
        limits.extend(rules(item));
    }
    limits
}

fn rules(schema: &JSONSchemaProps) -> Vec<String> {
    let rules = schema.x_kubernetes_validations.iter().flatten();
    rules
        .map(|rule| rule.message.clone().unwrap_or_else(|| format!("`{}`", rule.rule)))
        .collect()
}

fn row(page: &mut String, cells: &[&str]) {
    let cells: Vec<_> = cells.iter().map(|cell| cell.replace('|', r"\|")).collect();
    let _ = writeln!(page, "| {} |", cells.join(" | "));
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_of_the_spec_is_on_the_page_with_a_description() {
        let page = crd();
        let fields: Vec<_> = page.lines().filter(|line| line.starts_with("| `spec.")).collect();
        assert!(fields.len() > 20, "{page}");
        for field in fields {
            assert!(!field.ends_with("|  |"), "no description: {field}");
        }
    }

    #[test]
    fn rules_defaults_and_limits_are_on_the_page() {
        let page = crd();
        for text in [
            "spec.functionName is immutable",
            "| `spec.aliasName` | string | `\"live\"` |",
            "at most 10000",
            "one of `\"Manage\"`, `\"Observe\"`",
        ] {
            assert!(page.contains(text), "{text:?} is not in\n{page}");
        }
    }

    #[test]
    fn every_table_row_has_as_many_cells_as_its_head() {
        for page in [crd(), conditions(), crate::metrics::markdown()] {
            let mut width = 0;
            for line in page.lines() {
                let cells = line.replace(r"\|", "").matches('|').count();
                width = if line.starts_with('|') && width != 0 { width } else { cells };
                assert_eq!(cells, width, "{line}");
            }
        }
    }

    #[test]
    fn the_policy_names_what_the_operator_calls() {
        let policy = iam_policy().unwrap();
        assert!(policy.contains("lambda:UpdateAlias") && policy.contains("REGION"));
    }
}
