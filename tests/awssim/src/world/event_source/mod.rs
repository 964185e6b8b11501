//! Event source mappings: what reads streams and queues and calls functions.

mod change;
mod delivery;
mod filter;
mod lane;
mod mapping;
mod operations;
mod polling;
mod queue_polling;
mod roles;
mod source;
mod states;
mod stream_polling;

pub use change::{DestinationConfig, MappingChange, NewMapping, ProvisionedPollerConfig, ScalingConfig};
pub use delivery::{Attempt, Deliveries, Delivery, Outcome};
pub use lane::{Batch, Lane};
pub use mapping::{EventSourceMapping, MappingState, PreviousTarget, ProvisionedPollers, SourceAccess, StartingPosition};
pub use operations::{EventSourceMappingConfiguration, MAPPINGS_PAGE};
pub use polling::Polling;
pub use queue_polling::Flight;
pub use roles::{Problem, Role};
pub use source::{SourceKind, SourceLookup};

/// `LastProcessingResult` after a call that failed (AWS-93).
const CALL_FAILED: &str = "PROBLEM: Function call failed";
