//! Event source mappings: what reads streams and queues and calls functions.

mod change;
mod mapping;
mod operations;
mod roles;
mod source;
mod states;

pub use change::{DestinationConfig, MappingChange, NewMapping, ProvisionedPollerConfig, ScalingConfig};
pub use mapping::{EventSourceMapping, MappingState, PreviousTarget, ProvisionedPollers, SourceAccess, StartingPosition};
pub use operations::{EventSourceMappingConfiguration, MAPPINGS_PAGE};
pub use roles::{Problem, Role};
pub use source::{SourceKind, SourceLookup};
