//! The IAM actions that the operator needs, and the least policy that grants them.

use serde_json::{Value, json};

use crate::plan::arn::Site;
use crate::plan::policy::API_GATEWAY;

/// On the function itself, with any qualifier or none: IAM matches the resource of a call that names a qualifier against the
/// qualified ARN.
const FUNCTION_ACTIONS: &[&str] = &[
    "lambda:CreateAlias",
    "lambda:DeleteAlias",
    "lambda:DeleteProvisionedConcurrencyConfig",
    "lambda:GetAlias",
    "lambda:GetFunction",
    "lambda:GetPolicy",
    "lambda:GetProvisionedConcurrencyConfig",
    "lambda:ListFunctionUrlConfigs",
    "lambda:ListVersionsByFunction",
    "lambda:PublishVersion",
    "lambda:PutProvisionedConcurrencyConfig",
    "lambda:RemovePermission",
    "lambda:UpdateAlias",
];

/// What has no resource of its own in IAM.
const ACCOUNT_ACTIONS: &[&str] = &[
    "application-autoscaling:DescribeScalableTargets",
    "cloudwatch:GetMetricData",
    "lambda:GetAccountSettings",
    "sts:GetCallerIdentity",
];

/// The action that a call needs. API Gateway's actions are HTTP verbs, all others are named like the call.
pub fn action(operation: &'static str) -> &'static str {
    let Some((_, call)) = operation.split_once(':').filter(|(service, _)| service.starts_with("apigateway")) else {
        return operation;
    };
    match call {
        _ if call.starts_with("Get") || call.starts_with("Export") => "apigateway:GET",
        _ if call.starts_with("Update") => "apigateway:PATCH",
        _ if call.starts_with("Put") => "apigateway:PUT",
        _ if call.starts_with("Delete") => "apigateway:DELETE",
        _ => "apigateway:POST",
    }
}

/// The least policy for these functions (bare names) and APIs (ids) in one account and region, with or without what event source
/// mappings need. An id says nothing about the kind of API, so both kinds of paths are granted for each; those of the other kind lead
/// nowhere.
pub fn policy_document(site: &Site, functions: &[&str], apis: &[&str], event_sources: bool) -> Value {
    let mut functions: Vec<String> = functions
        .iter()
        .map(|name| site.function_arn(name))
        .flat_map(|arn| [format!("{arn}:*"), arn])
        .collect();
    functions.sort();
    let mut statements = vec![
        json!({"Sid": "Account", "Effect": "Allow", "Action": ACCOUNT_ACTIONS, "Resource": "*"}),
        json!({"Sid": "Functions", "Effect": "Allow", "Action": FUNCTION_ACTIONS, "Resource": functions}),
        // Whom the operator may let call: API Gateway and nobody else.
        json!({
            "Sid": "Permissions",
            "Effect": "Allow",
            "Action": "lambda:AddPermission",
            "Resource": functions,
            "Condition": {"StringEquals": {"lambda:Principal": API_GATEWAY}},
        }),
    ];
    if !apis.is_empty() {
        statements.extend(on_apis(site, apis));
    }
    if event_sources {
        statements.extend(event_source_statements(site, &functions));
    } else {
        // Mappings may lead past the alias of any function.
        statements.push(list_mappings());
    }
    json!({"Version": "2012-10-17", "Statement": statements})
}

/// Lists and new mappings have no resource in IAM, and the UUID of a mapping is not known before it exists: what is written is bound
/// to the functions instead. AWS does not say whether it compares the ARN with the qualifier, so both forms are there.
fn event_source_statements(site: &Site, functions: &[String]) -> [Value; 5] {
    let of_functions = json!({"ArnLike": {"lambda:FunctionArn": functions}});
    let mappings = site.mapping_arn("*");
    let queues = format!("arn:{}:sqs:{}:{}:*", site.partition, site.region, site.account);
    [
        list_mappings(),
        json!({"Sid": "ReadEventSources", "Effect": "Allow", "Action": "lambda:GetEventSourceMapping", "Resource": mappings}),
        json!({"Sid": "MoveEventSources", "Effect": "Allow", "Action": "lambda:UpdateEventSourceMapping", "Resource": mappings,
            "Condition": of_functions}),
        json!({"Sid": "MakeEventSources", "Effect": "Allow", "Action": "lambda:CreateEventSourceMapping", "Resource": "*",
            "Condition": of_functions}),
        // Where the messages of a queue go that failed too often.
        json!({"Sid": "ReadQueues", "Effect": "Allow", "Action": ["sqs:GetQueueAttributes", "sqs:GetQueueUrl"], "Resource": queues}),
    ]
}

fn on_apis(site: &Site, apis: &[&str]) -> [Value; 6] {
    let base = format!("arn:{}:apigateway:{}::", site.partition, site.region);
    let paths = |rest: &[&str], http: &[&str]| -> Vec<String> {
        let of_kind = |kind: &'static str, ends: &[&str]| -> Vec<String> {
            let path = |api: &str, end: &str| format!("{base}/{kind}/{api}{end}");
            apis.iter()
                .flat_map(|api| ends.iter().map(move |end| (api, end)))
                .map(|(api, end)| path(api, end))
                .collect()
        };
        [of_kind("restapis", rest), of_kind("apis", http)].concat()
    };
    let allow = |sid: &str, actions: Value, resources: Vec<String>| json!({"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resources});
    let read_rest = ["/resources", "/stages", "/stages/*", "/stages/*/exports/*"];
    let read_http = ["/routes", "/integrations", "/stages", "/stages/*", "/deployments", "/exports/*"];
    let method = "/resources/*/methods/*/integration";
    [
        allow("ReadApis", json!("apigateway:GET"), paths(&read_rest, &read_http)),
        allow("Integrations", json!(["apigateway:PATCH", "apigateway:PUT"]), paths(&[method], &[])),
        allow("Deployments", json!("apigateway:POST"), paths(&["/deployments"], &["/deployments"])),
        allow(
            "Stages",
            json!("apigateway:PATCH"),
            paths(&["/stages/*"], &["/stages/*", "/integrations/*", "/routes/*"]),
        ),
        allow("HttpIntegrations", json!("apigateway:POST"), paths(&[], &["/integrations"])),
        // What it made for a route that never got it; AWS refuses it while a route does.
        allow(
            "UnusedHttpIntegrations",
            json!("apigateway:DELETE"),
            paths(&[], &["/integrations/*"]),
        ),
    ]
}

fn list_mappings() -> Value {
    json!({"Sid": "ListEventSources", "Effect": "Allow", "Action": "lambda:ListEventSourceMappings", "Resource": "*"})
}

#[cfg(test)]
mod tests {
    #[test]
    fn an_action_of_api_gateway_is_the_verb_of_its_call() {
        for (call, needed) in [
            ("apigateway:GetStages", "apigateway:GET"),
            ("apigatewayv2:ExportApi", "apigateway:GET"),
            ("apigatewayv2:UpdateRoute", "apigateway:PATCH"),
            ("apigateway:PutIntegration", "apigateway:PUT"),
            ("apigatewayv2:DeleteIntegration", "apigateway:DELETE"),
            ("apigateway:CreateDeployment", "apigateway:POST"),
            ("lambda:UpdateAlias", "lambda:UpdateAlias"),
        ] {
            assert_eq!(action(call), needed);
        }
    }

    #[test]
    fn mappings_are_listed_wherever_they_are() {
        let statement = list_mappings();
        assert_eq!(
            (&statement["Action"], &statement["Resource"]),
            (&json!("lambda:ListEventSourceMappings"), &json!("*"))
        );
    }

    use std::collections::BTreeMap;

    use super::*;
    use crate::plan::desired::{MethodKey, Source};
    use crate::plan::step::{MovePurpose, Step};

    fn site() -> Site {
        Site {
            partition: "aws".into(),
            account: "111122223333".into(),
            region: "eu-west-1".into(),
        }
    }

    fn allowed(document: &Value) -> String {
        let statements = document["Statement"].as_array().unwrap();
        statements.iter().map(|s| s["Action"].to_string()).collect()
    }

    #[test]
    fn every_step_is_allowed() {
        let method = MethodKey {
            path: "/".into(),
            http_method: "GET".into(),
        };
        let (api_id, stage, text) = (String::from("a1"), String::from("prod"), String::new());
        let steps = [
            Step::PublishVersion {
                code_sha256: text.clone(),
                revision_id: text.clone(),
                fingerprint: text.clone(),
            },
            Step::CreateAlias {
                version: 1,
                description: text.clone(),
            },
            Step::UpdateAlias {
                version: 1,
                revision_id: text.clone(),
                purpose: MovePurpose::Rollout,
            },
            Step::PutCapacity { requested: 1 },
            Step::DeleteCapacity,
            Step::AddPermission {
                statement_id: text.clone(),
                source_arn: text.clone(),
                revision_id: None,
            },
            Step::RemovePermission {
                statement_id: text.clone(),
                revision_id: text.clone(),
            },
            Step::UpdateIntegration {
                api_id: api_id.clone(),
                resource_id: text.clone(),
                method: method.clone(),
                uri: text.clone(),
            },
            Step::PutIntegration {
                api_id: api_id.clone(),
                resource_id: text.clone(),
                method,
                uri: text.clone(),
            },
            Step::SetStageVariable {
                api_id: api_id.clone(),
                stage: stage.clone(),
                name: text.clone(),
                value: text,
            },
            Step::DeployStage { api_id, stage },
            Step::DeleteAlias,
        ];
        assert_allowed(&steps);
    }

    #[test]
    fn every_step_on_an_event_source_mapping_is_allowed() {
        assert_allowed(&[
            Step::UpdateMapping {
                uuid: String::new(),
                source_arn: None,
            },
            Step::CreateMapping {
                source: Source::Uuid(String::new()),
                create: Box::default(),
            },
        ]);
    }

    #[test]
    fn every_step_on_an_http_api_is_allowed() {
        let (api_id, stage) = (String::from("a1"), String::from("prod"));
        let steps = [
            Step::UpdateHttpIntegration {
                api_id: api_id.clone(),
                integration_id: String::new(),
                uri: String::new(),
            },
            Step::CreateHttpIntegration {
                api_id: api_id.clone(),
                uri: String::new(),
                payload_format: String::new(),
                description: String::new(),
            },
            Step::DeleteHttpIntegration {
                api_id: api_id.clone(),
                integration_id: String::new(),
            },
            Step::UpdateRoute {
                api_id: api_id.clone(),
                route_id: String::new(),
                route_key: String::new(),
                integration_id: String::new(),
            },
            Step::SetHttpStageVariables {
                api_id: api_id.clone(),
                stage: stage.clone(),
                variables: BTreeMap::new(),
            },
            Step::DeployHttpStage { api_id, stage },
        ];
        assert_allowed(&steps);
    }

    fn assert_allowed(steps: &[Step]) {
        let allowed = allowed(&policy_document(&site(), &["fir-api"], &["a1"], true));
        for step in steps {
            let action = action(step.action());
            assert!(allowed.contains(&format!("\"{action}\"")), "{action} is missing");
        }
    }

    #[test]
    fn calls_of_both_versions_of_api_gateway_are_http_methods_of_one_service() {
        for (call, wanted) in [
            ("apigateway:GetExport", "apigateway:GET"),
            ("apigatewayv2:ExportApi", "apigateway:GET"),
            ("apigatewayv2:UpdateRoute", "apigateway:PATCH"),
            ("apigatewayv2:CreateIntegration", "apigateway:POST"),
            ("lambda:UpdateAlias", "lambda:UpdateAlias"),
        ] {
            assert_eq!(action(call), wanted);
        }
    }

    #[test]
    fn a_function_is_granted_with_and_without_qualifier_and_no_other_one() {
        let document = policy_document(&site(), &["fir-api"], &[], false);
        let arn = "arn:aws:lambda:eu-west-1:111122223333:function:fir-api";
        assert_eq!(document["Statement"][1]["Resource"], json!([arn, format!("{arn}:*")]));
        assert_eq!(document["Statement"].as_array().unwrap().len(), 4, "no API, no API Gateway action");
    }

    #[test]
    fn only_api_gateway_may_be_let_in() {
        let document = policy_document(&site(), &["fir-api"], &["a1"], false);
        let condition = &document["Statement"][2]["Condition"];
        assert_eq!(
            *condition,
            json!({"StringEquals": {"lambda:Principal": "apigateway.amazonaws.com"}})
        );
    }

    #[test]
    fn mappings_may_be_written_for_the_functions_only() {
        let document = policy_document(&site(), &["fir-api"], &[], true);
        let written = document["Statement"].as_array().unwrap().iter().filter(|s| {
            let action = s["Action"].as_str().unwrap_or_default();
            action == "lambda:UpdateEventSourceMapping" || action == "lambda:CreateEventSourceMapping"
        });
        let arn = "arn:aws:lambda:eu-west-1:111122223333:function:fir-api";
        let bound: Vec<_> = written.map(|s| s["Condition"]["ArnLike"]["lambda:FunctionArn"].clone()).collect();
        assert_eq!(bound, vec![json!([arn, format!("{arn}:*")]); 2]);
    }

    #[test]
    fn api_paths_have_no_account() {
        let document = policy_document(&site(), &["fir-api"], &["a1"], false);
        assert_eq!(
            document["Statement"][5]["Resource"],
            json!([
                "arn:aws:apigateway:eu-west-1::/restapis/a1/deployments",
                "arn:aws:apigateway:eu-west-1::/apis/a1/deployments"
            ])
        );
    }
}
