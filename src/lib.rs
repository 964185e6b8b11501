//! warmlambda: keeps a Lambda alias, its warm capacity and the traffic that reaches it as one Kubernetes resource says.
//!
//! The house, in the order of a reconcile: [`controller`] watches and drives, [`plan`] is pure and decides, [`aws`] reads and
//! writes, [`api`] is the contract with users. The pipeline is `resolve -> observe -> plan -> execute -> assess -> report`.
//!
//! [`check`], [`release`] and [`request`] are what a person runs, with the rights of that person; [`cluster`] is how they reach it.
//! [`argocd`] and [`reference`] are printed for others to use.

pub mod api;
pub mod argocd;
pub mod aws;
pub mod check;
pub mod cli;
pub mod cluster;
pub mod controller;
mod leader_lease;
pub mod metrics;
pub mod monitoring;
pub mod plan;
pub mod reference;
pub mod release;
pub mod request;
pub mod server;
pub mod telemetry;
