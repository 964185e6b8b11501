//! Records of a stream: to a mapping that is made, and to one that is moved.

use serde_json::json;

use super::{Ending, Opening, Scenario, nobody_acts};
use crate::harness::aws::Aws;
use crate::harness::records::{FUNCTION_ARN, MAPPING, STREAM};

/// How many records there are.
pub const RECORDS: usize = 200;

/// The scenarios.
pub fn scenarios() -> Vec<Scenario> {
    let create = || Scenario {
        name: "create-stream",
        aws: waiting,
        spec: || {
            let source = json!({ "arn": STREAM, "create": { "startingPosition": "TrimHorizon" } });
            json!({ "triggers": [{ "name": "orders", "eventSource": source }] })
        },
        opening: Opening::Cold,
        act: nobody_acts,
        ending: Ending::Ready,
        users: None,
    };
    let moved = Scenario {
        name: "move-stream",
        aws: |aws| {
            waiting(aws);
            aws.map(MAPPING, STREAM, FUNCTION_ARN, |_| ());
        },
        spec: || json!({ "triggers": [{ "name": "orders", "eventSource": { "arn": STREAM } }] }),
        ..create()
    };
    vec![create(), moved]
}

/// Records that nobody has read yet.
fn waiting(aws: &Aws) {
    aws.make_stream(STREAM);
    aws.write_records(RECORDS);
}
