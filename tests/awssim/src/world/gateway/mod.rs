//! What REST APIs and HTTP APIs have in common: ids, integration URIs, paths, and calls through a stage.

use std::collections::BTreeMap;

pub(super) mod errors;
pub(super) mod ids;
pub(super) mod path;
pub(super) mod rollout;
pub(super) mod serve;
pub(super) mod uri;
pub(super) mod utc;

pub use rollout::Superseded;
pub use serve::Served;

/// Text by name, for instance stage variables or request templates.
pub type Texts = BTreeMap<String, String>;
