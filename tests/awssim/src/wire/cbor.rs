//! `smithy-rpc-v2-cbor`: the protocol that the current AWS SDKs speak with CloudWatch.

use ciborium::Value as Cbor;
use serde_json::{Map, Value as Json};

use super::Response;

/// Epoch seconds, as the protocol marks them.
const EPOCH_TAG: u64 = 1;

/// A request body as JSON; a timestamp becomes its epoch seconds. `None` when it is no CBOR.
pub fn to_json(body: &[u8]) -> Option<Json> {
    json(ciborium::from_reader(body).ok()?)
}

fn json(value: Cbor) -> Option<Json> {
    Some(match value {
        Cbor::Null => Json::Null,
        Cbor::Bool(bool) => bool.into(),
        Cbor::Integer(number) => i64::try_from(i128::from(number)).ok()?.into(),
        Cbor::Float(number) => number.into(),
        Cbor::Text(text) => text.into(),
        Cbor::Array(values) => Json::Array(values.into_iter().map(json).collect::<Option<_>>()?),
        Cbor::Tag(EPOCH_TAG, seconds) => json(*seconds)?,
        Cbor::Map(pairs) => {
            let pair = |(key, value)| match key {
                Cbor::Text(key) => Some((key, json(value)?)),
                _ => None,
            };
            Json::Object(pairs.into_iter().map(pair).collect::<Option<Map<_, _>>>()?)
        }
        _ => return None,
    })
}

/// A timestamp of whole seconds.
pub fn epoch(seconds: u64) -> Cbor {
    Cbor::Tag(EPOCH_TAG, Box::new(Cbor::Integer(seconds.into())))
}

/// An answer in this protocol.
pub fn response(status: u16, body: &Cbor) -> Response {
    let mut bytes = Vec::new();
    // Writing to memory fails for no value that this crate makes; the answer would be empty, which no SDK takes for success.
    if ciborium::into_writer(body, &mut bytes).is_err() {
        bytes.clear();
    }
    Response::bytes(status, "application/cbor", bytes).with("smithy-protocol", "rpc-v2-cbor")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_become_epoch_seconds() {
        let mut bytes = Vec::new();
        ciborium::into_writer(&Cbor::Map(vec![(Cbor::Text("StartTime".into()), epoch(60))]), &mut bytes).unwrap();
        assert_eq!(to_json(&bytes), Some(serde_json::json!({ "StartTime": 60 })));
    }

    #[test]
    fn what_is_no_cbor_is_nothing() {
        assert_eq!(to_json(&[0xff, 0x00]), None);
    }
}
