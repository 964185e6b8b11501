//! The pure middle: from what is desired and what was observed to the steps that are due and the status that is true.
//!
//! No clock, no I/O, no randomness: time and memory come in as arguments. `tests/purity.rs` fails the build otherwise.
//!
//! [`desired`] resolves the spec, [`observed`] is what AWS showed, [`steps::plan`] decides,
//! [`assess::assess`] says what is true.

pub mod alias;
pub mod arn;
pub mod assess;
pub mod bypass;
pub mod callers;
pub mod capacity;
pub mod cleanup;
pub mod coarse;
pub mod conditions;
pub mod cost;
pub mod desired;
pub mod due;
pub mod elder;
pub mod event_source;
pub mod event_source_status;
pub mod events;
pub mod facts;
pub mod failure;
pub mod finding;
#[cfg(test)]
mod fixtures;
pub mod http_api;
pub mod http_integrations;
pub mod idle;
pub mod links;
pub mod mapping_findings;
pub mod memory;
pub mod observed;
pub mod permission;
pub mod policy;
pub mod records_failing;
pub mod rest_api;
pub mod routed;
pub mod routing;
pub mod source_kind;
pub mod source_problem;
pub mod stage_variables;
pub mod stages;
pub mod step;
pub mod steps;
pub mod stopped;
pub mod subject;
pub mod summary;
pub mod traffic;
pub mod trigger;
pub mod triggers;
pub mod usage;
pub mod version;
