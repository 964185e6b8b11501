//! Integration URIs that API Gateway takes.

use crate::world::Answer;
use crate::world::gateway::uri::{FUNCTIONS, arn_parts};

use super::errors::bad_request;

const ONLY_LAMBDA_AND_FIREHOSE: &str =
    "Integrations of type 'AWS_PROXY' currently only supports Lambda function and Firehose stream invocations.";

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
