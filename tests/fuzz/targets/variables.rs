//! Stage variables in the URIs of integrations: a variable is set only when the integration calls the alias afterwards, on its stage
//! and without harm to others that hold it.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::json;
use warmlambda::plan::callers::{Variables, calls_alias, function_called, resolve_variables};
use warmlambda::plan::stage_variables::{has_variable, solve};

use super::desired;
use crate::run::Target;

pub const TARGET: Target = Target {
    name: "variables",
    words: &[
        "uri",
        "variables",
        "${stageVariables.",
        "${stageVariables.alias}",
        "${stageVariables.function}",
        "${stageVariables.}",
        "}",
        "alias",
        "function",
        "live",
        ":live",
        "fir-api",
        "fir-api:live",
        "arn:aws:lambda:eu-west-1:111122223333:function:fir-api:live",
        "/invocations",
        ":",
        "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/",
        "https://example.com",
        "$",
        "{",
        "${",
        "eu-west-1",
    ],
    executions: 20_000,
    judge,
};

#[derive(Deserialize)]
struct Input {
    uri: String,
    #[serde(default)]
    variables: Variables,
}

fn judge(input: &[u8]) -> String {
    let Ok(Input { uri, variables }) = serde_json::from_slice(input) else {
        return "not read".into();
    };
    let desired = desired(&json!([]));
    let resolved = resolve_variables(&uri, &variables);
    assert!(
        has_variable(&uri) || resolved.as_ref() == Some(&uri),
        "{uri} holds no variable and became {resolved:?}"
    );
    assert_eq!(resolved, by_hand(&uri, &variables), "{uri}");
    let calls = calls_alias(&desired, &uri, &variables);
    let named = resolved
        .as_deref()
        .is_some_and(|uri| uri.contains(":lambda:eu-west-1:111122223333:function:fir-api:live"));
    assert!(!calls || named, "{uri} calls the alias without naming it");
    let solved = solve(&desired, &uri, &variables);
    let Some(variable) = solved.filter(|_| !calls) else {
        return format!("{} {calls} {}", resolved.is_some(), function_called(&uri, &variables).is_some());
    };
    assert!(
        uri.contains(&format!("${{stageVariables.{}}}", variable.name)),
        "{uri} does not hold {variable:?}"
    );
    let mut after = variables;
    let before = after.insert(variable.name.clone(), variable.value.clone());
    assert!(
        before.as_ref() != Some(&variable.value),
        "{variable:?} has that value already, and {uri} does not call the alias"
    );
    assert!(
        calls_alias(&desired, &uri, &after),
        "{variable:?} does not make {uri} call the alias"
    );
    format!("solved {} {}", before.is_some(), variable.value.contains(':'))
}

/// The same by a plain search for each token.
fn by_hand(uri: &str, variables: &BTreeMap<String, String>) -> Option<String> {
    const TOKEN: &str = "${stageVariables.";
    let mut parts = uri.split(TOKEN);
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find('}')?;
        text += variables.get(&part[..end])?;
        text += &part[end + 1..];
    }
    Some(text)
}
