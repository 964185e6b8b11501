//! Integration URIs: what API Gateway takes, and which function one means.

use crate::world::Answer;

use super::errors::bad_request;
use super::model::Texts;

const ONLY_LAMBDA_AND_FIREHOSE: &str =
    "Integrations of type 'AWS_PROXY' currently only supports Lambda function and Firehose stream invocations.";
/// The start of the path in every Lambda URI (AWS-42).
const FUNCTIONS: &str = "2015-03-31/functions/";

/// The six parts of an ARN.
fn arn_parts(arn: &str) -> Option<[&str; 6]> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    <[&str; 6]>::try_from(parts)
        .ok()
        .filter(|parts| parts[0] == "arn" && !parts[5].is_empty())
}

/// Refuses a URI that an integration of that type cannot have, in the order and words recorded.
pub(super) fn allow_uri(kind: &str, uri: &str) -> Answer<()> {
    match kind {
        "AWS" | "AWS_PROXY" => allow_arn(kind, uri),
        "HTTP" | "HTTP_PROXY" if uri.starts_with("http://") || uri.starts_with("https://") || uri.starts_with("${stageVariables.") => {
            Ok(())
        }
        "HTTP" | "HTTP_PROXY" => Err(bad_request("Invalid HTTP endpoint specified for URI")),
        _ => Ok(()),
    }
}

fn allow_arn(kind: &str, uri: &str) -> Answer<()> {
    // arn:P:apigateway:R:SERVICE:path/... or arn:P:apigateway:R:SERVICE:action/...
    let Some([_, _, _, _, service, rest]) = arn_parts(uri) else {
        return Err(bad_request("Invalid ARN specified in the request"));
    };
    if !rest.starts_with("path/") && !rest.starts_with("action/") {
        return Err(bad_request("AWS ARN for integration must contain path or action"));
    }
    if kind == "AWS_PROXY" && !is_function(service, rest) && !(service == "firehose" && rest == "action/PutRecord") {
        return Err(bad_request(ONLY_LAMBDA_AND_FIREHOSE));
    }
    Ok(())
}

fn is_function(service: &str, rest: &str) -> bool {
    let path = rest.strip_prefix("path/").map(|path| path.trim_start_matches('/'));
    let function = path
        .and_then(|path| path.strip_prefix(FUNCTIONS))
        .and_then(|f| f.strip_suffix("/invocations"));
    service == "lambda" && function.is_some_and(|f| f.starts_with("arn:") && f.contains(":lambda:"))
}

/// The function that a URI means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    /// Of the function.
    pub account: String,
    /// Of the function.
    pub region: String,
    /// Bare name.
    pub name: String,
    /// Alias or version.
    pub qualifier: Option<String>,
}

/// Puts the stage's variables in; a variable that is not set becomes nothing (AWS-48).
pub(super) fn resolve(uri: &str, variables: &Texts) -> String {
    let mut resolved = String::new();
    let mut rest = uri;
    while let Some((before, after)) = rest.split_once("${stageVariables.") {
        let Some((name, tail)) = after.split_once('}') else { break };
        resolved.push_str(before);
        resolved.push_str(variables.get(name).map_or("", String::as_str));
        rest = tail;
    }
    resolved + rest
}

/// Reads the function out of a resolved URI; none when it is no Lambda URI.
pub(super) fn function(uri: &str) -> Option<Target> {
    let [_, _, service, _, backend, rest] = arn_parts(uri)?;
    let arn = rest
        .strip_prefix("path/")?
        .trim_start_matches('/')
        .strip_prefix(FUNCTIONS)?
        .strip_suffix("/invocations")?;
    let [_, _, lambda, region, account, resource] = arn_parts(arn)?;
    if (service, backend, lambda) != ("apigateway", "lambda", "lambda") {
        return None;
    }
    let function = resource.strip_prefix("function:")?;
    let (name, qualifier) = function.split_once(':').map_or((function, None), |(name, q)| (name, Some(q)));
    if name.is_empty() || qualifier.is_some_and(|q| q.is_empty() || q.contains(':')) {
        return None;
    }
    Some(Target {
        account: account.into(),
        region: region.into(),
        name: name.into(),
        qualifier: qualifier.map(str::to_owned),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uri(function: &str) -> String {
        format!(
            "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-west-1:111122223333:function:{function}/invocations"
        )
    }

    /// AWS-42.
    #[test]
    fn a_uri_names_function_and_alias() {
        let target = function(&uri("fir-api:live")).unwrap();
        assert_eq!((target.name.as_str(), target.qualifier.as_deref()), ("fir-api", Some("live")));
        assert_eq!(function(&uri("fir-api")).unwrap().qualifier, None);
    }

    /// AWS-48.
    #[test]
    fn a_stage_variable_stands_for_any_part_of_the_function() {
        let variables = Texts::from([("fn".to_owned(), "fir-api".to_owned()), ("alias".to_owned(), "live".to_owned())]);
        assert_eq!(
            resolve(&uri("${stageVariables.fn}:${stageVariables.alias}"), &variables),
            uri("fir-api:live")
        );
    }

    #[test]
    fn an_unset_stage_variable_leaves_no_function() {
        assert_eq!(function(&resolve(&uri("fir-api:${stageVariables.alias}"), &Texts::new())), None);
    }
}
