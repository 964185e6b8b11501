//! The pure middle: from what is desired and what was observed to the steps that are due and the status that is true.
//!
//! No clock, no I/O, no randomness: time and memory come in as arguments. `tests/purity.rs` fails the build otherwise.
//!
//! Where to look:
//! * **Asked for:** [`desired`], with the callers in [`trigger`], held to [`source_rules`], and what older endpoints keep in [`elder`];
//!   [`subject`] is what CloudWatch is asked about.
//! * **Seen:** [`observed`], and how it is read: [`arn`], [`policy`], [`callers`], [`routing`], [`stage_variables`], [`mapping`],
//!   [`source_kind`].
//!   [`usage`] is what CloudWatch said, [`memory`] what status remembers, [`failure`] what went wrong with a call.
//! * **Decided:** [`steps::plan`], link by link: [`alias`] with [`version`] and [`capacity`]; [`permission`]; then the callers, whose
//!   dues ([`due`]) [`triggers`] collects: [`rest_api`], [`http_api`] with [`http_integrations`], both deployed by [`stages`], and
//!   [`event_source`] with [`mapping_findings`] and AWS's texts in [`source_problem`]. A write is a [`step`], what no write can mend a
//!   [`finding`]. [`cleanup`] decides what goes with the object. What
//!   takes something away waits while a write that is [`unresolved`] may still arrive.
//! * **Said:** [`assess::assess`], or [`stopped`] when there was no observation. [`facts`] fills status, with [`event_source_status`]
//!   in [`coarse`] numbers; [`summary`] and [`links`] set the conditions; [`routed`], [`traffic`] with [`bypass`], [`usage`], [`idle`]
//!   with [`cost`], and [`records_failing`] advise; [`events`] tells what was done and what flipped.
//! * **Measured:** what [`drift`] was put right, and where an [`allocation`] stands.

pub mod alias;
pub mod allocation;
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
pub mod drift;
pub mod due;
pub mod elder;
pub mod event_source;
pub mod event_source_status;
pub mod events;
pub mod facts;
pub mod failure;
pub mod finding;
#[cfg(test)]
pub(crate) mod fixtures;
pub mod http_api;
pub mod http_integrations;
pub mod idle;
pub mod links;
pub mod mapping;
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
pub mod source_rules;
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
pub mod unresolved;
pub mod usage;
pub mod version;
