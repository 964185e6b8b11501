//! SQS: AWS JSON 1.0 with the target `AmazonSQS`. Only what tells the state of a queue; messages are sent under `/_sim/`.

use serde_json::{Map, Value, json};

use super::{Caller, Operation, Request, Response, error};
use crate::world::queue::{Queue, no_such_queue};
use crate::world::{Answer, AwsError, Millis, Region, partition};

const OPERATIONS: [&str; 2] = ["GetQueueAttributes", "GetQueueUrl"];

/// The attributes that awssim knows; AWS has more.
const ATTRIBUTES: [&str; 7] = [
    "QueueArn",
    "VisibilityTimeout",
    "MessageRetentionPeriod",
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
    "RedrivePolicy",
];

/// The operation that `X-Amz-Target` names.
pub fn recognise(request: &Request) -> Option<Operation> {
    let asked = request.header("x-amz-target")?.strip_prefix("AmazonSQS.")?;
    let name = OPERATIONS.into_iter().find(|name| *name == asked)?;
    Some(Operation {
        service: "sqs",
        name,
        write: false,
    })
}

/// Carries it out on the region.
pub fn carry_out(region: &mut Region, _caller: &Caller, operation: &Operation, request: &Request, now: Millis) -> Response {
    let answer = serde_json::from_slice(&request.body)
        .map_err(|e| AwsError::new(400, "SerializationException", e.to_string()))
        .and_then(|input: Value| match operation.name {
            "GetQueueUrl" => queue_url(region, &input),
            _ => queue_attributes(region, &input, now),
        });
    match answer {
        Ok(body) => Response::bytes(200, "application/x-amz-json-1.0", body.to_string().into_bytes()),
        Err(error) => refuse(request, &error),
    }
}

/// SQS spoke the query protocol first: its header has the code of those days, which is what SDKs go by (AWS-117).
fn refuse(request: &Request, error: &AwsError) -> Response {
    if error.code != "QueueDoesNotExist" {
        return error::refuse(request, error);
    }
    let body = json!({ "__type": "com.amazonaws.sqs#QueueDoesNotExist", "message": error.message });
    Response::bytes(error.status, "application/x-amz-json-1.0", body.to_string().into_bytes())
        .with("x-amzn-query-error", "AWS.SimpleQueueService.NonExistentQueue;Sender")
}

fn arn(region: &Region, account: &str, name: &str) -> String {
    format!("arn:{}:sqs:{}:{account}:{name}", partition(&region.region), region.region)
}

fn queue_url(region: &Region, input: &Value) -> Answer<Value> {
    let name = input["QueueName"].as_str().ok_or_else(|| missing("QueueName"))?;
    let account = input["QueueOwnerAWSAccountId"].as_str().unwrap_or(&region.account);
    if !region.queues.contains_key(&arn(region, account, name)) {
        return Err(no_such_queue());
    }
    Ok(json!({ "QueueUrl": format!("https://sqs.{}.amazonaws.com/{account}/{name}", region.region) }))
}

fn queue_attributes(region: &Region, input: &Value, now: Millis) -> Answer<Value> {
    let url = input["QueueUrl"].as_str().ok_or_else(|| missing("QueueUrl"))?;
    // The host does not matter: only account and name tell queues apart.
    let mut parts = url.trim_end_matches('/').rsplit('/');
    let (name, account) = (parts.next().unwrap_or_default(), parts.next().unwrap_or(&region.account));
    let arn = arn(region, account, name);
    let queue = region.queues.get(&arn).ok_or_else(no_such_queue)?;
    let asked: Vec<&str> = input["AttributeNames"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    if let Some(unknown) = asked.iter().find(|name| **name != "All" && !ATTRIBUTES.contains(name)) {
        return Err(AwsError::new(400, "InvalidAttributeName", format!("Unknown Attribute {unknown}.")));
    }
    let wanted = |name: &str| asked.contains(&"All") || asked.contains(&name);
    let found: Map<String, Value> = ATTRIBUTES
        .into_iter()
        .filter(|name| wanted(name))
        .filter_map(|name| Some((name.to_owned(), Value::String(attribute(queue, &arn, name, now)?))))
        .collect();
    // AWS leaves the member out when no attribute was asked for.
    Ok(if found.is_empty() {
        json!({})
    } else {
        json!({ "Attributes": found })
    })
}

fn attribute(queue: &Queue, arn: &str, name: &str, now: Millis) -> Option<String> {
    let visible = queue.visible(now);
    Some(match name {
        "QueueArn" => arn.to_owned(),
        "VisibilityTimeout" => (queue.visibility_timeout_ms / 1000).to_string(),
        "MessageRetentionPeriod" => (queue.retention_ms / 1000).to_string(),
        "ApproximateNumberOfMessages" => visible.to_string(),
        "ApproximateNumberOfMessagesNotVisible" => (queue.messages.len() - visible).to_string(),
        "ApproximateNumberOfMessagesDelayed" => "0".to_owned(),
        _ => {
            let redrive = queue.redrive.as_ref()?;
            json!({ "deadLetterTargetArn": redrive.dead_letter_target_arn, "maxReceiveCount": redrive.max_receive_count }).to_string()
        }
    })
}

fn missing(member: &str) -> AwsError {
    AwsError::new(
        400,
        "MissingRequiredParameterException",
        format!("The request must contain the parameter {member}."),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::queue::Redrive;

    const QUEUE: &str = "arn:aws:sqs:eu-west-1:111122223333:orders";

    fn ask(operation: &str, input: &Value) -> (Response, Value) {
        let mut region = Region {
            account: "111122223333".into(),
            region: "eu-west-1".into(),
            ..Region::default()
        };
        let redrive = Redrive {
            dead_letter_target_arn: format!("{QUEUE}-dead"),
            max_receive_count: 3,
        };
        let queue = Queue {
            redrive: Some(redrive),
            ..Queue::default()
        };
        region.queues.insert(QUEUE.into(), queue);
        region.send_messages(QUEUE, vec!["a".into(), "b".into()]).unwrap();
        region.receive_messages(QUEUE, 1).unwrap();
        let request = Request::new("POST", "/", input.to_string())
            .with("x-amz-target", &format!("AmazonSQS.{operation}"))
            .signed("111122223333", "eu-west-1", "sqs");
        let (operation, caller) = (recognise(&request).unwrap(), Caller::of(&request).unwrap());
        let response = carry_out(&mut region, &caller, &operation, &request, 0);
        let body = serde_json::from_slice(&response.body).unwrap();
        (response, body)
    }

    #[test]
    fn a_queue_is_found_by_name_and_described_by_url() {
        let (_, found) = ask("GetQueueUrl", &json!({ "QueueName": "orders" }));
        assert_eq!(found["QueueUrl"], "https://sqs.eu-west-1.amazonaws.com/111122223333/orders");
        let input = json!({ "QueueUrl": found["QueueUrl"], "AttributeNames": ["RedrivePolicy", "ApproximateNumberOfMessages", "VisibilityTimeout", "QueueArn"] });
        let (_, described) = ask("GetQueueAttributes", &input);
        let expected = json!({
            "RedrivePolicy": r#"{"deadLetterTargetArn":"arn:aws:sqs:eu-west-1:111122223333:orders-dead","maxReceiveCount":3}"#,
            "ApproximateNumberOfMessages": "1", "VisibilityTimeout": "30", "QueueArn": QUEUE,
        });
        assert_eq!(described["Attributes"], expected, "AWS-117");
    }

    #[test]
    fn a_missing_queue_is_refused_with_the_code_of_the_query_protocol_in_a_header() {
        for (operation, input) in [
            ("GetQueueUrl", json!({ "QueueName": "gone" })),
            (
                "GetQueueAttributes",
                json!({ "QueueUrl": "https://sqs.eu-west-1.amazonaws.com/111122223333/gone" }),
            ),
        ] {
            let (response, body) = ask(operation, &input);
            assert_eq!(response.status, 400);
            assert_eq!(
                response.header("x-amzn-query-error"),
                Some("AWS.SimpleQueueService.NonExistentQueue;Sender")
            );
            assert_eq!(
                body,
                json!({ "__type": "com.amazonaws.sqs#QueueDoesNotExist", "message": "The specified queue does not exist." })
            );
        }
    }

    #[test]
    fn only_what_was_asked_for_is_answered() {
        let url = "https://sqs.eu-west-1.amazonaws.com/111122223333/orders";
        assert_eq!(ask("GetQueueAttributes", &json!({ "QueueUrl": url })).1, json!({}));
        let all = ask("GetQueueAttributes", &json!({ "QueueUrl": url, "AttributeNames": ["All"] })).1;
        assert_eq!(all["Attributes"].as_object().unwrap().len(), ATTRIBUTES.len());
        assert_eq!(
            ask("GetQueueAttributes", &json!({ "QueueUrl": url, "AttributeNames": ["Colour"] }))
                .0
                .status,
            400
        );
    }
}
