//! Policy documents of the alias. A statement of others is never taken to let in more than it does, because ours then goes; and none
//! of ours goes that may let in somebody who calls.

use serde_json::{Value, json};
use warmlambda::plan::callers;
use warmlambda::plan::desired::Desired;
use warmlambda::plan::memory::Memory;
use warmlambda::plan::observed::{AliasPolicy, Observed};
use warmlambda::plan::policy::{Sources, Statement, covers, statement_id, statements};
use warmlambda::plan::step::Step;
use warmlambda::plan::steps::plan;

use super::{desired, now, quiet};
use crate::iam::{Applies, applies, like};
use crate::run::Target;

pub const TARGET: Target = Target {
    name: "policies",
    words: &[
        "Sid",
        "Effect",
        "Allow",
        "Deny",
        "Principal",
        "NotPrincipal",
        "Service",
        "AWS",
        "Action",
        "NotAction",
        "Resource",
        "NotResource",
        "Condition",
        "ArnLike",
        "ArnEquals",
        "StringLike",
        "StringEquals",
        "ArnNotLike",
        "aws:SourceArn",
        "AWS:SourceArn",
        "aws:SourceAccount",
        "apigateway.amazonaws.com",
        "s3.amazonaws.com",
        "*",
        "**",
        "?",
        "lambda:InvokeFunction",
        "lambda:*",
        "lambda:Invoke*",
        "111122223333",
        "arn:aws:lambda:eu-west-1:111122223333:function:fir-api:live",
        "arn:aws:lambda:eu-west-1:111122223333:function:fir-api",
        "arn:aws:execute-api:eu-west-1:111122223333:a1b2c3d4e5/*/*",
        "arn:aws:execute-api:eu-west-1:111122223333:a1b2c3d4e5/prod/GET/reviews",
        "arn:aws:execute-api:eu-west-1:111122223333:a1b2c3d4e5/prod/*",
        "arn:aws:execute-api:*",
        "arn:aws:execute-api:*:*:*",
        "warmlambda-0aaaaaaa-",
        "warmlambda-0aaaaaaa-1",
        "Statement",
        "Version",
        "/prod/",
        ":",
        "a1b2c3d4e5",
    ],
    executions: 2_500,
    judge,
};

/// What API Gateway may call from.
const SOURCES: [&str; 4] = [
    "arn:aws:execute-api:eu-west-1:111122223333:a1b2c3d4e5/prod/GET/reviews",
    "arn:aws:execute-api:eu-west-1:111122223333:a1b2c3d4e5/prod/POST/reviews",
    "arn:aws:execute-api:eu-west-1:111122223333:zzzzzzzzzz/prod/GET/reviews",
    "arn:aws:execute-api:us-east-1:444455556666:a1b2c3d4e5/test/GET/",
];

fn judge(input: &[u8]) -> String {
    let text = String::from_utf8_lossy(input);
    let Some(read) = statements(&text) else {
        return "no policy".into();
    };
    let again = json!({"Statement": read.iter().map(|s| &s.body).collect::<Vec<_>>()}).to_string();
    assert!(
        statements(&again).as_ref() == Some(&read) || read.iter().any(|s| has_fraction(&s.body)),
        "what is printed reads back as something else: {again}"
    );
    let seen: Vec<_> = read.iter().map(judge_statement).collect();
    let (by_trigger, without) = (writes(&read, true), writes(&read, false));
    format!("{seen:?} {by_trigger} {without}")
}

/// Numbers that are no integers lose their last bit in print; no policy has one.
fn has_fraction(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().any(has_fraction),
        Value::Object(fields) => fields.values().any(has_fraction),
        other => other.is_f64(),
    }
}

fn judge_statement(statement: &Statement) -> String {
    let alias = desired(&json!([])).alias_arn();
    let sources = statement.grants_api_gateway(&alias);
    for source in SOURCES {
        let granted = sources.as_ref().is_some_and(|sources| sources.cover(source));
        let really = applies(&statement.body, "Allow", &alias, source);
        assert!(
            !granted || really == Applies::Yes,
            "{} is taken to let {source} in: {really:?}",
            statement.body
        );
        let denies = applies(&statement.body, "Deny", &alias, source) != Applies::No;
        assert!(
            !denies || statement.denies_api_gateway(&alias),
            "{} may deny {source}, and is not seen to",
            statement.body
        );
    }
    for (wide, narrow) in pairs(sources.as_ref().map_or(&[], Sources::patterns)) {
        for source in SOURCES.iter().filter(|source| covers(narrow, source)) {
            assert!(covers(wide, source), "{wide} covers {narrow}, but not {source}");
        }
    }
    let kind = sources.map(|sources| (sources == Sources::Every, sources.patterns().len()));
    format!("{kind:?} {}", statement.denies_api_gateway(&alias))
}

/// Pairs of patterns, the first of which is said to cover the second.
fn pairs<'a>(patterns: &[&'a str]) -> Vec<(&'a str, &'a str)> {
    let all = patterns.iter().flat_map(|wide| patterns.iter().map(move |narrow| (*wide, *narrow)));
    let covering = all.filter(|(wide, narrow)| covers(wide, narrow));
    covering
        .inspect(|(wide, narrow)| assert!(like(wide, narrow), "{wide} covers {narrow}"))
        .collect()
}

/// What the plan writes on this policy while a stage calls the alias, with a trigger that asks for it or without one.
fn writes(read: &[Statement], asked_for: bool) -> &'static str {
    let trigger = json!([{"name": "t", "restApi": {"apiId": "a1b2c3d4e5", "stageName": "prod"}}]);
    let desired = desired(&if asked_for { trigger } else { json!([]) });
    let observed = observed(&desired, read);
    let steps = plan(&desired, &observed, &Memory::default(), now()).steps;
    let mut said = "nothing";
    for planned in &steps {
        match &planned.step {
            Step::RemovePermission { statement_id, .. } => {
                assert!(statement_id.starts_with("warmlambda-0aaaaaaa-"), "{statement_id} is not ours");
                may_go(&desired, &observed, read, statement_id);
                said = "removes";
            }
            Step::AddPermission {
                statement_id: id,
                source_arn,
                ..
            } => {
                assert_eq!(*id, statement_id(&desired, source_arn));
                assert_eq!(source_arn, "arn:aws:execute-api:eu-west-1:111122223333:a1b2c3d4e5/*/*");
                said = "adds";
            }
            _ => {}
        }
    }
    said
}

/// Who calls is let in by others for certain, or was not let in by this one.
fn may_go(desired: &Desired, observed: &Observed, read: &[Statement], id: &str) {
    let alias = desired.alias_arn();
    for caller in callers::of_alias(desired, observed) {
        let source = caller.source_arn(desired).unwrap();
        let by = |ours: bool| {
            let statements = read.iter().filter(move |s| (s.id == id) == ours);
            statements
                .map(|s| applies(&s.body, "Allow", &alias, &source))
                .max()
                .unwrap_or(Applies::No)
        };
        assert!(
            by(true) == Applies::No || by(false) == Applies::Yes,
            "{source} loses the statement {id} that lets it in"
        );
    }
}

/// The quiet world with this policy on the alias.
fn observed(desired: &Desired, read: &[Statement]) -> Observed {
    let policy = AliasPolicy {
        revision_id: "p".into(),
        statements: read.to_vec(),
        size: 1000,
    };
    Observed {
        policy: Some(policy),
        ..quiet(desired)
    }
}
