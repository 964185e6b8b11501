//! Ways to the function that do not lead through the alias, as far as AWS lets them be seen.

use serde_json::Value;

use super::arn::FunctionRef;
use super::callers::function_called;
use super::desired::Desired;
use super::observed::{Bypass, MappingState, Observed};
use super::policy::{API_GATEWAY, Statement, api_id_in};

/// What may call the alias and cannot be told without these actions.
const UNREAD: [(&str, &str); 2] = [
    ("lambda:ListFunctionUrlConfigs", "function URLs"),
    ("lambda:ListEventSourceMappings", "event source mappings"),
];

/// Who calls the function otherwise, for people.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PastAlias {
    /// Who is set up to call it.
    pub callers: Vec<String>,
    /// Whom the policy of the function lets in; whether they call cannot be seen.
    pub allowed: Vec<String>,
    /// Actions that AWS denied, so that some of it is not known.
    pub denied: Vec<String>,
}

/// `None` when it was not looked for.
pub fn of(desired: &Desired, observed: &Observed) -> Option<PastAlias> {
    let bypass = observed.bypass.as_ref()?;
    let mut callers = integrations(desired, observed);
    callers.extend(mappings(desired, observed));
    callers.extend(urls(desired, bypass, false));
    let known = |id: &str| observed.rest_apis.contains_key(id) || observed.http_apis.contains_key(id);
    Some(PastAlias {
        callers,
        allowed: bypass.statements.iter().filter_map(|s| allowed(s, known)).collect(),
        denied: bypass.denied.clone(),
    })
}

/// The function URLs that call the alias, and what may do so because it could not be read.
pub fn of_alias(desired: &Desired, bypass: &Bypass) -> Vec<String> {
    let mut callers = urls(desired, bypass, true);
    let unread = UNREAD
        .iter()
        .filter(|(action, _)| bypass.denied.iter().any(|denied| denied == action));
    callers.extend(unread.map(|(action, what)| format!("{what}, as far as is known: AWS denies {action} to the operator")));
    callers
}

/// The function URLs that call the alias, or those that call the function otherwise.
fn urls(desired: &Desired, bypass: &Bypass, of_alias: bool) -> Vec<String> {
    let meant = bypass
        .urls
        .iter()
        .filter(|url| (url.qualifier.as_deref() == Some(desired.alias.as_str())) == of_alias);
    let spoken = meant.map(|url| match &url.qualifier {
        Some(qualifier) => format!("function URL {} of {}:{qualifier}", url.url, desired.function),
        None => format!("function URL {}", url.url),
    });
    spoken.collect()
}

/// What stages of the observed APIs serve that calls the function otherwise.
fn integrations(desired: &Desired, observed: &Observed) -> Vec<String> {
    let past = |function: &FunctionRef| desired.is_ours(function) && !desired.is_our_alias(function);
    let mut callers = Vec::new();
    for (id, api) in &observed.rest_apis {
        for (name, stage) in &api.stages {
            let deployed = stage.deployed.iter().flatten();
            let past = deployed.filter_map(|(method, call)| Some((method, function_called(&call.uri, &stage.variables).filter(past)?)));
            callers.extend(past.map(|(m, f)| format!("REST API {id}/{name} {} {} ({})", m.http_method, m.path, f.describe())));
        }
    }
    for (id, api) in &observed.http_apis {
        for (name, stage) in &api.stages {
            let deployed = stage.deployed.iter().flatten();
            let past = deployed.filter_map(|(key, route)| Some((key, function_called(&route.uri, &stage.variables).filter(past)?)));
            callers.extend(past.map(|(key, f)| format!("HTTP API {id}/{name} {key} ({})", f.describe())));
        }
    }
    callers
}

/// Mappings that hand records to the function otherwise; one that is disabled does not.
fn mappings(desired: &Desired, observed: &Observed) -> Vec<String> {
    let all = observed.mappings.iter().flatten();
    let past = all.filter_map(|(uuid, mapping)| {
        let function = mapping.function()?;
        let past = desired.is_ours(&function) && !desired.is_our_alias(&function) && mapping.state != MappingState::Disabled;
        past.then(|| format!("event source mapping {uuid} of {} ({})", mapping.source_name(), function.describe()))
    });
    past.collect()
}

/// Whom a statement of the function's own policy lets in; `None` when it lets nobody in who is not seen otherwise. Source: AWS-116.
fn allowed(statement: &Statement, known_api: impl Fn(&str) -> bool) -> Option<String> {
    let body = &statement.body;
    let texts = |value: &Value| -> Vec<String> {
        match value {
            Value::String(one) => vec![one.clone()],
            Value::Array(list) => list.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            _ => Vec::new(),
        }
    };
    let invokes = |action: &String| ["lambda:InvokeFunction", "lambda:*", "*"].contains(&action.as_str());
    let allows = body.get("Effect").and_then(Value::as_str) == Some("Allow") && texts(body.get("Action")?).iter().any(invokes);
    let conditions = body.get("Condition").and_then(Value::as_object).into_iter().flatten();
    let keys: Vec<_> = conditions.filter_map(|(_, keys)| keys.as_object()).flatten().collect();
    let by_url = keys.iter().any(|(key, _)| key.eq_ignore_ascii_case("lambda:InvokedViaFunctionUrl"));
    if !allows || by_url {
        return None;
    }
    let who = match body.get("Principal")? {
        Value::Object(kinds) => kinds.values().flat_map(texts).collect::<Vec<_>>(),
        anyone => texts(anyone),
    };
    let sources: Vec<_> = keys
        .iter()
        .filter(|(key, _)| key.eq_ignore_ascii_case("aws:SourceArn"))
        .flat_map(|(_, value)| texts(value))
        .collect();
    // What the APIs that were read call is known better than what they may call.
    let seen = who == [API_GATEWAY] && !sources.is_empty() && sources.iter().all(|arn| api_id_in(arn).is_some_and(&known_api));
    if seen {
        return None;
    }
    let from = if sources.is_empty() {
        String::new()
    } else {
        format!(" from {}", sources.join(", "))
    };
    Some(format!("{}{from} by statement {} on the function", who.join(", "), statement.id))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;
    use crate::plan::fixtures::{API, STREAM, deployed, desired, mapping, quiet, reviews};
    use crate::plan::observed::{FunctionUrl, Mapping};

    fn looked(bypass: Bypass) -> Observed {
        Observed {
            bypass: Some(bypass),
            ..quiet()
        }
    }

    fn found(observed: &Observed) -> PastAlias {
        of(&desired(), observed).unwrap()
    }

    fn statement(principal: &Value, action: &str, condition: &Value) -> Statement {
        let body = json!({"Sid": "s3-notify", "Effect": "Allow", "Principal": principal, "Action": action,
            "Resource": desired().function_arn(), "Condition": condition});
        Statement {
            id: "s3-notify".into(),
            body,
        }
    }

    #[test]
    fn nobody_is_named_who_was_not_looked_for() {
        assert_eq!(of(&desired(), &quiet()), None);
    }

    #[test]
    fn a_chain_that_only_uses_the_alias_has_nobody_past_it() {
        assert_eq!(found(&looked(Bypass::default())), PastAlias::default());
    }

    #[test]
    fn a_stage_that_serves_the_function_is_named_with_its_method() {
        let mut observed = looked(Bypass::default());
        let mut stage = observed.rest_apis[API].stages["prod"].clone();
        let uri = desired().site.invocation_uri(&desired().function_arn());
        stage.deployed = Some(BTreeMap::from([(reviews(), deployed(&uri))]));
        observed.rest_apis.get_mut(API).unwrap().stages.insert("beta".into(), stage);
        assert_eq!(
            found(&observed).callers,
            ["REST API a1b2c3d4e5/beta GET /reviews (fir-api without a qualifier, which is $LATEST)"]
        );
    }

    #[test]
    fn a_mapping_on_another_qualifier_is_named_unless_it_is_disabled() {
        let disabled = Mapping {
            state: MappingState::Disabled,
            ..mapping("")
        };
        let other = Mapping {
            function_arn: mapping("").function_arn.replace("fir-api", "pine-api"),
            ..mapping("")
        };
        let mappings = [
            ("latest", mapping(":$LATEST")),
            ("alias", mapping(":live")),
            ("disabled", disabled),
            ("other", other),
        ];
        let observed = Observed {
            mappings: Some(mappings.map(|(uuid, mapping)| (uuid.to_owned(), mapping)).into()),
            ..looked(Bypass::default())
        };
        let named = format!("event source mapping latest of {STREAM} (fir-api:$LATEST)");
        assert_eq!(found(&observed).callers, [named]);
    }

    #[test]
    fn a_function_url_goes_past_the_alias_unless_it_is_the_aliass_own() {
        let url = |qualifier: Option<&str>, url: &str| FunctionUrl {
            qualifier: qualifier.map(str::to_owned),
            url: url.into(),
        };
        let bypass = Bypass {
            urls: vec![
                url(None, "https://a/"),
                url(Some("live"), "https://b/"),
                url(Some("blue"), "https://c/"),
            ],
            ..Bypass::default()
        };
        assert_eq!(
            found(&looked(bypass.clone())).callers,
            ["function URL https://a/", "function URL https://c/ of fir-api:blue"]
        );
        assert_eq!(of_alias(&desired(), &bypass), ["function URL https://b/ of fir-api:live"]);
    }

    #[test]
    fn what_could_not_be_read_may_call_the_alias() {
        let denied = |action: &str| Bypass {
            denied: vec![action.into()],
            ..Bypass::default()
        };
        assert_eq!(
            of_alias(&desired(), &denied("lambda:ListFunctionUrlConfigs")),
            ["function URLs, as far as is known: AWS denies lambda:ListFunctionUrlConfigs to the operator"]
        );
        assert_eq!(of_alias(&desired(), &denied("lambda:GetPolicy")), Vec::<String>::new());
    }

    #[test]
    fn a_statement_may_name_several_callers_and_sources() {
        let services = json!({"Service": ["s3.amazonaws.com", "sns.amazonaws.com"]});
        let sources = json!({"ArnLike": {"AWS:SourceArn": ["arn:aws:s3:::a", "arn:aws:s3:::b"]}});
        let mut statement = statement(&services, "", &sources);
        statement.body["Action"] = json!(["lambda:GetFunction", "lambda:InvokeFunction"]);
        let bypass = Bypass {
            statements: vec![statement],
            ..Bypass::default()
        };
        let who = "s3.amazonaws.com, sns.amazonaws.com from arn:aws:s3:::a, arn:aws:s3:::b by statement s3-notify on the function";
        assert_eq!(found(&looked(bypass)).allowed, [who]);
    }

    #[test]
    fn a_statement_on_the_function_names_whom_it_lets_in() {
        let service = json!({"Service": "s3.amazonaws.com"});
        let source = json!({"ArnLike": {"AWS:SourceArn": "arn:aws:s3:::uploads"}});
        for (action, expected) in [
            (
                "lambda:InvokeFunction",
                vec!["s3.amazonaws.com from arn:aws:s3:::uploads by statement s3-notify on the function"],
            ),
            ("lambda:GetFunction", vec![]),
            ("lambda:InvokeFunctionUrl", vec![]),
        ] {
            let bypass = Bypass {
                statements: vec![statement(&service, action, &source)],
                ..Bypass::default()
            };
            assert_eq!(found(&looked(bypass)).allowed, expected, "{action}");
        }
    }

    #[test]
    fn a_statement_for_an_api_that_was_read_says_nothing_new() {
        let service = json!({"Service": "apigateway.amazonaws.com"});
        let of_api = |id: &str| json!({"ArnLike": {"AWS:SourceArn": desired().site.execution_arn(id, "*/*")}});
        let bypass = |id: &str| Bypass {
            statements: vec![statement(&service, "lambda:InvokeFunction", &of_api(id))],
            ..Bypass::default()
        };
        assert_eq!(found(&looked(bypass(API))).allowed, Vec::<String>::new());
        assert_eq!(found(&looked(bypass("zzzz"))).allowed.len(), 1);
    }

    #[test]
    fn a_statement_for_a_function_url_is_left_to_the_url() {
        let by_url = json!({"Bool": {"lambda:InvokedViaFunctionUrl": "true"}});
        let bypass = Bypass {
            statements: vec![statement(&json!("*"), "lambda:InvokeFunction", &by_url)],
            ..Bypass::default()
        };
        assert_eq!(found(&looked(bypass)).allowed, Vec::<String>::new());
    }
}
