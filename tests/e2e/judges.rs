//! What Argo CD and Flux make of an endpoint: the judges of `tests/gitops`, for objects of a real API server.
// Not all of it is needed here.
#![allow(dead_code)]

#[path = "../gitops/argo.rs"]
pub mod argo;
#[path = "../gitops/kstatus.rs"]
pub mod kstatus;
#[path = "../gitops/sandbox.rs"]
pub mod sandbox;
