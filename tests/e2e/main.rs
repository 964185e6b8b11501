//! The real binary against a real API server and awssim: what a user sees, end to end.
//!
//! One control plane serves the whole test process. Each scenario has its own namespace, its own awssim, whose clock runs a hundred
//! times as fast as real time, and its own operators.
// A test harness fails by panicking, with a message that says what was expected.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod adoption;
mod capacity;
mod charts;
mod check;
mod commands;
mod dashboard;
mod deletion;
mod demo;
mod drift;
mod event_source_fleet;
mod event_source_move;
mod event_source_reports;
mod events;
mod examples;
mod failover;
mod gitops;
mod granted;
mod guides;
// The chaos runs use the rest of it.
#[allow(dead_code)]
mod harness;
mod helm_operator;
mod helm_release;
mod helm_wait;
mod http_api;
mod http_api_changes;
mod http_api_deployments;
mod idle;
mod judges;
mod logs;
mod lost_answers;
mod namespaces;
mod observe;
mod people;
mod printing;
mod quick_start;
mod quiet;
mod refusals;
mod rest_rollout;
mod rights;
mod routing;
mod runbooks;
mod scrape;
mod several_triggers;
mod traces;
mod traffic;
mod triggers;
mod usage;
mod validation;
mod walk;
