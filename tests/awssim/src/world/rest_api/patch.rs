//! `patchOperations`: JSON patch as API Gateway speaks it.

use crate::world::Answer;

use super::errors::{constraints, violated};

/// One change of an `Update...` call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PatchOperation {
    /// `add`, `remove`, `replace`, `copy`, `move` or `test`.
    pub op: String,
    /// JSON pointer, `/` inside a key written `~1` and `~` written `~0`.
    pub path: String,
    /// The new value; always text on the wire.
    pub value: Option<String>,
    /// The source of a `copy`.
    pub from: Option<String>,
}

impl PatchOperation {
    /// `replace` of one path, which is what the operator sends.
    pub fn replace(path: &str, value: &str) -> Self {
        Self {
            op: "replace".into(),
            path: path.into(),
            value: Some(value.into()),
            from: None,
        }
    }

    /// `remove` of one path.
    pub fn remove(path: &str) -> Self {
        Self {
            op: "remove".into(),
            path: path.into(),
            ..Self::default()
        }
    }

    /// The value, empty when none was sent.
    pub(super) fn text(&self) -> String {
        self.value.clone().unwrap_or_default()
    }

    /// Whether the value says true.
    pub(super) fn flag(&self) -> bool {
        self.value.as_deref().is_some_and(|v| v.eq_ignore_ascii_case("true"))
    }

    /// The parts of the pointer, unescaped.
    pub(super) fn keys(&self) -> Vec<String> {
        self.path
            .split('/')
            .skip(1)
            .map(|part| part.replace("~1", "/").replace("~0", "~"))
            .collect()
    }
}

/// Refuses operations that JSON patch does not know; `input` is the service model's name of the request (recorded for methods' responses).
pub(super) fn known_operations(operations: &[PatchOperation], input: &str) -> Answer<()> {
    const KNOWN: [&str; 6] = ["add", "remove", "move", "test", "replace", "copy"];
    let mut violations = Vec::new();
    for (n, operation) in operations.iter().enumerate() {
        if !KNOWN.contains(&operation.op.as_str()) {
            let at = format!("{input}.patchOperations.{}.member.op", n + 1);
            violations.push(violated(
                &operation.op,
                &at,
                "enum value set: [add, remove, move, test, replace, copy]",
            ));
        }
    }
    if violations.is_empty() {
        Ok(())
    } else {
        Err(constraints(&violations))
    }
}
