//! warmlambda: keeps a Lambda alias, its warm capacity and the traffic that reaches it as one Kubernetes resource says.
//!
//! The house, in the order of a reconcile: [`controller`] watches and drives, [`plan`] is pure and decides, [`aws`] reads and
//! writes, [`api`] is the contract with users. The pipeline is `resolve -> observe -> plan -> execute -> assess -> report`.

pub mod api;
pub mod aws;
pub mod cli;
pub mod controller;
pub mod metrics;
pub mod plan;
pub mod reference;
pub mod server;
pub mod telemetry;
