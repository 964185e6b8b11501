//! Faults of the control plane: etcd restored from a backup, outages of the API server, and what somebody forges in it.

mod chance;
mod course;
mod decoys;
mod fleet;
mod forged;
mod forgery;
mod outages;
mod pods;
mod restored;
mod rows;
mod servers;

pub use course::{all, alone};
