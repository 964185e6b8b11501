//! Integration URIs: which function one means.

use super::Texts;

/// The start of the path in every Lambda URI (AWS-42).
pub(in crate::world) const FUNCTIONS: &str = "2015-03-31/functions/";

/// The six parts of an ARN.
pub(in crate::world) fn arn_parts(arn: &str) -> Option<[&str; 6]> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    <[&str; 6]>::try_from(parts)
        .ok()
        .filter(|parts| parts[0] == "arn" && !parts[5].is_empty())
}

/// The function that a URI means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::world) struct Target {
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
pub(in crate::world) fn resolve(uri: &str, variables: &Texts) -> String {
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
pub(in crate::world) fn function(uri: &str) -> Option<Target> {
    let [_, _, service, _, backend, rest] = arn_parts(uri)?;
    if (service, backend) != ("apigateway", "lambda") {
        return None;
    }
    let path = rest.strip_prefix("path/")?.trim_start_matches('/');
    of_arn(path.strip_prefix(FUNCTIONS)?.strip_suffix("/invocations")?)
}

/// Reads the function out of its own ARN, with or without alias or version.
pub(in crate::world) fn of_arn(arn: &str) -> Option<Target> {
    let [_, _, lambda, region, account, resource] = arn_parts(arn)?;
    let function = resource.strip_prefix("function:").filter(|_| lambda == "lambda")?;
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
    fn a_function_may_stand_for_itself() {
        assert_eq!(
            of_arn("arn:aws:lambda:eu-west-1:111122223333:function:fir-api:live"),
            function(&uri("fir-api:live"))
        );
        assert_eq!(of_arn("arn:aws:sqs:eu-west-1:111122223333:function:fir-api"), None);
    }

    #[test]
    fn an_unset_stage_variable_leaves_no_function() {
        assert_eq!(function(&resolve(&uri("fir-api:${stageVariables.alias}"), &Texts::new())), None);
    }
}
