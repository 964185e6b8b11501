//! Resource policy documents: what a statement grants, and whose it is.

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::desired::Desired;

/// The service principal of API Gateway. Source: AWS-35.
pub const API_GATEWAY: &str = "apigateway.amazonaws.com";

/// One statement of a policy, kept as AWS gave it: what is not understood is still compared and never lost.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    /// `Sid`; empty when it has none.
    pub id: String,
    /// The whole statement.
    pub body: Value,
}

/// From where a statement lets API Gateway call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sources<'a> {
    /// From every API of every account: there is no condition.
    Every,
    /// From what one of these patterns of source ARNs meets.
    Like(Vec<&'a str>),
}

impl<'a> Sources<'a> {
    /// The patterns; none where there is no condition.
    pub fn patterns(&self) -> &[&'a str] {
        match self {
            Self::Every => &[],
            Self::Like(patterns) => patterns,
        }
    }

    /// Whether all that meets a pattern of source ARNs is let in.
    pub fn cover(&self, source_arn: &str) -> bool {
        *self == Self::Every || self.patterns().iter().any(|pattern| covers(pattern, source_arn))
    }
}

/// Reads the statements of a policy document; `None` when it is no policy document.
pub fn statements(document: &str) -> Option<Vec<Statement>> {
    let document: Value = serde_json::from_str(document).ok()?;
    let list = match document.get("Statement")? {
        Value::Array(list) => list.clone(),
        one @ Value::Object(_) => vec![one.clone()],
        _ => return None,
    };
    Some(
        list.into_iter()
            .map(|body| Statement {
                id: text(&body, "Sid").unwrap_or_default().into(),
                body,
            })
            .collect(),
    )
}

fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key)?.as_str()
}

/// A string, or a list of strings, as policy documents allow either.
fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(one) => vec![one.as_str()],
        Value::Array(list) => list.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// Anyone, or services and accounts.
fn principals(value: &Value) -> Vec<&str> {
    match value {
        Value::String(anyone) => vec![anyone.as_str()],
        kinds => ["Service", "AWS"]
            .iter()
            .filter_map(|kind| kinds.get(*kind))
            .flat_map(texts)
            .collect(),
    }
}

impl Statement {
    /// From where an Allow on this alias lets API Gateway call. `None` when the statement grants anything else, or under conditions that
    /// are not understood.
    pub fn grants_api_gateway(&self, alias_arn: &str) -> Option<Sources<'_>> {
        let on_alias = |resource: &str| resource == "*" || covers(resource, alias_arn);
        let allows = text(&self.body, "Effect") == Some("Allow") && self.is_about(on_alias) == Some(true);
        let Some(condition) = self.body.get("Condition").filter(|_| allows) else {
            return allows.then_some(Sources::Every);
        };
        let [(operator, keys)] = condition.as_object()?.iter().collect::<Vec<_>>()[..] else {
            return None;
        };
        let [(key, value)] = keys.as_object()?.iter().collect::<Vec<_>>()[..] else {
            return None;
        };
        let patterns = matches!(operator.as_str(), "ArnLike" | "ArnEquals" | "StringLike");
        (patterns && key.eq_ignore_ascii_case("aws:SourceArn")).then(|| Sources::Like(texts(value)))
    }

    /// Whether it keeps API Gateway from the alias, or may do so.
    pub fn denies_api_gateway(&self, alias_arn: &str) -> bool {
        let on_alias = |resource: &str| glob(resource.as_bytes(), alias_arn.as_bytes());
        text(&self.body, "Effect") == Some("Deny") && self.is_about(on_alias) != Some(false)
    }

    /// Whether it speaks of invoking the alias from API Gateway; `None` when it may: it says of what it does not speak. Source:
    /// AWS-34, AWS-35.
    fn is_about(&self, on_alias: impl Fn(&str) -> bool) -> Option<bool> {
        let invokes = |action: &str| glob(action.to_lowercase().as_bytes(), b"lambda:invokefunction");
        let calls = |principal: &str| principal == API_GATEWAY || principal == "*";
        let all = [
            self.names("Action", texts, invokes),
            self.names("Resource", texts, on_alias),
            self.names("Principal", principals, calls),
        ];
        if all.contains(&Some(false)) {
            return Some(false);
        }
        all.iter().all(Option::is_some).then_some(true)
    }

    /// Whether an element names such a thing; `None` when only its opposite is there, as `NotAction`.
    fn names(&self, element: &str, names: fn(&Value) -> Vec<&str>, such: impl Fn(&str) -> bool) -> Option<bool> {
        match self.body.get(element) {
            None if self.body.get(format!("Not{element}")).is_some() => None,
            named => Some(named.into_iter().flat_map(names).any(such)),
        }
    }
}

/// Whether pattern `wide` matches everything that pattern `narrow` matches: a wildcard of `narrow` is only met by a `*` of `wide`.
///
/// As in `ArnLike`, a wildcard does not reach across the colons of an ARN.
pub fn covers(wide: &str, narrow: &str) -> bool {
    let (wide, narrow): (Vec<_>, Vec<_>) = (wide.splitn(6, ':').collect(), narrow.splitn(6, ':').collect());
    wide.len() == narrow.len() && wide.iter().zip(&narrow).all(|(w, n)| glob(w.as_bytes(), n.as_bytes()))
}

/// `*` meets any run, `?` any one character but a wildcard.
fn glob(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut back: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                back = Some((p, t));
                p += 1;
            }
            Some(&c) if c == text[t] || (c == b'?' && text[t] != b'*') => {
                p += 1;
                t += 1;
            }
            _ => {
                let Some((star, from)) = back else { return false };
                back = Some((star, from + 1));
                (p, t) = (star + 1, from + 1);
            }
        }
    }
    pattern[p..].iter().all(|c| *c == b'*')
}

/// The id of our statement for a source ARN: it names the object and the content, so that an id that is there already says
/// that the statement is right. Source: AWS-36.
pub fn statement_id(desired: &Desired, source_arn: &str) -> String {
    let content = format!("{API_GATEWAY}\n{source_arn}\n{}", desired.alias_arn());
    format!("{}{}", statement_prefix(&desired.uid), &hex(&Sha256::digest(content))[..10])
}

/// What all ids of statements of this object start with.
pub fn statement_prefix(uid: &str) -> String {
    let hex: String = uid.chars().filter(char::is_ascii_hexdigit).take(8).collect();
    format!("warmlambda-{hex}-")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// The id of the API that an execution ARN pattern names; it does not tell which kind of API. Source: AWS-50, AWS-108.
pub fn api_id_in(source_arn: &str) -> Option<&str> {
    let resource = source_arn.splitn(6, ':').nth(5)?;
    let id = resource.split('/').next()?;
    (!id.is_empty() && !id.contains(['*', '?'])).then_some(id)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ALIAS: &str = "arn:aws:lambda:eu-west-1:111122223333:function:fir-api:live";

    fn statement(body: Value) -> Statement {
        Statement { id: "s".into(), body }
    }

    fn allow(condition: Value) -> Statement {
        statement(json!({"Effect": "Allow", "Principal": {"Service": "apigateway.amazonaws.com"},
            "Action": "lambda:InvokeFunction", "Resource": ALIAS, "Condition": condition}))
    }

    #[test]
    fn a_wider_pattern_covers_a_narrower_one_and_not_the_reverse() {
        let arn = |rest: &str| format!("arn:aws:execute-api:eu-west-1:111122223333:{rest}");
        for (wide, narrow, expected) in [
            ("a1/*/*", "a1/prod/GET/reviews", true),
            ("a1/*/*", "a1/*/*", true),
            ("a1/*", "a1/*/*", true),
            ("a1/prod/*", "a1/*/*", false),
            ("a1/prod*/GET", "a1/prod/GET", true),
            ("a1/prod/GET/reviews", "a1/prod/*", false),
            ("a1/prod/?ET/reviews", "a1/prod/GET/reviews", true),
            ("a1/prod/?/x", "a1/prod/*/x", false),
            ("a2/*/*", "a1/*/*", false),
        ] {
            assert_eq!(covers(&arn(wide), &arn(narrow)), expected, "{wide} over {narrow}");
        }
    }

    #[test]
    fn a_star_meets_any_run_and_a_question_mark_one_character() {
        for (pattern, text, expected) in [
            ("", "", true),
            ("", "a", false),
            ("a", "", false),
            ("ab", "a", false),
            ("a*", "a", true),
            ("a**", "a", true),
            ("*b", "abab", true),
            ("*ab", "aab", true),
            ("a*b*c", "a1b2b3c", true),
            ("a*b*c", "a1c2b3", false),
            ("a*bc", "abbc", true),
            ("a*b", "acbd", false),
            ("?", "a", true),
            ("a?", "a", false),
        ] {
            assert_eq!(glob(pattern.as_bytes(), text.as_bytes()), expected, "{pattern} on {text}");
        }
    }

    #[test]
    fn ids_of_statements_name_the_object() {
        assert_eq!(statement_prefix("0a1b0001-0000-4000-8000-000000000001"), "warmlambda-0a1b0001-");
    }

    #[test]
    fn a_wildcard_does_not_reach_across_the_parts_of_an_arn() {
        assert!(!covers(
            "arn:aws:execute-api:*",
            "arn:aws:execute-api:eu-west-1:111122223333:a1/*/*"
        ));
    }

    #[test]
    fn a_statement_with_the_source_arn_grants_its_pattern() {
        let pattern = "arn:aws:execute-api:eu-west-1:111122223333:a1/*/*";
        let granted = allow(json!({"ArnLike": {"AWS:SourceArn": pattern}}));
        assert_eq!(granted.grants_api_gateway(ALIAS), Some(Sources::Like(vec![pattern])));
    }

    #[test]
    fn what_has_no_condition_lets_in_every_source_and_a_pattern_that_is_no_arn_none() {
        let source = "arn:aws:execute-api:eu-west-1:111122223333:a1/*/*";
        for pattern in ["*", "**", "arn:aws:execute-api:*"] {
            let granted = allow(json!({"ArnLike": {"AWS:SourceArn": pattern}}));
            assert!(!granted.grants_api_gateway(ALIAS).unwrap().cover(source), "{pattern}");
        }
        assert!(Sources::Every.cover(source) && Sources::Every.patterns().is_empty());
    }

    #[test]
    fn a_further_condition_makes_a_statement_not_equivalent() {
        let both = json!({"ArnLike": {"AWS:SourceArn": "*"}, "StringEquals": {"aws:PrincipalOrgID": "o-1"}});
        assert_eq!(allow(both).grants_api_gateway(ALIAS), None);
    }

    #[test]
    fn a_condition_that_is_no_pattern_of_the_source_makes_a_statement_not_equivalent() {
        for condition in [
            json!({"ArnNotLike": {"AWS:SourceArn": "*"}}),
            json!({"StringLike": {"AWS:SourceAccount": "111122223333"}}),
        ] {
            assert_eq!(allow(condition.clone()).grants_api_gateway(ALIAS), None, "{condition}");
        }
    }

    #[test]
    fn a_document_has_one_statement_or_a_list_of_them() {
        let one = json!({"Sid": "a", "Effect": "Allow"});
        let ids = |document: Value| {
            let statements = statements(&document.to_string())?;
            Some(statements.into_iter().map(|statement| statement.id).collect::<Vec<_>>())
        };
        assert_eq!(ids(json!({"Statement": one})), Some(vec!["a".into()]));
        assert_eq!(
            ids(json!({"Statement": [one, {"Effect": "Allow"}]})),
            Some(vec!["a".into(), String::new()])
        );
        assert_eq!(ids(json!({"Statement": "a"})), None);
        assert_eq!(ids(json!({})), None);
    }

    #[test]
    fn whom_a_statement_names_may_stand_in_several_ways() {
        let granted = |principal: Value| {
            let body = json!({"Effect": "Allow", "Principal": principal, "Action": ["lambda:GetAlias", "lambda:InvokeFunction"],
                "Resource": [ALIAS]});
            statement(body).grants_api_gateway(ALIAS) == Some(Sources::Every)
        };
        for (principal, expected) in [
            (json!("*"), true),
            (json!({"AWS": "*"}), true),
            (json!({"Service": ["s3.amazonaws.com", API_GATEWAY]}), true),
            (json!({"Federated": API_GATEWAY}), false),
            (json!({"AWS": "arn:aws:iam::111122223333:root"}), false),
        ] {
            assert_eq!(granted(principal.clone()), expected, "{principal}");
        }
    }

    #[test]
    fn what_denies_api_gateway_grants_it_nothing() {
        let denying = |service: &str| {
            statement(json!({"Effect": "Deny", "Principal": {"Service": service}, "Action": "lambda:*", "Resource": ALIAS}))
        };
        assert!(denying(API_GATEWAY).denies_api_gateway(ALIAS));
        assert_eq!(denying(API_GATEWAY).grants_api_gateway(ALIAS), None);
        assert!(!denying("s3.amazonaws.com").denies_api_gateway(ALIAS));
    }

    #[test]
    fn what_may_deny_is_taken_to_deny_and_never_to_grant() {
        let of = |effect: &str, action: &str, resource: &str| {
            let mut body = json!({"Effect": effect, "Principal": "*"});
            body[action] = json!("lambda:invoke*");
            body[resource] = json!("*");
            statement(body)
        };
        assert!(of("Deny", "Action", "Resource").denies_api_gateway(ALIAS));
        assert_eq!(of("Allow", "Action", "Resource").grants_api_gateway(ALIAS), Some(Sources::Every));
        for (action, resource) in [("NotAction", "Resource"), ("Action", "NotResource")] {
            assert!(of("Deny", action, resource).denies_api_gateway(ALIAS), "{action} {resource}");
            assert_eq!(of("Allow", action, resource).grants_api_gateway(ALIAS), None, "{action} {resource}");
        }
        // A wildcard of a resource may reach across the parts of an ARN, or not.
        let across = |effect| statement(json!({"Effect": effect, "Principal": "*", "Action": "*", "Resource": "arn:aws:*:live"}));
        assert!(across("Deny").denies_api_gateway(ALIAS));
        assert_eq!(across("Allow").grants_api_gateway(ALIAS), None);
        assert!(!allow(json!({})).denies_api_gateway(ALIAS));
    }

    #[test]
    fn a_statement_for_another_service_grants_nothing() {
        let body = json!({"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"},
            "Action": "lambda:InvokeFunction", "Resource": ALIAS});
        assert_eq!(statement(body).grants_api_gateway(ALIAS), None);
    }

    #[test]
    fn the_api_of_a_source_arn_is_its_first_part() {
        assert_eq!(api_id_in("arn:aws:execute-api:eu-west-1:1:a1/*/*"), Some("a1"));
        assert_eq!(api_id_in("arn:aws:execute-api:eu-west-1:1:*"), None);
    }
}
