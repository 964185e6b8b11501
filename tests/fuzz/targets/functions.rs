//! References to functions: ARNs, and the URIs of integrations.

use warmlambda::plan::arn::{FunctionRef, function_arn_in};
use warmlambda::plan::policy::api_id_in;
use warmlambda::plan::source_kind::SourceKind;

use crate::run::Target;

pub const TARGET: Target = Target {
    name: "functions",
    words: &[
        ":",
        "::",
        "/",
        "arn:",
        "aws",
        "aws-cn",
        "lambda",
        "function",
        "$LATEST",
        "live",
        "42",
        "eu-west-1",
        "111122223333",
        "/invocations",
        ":lambda:path/2015-03-31/functions/",
        "apigateway",
        "${stageVariables.x}",
        "execute-api",
        "*",
        "?",
        "sqs",
        "kinesis",
        "dynamodb",
        "ü",
        "\0",
    ],
    executions: 60_000,
    judge,
};

fn judge(input: &[u8]) -> String {
    let text = String::from_utf8_lossy(input);
    let kind = SourceKind::of_arn(&text);
    let api = api_id_in(&text);
    assert!(
        api.is_none_or(|id| !id.is_empty() && text.contains(id)),
        "an API that is not in {text}"
    );
    let Some(function) = FunctionRef::from_uri(&text) else {
        assert_eq!(FunctionRef::parse(&text), None, "a function that is none as a URI");
        return format!("{kind:?} {} {}", api.is_some(), function_arn_in(&text).is_some());
    };
    let arn = function_arn_in(&text).unwrap();
    assert_eq!(function.to_string(), arn, "what is printed is not what was read");
    assert_eq!(
        FunctionRef::parse(arn).as_ref(),
        Some(&function),
        "what is printed reads back as something else"
    );
    for part in [
        &function.site.partition,
        &function.site.region,
        &function.site.account,
        &function.function,
    ] {
        assert!(!part.is_empty() && !part.contains(':'), "{text} has a part {part:?}");
    }
    // Both forms of one function, and the forms in the words of the operator, are the same function.
    let (bare, site) = (&function.function, &function.site);
    let written = function
        .qualifier
        .as_ref()
        .map_or_else(|| site.function_arn(bare), |q| site.qualified_arn(bare, q));
    assert_eq!(written, arn);
    assert_eq!(
        FunctionRef::from_uri(&site.invocation_uri(arn)).as_ref(),
        Some(&function),
        "{text} as an invocation URI"
    );
    format!(
        "{kind:?} {} {} {}",
        function.qualifier.is_some(),
        arn == text,
        function.describe().len() > 40
    )
}
