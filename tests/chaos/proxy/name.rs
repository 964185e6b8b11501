//! What a call is called, what it names, and a digest of its body that is the same in every run.

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::ledger::Side;
use super::upstream::Request;

/// A call by its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// AWS's name of the operation, or verb and resource of Kubernetes.
    pub name: String,
    /// Function, alias, API and so on, or namespace and name.
    pub target: String,
    /// Whether it changes something.
    pub write: bool,
}

impl Name {
    /// Reads it from a request.
    pub fn of(side: Side, request: &Request) -> Self {
        match side {
            Side::Aws => of_aws(request),
            Side::Kubernetes => of_kubernetes(request),
        }
    }
}

fn of_aws(request: &Request) -> Name {
    let wire = request.to_awssim();
    let operation = awssim::wire::recognise(&wire);
    let parameters = awssim::wire::parameters::of(&wire);
    let parameters: Vec<_> = parameters.iter().map(|(name, value)| format!("{name}={value}")).collect();
    Name {
        name: operation
            .as_ref()
            .map_or_else(|| format!("{} {}", request.method, wire.path), |known| known.name.into()),
        target: parameters.join(" "),
        write: operation.is_some_and(|known| known.write),
    }
}

/// Paths are `/api/v1/…` or `/apis/GROUP/VERSION/…`, then `[namespaces/NAMESPACE/]RESOURCE[/NAME[/SUBRESOURCE]]`.
fn of_kubernetes(request: &Request) -> Name {
    let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
    let segments: Vec<_> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    let prefix = if segments.first() == Some(&"api") { 2 } else { 3 };
    let Some(rest) = segments.get(prefix..).filter(|rest| !rest.is_empty()) else {
        let name = format!("{} {path}", request.method.to_lowercase());
        return Name {
            name,
            target: String::new(),
            write: false,
        };
    };
    let (namespace, rest) = match rest {
        ["namespaces", namespace, rest @ ..] if !rest.is_empty() => (*namespace, rest),
        _ => ("", rest),
    };
    let resource = match rest {
        [resource, _, subresource] => format!("{resource}.{subresource}"),
        _ => rest[0].into(),
    };
    let object = rest.get(1);
    let verb = match (request.method.as_str(), object) {
        ("GET", _) if query.split('&').any(|pair| pair == "watch=true" || pair == "watch=1") => "watch",
        ("GET", Some(_)) => "get",
        ("GET", None) => "list",
        ("POST", _) => "create",
        ("PUT", _) => "update",
        ("PATCH", _) => "patch",
        _ => "delete",
    };
    Name {
        name: format!("{verb}:{resource}"),
        target: format!("{namespace}/{}", object.unwrap_or(&"")),
        write: !["get", "list", "watch"].contains(&verb),
    }
}

/// Members of Kubernetes' objects that say when, by whom and in which run.
const OF_ONE_RUN: [&str; 10] = [
    "uid",
    "resourceVersion",
    "managedFields",
    "renewTime",
    "acquireTime",
    "holderIdentity",
    "lastTransitionTime",
    "eventTime",
    "reportingInstance",
    "namespace",
];

/// The first 16 hexadecimal digits of the SHA-256 of a body without what differs between two runs; empty for no body.
pub fn digest(side: Side, body: &[u8]) -> String {
    if body.is_empty() {
        return String::new();
    }
    let normal = match (side, serde_json::from_slice::<Value>(body)) {
        (Side::Kubernetes, Ok(mut value)) => {
            forget(&mut value);
            value.to_string().into_bytes()
        }
        (Side::Aws, Ok(value)) => value.to_string().into_bytes(),
        (_, Err(_)) => body.to_vec(),
    };
    Sha256::digest(normal).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

fn forget(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|name, _| !OF_ONE_RUN.contains(&name.as_str()));
            members.values_mut().for_each(forget);
        }
        Value::Array(items) => items.iter_mut().for_each(forget),
        _ => {}
    }
}
