//! What the conformance of the model needs of the end-to-end tests' harness: a control plane and kubectl.
// Not all of it is needed here.
#![allow(dead_code)]

#[path = "../e2e/harness/control_plane.rs"]
pub mod control_plane;
#[path = "../e2e/harness/kubectl.rs"]
pub mod kubectl;
