//! Event source mappings: what reads streams and queues and calls functions.

mod mapping;
mod source;

pub use mapping::{EventSourceMapping, MappingState, PreviousTarget, ProvisionedPollers, SourceAccess, StartingPosition};
pub use source::{SourceKind, SourceLookup};
