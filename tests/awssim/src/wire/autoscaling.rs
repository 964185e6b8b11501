//! Application Auto Scaling: AWS JSON 1.1 with the target `AnyScaleFrontendService`.

use serde_json::{Value, json};

use super::{Caller, Operation, Request, Response, error};
use crate::world::autoscaling::{DIMENSION, NAMESPACE, Registration, Suspended, invalid};
use crate::world::{Answer, AwsError, Millis, Region};

const OPERATIONS: [(&str, bool); 3] = [
    ("DescribeScalableTargets", false),
    ("RegisterScalableTarget", true),
    ("DeregisterScalableTarget", true),
];

/// Targets of one page unless the caller asks for fewer, and resource ids of one request.
const PAGE: usize = 50;

/// The operation that `X-Amz-Target` names.
pub fn recognise(request: &Request) -> Option<Operation> {
    let asked = request.header("x-amz-target")?.strip_prefix("AnyScaleFrontendService.")?;
    let (name, write) = *OPERATIONS.iter().find(|(name, _)| *name == asked)?;
    Some(Operation {
        service: "autoscaling",
        name,
        write,
    })
}

/// Carries it out on the region.
pub fn carry_out(region: &mut Region, _caller: &Caller, operation: &Operation, request: &Request, now: Millis) -> Response {
    let answer = serde_json::from_slice(&request.body)
        .map_err(|e| AwsError::new(400, "SerializationException", e.to_string()))
        .and_then(|input| answer(region, operation.name, &input, now));
    match answer {
        Ok(body) => Response::bytes(200, "application/x-amz-json-1.1", body.to_string().into_bytes()),
        Err(error) => error::refuse(request, &error),
    }
}

fn answer(region: &mut Region, operation: &str, input: &Value, now: Millis) -> Answer<Value> {
    if input["ServiceNamespace"] != NAMESPACE {
        return Err(invalid("awssim has only the service namespace lambda"));
    }
    if operation == "DescribeScalableTargets" {
        return describe(region, input);
    }
    let id = input["ResourceId"].as_str().ok_or_else(|| invalid("ResourceId is required"))?;
    if input["ScalableDimension"] != DIMENSION {
        return Err(invalid("Unsupported service namespace, resource type or scalable dimension"));
    }
    if operation == "DeregisterScalableTarget" {
        return region.deregister_scalable_target(id).map(|()| json!({}));
    }
    let arn = region.register_scalable_target(id, registration(input)?, now)?;
    Ok(json!({ "ScalableTargetARN": arn }))
}

fn registration(input: &Value) -> Answer<Registration> {
    let capacity = |name: &str| match &input[name] {
        Value::Null => Ok(None),
        value => value
            .as_u64()
            .and_then(|n| u32::try_from(n).ok())
            .map(Some)
            .ok_or_else(|| invalid(format!("{name} must be a whole number of at least 0"))),
    };
    let flag = |value: &Value, name: &str| value[name].as_bool().unwrap_or(false);
    let suspended = input.get("SuspendedState").map(|state| Suspended {
        scaling_in: flag(state, "DynamicScalingInSuspended"),
        scaling_out: flag(state, "DynamicScalingOutSuspended"),
        scheduled: flag(state, "ScheduledScalingSuspended"),
    });
    Ok(Registration {
        min_capacity: capacity("MinCapacity")?,
        max_capacity: capacity("MaxCapacity")?,
        suspended,
    })
}

/// All targets or the ones asked for, in pages; the token is the last id of the page before.
fn describe(region: &Region, input: &Value) -> Answer<Value> {
    let asked: Option<Vec<&str>> = input["ResourceIds"]
        .as_array()
        .map(|ids| ids.iter().filter_map(Value::as_str).collect());
    if asked.as_ref().is_some_and(|ids| ids.len() > PAGE) {
        return Err(invalid(
            "1 validation error detected: Value at 'resourceIds' failed to satisfy constraint: Member must have length less than or equal to 50",
        ));
    }
    let after = input["NextToken"].as_str().unwrap_or_default();
    let size = input["MaxResults"]
        .as_u64()
        .and_then(|n| usize::try_from(n).ok())
        .unwrap_or(PAGE)
        .clamp(1, PAGE);
    let wanted = |id: &str| id > after && asked.as_ref().is_none_or(|ids| ids.contains(&id));
    let found: Vec<_> = region.scalable_targets.iter().filter(|(id, _)| wanted(id)).collect();
    let role = format!(
        "arn:aws:iam::{}:role/aws-service-role/lambda.application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_LambdaConcurrency",
        region.account
    );
    let targets = found.iter().take(size).map(|(id, target)| {
        json!({
            "ServiceNamespace": NAMESPACE, "ResourceId": id, "ScalableDimension": DIMENSION,
            "MinCapacity": target.min_capacity, "MaxCapacity": target.max_capacity,
            "RoleARN": role, "CreationTime": target.creation_time / 1000, "ScalableTargetARN": region.scalable_target_arn(id),
            "SuspendedState": {
                "DynamicScalingInSuspended": target.suspended.scaling_in,
                "DynamicScalingOutSuspended": target.suspended.scaling_out,
                "ScheduledScalingSuspended": target.suspended.scheduled,
            },
        })
    });
    let mut page = json!({ "ScalableTargets": targets.collect::<Vec<_>>() });
    if found.len() > size {
        page["NextToken"] = json!(found[size - 1].0);
    }
    Ok(page)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(region: &mut Region, operation: &str, input: &Value) -> (u16, Value) {
        let request = Request::new("POST", "/", input.to_string()).with("x-amz-target", &format!("AnyScaleFrontendService.{operation}"));
        let caller = Caller {
            account: "111122223333".into(),
            region: "eu-west-1".into(),
            service: "application-autoscaling".into(),
        };
        let operation = recognise(&request).unwrap();
        let response = carry_out(region, &caller, &operation, &request, 0);
        (response.status, serde_json::from_slice(&response.body).unwrap())
    }

    fn register(region: &mut Region, id: &str) -> (u16, Value) {
        let input =
            json!({ "ServiceNamespace": "lambda", "ResourceId": id, "ScalableDimension": DIMENSION, "MinCapacity": 0, "MaxCapacity": 4 });
        call(region, "RegisterScalableTarget", &input)
    }

    #[test]
    fn more_than_fifty_targets_come_in_pages() {
        let mut region = Region::default();
        for n in 0..60 {
            assert_eq!(register(&mut region, &format!("function:f{n:02}:live")).0, 200);
        }
        let (_, first) = call(&mut region, "DescribeScalableTargets", &json!({ "ServiceNamespace": "lambda" }));
        let (_, second) = call(
            &mut region,
            "DescribeScalableTargets",
            &json!({ "ServiceNamespace": "lambda", "NextToken": first["NextToken"] }),
        );
        assert_eq!(first["ScalableTargets"].as_array().unwrap().len(), 50);
        assert_eq!(second["ScalableTargets"].as_array().unwrap().len(), 10);
        assert!(second.get("NextToken").is_none());
    }

    #[test]
    fn only_the_targets_asked_for_are_described() {
        let mut region = Region::default();
        register(&mut region, "function:a:live");
        register(&mut region, "function:b:live");
        let (_, page) = call(
            &mut region,
            "DescribeScalableTargets",
            &json!({ "ServiceNamespace": "lambda", "ResourceIds": ["function:b:live", "function:c:live"] }),
        );
        let targets = page["ScalableTargets"].as_array().unwrap();
        assert_eq!(
            (targets.len(), &targets[0]["ResourceId"], &targets[0]["MaxCapacity"]),
            (1, &json!("function:b:live"), &json!(4))
        );
    }

    #[test]
    fn an_error_names_its_type() {
        let (status, body) = register(&mut Region::default(), "function:a");
        assert_eq!((status, body["__type"].as_str()), (400, Some("ValidationException")));
    }
}
