//! What the manifests need of the end-to-end tests' harness: a control plane and kubectl.
// Not all of it is needed here.
#![allow(dead_code)]

#[path = "../e2e/harness/audit.rs"]
pub mod audit;
#[path = "../e2e/harness/chart.rs"]
pub mod chart;
#[path = "../e2e/harness/control_plane.rs"]
pub mod control_plane;
#[path = "../e2e/harness/kubectl.rs"]
pub mod kubectl;
