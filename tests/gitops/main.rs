//! What Argo CD and Flux make of an endpoint, and that they agree: the scripts of `argocd/` run in Argo CD's sandbox, kstatus runs as
//! a port, and both judge one table of cases. The examples for both are rendered and checked.
// A test fails by panicking, with a message that says what was expected.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod argo;
mod combinations;
mod customization;
mod examples;
mod harness;
mod kstatus;
mod printed;
mod real_judges;
mod sandbox;
mod sandbox_rules;
mod table;
