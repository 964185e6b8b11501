//! Alerts and the dashboard are what they say: Prometheus takes them, each alert fires and is silent when it should, and nothing is
//! named that the program does not have.
// A test fails by panicking, with a message that says what was expected.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod cases;
mod dashboard;
mod files;
mod mutants;
mod promtool;
mod rules;
mod runbooks;
