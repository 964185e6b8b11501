//! Faults of the control plane.

mod chance;
mod decoys;
pub mod fleet;
pub mod forged;
mod forgery;
pub mod outages;
pub mod pods;
pub mod restored;
pub mod servers;
