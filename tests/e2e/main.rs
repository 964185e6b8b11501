//! The real binary against a real API server and awssim: what a user sees, end to end.
//!
//! One control plane serves the whole test process. Each test has its own namespace, its own awssim and its own operator.
// A test harness fails by panicking, with a message that says what was expected.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod harness;
mod printing;
mod validation;
