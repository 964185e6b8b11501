//! What these tests need of the end-to-end tests' harness: a control plane, a simulated AWS, and patience.
// Not all of it is needed here.
#![allow(dead_code)]

#[path = "../e2e/harness/aws.rs"]
pub mod aws;
#[path = "../e2e/harness/control_plane.rs"]
pub mod control_plane;
#[path = "../e2e/harness/endpoint.rs"]
pub mod endpoint;
#[path = "../e2e/harness/kubectl.rs"]
pub mod kubectl;
#[path = "../e2e/harness/waiting.rs"]
pub mod waiting;
